//! What is sealed.

use alloc::{borrow::Cow, string::String};
use core::fmt;

use rustls_pki_types::UnixTime;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::ClaimsError;
use crate::object::StringObject;
use crate::timestamp::Timestamp;

/// What is sealed: from when until when a payload is valid, and data of the application's own.
///
/// In the token it is a JSON object of strings: [`iat` and `exp`][registered], each a date and time
/// of RFC 3339, and, if there is application data, `data`. Nothing else may be in it, and nothing
/// twice. A payload is valid from `iat` on and no longer valid at `exp`, in whole seconds.
///
/// `Debug` does not show the data.
///
/// [registered]: https://github.com/paseto-standard/paseto-spec/blob/master/docs/02-Implementation-Guide/04-Claims.md#registered-claims
#[derive(Clone, Eq, PartialEq)]
pub struct Claims<'a> {
    // Later than `issued_at`.
    expires_at: Timestamp,
    issued_at: Timestamp,
    data: Option<Cow<'a, str>>,
}

impl<'a> Claims<'a> {
    /// What stands around application data in JSON, in bytes: every time is written with 20.
    pub(crate) const JSON_LEN_AROUND_DATA: usize =
        r#"{"iat":"YYYY-MM-DDTHH:MM:SSZ","exp":"YYYY-MM-DDTHH:MM:SSZ","data":""}"#.len();

    /// A payload that is valid from `issued_at` on, until `expires_at`.
    ///
    /// # Errors
    ///
    /// - [`ClaimsError::TimeOutOfRange`] for a moment past the year 9999.
    /// - [`ClaimsError::NeverValid`] if `expires_at` is not after `issued_at`.
    pub fn new(issued_at: UnixTime, expires_at: UnixTime) -> Result<Self, ClaimsError> {
        let written = |time| Timestamp::from_unix(time).ok_or(ClaimsError::TimeOutOfRange { time });
        Self::from_parts(written(issued_at)?, written(expires_at)?, None)
    }

    fn from_parts(
        issued_at: Timestamp,
        expires_at: Timestamp,
        data: Option<Cow<'a, str>>,
    ) -> Result<Self, ClaimsError> {
        if expires_at <= issued_at {
            return Err(ClaimsError::NeverValid {
                issued_at: issued_at.to_unix(),
                expires_at: expires_at.to_unix(),
            });
        }
        Ok(Self {
            expires_at,
            issued_at,
            data,
        })
    }

    /// Puts application data in, such as the id of the account that asked for the scan.
    ///
    /// How much fits is [`SealedPayload::max_data_len`](crate::SealedPayload::max_data_len).
    #[must_use]
    pub fn with_data(self, data: impl Into<Cow<'a, str>>) -> Self {
        Self {
            data: Some(data.into()),
            ..self
        }
    }

    /// The first moment at which the payload is valid.
    pub fn issued_at(&self) -> UnixTime {
        self.issued_at.to_unix()
    }

    /// The first moment at which the payload is no longer valid.
    pub fn expires_at(&self) -> UnixTime {
        self.expires_at.to_unix()
    }

    /// The application data, if there is any.
    pub fn data(&self) -> Option<&str> {
        self.data.as_deref()
    }

    pub(crate) fn to_json(&self) -> Zeroizing<String> {
        #[derive(Serialize)]
        struct Json<'a> {
            iat: Timestamp,
            exp: Timestamp,
            #[serde(skip_serializing_if = "Option::is_none")]
            data: Option<&'a str>,
        }
        let json = serde_json::to_string(&Json {
            iat: self.issued_at,
            exp: self.expires_at,
            data: self.data(),
        });
        Zeroizing::new(json.expect("strings under names are JSON"))
    }
}

