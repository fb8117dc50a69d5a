//! Client addresses that proxies forward.

mod derivation;
mod error;
mod form;
mod forwarded;
mod node;
mod proxies;
mod rule;
mod tail;

pub use derivation::{Derivation, Step};
pub use error::AddressError;
pub use form::{AddressForm, HeaderName};
pub use proxies::{Peer, TrustedProxies};
pub use rule::AddressRule;
pub use tail::MAX_HOPS;
