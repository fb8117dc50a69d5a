//! Deciding allocates nothing, and hostile text costs neither stack nor memory.

// To count allocations takes an allocator of one's own.
#![allow(unsafe_code)]

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use core::hint::black_box;
use std::alloc::System;

use hookward_policy::{Level, MAX_CHECKS, MAX_DEPTH, Policy, PolicyError};

struct Counting;

thread_local! {
    /// How often this thread allocated, and how much.
    static ALLOCATED: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

fn count(bytes: usize) {
    ALLOCATED.with(|allocated| {
        let (times, total) = allocated.get();
        allocated.set((times + 1, total + bytes));
    });
}

// SAFETY: everything is the system allocator's, called with the caller's arguments. Counting does not allocate: the
// thread-local value is constant-initialised and has no destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`, and the memory came from `System`.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        // SAFETY: the caller keeps the contract of `realloc`, and the memory came from `System`.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// How often, and how many bytes, this allocates.
fn allocations<T>(run: impl FnOnce() -> T) -> (usize, usize) {
    let before = ALLOCATED.get();
    black_box(run());
    let after = ALLOCATED.get();
    (after.0 - before.0, after.1 - before.1)
}

/// As many checks and as deep as a policy can be.
fn largest() -> Policy<usize> {
    let mut next = 0..MAX_CHECKS;
    let mut policy = Policy::check(next.next().unwrap());
    for depth in 0..MAX_DEPTH {
        let beside = if depth == 0 { 3 } else { 4 };
        let checks = next.by_ref().take(beside).map(Policy::check);
        let members = checks.chain([policy]);
        policy = match depth % 3 {
            0 => Policy::all(members),
            1 => Policy::any(members),
            _ => Policy::at_least(2, members),
        }
        .unwrap();
    }
    assert_eq!(policy.checks().len(), MAX_CHECKS);
    let deeper = Policy::at_least(1, [policy.clone()]);
    assert_eq!(deeper, Err(PolicyError::TooDeep { offset: None }));
    policy
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| Box::new([0u8; 100])), (1, 100));
}

#[test]
fn deciding_does_not_allocate() {
    let policy = largest();
    for seed in 0..4 {
        let level = |check: &usize| match (check + seed) % 4 {
            0 => Level::Fail,
            1 => Level::Unavailable,
            2 => Level::Pending,
            _ => Level::Pass,
        };
        assert_eq!(allocations(|| policy.level(level)), (0, 0));
        assert_eq!(allocations(|| policy.decide(level)), (0, 0));
        assert_eq!(allocations(|| policy.decisive(level)), (0, 0));
    }
}

/// Parses on a small stack; returns the error and how much was allocated on the way.
fn refused(text: String) -> (PolicyError, usize) {
    let parse = move || {
        let mut error = None;
        let (_, bytes) = allocations(|| error = Policy::<String>::parse(&text).err());
        (error.unwrap(), bytes)
    };
    let small = std::thread::Builder::new().stack_size(64 * 1024);
    small.spawn(parse).unwrap().join().unwrap()
}

const MEGABYTE: usize = 1 << 20;

#[test]
fn a_megabyte_of_parentheses() {
    for bomb in [
        "(",
        "1 of (",
        "( ",
        "(\n1 of(",
        "{name} or (",
        "2 of ({name}, ",
    ] {
        let text: String = (0..MEGABYTE / bomb.len())
            .map(|name| bomb.replace("{name}", &format!("n{name}")))
            .collect();
        let (error, bytes) = refused(text);
        assert!(matches!(error, PolicyError::TooDeep { .. }), "{error}");
        assert!(error.offset().unwrap() < 300, "{error}");
        assert!(bytes < 8192, "{bytes}");
    }
}

#[test]
fn a_megabyte_of_anything_else() {
    let different: Vec<_> = (0..MEGABYTE / 8).map(|name| format!("n{name}")).collect();
    let texts = [
        ")".repeat(MEGABYTE),
        " ".repeat(MEGABYTE),
        "9".repeat(MEGABYTE),
        "not ".repeat(MEGABYTE / 4),
        "\u{1f4a3}".repeat(MEGABYTE / 4),
        "a or ".repeat(MEGABYTE / 5),
        format!("a {}", "b".repeat(MEGABYTE)),
        different.join(" or "),
        format!("1 of ({})", different.join(",")),
    ];
    for text in texts {
        let start: String = text.chars().take(20).collect();
        let (error, bytes) = refused(text);
        assert!(bytes < 64 * 1024, "{start}: {error}: {bytes}");
        assert!(error.to_string().len() < 200, "{start}: {error}");
    }
}
