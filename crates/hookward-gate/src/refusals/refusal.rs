use core::fmt::{self, Display};
use core::net::IpAddr;

use serde::{Deserialize, Serialize};

/// A request that was refused, and what was found of it. No secrets, no bodies, no URLs.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refusal {
    /// Counts the refusals since the gate was started.
    pub(crate) number: u64,
    /// In RFC 3339.
    pub(crate) at: String,
    pub(crate) reason: String,
    pub(crate) status: u16,
    /// The template. `None` when no route matched.
    pub(crate) route: Option<String>,
    pub(crate) event: Option<String>,
    pub(crate) scan_id: Option<String>,
    /// What each check of the policy found, in its order. Empty when the request was refused before.
    pub(crate) checks: Vec<Checked>,
    /// The certificate that was presented, listed or not.
    pub(crate) certificate: Option<Certificate>,
    /// The labels of the secrets that matched.
    pub(crate) header_secret: Option<String>,
    pub(crate) developer_payload: Option<String>,
    pub(crate) client_address: Option<IpAddr>,
    /// How proxies said who the client is.
    pub(crate) forwarded: Option<String>,
    /// What arrived of the body before the verdict.
    pub(crate) body_bytes: u64,
    /// How long judging the head took, and how long it was from the head to the verdict.
    pub(crate) head_ms: f64,
    pub(crate) judged_ms: f64,
}

/// What one check found.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Checked {
    pub(crate) check: String,
    /// `pass`, `fail`, `unavailable` or `pending`.
    pub(crate) outcome: String,
    pub(crate) reason: Option<String>,
}

/// The thumbprints of a certificate, as far as they are known.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Certificate {
    pub(crate) thumbprints: Vec<String>,
}

/// What the admin address answers with, the newest last.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Refusals {
    pub(crate) refusals: Vec<Refusal>,
}

impl Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.check, self.outcome)?;
        match &self.reason {
            Some(reason) => write!(f, ", {reason}"),
            None => Ok(()),
        }
    }
}

/// Several lines. Text of the gate is trusted no more than that of a file: it is escaped.
impl Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn line(f: &mut fmt::Formatter<'_>, name: &str, value: Option<&str>) -> fmt::Result {
            match value {
                Some(value) => writeln!(f, "  {name:19}{}", value.escape_debug()),
                None => Ok(()),
            }
        }
        let (at, reason) = (self.at.escape_debug(), self.reason.escape_debug());
        writeln!(f, "#{} {at} {reason} ({})", self.number, self.status)?;
        line(f, "route:", self.route.as_deref())?;
        line(f, "event:", self.event.as_deref())?;
        line(f, "scan id:", self.scan_id.as_deref())?;
        for check in &self.checks {
            line(f, "check:", Some(&check.to_string()))?;
        }
        for thumbprint in self.certificate.iter().flat_map(|it| &it.thumbprints) {
            line(f, "certificate:", Some(thumbprint))?;
        }
        line(f, "header secret:", self.header_secret.as_deref())?;
        line(f, "developer payload:", self.developer_payload.as_deref())?;
        let address = self.client_address.map(|address| address.to_string());
        line(f, "client address:", address.as_deref())?;
        for forwarded in self.forwarded.iter().flat_map(|text| text.lines()) {
            line(f, "forwarded:", Some(forwarded))?;
        }
        write!(
            f,
            "  {:19}{} bytes of body, {} ms for the head, {} ms in all",
            "judged:", self.body_bytes, self.head_ms, self.judged_ms
        )
    }
}
