//! Webhook payloads that only their receiver can make and read, each bound to one scan.
//!
//! The submitting side seals a payload and gives it to the sender, which repeats it with every
//! webhook of the scan, in the body or in a header. [`SealRing`] opens it again, any number of
//! times until it expires, and refuses one that was made for another scan, another audience or the
//! other [`Purpose`](hookward_secret::Purpose). It may carry data of the application's own, which
//! the sender cannot read.
//!
//! ```
//! use core::time::Duration;
//! use hookward_seal::{Claims, OpenError, SealKey, SealRing};
//! use hookward_secret::{Binding, Purpose, Ring};
//! use rustls_pki_types::UnixTime;
//!
//! # fn main() -> Result<(), Box<dyn core::error::Error>> {
//! # let mut random = [0; 32];
//! # getrandom::fill(&mut random)?;
//! let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
//! let ring = SealRing::new(Ring::builder().entry("2026-06", SealKey::new(random)?).build()?);
//! let binding = Binding {
//!     purpose: Purpose::DeveloperPayload,
//!     audience: "production",
//!     scan_id: "scan-1",
//! };
//!
//! let claims = Claims::new(at(1_000), at(2_000))?.with_data("account 7");
//! let payload = ring.seal(&binding, &claims)?;
//!
//! // Accepted, with the label of the key and the data.
//! let opened = ring.open(payload.expose(), &binding, at(1_500))?;
//! assert_eq!(opened.key().label(), "2026-06");
//! assert_eq!(opened.claims().data(), Some("account 7"));
//!
//! // Refused: for another scan, for another audience, and once it has expired.
//! let other = Binding { scan_id: "scan-2", ..binding };
//! assert_eq!(
//!     ring.open(payload.expose(), &other, at(1_500)),
//!     Err(OpenError::NotAuthentic),
//! );
//! let other = Binding { audience: "staging", ..binding };
//! assert_eq!(
//!     ring.open(payload.expose(), &other, at(1_500)),
//!     Err(OpenError::AnotherAudience),
//! );
//! assert_eq!(
//!     ring.open(payload.expose(), &binding, at(2_000)),
//!     Err(OpenError::Expired { now: at(2_000), expires_at: at(2_000) }),
//! );
//! # Ok(())
//! # }
//! ```
//!
//! # The token
//!
//! Any PASETO library can make or read one. It is a [`v4.local`] token of at most 512 UTF-16 code
//! units:
//!
//! - **claims**: a JSON object with `iat` and `exp`, dates and times of RFC 3339, and optionally
//!   `data`, a string; see [`Claims`].
//! - **footer**: the JSON object `{"kid":"k4.lid.…","aud":"…"}` of two strings, which names the key
//!   by its [PASERK id] (see [`SealKey::id`]) and the audience. Each is there exactly once, in
//!   either order, and nothing else is.
//! - **implicit assertion**: the [encoding](hookward_secret::Binding#encoding) of purpose, audience
//!   and scan id with the domain [`hookward-seal-v1`](SealRing::DOMAIN).
//!
//! The footer is authenticated, but not encrypted: whoever sees a token can read which key made it
//! and for which audience. So the audience should be a name that may be seen; it is there so that a
//! token for another one can be told from a forged token. Purpose and scan are not in the token, and
//! one made for others of them cannot be told.
//!
//! Audience and application data share what room there is: see
//! [`SealedPayload::max_data_len`].
//!
//! # What it is not
//!
//! A sealed payload is a bearer value: whoever learns it can present it, with any body, for its
//! scan until it expires. It is not good for one use only, since the sender repeats it.
//!
//! Keys and tokens are wiped when dropped and never printed; application data that was opened is
//! not printed, but not wiped either.
//!
//! The crate has no features, needs `alloc`, and reads no clock. Sealing takes random bytes from
//! the operating system.
//!
//! [`v4.local`]: https://github.com/paseto-standard/paseto-spec/blob/master/docs/01-Protocol-Versions/Version4.md
//! [PASERK id]: https://github.com/paseto-standard/paserk/blob/master/types/lid.md

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod claims;
mod error;
mod footer;
mod key;
mod object;
mod payload;
mod ring;
mod timestamp;
mod token;

pub use claims::Claims;
pub use error::{ClaimsError, OpenError, SealError};
pub use key::SealKey;
pub use payload::{Opened, SealedPayload};
pub use ring::SealRing;

pub use hookward_secret;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
