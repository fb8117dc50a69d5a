//! Text and serde forms.

use hookward_policy::{Policy, PolicyError};
use proptest::prelude::*;

use crate::model::{Name, Tree, trees};

/// Text of the same tree as somebody might type it: parentheses and white space where none are needed.
fn typed(tree: &Tree, choices: &mut impl Iterator<Item = usize>) -> String {
    const SPACES: [&str; 3] = [" ", "\t ", "\r\n"];
    let mut members = |members: &[Tree], separator: &str| -> String {
        let mut text = String::new();
        for (index, member) in members.iter().enumerate() {
            let space = SPACES[choices.next().unwrap() % SPACES.len()];
            if index > 0 {
                text += &format!("{space}{separator}{space}");
            }
            let member = typed(member, choices);
            let simple = member.starts_with('c') && !member.contains(char::is_whitespace);
            text += &match (separator, simple) {
                ("and" | "or", false) => format!("({member})"),
                _ => member,
            };
        }
        text
    };
    match tree {
        Tree::Check(check) => format!("c{check}"),
        Tree::All(inner) => members(inner, "and"),
        Tree::Any(inner) => members(inner, "or"),
        Tree::AtLeast(k, inner) => format!("{k} of({} )", members(inner, ",")),
    }
}

fn policies() -> impl Strategy<Value = Policy<Name>> {
    trees(64).prop_map(|tree| tree.policy())
}

proptest! {
    #[test]
    fn what_is_printed_parses_to_the_same(policy in policies()) {
        let text = policy.to_string();
        prop_assert_eq!(Policy::parse(&text), Ok(policy), "{}", text);
    }

    #[test]
    fn what_is_typed_parses_to_its_tree(
        tree in trees(64),
        choices in prop::collection::vec(any::<usize>(), 1..8),
    ) {
        let text = typed(&tree, &mut choices.into_iter().cycle());
        prop_assert_eq!(Policy::parse(&text), Ok(tree.policy()), "{}", text);
    }

    #[test]
    fn no_text_panics_and_every_error_says_where(
        text in "(c[0-9]|[a-z0-9_]|and |or|of|not| |[(),2]|\\PC){0,40}",
    ) {
        match Policy::<Name>::parse(&text) {
            Ok(policy) => prop_assert_eq!(Policy::parse(&policy.to_string()), Ok(policy)),
            Err(error) => {
                let offset = error.offset().unwrap();
                prop_assert!(text.is_char_boundary(offset), "{}", error);
            }
        }
    }

    /// Breaking valid text in one place must not go unnoticed behind the place: an error never points before text that
    /// was fine.
    #[test]
    fn an_error_is_where_the_text_went_wrong(policy in policies()) {
        let text = policy.to_string();
        for broken in [text.clone() + ")", text.clone() + " %", text.clone() + " c0x"] {
            let error = Policy::<Name>::parse(&broken).unwrap_err();
            let at = broken.rfind([')', '%', 'c']).unwrap();
            prop_assert!(matches!(error, PolicyError::Syntax { .. }), "{}", error);
            prop_assert_eq!(error.offset(), Some(at));
        }
    }
}

#[cfg(feature = "serde")]
mod serde_forms {
    use serde_json::{Value, json};

    use super::*;

    fn structured(tree: &Tree) -> Value {
        let each = |members: &[Tree]| -> Vec<_> { members.iter().map(structured).collect() };
        match tree {
            Tree::Check(check) => json!(format!("c{check}")),
            Tree::All(members) => json!({ "all": each(members) }),
            Tree::Any(members) => json!({ "any": each(members) }),
            Tree::AtLeast(k, members) => {
                json!({ "at_least": { "count": k, "of": each(members) } })
            }
        }
    }

    proptest! {
        #[test]
        fn the_text_form_reads_back_the_same(policy in policies()) {
            let json = serde_json::to_value(&policy).unwrap();
            prop_assert_eq!(&json, &json!(policy.to_string()));
            prop_assert_eq!(serde_json::from_value::<Policy<Name>>(json).unwrap(), policy);
        }

        #[test]
        fn the_structured_form_is_the_same_policy(tree in trees(64)) {
            let text = structured(&tree).to_string();
            let read: Policy<Name> = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(read, tree.policy());
        }
    }
}
