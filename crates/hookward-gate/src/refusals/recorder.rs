use core::net::IpAddr;
use core::time::Duration;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use hookward::{Algorithm, Check, Event, Outcome, Reason, ScanId, Thumbprint, Trial, UnixTime};
use hookward_hyper::{Clock, Observer, Peer, PeerCertificate, Record};

use crate::moment::rfc3339;
use crate::refusals::refusal::{Certificate, Checked, Refusal, Refusals};

/// The last refusals, for as long as the process runs.
///
/// Each reason has two rings: one for requests that passed at least one check, and one for the rest.
/// So a flood pushes out nothing but its like; and whoever can show nothing at all, none of those
/// that came close.
#[derive(Debug)]
pub(crate) struct Recorder {
    clock: Clock,
    rings: Mutex<Rings>,
}

#[derive(Debug)]
struct Rings {
    recorded: u64,
    /// By the reason, and then by whether a check passed.
    rings: Vec<[VecDeque<Kept>; 2]>,
}

/// Records the refusals among the decisions, and passes all of them on.
#[derive(Debug)]
pub(crate) struct Recording<O> {
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) next: O,
}

/// How many of its like are kept.
const RING: usize = 16;

/// The longest text that is kept of what proxies said, in characters.
const LONGEST: usize = 512;

/// A refusal. Of bounded size, and without any text that a client has chosen, but for a scan id,
/// which has an alphabet and 36 characters at most.
#[derive(Clone, Debug)]
struct Kept {
    number: u64,
    at: UnixTime,
    reason: Reason,
    route: Option<Arc<str>>,
    event: Option<Event>,
    scan_id: Option<ScanId>,
    checks: [Option<(Check, Outcome<Reason>)>; Check::ALL.len()],
    thumbprints: [Option<Thumbprint>; 2],
    header_secret: Option<Arc<str>>,
    developer_payload: Option<Arc<str>>,
    client_address: Option<IpAddr>,
    forwarded: Option<Arc<str>>,
    body_bytes: u64,
    head: Duration,
    judged: Duration,
}

impl Recorder {
    pub(crate) fn new(clock: Clock) -> Arc<Self> {
        Arc::new(Self {
            clock,
            rings: Mutex::new(Rings {
                recorded: 0,
                rings: Reason::ALL.iter().map(|_| Default::default()).collect(),
            }),
        })
    }

    fn record(&self, record: &Record<'_>, reason: Reason) {
        let mut kept = Kept::of(record, reason, self.clock.now());
        let passed = |check: &Option<_>| matches!(check, Some((_, Outcome::Pass)));
        let came_close = kept.checks.iter().any(passed);
        let mut rings = self.rings.lock().unwrap_or_else(PoisonError::into_inner);
        rings.recorded += 1;
        kept.number = rings.recorded;
        let ring = &mut rings.rings[reason as usize][usize::from(came_close)];
        if ring.len() == RING {
            ring.pop_front();
        }
        ring.push_back(kept);
    }

    /// Everything that is kept, the newest last.
    pub(crate) fn refusals(&self) -> Refusals {
        let rings = self.rings.lock().unwrap_or_else(PoisonError::into_inner);
        let mut kept: Vec<Kept> = rings.rings.iter().flatten().flatten().cloned().collect();
        drop(rings);
        kept.sort_unstable_by_key(|kept| kept.number);
        Refusals {
            refusals: kept.iter().map(Refusal::from).collect(),
        }
    }
}

impl<O: Observer> Observer for Recording<O> {
    fn decided(&self, record: &Record<'_>) {
        if let Some(reason) = record.decision.reason() {
            self.recorder.record(record, reason);
        }
        self.next.decided(record);
    }

    fn tried(&self, trial: &Trial<'_>) {
        self.next.tried(trial);
    }
}

impl Kept {
    fn of(record: &Record<'_>, reason: Reason, at: UnixTime) -> Self {
        let decision = record.decision;
        let mut outcomes = decision.outcomes();
        let route = decision.route().map(|route| route.route().template());
        Self {
            number: 0,
            at,
            reason,
            route: route.map(Arc::from),
            event: decision.event(),
            scan_id: decision.scan_id(),
            checks: core::array::from_fn(|_| outcomes.next()),
            thumbprints: record.peer.map_or([None; 2], thumbprints),
            header_secret: decision.header_secret().map(Arc::from),
            developer_payload: decision.developer_payload().map(Arc::from),
            client_address: record.peer.and_then(Peer::client_address),
            forwarded: record.peer.and_then(Peer::derivation).map(shortened),
            body_bytes: record.body_received,
            head: record.head,
            judged: record.elapsed,
        }
    }
}

/// Of what was presented, whether it is listed or not.
fn thumbprints(peer: &Peer) -> [Option<Thumbprint>; 2] {
    match peer.certificate() {
        PeerCertificate::Leaf(leaf) => {
            [Algorithm::Sha1, Algorithm::Sha256].map(|algorithm| Some(leaf.thumbprint(algorithm)))
        }
        PeerCertificate::Thumbprint(thumbprint) => [Some(*thumbprint), None],
        _ => [None; 2],
    }
}

fn shortened(text: &Arc<str>) -> Arc<str> {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => Arc::clone(text),
    }
}

/// To the microsecond.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

