//! What a conditional request is made with.

use alloc::borrow::ToOwned;
use alloc::string::String;

/// What a server gave with a document so that it can be asked for again only if it changed ([RFC 9110 section 8.8]).
///
/// The values are opaque and repeated as they came. One that is empty, longer than [`MAX_LEN`](Self::MAX_LEN) bytes or not
/// visible ASCII with spaces is dropped, as if the server had not sent it: the next fetch is then unconditional, which is
/// always right.
///
/// ```
/// use hookward_refresh::Validators;
///
/// let validators = Validators::new(Some("\"v7\""), None);
/// assert_eq!(validators.etag(), Some("\"v7\""));
/// assert!(Validators::new(Some("\"v7\"\r\nHost: elsewhere"), None).is_empty());
/// ```
///
/// [RFC 9110 section 8.8]: https://www.rfc-editor.org/rfc/rfc9110#section-8.8
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Validators {
    etag: Option<String>,
    last_modified: Option<String>,
}

impl Validators {
    /// The longest value that is kept, in bytes. Real ones have well under a hundred.
    pub const MAX_LEN: usize = 512;

    /// Keeps the values of the `ETag` and `Last-Modified` fields.
    #[must_use]
    pub fn new(etag: Option<&str>, last_modified: Option<&str>) -> Self {
        let usable = |value: &&str| {
            (1..=Self::MAX_LEN).contains(&value.len())
                && value.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        };
        Self {
            etag: etag.filter(usable).map(ToOwned::to_owned),
            last_modified: last_modified.filter(usable).map(ToOwned::to_owned),
        }
    }

    /// For `If-None-Match`.
    pub fn etag(&self) -> Option<&str> {
        self.etag.as_deref()
    }

    /// For `If-Modified-Since`.
    pub fn last_modified(&self) -> Option<&str> {
        self.last_modified.as_deref()
    }

    /// Whether there is nothing to make a request conditional with.
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unusable_values_are_dropped_each_for_itself() {
        let date = "Mon, 01 Jun 2026 00:00:00 GMT";
        let long = "x".repeat(Validators::MAX_LEN + 1);
        for bad in ["", "a\nb", "a\0", "\u{e9}", long.as_str()] {
            let validators = Validators::new(Some(bad), Some(date));
            assert_eq!(validators.etag(), None, "{bad:?}");
            assert_eq!(validators.last_modified(), Some(date));
        }
        let longest = &long[1..];
        assert_eq!(Validators::new(Some(longest), None).etag(), Some(longest));
        assert!(Validators::default().is_empty());
    }
}
