use core::net::IpAddr;

/// Why no client address was derived, or why a rule was not made.
///
/// `entry` counts the entries of the header from the right, over all its lines, from 0: the entry
/// that the peer wrote has the number 0.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// The peer is a trusted proxy, but the header is not there.
    #[error("the trusted proxy sent no client address")]
    Missing,

    /// A header of a single address has several lines. One of them may be the client's.
    #[error("the client address header occurs more than once")]
    Repeated,

    /// The walk arrived at an entry that is not of the form. It is not skipped: what stands left of
    /// it may be the client's invention.
    #[error("entry {entry} from the right is no readable address")]
    Unreadable {
        /// Which entry.
        entry: usize,
    },

    /// The walk arrived at an entry that says `unknown`.
    #[error("entry {entry} from the right is `unknown`")]
    Unknown {
        /// Which entry.
        entry: usize,
    },

    /// The walk arrived at an entry with an obfuscated identifier
    /// ([RFC 7239, section 6.3](https://www.rfc-editor.org/rfc/rfc7239#section-6.3)).
    #[error("entry {entry} from the right is obfuscated")]
    Obfuscated {
        /// Which entry.
        entry: usize,
    },

    /// Every entry is a trusted proxy, so the client is none of them.
    #[error("all {entries} entries are trusted proxies")]
    AllTrusted {
        /// The number of entries.
        entries: usize,
    },

    /// There are fewer entries than proxies.
    #[error("{hops} proxies are configured, but there are only {entries} entries")]
    TooFewEntries {
        /// The configured number of proxies.
        hops: usize,
        /// The number of entries.
        entries: usize,
    },

    /// The walk passed [`MAX_HOPS`](crate::MAX_HOPS) trusted proxies and did not arrive.
    #[error("more than {limit} proxies")]
    TooManyHops {
        /// The longest walk.
        limit: usize,
    },

    /// The number of proxies is not between 1 and [`MAX_HOPS`](crate::MAX_HOPS).
    #[error("the number of proxies must be between 1 and {limit}, not {hops}")]
    HopCount {
        /// The number given.
        hops: usize,
        /// The largest number that is accepted.
        limit: usize,
    },

    /// A number of proxies is given for a header that holds one address only.
    #[error("a hop count says nothing about a header of a single address")]
    HopsWithoutList,

    /// The text names no form.
    #[error("expected x-forwarded-for, forwarded, single:<header> or single-with-port:<header>")]
    UnknownForm,

    /// The name of a header of a single address has a byte other than a letter, a digit or a
    /// hyphen; many proxies pass other names on as aliases.
    #[error("a header name is made of letters, digits and hyphens; byte {offset} is not")]
    HeaderName {
        /// Where the byte is; the length of the name, if it is empty.
        offset: usize,
    },

    /// The header of a single address is one that holds a list.
    #[error("this header holds a list of addresses: configure it as a form of its own")]
    HeaderHoldsList,

    /// The single address is one of the trusted proxies, so it is not the client's.
    #[error("{address} is a trusted proxy, not the client")]
    SingleIsTrusted {
        /// The address.
        address: IpAddr,
    },
}
