use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::Serialize;
use zeroize::Zeroizing;

use super::{ArmingError, WebhookUrl};
use crate::header_name::HeaderName;

/// Where webhooks go, and the headers that Copyleaks attaches to them.
#[derive(Debug)]
pub struct Webhook {
    url: WebhookUrl,
    headers: Vec<Header>,
}

/// As Copyleaks takes it: `["name", "value"]`.
#[derive(Serialize)]
pub(super) struct Header(
    #[serde(serialize_with = "display")] HeaderName,
    #[serde(serialize_with = "text")] Zeroizing<String>,
);

fn display<S: serde::Serializer>(name: &HeaderName, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(name.as_str())
}

fn text<S: serde::Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

impl Webhook {
    /// Webhooks to `url`, without headers of ours.
    #[must_use]
    pub const fn new(url: WebhookUrl) -> Self {
        Self {
            url,
            headers: Vec::new(),
        }
    }

    /// Attaches a header. Its value is taken for a secret, which is wiped when dropped and not
    /// printed.
    ///
    /// # Errors
    /// [`ArmingError::EmptyHeader`], [`ArmingError::HeaderValue`] and
    /// [`ArmingError::RepeatedHeader`].
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Result<Self, ArmingError> {
        if value.is_empty() {
            return Err(ArmingError::EmptyHeader { name });
        }
        let visible = |byte: u8| byte.is_ascii_graphic();
        let last = value.len() - 1;
        let refused = |(offset, byte): (usize, u8)| {
            !visible(byte) && (byte != b' ' || offset == 0 || offset == last)
        };
        if let Some(offset) = value.bytes().enumerate().position(refused) {
            return Err(ArmingError::HeaderValue { name, offset });
        }
        if self.headers.iter().any(|header| header.0 == name) {
            return Err(ArmingError::RepeatedHeader { name });
        }
        let value = Zeroizing::new(value.to_owned());
        self.headers.push(Header(name, value));
        Ok(self)
    }

    /// Where the webhooks go.
    #[must_use]
    pub const fn url(&self) -> &WebhookUrl {
        &self.url
    }

    /// The headers, if there are any: Copyleaks' own models leave an empty list out.
    pub(super) fn headers(&self) -> Option<&[Header]> {
        (!self.headers.is_empty()).then_some(self.headers.as_slice())
    }

    /// The values of the headers.
    pub(super) fn values(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().map(|header| header.1.as_str())
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: redacted", self.0)
    }
}
