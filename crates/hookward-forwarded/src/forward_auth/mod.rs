//! Proxies that ask before they forward.

mod error;
mod form;

pub use error::ForwardAuthError;
pub use form::{BodySupport, ForwardAuthForm, OriginalRequest, Relay};
