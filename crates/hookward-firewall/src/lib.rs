//! Firewall rules that say exactly what a guard's header and address checks say.
//!
//! A Web Application Firewall has to let Copyleaks' webhooks through by a header that nobody else
//! knows, and a packet filter may admit the static addresses alone. Typed by hand, both drift from
//! what the application checks. Here they are generated: [`Rules`] holds the secrets, the routes and
//! the [`Allowlist`](hookward_ip::Allowlist); one function for each firewall makes a [`RuleText`].
//!
//! ```
//! use hookward_copyleaks::Route;
//! use hookward_firewall::{AddressRule, FirewallError, HeaderRule, Rules, nftables, nginx};
//! use hookward_ip::Allowlist;
//!
//! # fn random() -> String { let mut b = [0; 32]; getrandom::fill(&mut b).unwrap(); b.iter().map(|b| char::from(b'a' + b % 26)).collect() }
//! let secret = random();
//! let route = Route::parse("/copyleaks/{status}/{scan_id}", None)?;
//! let list = Allowlist::builder().text("192.0.2.0/24").except_text("192.0.2.7").build()?;
//!
//! let header = HeaderRule::new("x-firewall-secret".parse()?, [&route])?.secret("2026-11", &secret)?;
//! let rules = Rules::new().with_header(header).with_addresses(AddressRule::new(&list, [&route]));
//! assert!(nginx(&rules)?.holds_secret());
//! assert!(!nftables(&rules, 8443)?.holds_secret());
//!
//! // Refused: nginx joins repeated headers by a comma, so it cannot tell this one from two.
//! let header = HeaderRule::new("x-firewall-secret".parse()?, [&route])?;
//! let header = header.secret("2026-11", &format!("{secret}, {secret}"))?;
//! let refused = nginx(&Rules::new().with_header(header)).unwrap_err();
//! assert!(matches!(refused, FirewallError::NotExpressible { .. }));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # What every rule says
//!
//! - **The header** occurs on exactly one line, and its value is one of the secrets, byte by byte:
//!   no other case, nothing trimmed, nothing decoded, never "contains". A target that cannot say so
//!   is an error, not a weaker rule.
//! - **What a matching request is spared** is as little as the target allows: only on the paths of
//!   the routes, only with the methods of their webhooks.
//! - **The addresses** are those of the list without its exceptions, and no others.
//!
//! # What it is not
//!
//! Firewalls compare secrets in whatever time it takes them, and know no secret of one scan. They
//! keep noise away from the guard; they do not stand in for it.
//!
//! The crate has no features, is `no_std` and needs `alloc`.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod aws_waf;
mod cloudflare;
mod error;
mod haproxy;
mod modsecurity;
mod nftables;
mod nginx;
mod path;
mod pattern;
mod rules;
mod text;

pub use aws_waf::aws_waf;
pub use cloudflare::{cloudflare, cloudflare_terraform};
pub use error::FirewallError;
pub use haproxy::haproxy;
pub use hookward_copyleaks;
pub use hookward_ip;
pub use modsecurity::modsecurity;
pub use nftables::nftables;
pub use nginx::nginx;
pub use rules::{AddressRule, HeaderRule, Rules};
pub use text::RuleText;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
