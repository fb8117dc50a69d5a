//! Where a list is fetched from, and how.

use hookward_reqwest::hookward_refresh::Config;
use hookward_reqwest::{Credentials, Endpoint};

/// Where a list is fetched from, what is shown there, and how often, how much, how long.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    pub(crate) endpoint: Endpoint,
    pub(crate) credentials: Credentials,
    pub(crate) config: Config,
    /// A digest of everything that is configured of it, secrets and files included: two lists with
    /// the same are fetched in the same way.
    pub(crate) settings: [u8; 32],
}

impl Remote {
    /// The URL without its query, which may hold what is nobody's business.
    pub(crate) fn shown(&self) -> &str {
        let url = self.endpoint.url();
        url.split_once('?').map_or(url, |(url, _)| url)
    }
}
