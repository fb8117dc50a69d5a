use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

/// What a request is called in the logs of everybody who sees it. It stands in
/// [`HEADER`](Self::HEADER).
///
/// As an extension of a request, it is what a [`Forwarder`](crate::Forwarder) tells the
/// application; without one, the header goes on as the client has sent it.
///
/// ```
/// use hookward_hyper::RequestId;
/// use http::HeaderMap;
///
/// let mut headers = HeaderMap::new();
/// headers.insert(RequestId::HEADER, "req-42".parse()?);
/// assert_eq!(RequestId::of(&headers).as_str(), "req-42");
///
/// // Nobody gets a line of their own into a log.
/// headers.insert(RequestId::HEADER, "42 verdict=accept".parse()?);
/// assert_eq!(RequestId::of(&headers).as_str().len(), 32);
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The header that holds it.
    pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

    /// The longest id that is taken from a request, in bytes.
    pub const MAX_LEN: usize = 128;

    /// The id that stands in the header: where it occurs once, with 1 to
    /// [`MAX_LEN`](Self::MAX_LEN) letters, digits and `+-./:=_`. Otherwise a new one, of 128 random
    /// bits in hexadecimal: unique, but not secret.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let mut lines = headers.get_all(Self::HEADER).iter();
        match (lines.next(), lines.next()) {
            (Some(given), None) if is_harmless(given.as_bytes()) => Self(given.clone()),
            _ => Self::new(),
        }
    }

    fn new() -> Self {
        let mut text = [0; 32];
        for (two, byte) in text
            .chunks_exact_mut(2)
            .zip(fastrand::u128(..).to_be_bytes())
        {
            two.copy_from_slice(&[
                DIGITS[usize::from(byte >> 4)],
                DIGITS[usize::from(byte & 15)],
            ]);
        }
        // Shared as it is: other bytes are moved somewhere else once they are cloned.
        let text = Bytes::from_owner(text);
        let value = HeaderValue::from_maybe_shared(text);
        Self(value.expect("hexadecimal digits can stand in a header"))
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.to_str().expect("only such ids are taken or made")
    }

    /// The id, for [`HEADER`](Self::HEADER).
    #[must_use]
    pub const fn header_value(&self) -> &HeaderValue {
        &self.0
    }
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

fn is_harmless(id: &[u8]) -> bool {
    (1..=RequestId::MAX_LEN).contains(&id.len())
        && id
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-./:=_".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&[u8]]) -> String {
        let mut headers = HeaderMap::new();
        for value in values {
            let value = HeaderValue::from_bytes(value).unwrap();
            headers.append(RequestId::HEADER, value);
        }
        RequestId::of(&headers).as_str().to_owned()
    }

    #[test]
    fn a_harmless_id_is_kept_and_any_other_is_replaced() {
        let longest = [b'a'; RequestId::MAX_LEN];
        for id in [&b"0"[..], b"6ba7b810-9dad-11d1", b"a+b/c==", &longest] {
            assert_eq!(of(&[id]).as_bytes(), id);
        }
        let too_long = [b'a'; RequestId::MAX_LEN + 1];
        for id in [
            &b""[..],
            b"a b",
            b"a\tb",
            b"a\"b",
            b"\xff",
            b"a,b",
            b"<a>",
            &too_long,
        ] {
            let made = of(&[id]);
            assert_eq!(made.len(), 32, "{made}");
            assert_ne!(made, of(&[id]));
        }
        assert_eq!(of(&[b"one", b"two"]).len(), 32);
        assert_eq!(of(&[]).len(), 32);
    }
}
