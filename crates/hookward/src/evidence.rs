//! What each check makes of a request.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use hookward_payload::{PayloadError, PayloadErrorKind};
use hookward_policy::{Level, Outcome};
use hookward_secret::{Match, Mismatch as SecretMismatch, SecretRing};
use hookward_thumbprint::{
    Mismatch as ThumbprintMismatch, Thumbprint, ThumbprintSet, ValidityDates,
};
use rustls_pki_types::UnixTime;

use crate::check::Check;
use crate::form::{Lines, SecretHeader};
use crate::guard::Guard;
use crate::lists::{Lists, Snapshot};
use crate::reason::Reason;
use crate::request::{ClientCertificate, Connection};

/// A ring of secrets, with its labels where they can be handed on without allocating.
pub(crate) struct SecretCheck {
    pub(crate) ring: SecretRing,
    labels: Vec<Arc<str>>,
}

impl SecretCheck {
    pub(crate) fn new(ring: SecretRing) -> Self {
        let labels = ring.labels().map(Arc::from).collect();
        Self { ring, labels }
    }

    pub(crate) fn label(&self, index: usize) -> Option<&Arc<str>> {
        self.labels.get(index)
    }
}

impl fmt::Debug for SecretCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.ring.fmt(f)
    }
}

/// The outcome of every check, and what matched where one passed.
#[derive(Clone, Copy)]
pub(crate) struct Evidence {
    client_certificate: Outcome<Reason>,
    header_secret: Outcome<Reason>,
    source_address: Outcome<Reason>,
    developer_payload: Outcome<Reason>,
    /// Which thumbprint of the list matched.
    pub(crate) thumbprint: Option<Thumbprint>,
    /// Which entry of the ring the header matched.
    pub(crate) header_entry: Option<usize>,
    /// Which entry of the ring the payload matched.
    pub(crate) payload_entry: Option<usize>,
}

impl Evidence {
    /// Judges what the connection and the head show.
    pub(crate) fn of_head(
        guard: &Guard,
        lists: &Lists,
        connection: &Connection<'_>,
        lines: &Lines,
        now: UnixTime,
    ) -> Self {
        let mut evidence = Self {
            client_certificate: Outcome::Fail(Reason::CertificateMissing),
            header_secret: Outcome::Fail(Reason::HeaderSecretMissing),
            source_address: Outcome::Fail(Reason::AddressUnknown),
            developer_payload: Outcome::Pending,
            thumbprint: None,
            header_entry: None,
            payload_entry: None,
        };
        if guard.uses(Check::ClientCertificate) {
            match judge_certificate(lists.thumbprints.as_ref(), connection.certificate, now) {
                Ok(thumbprint) => {
                    evidence.thumbprint = Some(thumbprint);
                    evidence.client_certificate = Outcome::Pass;
                }
                Err(outcome) => evidence.client_certificate = outcome,
            }
        }
        if guard.uses(Check::SourceAddress) {
            evidence.source_address = judge_address(lists, connection, now);
        }
        match lines.secret {
            SecretHeader::Missing => {}
            SecretHeader::Repeated => {
                evidence.header_secret = Outcome::Fail(Reason::HeaderSecretRepeated);
            }
            SecretHeader::Matched { index } => {
                evidence.header_entry = Some(index);
                evidence.header_secret = Outcome::Pass;
            }
            SecretHeader::Mismatched(mismatch) => {
                evidence.header_secret = Outcome::Fail(match mismatch {
                    SecretMismatch::NotYetValid { .. } => Reason::HeaderSecretNotYetValid,
                    SecretMismatch::Expired { .. } => Reason::HeaderSecretExpired,
                    _ => Reason::HeaderSecretWrong,
                });
            }
        }
        evidence
    }

    /// Judges a developer payload that was found in the body.
    pub(crate) fn judge_payload(&mut self, check: &SecretCheck, payload: &str, now: UnixTime) {
        self.developer_payload = if payload.is_empty() {
            Outcome::Fail(Reason::DeveloperPayloadEmpty)
        } else {
            match check.ring.matches(payload.as_bytes(), now) {
                Ok(entry) => {
                    self.payload_entry = Some(Match::index(&entry));
                    Outcome::Pass
                }
                Err(SecretMismatch::NotYetValid { .. }) => {
                    Outcome::Fail(Reason::DeveloperPayloadNotYetValid)
                }
                Err(SecretMismatch::Expired { .. }) => {
                    Outcome::Fail(Reason::DeveloperPayloadExpired)
                }
                Err(_) => Outcome::Fail(Reason::DeveloperPayloadWrong),
            }
        };
    }

