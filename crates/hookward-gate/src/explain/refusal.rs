//! A recorded refusal, judged again by the policy and the lists as they are now.

use core::fmt::{self, Display};
use std::io;
use std::path::Path;

use hookward::{Check, Guard, GuardedRoute, Lists, Outcome, Reason, Thumbprint, Trace, UnixTime};
use hookward_policy::Verdict;
use serde::Serialize;
use thiserror::Error;

use crate::reasons::Explained;
use crate::refusals::{Checked, Refusal};
use crate::{file, input};

/// Larger than any refusal.
const LIMIT: u64 = 64 << 10;

/// Why a refusal cannot be judged again.
#[derive(Debug, Error)]
pub(crate) enum RefusalError {
    #[error("cannot read {path}: {error}")]
    Unreadable { path: String, error: io::Error },
    #[error("{path} is larger than {LIMIT} bytes")]
    TooLarge { path: String },
    #[error("{path}: expected one line of `hookward refusals --json`: {error}")]
    Json {
        path: String,
        error: serde_json::Error,
    },
    #[error("{path}: {name:?} is no reason")]
    Reason { path: String, name: String },
    #[error("{path}: {check} is no outcome of a check")]
    Outcome { path: String, check: String },
}

/// What is said of a refusal.
#[derive(Debug, Serialize)]
pub(crate) struct Rejudged {
    recorded: Refusal,
    reason: Explained,
    /// `None` where there is nothing to judge.
    now: Option<Now>,
    /// Why there is nothing to judge.
    not_judged: Option<&'static str>,
}

/// What the same evidence comes to now.
#[derive(Debug, Serialize)]
struct Now {
    /// `accept`, `refuse`, `unavailable`, or `undecided` where it depends on what was not recorded.
    verdict: Verdict,
    trace: Trace<Check, &'static str>,
    /// The checks that were judged by the lists as they are now. The others are as recorded.
    judged_again: Vec<&'static str>,
}

/// What was recorded, read.
struct Evidence {
    reason: Reason,
    outcomes: Vec<(Check, Outcome<Reason>)>,
}

pub(crate) fn read(path: &Path) -> Result<Refusal, RefusalError> {
    let shown = || path.display().to_string();
    let json = input::open(path)
        .and_then(|input| file::read_at_most(input, LIMIT))
        .map_err(|error| RefusalError::Unreadable {
            path: shown(),
            error,
        })?
        .ok_or_else(|| RefusalError::TooLarge { path: shown() })?;
    let refusal: Refusal = serde_json::from_slice(&json).map_err(|error| RefusalError::Json {
        path: shown(),
        error,
    })?;
    Ok(refusal)
}

impl Rejudged {
    /// Judges the refusal from `path` by `guard` and `lists`.
    pub(crate) fn of(
        path: &Path,
        refusal: Refusal,
        guard: &Guard,
        lists: &Lists,
        now: UnixTime,
    ) -> Result<Self, RefusalError> {
        let evidence = Evidence::of(path, &refusal)?;
        let (judged, not_judged) = if evidence.outcomes.is_empty() {
            (None, Some("it was refused before its checks"))
        } else {
            match route(guard, &refusal) {
                None => (None, Some("the configuration has no such route")),
                Some(route) => (Some(judge(route, &refusal, &evidence, lists, now)), None),
            }
        };
        Ok(Self {
            recorded: refusal,
            reason: evidence.reason.into(),
            now: judged,
            not_judged,
        })
    }

    /// Whether the same evidence would be accepted now.
    pub(crate) fn is_accepted(&self) -> bool {
        (self.now.as_ref()).is_some_and(|now| now.verdict == Verdict::Accept)
    }
}

impl Evidence {
    fn of(path: &Path, refusal: &Refusal) -> Result<Self, RefusalError> {
        let reason = |name: &str| {
            name.parse().map_err(|_| RefusalError::Reason {
                path: path.display().to_string(),
                name: name.to_owned(),
            })
        };
        let outcome = |checked: &Checked| {
            let broken = || RefusalError::Outcome {
                path: path.display().to_string(),
                check: format!("{:?}", checked.to_string()),
            };
            let check = checked.check.parse().map_err(|_| broken())?;
            let why = checked.reason.as_deref().map(reason).transpose()?;
            let outcome = match (checked.outcome.as_str(), why) {
                ("pass", None) => Outcome::Pass,
                ("pending", None) => Outcome::Pending,
                ("fail", Some(why)) => Outcome::Fail(why),
                ("unavailable", Some(why)) => Outcome::Unavailable(why),
                _ => return Err(broken()),
            };
            Ok((check, outcome))
        };
        Ok(Self {
            reason: reason(&refusal.reason)?,
            outcomes: refusal
                .checks
                .iter()
                .map(outcome)
                .collect::<Result<_, _>>()?,
        })
    }

