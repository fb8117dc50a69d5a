use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use hookward_copyleaks::ScanId;
use hookward_seal::{OpenError, SealRing};
use hookward_secret::{Binding, DerivationRing, Mismatch, Purpose, SecretRing};
use rustls_pki_types::UnixTime;

use crate::reason::Reason;

/// What a check takes for a secret of ours: the same for every scan, or one for each.
///
/// A secret of each scan is [derived](DerivationRing) or [sealed](SealRing). It is bound to the
/// purpose (header or payload), to an audience of your choice and to the scan id, so that one which
/// is learned opens no other scan. Several kinds can be accepted side by side, to change from one
/// to another.
#[derive(Debug)]
pub struct Secrets {
    kinds: Vec<Labelled>,
}

/// A kind of secret, with its labels where they can be handed on without allocating.
struct Labelled {
    kind: Kind,
    labels: Vec<Arc<str>>,
}

enum Kind {
    Fixed(SecretRing),
    Derived {
        ring: DerivationRing,
        audience: String,
    },
    Sealed {
        ring: SealRing,
        audience: String,
    },
}

/// Which secret was presented.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    kind: usize,
    index: usize,
}

/// Why a presented value is no secret of ours, from what tells least to what tells most.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Fault {
    /// Tells nothing where another kind is accepted beside tokens: its secrets are none either.
    NotAToken,
    Wrong,
    Sealed(SealFault),
    NotYetValid,
    Expired,
}

/// Why a sealed value does not open, in the order in which it is judged.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum SealFault {
    AnotherForm,
    KeyUnknown,
    NotAuthentic,
    AnotherAudience,
    Malformed,
    NotYetValid,
    Expired,
}

impl Secrets {
    /// The secrets of `ring`, whatever the scan.
    #[must_use]
    pub fn fixed(ring: SecretRing) -> Self {
        let labels = ring.labels().map(Arc::from).collect();
        Self::of(Kind::Fixed(ring), labels)
    }

    /// The secret that a key of `ring` derives for the scan and `audience`.
    ///
    /// That of another scan or audience is wrong like any other value: nothing tells which.
    #[must_use]
    pub fn derived(ring: DerivationRing, audience: impl Into<String>) -> Self {
        let labels = ring.labels().map(Arc::from).collect();
        let audience = audience.into();
        Self::of(Kind::Derived { ring, audience }, labels)
    }

    /// What a key of `ring` sealed for the scan and `audience`, until it expires. Opening allocates.
    ///
    /// A token names its audience, so one for another has a [`Reason`] of its own, and whoever sees a
    /// token can read it.
    #[must_use]
    pub fn sealed(ring: SealRing, audience: impl Into<String>) -> Self {
        let labels = ring.keys().labels().map(Arc::from).collect();
        let audience = audience.into();
        Self::of(Kind::Sealed { ring, audience }, labels)
    }

    /// These, and `others` as well.
    #[must_use]
    pub fn or(mut self, others: Self) -> Self {
        self.kinds.extend(others.kinds);
        self
    }

    fn of(kind: Kind, labels: Vec<Arc<str>>) -> Self {
        Self {
            kinds: alloc::vec![Labelled { kind, labels }],
        }
    }

    /// Whether none of them can be told without the id of the scan.
    pub(crate) fn need_scan_id(&self) -> bool {
        !self
            .kinds
            .iter()
            .any(|labelled| matches!(labelled.kind, Kind::Fixed(_)))
    }

    pub(crate) fn label(&self, found: Found) -> Option<&Arc<str>> {
        self.kinds.get(found.kind)?.labels.get(found.index)
    }

    /// Looks for `presented` among all of them.
    pub(crate) fn find(
        &self,
        presented: &[u8],
        purpose: Purpose,
        scan_id: Option<&ScanId>,
        now: UnixTime,
    ) -> Result<Found, Fault> {
        let mut fault = None;
        for (kind, labelled) in self.kinds.iter().enumerate() {
            match labelled.kind.find(presented, purpose, scan_id, now) {
                Ok(index) => return Ok(Found { kind, index }),
                // The kind that got furthest with the value knows best what is wrong with it.
                Err(another) => fault = fault.max(Some(another)),
            }
        }
        Err(fault.unwrap_or(Fault::Wrong))
    }
}

