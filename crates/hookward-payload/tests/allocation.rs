//! The scanner never allocates, and keeps to a small stack.

use std::thread;

use allocation_counter::measure;
use hookward_payload::{PayloadErrorKind, PayloadScanner};

#[test]
fn an_accepted_document_allocates_nothing() {
    let element = r#"{"text":"\u00e9\ud83d\ude00 é 😀 \n","numbers":[-0.5e-7,12],"words":[true,false,null],"deep":[[[[{}]]]]},"#;
    let document = format!(
        r#"{{"results":[{}0],"developerPayload":"{}","last":1}}"#,
        element.repeat(10_000),
        "\\u00e9".repeat(PayloadScanner::MAX_VALUE_UNITS)
    );
    for size in [1, 7, 16 * 1024, document.len()] {
        let allocations = measure(|| {
            let mut scanner = PayloadScanner::new("developerPayload");
            for chunk in document.as_bytes().chunks(size) {
                assert!(scanner.push(chunk).is_ok());
            }
            let value = scanner.finish();
            assert!(value.is_ok_and(|value| value.is_some_and(|value| value.len() == 1024)));
        });
        assert_eq!(allocations.count_total, 0, "in chunks of {size}");
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
        let allocations = measure(|| {
            let mut scanner = PayloadScanner::new("developerPayload");
            let pushed = scanner.push(document.as_bytes());
            let error = pushed.and_then(|()| scanner.finish().map(|_| ()));
            assert!(error.is_err_and(|error| error.kind() == kind));
        });
        assert_eq!(allocations.count_total, 0, "{kind:?}");
    }
}

#[test]
fn a_million_levels_take_neither_memory_nor_stack() {
    // What a level of recursion takes, a million of them would overrun this a thousand times.
    const STACK: usize = 128 << 10;

    let scan = || {
        for level in ["[", r#"{"a":"#] {
            let document = r#"{"a":"#.to_owned() + &level.repeat(1_000_000);
            for size in [1, 16 * 1024, document.len()] {
                let scanner = || PayloadScanner::new("developerPayload");
                let all = [
                    Some(scanner()),
                    scanner().slower(),
                    Some(scanner().portable()),
                ];
                for mut scanner in all.into_iter().flatten() {
                    let mut refused = None;
                    let allocations = measure(|| {
                        for chunk in document.as_bytes().chunks(size) {
                            refused = scanner.push(chunk).err();
                        }
                    });
                    let kind = refused.map(|error| error.kind());
                    assert_eq!(kind, Some(PayloadErrorKind::TooDeep { limit: 128 }));
                    assert_eq!(allocations.count_total, 0, "in chunks of {size}");
                }
            }
        }
    };
    let small = thread::Builder::new().stack_size(STACK).spawn(scan);
    small
        .expect("a thread can be started")
        .join()
        .expect("the scanner keeps to the stack");
}
