//! What must hold for every document. Tests and the fuzz target use it.

mod peer;
mod reference;

use core::ops::Range;

use hookward_payload::{PayloadError, PayloadErrorKind, PayloadScanner};

pub(crate) use reference::Outcome;

pub(crate) const KEY: &str = "developerPayload";

/// Scans `document` in many ways, all of which must agree with each other, with the reference and with `serde_json`.
pub(crate) fn judge(document: &[u8]) -> Outcome {
    for depth_limit in [3, PayloadScanner::MAX_DEPTH] {
        judge_cuts(document, depth_limit);
    }
    judge_cuts(&padded(document), PayloadScanner::MAX_DEPTH);
    // where its length puts it among the places that it can have in a block
    let places = document.len() % BLOCK;
    judge_cuts(&nested(document, places), PayloadScanner::MAX_DEPTH);

    let outcome = scan([document], PayloadScanner::MAX_DEPTH);
    peer::assert_agrees(document, &outcome);
    outcome
}

/// Scans `document` where blocks of bytes are read at once, at every place that it can have in a block.
#[allow(
    dead_code,
    reason = "for some tests the one place of `judge` is enough"
)]
pub(crate) fn judge_in_blocks(document: &[u8]) {
    for place in 0..BLOCK {
        let document = nested(document, place);
        let expected = reference::read(&document, KEY, PayloadScanner::MAX_DEPTH);
        let outcome = scan([&document[..]], PayloadScanner::MAX_DEPTH);
        assert_eq!(outcome, expected, "{}", document.escape_ascii());
    }
}

/// Scans `document` with cuts before and behind `chunk`.
#[allow(dead_code, reason = "for some tests the cuts of `judge` are enough")]
pub(crate) fn judge_chunk(document: &[u8], chunk: Range<usize>) {
    let (before, after) = (&document[..chunk.start], &document[chunk.end..]);
    let expected = reference::read(document, KEY, PayloadScanner::MAX_DEPTH);
    let chunks = [before, &document[chunk.clone()], after];
    let outcome = scan(chunks, PayloadScanner::MAX_DEPTH);
    assert_eq!(outcome, expected, "{chunk:?}: {}", document.escape_ascii());
}

/// The length of the blocks that are read at once.
const BLOCK: usize = 64;

/// The document with white space behind it, so that its last token has whole blocks left.
pub(crate) fn padded(document: &[u8]) -> Vec<u8> {
    [document, &[b' '; 2 * BLOCK]].concat()
}

/// A document that has `document` as a nested value, more than a block away from its start and its end.
pub(crate) fn nested(document: &[u8], place: usize) -> Vec<u8> {
    let before = format!(r#"{{"":{{"":["{}","#, "x".repeat(BLOCK + place));
    let after = format!(
        r#","{}"]}},"developerPayload":"x"}}"#,
        "y".repeat(2 * BLOCK)
    );
    [before.as_bytes(), document, after.as_bytes()].concat()
}

fn judge_cuts(document: &[u8], depth_limit: u8) {
    let expected = reference::read(document, KEY, depth_limit);
    assert_eq!(scan([document], depth_limit), expected, "in one chunk");
    assert_eq!(scan(document.chunks(1), depth_limit), expected, "bytewise");
    for most in [20, 3 * BLOCK] {
        let chunks = uneven(document, most);
        assert_eq!(scan(chunks, depth_limit), expected, "unevenly");
    }
}

/// What the scanner says, in the form of the reference, with whichever of the instructions that not every processor has.
pub(crate) fn scan<'a>(
    chunks: impl IntoIterator<Item = &'a [u8]> + Clone,
    depth_limit: u8,
) -> Outcome {
    let scanner = || PayloadScanner::new(KEY).with_depth_limit(depth_limit);
    let found = scan_with(scanner(), chunks.clone());
    for steps in 1.. {
        let slower = (0..steps).try_fold(scanner(), |scanner, _| scanner.slower());
        let Some(slower) = slower else { break };
        let instructions = slower.instructions();
        assert_eq!(scan_with(slower, chunks.clone()), found, "{instructions}");
    }
    found.map_err(|error| match error.kind() {
        PayloadErrorKind::UnexpectedByte { .. } => (
            PayloadErrorKind::UnexpectedByte { expected: "" },
            error.offset(),
        ),
        kind => (kind, error.offset()),
    })
}

/// What `scanner` says.
fn scan_with<'a>(
    mut scanner: PayloadScanner<'_>,
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Option<String>, PayloadError> {
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
    finished
}

/// Cuts `document` into chunks of at most `most` bytes. Its content decides where, so that an input says all about a failure.
fn uneven(mut document: &[u8], most: usize) -> Vec<&[u8]> {
    // FNV-1a, and the generator of Knuth's MMIX
    let mut seed = document.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut chunks = Vec::new();
    while !document.is_empty() {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let (chunk, rest) =
            document.split_at(document.len().min((seed >> 33) as usize % (most + 1)));
        chunks.push(chunk);
        document = rest;
    }
    chunks
}