    /// A check that was not part of the policy then was not recorded.
    fn outcome(&self, check: Check) -> Outcome<Reason> {
        let mut outcomes = self.outcomes.iter();
        let recorded = outcomes.find(|(other, _)| *other == check);
        recorded.map_or(Outcome::Pending, |(_, outcome)| *outcome)
    }
}

fn route<'g>(guard: &'g Guard, refusal: &Refusal) -> Option<&'g GuardedRoute> {
    let template = refusal.route.as_deref()?;
    let mut routes = guard.routes().iter();
    routes.find(|route| route.route().template() == template)
}

fn judge(
    route: &GuardedRoute,
    refusal: &Refusal,
    evidence: &Evidence,
    lists: &Lists,
    now: UnixTime,
) -> Now {
    let mut judged_again = Vec::new();
    let mut outcome = |check: Check| {
        let recorded = evidence.outcome(check);
        let again = match check {
            Check::ClientCertificate => certificate(refusal, recorded, lists, now),
            Check::SourceAddress => address(refusal, lists, now),
            // What was presented is not kept.
            Check::HeaderSecret | Check::DeveloperPayload => None,
        };
        if again.is_some() {
            judged_again.push(check.name());
        }
        named(again.unwrap_or(recorded))
    };
    let trace = route.policy().trace(|check| outcome(*check));
    Now {
        verdict: trace.verdict(),
        trace,
        judged_again,
    }
}

/// Whether the certificate is listed now. `None` where its thumbprints do not tell.
fn certificate(
    refusal: &Refusal,
    recorded: Outcome<Reason>,
    lists: &Lists,
    now: UnixTime,
) -> Option<Outcome<Reason>> {
    let dates = matches!(
        recorded,
        Outcome::Fail(
            Reason::CertificateNotYetValid
                | Reason::CertificateExpired
                | Reason::CertificateDatesUnknown
        )
    );
    let thumbprints = &refusal.certificate.as_ref()?.thumbprints;
    let set = lists.thumbprints.as_ref()?.trusted(now)?;
    let comparable = thumbprints
        .iter()
        .filter_map(|text| text.parse::<Thumbprint>().ok())
        .filter(|thumbprint| set.algorithms().contains(thumbprint.algorithm()));
    let mut any = None;
    for thumbprint in comparable {
        any = Some(any.unwrap_or(false) || set.contains(&thumbprint));
    }
    match any? {
        // The dates of the certificate are not recorded.
        true if dates => None,
        true => Some(Outcome::Pass),
        false => Some(Outcome::Fail(Reason::CertificateNotListed)),
    }
}

/// Whether the address is listed now.
fn address(refusal: &Refusal, lists: &Lists, now: UnixTime) -> Option<Outcome<Reason>> {
    let address = refusal.client_address?;
    let list = lists.addresses.as_ref()?.trusted(now)?;
    Some(if list.contains(address) {
        Outcome::Pass
    } else {
        Outcome::Fail(Reason::AddressNotListed)
    })
}

fn named(outcome: Outcome<Reason>) -> Outcome<&'static str> {
    match outcome {
        Outcome::Pass => Outcome::Pass,
        Outcome::Pending => Outcome::Pending,
        Outcome::Fail(reason) => Outcome::Fail(reason.name()),
        Outcome::Unavailable(reason) => Outcome::Unavailable(reason.name()),
    }
}

