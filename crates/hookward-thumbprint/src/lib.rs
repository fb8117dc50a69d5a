//! Certificate thumbprints, leaf certificates and sets of trusted thumbprints.
//!
//! A thumbprint is the digest of a certificate's DER encoding. A service that publishes the thumbprints of its client
//! certificates lets a receiver recognise it without a certificate authority: the receiver keeps a [`ThumbprintSet`]
//! and asks of every request whether the [`Leaf`] of its connection is in it.
//!
//! ```
//! # use core::time::Duration;
//! use hookward_thumbprint::{Algorithm, Leaf, Mismatch, Thumbprint, ThumbprintSet, ValidityDates};
//! use rustls_pki_types::UnixTime;
//! # let der_of = |name: &str| {
//! #     let key = rcgen::KeyPair::generate()?;
//! #     Ok::<_, rcgen::Error>(rcgen::CertificateParams::new([name.into()])?.self_signed(&key)?.der().to_vec())
//! # };
//! # let (sender, stranger) = (der_of("sender.example")?, der_of("stranger.example")?);
//! # let published = Thumbprint::of(Algorithm::Sha256, &sender).to_string();
//! # let published = published.strip_prefix("sha256:").unwrap();
//! # let now = UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000));
//! let trusted = ThumbprintSet::new([Thumbprint::from_hex(Algorithm::Sha256, published)?])?;
//!
//! // Once per connection: parse the leaf and compute the digests that the set will ask for.
//! let leaf = Leaf::parse(&sender, trusted.algorithms())?;
//! // On every request: a lookup.
//! assert_eq!(trusted.matches(&leaf, now)?.algorithm(), Algorithm::Sha256);
//!
//! let leaf = Leaf::parse(&stranger, trusted.algorithms())?;
//! assert_eq!(trusted.matches(&leaf, now), Err(Mismatch::NotListed));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # SHA-1
//!
//! Lists of SHA-1 thumbprints are still common. They are accepted because passing for a listed certificate takes a
//! second preimage of its digest, and the known attacks on SHA-1 find collisions only. A set that must not contain
//! them is built with [`ThumbprintSetBuilder::refuse_sha1`].
//!
//! # What this crate is not
//!
//! - Not proof of possession. Certificates are public, and anyone can present one: whoever terminates TLS must have
//!   verified the handshake signature.
//! - Not path validation. No chain, name, key usage or revocation is looked at: a certificate is trusted because it is
//!   listed, and no longer than it is listed.
//! - Not constant time. Thumbprints are public values and are compared plainly.
//!
//! The crate is `no_std`, needs `alloc`, and has no features.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod algorithm;
mod error;
mod fields;
mod leaf;
mod name;
mod set;
mod spki_pin;
mod text;
mod thumbprint;

pub use algorithm::{Algorithm, Algorithms};
pub use error::ThumbprintError;
pub use leaf::{Leaf, MAX_DER_LEN, MAX_NAME_LEN};
pub use set::{Mismatch, ThumbprintSet, ThumbprintSetBuilder, ValidityDates};
pub use spki_pin::SpkiPin;
pub use thumbprint::Thumbprint;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
