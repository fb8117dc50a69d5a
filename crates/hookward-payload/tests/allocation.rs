//! The scanner never allocates.

#![allow(unsafe_code)]

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use std::alloc::System;

use hookward_payload::{PayloadErrorKind, PayloadScanner};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

fn count() {
    ALLOCATIONS.with(|allocations| allocations.set(allocations.get() + 1));
}

// SAFETY: every call goes to the system allocator unchanged; the counter is a constant-initialised thread-local without a
// destructor, which itself neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations_of(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

#[test]
fn the_counter_counts() {
    assert_eq!(
        allocations_of(|| drop(core::hint::black_box(Box::new(1_u8)))),
        1
    );
}

#[test]
fn an_accepted_document_allocates_nothing() {
    let element = r#"{"text":"\u00e9\ud83d\ude00 é 😀 \n","numbers":[-0.5e-7,12],"words":[true,false,null],"deep":[[[[{}]]]]},"#;
    let document = format!(
        r#"{{"results":[{}0],"developerPayload":"{}","last":1}}"#,
        element.repeat(10_000),
        "\\u00e9".repeat(PayloadScanner::MAX_VALUE_UNITS)
    );
    for size in [1, 7, 16 * 1024, document.len()] {
        let allocations = allocations_of(|| {
            let mut scanner = PayloadScanner::new("developerPayload");
            for chunk in document.as_bytes().chunks(size) {
                assert!(scanner.push(chunk).is_ok());
            }
            let value = scanner.finish();
            assert!(value.is_ok_and(|value| value.is_some_and(|value| value.len() == 1024)));
        });
        assert_eq!(allocations, 0, "in chunks of {size}");
    }
}

#[test]
fn refused_documents_allocate_nothing() {
    let long = "a".repeat(1 << 20);
    let too_long = format!(r#"{{"developerPayload":"{long}"}}"#);
    let unfinished = format!(r#"{{"{long}":"{long}"#);
    let deep = "{\"a\":".to_owned() + &"[".repeat(1 << 20);
    for (document, kind) in [
        (&too_long, PayloadErrorKind::ValueTooLong { limit: 512 }),
        (&unfinished, PayloadErrorKind::UnexpectedEnd),
        (&deep, PayloadErrorKind::TooDeep { limit: 128 }),
    ] {
        let allocations = allocations_of(|| {
            let mut scanner = PayloadScanner::new("developerPayload");
            let pushed = scanner.push(document.as_bytes());
            let error = pushed.and_then(|()| scanner.finish().map(|_| ()));
            assert!(error.is_err_and(|error| error.kind() == kind));
        });
        assert_eq!(allocations, 0, "{kind:?}");
    }
}
