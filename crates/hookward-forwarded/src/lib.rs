//! What a trusted proxy says of its client, read strictly.
//!
//! Behind a proxy the TLS handshake and the TCP connection are the proxy's. Who the client is then
//! stands in header fields or in a PROXY protocol header, in a form of each proxy's own, and anyone
//! who reaches the receiver by another way can write the same bytes. This crate reads those forms;
//! each is chosen by configuration, never guessed from content, and what it cannot read is an error
//! that is never skipped.
//!
//! - [`CertificateForm`]: the client certificate, or its thumbprint, from one header.
//! - [`AddressRule`]: the client address, by [`TrustedProxies`] and an [`AddressForm`].
//! - [`ProxyProtocol`]: versions 1 and 2, pushed as bytes arrive.
//! - [`ForwardAuthForm`]: where a proxy that asks before it forwards puts the original request, and
//!   which of our answers it understands.
//!
//! ```
//! use hookward_forwarded::{AddressForm, AddressRule, CertificateForm, TrustedProxies};
//! use hookward_ip::Allowlist;
//!
//! let proxies = Allowlist::builder().text("192.0.2.1").build()?;
//! let rule = AddressRule::new(TrustedProxies::networks(proxies), AddressForm::XForwardedFor)?;
//! let proxy = "192.0.2.1".parse::<core::net::IpAddr>()?.into();
//!
//! // The proxy appended the address that it saw. What the client wrote before it changes nothing.
//! let derived = rule.derive(proxy, [&b"127.0.0.1, 203.0.113.9"[..]])?;
//! assert_eq!(derived.address(), Some("203.0.113.9".parse()?));
//!
//! // From anyone else the header is not looked at.
//! let stranger = "198.51.100.7".parse::<core::net::IpAddr>()?.into();
//! let derived = rule.derive(stranger, [&b"203.0.113.9"[..]])?;
//! assert_eq!(derived.address(), Some("198.51.100.7".parse()?));
//!
//! // A second header line is one that the client sent past the proxy: neither is believed.
//! let form: CertificateForm = "sha256-hex".parse()?;
//! let ours = "bfaf1f7e070f9fa8dd62905f158da73f84a1136624fbafcc9393c8f7287a69eb".as_bytes();
//! assert!(form.read([ours])?.is_some());
//! assert!(form.read([ours, ours]).is_err());
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # What it is not
//!
//! It does not know who sent a header. For certificates, forward-auth and the PROXY protocol the
//! caller reads them only on a connection whose peer is trusted ([`TrustedProxies::trusts`]), and
//! only where the proxy removes or replaces what its clients send under the same name. It parses no
//! certificate: [`ForwardedCertificate::Der`] is what was forwarded, for `hookward_thumbprint::Leaf`
//! to judge.
//!
//! The crate is `no_std`, needs `alloc`, and has no features.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod address;
mod certificate;
mod field;
mod forward_auth;
mod proxy_protocol;

pub use address::{
    AddressError, AddressForm, AddressRule, Derivation, HeaderName, MAX_HOPS, Peer, Step,
    TrustedProxies,
};
pub use certificate::{CertificateError, CertificateForm, ForwardedCertificate, MAX_VALUE_LEN};
pub use forward_auth::{BodySupport, ForwardAuthError, ForwardAuthForm, OriginalRequest, Relay};
pub use proxy_protocol::{
    MAX_PROXY_HEADER_LEN, Progress, ProxiedConnection, ProxiedTls, ProxyHeader, ProxyProtocol,
    ProxyProtocolError, ProxyVersion, Tlv,
};

pub use hookward_ip;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
