//! What came of the requests, and what to change.

use core::fmt::{self, Display};

use hookward::HeaderName;
use serde::Serialize;

use crate::probe::exchange::Answer;
use crate::probe::fingerprint::{self, Firewall};
use crate::probe::plan::{Kind, Planned, Use};

/// A request and what came of it.
pub(super) struct Tried {
    pub(super) planned: Planned,
    /// The error says in words why there was no answer.
    pub(super) answer: Result<Answer, String>,
}

/// What is printed.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    requests: Vec<Line>,
    /// Firewalls that blocked something.
    firewalls: Vec<&'static str>,
    advice: Vec<String>,
    /// Whether webhooks get through, with the header where there is one.
    pub(super) webhooks_pass: bool,
}

#[derive(Debug, Serialize)]
struct Line {
    request: String,
    status: Option<u16>,
    outcome: String,
    passes: bool,
}

/// What an answer means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Reading {
    /// The application took it.
    Taken,
    /// It came as far as the gate, which refuses what the probe cannot prove.
    AtGate,
    /// Something else answered, or the application refused.
    Other,
    /// Nobody answered.
    Silence,
}

struct Judged<'t> {
    tried: &'t Tried,
    reading: Reading,
    passes: bool,
    firewall: Option<&'static Firewall>,
}

impl Report {
    pub(super) fn of(tried: &[Tried], header: Option<&HeaderName>) -> Self {
        let judged = judge(tried);
        let mut firewalls = Vec::new();
        for name in judged.iter().filter_map(|each| Some(each.firewall?.name)) {
            if !firewalls.contains(&name) {
                firewalls.push(name);
            }
        }
        let wanted = if header.is_some() {
            Use::With
        } else {
            Use::Without
        };
        let mut of_webhooks = judged
            .iter()
            .filter(|each| each.tried.planned.header == wanted);
        Self {
            webhooks_pass: of_webhooks.all(|each| each.passes),
            advice: advice(&judged, header),
            firewalls,
            requests: judged.iter().map(Judged::line).collect(),
        }
    }
}

/// Compares every answer with the best: what passes is answered as well as that.
fn judge(tried: &[Tried]) -> Vec<Judged<'_>> {
    let reading = |tried: &Tried| match &tried.answer {
        Err(_) => Reading::Silence,
        Ok(answer) if answer.status.is_success() => Reading::Taken,
        Ok(answer) if fingerprint::is_gate(answer) => Reading::AtGate,
        Ok(_) => Reading::Other,
    };
    let readings: Vec<_> = tried.iter().map(reading).collect();
    let some_pass = readings
        .iter()
        .any(|reading| matches!(reading, Reading::Taken | Reading::AtGate));
    tried
        .iter()
        .zip(readings)
        .map(|(tried, reading)| {
            let passes = matches!(reading, Reading::Taken | Reading::AtGate);
            let firewall = match &tried.answer {
                Ok(answer) if !passes => fingerprint::of(answer, some_pass),
                _ => None,
            };
            Judged {
                tried,
                reading,
                passes,
                firewall,
            }
        })
        .collect()
}

impl Judged<'_> {
    fn line(&self) -> Line {
        let status = self
            .tried
            .answer
            .as_ref()
            .ok()
            .map(|answer| answer.status.as_u16());
        let outcome = match (&self.tried.answer, self.reading, self.firewall) {
            (Err(error), ..) => format!("no answer: {error}"),
            (_, Reading::Taken, _) => "delivered".to_owned(),
            (_, Reading::AtGate, _) => {
                "refused by nobody on the way, but as the gate does: the probe is not Copyleaks"
                    .to_owned()
            }
            (_, _, Some(firewall)) => format!("blocked, it seems by {}", firewall.name),
            (..) => "blocked or refused; nothing says by whom".to_owned(),
        };
        Line {
            request: self.tried.planned.to_string(),
            status,
            outcome,
            passes: self.passes,
        }
    }
}