impl Display for Rejudged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.recorded)?;
        writeln!(f, "{}", self.reason)?;
        if let Some(why) = self.not_judged {
            return write!(f, "\nThere is nothing to judge again: {why}.");
        }
        let Some(now) = &self.now else {
            return Ok(());
        };
        let verdict = match now.verdict {
            Verdict::Accept => "would be accepted now",
            Verdict::Refuse => "would still be refused",
            Verdict::Unavailable => "could not be judged now either, and would be answered 503",
            Verdict::Undecided => "cannot be judged: what it depends on was not seen",
        };
        writeln!(f, "\nThe same evidence {verdict}:\n{}", now.trace)?;
        if now.judged_again.is_empty() {
            return write!(f, "All checks are as recorded.");
        }
        let again = now.judged_again.join(" and ");
        write!(
            f,
            "Judged again: {again}. The other checks are as recorded."
        )
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use hookward::{Algorithm, Allowlist, Route, Secret, SecretRing, Snapshot, ThumbprintSet};

    use super::*;
    use crate::refusals::Refusals;

    const SHA256: [u8; 3] = *b"der";

    fn guard(policy: &str) -> Guard {
        let secret = Secret::new("0123456789abcdef").unwrap();
        let ring = SecretRing::builder().secret("first", secret).build();
        let route = Route::parse("/{status}/{scan_id}", None).unwrap();
        Guard::builder()
            .header_secret("x-secret".parse().unwrap(), ring.unwrap())
            .route(GuardedRoute::new(route, policy.parse().unwrap()))
            .build()
            .unwrap()
    }

    fn lists(listed: &[u8], address: &str) -> Lists {
        let set = ThumbprintSet::new([Thumbprint::of(Algorithm::Sha256, listed)]).unwrap();
        let addresses = Allowlist::builder().text(address).build().unwrap();
        Lists {
            thumbprints: Some(Snapshot::fixed(set)),
            addresses: Some(Snapshot::fixed(addresses)),
        }
    }

    fn refusal(route: Option<&str>, checks: &str) -> Refusal {
        let route = serde_json::to_string(&route).unwrap();
        let thumbprint = Thumbprint::of(Algorithm::Sha256, &SHA256);
        let json = format!(
            r#"{{"refusals":[{{"number":1,"at":"2026-11-26T00:00:00Z","reason":"certificate_not_listed","status":403,
            "route":{route},"event":"completed","scan_id":"scan-1","checks":{checks},
            "certificate":{{"thumbprints":["{thumbprint}"]}},"header_secret":null,"developer_payload":null,
            "client_address":"192.0.2.7","forwarded":null,"body_bytes":0,"head_ms":0.1,"judged_ms":0.1}}]}}"#
        );
        let mut read: Refusals = serde_json::from_str(&json).unwrap();
        read.refusals.remove(0)
    }

    fn rejudge(policy: &str, refusal: Refusal, lists: &Lists) -> Result<Rejudged, RefusalError> {
        let now = UnixTime::since_unix_epoch(Duration::from_secs(1));
        Rejudged::of(Path::new("-"), refusal, &guard(policy), lists, now)
    }

    const ROUTE: &str = "/{status}/{scan_id}";
    const NOT_LISTED: &str =
        r#"[{"check":"client_certificate","outcome":"fail","reason":"certificate_not_listed"}]"#;

    #[test]
    fn the_lists_as_they_are_now_decide() {
        let both = "client_certificate and source_address";
        for (policy, listed, address, accepted) in [
            ("client_certificate", &SHA256[..], "192.0.2.7", true),
            ("client_certificate", b"other", "192.0.2.7", false),
            (both, &SHA256, "192.0.2.7", true),
            (both, &SHA256, "192.0.2.8", false),
        ] {
            let refusal = refusal(Some(ROUTE), NOT_LISTED);
            let rejudged = rejudge(policy, refusal, &lists(listed, address)).unwrap();
            assert_eq!(rejudged.is_accepted(), accepted, "{policy}");
        }
    }

    #[test]
    fn what_was_not_seen_is_not_made_up() {
        let policy = "client_certificate and header_secret";
        let refusal = refusal(Some(ROUTE), NOT_LISTED);
        let lists = lists(&SHA256, "192.0.2.7");
        // The header was no part of the policy then.
        let now = rejudge(policy, refusal.clone(), &lists).unwrap();
        assert_eq!(now.now.as_ref().unwrap().verdict, Verdict::Undecided);
        assert!(!now.is_accepted());
        // Without a list, the recorded outcome stands.
        let now = rejudge("client_certificate", refusal, &Lists::default()).unwrap();
        assert_eq!(now.now.as_ref().unwrap().verdict, Verdict::Refuse);
    }

    #[test]
    fn a_certificate_that_was_out_of_its_dates_stays_so() {
        let checks = NOT_LISTED.replace("certificate_not_listed", "certificate_expired");
        let refusal = refusal(Some(ROUTE), &checks);
        let now = rejudge("client_certificate", refusal, &lists(&SHA256, "::1")).unwrap();
        assert!(!now.is_accepted());
    }

    #[test]
    fn without_checks_or_a_route_there_is_nothing_to_judge() {
        let lists = lists(&SHA256, "192.0.2.7");
        for refusal in [refusal(Some("/gone"), NOT_LISTED), refusal(None, "[]")] {
            let now = rejudge("client_certificate", refusal, &lists).unwrap();
            assert!(now.now.is_none() && now.not_judged.is_some());
            assert!(now.to_string().contains("nothing to judge"));
        }
    }

    #[test]
    fn outcomes_that_do_not_exist_are_refused() {
        for checks in [
            r#"[{"check":"client_certificate","outcome":"pass","reason":"certificate_expired"}]"#,
            r#"[{"check":"client_certificate","outcome":"fail","reason":null}]"#,
            r#"[{"check":"client_certificate","outcome":"fail","reason":"bad_luck"}]"#,
            r#"[{"check":"luck","outcome":"pass","reason":null}]"#,
        ] {
            let refusal = refusal(Some(ROUTE), checks);
            assert!(rejudge("client_certificate", refusal, &Lists::default()).is_err());
        }
    }
}
