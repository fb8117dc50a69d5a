//! All, any and k-of-n policies over named checks, with a trace of what decided.
//!
//! A [`Policy`] combines what its checks found into a [`Verdict`]. A check is any type `C` that the caller chooses: an
//! enum, a string, a number. The caller runs the checks; the policy asks for the [`Level`] of each and decides.
//!
//! ```
//! use hookward_policy::{Level, Policy, Verdict};
//!
//! let policy: Policy<String> = "certificate and (payload or header)".parse()?;
//!
//! // Accepted before the payload is known: it can no longer change anything.
//! let accepted = policy.decide(|check| match check.as_str() {
//!     "certificate" | "header" => Level::Pass,
//!     _ => Level::Pending,
//! });
//! assert_eq!(accepted, Verdict::Accept);
//!
//! // Refused before the payload is known: it could no longer help.
//! let refused = policy.decide(|check| match check.as_str() {
//!     "certificate" => Level::Fail,
//!     _ => Level::Pending,
//! });
//! assert_eq!(refused, Verdict::Refuse);
//! # Ok::<(), hookward_policy::PolicyError>(())
//! ```
//!
//! # Text form
//!
//! ```text
//! expression = term ( "and" term )* | term ( "or" term )*      mixing them needs parentheses
//! term       = name | "(" expression ")" | count "of" "(" expression ( "," expression )* ")"
//! name       = [a-z_][a-z0-9_]*                                but not: and, or, of, not
//! count      = [0-9]+
//! ```
//!
//! Spaces, tabs and line ends may stand between any two of these. A check occurs at most once in a policy; there are at
//! most [`MAX_CHECKS`] checks and [`MAX_DEPTH`] groups or parentheses within each other.
//!
//! # Weak policies
//!
//! [`Policy::lint`] says before any request comes what in a policy can never matter, and which side of an `or` makes a
//! stronger check pointless. [`Policy::parse_with_places`] keeps where in the text that is.
//!
//! # Features
//!
//! - `serde`: [`Policy`] from its text or from a structured form (see its documentation); [`Trace`] as JSON.
//!
//! # What it is not
//!
//! It runs no checks, keeps no state and reads no clock. It is no general rule language: there is no `not`, so more
//! evidence never turns acceptance into refusal.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod error;
mod evaluate;
mod level;
mod lint;
mod parse;
mod places;
mod policy;
mod print;
#[cfg(feature = "serde")]
mod structured;
mod trace;

pub use error::PolicyError;
pub use level::{Level, Outcome, Verdict};
pub use lint::{Lint, Prospect, Weakness};
pub use places::{Expression, Places};
pub use policy::{MAX_CHECKS, MAX_DEPTH, Policy};
pub use trace::Trace;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
