//! What must hold for every document. Tests and the fuzz target use it.

mod peer;
mod reference;

use hookward_payload::{PayloadErrorKind, PayloadScanner};

pub(crate) use reference::Outcome;

pub(crate) const KEY: &str = "developerPayload";

/// Scans `document` in many ways, all of which must agree with each other, with the reference and with `serde_json`.
pub(crate) fn judge(document: &[u8]) -> Outcome {
    for depth_limit in [3, PayloadScanner::MAX_DEPTH] {
        let expected = reference::read(document, KEY, depth_limit);
        assert_eq!(scan([document], depth_limit), expected, "in one chunk");
        assert_eq!(scan(document.chunks(1), depth_limit), expected, "bytewise");
        assert_eq!(scan(uneven(document), depth_limit), expected, "unevenly");
    }
    let outcome = scan([document], PayloadScanner::MAX_DEPTH);
    peer::assert_agrees(document, &outcome);
    outcome
}

/// What the scanner says, in the form of the reference.
pub(crate) fn scan<'a>(chunks: impl IntoIterator<Item = &'a [u8]>, depth_limit: u8) -> Outcome {
    let mut scanner = PayloadScanner::new(KEY).with_depth_limit(depth_limit);
    let mut provisional = None;
    let mut failed = None;
    for chunk in chunks {
        let pushed = scanner.push(chunk);
        match (failed, pushed) {
            (None, result) => failed = result.err(),
            (Some(error), again) => assert_eq!(again, Err(error), "errors are final"),
        }
        let value = scanner.value().map(String::from);
        if failed.is_some() {
            assert_eq!(value, None, "no value after an error");
        } else if provisional.is_some() {
            assert_eq!(value, provisional, "a value does not change");
        } else {
            provisional = value;
        }
    }
    let finished = scanner.finish().map(|value| value.map(String::from));
    match (failed, &finished) {
        (Some(error), _) => assert_eq!(finished, Err(error), "errors are final"),
        (None, Ok(value)) => assert_eq!(value, &provisional),
        (None, Err(error)) => assert_eq!(error.kind(), PayloadErrorKind::UnexpectedEnd),
    }
    let again = scanner.finish().map(|value| value.map(String::from));
    assert_eq!(again, finished, "finish may be repeated");
    finished.map_err(|error| match error.kind() {
        PayloadErrorKind::UnexpectedByte { .. } => (
            PayloadErrorKind::UnexpectedByte { expected: "" },
            error.offset(),
        ),
        kind => (kind, error.offset()),
    })
}

/// Cuts `document` into chunks of 0 to 20 bytes that its content decides, so that an input says all about a failure.
fn uneven(mut document: &[u8]) -> Vec<&[u8]> {
    // FNV-1a, and the generator of Knuth's MMIX
    let mut seed = document.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut chunks = Vec::new();
    while !document.is_empty() {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let (chunk, rest) = document.split_at(document.len().min((seed >> 33) as usize % 21));
        chunks.push(chunk);
        document = rest;
    }
    chunks
}
