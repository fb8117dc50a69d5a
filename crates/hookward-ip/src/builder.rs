//! How a list is put together.

use ipnet::IpNet;

use crate::lines::Lines;
use crate::{Allowlist, AllowlistError, Place, Role, network};

/// Collects the entries and exceptions of an [`Allowlist`]; made by [`Allowlist::builder`].
///
/// The first line that cannot be taken as it stands is what [`build`](Self::build) reports; no line
/// is skipped. Entries and exceptions are counted apart, from 0. The order between them does not
/// matter: an exception wins over every entry.
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use = "a builder does nothing until it is built"]
pub struct AllowlistBuilder {
    entries: Lines,
    exceptions: Lines,
    refused: Option<AllowlistError>,
}

impl AllowlistBuilder {
    pub(crate) const fn new() -> Self {
        Self {
            entries: Lines::new(),
            exceptions: Lines::new(),
            refused: None,
        }
    }

    /// Adds a network whose addresses are admitted.
    ///
    /// An IPv4-mapped network of 96 bits or more is taken as its IPv4 network.
    pub fn network(self, network: IpNet) -> Self {
        self.add(Role::Entry, |place| network::check(network, place, network))
    }

    /// Adds a network in text whose addresses are admitted: `192.0.2.0/24`, `2001:db8::/32`, or a
    /// single address.
    ///
    /// Addresses are read as [`IpAddr`](core::net::IpAddr) reads them: no zeros before a number, no
    /// short forms, spaces, ports, brackets or zones. Beware that `2001:db8::1:80` is an address,
    /// whatever its last group was meant to be. A prefix length is decimal; netmasks are not read.
    pub fn text(self, text: &str) -> Self {
        self.add(Role::Entry, |place| network::parse(text, place))
    }

    /// Adds a network whose addresses are not admitted, whatever the entries say.
    pub fn except(self, network: IpNet) -> Self {
        self.add(Role::Exception, |place| {
            network::check(network, place, network)
        })
    }

    /// Adds a network in text, in the form of [`text`](Self::text), whose addresses are not
    /// admitted, whatever the entries say.
    pub fn except_text(self, text: &str) -> Self {
        self.add(Role::Exception, |place| network::parse(text, place))
    }

    /// Makes the list.
    ///
    /// # Errors
    ///
    /// - [`AllowlistError::Unparsable`], [`AllowlistError::HostBitsSet`] or
    ///   [`AllowlistError::MappedPrefixTooShort`] for the first line that was added and breaks the
    ///   rule.
    /// - [`AllowlistError::Empty`] if there is no entry.
    /// - [`AllowlistError::TooManyLines`] if it has more lines than lookups are made for.
    /// - [`AllowlistError::NothingLeft`] if the exceptions cover all entries.
    pub fn build(self) -> Result<Allowlist, AllowlistError> {
        match self.refused {
            Some(refused) => Err(refused),
            None => Allowlist::from_lines(self.entries, self.exceptions),
        }
    }

    fn add(
        mut self,
        role: Role,
        read: impl FnOnce(Place) -> Result<IpNet, AllowlistError>,
    ) -> Self {
        if self.refused.is_none() {
            let lines = match role {
                Role::Entry => &mut self.entries,
                Role::Exception => &mut self.exceptions,
            };
            let index = lines.len();
            match read(Place { role, index }) {
                Ok(network) => lines.push(network),
                Err(refused) => self.refused = Some(refused),
            }
        }
        self
    }
}
