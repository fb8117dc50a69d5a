use core::net::IpAddr;

use hookward_ip::canonical;

use super::tail::{Entry, Tail};
use super::{
    AddressError, AddressForm, Derivation, MAX_HOPS, Peer, TrustedProxies, forwarded, node,
};
use crate::field::{only_line, trim};

/// Where the client address comes from: whose word is taken, and in which header it stands.
///
/// A list is walked from the right, over all its lines: the entry that the peer wrote first. A
/// listed address is passed; the first other one is the client. Nothing is skipped: an entry that
/// cannot be read, where the walk arrives at it, is an error.
///
/// ```
/// use hookward_forwarded::{AddressError, AddressRule, Peer, TrustedProxies};
/// use hookward_ip::Allowlist;
///
/// let listed = Allowlist::builder().text("10.0.0.0/8").build()?;
/// let rule = AddressRule::new(TrustedProxies::networks(listed), "forwarded".parse()?)?;
/// let peer = Peer::Address("10.0.0.1".parse()?);
///
/// let derived = rule.derive(peer, [&b"for=203.0.113.9, for=10.2.3.4"[..]])?;
/// assert_eq!(
///     derived.to_string(),
///     "peer 10.0.0.1: a trusted proxy\n\
///      entry 0 from the right, 10.2.3.4: a proxy\n\
///      entry 1 from the right, 203.0.113.9: the client",
/// );
///
/// let refused = rule.derive(peer, [&b"for=203.0.113.9, for=_hidden"[..]]);
/// assert_eq!(refused, Err(AddressError::Obfuscated { entry: 0 }));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AddressRule {
    proxies: TrustedProxies,
    form: AddressForm,
}

impl AddressRule {
    /// Takes the word of `proxies` in `form`.
    ///
    /// # Errors
    ///
    /// [`AddressError::HopsWithoutList`] if a hop count is given, and the form holds one address.
    pub fn new(proxies: TrustedProxies, form: AddressForm) -> Result<Self, AddressError> {
        if proxies.hops().is_some() && !form.holds_list() {
            return Err(AddressError::HopsWithoutList);
        }
        Ok(Self { proxies, form })
    }

    /// Whose word is taken.
    #[must_use]
    pub const fn proxies(&self) -> &TrustedProxies {
        &self.proxies
    }

    /// In which header it stands.
    #[must_use]
    pub const fn form(&self) -> &AddressForm {
        &self.form
    }

    /// The client address of a request from `peer`.
    ///
    /// `lines` are the values of all lines of the header [`AddressForm::header`], in order. They are
    /// not looked at unless `peer` is trusted. Nothing is allocated.
    ///
    /// # Errors
    ///
    /// Any [`AddressError`] about entries. The client address is then unknown; in particular it is not
    /// the peer's.
    pub fn derive<'a>(
        &self,
        peer: Peer,
        lines: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Derivation, AddressError> {
        let peer = match peer {
            Peer::Address(address) => Peer::Address(canonical(address)),
            Peer::UnixSocket => Peer::UnixSocket,
        };
        let derivation = Derivation::starting_at(peer);
        if !self.proxies.trusts(peer) {
            return Ok(derivation);
        }
        match self.form {
            AddressForm::XForwardedFor => {
                let mut tail = Tail::new();
                for line in lines {
                    for entry in line.split(|byte| *byte == b',') {
                        tail.push(Entry::Node(trim(entry)));
                    }
                }
                self.walk(&tail, node::x_forwarded_for, derivation)
            }
            AddressForm::Forwarded => {
                let mut tail = Tail::new();
                for line in lines {
                    forwarded::push(line, &mut tail);
                }
                self.walk(&tail, node::forwarded, derivation)
            }
            AddressForm::Single(_) => self.single(lines, node::bare, derivation),
            AddressForm::SingleWithPort(_) => self.single(lines, node::with_port, derivation),
        }
    }

    fn walk(
        &self,
        tail: &Tail<'_>,
        read: impl Fn(&[u8], usize) -> Result<IpAddr, AddressError>,
        mut derivation: Derivation,
    ) -> Result<Derivation, AddressError> {
        for (entry, found) in tail.rightmost().enumerate() {
            let Entry::Node(text) = found else {
                return Err(AddressError::Unreadable { entry });
            };
            let address = read(text, entry)?;
            derivation.push(address);
            let arrived = match self.proxies.hops() {
                Some(hops) => entry + 1 == hops,
                None => !self.proxies.lists(address),
            };
            if arrived {
                return Ok(derivation);
            }
        }
        Err(match (tail.count(), self.proxies.hops()) {
            (0, _) => AddressError::Missing,
            (entries, Some(hops)) => AddressError::TooFewEntries { hops, entries },
            (entries, None) if entries > MAX_HOPS => AddressError::TooManyHops { limit: MAX_HOPS },
            (entries, None) => AddressError::AllTrusted { entries },
        })
    }

    fn single<'a>(
        &self,
        lines: impl IntoIterator<Item = &'a [u8]>,
        read: impl Fn(&[u8]) -> Option<IpAddr>,
        mut derivation: Derivation,
    ) -> Result<Derivation, AddressError> {
        let line = only_line(lines).map_err(|_| AddressError::Repeated)?;
        let address = read(line.ok_or(AddressError::Missing)?);
        let address = address.ok_or(AddressError::Unreadable { entry: 0 })?;
        if self.proxies.lists(address) {
            return Err(AddressError::SingleIsTrusted { address });
        }
        derivation.push(address);
        Ok(derivation)
    }
}
