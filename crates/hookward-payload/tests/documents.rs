//! Which documents pass and which are refused, for what and where, however they are cut.

mod oracle;

use hookward_payload::JsonKind;
use hookward_payload::PayloadErrorKind::{self, *};
use hookward_payload::PayloadScanner;
use oracle::Outcome;

/// What the scanner says of `document`, cut in two at every position, nested at every place in a block, and in many other ways.
fn scan(document: &[u8]) -> Outcome {
    let outcome = oracle::judge(document);
    oracle::judge_in_blocks(document);
    for at in 0..=document.len() {
        let (start, end) = document.split_at(at);
        let cut = oracle::scan([start, end], PayloadScanner::MAX_DEPTH);
        assert_eq!(cut, outcome, "cut at {at}: {}", document.escape_ascii());
    }
    outcome
}

fn assert_accepted(documents: &[(&[u8], Option<&str>)]) {
    for (document, value) in documents {
        let expected = Ok(value.map(String::from));
        assert_eq!(scan(document), expected, "{}", document.escape_ascii());
    }
}

fn assert_refused(documents: &[(&[u8], PayloadErrorKind, u64)]) {
    for &(document, kind, offset) in documents {
        let expected = Err((kind, offset));
        assert_eq!(scan(document), expected, "{}", document.escape_ascii());
    }
}

const UNEXPECTED: PayloadErrorKind = UnexpectedByte { expected: "" };

