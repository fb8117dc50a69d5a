//! One line of a list: where it stands and what it covers.

use core::fmt;

use ipnet::IpNet;

/// What a line of a list does.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Role {
    /// It admits the addresses that it covers.
    Entry,
    /// It takes the addresses that it covers out again.
    Exception,
}

/// Where a line stands. Shown as `entry 3` or `exception 0`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Place {
    /// Which of the two is counted; each has its own count.
    pub role: Role,
    /// Counted from 0 in the order in which lines of this role were added.
    pub index: usize,
}

/// A line of a list. Shown as `entry 3 (192.0.2.0/24)`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Rule {
    /// Where it stands.
    pub place: Place,
    /// What it covers, an IPv4-mapped network as its IPv4 network.
    pub network: IpNet,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let role = match self.role {
            Role::Entry => "entry",
            Role::Exception => "exception",
        };
        write!(f, "{role} {}", self.index)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.place, self.network)
    }
}
