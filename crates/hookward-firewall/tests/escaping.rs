//! Whatever a secret holds, each language reads back the secret, and nothing else of the text
//! changes.

use hookward_copyleaks::Route;
use hookward_firewall::{
    HeaderRule, RuleText, Rules, aws_waf, cloudflare, cloudflare_terraform, haproxy, modsecurity,
    nginx,
};
use proptest::prelude::*;

/// Secrets as the gate takes them, with a preference for what languages trip over.
fn secret() -> impl Strategy<Value = String> {
    r#"[!-~]([ -~]|["'\\%$\{\}#;()|, ]|\\"|%\{|\$\{|'\\''){14,60}[!-~]"#
}

fn written(secret: &str, write: impl Fn(&Rules<'_>) -> RuleText) -> String {
    let route = Route::parse("/copyleaks/{status}/{scan_id}", None).unwrap();
    let rule = HeaderRule::new("x-firewall-secret".parse().unwrap(), [&route]).unwrap();
    let rules = Rules::new().with_header(rule.secret("2026-11", secret).unwrap());
    write(&rules).as_str().to_owned()
}

/// What stands between two texts.
fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let (_, rest) = text.split_once(before).unwrap();
    rest.split_once(after).unwrap().0
}

/// The text that a pattern of characters and `\xHH` matches.
fn matched(pattern: &str) -> String {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some(character) = rest.chars().next() {
        if let Some(escape) = rest.strip_prefix(r"\x") {
            text.push(u8::from_str_radix(&escape[..2], 16).unwrap().into());
            rest = &escape[2..];
        } else {
            assert!(character.is_ascii_alphanumeric(), "{pattern}");
            text.push(character);
            rest = &rest[1..];
        }
    }
    text
}

/// The word that HAProxy reads: literal between single quotes, and after a backslash outside.
fn haproxy_word(line: &str) -> String {
    let (mut word, mut quoted) = (String::new(), false);
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match (character, quoted) {
            ('\'', _) => quoted = !quoted,
            ('\\', false) => word.push(characters.next().unwrap()),
            (' ' | '#' | '"', false) => panic!("{line}"),
            (other, _) => word.push(other),
        }
    }
    assert!(!quoted);
    word
}

/// The string between quotes, in which a backslash keeps what follows.
fn unquoted(text: &str) -> String {
    let inner = text.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
    let mut characters = inner.chars();
    let mut read = String::new();
    while let Some(character) = characters.next() {
        read.push(match character {
            '\\' => characters.next().unwrap(),
            '"' => panic!("{text}"),
            other => other,
        });
    }
    read
}

proptest! {
    #[test]
    fn modsecurity_and_nginx_match_the_secret_alone(secret in secret()) {
        let text = written(&secret, |rules| modsecurity(rules).unwrap());
        let pattern = between(&text, "x-firewall-secret \"@rx \\A(?:", ")\\z\"");
        prop_assert_eq!(matched(pattern), secret.as_str());
        if !secret.contains(", ") {
            let text = written(&secret, |rules| nginx(rules).unwrap());
            prop_assert_eq!(matched(between(&text, "\\A1:", "\\z\" 1;")), secret);
        }
    }

    #[test]
    fn haproxy_reads_one_word(secret in secret()) {
        let text = written(&secret, |rules| haproxy(rules).unwrap());
        prop_assert_eq!(haproxy_word(between(&text, "-m str -- ", "\n")), secret);
    }

    #[test]
    fn the_services_read_json_and_what_stands_in_it(secret in secret()) {
        let text = written(&secret, |rules| aws_waf(rules, &[]).unwrap());
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let statements = &document["Rules"][0]["Statement"]["AndStatement"]["Statements"];
        let value = statements[3]["ByteMatchStatement"]["SearchString"].as_str().unwrap();
        let decoded = <base64ct::Base64 as base64ct::Encoding>::decode_vec(value).unwrap();
        prop_assert_eq!(decoded, secret.as_bytes());

        let text = written(&secret, |rules| cloudflare(rules).unwrap());
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let expression = document[0]["expression"].as_str().unwrap();
        let (_, literal) = expression.split_once("][0] in {").unwrap();
        prop_assert_eq!(unquoted(literal.strip_suffix('}').unwrap()), secret.as_str());

        let text = written(&secret, |rules| cloudflare_terraform(rules).unwrap());
        let template = ["${", "%{"].iter().any(|start| text.contains(start));
        prop_assert!(!template);
        let line = text.lines().find_map(|line| line.trim().strip_prefix("expression  = ")).unwrap();
        // JSON has the same escapes.
        let read: String = serde_json::from_str(line).unwrap();
        prop_assert_eq!(read.as_str(), expression);
    }
}
