//! Nesting is limited, whatever it is made of.

use hookward_payload::{PayloadErrorKind, PayloadScanner};

/// An object that holds `levels - 1` further containers inside each other, and where the innermost opens.
fn nested(levels: usize) -> (String, u64) {
    let kinds = [("[", "]"), (r#"{"a":"#, "}"), ("[0,", "]")];
    let mut open = String::from(r#"{"a":"#);
    let mut close = String::from("}");
    let mut innermost = 0;
    for level in 1..levels {
        let (before, after) = kinds[level % kinds.len()];
        innermost = open.len();
        open += before;
        close.insert_str(0, after);
    }
    (open + "0" + &close, innermost as u64)
}

#[test]
fn the_limit_is_the_number_of_levels() {
    for limit in [1, 2, 3, 64, 127, 128] {
        let (deepest, _) = nested(limit.into());
        let mut scanner = PayloadScanner::new("key").with_depth_limit(limit);
        assert_eq!(scanner.push(deepest.as_bytes()), Ok(()), "{limit}");
        assert_eq!(scanner.finish(), Ok(None), "{limit}");

        let (too_deep, offset) = nested(usize::from(limit) + 1);
        let mut scanner = PayloadScanner::new("key").with_depth_limit(limit);
        let error = scanner.push(too_deep.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), PayloadErrorKind::TooDeep { limit });
        assert_eq!(error.offset(), offset);
    }
}

#[test]
fn the_limit_is_128_unless_it_is_lower() {
    let (too_deep, offset) = nested(129);
    for mut scanner in [
        PayloadScanner::new("key"),
        PayloadScanner::new("key").with_depth_limit(129),
        PayloadScanner::new("key").with_depth_limit(u8::MAX),
    ] {
        let error = scanner.push(too_deep.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), PayloadErrorKind::TooDeep { limit: 128 });
        assert_eq!(error.offset(), offset);
    }
}

#[test]
fn a_limit_of_zero_refuses_every_object() {
    let mut scanner = PayloadScanner::new("key").with_depth_limit(0);
    let error = scanner.push(b"{}").unwrap_err();
    assert_eq!(error.kind(), PayloadErrorKind::TooDeep { limit: 0 });
    assert_eq!(error.offset(), 0);
}

#[test]
fn siblings_do_not_add_up() {
    let document = format!(r#"{{"a":[{}[]]}}"#, "[[]],{},".repeat(1000));
    let mut scanner = PayloadScanner::new("key").with_depth_limit(4);
    assert_eq!(scanner.push(document.as_bytes()), Ok(()));
    assert_eq!(scanner.finish(), Ok(None));
}

#[test]
fn a_million_levels_end_at_the_limit() {
    for level in ["[", r#"{"a":"#] {
        let document = r#"{"a":"#.to_owned() + &level.repeat(1_000_000);
        for size in [1, 4096, document.len()] {
            let mut scanner = PayloadScanner::new("key");
            let results: Vec<_> = document
                .as_bytes()
                .chunks(size)
                .map(|chunk| scanner.push(chunk))
                .collect();
            let error = results[results.len() - 1].unwrap_err();
            assert_eq!(error.kind(), PayloadErrorKind::TooDeep { limit: 128 });
            assert_eq!(error.offset(), 5 + 127 * level.len() as u64);
        }
    }
}

#[test]
fn a_limit_set_late_forgets_no_level() {
    let mut scanner = PayloadScanner::new("key");
    assert_eq!(scanner.push(br#"{"a":[{"key":"inner""#), Ok(()));
    let mut scanner = scanner.with_depth_limit(2);
    assert_eq!(scanner.push(br#"}],"key":"x"}"#), Ok(()));
    assert_eq!(scanner.finish(), Ok(Some("x")));
}
