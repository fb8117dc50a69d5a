use core::fmt;
use core::str::FromStr;

use thiserror::Error;

/// One of the four measures by which Copyleaks lets a receiver tell a genuine webhook.
///
/// The name of a check is what a policy text says: `client_certificate and developer_payload`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Check {
    /// The TLS client certificate is on the thumbprint list. Seen with the head.
    ClientCertificate,
    /// The body carries a `developerPayload` that is one of ours. Seen with the body.
    DeveloperPayload,
    /// A header that we asked Copyleaks to attach carries one of our secrets. Seen with the head.
    HeaderSecret,
    /// The request comes from one of the static source addresses. Seen with the head.
    SourceAddress,
}

impl Check {
    /// Every check, in the order in which reports list them.
    pub const ALL: [Self; 4] = [
        Self::ClientCertificate,
        Self::HeaderSecret,
        Self::SourceAddress,
        Self::DeveloperPayload,
    ];

    /// The name of the check in policies, logs, metrics and traces. It never changes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClientCertificate => "client_certificate",
            Self::DeveloperPayload => "developer_payload",
            Self::HeaderSecret => "header_secret",
            Self::SourceAddress => "source_address",
        }
    }

    /// Whether the evidence is in the body, so that the check is pending until the body was read.
    #[must_use]
    pub const fn needs_body(self) -> bool {
        matches!(self, Self::DeveloperPayload)
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no check.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("expected client_certificate, developer_payload, header_secret or source_address")]
pub struct UnknownCheck;

impl FromStr for Check {
    type Err = UnknownCheck;

    /// Reads the name of a check.
    ///
    /// # Errors
    /// [`UnknownCheck`] for anything but the exact names.
    fn from_str(name: &str) -> Result<Self, UnknownCheck> {
        Self::ALL
            .into_iter()
            .find(|check| check.name() == name)
            .ok_or(UnknownCheck)
    }
}