#[test]
fn the_value_is_found_wherever_it_stands() {
    assert_accepted(&[
        (br#"{"developerPayload":"x"}"#, Some("x")),
        (br#"{"developerPayload":""}"#, Some("")),
        (br#"{"developerPayload":"x","status":0}"#, Some("x")),
        (br#"{"status":0,"developerPayload":"x"}"#, Some("x")),
        (
            br#"{"a":[{"b":[]},"]}"],"developerPayload":"x","c":{}}"#,
            Some("x"),
        ),
        (b"\t{\r\n \"developerPayload\"\t:\n\"x\" \r} \n", Some("x")),
        (
            br#"{"a":"developerPayload","developerPayload":"x"}"#,
            Some("x"),
        ),
        (
            br#"{"a":{"developerPayload":"inner"},"developerPayload":"x"}"#,
            Some("x"),
        ),
    ]);
}

#[test]
fn a_document_without_the_key_has_no_value() {
    assert_accepted(&[
        (b"{}", None),
        (b" { } ", None),
        (br#"{"developerPayloa":"x"}"#, None),
        (br#"{"developerPayloads":"x"}"#, None),
        (br#"{"developerPayload\u0000":"x"}"#, None),
        (br#"{" developerPayload":"x"}"#, None),
        (br#"{"developer_payload":"x"}"#, None),
        (br#"{"":"developerPayload"}"#, None),
        (br#"{"a":["developerPayload","x"]}"#, None),
        (br#"{"a":{"developerPayload":"x"}}"#, None),
        (br#"{"a":[{"developerPayload":"x"}]}"#, None),
        (br#"{"a":"{\"developerPayload\":\"x\"}"}"#, None),
        // none of the rules for the wanted key hold for inner ones
        (
            br#"{"a":{"developerPayload":1,"developerPayload":[],"DeveloperPayload":{}}}"#,
            None,
        ),
    ]);
}

#[test]
fn the_key_is_compared_after_unescaping() {
    assert_accepted(&[
        (br#"{"developerPayl\u006fad":"x"}"#, Some("x")),
        (
            br#"{"\u0064\u0065\u0076\u0065\u006c\u006F\u0070\u0065\u0072\u0050\u0061\u0079\u006C\u006f\u0061\u0064":"x"}"#,
            Some("x"),
        ),
        (br#"{"developerPayl\\u006fad":"x"}"#, None),
        (br#"{"developerPayl\/oad":"x"}"#, None),
    ]);
}

#[test]
fn the_value_is_decoded() {
    assert_accepted(&[
        (
            br#"{"developerPayload":"\"\\\/\b\f\n\r\t\u0000\u001f"}"#,
            Some("\"\\/\u{8}\u{c}\n\r\t\0\u{1f}"),
        ),
        (
            "{\"developerPayload\":\"aé€😀\u{FFFF}\u{10FFFF}\u{7F}\"}".as_bytes(),
            Some("aé€😀\u{FFFF}\u{10FFFF}\u{7F}"),
        ),
        (
            br#"{"developerPayload":"\u00E9\u20ac\uD83D\uDE00\ud83d\ude00"}"#,
            Some("é€😀😀"),
        ),
        // a byte-order mark is a character like any other within a string
        (
            "{\"developerPayload\":\"\u{FEFF}\"}".as_bytes(),
            Some("\u{FEFF}"),
        ),
    ]);
}

#[test]
fn every_kind_of_value_is_skipped() {
    assert_accepted(&[
        (
            br#"{"a":null,"b":true,"c":false,"d":"","e":[],"f":{}}"#,
            None,
        ),
        (br#"{"a":[null,[true],{"b":false},"",0 ,1]}"#, None),
        (br#"{"a":[0,-0,1,-1,10,0.0,-0.0,1.05]}"#, None),
        (br#"{"a":[0e0,1E5,1e+5,1e-5,1.5e05,-0E-0]}"#, None),
        (
            br#"{"a":[1e999,-1e999,1e-999,123456789012345678901234567890]}"#,
            None,
        ),
        (br#"{"a":1}"#, None),
        (br#"{"a":1.5 , "b":2e1 }"#, None),
        // the same key twice is of no concern unless it is the wanted one
        (br#"{"a":1,"a":2}"#, None),
    ]);
}

#[test]
fn halves_of_pairs_are_skipped_where_nobody_reads_them() {
    assert_accepted(&[
        (br#"{"a":"\ud83d"}"#, None),
        (br#"{"a":"\ude00"}"#, None),
        (br#"{"a":"\ude00\ud83d","developerPayload":"x"}"#, Some("x")),
        (br#"{"a":{"\ud83d":0}}"#, None),
        (br#"{"a":["\ud83dx\ud83d\n\ud83d\u0041"]}"#, None),
    ]);
}

#[test]
fn halves_of_pairs_are_refused_in_outer_keys_and_the_value() {
    assert_refused(&[
        (br#"{"\ud83d":0}"#, LoneSurrogate, 2),
        (br#"{"developerPayload\ude00":0}"#, LoneSurrogate, 18),
        (br#"{"a\ud83d\u0041":0}"#, LoneSurrogate, 3),
        (br#"{"developerPayload":"\ud83d"}"#, LoneSurrogate, 21),
        (br#"{"developerPayload":"\ud83dx"}"#, LoneSurrogate, 21),
        (br#"{"developerPayload":"\ud83d\n"}"#, LoneSurrogate, 21),
        (br#"{"developerPayload":"ab\uDE00"}"#, LoneSurrogate, 23),
        (br#"{"developerPayload":"\ude00\ud83d"}"#, LoneSurrogate, 21),
        (
            br#"{"developerPayload":"\ud83d\ud83d\ude00"}"#,
            LoneSurrogate,
            21,
        ),
        (
            br#"{"developerPayload":"\ud83d\ude00\ude00"}"#,
            LoneSurrogate,
            33,
        ),
        (
            br#"{"developerPayload":"\ud83d\\ude00"}"#,
            LoneSurrogate,
            21,
        ),
        // what breaks the grammar comes first if it is what shows that the half is alone
        (br#"{"developerPayload":"\ud83d\x"}"#, InvalidEscape, 28),
        (br#"{"developerPayload":"\ud83d\ude0"}"#, InvalidEscape, 32),
    ]);
}

#[test]
fn the_wanted_key_must_not_occur_twice() {
    assert_refused(&[
        (
            br#"{"developerPayload":"x","developerPayload":"x"}"#,
            DuplicateKey,
            24,
        ),
        (
            br#"{"developerPayload":"x","a":{},"developerPayl\u006fad":"y"}"#,
            DuplicateKey,
            31,
        ),
        (
            br#"{"\u0064eveloperPayload":"x","developerPayload":null}"#,
            DuplicateKey,
            29,
        ),
    ]);
}

#[test]
fn the_wanted_key_must_not_stand_in_other_letter_case() {
    assert_refused(&[
        (br#"{"DeveloperPayload":"x"}"#, AliasedKey, 1),
        (br#"{"developerpayload":"x"}"#, AliasedKey, 1),
        (br#"{"DEVELOPERPAYLOAD":null}"#, AliasedKey, 1),
        (br#"{"a":0,"\u0044eveloperPayload":"x"}"#, AliasedKey, 7),
        (
            br#"{"developerPayload":"x","developerPayloaD":"y"}"#,
            AliasedKey,
            24,
        ),
        (
            br#"{"developerPayloaD":"y","developerPayload":"x"}"#,
            AliasedKey,
            1,
        ),
    ]);
}

#[test]
fn letters_outside_ascii_do_not_hide_an_alias() {
    for document in [
        "{\"\u{17F}ecretKind\":\"x\"}",
        "{\"secret\u{212A}ind\":\"x\"}",
        "{\"secretK\u{130}nd\":\"x\"}",
        "{\"secretK\u{131}nd\":\"x\"}",
        r#"{"secret\u212aind":"x"}"#,
    ] {
        let mut scanner = PayloadScanner::new("secretKind");
        let error = scanner.push(document.as_bytes()).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (AliasedKey, 1));
    }
}

#[test]
fn any_key_can_be_wanted() {
    // some with what looks like a key before it, in it or behind it
    for (key, members, expected) in [
        ("", r#""a":"","":"x""#, Ok(Some("x"))),
        ("", r#""":"x","a":"","":"y""#, Err((DuplicateKey, 15))),
        ("clé", r#""cl\u00e9":"x","cle":1"#, Ok(Some("x"))),
        ("clé", r#""clÉ":1,"clé":"x""#, Ok(Some("x"))),
        ("clé", r#""e":1,"clé":"x","CLé":1"#, Err((AliasedKey, 18))),
        ("é", r#""e":1,"é":"x""#, Ok(Some("x"))),
        ("é", r#""e":1,"é":"x","\u00e9":1"#, Err((DuplicateKey, 16))),
        ("😀", r#""😁":1,"\ud83d\ude00":"x""#, Ok(Some("x"))),
        ("\"\\\n", r#""\"":1,"\"\\\n":"x""#, Ok(Some("x"))),
        ("a\":\"x", r#""a":"x":"y""#, Err((UNEXPECTED, 8))),
        ("a\":\"x", r#""a":"y","a\":\"x":"x""#, Ok(Some("x"))),
        ("ı", r#""a":1,"i":"x""#, Err((AliasedKey, 7))),
        ("k", r#""a":1,"\u212a":"x""#, Err((AliasedKey, 7))),
        ("k", r#""a":1,"K":"x""#, Err((AliasedKey, 7))),
        ("K", r#""a":1,"k":"x""#, Err((AliasedKey, 7))),
    ] {
        let document = oracle::padded(format!("{{{members}}}").as_bytes());
        for len in 1..=document.len() {
            let fastest = PayloadScanner::new(key);
            let slower = PayloadScanner::new(key).slower();
            let portable = PayloadScanner::new(key).portable();
            for mut scanner in [Some(fastest), slower, Some(portable)]
                .into_iter()
                .flatten()
            {
                let pushed = document
                    .chunks(len)
                    .try_for_each(|chunk| scanner.push(chunk));
                let found = pushed.and_then(|()| scanner.finish());
                let found = found.map_err(|error| match error.kind() {
                    UnexpectedByte { .. } => (UNEXPECTED, error.offset()),
                    kind => (kind, error.offset()),
                });
                assert_eq!(found, expected, "{key:?} in {members} in chunks of {len}");
            }
        }
    }
}

#[test]
fn the_value_must_be_a_string() {
    let not_a = |found| NotAString { found };
    assert_refused(&[
        (br#"{"developerPayload":null}"#, not_a(JsonKind::Null), 20),
        (br#"{"developerPayload":true}"#, not_a(JsonKind::Bool), 20),
        (br#"{"developerPayload":false}"#, not_a(JsonKind::Bool), 20),
        (br#"{"developerPayload": 0}"#, not_a(JsonKind::Number), 21),
        (br#"{"developerPayload":-1}"#, not_a(JsonKind::Number), 20),
        (br#"{"developerPayload":["x"]}"#, not_a(JsonKind::Array), 20),
        (
            br#"{"developerPayload":{"a":"x"}}"#,
            not_a(JsonKind::Object),
            20,
        ),
        (br#"{"developerPayload":x}"#, UNEXPECTED, 20),
        (br#"{"developerPayload"}"#, UNEXPECTED, 19),
        (br#"{"developerPayload":}"#, UNEXPECTED, 20),
    ]);
}

#[test]
fn the_value_has_at_most_512_code_units() {
    let body = |value: &str| format!(r#"{{"a":0,"developerPayload":"{value}"}}"#).into_bytes();
    for (unit, longest, decoded) in [
        ("a", 512, "a"),
        ("€", 512, "€"),
        ("😀", 256, "😀"),
        (r"\u20ac", 512, "€"),
        (r"\ud83d\ude00", 256, "😀"),
    ] {
        let value = unit.repeat(longest);
        assert_eq!(scan(&body(&value)), Ok(Some(decoded.repeat(longest))));
        let too_long = Err((ValueTooLong { limit: 512 }, 26));
        assert_eq!(scan(&body(&(value.clone() + "b"))), too_long);
        // a later error does not come before it, even where it is in the same run of text
        let broken = [&body(&(value + "b"))[..], b"\xFF"].concat();
        assert_eq!(scan(&broken), too_long);
    }
    let odd = "a".to_owned() + &"😀".repeat(256);
    assert_eq!(
        scan(&body(&odd)),
        Err((ValueTooLong { limit: 512 }, 26)),
        "a pair that straddles the limit"
    );
    // nothing else is limited
    let long = "a".repeat(2000);
    let document = format!(r#"{{"{long}":"{long}"}}"#);
    assert_eq!(oracle::judge(document.as_bytes()), Ok(None));
}

#[test]
fn the_document_must_be_an_object() {
    assert_refused(&[
        (b"[]", RootNotObject, 0),
        (br#" [{"developerPayload":"x"}]"#, RootNotObject, 1),
        (b"\n\"x\"", RootNotObject, 1),
        (b"0", RootNotObject, 0),
        (b"-", RootNotObject, 0),
        (b"null", RootNotObject, 0),
        (b"true", RootNotObject, 0),
        (b"false", RootNotObject, 0),
        (b"}", UNEXPECTED, 0),
        (b"x", UNEXPECTED, 0),
        (b"<html>", UNEXPECTED, 0),
        (b"// {}\n{}", UNEXPECTED, 0),
        (b"\0{}", UNEXPECTED, 0),
        (b"\xC2\xA0{}", UNEXPECTED, 0),
        (b"\x0C{}", UNEXPECTED, 0),
    ]);
}

#[test]
fn a_byte_order_mark_is_refused() {
    assert_refused(&[
        (b"\xEF\xBB\xBF{}", ByteOrderMark, 0),
        (b"\xEF\xBB\xBF", ByteOrderMark, 0),
        (b"\xEF\xBB", UnexpectedEnd, 2),
        (b"\xEF\xBB{}", UNEXPECTED, 0),
        (b"\xEF{}", UNEXPECTED, 0),
        (b" \xEF\xBB\xBF{}", UNEXPECTED, 1),
        (b"\xFF\xFE{\0}\0", UNEXPECTED, 0),
        (b"{}\xEF\xBB\xBF", TrailingData, 2),
    ]);
}

#[test]
fn nothing_may_follow_the_object() {
    assert_refused(&[
        (b"{}{}", TrailingData, 2),
        (b"{} \n x", TrailingData, 5),
        (b"{},", TrailingData, 2),
        (b"{}}", TrailingData, 2),
        (b"{}]", TrailingData, 2),
        (b"{}\0", TrailingData, 2),
        (
            br#"{"developerPayload":"x"}{"developerPayload":"y"}"#,
            TrailingData,
            24,
        ),
    ]);
}

#[test]
fn every_beginning_of_a_document_is_unfinished() {
    let document =
        r#" {"a\u00e9\ud83d\ude00é😀":[-1.5e+7,true,false,null,{"b":""}],"developerPayload":"\n"}"#;
    for end in 0..document.len() {
        let beginning = &document.as_bytes()[..end];
        assert_eq!(scan(beginning), Err((UnexpectedEnd, end as u64)));
    }
    assert_eq!(scan(document.as_bytes()), Ok(Some("\n".into())));
}

#[test]
fn punctuation_must_be_in_its_place() {
    assert_refused(&[
        (b"{,}", UNEXPECTED, 1),
        (b"{:0}", UNEXPECTED, 1),
        (b"{]", UNEXPECTED, 1),
        (b"{0:0}", UNEXPECTED, 1),
        (b"{a:0}", UNEXPECTED, 1),
        (b"{'a':0}", UNEXPECTED, 1),
        (b"{null:0}", UNEXPECTED, 1),
        (b"{{}}", UNEXPECTED, 1),
        (br#"{"a"}"#, UNEXPECTED, 4),
        (br#"{"a",}"#, UNEXPECTED, 4),
        (br#"{"a" 0}"#, UNEXPECTED, 5),
        (br#"{"a"::0}"#, UNEXPECTED, 5),
        (br#"{"a":}"#, UNEXPECTED, 5),
        (br#"{"a":,}"#, UNEXPECTED, 5),
        (br#"{"a":]}"#, UNEXPECTED, 5),
        (br#"{"a":0,}"#, UNEXPECTED, 7),
        (br#"{"a":0,,"b":0}"#, UNEXPECTED, 7),
        (br#"{"a":0 "b":0}"#, UNEXPECTED, 7),
        (br#"{"a":0]"#, UNEXPECTED, 6),
        (br#"{"a":0;"b":0}"#, UNEXPECTED, 6),
        (br#"{"a":"x""y"}"#, UNEXPECTED, 8),
        (br#"{"a":[,]}"#, UNEXPECTED, 6),
        (br#"{"a":[0,]}"#, UNEXPECTED, 8),
        (br#"{"a":[0,,0]}"#, UNEXPECTED, 8),
        (br#"{"a":[0 0]}"#, UNEXPECTED, 8),
        (br#"{"a":[0:0]}"#, UNEXPECTED, 7),
        (br#"{"a":[}"#, UNEXPECTED, 6),
        (br#"{"a":[0}"#, UNEXPECTED, 7),
        (br#"{"a":[[]}"#, UNEXPECTED, 8),
        (br#"{"a":{]}"#, UNEXPECTED, 6),
        (br#"{"a":[{}}]"#, UNEXPECTED, 8),
        (br#"{"a":/**/0}"#, UNEXPECTED, 5),
        (b"{\"a\":\xC2\xA00}", UNEXPECTED, 5),
        (b"{\"a\":\x0B0}", UNEXPECTED, 5),
        (b"{\"a\":0\0}", UNEXPECTED, 6),
    ]);
}

#[test]
fn a_chunk_shorter_than_a_block_is_read_as_if_nothing_stood_around_it() {
    let document = r#"{"a":[ 0,-1.5e3,{"b\n":"\u00e9é\"" , "":{}},[[],[ ]] , true,null,"c",12],
        "d":{"e":{"f":"g"},"h":[false , "text, more text: {[\\]}",{"i😀":"j"} ],"k":10},
        "developerPayload":"x","l":{"m":[{"n":[]},"o",-7]},"p":"q","r":[]}"#;
    let document = document.as_bytes();
    for at in 0..document.len() {
        let itself = &document[at..=at];
        let others = [
            ",", ":", "\"", "[", "]", "{", "}", "0", ".", "e", " ", "\\", "",
        ];
        for byte in others.map(str::as_bytes).into_iter().chain([itself]) {
            let changed = [&document[..at], byte, &document[at + 1..]].concat();
            for len in [16, 17, 40, 62, 63] {
                for start in [at, at.saturating_sub(len)] {
                    let end = changed.len().min(start + len);
                    oracle::judge_chunk(&changed, start.min(end)..end);
                }
            }
        }
    }
}

#[test]
fn words_are_written_out_in_small_letters() {
    assert_refused(&[
        (br#"{"a":True}"#, UNEXPECTED, 5),
        (br#"{"a":tRue}"#, UNEXPECTED, 6),
        (br#"{"a":tru}"#, UNEXPECTED, 8),
        (br#"{"a":truee}"#, UNEXPECTED, 9),
        (br#"{"a":falsy}"#, UNEXPECTED, 9),
        (br#"{"a":nul,"b":0}"#, UNEXPECTED, 8),
        (br#"{"a":nulll}"#, UNEXPECTED, 9),
        (br#"{"a":nil}"#, UNEXPECTED, 6),
        // nothing stands beside a word, be it what a number or another word could start with or end with
        (br#"{"a":true1}"#, UNEXPECTED, 9),
        (br#"{"a":null0}"#, UNEXPECTED, 9),
        (br#"{"a":false10}"#, UNEXPECTED, 10),
        (br#"{"a":true-1}"#, UNEXPECTED, 9),
        (br#"{"a":truenull}"#, UNEXPECTED, 9),
        (br#"{"a":falsefalse}"#, UNEXPECTED, 10),
        (br#"{"a":1true}"#, UNEXPECTED, 6),
        (br#"{"a":0null}"#, UNEXPECTED, 6),
        (br#"{"a":12false}"#, UNEXPECTED, 7),
        (br#"{"a":-null}"#, InvalidNumber, 6),
        (br#"{"a":undefined}"#, UNEXPECTED, 5),
        (br#"{"a":NaN}"#, UNEXPECTED, 5),
        (br#"{"a":Infinity}"#, UNEXPECTED, 5),
        (br#"{"a":-Infinity}"#, InvalidNumber, 6),
    ]);
    for word in ["true", "false", "null"] {
        for at in 0..word.len() {
            for letter in "aeflnrstux".bytes().filter(|l| *l != word.as_bytes()[at]) {
                let mut word = word.as_bytes().to_vec();
                word[at] = letter;
                let document = [br#"{"a":"#, &word[..], b"}"].concat();
                assert!(scan(&document).is_err(), "{}", document.escape_ascii());
            }
        }
    }
}

#[test]
fn numbers_follow_the_grammar() {
    assert_refused(&[
        (br#"{"a":-}"#, InvalidNumber, 6),
        (br#"{"a":- 1}"#, InvalidNumber, 6),
        (br#"{"a":--1}"#, InvalidNumber, 6),
        (br#"{"a":-.5}"#, InvalidNumber, 6),
        (br#"{"a":00}"#, InvalidNumber, 6),
        (br#"{"a":01}"#, InvalidNumber, 6),
        (br#"{"a":-01}"#, InvalidNumber, 7),
        (br#"{"a":1.}"#, InvalidNumber, 7),
        (br#"{"a":1.,"b":0}"#, InvalidNumber, 7),
        (br#"{"a":1.e1}"#, InvalidNumber, 7),
        (br#"{"a":1e}"#, InvalidNumber, 7),
        (br#"{"a":1e+}"#, InvalidNumber, 8),
        (br#"{"a":1e+-1}"#, InvalidNumber, 8),
        (br#"{"a":1e1.5}"#, UNEXPECTED, 8),
        (br#"{"a":1.5.5}"#, UNEXPECTED, 8),
        (br#"{"a":+1}"#, UNEXPECTED, 5),
        (br#"{"a":.5}"#, UNEXPECTED, 5),
        (br#"{"a":0x1F}"#, UNEXPECTED, 6),
        (br#"{"a":1_000}"#, UNEXPECTED, 6),
        (br#"{"a":1f}"#, UNEXPECTED, 6),
        (br#"{"a":1-2}"#, UNEXPECTED, 6),
        (b"{\"a\":\xEF\xBC\x91}", UNEXPECTED, 5),
    ]);
}

#[test]
fn strings_hold_neither_control_characters_nor_unknown_escapes() {
    assert_refused(&[
        (b"{\"a\":\"\0\"}", ControlCharacter, 6),
        (b"{\"a\":\"x\n\"}", ControlCharacter, 7),
        (b"{\"a\tb\":0}", ControlCharacter, 3),
        (b"{\"developerPayload\":\"\x1F\"}", ControlCharacter, 21),
        (br#"{"a":"\x41"}"#, InvalidEscape, 7),
        (br#"{"a":"\'"}"#, InvalidEscape, 7),
        (br#"{"a":"\a"}"#, InvalidEscape, 7),
        (br#"{"a":"\N"}"#, InvalidEscape, 7),
        (br#"{"a":"\0"}"#, InvalidEscape, 7),
        (b"{\"a\":\"\\\n\"}", InvalidEscape, 7),
        (b"{\"a\":\"\\\xC3\xA9\"}", InvalidEscape, 7),
        (br#"{"a":"\u"}"#, InvalidEscape, 8),
        (br#"{"a":"\u12"}"#, InvalidEscape, 10),
        (br#"{"a":"\u123g"}"#, InvalidEscape, 11),
        (br#"{"a":"\u+123"}"#, InvalidEscape, 8),
        (br#"{"a":"\U0041"}"#, InvalidEscape, 7),
        (br#"{"a":"\u{41}"}"#, InvalidEscape, 8),
        (br#"{"\q":0}"#, InvalidEscape, 3),
        (br#"{"developerPayload":"\q"}"#, InvalidEscape, 22),
    ]);
}

#[test]
fn every_control_character_ends_every_text() {
    for control in 0..0x20 {
        for (before, after) in [
            (&b"{\"a\":\"x"[..], &b"y\"}"[..]),
            (b"{\"a\":[{\"x", b"y\":0}]}"),
            (b"{\"x", b"y\":0}"),
            (b"{\"developerPayload\":\"\xC3\xA9", b"y\"}"),
        ] {
            let document = [before, &[control], after].concat();
            assert_refused(&[(&document, ControlCharacter, before.len() as u64)]);
        }
    }
}

#[test]
fn strings_are_utf_8_also_where_nobody_reads_them() {
    let sequences: &[&[u8]] = &[
        b"\x80",             // a continuation byte without a beginning
        b"\xBF\xBF",         //
        b"\xC0\x80",         // longer than needed
        b"\xC1\xBF",         //
        b"\xE0\x80\x80",     //
        b"\xE0\x9F\xBF",     //
        b"\xF0\x80\x80\x80", //
        b"\xF0\x8F\xBF\xBF", //
        b"\xC3",             // cut short
        b"\xE2\x82",         //
        b"\xF0\x9F\x98",     //
        b"\xC3\xC3\xA9",     //
        b"\xE2\x82\xE2",     //
        b"\xED\xA0\x80",     // a surrogate
        b"\xED\xBF\xBF",     //
        b"\xF4\x90\x80\x80", // past the last character
        b"\xF5\x80\x80\x80", // bytes that never occur
        b"\xF8\x88\x80\x80\x80",
        b"\xFE",
        b"\xFF",
        b"\xE9t\xE9", // Latin-1
    ];
    for sequence in sequences {
        for (before, after) in [
            (&b"{\"a\":\"\xC3\xA9"[..], &b"\"}"[..]),
            (b"{\"a\":[{\"", b"\":0}]}"),
            (b"{\"developer", b"Payload\":\"x\"}"),
            (b"{\"developerPayload\":\"\\u00e9", b"\"}"),
        ] {
            let document = [before, sequence, after].concat();
            let expected = Err((InvalidUtf8, before.len() as u64));
            assert_eq!(scan(&document), expected, "{}", document.escape_ascii());
        }
    }
}

#[test]
fn errors_say_what_and_where() {
    let message = |document: &str| {
        let mut scanner = PayloadScanner::new("developerPayload");
        let pushed = scanner.push(document.as_bytes());
        pushed
            .and_then(|()| scanner.finish().map(|_| ()))
            .unwrap_err()
            .to_string()
    };
    for (document, expected) in [
        ("", "unexpected end of the document at byte 0"),
        ("x", "expected `{` at byte 0"),
        ("{x", "expected a key or `}` at byte 1"),
        (r#"{"a"x"#, "expected `:` at byte 4"),
        (r#"{"a":x"#, "expected a value at byte 5"),
        (r#"{"a":nix"#, "expected null at byte 6"),
        (r#"{"a":0x"#, "expected `,` or `}` at byte 6"),
        (r#"{"a":0,x"#, "expected a key at byte 7"),
        (r#"{"a":[x"#, "expected a value at byte 6"),
        (r#"{"a":[0x"#, "expected `,` or `]` at byte 7"),
        (
            r#"{"developerPayload":[]}"#,
            "wanted value is an array, not a string at byte 20",
        ),
    ] {
        assert_eq!(message(document), expected);
    }
}

#[test]
fn malformed_documents_are_told_apart_from_broken_payload_rules() {
    for kind in [
        ByteOrderMark,
        RootNotObject,
        UNEXPECTED,
        UnexpectedEnd,
        InvalidNumber,
        InvalidEscape,
        ControlCharacter,
        InvalidUtf8,
        TooDeep { limit: 128 },
        TrailingData,
    ] {
        assert!(kind.is_malformed(), "{kind:?}");
    }
    for kind in [
        LoneSurrogate,
        DuplicateKey,
        AliasedKey,
        NotAString {
            found: JsonKind::Null,
        },
        ValueTooLong { limit: 512 },
    ] {
        assert!(!kind.is_malformed(), "{kind:?}");
    }
}