    /// Says that the payload failed, and why.
    pub(crate) fn fail_payload(&mut self, reason: Reason) {
        self.payload_entry = None;
        self.developer_payload = Outcome::Fail(reason);
    }

    pub(crate) const fn outcome(&self, check: Check) -> Outcome<Reason> {
        match check {
            Check::ClientCertificate => self.client_certificate,
            Check::DeveloperPayload => self.developer_payload,
            Check::HeaderSecret => self.header_secret,
            Check::SourceAddress => self.source_address,
        }
    }

    pub(crate) fn level(&self, check: Check) -> Level {
        self.outcome(check).level()
    }
}

/// What it means that the scanner refused a body.
pub(crate) enum ScannerRefusal {
    /// The request is refused, whatever the policy says: it is no JSON that parsers agree on.
    Malformed(Reason),
    /// The check of the payload fails.
    CheckFails(Reason),
}

impl ScannerRefusal {
    pub(crate) fn of(error: PayloadError) -> Self {
        match error.kind() {
            PayloadErrorKind::NotAString { .. } => {
                Self::CheckFails(Reason::DeveloperPayloadNotString)
            }
            PayloadErrorKind::ValueTooLong { .. } => {
                Self::CheckFails(Reason::DeveloperPayloadTooLong)
            }
            PayloadErrorKind::DuplicateKey | PayloadErrorKind::AliasedKey => {
                Self::CheckFails(Reason::DeveloperPayloadRepeated)
            }
            PayloadErrorKind::TooDeep { .. } => Self::Malformed(Reason::BodyTooDeep),
            _ => Self::Malformed(Reason::BodyMalformed),
        }
    }
}

fn judge_certificate(
    snapshot: Option<&Snapshot<ThumbprintSet>>,
    certificate: Option<ClientCertificate<'_>>,
    now: UnixTime,
) -> Result<Thumbprint, Outcome<Reason>> {
    // Without a certificate no list can help, so that it is not worth another try.
    let certificate = certificate.ok_or(Outcome::Fail(Reason::CertificateMissing))?;
    let snapshot = snapshot.ok_or(Outcome::Unavailable(Reason::ThumbprintsNotLoaded))?;
    let set = snapshot
        .trusted(now)
        .ok_or(Outcome::Unavailable(Reason::ThumbprintsExpired))?;
    let not_listed = || {
        if snapshot.hint_is_due(now) {
            Outcome::Unavailable(Reason::CertificateNotYetListed)
        } else {
            Outcome::Fail(Reason::CertificateNotListed)
        }
    };
    match certificate {
        ClientCertificate::Unreadable => Err(Outcome::Fail(Reason::CertificateUnreadable)),
        ClientCertificate::Leaf(leaf) => {
            set.matches(leaf, now).map_err(|mismatch| match mismatch {
                ThumbprintMismatch::NotYetValid { .. } => {
                    Outcome::Fail(Reason::CertificateNotYetValid)
                }
                ThumbprintMismatch::Expired { .. } => Outcome::Fail(Reason::CertificateExpired),
                _ => not_listed(),
            })
        }
        ClientCertificate::Thumbprint(thumbprint) => {
            if !set.algorithms().contains(thumbprint.algorithm()) {
                Err(Outcome::Fail(Reason::ThumbprintAlgorithmNotListed))
            } else if !set.contains(&thumbprint) {
                Err(not_listed())
            } else if set.validity_dates() == ValidityDates::Enforce {
                Err(Outcome::Fail(Reason::CertificateDatesUnknown))
            } else {
                Ok(thumbprint)
            }
        }
    }
}

fn judge_address(lists: &Lists, connection: &Connection<'_>, now: UnixTime) -> Outcome<Reason> {
    let Some(address) = connection.client_address else {
        return Outcome::Fail(Reason::AddressUnknown);
    };
    let Some(snapshot) = &lists.addresses else {
        return Outcome::Unavailable(Reason::AddressesNotLoaded);
    };
    match snapshot.trusted(now) {
        None => Outcome::Unavailable(Reason::AddressesExpired),
        Some(allowlist) if allowlist.contains(address) => Outcome::Pass,
        Some(_) => Outcome::Fail(Reason::AddressNotListed),
    }
}
