use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use hookward_thumbprint::{Algorithm, Thumbprint};

use super::base64::{self, Padding};
use super::pem::{self, Blocks, Breaks};
use super::{CertificateError, percent, xfcc};
use crate::field::only_line;

/// The longest header value that is read, in bytes: 64 KiB.
///
/// Servers commonly limit a whole request head to less.
pub const MAX_VALUE_LEN: usize = 64 * 1024;

/// What a proxy forwarded of the client's certificate.
///
/// Exhaustive on purpose: a proxy forwards the certificate or its digest.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ForwardedCertificate {
    /// The leaf, as it was encoded: not empty, and not parsed yet.
    Der(Vec<u8>),
    /// Only its thumbprint, which says nothing of its validity dates.
    Thumbprint(Thumbprint),
}

/// The form in which a proxy writes the client certificate into a header.
///
/// One form is configured per listener. Every form can be written by a client as well: a header
/// proves something only if it comes from a trusted peer that replaces what its clients send.
/// Whether the proxy found the certificate valid is not part of any form; what counts is that its
/// TLS handshake proved possession of the key.
///
/// In text, a form is what [`name`](Self::name) returns.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum CertificateForm {
    /// `pem-percent-encoded`: one PEM certificate, percent-encoded.
    ///
    /// nginx `$ssl_client_escaped_cert`, ingress-nginx `ssl-client-cert`, AWS ALB
    /// `X-Amzn-Mtls-Clientcert-Leaf` (verify mode), CloudFront `CloudFront-Viewer-Cert-Pem`, Azure
    /// Application Gateway `{var_client_certificate}`, Kong `X-Client-Cert`.
    ///
    /// Trap: ALB leaves `+`, `/` and `=` unescaped, and form decoders turn that `+` into a space.
    /// ingress-nginx passes the client's own header where `auth-tls-secret` is not set, Application
    /// Gateway on listeners without the rewrite rule.
    PercentEncodedPem,
    /// `pem-chain-percent-encoded`: the whole chain as percent-encoded PEM, the leaf first.
    ///
    /// AWS ALB `X-Amzn-Mtls-Clientcert` (passthrough mode). Only the leaf is returned; the rest
    /// must be well-formed.
    ///
    /// Trap: nothing in the chain was verified by the load balancer.
    PercentEncodedPemChain,
    /// `pem-folded`: one PEM certificate on one line, its line breaks made spaces.
    ///
    /// Apache httpd `%{SSL_CLIENT_CERT}s`; also nginx's deprecated `$ssl_client_cert`, where a
    /// server unfolds its line breaks.
    ///
    /// Trap: Apache writes `(null)` when there is no certificate; here that is none.
    FoldedPem,
    /// `der-base64`: one certificate, base64 of its DER with padding.
    ///
    /// HAProxy `%[ssl_c_der,base64]`, Caddy `{tls_client_certificate_der_base64}`, Azure App
    /// Service `X-ARR-ClientCert`, Fastly `raw_certificate_b64`, F5 `b64encode [SSL::cert 0]`.
    ///
    /// Trap: HAProxy's `add-header`, Caddy's `+Name` and F5's `HTTP::header insert` leave the
    /// client's header in place, which is refused here as repeated. Whether App Service removes a
    /// client's copy is not documented.
    DerBase64,
    /// `der-base64-chain`: certificates as base64 of their DER, joined by commas, the leaf first.
    ///
    /// Traefik from 2.9.2, `passTLSClientCert` with `pem: true`. Only the leaf is returned; the rest
    /// must be well-formed.
    ///
    /// Trap: without a client certificate Traefik sets nothing, and with `forwardedHeaders.insecure`
    /// or a trusted peer the client's own header stays.
    DerBase64Chain,
    /// `der-base64-chain-percent-encoded`: the same, percent-encoded.
    ///
    /// Traefik before 2.9.2.
    PercentEncodedDerBase64Chain,
    /// `rfc9440`: a Structured Fields byte sequence, `:base64:`.
    ///
    /// [RFC 9440](https://www.rfc-editor.org/rfc/rfc9440) `Client-Cert`: Google Cloud
    /// `{client_cert_leaf}`, Cloudflare `cert_rfc9440`, CloudFront (passthrough mode), Envoy's contrib
    /// filter. No parameters are read; padding may be missing
    /// ([RFC 9651, section 4.2.7](https://www.rfc-editor.org/rfc/rfc9651#section-4.2.7)).
    ///
    /// Trap: Cloudflare leaves a client's header in place unless a rule removes it.
    Rfc9440,
    /// `xfcc`: Envoy's `x-forwarded-client-cert`, text form, of exactly one element.
    ///
    /// Envoy and Istio with `SANITIZE_SET`, Azure Container Apps. With `Cert` the certificate, which
    /// must hash to `Hash`; otherwise the SHA-256 thumbprint.
    ///
    /// Trap: `FORWARD_ONLY` and `ALWAYS_FORWARD_ONLY` pass the client's own header. Names in the
    /// certificate are written unescaped, so its holder can inject pairs; what is injected is
    /// refused here, but do not have `URI`, `DNS` or `Subject` set. Consul and Istio's sidecars append, which is
    /// refused as several elements.
    Xfcc,
    /// `sha1-hex`: the SHA-1 thumbprint, 40 hexadecimal digits in either case.
    ///
    /// nginx `$ssl_client_fingerprint`, HAProxy `%[ssl_c_sha1,hex]`, Azure Application Gateway
    /// `{var_client_certificate_fingerprint}`, Kong `X-Client-Cert-Fingerprint`, Cloudflare
    /// `cf-cert-fingerprint-sha1`.
    ///
    /// Trap: it matches nothing on a list of SHA-256 thumbprints, and has no validity dates.
    Sha1Hex,
    /// `sha256-hex`: the SHA-256 thumbprint, 64 hexadecimal digits in either case.
    ///
    /// Caddy `{tls_client_fingerprint}`, HAProxy `%[ssl_c_der,sha2(256),hex]`, CloudFront
    /// `CloudFront-Viewer-Cert-Sha256`, Cloudflare `cf-cert-fingerprint-sha256`.
    ///
    /// Trap: it has no validity dates.
    Sha256Hex,
    /// `sha256-base64`: the SHA-256 thumbprint, base64 of either alphabet, padded or not.
    ///
    /// Google Cloud `{client_cert_sha256_fingerprint}`.
    ///
    /// Trap: it has no validity dates.
    Sha256Base64,
}

