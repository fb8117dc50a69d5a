//! What each check makes of a request.

use hookward_copyleaks::{HeaderName, RouteMatch, ScanId};
use hookward_payload::{PayloadError, PayloadErrorKind};
use hookward_policy::{Level, Outcome};
use hookward_secret::Purpose;
use hookward_thumbprint::{
    Mismatch as ThumbprintMismatch, Thumbprint, ThumbprintSet, ValidityDates,
};
use rustls_pki_types::UnixTime;

use crate::check::Check;
use crate::guard::Guard;
use crate::lists::{Lists, Snapshot};
use crate::reason::Reason;
use crate::request::{ClientCertificate, Connection, Head};
use crate::secrets::{Fault, Found, Secrets};

/// The outcome of every check, and what matched where one passed.
#[derive(Clone, Copy)]
pub(crate) struct Evidence {
    client_certificate: Outcome<Reason>,
    header_secret: Outcome<Reason>,
    source_address: Outcome<Reason>,
    developer_payload: Outcome<Reason>,
    /// Which thumbprint of the list matched.
    pub(crate) thumbprint: Option<Thumbprint>,
    /// Which secret the header carried.
    pub(crate) header_found: Option<Found>,
    /// Which secret the payload carried.
    pub(crate) payload_found: Option<Found>,
    /// The scan that secrets are bound to.
    scan_id: Option<ScanId>,
    now: UnixTime,
}

impl Evidence {
    /// Judges what the connection and the head show.
    pub(crate) fn of_head(
        guard: &Guard,
        lists: &Lists,
        connection: &Connection<'_>,
        head: &Head<'_>,
        webhook: &RouteMatch,
        now: UnixTime,
    ) -> Self {
        let mut evidence = Self {
            client_certificate: Outcome::Fail(Reason::CertificateMissing),
            header_secret: Outcome::Fail(Reason::HeaderSecretMissing),
            source_address: Outcome::Fail(Reason::AddressUnknown),
            developer_payload: Outcome::Pending,
            thumbprint: None,
            header_found: None,
            payload_found: None,
            scan_id: webhook.scan_id,
            now,
        };
        if guard.judges(Check::ClientCertificate) {
            match judge_certificate(lists.thumbprints.as_ref(), connection.certificate, now) {
                Ok(thumbprint) => {
                    evidence.thumbprint = Some(thumbprint);
                    evidence.client_certificate = Outcome::Pass;
                }
                Err(outcome) => evidence.client_certificate = outcome,
            }
        }
        if guard.judges(Check::SourceAddress) {
            evidence.source_address = judge_address(lists, connection, now);
        }
        if guard.judges(Check::HeaderSecret)
            && let Some((name, secrets)) = &guard.header_secret
        {
            let scan_id = webhook.scan_id.as_ref();
            let elsewhere = guard.developer_payload.as_ref();
            match judge_header(head, name, secrets, elsewhere, scan_id, now) {
                Ok(found) => {
                    evidence.header_found = Some(found);
                    evidence.header_secret = Outcome::Pass;
                }
                Err(reason) => evidence.header_secret = Outcome::Fail(reason),
            }
        }
        evidence
    }

    /// Judges a developer payload that was found in the body.
    pub(crate) fn judge_payload(&self, guard: &Guard, payload: &str) -> Result<Found, Reason> {
        let secrets = guard.developer_payload.as_ref();
        let secrets = secrets.ok_or(Reason::DeveloperPayloadMissing)?;
        if payload.is_empty() {
            return Err(Reason::DeveloperPayloadEmpty);
        }
        let purpose = Purpose::DeveloperPayload;
        let (value, scan_id) = (payload.as_bytes(), self.scan_id.as_ref());
        let found = secrets.find(value, purpose, scan_id, self.now);
        found.map_err(|fault| {
            let elsewhere = guard.header_secret.as_ref().map(|(_, secrets)| secrets);
            if is_misplaced(fault, elsewhere, value, Purpose::Header, scan_id, self.now) {
                Reason::DeveloperPayloadMisplaced
            } else {
                fault.reason(purpose)
            }
        })
    }

    /// Says what came of the payload.
    pub(crate) fn set_payload(&mut self, judged: Result<Found, Reason>) {
        self.payload_found = judged.ok();
        self.developer_payload = match judged {
            Ok(_) => Outcome::Pass,
            Err(reason) => Outcome::Fail(reason),
        };
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
#[derive(Clone, Copy)]
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

/// Judges the secret header: it has to occur exactly once. Of several lines, an attacker may have
/// put any before or behind the sender's.
fn judge_header(
    head: &Head<'_>,
    name: &HeaderName,
    secrets: &Secrets,
    elsewhere: Option<&Secrets>,
    scan_id: Option<&ScanId>,
    now: UnixTime,
) -> Result<Found, Reason> {
    let purpose = Purpose::Header;
    let fault = |fault: Fault, value: &[u8]| {
        let payload = Purpose::DeveloperPayload;
        if is_misplaced(fault, elsewhere, value, payload, scan_id, now) {
            Reason::HeaderSecretMisplaced
        } else {
            fault.reason(purpose)
        }
    };
    let mut judged = Err(Reason::HeaderSecretMissing);
    let mut lines = 0_u32;
    head.headers.for_each(&mut |line, value| {
        if name.is(line) {
            lines += 1;
            judged = if lines == 1 {
                let found = secrets.find(value, purpose, scan_id, now);
                found.map_err(|found| fault(found, value))
            } else {
                Err(Reason::HeaderSecretRepeated)
            };
        }
    });
    judged
}

/// Whether a value that is unknown in its place is the secret of another, `elsewhere`.
///
/// The answer changes the reason and nothing else; every unknown value costs the same.
fn is_misplaced(
    fault: Fault,
    elsewhere: Option<&Secrets>,
    value: &[u8],
    purpose: Purpose,
    scan_id: Option<&ScanId>,
    now: UnixTime,
) -> bool {
    fault.is_unknown()
        && elsewhere.is_some_and(|secrets| secrets.find(value, purpose, scan_id, now).is_ok())
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
