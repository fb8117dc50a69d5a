//! Keeps a remote list current with reqwest, and a snapshot of it on disk.
//!
//! [`hookward_refresh`] decides when a list is fetched, what is taken over and how long it is trusted, and does no I/O. This
//! crate does the I/O and decides nothing: a [`Driver`] on tokio carries out what the machine asks for, an [`Endpoint`] says
//! how carefully, a [`SnapshotFile`] keeps the last good list for the next start, and a [`Handle`] takes hints and tells how
//! things are.
//!
//! ```
//! use core::num::ParseIntError;
//!
//! use hookward_reqwest::hookward_refresh::{Document, State};
//! use hookward_reqwest::{Driver, Endpoint};
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
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn core::error::Error>> {
//! # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
//! # let mirror = listener.local_addr()?.port();
//! # std::thread::spawn(move || {
//! #     use std::io::{Read, Write};
//! #     let (mut connection, _) = listener.accept().unwrap();
//! #     connection.read(&mut [0; 4096]).unwrap();
//! #     connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n17\n23").unwrap();
//! # });
//! // Refused: without TLS, anybody on the way could change the list.
//! let url = format!("http://localhost:{mirror}/numbers");
//! assert!(Endpoint::builder(&url).build().is_err());
//!
//! // A mirror on the same machine is another matter.
//! let endpoint = Endpoint::builder(&url).allow_plain_http().build()?;
//! let (driver, mut handle) = Driver::<Numbers>::builder(endpoint)
//!     .name("numbers")
//!     .publish(|publication| {
//!         // Swap it in, with its dates; with `None`, nothing is to be trusted.
//!         let _ = publication;
//!     })
//!     .build()?;
//! tokio::spawn(driver.run());
//!
//! // Accepted: a list that can be read whole.
//! let status = loop {
//!     let status = handle.changed().await.ok_or("the driver is gone")?;
//!     if status.current.is_some() {
//!         break status;
//!     }
//! };
//! assert_eq!(status.state, State::Fresh);
//! assert_eq!(status.last_change.map(|change| change.added), Some(vec![17, 23]));
//!
//! // Something unknown has shown up: look again, as soon as the budget allows.
//! handle.hint();
//! # Ok(())
//! # }
//! ```
//!
//! # Dates
//!
//! Nothing takes a list back when the driver has died: whoever judges by a [`Publication`] compares its dates with the time,
//! each time.
//!
//! # TLS
//!
//! rustls with ring; no provider is installed for the process. The authorities are those of the platform, because that is
//! where an operator adds a private one and takes a distrusted one away; an image that has none gives
//! [`EndpointBuilder::roots`] its own. They are read when the endpoint is built: a change takes a restart.
//!
//! # Log
//!
//! `tracing` events with the field `list`: *info* for a change, *warn* for a failed fetch, a doubtful document, a damaged
//! snapshot and a list that goes stale, *error* for one that expires, *debug* for the rest.
//!
//! # Features
//!
//! None.
//!
//! # What it is not
//!
//! It is no general HTTP client, and no cache for more than one document. It does not make the state directory, nor look
//! whose it is: see [`SnapshotFile`].

#![forbid(unsafe_code)]

extern crate alloc;

mod builder;
mod clock;
mod credentials;
mod driver;
mod endpoint;
mod exchange;
mod handle;
mod kept;
mod login;
mod publication;
mod remote;
mod snapshot_file;
mod status;
mod stored_document;
mod tls;

pub use builder::{DriverBuilder, DriverError};
pub use credentials::{BearerToken, BearerTokenError, Credentials};
pub use driver::Driver;
pub use endpoint::{Endpoint, EndpointBuilder, EndpointError};
pub use handle::Handle;
pub use login::{CopyleaksLogin, CopyleaksLoginError};
pub use publication::Publication;
pub use snapshot_file::{SnapshotError, SnapshotFile};
pub use status::{Change, DriverState, LastError, Status};
pub use stored_document::{Damage, StoredDocument};

pub use hookward_refresh;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
