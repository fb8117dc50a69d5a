//! A path that is taken means one thing: decoded and encoded again it is the same webhook, and no
//! other reading of it leaves its segments.

#![no_main]

use hookward_copyleaks::{RequestPath, Route};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str)| {
    let (template, path) = input;
    for template in [template, "/copyleaks/{status}/{scan_id}"] {
        let Ok(path) = RequestPath::parse(path) else {
            continue;
        };
        for segment in path.segments() {
            let decoded = percent_decode(segment);
            assert!(!matches!(decoded.as_slice(), b"" | b"." | b".."));
            assert!(
                !decoded
                    .iter()
                    .any(|byte| matches!(byte, b'/' | b'\\' | b'%' | 0))
            );
        }
        let Ok(route) = Route::parse(template, None) else {
            continue;
        };
        let Some(webhook) = route.matches(&path) else {
            continue;
        };
        assert!(route.events().any(|event| event == webhook.event));
        let rebuilt: String = path
            .segments()
            .flat_map(|segment| {
                let encoded = percent_decode(segment)
                    .into_iter()
                    .map(|byte| format!("%{byte:02X}"));
                std::iter::once("/".to_owned())
                    .chain(encoded)
                    .collect::<Vec<_>>()
            })
            .collect();
        let rebuilt = RequestPath::parse(&rebuilt).expect("an encoded path is a path");
        assert_eq!(route.matches(&rebuilt), Some(webhook));
    }
});

/// A decoder of its own, slow and obvious.
fn percent_decode(segment: &str) -> Vec<u8> {
    let mut decoded = Vec::new();
    let mut rest = segment;
    while let Some(first) = rest.bytes().next() {
        if first == b'%' {
            decoded.push(u8::from_str_radix(&rest[1..3], 16).expect("the path was checked"));
            rest = &rest[3..];
        } else {
            decoded.push(first);
            rest = &rest[1..];
        }
    }
    decoded
}
