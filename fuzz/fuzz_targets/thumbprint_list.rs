//! What is taken from a document stands in it; written plainly, it is taken again.

#![no_main]

use hookward_copyleaks::parse_thumbprint_list;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|document: &[u8]| {
    let Ok(thumbprints) = parse_thumbprint_list(document) else {
        return;
    };
    assert!(!thumbprints.is_empty());
    let _: serde_json::Value = serde_json::from_slice(document).expect("a list is JSON");
    let plain: Vec<_> = thumbprints
        .iter()
        .map(|listed| listed.to_string())
        .collect();
    let plain = serde_json::to_vec(&plain).expect("strings are JSON");
    assert_eq!(parse_thumbprint_list(&plain), Ok(thumbprints));
});
