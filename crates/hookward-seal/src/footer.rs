//! What stands in a token for everybody to read.

use alloc::string::String;

use serde::Serialize;

use crate::object::StringObject;

/// The key that a token was made with, and the audience that it was made for.
///
/// It is authenticated, and not encrypted.
pub(crate) struct Footer {
    pub(crate) key_id: String,
    pub(crate) audience: String,
}

impl Footer {
    /// What stands around the audience in JSON, in bytes: every key id has 51.
    pub(crate) const JSON_LEN_AROUND_AUDIENCE: usize = r#"{"kid":"","aud":""}"#.len() + 51;

    /// Reads an object of `kid` and `aud`, each exactly once, in either order.
    pub(crate) fn parse(json: &[u8]) -> Option<Self> {
        let (mut key_id, mut audience) = (None, None);
        for (name, value) in StringObject::parse(json)?.0 {
            let place = match name.as_str() {
                "kid" => &mut key_id,
                "aud" => &mut audience,
                _ => return None,
            };
            if place.replace(value).is_some() {
                return None;
            }
        }
        Some(Self {
            key_id: key_id?,
            audience: audience?,
        })
    }

    pub(crate) fn to_json(key_id: &str, audience: &str) -> String {
        #[derive(Serialize)]
        struct Json<'a> {
            kid: &'a str,
            aud: &'a str,
        }
        let json = serde_json::to_string(&Json {
            kid: key_id,
            aud: audience,
        });
        json.expect("strings under names are JSON")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn the_json_is_what_is_documented() {
        assert_eq!(
            Footer::to_json("k4.lid.x", "\"é\u{1}\u{7f}"),
            "{\"kid\":\"k4.lid.x\",\"aud\":\"\\\"é\\u0001\u{7f}\"}"
        );
        let id = crate::SealKey::new([0; 32]).unwrap();
        assert_eq!(
            Footer::to_json(id.id(), "").len(),
            Footer::JSON_LEN_AROUND_AUDIENCE
        );
    }

    #[test]
    fn both_members_are_read_in_either_order_and_nothing_else() {
        for json in [
            r#"{"kid":"k","aud":"a"}"#,
            r#" { "aud" : "a" , "kid" : "k" } "#,
            r#"{"\u006bid":"k","\u0061ud":"\u0061"}"#,
        ] {
            let footer = Footer::parse(json.as_bytes()).unwrap();
            assert_eq!((&*footer.key_id, &*footer.audience), ("k", "a"), "{json}");
        }
        for members in [
            r#""kid":"k""#,
            r#""aud":"a""#,
            r#""kid":"k","aud":"a","aud":"a""#,
            r#""kid":"k","aud":"a","\u0061ud":"b""#,
            r#""kid":"k","kid":"k","aud":"a""#,
            r#""kid":"k","Aud":"a""#,
            r#""kid":"k","aud":["a"]"#,
            r#""kid":"k","aud":null"#,
            r#""kid":"k","aud":"a","":"""#,
        ] {
            let json = format!("{{{members}}}");
            assert!(Footer::parse(json.as_bytes()).is_none(), "{json}");
        }
    }
}
