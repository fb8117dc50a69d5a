//! Allowlists of IP networks that are strict when they are read and exact when they are asked.
//!
//! [`Allowlist`] says whether an address lies in one of a list of networks and in none of its
//! exceptions. It is built once, from text or from [`IpNet`]s, and refuses what is ambiguous
//! instead of guessing or skipping; a lookup allocates nothing and takes nanoseconds.
//!
//! ```
//! use hookward_ip::{Allowlist, AllowlistError, Explanation};
//!
//! let allowlist = Allowlist::builder()
//!     .text("192.0.2.0/24")
//!     .text("2001:db8::17")
//!     .except_text("192.0.2.128/25")
//!     .build()?;
//!
//! // Admitted: a listed address, also in the form in which a dual-stack socket shows it.
//! assert!(allowlist.contains("192.0.2.7".parse()?));
//! assert!(allowlist.contains("::ffff:192.0.2.7".parse()?));
//!
//! // Not admitted: an exception, and the neighbour of a single address.
//! assert!(!allowlist.contains("192.0.2.200".parse()?));
//! assert!(!allowlist.contains("2001:db8::18".parse()?));
//! assert_eq!(
//!     allowlist.explain("192.0.2.200".parse()?).to_string(),
//!     "entry 0 (192.0.2.0/24) admits it, but exception 0 (192.0.2.128/25) excludes it",
//! );
//!
//! // Refused: a network that is wider than its address suggests.
//! let refused = Allowlist::builder().text("10.1.1.5/8").build().unwrap_err();
//! assert!(matches!(refused, AllowlistError::HostBitsSet { suggestion, .. }
//!     if suggestion.to_string() == "10.0.0.0/8"));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # One address, one form
//!
//! An IPv4 address that arrives as IPv6 (`::ffff:192.0.2.7`, [RFC 4291, section 2.5.5.2]) is its
//! IPv4 address, in lists and in lookups: see [`canonical`]. Nothing else is converted: IPv4-compatible
//! (`::192.0.2.7`), NAT64 (`64:ff9b::/96`) and 6to4 (`2002::/16`) addresses are IPv6 addresses.
//! So an IPv6 network, even `::/0`, admits no IPv4 address.
//!
//! # What a list costs
//!
//! A lookup reads a table that leads to the few networks around the address, and compares those. A
//! million networks take about 8 MB if they are IPv4, and 21 MB if they are IPv6, the lines that
//! [`Allowlist::explain`] reads included.
//!
//! # What it is not
//!
//! It does not find out which address a request came from: behind a proxy that is a question of its
//! own. And an address alone proves little: it admits everyone who can send from there, so it
//! belongs beside another check. No list is compiled in.
//!
//! The crate has no features and needs `alloc`.
//!
//! [RFC 4291, section 2.5.5.2]: https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5.2

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod allowlist;
mod builder;
mod directory;
mod error;
mod explanation;
mod lines;
mod network;
mod prefixes;
mod ranges;
mod rule;
mod v4;
mod v6;

pub use allowlist::Allowlist;
pub use builder::AllowlistBuilder;
pub use error::AllowlistError;
pub use explanation::Explanation;
pub use ipnet::IpNet;
pub use network::canonical;
pub use rule::{Place, Role, Rule};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
