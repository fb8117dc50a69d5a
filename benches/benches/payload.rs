//! Finding the last top-level string of a body.
//!
//! An argument limits the sizes to those that contain it, such as `1 MiB`.

use core::hint::black_box;

use hookward_benches::bodies::{KEY, bodies};
use hookward_benches::race::{Contender, Results, print_target, race};
use hookward_payload::PayloadScanner;
use serde::Deserialize;
use simd_json::prelude::ValueAsScalar;

/// How bodies arrive from a socket.
const CHUNK: usize = 16 * 1024;

/// How many bytes each contender reads in one pass, at least.
const PASS: usize = 8 << 20;

const SIZES: [(&str, usize); 5] = [
    ("1 KiB", 1 << 10),
    ("4 KiB", 4 << 10),
    ("64 KiB", 64 << 10),
    ("1 MiB", 1 << 20),
    ("16 MiB", 16 << 20),
];

const HOOKWARD: &str = "hookward";
const PEERS: [&str; 3] = ["serde_json typed", "sonic-rs typed", "simd-json tape"];

/// How many times as fast as a peer hookward is meant to be.
const TARGETS: [(&str, &str, &str); 5] = [
    ("1 KiB", PEERS[0], "at least 2"),
    ("1 MiB", PEERS[0], "at least 2.2"),
    ("1 MiB", PEERS[1], "at least 2"),
    ("16 MiB", PEERS[0], "at least 2.2"),
    ("16 MiB", PEERS[1], "at least 2"),
];

#[derive(Deserialize)]
struct Typed {
    #[serde(rename = "developerPayload")]
    payload: String,
}

fn main() {
    let filter = std::env::args()
        .nth(1)
        .filter(|argument| !argument.starts_with("--"));
    let results: Vec<_> = SIZES
        .into_iter()
        .filter(|(name, _)| filter.as_deref().is_none_or(|filter| name.contains(filter)))
        .map(|(name, size)| (name, measure(name, size)))
        .collect();
    for (name, results) in results {
        for peer in PEERS {
            let target = TARGETS
                .iter()
                .find(|(size, other, _)| (*size, *other) == (name, peer));
            print_target(
                &format!("{name}: speed, hookward / {peer}"),
                results.ratio(HOOKWARD, peer),
                target.map_or("none", |(_, _, target)| target),
            );
        }
    }
}

fn measure(name: &str, size: usize) -> Results {
    let bodies = bodies(size);
    let bytes: usize = bodies.iter().map(String::len).sum();
    let times = PASS.div_ceil(bytes);
    let rounds = if bytes > PASS { 7 } else { 31 };
    for body in &bodies {
        assert_eq!(
            scan(&mut PayloadScanner::new(KEY), body),
            serde_json_typed(body)
        );
    }

    let all = |read: fn(&str)| {
        let bodies = &bodies;
        move || {
            for body in (0..times).flat_map(|_| bodies) {
                read(body);
            }
        }
    };
    let mut copy = Vec::new();
    let mut buffers = simd_json::Buffers::new(size);
    let simd_json_tape = || {
        for body in (0..times).flat_map(|_| &bodies) {
            copy.clear();
            copy.extend_from_slice(body.as_bytes());
            let tape = simd_json::to_tape_with_buffers(&mut copy, &mut buffers)
                .expect("the body is valid");
            black_box(
                tape.as_value()
                    .get(KEY)
                    .and_then(|value| value.as_str().map(str::len)),
            );
        }
    };
    let contenders = vec![
        Contender::new(
            HOOKWARD,
            all(|body| {
                black_box(scan(&mut PayloadScanner::new(KEY), body));
            }),
        ),
        Contender::new(
            "hookward, slower",
            all(|body| {
                let mut scanner = PayloadScanner::new(KEY);
                assert!(scanner.slow_down(), "this is no bench of the slowest");
                black_box(scan(&mut scanner, body));
            }),
        ),
        Contender::new(
            "hookward, portable",
            all(|body| {
                black_box(scan(&mut PayloadScanner::new(KEY).portable(), body));
            }),
        ),
        Contender::new(
            PEERS[0],
            all(|body| {
                black_box(serde_json_typed(body));
            }),
        ),
        Contender::new(
            PEERS[1],
            all(|body| {
                let typed: Typed =
                    sonic_rs::from_slice(body.as_bytes()).expect("the body is valid");
                black_box(typed.payload);
            }),
        ),
        Contender::new(PEERS[2], simd_json_tape),
        Contender::new(
            "simdutf8 alone",
            all(|body| {
                black_box(simdutf8::basic::from_utf8(body.as_bytes()).is_ok());
            }),
        ),
        Contender::new(
            "memchr",
            all(|body| {
                black_box(memchr::memchr(0, body.as_bytes()));
            }),
        ),
    ];
    let results = race(rounds, contenders);

    println!(
        "{name}: {} distinct bodies, median of {rounds} passes; hookward with {}",
        bodies.len(),
        [
            Some(PayloadScanner::new(KEY)),
            PayloadScanner::new(KEY).slower()
        ]
        .map(|scanner| scanner.map_or("nothing slower", |scanner| scanner.instructions()))
        .join(", slower with ")
    );
    for (contender, median) in results.medians() {
        let speed = (bytes * times) as f64 / median.as_secs_f64() / 1e9;
        println!("  {contender:20} {speed:7.3} GB/s");
    }
    results
}

fn scan(scanner: &mut PayloadScanner<'_>, body: &str) -> String {
    for chunk in body.as_bytes().chunks(CHUNK) {
        scanner.push(chunk).expect("the body is valid");
    }
    let value = scanner.finish().expect("the body is valid");
    value.expect("the body has the key").to_owned()
}

fn serde_json_typed(body: &str) -> String {
    let typed: Typed = serde_json::from_slice(body.as_bytes()).expect("the body is valid");
    typed.payload
}
