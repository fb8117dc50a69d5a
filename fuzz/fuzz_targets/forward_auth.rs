//! The request that a proxy asks about is what a slow reader finds: one method, one path, and nothing lost.
//!
//! The first byte of an input chooses the form. Of the lines that follow, the first two are method and URI of the
//! question; each other is a header line, whose first byte chooses the name.

#![no_main]

use hookward_forwarded::ForwardAuthForm;
use libfuzzer_sys::fuzz_target;

const PARTIAL_BODY: &str = "x-envoy-auth-partial-body";

fuzz_target!(|input: &[u8]| {
    let Some((form, rest)) = input.split_first() else {
        return;
    };
    let form = ForwardAuthForm::ALL[usize::from(*form) % ForwardAuthForm::ALL.len()];
    let mut lines = rest.split(|byte| *byte == b'\n');
    let mut text = || str::from_utf8(lines.next().unwrap_or_default()).ok();
    let (Some(method), Some(uri)) = (text(), text()) else {
        return;
    };
    let (method_header, uri_header) = form.headers().unwrap_or(("none", "none"));
    let headers: Vec<(&str, &[u8])> = lines
        .filter_map(|line| {
            let (name, value) = line.split_first()?;
            let names = [method_header, uri_header, PARTIAL_BODY, "other"];
            Some((names[usize::from(*name) % names.len()], value))
        })
        .collect();
    let values = |wanted: &str| -> Vec<&[u8]> {
        let of_name = headers.iter().filter(|(name, _)| *name == wanted);
        of_name.map(|(_, value)| *value).collect()
    };

    let found = form.original(method, uri, values);
    let expected = match form.headers() {
        None if values(PARTIAL_BODY).is_empty() => read(method.as_bytes(), uri.as_bytes()),
        None => match &values(PARTIAL_BODY)[..] {
            [one] if trimmed(one) == "false" => read(method.as_bytes(), uri.as_bytes()),
            _ => None,
        },
        Some(_) => match (&values(method_header)[..], &values(uri_header)[..]) {
            ([method], [uri]) => read(trimmed(method).as_bytes(), trimmed(uri).as_bytes()),
            _ => None,
        },
    };
    let found = found.ok().map(|found| {
        let query = found.query.map(|query| format!("?{query}"));
        assert!(!found.path.contains('?'));
        let target = format!("{}{}", found.path, query.unwrap_or_default());
        (found.method.to_owned(), target)
    });
    assert_eq!(found, expected);
});

fn trimmed(value: &[u8]) -> &str {
    str::from_utf8(value)
        .unwrap_or("\u{fffd}")
        .trim_matches([' ', '\t'])
}

/// A token, and a target of printable ASCII that starts with a slash and has no fragment.
fn read(method: &[u8], uri: &[u8]) -> Option<(String, String)> {
    let method = String::from_utf8(method.to_vec()).ok()?;
    let uri = String::from_utf8(uri.to_vec()).ok()?;
    let token = |char: char| char.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(char);
    let target = |char: char| ('!'..='~').contains(&char) && char != '#';
    let good = !method.is_empty() && method.chars().all(token) && uri.starts_with('/');
    (good && uri.chars().all(target)).then_some((method, uri))
}
