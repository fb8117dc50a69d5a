//! Decides whether an incoming HTTP request really is a webhook that Copyleaks sent.
//!
//! A [`Guard`] judges a request by the four measures that Copyleaks offers (client certificate,
//! developer payload, custom header, source address), combined by a policy for each route. It does
//! no I/O, reads no clock and holds no lock: the request goes in, a [`Decision`] comes out, and
//! only an accepting decision turns the request into a [`Verified`] one.
//!
//! # Example
//! One request is accepted, and one without the secret is refused.
//!
//! ```
//! use core::time::Duration;
//! use hookward::{
//!     Connection, Framing, Guard, GuardedRoute, Head, Lists, Policy, Reason, Route, Secret,
//!     SecretRing, Step, UnixTime,
//! };
//!
//! # fn random() -> Vec<u8> { let mut b = vec![0; 32]; getrandom::fill(&mut b).unwrap(); b.iter().map(|b| b'a' + b % 26).collect() }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let secret = random();
//! let ring = SecretRing::builder()
//!     .secret("2026-11", Secret::new(secret.clone())?)
//!     .build()?;
//! let guard = Guard::builder()
//!     .header_secret("x-webhook-secret".parse()?, ring)
//!     .route(GuardedRoute::new(
//!         Route::parse("/copyleaks/{status}/{scan_id}", None)?,
//!         "header_secret".parse::<Policy<_>>()?,
//!     ))
//!     .build()?;
//!
//! let judge = |headers: &[(&str, &[u8])]| {
//!     let head = Head {
//!         method: "POST",
//!         authority: None,
//!         path: "/copyleaks/completed/scan-1",
//!         headers: &headers,
//!         framing: Framing::Clear,
//!     };
//!     let now = UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000));
//!     match guard.inspect(&Lists::default(), &Connection::default(), &head, now) {
//!         Step::Decided(decision) => decision.admit("the request"),
//!         Step::NeedsBody(_) => unreachable!("this policy is decided by the head"),
//!     }
//! };
//!
//! let verified = judge(&[("x-webhook-secret", &secret)])?;
//! assert_eq!(verified.webhook().scan_id.unwrap().as_str(), "scan-1");
//!
//! let refusal = judge(&[]).unwrap_err();
//! assert_eq!(refusal.reason(), Reason::HeaderSecretMissing);
//! assert_eq!(refusal.status(), 403);
//! # Ok(())
//! # }
//! ```
//!
//! # What it is not
//! It is no HTTP server: `hookward-hyper` puts a guard in front of hyper and tower services, and
//! the `hookward` command in front of anything else. And it cannot bind a body to a secret that
//! Copyleaks only echoes: whoever learns a secret can send any body with it until it expires.
//!
//! # Features
//! None. The crate is `no_std` and needs `alloc`.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod alias;
mod builder;
mod check;
mod decision;
mod evidence;
mod form;
mod guard;
mod lists;
mod reason;
mod request;
mod secrets;
mod step;
mod trial;
mod verified;

pub use alias::is_own_header;
pub use builder::{GuardBuilder, GuardError};
pub use check::{Check, UnknownCheck};
pub use decision::{Decision, Verdict};
pub use guard::{Guard, GuardedRoute, PolicyKind};
pub use lists::{Lists, Snapshot};
pub use reason::{Answer, Reason, UnknownReason};
pub use request::{ClientCertificate, Connection, Framing, Head, Headers};
pub use secrets::Secrets;
pub use step::{BodyFailure, BodyStep, Step};
pub use trial::{BodyWatch, Trial, TrialVerdict};
pub use verified::{Refusal, Verified, Webhook};

pub use hookward_copyleaks as copyleaks;
pub use hookward_ip as ip;
pub use hookward_policy as policy;
pub use hookward_seal as seal;
pub use hookward_secret as secret;
pub use hookward_thumbprint as thumbprint;

pub use hookward_copyleaks::{Event, HeaderName, HeaderNameError, OWN_PREFIX, Route, ScanId};
pub use hookward_ip::Allowlist;
pub use hookward_policy::{Outcome, Policy, Trace};
pub use hookward_secret::{
    Binding, DerivationKey, DerivationRing, Purpose, Ring, Secret, SecretRing, Window,
};
pub use hookward_thumbprint::{
    Algorithm, Algorithms, Leaf, Thumbprint, ThumbprintSet, ValidityDates,
};
pub use rustls_pki_types::UnixTime;
