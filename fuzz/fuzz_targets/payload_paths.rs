//! With whichever of the instructions that not every processor has, the scanner says the same of a document: the same error at
//! the same offset, or the same value.
//!
//! The first byte of an input says how the rest, which is the document, is cut and where in a block it stands when it is nested
//! in another.

#![no_main]

#[path = "../../crates/hookward-payload/tests/oracle/mod.rs"]
mod oracle;

use hookward_payload::PayloadScanner;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((&cut, document)) = input.split_first() else {
        return;
    };
    let nested = oracle::nested(document, cut.into());
    for document in [document, &oracle::padded(document), &nested] {
        // each scan compares all that this processor can do
        let whole = oracle::scan([document], PayloadScanner::MAX_DEPTH);
        let chunks = document.chunks(usize::from(cut) + 1);
        assert_eq!(oracle::scan(chunks, PayloadScanner::MAX_DEPTH), whole);
    }
});