fn advice(judged: &[Judged<'_>], header: Option<&HeaderName>) -> Vec<String> {
    let find = |kind, header| {
        let planned = Planned { kind, header };
        judged.iter().find(|each| each.tried.planned == planned)
    };
    let passes = |kind, header| find(kind, header).is_some_and(|each| each.passes);
    let mut advice = Vec::new();
    if judged.iter().all(|each| !each.passes) {
        let silent = judged.iter().all(|each| each.reading == Reading::Silence);
        advice.push(if silent {
            "nobody answers: is the URL right, and does a packet filter admit this address?".to_owned()
        } else {
            "not even a plain webhook passes: is the URL right, does the application take it, and \
             is this address admitted? What blocks by address has to be probed from one that it admits"
                .to_owned()
        });
        if let Some(by) = judged.iter().find_map(|each| each.firewall) {
            advice.push(let_through(by, header));
        }
        return advice;
    }
    let wanted = if header.is_some() {
        Use::With
    } else {
        Use::Without
    };
    let blocked: Vec<_> = Kind::ALL
        .into_iter()
        .filter_map(|kind| find(kind, wanted))
        .filter(|each| !each.passes)
        .collect();
    if blocked.is_empty() {
        let helps = header.is_some()
            && Kind::ALL
                .into_iter()
                .any(|kind| !passes(kind, Use::Without));
        advice.push(match header {
            Some(name) if helps => {
                format!("the firewall lets webhooks with {name} through, and blocks others")
            }
            _ => "nothing on the way blocks webhooks".to_owned(),
        });
    }
    let mut named: Vec<&Firewall> = Vec::new();
    for each in &blocked {
        match each.firewall {
            Some(firewall) if !named.contains(&firewall) => {
                named.push(firewall);
                advice.push(let_through(firewall, header));
            }
            _ => {}
        }
    }
    if !blocked.is_empty() && named.is_empty() {
        advice.push(format!(
            "something on the way blocks webhooks{}: look into its log, and let them through by \
             a secret header, on this path and for POST alone",
            header.map_or_else(String::new, |name| format!(" with {name}"))
        ));
    }
    if let Some(long) = find(Kind::Long, wanted).filter(|each| !each.passes) {
        let too_large = long
            .tried
            .answer
            .as_ref()
            .is_ok_and(|answer| answer.status == 413);
        if too_large || passes(Kind::Plain, wanted) {
            advice.push(
                "reports may have megabytes: raise the limit on bodies (nginx: client_max_body_size; \
                 ModSecurity: SecRequestBodyLimit)"
                    .to_owned(),
            );
        }
    }
    let guarded = header.is_some() && !passes(Kind::Quoted, Use::Without);
    if guarded && passes(Kind::Quoted, Use::With) {
        for (header, what) in [
            (
                Use::Wrong,
                "a wrong value of the header passes: the rule has to compare the whole value",
            ),
            (
                Use::Twice,
                "a repeated header passes: the rule has to count the lines",
            ),
        ] {
            if passes(Kind::Quoted, header) {
                advice.push(what.to_owned());
            }
        }
    }
    advice
}

/// How a firewall is told to let webhooks through.
fn let_through(firewall: &Firewall, header: Option<&HeaderName>) -> String {
    let name = firewall.name;
    let Some(header) = header else {
        return format!(
            "{name} blocks webhooks, and none had a header by which it could know them: configure \
             [header_secret] or [firewall], and name the configuration with --config"
        );
    };
    match firewall.target {
        Some(target) => format!(
            "{name} does not look for the header {header}, or for another value: make the rule \
             with `hookward firewall {target} --output FILE`"
        ),
        None => format!(
            "{name} does not look for the header {header}, or for another value: add a rule that \
             matches the whole value, on this path and for POST alone"
        ),
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.requests {
            let status = line
                .status
                .map_or("---".to_owned(), |status| status.to_string());
            writeln!(f, "{status}  {}: {}", line.request, line.outcome)?;
        }
        for advice in &self.advice {
            write!(f, "\n- {advice}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, StatusCode};

    use super::*;
    use crate::probe::plan::requests;

    const NGINX: &str = "<center><h1>403 Forbidden</h1></center><hr><center>nginx</center>";

    fn tried(with_header: bool, answer: impl Fn(Planned) -> (u16, &'static str)) -> Vec<Tried> {
        let planned = requests(with_header).into_iter();
        planned
            .map(|planned| {
                let (status, body) = answer(planned);
                Tried {
                    planned,
                    answer: Ok(Answer {
                        status: StatusCode::from_u16(status).unwrap(),
                        headers: HeaderMap::new(),
                        body: body.to_owned(),
                    }),
                }
            })
            .collect()
    }

    fn name() -> HeaderName {
        "x-firewall-secret".parse().unwrap()
    }

    #[test]
    fn a_firewall_without_the_rule_is_named_with_the_header() {
        let tried = tried(true, |planned| match planned.kind {
            Kind::Quoted => (403, NGINX),
            _ => (200, "ok"),
        });
        let report = Report::of(&tried, Some(&name()));
        assert!(!report.webhooks_pass);
        assert_eq!(report.firewalls, ["ModSecurity or Coraza"]);
        assert!(report.advice[0].contains("x-firewall-secret"), "{report}");
        assert!(
            report.advice[0].contains("hookward firewall modsecurity"),
            "{report}"
        );
        let report = Report::of(&tried[..1], None);
        assert!(report.webhooks_pass);
    }

    #[test]
    fn a_firewall_is_named_once() {
        let tried = tried(false, |planned| match planned.kind {
            Kind::Plain => (200, ""),
            Kind::Long => (403, "incapsula incident id"),
            _ => (403, "modsecurity"),
        });
        let report = Report::of(&tried, None);
        assert_eq!(report.firewalls, ["ModSecurity or Coraza", "Imperva"]);
    }

    #[test]
    fn a_rule_that_compares_too_little_is_found() {
        let exact = |planned: Planned| match planned {
            Planned {
                kind: Kind::Quoted,
                header: Use::With,
            } => (200, ""),
            Planned {
                kind: Kind::Quoted, ..
            } => (403, NGINX),
            _ => (200, ""),
        };
        let report = Report::of(&tried(true, exact), Some(&name()));
        assert!(report.webhooks_pass);
        assert_eq!(report.advice.len(), 1, "{report}");
        assert!(report.advice[0].contains("lets webhooks with x-firewall-secret through"));

        let loose = |planned: Planned| match planned {
            Planned {
                kind: Kind::Quoted,
                header: Use::Without,
            } => (403, NGINX),
            _ => (200, ""),
        };
        let report = Report::of(&tried(true, loose), Some(&name()));
        assert!(
            report
                .advice
                .iter()
                .any(|advice| advice.contains("wrong value")),
            "{report}"
        );
        assert!(
            report
                .advice
                .iter()
                .any(|advice| advice.contains("repeated")),
            "{report}"
        );
    }

    #[test]
    fn what_reaches_the_gate_was_not_blocked() {
        let report = Report::of(&tried(true, |_| (403, "")), Some(&name()));
        assert!(report.webhooks_pass);
        assert_eq!(report.advice, ["nothing on the way blocks webhooks"]);
    }

    #[test]
    fn where_nothing_passes_the_content_is_not_to_blame() {
        let report = Report::of(&tried(true, |_| (403, NGINX)), Some(&name()));
        assert!(
            !report.webhooks_pass && report.firewalls.is_empty(),
            "{report}"
        );
        assert!(
            report.advice[0].contains("not even a plain webhook"),
            "{report}"
        );
    }
}
