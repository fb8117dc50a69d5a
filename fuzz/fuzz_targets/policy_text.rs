//! What parses prints back and parses to the same; what does not parse says where.

#![no_main]

use hookward_policy::{Level, MAX_CHECKS, Policy, Verdict};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let policy = match Policy::<String>::parse(text) {
        Ok(policy) => policy,
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

    // No policy accepts without evidence, or refuses with all of it.
    assert!((1..=MAX_CHECKS).contains(&policy.checks().len()));
    assert_eq!(policy.decide(|_| Level::Fail), Verdict::Refuse);
    assert_eq!(policy.decide(|_| Level::Unavailable), Verdict::Unavailable);
    assert_eq!(policy.decide(|_| Level::Pending), Verdict::Undecided);
    assert_eq!(policy.decide(|_| Level::Pass), Verdict::Accept);
});