impl From<&Kept> for Refusal {
    fn from(kept: &Kept) -> Self {
        let text = |text: &Option<Arc<str>>| text.as_deref().map(str::to_owned);
        let thumbprints = kept.thumbprints.iter().flatten();
        let thumbprints: Vec<_> = thumbprints.map(ToString::to_string).collect();
        Self {
            number: kept.number,
            at: rfc3339(kept.at),
            reason: kept.reason.name().to_owned(),
            status: kept.reason.answer().status(),
            route: text(&kept.route),
            event: kept.event.map(|event| event.name().to_owned()),
            scan_id: kept.scan_id.map(|id| id.as_str().to_owned()),
            checks: kept.checks.iter().flatten().map(checked).collect(),
            certificate: (!thumbprints.is_empty()).then_some(Certificate { thumbprints }),
            header_secret: text(&kept.header_secret),
            developer_payload: text(&kept.developer_payload),
            client_address: kept.client_address,
            forwarded: text(&kept.forwarded),
            body_bytes: kept.body_bytes,
            head_ms: milliseconds(kept.head),
            judged_ms: milliseconds(kept.judged),
        }
    }
}

fn checked((check, outcome): &(Check, Outcome<Reason>)) -> Checked {
    Checked {
        check: check.name().to_owned(),
        outcome: outcome.level().to_string(),
        reason: outcome.reason().map(|reason| reason.name().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use hookward::{
        Connection, Framing, Guard, GuardedRoute, Head, Headers, Lists, Route, Secret, SecretRing,
        Step,
    };
    use hookward_hyper::Unobserved;

    use super::*;

    struct Lines<'a>(&'a [(&'a str, &'a str)]);

    impl Headers for Lines<'_> {
        fn for_each(&self, visit: &mut dyn FnMut(&str, &[u8])) {
            for (name, value) in self.0 {
                visit(name, value.as_bytes());
            }
        }
    }

    const SECRET: &str = "0123456789abcdef";

    fn guard() -> Guard {
        let ring = SecretRing::builder()
            .secret("first", Secret::new(SECRET).unwrap())
            .build()
            .unwrap();
        let route = Route::parse("/{status}/{scan_id}", None).unwrap();
        let policy = "header_secret and client_certificate".parse().unwrap();
        Guard::builder()
            .header_secret("x-secret".parse().unwrap(), ring)
            .route(GuardedRoute::new(route, policy))
            .build()
            .unwrap()
    }

    /// Shows a request to the guard, and the decision to a recorder.
    fn refuse(recording: &Recording<Unobserved>, guard: &Guard, path: &str, secret: &str) {
        let head = Head {
            method: "POST",
            authority: None,
            path,
            headers: &Lines(&[("x-secret", secret)]),
            framing: Framing::Clear,
        };
        let now = UnixTime::since_unix_epoch(Duration::from_secs(1));
        let connection = Connection::default();
        let Step::Decided(decision) = guard.inspect(&Lists::default(), &connection, &head, now)
        else {
            panic!("the head suffices");
        };
        let peer = Peer::new(Some([192, 0, 2, 7].into())).with_derivation("x".repeat(1000));
        recording.decided(&Record::new(&decision, Some(&peer)));
    }

    #[test]
    fn a_flood_pushes_out_its_like_and_nothing_else() {
        let guard = guard();
        let recorder = Recorder::new(Clock::system());
        let recording = Recording {
            recorder: Arc::clone(&recorder),
            next: Unobserved,
        };
        refuse(&recording, &guard, "/completed/scan-1", SECRET);
        refuse(&recording, &guard, "/nowhere/at/all", "");
        for number in 0..1000 {
            let path = format!("/completed/scan-{number}");
            refuse(&recording, &guard, &path, "something else");
        }
        let kept = recorder.refusals().refusals;
        let numbers: Vec<_> = kept.iter().map(|refusal| refusal.number).collect();
        let expected: Vec<_> = [1, 2].into_iter().chain(1002 - 15..=1002).collect();
        assert_eq!(numbers, expected);

        let [close, unknown, .., last] = kept.as_slice() else {
            panic!("{kept:?}");
        };
        assert_eq!(close.reason, "certificate_missing");
        assert_eq!(close.header_secret.as_deref(), Some("first"));
        assert_eq!(unknown.reason, "route_unknown");
        assert_eq!((&unknown.route, unknown.checks.len()), (&None, 0));
        assert_eq!(last.scan_id.as_deref(), Some("scan-999"));
        assert_eq!(last.checks.len(), 2);
        let forwarded = last.forwarded.as_deref().unwrap();
        assert_eq!(forwarded.chars().count(), LONGEST + 1);
        let json = serde_json::to_string(&kept).unwrap();
        assert!(!json.contains(SECRET) && !json.contains("something else"));
        assert!(!kept[0].to_string().contains(SECRET));
        let read: Vec<Refusal> = serde_json::from_str(&json).unwrap();
        assert_eq!(read, kept);
    }

    #[test]
    fn what_is_shown_of_a_refusal_is_escaped() {
        let mut refusal = Refusal::from(&Kept {
            number: 1,
            at: UnixTime::since_unix_epoch(Duration::ZERO),
            reason: Reason::RouteUnknown,
            route: Some("/\u{1b}[2J".into()),
            event: None,
            scan_id: None,
            checks: [None; 4],
            thumbprints: [None; 2],
            header_secret: None,
            developer_payload: None,
            client_address: None,
            forwarded: Some("a\nb\r".into()),
            body_bytes: 0,
            head: Duration::ZERO,
            judged: Duration::ZERO,
        });
        refusal.reason.push('\u{7}');
        let text = refusal.to_string();
        assert!(!text.contains(['\u{1b}', '\u{7}', '\r']), "{text:?}");
    }
}
