//! The vocabulary of Copyleaks' webhooks: what is sent, where it arrives, the lists by which it can
//! be told from a forgery, and what to submit so that it can.
//!
//! ```
//! use hookward_copyleaks::{Event, PathError, RequestPath, Route, parse_thumbprint_list};
//!
//! // Taken: a path of the shape that was given to Copyleaks.
//! let route = Route::parse("/copyleaks/{status}/{scan_id}", None)?;
//! let webhook = route.matches(&RequestPath::parse("/copyleaks/completed/scan-1")?);
//! assert_eq!(webhook.map(|webhook| webhook.event), Some(Event::Completed));
//!
//! // Refused: a path that programs read differently, and a list with nothing in it.
//! let error = RequestPath::parse("/copyleaks/completed/..%2fscan-1").unwrap_err();
//! assert_eq!(error, PathError::Character { offset: 23 });
//! assert!(parse_thumbprint_list(b"[]").is_err());
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # Features
//! None. The crate is `no_std` and needs `alloc`.
//!
//! # What it is not
//! It is no client of Copyleaks' API: [`Submission`] and its like are fields for the requests of
//! one. And it decides nothing: the crate `hookward` does.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod address_list;
mod arming;
mod event;
mod header_name;
mod json;
mod list;
mod list_error;
mod path;
mod route;
mod scan_id;
mod thumbprint_list;

pub use address_list::parse_address_list;
pub use arming::{
    AiDetection, ArmingError, Artefact, Deletion, DeveloperPayload, Export, Submission, Upload,
    Verb, Webhook, WebhookUrl, WebhookUrlError,
};
pub use event::{Carries, Event, UnknownEvent};
pub use header_name::{HeaderName, HeaderNameError, OWN_PREFIX};
pub use list_error::{ListError, ThumbprintProblem};
pub use path::{PathError, RequestPath};
pub use route::{Route, RouteError, RouteMatch, RouteSegment};
pub use scan_id::{ScanId, ScanIdError};
pub use thumbprint_list::parse_thumbprint_list;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
