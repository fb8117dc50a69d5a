//! What the firewall is to know.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use hookward_copyleaks::{HeaderName, Route};
use hookward_ip::{Allowlist, IpNet};
use zeroize::Zeroizing;

use crate::FirewallError;

/// What the firewall is to know: a header, addresses, or both.
#[derive(Debug, Default)]
pub struct Rules<'r> {
    pub(crate) header: Option<HeaderRule<'r>>,
    pub(crate) addresses: Option<AddressRule<'r>>,
}

/// A header that nobody else can send, and the routes on which it counts.
pub struct HeaderRule<'r> {
    pub(crate) name: HeaderName,
    pub(crate) secrets: Vec<LabelledSecret>,
    pub(crate) routes: Vec<&'r Route>,
}

/// A secret that is the same for every scan.
pub(crate) struct LabelledSecret {
    pub(crate) label: String,
    pub(crate) text: Zeroizing<String>,
}

/// The addresses that webhooks come from, and the routes that nobody else may reach.
#[derive(Clone, Debug)]
pub struct AddressRule<'r> {
    pub(crate) networks: Vec<IpNet>,
    pub(crate) routes: Vec<&'r Route>,
}

impl<'r> Rules<'r> {
    /// Nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            header: None,
            addresses: None,
        }
    }

    /// Adds what to match headers with.
    #[must_use]
    pub fn with_header(mut self, header: HeaderRule<'r>) -> Self {
        self.header = Some(header);
        self
    }

    /// Adds what to match addresses with.
    #[must_use]
    pub fn with_addresses(mut self, addresses: AddressRule<'r>) -> Self {
        self.addresses = Some(addresses);
        self
    }

    /// The header rule, if it has a secret; a target that has no use for the rest is an error.
    pub(crate) fn header_for(
        &self,
        target: &'static str,
    ) -> Result<&HeaderRule<'r>, FirewallError> {
        self.header()?
            .ok_or(FirewallError::HeaderMissing { target })
    }

    /// The header rule, if there is one. One without a secret is an error.
    pub(crate) fn header(&self) -> Result<Option<&HeaderRule<'r>>, FirewallError> {
        match &self.header {
            Some(header) if header.secrets.is_empty() => Err(FirewallError::SecretsMissing),
            header => Ok(header.as_ref()),
        }
    }

    /// Whether there is anything to say.
    pub(crate) const fn check(&self) -> Result<(), FirewallError> {
        match (&self.header, &self.addresses) {
            (None, None) => Err(FirewallError::NothingToSay),
            _ => Ok(()),
        }
    }
}

impl<'r> HeaderRule<'r> {
    /// A rule for this header on these routes, without a secret yet.
    ///
    /// # Errors
    /// [`FirewallError::RoutesMissing`].
    pub fn new(
        name: HeaderName,
        routes: impl IntoIterator<Item = &'r Route>,
    ) -> Result<Self, FirewallError> {
        let routes: Vec<_> = routes.into_iter().collect();
        if routes.is_empty() {
            return Err(FirewallError::RoutesMissing);
        }
        Ok(Self {
            name,
            secrets: Vec::new(),
            routes,
        })
    }

    /// Adds a secret that the header may hold. `label` names it in comments and errors.
    ///
    /// # Errors
    /// [`FirewallError::SecretForm`] if a header could not carry it as it is, and
    /// [`FirewallError::LabelForm`].
    pub fn secret(mut self, label: &str, secret: &str) -> Result<Self, FirewallError> {
        if !label.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(FirewallError::LabelForm);
        }
        let visible = secret.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if !visible || secret.is_empty() || secret.trim_ascii().len() < secret.len() {
            let label = label.to_owned();
            return Err(FirewallError::SecretForm { label });
        }
        self.secrets.push(LabelledSecret {
            label: label.to_owned(),
            text: Zeroizing::new(secret.to_owned()),
        });
        Ok(self)
    }

    /// The labels, for a comment.
    pub(crate) fn labels(&self) -> String {
        let labels: Vec<_> = self.secrets.iter().map(|secret| &*secret.label).collect();
        labels.join(", ")
    }
}

impl<'r> AddressRule<'r> {
    /// A rule for the addresses that `list` admits. `routes` are those whose webhooks are refused
    /// from anywhere else.
    pub fn new(list: &Allowlist, routes: impl IntoIterator<Item = &'r Route>) -> Self {
        Self {
            networks: list.networks().collect(),
            routes: routes.into_iter().collect(),
        }
    }
}

impl fmt::Debug for HeaderRule<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeaderRule")
            .field("name", &self.name)
            .field("secrets", &self.labels())
            .field("routes", &self.routes)
            .finish()
    }
}