impl Kind {
    fn find(
        &self,
        presented: &[u8],
        purpose: Purpose,
        scan_id: Option<&ScanId>,
        now: UnixTime,
    ) -> Result<usize, Fault> {
        let bound_to = |audience| {
            let scan_id = scan_id.ok_or(Fault::Wrong)?.as_str();
            Ok::<_, Fault>(Binding {
                purpose,
                audience,
                scan_id,
            })
        };
        match self {
            Self::Fixed(ring) => Ok(ring.matches(presented, now)?.index()),
            Self::Derived { ring, audience } => {
                Ok(ring.matches(presented, &bound_to(audience)?, now)?.index())
            }
            Self::Sealed { ring, audience } => {
                let token = core::str::from_utf8(presented).map_err(|_| Fault::NotAToken)?;
                Ok(ring.open(token, &bound_to(audience)?, now)?.key().index())
            }
        }
    }
}

impl From<SecretRing> for Secrets {
    fn from(ring: SecretRing) -> Self {
        Self::fixed(ring)
    }
}

impl From<Mismatch> for Fault {
    fn from(mismatch: Mismatch) -> Self {
        match mismatch {
            Mismatch::NotYetValid { .. } => Self::NotYetValid,
            Mismatch::Expired { .. } => Self::Expired,
            _ => Self::Wrong,
        }
    }
}

impl From<OpenError> for Fault {
    fn from(error: OpenError) -> Self {
        Self::Sealed(match error {
            OpenError::TooLong { .. } | OpenError::NotAToken => return Self::NotAToken,
            OpenError::Footer => SealFault::AnotherForm,
            OpenError::AnotherAudience => SealFault::AnotherAudience,
            OpenError::Key(Mismatch::NotYetValid { .. }) => return Self::NotYetValid,
            OpenError::Key(Mismatch::Expired { .. }) => return Self::Expired,
            OpenError::Key(_) => SealFault::KeyUnknown,
            OpenError::Claims(_) => SealFault::Malformed,
            OpenError::NotYetValid { .. } => SealFault::NotYetValid,
            OpenError::Expired { .. } => SealFault::Expired,
            _ => SealFault::NotAuthentic,
        })
    }
}

impl Fault {
    /// Whether the value is unknown here, so that it may be a secret of ours for another place.
    pub(crate) const fn is_unknown(self) -> bool {
        matches!(
            self,
            Self::NotAToken
                | Self::Wrong
                | Self::Sealed(
                    SealFault::AnotherForm | SealFault::KeyUnknown | SealFault::NotAuthentic
                )
        )
    }

    /// The reason of a check that looks where `purpose` says.
    pub(crate) const fn reason(self, purpose: Purpose) -> Reason {
        match purpose {
            Purpose::Header => match self {
                Self::NotAToken => Reason::HeaderTokenMissing,
                Self::Wrong => Reason::HeaderSecretWrong,
                Self::NotYetValid => Reason::HeaderSecretNotYetValid,
                Self::Expired => Reason::HeaderSecretExpired,
                Self::Sealed(fault) => match fault {
                    SealFault::AnotherForm => Reason::HeaderTokenMissing,
                    SealFault::KeyUnknown => Reason::HeaderTokenKeyUnknown,
                    SealFault::NotAuthentic => Reason::HeaderTokenNotAuthentic,
                    SealFault::AnotherAudience => Reason::HeaderTokenAnotherAudience,
                    SealFault::Malformed => Reason::HeaderTokenMalformed,
                    SealFault::NotYetValid => Reason::HeaderTokenNotYetValid,
                    SealFault::Expired => Reason::HeaderTokenExpired,
                },
            },
            _ => match self {
                Self::NotAToken => Reason::PayloadTokenMissing,
                Self::Wrong => Reason::DeveloperPayloadWrong,
                Self::NotYetValid => Reason::DeveloperPayloadNotYetValid,
                Self::Expired => Reason::DeveloperPayloadExpired,
                Self::Sealed(fault) => match fault {
                    SealFault::AnotherForm => Reason::PayloadTokenMissing,
                    SealFault::KeyUnknown => Reason::PayloadTokenKeyUnknown,
                    SealFault::NotAuthentic => Reason::PayloadTokenNotAuthentic,
                    SealFault::AnotherAudience => Reason::PayloadTokenAnotherAudience,
                    SealFault::Malformed => Reason::PayloadTokenMalformed,
                    SealFault::NotYetValid => Reason::PayloadTokenNotYetValid,
                    SealFault::Expired => Reason::PayloadTokenExpired,
                },
            },
        }
    }
}

impl fmt::Debug for Labelled {
    /// Labels and audiences; no secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Fixed(_) => write!(f, "Fixed {:?}", self.labels),
            Kind::Derived { audience, .. } => {
                write!(f, "Derived for {audience:?} {:?}", self.labels)
            }
            Kind::Sealed { audience, .. } => write!(f, "Sealed for {audience:?} {:?}", self.labels),
        }
    }
}
