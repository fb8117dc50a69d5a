//! Lists that are fetched, and kept current while the gate serves.

mod addresses;
mod destination;
mod kind;
mod list;
mod remote;
mod status;
mod thumbprints;
mod watched;

pub(crate) use addresses::{ADDRESSES, Addresses};
pub(crate) use destination::Destination;
pub(crate) use list::{Driven, Refresh, RefreshedList};
pub(crate) use remote::Remote;
pub(crate) use status::{ListState, ListStatus, Listed};
pub(crate) use thumbprints::{THUMBPRINTS, Thumbprints};
pub(crate) use watched::Watched;
