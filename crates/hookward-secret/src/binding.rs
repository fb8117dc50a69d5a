//! What a secret is good for.

/// Where a secret is presented. A secret made for one purpose is none for the other.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Purpose {
    /// In the body, as the developer payload.
    DeveloperPayload,
    /// In a header of the sender's requests.
    Header,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 2] = [Self::DeveloperPayload, Self::Header];

    /// The name that goes into the encoding of a [`Binding`]: `developer-payload` or `header`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DeveloperPayload => "developer-payload",
            Self::Header => "header",
        }
    }
}

/// What a secret is bound to: it opens nothing else.
///
/// # Encoding
///
/// A binding is encoded by PASETO's [pre-authentication encoding][PAE] of four pieces: a domain,
/// which names what the bytes are used for and its version, the purpose's
/// [name](Purpose::as_str), the audience and the scan id, all as UTF-8. That is the number 4,
/// followed by the length of each piece in bytes and the piece itself; numbers are 64 bits,
/// little-endian. No two bindings have the same encoding, and none of them needs escaping.
///
/// ```
/// use hookward_secret::{Binding, Purpose};
///
/// let binding = Binding { purpose: Purpose::Header, audience: "é", scan_id: "a-1" };
/// let mut bytes = Vec::new();
/// binding.encode("domain-v1", |piece| bytes.extend_from_slice(piece));
/// assert_eq!(
///     bytes,
///     b"\x04\0\0\0\0\0\0\0\
///       \x09\0\0\0\0\0\0\0domain-v1\
///       \x06\0\0\0\0\0\0\0header\
///       \x02\0\0\0\0\0\0\0\xc3\xa9\
///       \x03\0\0\0\0\0\0\0a-1",
/// );
/// ```
///
/// [PAE]: https://github.com/paseto-standard/paseto-spec/blob/master/docs/01-Protocol-Versions/Common.md#pae-definition
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a further field would change every secret"
)]
pub struct Binding<'a> {
    /// Where the secret is presented.
    pub purpose: Purpose,
    /// Who receives the webhooks: a name of your choice that keeps receivers with the same key
    /// apart, such as `production` and `staging`. It is no secret.
    pub audience: &'a str,
    /// The scan that the webhooks are about, as it stands in the webhook's URL after
    /// percent-decoding.
    pub scan_id: &'a str,
}

impl Binding<'_> {
    /// Hands the encoding to `write`, piece by piece.
    pub fn encode(&self, domain: &str, mut write: impl FnMut(&[u8])) {
        let pieces = [domain, self.purpose.as_str(), self.audience, self.scan_id];
        write(&le64(pieces.len()));
        for piece in pieces {
            write(&le64(piece.len()));
            write(piece.as_bytes());
        }
    }
}

fn le64(length: usize) -> [u8; 8] {
    (length as u64).to_le_bytes()
}