impl CertificateForm {
    /// Every form, in the order in which they are documented.
    pub const ALL: [Self; 11] = [
        Self::PercentEncodedPem,
        Self::PercentEncodedPemChain,
        Self::FoldedPem,
        Self::DerBase64,
        Self::DerBase64Chain,
        Self::PercentEncodedDerBase64Chain,
        Self::Rfc9440,
        Self::Xfcc,
        Self::Sha1Hex,
        Self::Sha256Hex,
        Self::Sha256Base64,
    ];

    /// The name in configurations.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PercentEncodedPem => "pem-percent-encoded",
            Self::PercentEncodedPemChain => "pem-chain-percent-encoded",
            Self::FoldedPem => "pem-folded",
            Self::DerBase64 => "der-base64",
            Self::DerBase64Chain => "der-base64-chain",
            Self::PercentEncodedDerBase64Chain => "der-base64-chain-percent-encoded",
            Self::Rfc9440 => "rfc9440",
            Self::Xfcc => "xfcc",
            Self::Sha1Hex => "sha1-hex",
            Self::Sha256Hex => "sha256-hex",
            Self::Sha256Base64 => "sha256-base64",
        }
    }

    /// The header that the form belongs to, in lower case.
    ///
    /// `None` where the proxy's configuration names the header.
    #[must_use]
    pub const fn header(self) -> Option<&'static str> {
        match self {
            Self::Rfc9440 => Some("client-cert"),
            Self::Xfcc => Some("x-forwarded-client-cert"),
            Self::DerBase64Chain | Self::PercentEncodedDerBase64Chain => {
                Some("x-forwarded-tls-client-cert")
            }
            _ => None,
        }
    }

    /// The algorithm of the thumbprint, for a form that never carries the certificate.
    ///
    /// Such a form has no validity dates, and matches only lists that have this algorithm.
    #[must_use]
    pub const fn bare_thumbprint(self) -> Option<Algorithm> {
        match self {
            Self::Sha1Hex => Some(Algorithm::Sha1),
            Self::Sha256Hex | Self::Sha256Base64 => Some(Algorithm::Sha256),
            _ => None,
        }
    }

    /// Reads the values of all lines of the header, in order.
    ///
    /// `None` if there is no line or its value is empty: the client presented no certificate.
    ///
    /// ```
    /// use hookward_forwarded::{CertificateError, CertificateForm, ForwardedCertificate};
    ///
    /// let form = CertificateForm::Rfc9440;
    /// assert_eq!(form.read([&b":AAEC:"[..]])?, Some(ForwardedCertificate::Der(vec![0, 1, 2])));
    /// assert_eq!(form.read([])?, None);
    /// // A certificate, but in the form of another proxy.
    /// assert!(form.read([&b"AAEC"[..]]).is_err());
    /// # Ok::<(), CertificateError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`CertificateError::Repeated`] for several lines, whatever they hold;
    /// [`CertificateError::TooLong`] for more than [`MAX_VALUE_LEN`] bytes; any other for a value that
    /// is not exactly of this form.
    pub fn read<'a>(
        self,
        lines: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Option<ForwardedCertificate>, CertificateError> {
        let line = only_line(lines).map_err(|_| CertificateError::Repeated)?;
        let Some(value) = line.filter(|value| !value.is_empty()) else {
            return Ok(None);
        };
        if value.len() > MAX_VALUE_LEN {
            return Err(CertificateError::TooLong {
                limit: MAX_VALUE_LEN,
                found: value.len(),
            });
        }
        let der = match self {
            Self::PercentEncodedPem => {
                pem::read(&percent::decode(value)?, Breaks::Lines, Blocks::One)?
            }
            Self::PercentEncodedPemChain => {
                pem::read(&percent::decode(value)?, Breaks::Lines, Blocks::LeafFirst)?
            }
            Self::FoldedPem if value == b"(null)" => return Ok(None),
            Self::FoldedPem => pem::read(value, Breaks::Folded, Blocks::One)?,
            Self::DerBase64 => base64::decode(value, Padding::Required, 0)?,
            Self::DerBase64Chain => base64_chain(value)?,
            Self::PercentEncodedDerBase64Chain => base64_chain(&percent::decode(value)?)?,
            Self::Rfc9440 => byte_sequence(value)?,
            Self::Xfcc => return xfcc::read(value).map(Some),
            Self::Sha1Hex => return bare(hex(Algorithm::Sha1, value, 0)?),
            Self::Sha256Hex => return bare(hex(Algorithm::Sha256, value, 0)?),
            Self::Sha256Base64 => {
                return bare(Thumbprint::from_base64(Algorithm::Sha256, text(value)?)?);
            }
        };
        Ok(Some(ForwardedCertificate::Der(der)))
    }
}

