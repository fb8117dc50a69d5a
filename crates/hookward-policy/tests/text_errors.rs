//! What is refused, and where.

use hookward_policy::{Policy, PolicyError};

/// The checks that exist: one lower-case letter.
#[derive(Clone, Copy, Eq, PartialEq, Debug)]
struct Letter(u8);

impl core::str::FromStr for Letter {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.as_bytes() {
            [letter @ b'a'..=b'z'] => Ok(Self(*letter)),
            _ => Err(()),
        }
    }
}

fn parse(text: &str) -> Result<Policy<Letter>, PolicyError> {
    text.parse()
}

#[track_caller]
fn error(text: &str) -> PolicyError {
    parse(text).unwrap_err()
}

/// Asserts the message; the caret below the text is where it points.
#[track_caller]
fn refused(text: &str, caret: &str, message: &str) {
    let error = error(text);
    let at = caret.len() - 1;
    assert_eq!(error.offset(), Some(at), "{error}");
    assert_eq!(error.to_string(), format!("{message}, at byte {at}"));
}

#[test]
fn unknown_checks() {
    refused("a and foo", "      ^", "unknown check `foo`");
    let long = format!("a or {}", "b".repeat(1000));
    let message = format!("unknown check `{}...`", "b".repeat(32));
    refused(&long, "     ^", &message);
}

#[test]
fn counts() {
    refused("a or 0 of (b)", "     ^", "a count must be at least 1");
    refused("3 of (a, b or c)", "^", "3 of 2 cannot be reached");
    refused("255 of (a)", "^", "255 of 1 cannot be reached");
    refused(
        "256 of (a)",
        "^",
        "expected a count of at most 64, found `256`",
    );
    assert_eq!(
        error("256 of (a)").offset(),
        error("4294967297 of (a)").offset()
    );
}

#[test]
fn empty_groups() {
    refused("a and ( )", "      ^", "a group needs at least one member");
    refused("2 of ()", "     ^", "a group needs at least one member");
}

#[test]
fn too_many_checks() {
    let text = |checks: usize| {
        let names: Vec<_> = (0..checks).map(|name| format!("c{name:02}")).collect();
        Policy::<String>::parse(&names.join(" or "))
    };
    assert!(text(64).is_ok());
    // Every check before takes a name of three bytes and an ` or `.
    let offset = Some(64 * 7);
    assert_eq!(text(65), Err(PolicyError::TooManyChecks { offset }));
}

#[test]
fn repeated_checks() {
    let message = |first| {
        format!("a check may occur only once; this one is also check {first}, counted from 0")
    };
    refused("a and a", "      ^", &message(0));
    refused(
        "b or (a and 2 of (c, a))",
        "                     ^",
        &message(1),
    );
}

#[test]
fn operators_mixed() {
    let message = "`and` and `or` may be mixed only with parentheses";
    refused("a and b or c", "        ^", message);
    refused("a or b or c and d", "            ^", message);
    refused("1 of (a or b and c)", "             ^", message);
    assert!(parse("a and (b or c) and d").is_ok());
}

#[test]
fn negation() {
    let message = "there is no `not` in a policy";
    refused("not a", "^", message);
    refused("a and not b", "      ^", message);
}

#[test]
fn everything_else() {
    refused("", "^", "expected a check, a count or `(`, found the end");
    refused(
        "  ",
        "  ^",
        "expected a check, a count or `(`, found the end",
    );
    refused(
        "a and",
        "     ^",
        "expected a check, a count or `(`, found the end",
    );
    refused(
        "and a",
        "^",
        "expected a check, a count or `(`, found `and`",
    );
    refused("of", "^", "expected a check, a count or `(`, found `of`");
    refused(
        "a AND b",
        "  ^",
        "expected `and`, `or` or the end, found `A`",
    );
    refused(
        "a && b",
        "  ^",
        "expected `and`, `or` or the end, found `&`",
    );
    refused("a b", "  ^", "expected `and`, `or` or the end, found `b`");
    refused("a, b", " ^", "expected `and`, `or` or the end, found `,`");
    refused("a)", " ^", "expected `and`, `or` or the end, found `)`");
    refused("(a, b)", "  ^", "expected `and`, `or` or `)`, found `,`");
    refused("(a", "  ^", "expected `and`, `or` or `)`, found the end");
    refused(
        "1 of (a b)",
        "        ^",
        "expected `and`, `or`, `,` or `)`, found `b`",
    );
    refused(
        "1 of (a, )",
        "         ^",
        "expected a check, a count or `(`, found `)`",
    );
    refused(
        "1 of (, a)",
        "      ^",
        "expected a check, a count or `(`, found `,`",
    );
    refused("1 of a", "     ^", "expected `(`, found `a`");
    refused("1 (a)", "  ^", "expected `of`, found `(`");
    refused("1", " ^", "expected `of`, found the end");
    refused(
        "a\u{a0}and b",
        " ^",
        "expected `and`, `or` or the end, found `\\u{a0}`",
    );
    refused(
        "a\0",
        " ^",
        "expected `and`, `or` or the end, found `\\u{0}`",
    );
}

#[test]
fn groups_deeper_than_the_limit_although_their_parentheses_are_not() {
    // Each round is two groups but one parenthesis: the comma list needs none around `or`.
    let mut names = 'a'..='z';
    let mut name = || names.next().unwrap();
    let mut text = name().to_string();
    for _ in 0..8 {
        text = format!("1 of ({text} or {})", name());
    }
    assert!(parse(&text).is_ok());
    let outer = format!("{} or {text}", name());
    assert_eq!(error(&outer), PolicyError::TooDeep { offset: Some(0) });
}

#[test]
fn parentheses_count_towards_the_depth_even_if_they_mean_nothing() {
    let nested = |depth: usize| "(".repeat(depth) + "a" + &")".repeat(depth);
    assert_eq!(parse(&nested(16)), Ok(Policy::check(Letter(b'a'))));
    assert_eq!(
        error(&nested(17)),
        PolicyError::TooDeep { offset: Some(16) }
    );
    // Depth is how many are open, not how many there are.
    let flat: Vec<_> = ('a'..='z').map(|name| format!("(({name}))")).collect();
    assert!(parse(&flat.join(" and ")).is_ok());
}
