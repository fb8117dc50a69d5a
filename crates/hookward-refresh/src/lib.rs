//! Keeps a remote document current: a state machine that does no I/O.
//!
//! A list of trusted certificates or addresses that its publisher changes without notice has to be fetched again and again,
//! and every fetch is a chance to lose it: to an error page, to an empty list, to an endpoint that is down, to somebody who
//! causes fetches until none is left. [`Refresher`] decides when to fetch, what to take over and how long to trust it. It
//! is driven with answers and the time, and says what to do next, so all of that is tested without a network or a clock.
//!
//! ```
//! use core::{num::ParseIntError, str, time::Duration};
//! use hookward_refresh::{Config, Document, Instant, Now, Refresher, Response};
//! use rustls_pki_types::UnixTime;
//!
//! struct Numbers(Vec<u32>);
//!
//! impl Document for Numbers {
//!     type Entry = u32;
//!     type Error = ParseIntError;
//!
//!     fn parse(body: &[u8]) -> Result<Self, Self::Error> {
//!         let text = str::from_utf8(body).unwrap_or("not text");
//!         text.lines().map(str::parse).collect::<Result<_, _>>().map(Self)
//!     }
//!
//!     fn entries(&self) -> impl Iterator<Item = u32> {
//!         self.0.iter().copied()
//!     }
//! }
//!
//! let at = |seconds| Now {
//!     instant: Instant::from_start(Duration::from_secs(seconds)),
//!     wall: UnixTime::since_unix_epoch(Duration::from_secs(1_790_000_000 + seconds)),
//! };
//! let mut refresher = Refresher::<Numbers>::new(Config::default(), 7, at(0), None)?;
//!
//! // Taken over: the first answer that can be read.
//! let fetch = refresher.poll_transmit().expect("nothing has been fetched yet");
//! refresher.handle_response(at(1), fetch.id, Response { status: 200, body: b"17\n23", ..Response::default() });
//! assert_eq!(refresher.trusted(at(1)).map(|numbers| &numbers.0[..]), Some(&[17, 23][..]));
//!
//! // Refused: an error page, on the day after. The list stays.
//! let tomorrow = refresher.poll_timeout().expect("there is always a next fetch");
//! let tomorrow = at(tomorrow.since_start().as_secs() + 1);
//! refresher.handle_timeout(tomorrow);
//! let fetch = refresher.poll_transmit().expect("it is due");
//! refresher.handle_response(tomorrow, fetch.id, Response { status: 200, body: b"<html>", ..Response::default() });
//! assert!(refresher.trusted(tomorrow).is_some());
//!
//! // But not for ever.
//! assert!(refresher.trusted(at(8 * 24 * 60 * 60)).is_none());
//! # Ok::<(), hookward_refresh::ConfigError>(())
//! ```
//!
//! # Features
//!
//! None; `no_std` with `alloc`.
//!
//! # What it is not
//!
//! It is no HTTP client and no cache: it knows one document, and of HTTP only what it needs to keep that one current. It
//! does not authenticate what it is given: the driver has to use TLS.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod bucket;
mod config;
mod confirmation;
mod document;
mod doubt;
mod error;
mod event;
mod fetch;
mod instant;
mod jitter;
mod now;
mod refresher;
mod response;
mod schedule;
mod snapshot;
mod state;
mod validators;

pub use config::{Config, ConfigError};
pub use document::Document;
pub use doubt::Doubt;
pub use error::FetchError;
pub use event::Event;
pub use fetch::{Caching, Cause, Fetch, FetchId};
pub use instant::Instant;
pub use now::Now;
pub use refresher::Refresher;
pub use response::{Response, Transport};
pub use snapshot::{Current, Snapshot};
pub use state::State;
pub use validators::Validators;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
