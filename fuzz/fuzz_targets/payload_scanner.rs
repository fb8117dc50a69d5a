//! However a document is cut, the scanner says the same of it: what the reference says, and what `serde_json` says but for the
//! differences that are listed beside the crate's tests.
//!
//! An input is a document and nothing else; its own content decides where it is cut.

#![no_main]

#[path = "../../crates/hookward-payload/tests/oracle/mod.rs"]
mod oracle;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|document: &[u8]| {
    let _ = oracle::judge(document);
});
