//! Shared secrets that arrive with a webhook, and the ring that recognises them.
//!
//! A sender that was given a secret repeats it in a header or in the body. [`SecretRing`] says
//! whether a presented value is one of the secrets it was built from, and which: several can be
//! valid at once, each within its own [`Window`], so that a secret is rotated without losing a
//! request.
//!
//! ```
//! use core::time::Duration;
//! use hookward_secret::{Mismatch, Secret, SecretRing, Window};
//! use rustls_pki_types::UnixTime;
//!
//! # fn random() -> Result<[u8; 32], getrandom::Error> {
//! #     let mut bytes = [0; 32];
//! #     getrandom::fill(&mut bytes)?;
//! #     Ok(bytes)
//! # }
//! # fn main() -> Result<(), Box<dyn core::error::Error>> {
//! # let (old, new) = (random()?, random()?);
//! let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
//! let ring = SecretRing::builder()
//!     .secret("2026-06", Secret::new(new)?)
//!     .secret_within("2026-05", Secret::new(old)?, Window::new(None, Some(at(2_000)))?)
//!     .build()?;
//!
//! // Accepted: the label says which secret it was, for logs and metrics.
//! assert_eq!(ring.matches(&new, at(1_000))?.label(), "2026-06");
//! assert_eq!(ring.matches(&old, at(1_000))?.label(), "2026-05");
//!
//! // Refused: a value that was never in the ring, and one whose time is over.
//! assert_eq!(ring.matches(b"a guess", at(1_000)).unwrap_err(), Mismatch::Unknown);
//! assert_eq!(
//!     ring.matches(&old, at(2_001)).unwrap_err(),
//!     Mismatch::Expired { index: 1, not_after: at(2_000) },
//! );
//! # Ok(())
//! # }
//! ```
//!
//! # One secret per scan
//!
//! A static secret that leaks opens every scan. [`DerivationKey`] makes a secret for each scan,
//! audience and [`Purpose`] instead, without a database, and [`DerivationRing`] recognises it while
//! keys rotate. A derived secret does not tell what it was derived for: that of another scan,
//! audience or purpose is [`Mismatch::Unknown`], like any other value. The exact bytes are
//! documented, so that a submitting side in any language can make the same secret;
//! `examples/other-languages` has four.
//!
//! # What shows
//!
//! A [`SecretRing`] keeps the SHA-256 of each secret, never the secret. A presented value is hashed once and
//! compared with every entry by [`subtle`], without an early exit: the time taken tells neither how
//! much of a guess was right, nor how long the secrets are, nor which entry matched. It does depend
//! on the length of the presented value, which whoever sent it knows. As with all such code this is
//! best effort: a compiler promises nothing about time.
//!
//! `Debug` and errors show labels, positions and times, nothing made from a secret; secrets and
//! digests are wiped when dropped.
//!
//! # What it is not
//!
//! It is no password hashing: the digest of a guessable secret can be searched for, so a secret
//! should be random. It does not read headers: that a header occurs exactly once is for the caller
//! to check. And a matching secret is a bearer value: it says nothing about the rest of the request.
//!
//! The crate has no features, needs `alloc`, and reads no clock.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod binding;
mod builder;
mod derivation;
mod digest;
mod error;
mod matching;
mod ring;
mod search;
mod secret;
mod secret_ring;
mod window;

pub use binding::{Binding, Purpose};
pub use builder::RingBuilder;
pub use derivation::{DerivationKey, DerivationRing, DerivedSecret};
pub use error::SecretError;
pub use matching::{Match, Mismatch};
pub use ring::Ring;
pub use secret::Secret;
pub use secret_ring::{SecretRing, SecretRingBuilder};
pub use window::Window;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
