//! A request that was recorded, as JSON.

use core::fmt;
use core::net::IpAddr;

use base64ct::{Base64, Encoding};
use hookward_hyper::PeerCertificate;
use http::Uri;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use thiserror::Error;

use crate::inspect;

/// The fields of the JSON object. Unknown ones are errors: a name that is misspelt must not
/// change the verdict.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    peer: Option<String>,
    certificate: Option<String>,
    method: String,
    path: String,
    #[serde(default)]
    headers: Lines,
    body: Option<String>,
    body_base64: Option<String>,
}

/// A request as the guard sees one.
#[derive(Debug)]
pub(crate) struct Recording {
    pub(crate) peer: Option<IpAddr>,
    pub(crate) certificate: PeerCertificate,
    pub(crate) method: String,
    /// Where the target names one, as in `https://hooks.example/path`.
    pub(crate) authority: Option<String>,
    /// Without the query.
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// Why a recording cannot be used.
#[derive(Debug, Error)]
pub(crate) enum RecordingError {
    /// It is not JSON, or not the JSON that is documented.
    #[error("the recorded request cannot be used: {0}")]
    Json(#[from] serde_json::Error),
    /// The peer is no address.
    #[error(
        "the recorded request cannot be used: peer: expected an address without a port, such as 192.0.2.7"
    )]
    Peer,
    /// There are two bodies.
    #[error("the recorded request cannot be used: expected either body or body_base64, not both")]
    TwoBodies,
    /// The text of a field is no base64.
    #[error("the recorded request cannot be used: {field} is not base64 with padding")]
    NotBase64 { field: &'static str },
    /// The certificate is in no form that is documented.
    #[error("the recorded request cannot be used: certificate: {0}")]
    Certificate(String),
}

impl Recording {
    /// Reads the JSON form.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, RecordingError> {
        let fields: Fields = serde_json::from_slice(json)?;
        let body = match (fields.body, fields.body_base64) {
            (Some(_), Some(_)) => return Err(RecordingError::TwoBodies),
            (Some(text), None) => text.into_bytes(),
            (None, Some(text)) => base64(&text, "body_base64")?,
            (None, None) => Vec::new(),
        };
        let (authority, path) = target(&fields.path);
        Ok(Self {
            peer: (fields
                .peer
                .map(|peer| peer.parse().map_err(|_| RecordingError::Peer)))
            .transpose()?,
            certificate: fields
                .certificate
                .as_deref()
                .map_or(Ok(PeerCertificate::Missing), certificate)?,
            method: fields.method,
            authority,
            path,
            headers: fields.headers.0,
            body,
        })
    }
}

/// Takes a request target apart as the server does. What is none is left as it is, for the guard to refuse.
fn target(text: &str) -> (Option<String>, String) {
    match text.parse::<Uri>() {
        Ok(uri) => (
            uri.authority().map(|authority| authority.to_string()),
            uri.path().to_owned(),
        ),
        Err(_) => (None, text.to_owned()),
    }
}

fn certificate(text: &str) -> Result<PeerCertificate, RecordingError> {
    let bytes = if text.contains("-----BEGIN") {
        text.as_bytes().to_vec()
    } else {
        base64(text, "certificate")?
    };
    let der = inspect::only_der(&bytes)
        .map_err(|failure| RecordingError::Certificate(failure.to_string()))?;
    Ok(PeerCertificate::forwarded(&der))
}

/// Decodes base64, which tools break into lines.
fn base64(text: &str, field: &'static str) -> Result<Vec<u8>, RecordingError> {
    let text: String = text.split_ascii_whitespace().collect();
    Base64::decode_vec(&text).map_err(|_| RecordingError::NotBase64 { field })
}

/// Field lines in their order, from `[["name", "value"], …]` or from an object.
#[derive(Debug, Default)]
struct Lines(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Lines {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LinesVisitor;

        impl<'de> Visitor<'de> for LinesVisitor {
            type Value = Lines;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("headers as [[\"name\", \"value\"], …] or as an object")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut lines: A) -> Result<Lines, A::Error> {
                let mut all = Vec::new();
                while let Some(line) = lines.next_element()? {
                    all.push(line);
                }
                Ok(Lines(all))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut lines: A) -> Result<Lines, A::Error> {
                let mut all = Vec::new();
                while let Some(line) = lines.next_entry()? {
                    all.push(line);
                }
                Ok(Lines(all))
            }
        }

        deserializer.deserialize_any(LinesVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<Recording, RecordingError> {
        Recording::parse(json.as_bytes())
    }

    #[test]
    fn headers_come_in_two_forms_and_repeat_in_both() {
        for headers in [r#"[["a","1"],["A","2"]]"#, r#"{"a":"1","A":"2"}"#] {
            let json = format!(r#"{{"method":"POST","path":"/x?y=1","headers":{headers}}}"#);
            let recording = parse(&json).unwrap();
            let expected = [("a", "1"), ("A", "2")].map(|(n, v)| (n.to_owned(), v.to_owned()));
            assert_eq!(recording.headers, expected);
            assert_eq!(recording.path, "/x");
        }
    }

    #[test]
    fn a_target_is_taken_apart_as_the_server_does() {
        for (text, authority, path) in [
            ("/x?y=/z", None, "/x"),
            ("/x#y", None, "/x"),
            ("https://a:1/x?y", Some("a:1"), "/x"),
            ("/a b", None, "/a b"),
            ("", None, ""),
        ] {
            let parsed = target(text);
            assert_eq!((parsed.0.as_deref(), parsed.1.as_str()), (authority, path));
        }
    }

    #[test]
    fn bodies_come_in_two_forms_but_not_in_both() {
        let with = |fields: &str| parse(&format!(r#"{{"method":"POST","path":"/"{fields}}}"#));
        assert_eq!(with("").unwrap().body, b"");
        assert_eq!(with(r#","body":"{}""#).unwrap().body, b"{}");
        assert_eq!(with(r#","body_base64":"e3\n0=""#).unwrap().body, b"{}");
        let both = with(r#","body":"","body_base64":"""#);
        assert!(matches!(both, Err(RecordingError::TwoBodies)));
        let broken = with(r#","body_base64":"e30""#);
        assert!(matches!(broken, Err(RecordingError::NotBase64 { .. })));
    }

    #[test]
    fn unknown_fields_and_other_shapes_are_refused() {
        for json in [
            "",
            "[]",
            r#"{"method":"POST"}"#,
            r#"{"method":"POST","path":"/","header":[]}"#,
            r#"{"method":"POST","path":"/","headers":[["a"]]}"#,
            r#"{"method":"POST","path":"/","peer":5}"#,
            r#"{"method":"POST","path":"/"} {}"#,
        ] {
            assert!(
                matches!(parse(json), Err(RecordingError::Json(_))),
                "{json}"
            );
        }
    }

    #[test]
    fn a_certificate_that_the_gate_could_not_read_is_judged_as_such() {
        // DER of an empty SEQUENCE.
        let recording = parse(r#"{"method":"POST","path":"/","certificate":"MAA="}"#).unwrap();
        assert!(matches!(recording.certificate, PeerCertificate::Unreadable));
        let neither = parse(r#"{"method":"POST","path":"/","certificate":"!"}"#);
        assert!(matches!(neither, Err(RecordingError::NotBase64 { .. })));
    }
}
