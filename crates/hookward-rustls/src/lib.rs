//! A rustls client certificate verifier that proves possession and hands on the leaf.
//!
//! A service that sends webhooks may present a client certificate that no authority vouches for: it is recognised by
//! its thumbprint. rustls' own verifiers build a path to an authority, which such a certificate does not have.
//! [`PossessionVerifier`] verifies the one thing that only TLS can, that the peer holds the private key of the
//! certificate it presents, and leaves the rest to whoever knows the list:
//!
//! - [`PossessionVerifier::observe`] asks for a certificate and lets every connection through, with or without one.
//!   [`leaf`] then takes the certificate from the connection, to be matched on *every request*. That covers lists that
//!   change while a connection is open, and TLS sessions that are resumed without calling any verifier.
//! - [`PossessionVerifier::require`] has the handshake itself refuse whoever is not on the list.
//!
//! [`server_config`] builds the rest of the configuration around a verifier.
//!
//! ```
//! use std::sync::Arc;
//!
//! use hookward_rustls::{PossessionVerifier, leaf, server_config};
//! use hookward_thumbprint::{Algorithm, Mismatch, Thumbprint, ThumbprintSet};
//! use rustls::pki_types::UnixTime;
//! use rustls::sign::{CertifiedKey, SingleCertAndKey};
//! use rustls::{ClientConfig, ClientConnection, ServerConnection};
//!
//! # let generate = |name: &str| {
//! #     let key = rcgen::KeyPair::generate()?;
//! #     let certificate = rcgen::CertificateParams::new([name.into()])?.self_signed(&key)?;
//! #     Ok::<_, Box<dyn std::error::Error>>((certificate, key))
//! # };
//! # let identity = |(certificate, key): (rcgen::Certificate, rcgen::KeyPair)| {
//! #     (vec![certificate.der().clone()], key.into())
//! # };
//! # let server_identity = generate("localhost")?;
//! # let mut roots = rustls::RootCertStore::empty();
//! # roots.add(server_identity.0.der().clone())?;
//! # let (server_chain, server_key) = identity(server_identity);
//! # let sender = generate("sender.example")?;
//! # let sender_der = sender.0.der().clone();
//! let provider = Arc::new(rustls::crypto::ring::default_provider());
//! let trusted = ThumbprintSet::new([Thumbprint::of(Algorithm::Sha256, &sender_der)])?;
//!
//! let own = SingleCertAndKey::from(CertifiedKey::from_der(server_chain, server_key, &provider)?);
//! let verifier = PossessionVerifier::observe(&provider);
//! let config = Arc::new(server_config(provider.clone(), verifier, Arc::new(own), ["h2", "http/1.1"])?);
//!
//! # let connect = |(chain, key)| {
//! #     let client = ClientConfig::builder_with_provider(provider.clone())
//! #         .with_safe_default_protocol_versions()?
//! #         .with_root_certificates(roots.clone())
//! #         .with_client_auth_cert(chain, key)?;
//! #     let mut client = ClientConnection::new(Arc::new(client), "localhost".try_into()?)?;
//! #     let mut server = ServerConnection::new(config.clone())?;
//! #     while client.is_handshaking() || server.is_handshaking() {
//! #         let mut wire = Vec::new();
//! #         while client.wants_write() { client.write_tls(&mut wire)?; }
//! #         let mut unread = &wire[..];
//! #         while !unread.is_empty() { server.read_tls(&mut unread)?; server.process_new_packets()?; }
//! #         let mut wire = Vec::new();
//! #         while server.wants_write() { server.write_tls(&mut wire)?; }
//! #         let mut unread = &wire[..];
//! #         while !unread.is_empty() { client.read_tls(&mut unread)?; client.process_new_packets()?; }
//! #     }
//! #     Ok::<_, Box<dyn std::error::Error>>(server)
//! # };
//! // The sender connects. Once per connection:
//! let connection: ServerConnection = connect(identity(sender))?;
//! let certificate = leaf(&connection, trusted.algorithms())?.expect("the sender has a certificate");
//! // On every request:
//! assert!(trusted.matches(&certificate, UnixTime::now()).is_ok());
//!
//! // A stranger proves possession too, of a certificate that is not listed.
//! let connection = connect(identity(generate("stranger.example")?))?;
//! let certificate = leaf(&connection, trusted.algorithms())?.expect("the stranger has one as well");
//! assert_eq!(trusted.matches(&certificate, UnixTime::now()), Err(Mismatch::NotListed));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What this crate is not
//!
//! - Not path validation: no authority, name, key usage or revocation is looked at, in either mode.
//! - Not the guard. In `observe` mode a connection proves nothing until its leaf is matched.
//!
//! It is written for rustls 0.23, takes whatever crypto provider it is given, and never installs one for the process.
//! It has no features.

#![forbid(unsafe_code)]

extern crate alloc;

mod admit;
mod error;
mod rustls_0_23;
mod verifier;

pub use admit::Admit;
pub use error::LeafError;
pub use rustls_0_23::{leaf, server_config};
pub use verifier::PossessionVerifier;

pub use hookward_thumbprint;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
