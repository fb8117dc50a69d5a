//! What parses prints back and parses to the same; what does not parse says where. Each check is found in
//! the text, and a policy of equal checks has no weakness but counts that say what `and` and `or` say.

#![no_main]

use hookward_policy::{Level, MAX_CHECKS, Policy, Prospect, Verdict, Weakness};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (policy, places) = match Policy::<String>::parse_with_places(text) {
        Ok(read) => read,
        Err(error) => {
            let offset = error.offset().expect("errors in text have an offset");
            assert!(text.is_char_boundary(offset), "{error}");
            return;
        }
    };
    let printed = policy.to_string();
    let again = Policy::parse(&printed).expect("canonical text parses");
    assert_eq!(again, policy);
    assert_eq!(again.to_string(), printed);

    for check in policy.checks() {
        let found = policy.find(check).expect("the policy has its checks");
        assert_eq!(&text[places.span(found)], check);
    }
    for lint in policy.lint(|_| Prospect::Open { strength: 1 }) {
        assert!(matches!(lint.weakness, Weakness::NeedlessCount { .. }));
        let part = &text[places.span(lint.expression)];
        assert!(Policy::<String>::parse(part).is_ok(), "{part}");
    }

    // No policy accepts without evidence, or refuses with all of it.
    assert!((1..=MAX_CHECKS).contains(&policy.checks().len()));
    assert_eq!(policy.decide(|_| Level::Fail), Verdict::Refuse);
    assert_eq!(policy.decide(|_| Level::Unavailable), Verdict::Unavailable);
    assert_eq!(policy.decide(|_| Level::Pending), Verdict::Undecided);
    assert_eq!(policy.decide(|_| Level::Pass), Verdict::Accept);
});
