//! The fields that may follow the addresses (section 2.2, "TLV").

use super::ProxyProtocolError;

/// `PP2_TYPE_CRC32C`: the checksum.
pub(super) const CRC32C: u8 = 0x03;
/// `PP2_TYPE_SSL`: flags, the result of the verification, and fields of its own.
const SSL: u8 = 0x20;
/// `PP2_SUBTYPE_SSL_CLIENT_CERT`: the client certificate, DER.
const CLIENT_CERT: u8 = 0x28;

/// `PP2_CLIENT_SSL`: the client connected over TLS.
const CLIENT_SSL: u8 = 0x01;
/// `PP2_CLIENT_CERT_CONN`: the client presented a certificate in this connection.
const CLIENT_CERT_CONN: u8 = 0x02;
/// `PP2_CLIENT_CERT_SESS`: the client presented a certificate in this TLS session.
const CLIENT_CERT_SESS: u8 = 0x04;

/// A field: type, length and value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Tlv<'a> {
    /// The type.
    pub kind: u8,
    /// The value, as it was sent.
    pub value: &'a [u8],
}

/// What a proxy says of the TLS connection of its client.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ProxiedTls<'a> {
    client: u8,
    verify: u32,
    fields: &'a [u8],
}

impl<'a> ProxiedTls<'a> {
    /// Whether the client presented a certificate: in this connection, or in the session that it
    /// resumed.
    #[must_use]
    pub const fn certificate_presented(&self) -> bool {
        self.client & CLIENT_SSL != 0 && self.client & (CLIENT_CERT_CONN | CLIENT_CERT_SESS) != 0
    }

    /// The proxy's verdict on the certificate, 0 if it found it valid.
    ///
    /// For a listed thumbprint it does not matter: a self-signed certificate is not valid to a proxy.
    #[must_use]
    pub const fn verify(&self) -> u32 {
        self.verify
    }

    /// The DER of the client's certificate, not parsed yet.
    ///
    /// `None` if the client presented none, or the proxy does not pass it on.
    #[must_use]
    pub fn client_certificate(&self) -> Option<&'a [u8]> {
        let mut fields = fields(self.fields);
        let found = fields.find(|field| field.kind == CLIENT_CERT)?;
        Some(found.value)
    }

    /// Its fields, in order. Unknown ones are to be ignored.
    pub fn tlvs(&self) -> impl Iterator<Item = Tlv<'a>> + use<'a> {
        fields(self.fields)
    }

    /// Takes apart the value of an SSL field, up to its fields.
    fn split(value: &'a [u8]) -> Option<Self> {
        let (&client, rest) = value.split_first()?;
        let (&verify, fields) = rest.split_first_chunk()?;
        Some(Self {
            client,
            verify: u32::from_be_bytes(verify),
            fields,
        })
    }
}

/// The fields in `rest`, up to one that is cut off.
pub(super) fn fields(mut rest: &[u8]) -> impl Iterator<Item = Tlv<'_>> {
    core::iter::from_fn(move || next(&mut rest))
}

/// The SSL field of fields that were checked.
pub(super) fn tls(rest: &[u8]) -> Option<ProxiedTls<'_>> {
    let ssl = fields(rest).find(|field| field.kind == SSL)?;
    ProxiedTls::split(ssl.value)
}

fn next<'a>(rest: &mut &'a [u8]) -> Option<Tlv<'a>> {
    let ([kind, length @ ..], after) = rest.split_first_chunk::<3>()?;
    let (value, after) = after.split_at_checked(u16::from_be_bytes(*length).into())?;
    *rest = after;
    Some(Tlv { kind: *kind, value })
}

/// Checks that fields are whole, and that those which are understood occur once and agree.
///
/// Returns where the value of the checksum starts, if there is one.
pub(super) fn check(all: &[u8]) -> Result<Option<usize>, ProxyProtocolError> {
    let mut checksum = None;
    let mut ssl = None;
    whole(all, "a field", |field, end| match field.kind {
        CRC32C if field.value.len() != 4 => Err(ProxyProtocolError::Truncated {
            part: "the checksum",
        }),
        CRC32C => once(&mut checksum, end - 4, CRC32C),
        SSL => once(&mut ssl, field.value, SSL),
        _ => Ok(()),
    })?;
    if let Some(value) = ssl {
        let tls = ProxiedTls::split(value).ok_or(ProxyProtocolError::Truncated {
            part: "the TLS field",
        })?;
        let mut certificate = None;
        whole(
            tls.fields,
            "a field of the TLS field",
            |field, _| match field.kind {
                CLIENT_CERT => once(&mut certificate, field.value, CLIENT_CERT),
                _ => Ok(()),
            },
        )?;
        if certificate.is_some() && !tls.certificate_presented() {
            return Err(ProxyProtocolError::CertificateNotPresented);
        }
    }
    Ok(checksum)
}

/// Visits every field with the offset of its end, and demands that nothing is left.
fn whole<'a>(
    all: &'a [u8],
    part: &'static str,
    mut visit: impl FnMut(Tlv<'a>, usize) -> Result<(), ProxyProtocolError>,
) -> Result<(), ProxyProtocolError> {
    let mut rest = all;
    while !rest.is_empty() {
        let field = next(&mut rest).ok_or(ProxyProtocolError::Truncated { part })?;
        visit(field, all.len() - rest.len())?;
    }
    Ok(())
}

fn once<T>(slot: &mut Option<T>, value: T, kind: u8) -> Result<(), ProxyProtocolError> {
    match slot.replace(value) {
        Some(_) => Err(ProxyProtocolError::RepeatedTlv { kind }),
        None => Ok(()),
    }
}