impl Claims<'static> {
    pub(crate) fn from_json(json: &str) -> Result<Self, ClaimsError> {
        let object = StringObject::parse(json.as_bytes()).ok_or(ClaimsError::NotAnObject)?;
        let (mut iat, mut exp, mut data) = (None, None, None);
        for (name, value) in object.0 {
            let (claim, place) = match name.as_str() {
                "iat" => ("iat", &mut iat),
                "exp" => ("exp", &mut exp),
                "data" => ("data", &mut data),
                _ => return Err(ClaimsError::Unknown),
            };
            if place.replace(value).is_some() {
                return Err(ClaimsError::Repeated { claim });
            }
        }
        let time = |claim, value: Option<String>| {
            let text = value.ok_or(ClaimsError::Missing { claim })?;
            Timestamp::parse(&text).ok_or(ClaimsError::NotATime { claim })
        };
        Self::from_parts(time("iat", iat)?, time("exp", exp)?, data.map(Cow::Owned))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Debug for Claims<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims")
            .field("issued_at", &format_args!("{}", self.issued_at))
            .field("expires_at", &format_args!("{}", self.expires_at))
            .field(
                "data",
                &self.data.as_ref().map(|_| format_args!("redacted")),
            )
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use core::time::Duration;

    fn at(seconds: u64) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(seconds))
    }

    #[test]
    fn the_json_is_what_is_documented() {
        let claims = Claims::new(at(0), at(86_400)).unwrap();
        assert_eq!(
            claims.to_json().as_str(),
            r#"{"iat":"1970-01-01T00:00:00Z","exp":"1970-01-02T00:00:00Z"}"#
        );
        assert_eq!(
            claims.with_data("\"é\u{1}").to_json().as_str(),
            r#"{"iat":"1970-01-01T00:00:00Z","exp":"1970-01-02T00:00:00Z","data":"\"é\u0001"}"#
        );
    }

    #[test]
    fn order_space_and_escapes_do_not_matter() {
        let json = r#" { "data" : "d", "\u0065xp":"1970-01-02T00:00:00+00:00" ,
            "iat":"1970-01-01T00:00:00.5Z" } "#;
        let claims = Claims::from_json(json).unwrap();
        assert_eq!(
            claims,
            Claims::new(at(0), at(86_400)).unwrap().with_data("d")
        );
    }

    #[test]
    fn each_broken_rule_has_its_name() {
        let (iat, exp) = (
            r#""iat":"1970-01-02T00:00:00Z""#,
            r#""exp":"1970-01-03T00:00:00Z""#,
        );
        for (members, expected) in [
            (iat.into(), ClaimsError::Missing { claim: "exp" }),
            (exp.into(), ClaimsError::Missing { claim: "iat" }),
            (
                format!("{iat},{exp},{iat}"),
                ClaimsError::Repeated { claim: "iat" },
            ),
            (
                format!(r#"{exp},{iat},"e\u0078p":"9999-01-01T00:00:00Z""#),
                ClaimsError::Repeated { claim: "exp" },
            ),
            (
                format!(r#"{iat},{exp},"data":"","data":"""#),
                ClaimsError::Repeated { claim: "data" },
            ),
            (
                format!(r#"{iat},{exp},"nbf":"1970-01-02T00:00:00Z""#),
                ClaimsError::Unknown,
            ),
            (
                format!(r#"{iat},"Exp":"1970-01-03T00:00:00Z""#),
                ClaimsError::Unknown,
            ),
            (
                format!(r#"{iat},"exp":"tomorrow""#),
                ClaimsError::NotATime { claim: "exp" },
            ),
            (format!(r#"{iat},"exp":1000000"#), ClaimsError::NotAnObject),
            (
                format!(r#"{iat},"exp":"1970-01-02T00:00:00Z""#),
                ClaimsError::NeverValid {
                    issued_at: at(86_400),
                    expires_at: at(86_400),
                },
            ),
        ] {
            let json = format!("{{{members}}}");
            assert_eq!(Claims::from_json(&json), Err(expected), "{json}");
        }
    }

    #[test]
    fn times_past_9999_and_empty_lifetimes_are_refused() {
        let last = at(253_402_300_799);
        assert!(Claims::new(at(0), last).is_ok());
        for time in [at(253_402_300_800), at(u64::MAX)] {
            let refused = ClaimsError::TimeOutOfRange { time };
            assert_eq!(Claims::new(at(0), time), Err(refused));
            assert_eq!(Claims::new(time, at(5)), Err(refused));
        }
        for expires_at in [at(4), at(5)] {
            assert_eq!(
                Claims::new(at(5), expires_at),
                Err(ClaimsError::NeverValid {
                    issued_at: at(5),
                    expires_at
                })
            );
        }
    }

    #[test]
    fn data_is_not_printed() {
        let claims = Claims::new(at(0), at(1)).unwrap().with_data("account 7");
        let printed = format!("{claims:?} {claims:#?}");
        assert!(printed.contains("redacted") && !printed.contains("account"));
    }
}
