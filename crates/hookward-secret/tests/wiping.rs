//! Memory that held a secret is zero before it goes back to the allocator.
#![allow(unsafe_code)] // a global allocator cannot be written without

mod random;

use core::alloc::{GlobalAlloc, Layout};
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::SeqCst};
use std::alloc::System;

use hookward_secret::{DerivationKey, DerivationRing, Secret, SecretRing};

/// The buffer whose release is waited for, and how many of its first bytes were initialised.
static WATCHED: AtomicPtr<u8> = AtomicPtr::new(core::ptr::null_mut());
static WATCHED_LEN: AtomicUsize = AtomicUsize::new(0);
/// How many of those bytes were not zero when the buffer was released.
static LEFT_BEHIND: AtomicUsize = AtomicUsize::new(0);

struct Inspector;

#[global_allocator]
static INSPECTOR: Inspector = Inspector;

// SAFETY: every call is passed on to `System` unchanged.
unsafe impl GlobalAlloc for Inspector {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc`, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, freed: *mut u8, layout: Layout) {
        let watched = WATCHED.compare_exchange(freed, core::ptr::null_mut(), SeqCst, SeqCst);
        if watched.is_ok() {
            // SAFETY: the buffer is still allocated, and `watch` saw this many initialised bytes.
            let bytes = unsafe { core::slice::from_raw_parts(freed, WATCHED_LEN.load(SeqCst)) };
            let left = bytes.iter().filter(|&&byte| byte != 0).count();
            LEFT_BEHIND.store(left, SeqCst);
        }
        // SAFETY: the caller keeps the contract of `dealloc`, which is the same.
        unsafe { System.dealloc(freed, layout) }
    }
}

/// Hands a buffer to `release`, which must free it; says how many of its bytes were not wiped.
fn left_behind(buffer: Vec<u8>, release: impl FnOnce(Vec<u8>)) -> usize {
    WATCHED_LEN.store(buffer.len(), SeqCst);
    WATCHED.store(buffer.as_ptr().cast_mut(), SeqCst);
    release(buffer);
    assert!(WATCHED.load(SeqCst).is_null(), "the buffer is still held");
    LEFT_BEHIND.load(SeqCst)
}

// One test, since only one buffer is watched at a time.
#[test]
fn secrets_and_keys_are_wiped_when_dropped_refused_or_built_into_a_ring() {
    let secret = || random::secret().into_bytes();
    // Without a `Secret` all of it stays: the inspector sees what it should.
    assert_eq!(left_behind(secret(), drop), 64);

    let dropped = |bytes| drop(Secret::new(bytes).unwrap());
    assert_eq!(left_behind(secret(), dropped), 0);

    let refused = |bytes| assert!(Secret::new(bytes).is_err());
    assert_eq!(left_behind(secret()[..15].to_vec(), refused), 0);
    assert_eq!(left_behind(secret().repeat(9), refused), 0);

    let abandoned = |bytes| {
        let builder = SecretRing::builder().secret("label", Secret::new(bytes).unwrap());
        drop(builder);
    };
    assert_eq!(left_behind(secret(), abandoned), 0);

    let mut ring = None;
    let built = |bytes| {
        let builder = SecretRing::builder().secret("label", Secret::new(bytes).unwrap());
        ring = Some(builder.build().unwrap());
    };
    assert_eq!(left_behind(secret(), built), 0);
    assert_eq!(ring.map(|ring| ring.len()), Some(1));

    let dropped = |bytes| drop(DerivationKey::new(bytes).unwrap());
    assert_eq!(left_behind(secret(), dropped), 0);

    let refused = |bytes| assert!(DerivationKey::new(bytes).is_err());
    assert_eq!(left_behind(secret()[..31].to_vec(), refused), 0);
    assert_eq!(left_behind(secret().repeat(2), refused), 0);

    // A ring keeps its keys, and wipes them with itself.
    let kept = |bytes| {
        let builder = DerivationRing::builder().entry("label", DerivationKey::new(bytes).unwrap());
        drop(builder.build().unwrap());
    };
    assert_eq!(left_behind(secret(), kept), 0);
}