impl fmt::Display for CertificateForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Reads exactly what [`CertificateForm::name`] returns.
impl FromStr for CertificateForm {
    type Err = CertificateError;

    fn from_str(text: &str) -> Result<Self, CertificateError> {
        Self::ALL
            .into_iter()
            .find(|form| form.name() == text)
            .ok_or(CertificateError::UnknownForm)
    }
}

/// Reads a thumbprint in hexadecimal without separators, as every proxy writes it. `offset` is
/// where it starts, for errors.
pub(super) fn hex(
    algorithm: Algorithm,
    digits: &[u8],
    offset: usize,
) -> Result<Thumbprint, CertificateError> {
    match digits.iter().position(|byte| !byte.is_ascii_hexdigit()) {
        Some(at) => Err(CertificateError::Unexpected {
            expected: "a hexadecimal digit",
            offset: offset + at,
        }),
        None => Ok(Thumbprint::from_hex(algorithm, text(digits)?)?),
    }
}

fn bare(thumbprint: Thumbprint) -> Result<Option<ForwardedCertificate>, CertificateError> {
    Ok(Some(ForwardedCertificate::Thumbprint(thumbprint)))
}

fn text(value: &[u8]) -> Result<&str, CertificateError> {
    str::from_utf8(value).map_err(|error| CertificateError::Unexpected {
        expected: "ASCII",
        offset: error.valid_up_to(),
    })
}

/// The first of several certificates; the others must be base64 as well.
fn base64_chain(value: &[u8]) -> Result<Vec<u8>, CertificateError> {
    let mut leaf = None;
    let mut offset = 0;
    for part in value.split(|byte| *byte == b',') {
        let der = base64::decode(part, Padding::Required, offset)?;
        leaf.get_or_insert(der);
        offset += part.len() + 1;
    }
    leaf.ok_or(CertificateError::MalformedBase64 { offset: 0 })
}

/// A byte sequence, alone ([RFC 9651, section 3.3.5](https://www.rfc-editor.org/rfc/rfc9651#section-3.3.5)).
fn byte_sequence(value: &[u8]) -> Result<Vec<u8>, CertificateError> {
    let unexpected = |offset| CertificateError::Unexpected {
        expected: "`:`",
        offset,
    };
    let rest = value.strip_prefix(b":").ok_or_else(|| unexpected(0))?;
    let len = rest.iter().position(|byte| *byte == b':');
    let len = len.ok_or_else(|| unexpected(value.len()))?;
    if len + 1 < rest.len() {
        return Err(CertificateError::TrailingData { offset: len + 2 });
    }
    base64::decode(&rest[..len], Padding::Optional, 1)
}
