//! Policies as data: their text, or groups spelled out.

use alloc::{string::String, vec::Vec};
use core::fmt::{self, Display};
use core::marker::PhantomData;
use core::str::FromStr;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use crate::PolicyError;
use crate::policy::{MAX_CHECKS, MAX_DEPTH, Policy};

impl<C: Display> Serialize for Policy<C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, C: FromStr + Eq> Deserialize<'de> for Policy<C> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Form::at(0).deserialize(deserializer)
    }
}

/// A policy in either form, within so many groups.
struct Form<C> {
    depth: usize,
    policy: PhantomData<fn() -> C>,
}

/// The members of a group; the form is theirs.
struct Members<C>(Form<C>);

/// `{"count": k, "of": members}`; the form is the members'.
struct AtLeast<C>(Form<C>);

impl<C> Form<C> {
    fn at(depth: usize) -> Self {
        Self {
            depth,
            policy: PhantomData,
        }
    }

    /// The form of the members of a group of this form: what bounds the stack, before a member is read.
    fn of_members<E: de::Error>(&self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return Err(E::custom(PolicyError::TooDeep { offset: None }));
        }
        Ok(Self::at(self.depth + 1))
    }
}

impl<'de, C: FromStr + Eq> DeserializeSeed<'de> for Form<C> {
    type Value = Policy<C>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Policy<C>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, C: FromStr + Eq> Visitor<'de> for Form<C> {
    type Value = Policy<C>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a policy: its text, or a map with one key, `all`, `any` or `at_least`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Policy<C>, E> {
        Policy::parse(text).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Policy<C>, A::Error> {
        let members = self.of_members()?;
        let policy = match map.next_key::<String>()?.as_deref() {
            Some("all") => Policy::all(map.next_value_seed(Members(members))?),
            Some("any") => Policy::any(map.next_value_seed(Members(members))?),
            Some("at_least") => {
                let (count, of) = map.next_value_seed(AtLeast(members))?;
                Policy::at_least(count, of)
            }
            _ => return Err(de::Error::custom(ONE_KEY)),
        };
        if map.next_key::<de::IgnoredAny>()?.is_some() {
            return Err(de::Error::custom(ONE_KEY));
        }
        policy.map_err(de::Error::custom)
    }
}

/// Keys are not repeated in errors: they come from outside and may be long.
const ONE_KEY: &str = "a group has one key: `all`, `any` or `at_least`";
const TWO_KEYS: &str = "`at_least` has two keys: `count` and `of`";

impl<'de, C: FromStr + Eq> DeserializeSeed<'de> for Members<C> {
    type Value = Vec<Policy<C>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, C: FromStr + Eq> Visitor<'de> for Members<C> {
    type Value = Vec<Policy<C>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of policies")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = seq.next_element_seed(Form::at(self.0.depth))? {
            if members.len() == MAX_CHECKS {
                let error = PolicyError::TooManyChecks { offset: None };
                return Err(de::Error::custom(error));
            }
            members.push(member);
        }
        Ok(members)
    }
}

impl<'de, C: FromStr + Eq> DeserializeSeed<'de> for AtLeast<C> {
    type Value = (usize, Vec<Policy<C>>);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, C: FromStr + Eq> Visitor<'de> for AtLeast<C> {
    type Value = (usize, Vec<Policy<C>>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map with the keys `count` and `of`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut count = None;
        let mut of = None;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "count" if count.is_none() => count = Some(map.next_value()?),
                "of" if of.is_none() => {
                    let members = Members(Form::at(self.0.depth));
                    of = Some(map.next_value_seed(members)?);
                }
                _ => return Err(de::Error::custom(TWO_KEYS)),
            }
        }
        count.zip(of).ok_or_else(|| de::Error::custom(TWO_KEYS))
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    fn read(json: &str) -> Result<Policy<String>, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[track_caller]
    fn refused(json: &str, because: &str) {
        let error = read(json).unwrap_err();
        assert!(error.contains(because), "{error}");
    }

    #[test]
    fn text_and_groups_may_be_mixed() {
        let policy = read(r#"{"at_least": {"of": ["a", {"any": ["b", "c and d"]}], "count": 1}}"#);
        assert_eq!(policy, Ok("1 of (a, b or (c and d))".parse().unwrap()));
    }

    #[test]
    fn policies_are_written_as_text() {
        let policy = read(r#"{"all": ["a", {"any": ["b", "c"]}]}"#).unwrap();
        assert_eq!(
            serde_json::to_string(&policy).unwrap(),
            r#""a and (b or c)""#
        );
    }

    #[test]
    fn errors_in_text_say_where() {
        refused(r#"{"all": ["a", "b or"]}"#, "found the end, at byte 4");
    }

    #[test]
    fn the_rules_of_policies_hold_for_groups() {
        refused(r#"{"all": []}"#, "at least one member");
        refused(r#"{"all": ["a", {"any": ["b", "a"]}]}"#, "only once");
        refused(r#"{"at_least": {"count": 0, "of": ["a"]}}"#, "at least 1");
        refused(r#"{"at_least": {"count": 2, "of": ["a"]}}"#, "2 of 1");
    }

    #[test]
    fn a_group_is_one_rule() {
        for json in [
            r#"{}"#,
            r#"{"all": ["a"], "any": ["b"]}"#,
            r#"{"all": ["a"], "all": ["b"]}"#,
            r#"{"none": ["a"]}"#,
        ] {
            refused(json, ONE_KEY);
        }
        for json in [
            r#"{"at_least": {"count": 1}}"#,
            r#"{"at_least": {"of": ["a"]}}"#,
            r#"{"at_least": {"count": 1, "of": ["a"], "or": []}}"#,
            r#"{"at_least": {"count": 1, "count": 1, "of": ["a"]}}"#,
            r#"{"at_least": {"of": ["a"], "count": 1, "of": ["b"]}}"#,
        ] {
            refused(json, TWO_KEYS);
        }
        refused("1", "a policy");
        refused(r#"["a"]"#, "a policy");
        refused(r#"{"all": "a"}"#, "a list of policies");
        refused(
            r#"{"at_least": {"count": -1, "of": ["a"]}}"#,
            "invalid value",
        );
    }

    #[test]
    fn depth_and_length_are_limited_while_reading() {
        let nested = |groups: usize| {
            let (open, close) = (r#"{"any":["#, "]}");
            read(&(open.repeat(groups) + r#""a""# + &close.repeat(groups)))
        };
        assert_eq!(nested(16), Ok(Policy::check("a".to_string())));
        let error = nested(17).unwrap_err();
        assert!(error.contains("nested more than 16 deep"), "{error}");

        let names = |count: usize| {
            let names: Vec<_> = (0..count).map(|name| alloc::format!("c{name}")).collect();
            read(&serde_json::json!({ "any": names }).to_string())
        };
        assert_eq!(names(64).map(|policy| policy.checks().len()), Ok(64));
        let error = names(65).unwrap_err();
        assert!(error.contains("more than 64 checks"), "{error}");

        // What comes after the first member too many is not read.
        let unread = "[".to_string() + &r#""a","#.repeat(65) + "%";
        refused(
            &alloc::format!(r#"{{"any": {unread}"#),
            "more than 64 checks",
        );
    }
}
