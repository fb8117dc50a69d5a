use alloc::string::String;
use core::fmt;

use serde::Serialize;
use zeroize::Zeroizing;

use super::ArmingError;

/// A developer payload, as it is submitted: wiped when dropped, and not printed.
#[derive(Serialize)]
#[serde(transparent)]
pub struct DeveloperPayload(#[serde(serialize_with = "text")] Zeroizing<String>);

fn text<S: serde::Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

impl DeveloperPayload {
    /// The greatest length, in UTF-16 code units, of the payload of a scan or an export
    /// (<https://docs.copyleaks.com/reference/actions/authenticity/submit-file/>).
    pub const MAX_LEN: usize = 512;

    /// Takes a text over.
    ///
    /// # Errors
    /// [`ArmingError::EmptyPayload`] and [`ArmingError::PayloadTooLong`].
    pub fn new(text: impl Into<String>) -> Result<Self, ArmingError> {
        let payload = Self(Zeroizing::new(text.into()));
        if payload.0.is_empty() {
            return Err(ArmingError::EmptyPayload);
        }
        payload.refuse_past(Self::MAX_LEN)?;
        Ok(payload)
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Refuses more than `max` UTF-16 code units.
    pub(super) fn refuse_past(&self, max: usize) -> Result<(), ArmingError> {
        let len = self.0.encode_utf16().count();
        if len > max {
            return Err(ArmingError::PayloadTooLong { len, max });
        }
        Ok(())
    }
}

impl fmt::Debug for DeveloperPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeveloperPayload(redacted)")
    }
}
