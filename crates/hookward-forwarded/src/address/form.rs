use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use super::AddressError;

/// The header from which the client address is taken, and its form.
///
/// In text: `x-forwarded-for`, `forwarded`, `single:<header>` or `single-with-port:<header>`.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum AddressForm {
    /// `X-Forwarded-For`: addresses joined by commas, to which each proxy appends its peer.
    ///
    /// `203.0.113.9`, `203.0.113.9:4711`, `2001:db8::9`, `[2001:db8::9]` and `[2001:db8::9]:4711` are
    /// read.
    ///
    /// Trap: an IPv6 address with a port but without brackets looks like another address. Azure
    /// Application Gateway writes ports unless told otherwise (`add_x_forwarded_for_proxy`).
    XForwardedFor,
    /// `Forwarded` ([RFC 7239](https://www.rfc-editor.org/rfc/rfc7239)), its `for` parameters.
    ///
    /// IPv6 addresses and ports must be quoted, as the RFC demands.
    Forwarded,
    /// A header of one bare address that the proxy replaces: `X-Real-IP`, `CF-Connecting-IP`,
    /// `True-Client-IP`, `Fly-Client-IP`, `X-Azure-SocketIP`.
    ///
    /// Trap: `Fastly-Client-IP` and `X-Azure-ClientIP` can be written by the client.
    Single(HeaderName),
    /// A header of one address with a port that the proxy replaces: `CloudFront-Viewer-Address`,
    /// which does not bracket IPv6 addresses. What follows the last colon is the port.
    SingleWithPort(HeaderName),
}

/// The name of a header that holds a single address, in lower case.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct HeaderName(Box<str>);

impl AddressForm {
    /// The header, in lower case.
    #[must_use]
    pub fn header(&self) -> &str {
        match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
            Self::Single(name) | Self::SingleWithPort(name) => &name.0,
        }
    }

    /// Whether the header holds an entry of each proxy on the way.
    #[must_use]
    pub const fn holds_list(&self) -> bool {
        matches!(self, Self::XForwardedFor | Self::Forwarded)
    }
}

impl fmt::Display for AddressForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::XForwardedFor | Self::Forwarded => f.write_str(self.header()),
            Self::Single(name) => write!(f, "single:{name}"),
            Self::SingleWithPort(name) => write!(f, "single-with-port:{name}"),
        }
    }
}

impl FromStr for AddressForm {
    type Err = AddressError;

    /// Reads the form that is displayed; the header's name in either case.
    ///
    /// # Errors
    ///
    /// [`AddressError::UnknownForm`], [`AddressError::HeaderName`] or
    /// [`AddressError::HeaderHoldsList`].
    fn from_str(text: &str) -> Result<Self, AddressError> {
        match (text, text.split_once(':')) {
            ("x-forwarded-for", _) => Ok(Self::XForwardedFor),
            ("forwarded", _) => Ok(Self::Forwarded),
            (_, Some(("single", name))) => name.parse().map(Self::Single),
            (_, Some(("single-with-port", name))) => name.parse().map(Self::SingleWithPort),
            _ => Err(AddressError::UnknownForm),
        }
    }
}

impl HeaderName {
    /// The name, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for HeaderName {
    type Err = AddressError;

    /// Reads a name of letters, digits and hyphens.
    ///
    /// # Errors
    ///
    /// [`AddressError::HeaderName`], or [`AddressError::HeaderHoldsList`] for the names of the other
    /// forms.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let foreign = |byte: u8| !byte.is_ascii_alphanumeric() && byte != b'-';
        if let Some(offset) = text.bytes().position(foreign) {
            return Err(AddressError::HeaderName { offset });
        }
        if text.is_empty() {
            return Err(AddressError::HeaderName { offset: 0 });
        }
        let mut name = String::from(text);
        name.make_ascii_lowercase();
        if [AddressForm::XForwardedFor, AddressForm::Forwarded]
            .iter()
            .any(|form| form.header() == name)
        {
            return Err(AddressError::HeaderHoldsList);
        }
        Ok(Self(name.into()))
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn what_is_displayed_reads_back() {
        for text in [
            "x-forwarded-for",
            "forwarded",
            "single:x-real-ip",
            "single-with-port:cloudfront-viewer-address",
        ] {
            let form: AddressForm = text.parse().unwrap();
            assert_eq!(form.to_string(), text);
            assert!(text.ends_with(form.header()));
            assert_eq!(form.holds_list(), !text.contains(':'));
        }
        let form: AddressForm = "single:CF-Connecting-IP".parse().unwrap();
        assert_eq!(form.header(), "cf-connecting-ip");
    }

    #[test]
    fn lists_and_aliases_are_no_single_headers() {
        let refused = |text: &str| text.parse::<AddressForm>().unwrap_err();
        for text in [
            "",
            "X-Forwarded-For",
            "x-real-ip",
            "single",
            "Single:a",
            "single-with:a",
        ] {
            assert_eq!(refused(text), AddressError::UnknownForm, "{text}");
        }
        for text in ["single:X-Forwarded-For", "single-with-port:forwarded"] {
            assert_eq!(refused(text), AddressError::HeaderHoldsList, "{text}");
        }
        for (text, offset) in [("single:", 0), ("single:x_real_ip", 1), ("single:a b", 1)] {
            assert_eq!(refused(text), AddressError::HeaderName { offset }, "{text}");
        }
    }
}
