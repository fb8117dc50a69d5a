//! The developer payload of a body.

use core::fmt::{self, Display};
use std::io::{ErrorKind, Read};
use std::path::Path;

use hookward_payload::{PayloadError, PayloadErrorKind, PayloadScanner};
use serde::Serialize;

use crate::inspect::failure::Failure;

/// The key under which Copyleaks echoes it, at the top level of the body.
const KEY: &str = "developerPayload";

/// What the library sees in a body.
#[derive(Debug, Serialize)]
pub(crate) struct Payload {
    /// Decoded. `None` if the body has none.
    developer_payload: Option<String>,
    /// The length of the body.
    body_bytes: u64,
}

/// Reads a body of any length, a piece at a time.
pub(crate) fn inspect(mut input: impl Read, path: &Path) -> Result<Payload, Failure> {
    let mut scanner = PayloadScanner::new(KEY);
    let mut chunk = vec![0; 64 << 10];
    let mut body_bytes = 0;
    loop {
        match input.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => {
                body_bytes += read as u64;
                scanner.push(&chunk[..read]).map_err(failure)?;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(Failure::unreadable(path, &error)),
        }
    }
    let developer_payload = scanner.finish().map_err(failure)?.map(str::to_owned);
    Ok(Payload {
        developer_payload,
        body_bytes,
    })
}

fn failure(error: PayloadError) -> Failure {
    let kind = match error.kind() {
        PayloadErrorKind::ByteOrderMark => "byte_order_mark",
        PayloadErrorKind::RootNotObject => "root_not_object",
        PayloadErrorKind::UnexpectedByte { .. } => "unexpected_byte",
        PayloadErrorKind::UnexpectedEnd => "unexpected_end",
        PayloadErrorKind::InvalidNumber => "invalid_number",
        PayloadErrorKind::InvalidEscape => "invalid_escape",
        PayloadErrorKind::ControlCharacter => "control_character",
        PayloadErrorKind::InvalidUtf8 => "invalid_utf8",
        PayloadErrorKind::LoneSurrogate => "lone_surrogate",
        PayloadErrorKind::TooDeep { .. } => "too_deep",
        PayloadErrorKind::TrailingData => "trailing_data",
        PayloadErrorKind::DuplicateKey => "duplicate_key",
        PayloadErrorKind::AliasedKey => "aliased_key",
        PayloadErrorKind::NotAString { .. } => "not_a_string",
        PayloadErrorKind::ValueTooLong { .. } => "value_too_long",
        _ => "malformed",
    };
    Failure::new(kind, error).at(error.offset())
}

impl Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.developer_payload {
            // Escaped: whoever sent it must not write to the terminal.
            Some(payload) => writeln!(f, "developer payload: {payload:?}")?,
            None => writeln!(f, "developer payload: none")?,
        }
        write!(f, "body:              {} bytes", self.body_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inspect_text(body: &str) -> Result<Payload, Failure> {
        inspect(body.as_bytes(), Path::new("-"))
    }

    #[test]
    fn the_decoded_value_is_shown() {
        let payload = inspect_text(r#"{"a":[1],"developerPayload":"\u0078\n"}"#).unwrap();
        assert_eq!(payload.developer_payload.as_deref(), Some("x\n"));
        assert_eq!(payload.body_bytes, 39);
        assert_eq!(inspect_text("{}").unwrap().developer_payload, None);
    }

    #[test]
    fn what_is_wrong_has_its_kind() {
        for (body, kind) in [
            ("", "unexpected_end"),
            ("[]", "root_not_object"),
            ("{} x", "trailing_data"),
            (r#"{"developerPayload":null}"#, "not_a_string"),
            (
                r#"{"developerPayload":"a","DeveloperPayload":"a"}"#,
                "aliased_key",
            ),
        ] {
            assert_eq!(inspect_text(body).unwrap_err().kind(), kind, "{body}");
        }
    }
}
