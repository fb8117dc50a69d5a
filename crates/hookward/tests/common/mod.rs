//! A guard with all four checks, and a genuine request to change one thing of.

#![allow(dead_code, reason = "each test file uses a part")]

use core::net::IpAddr;
use core::time::Duration;

use hookward::{
    Algorithms, Allowlist, ClientCertificate, Connection, Decision, Framing, Guard, GuardBuilder,
    GuardedRoute, Head, Leaf, Lists, Route, Secret, SecretRing, Snapshot, Step, ThumbprintSet,
    UnixTime,
};

pub(crate) const NOW: u64 = 1_800_000_000;
pub(crate) const SECRET_HEADER: &str = "x-webhook-secret";
pub(crate) const PATH: &str = "/copyleaks/completed/scan-1";

pub(crate) fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

pub(crate) fn random_text() -> String {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).expect("the system has randomness");
    bytes
        .iter()
        .map(|byte| char::from(b'a' + byte % 26))
        .collect()
}

pub(crate) fn ring(label: &str, secret: &str) -> SecretRing {
    SecretRing::builder()
        .secret(label, Secret::new(secret).unwrap())
        .build()
        .unwrap()
}

/// A self-signed certificate that is valid from 1975 to 4096, as rcgen makes them.
pub(crate) fn leaf() -> Leaf {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["sender.example".into()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    Leaf::parse(certificate.der(), Algorithms::ALL).unwrap()
}

pub(crate) fn thumbprints<'a>(leaves: impl IntoIterator<Item = &'a Leaf>) -> ThumbprintSet {
    ThumbprintSet::new(
        leaves
            .into_iter()
            .map(|leaf| leaf.thumbprint(hookward::Algorithm::Sha256)),
    )
    .unwrap()
}

/// Everything a genuine request has. Change one field and ask for the decision.
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) authority: Option<&'static str>,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) framing: Framing,
    pub(crate) leaf: Option<Leaf>,
    pub(crate) address: Option<IpAddr>,
    pub(crate) body: Vec<u8>,
    pub(crate) now: u64,
    pub(crate) lists: Lists,
}

/// The secrets that a genuine request carries, and the request.
pub(crate) struct World {
    pub(crate) header_secret: String,
    pub(crate) payload: String,
    pub(crate) leaf: Leaf,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            header_secret: random_text(),
            payload: random_text(),
            leaf: leaf(),
        }
    }

    pub(crate) fn builder(&self) -> GuardBuilder {
        Guard::builder()
            .header_secret(
                SECRET_HEADER.parse().unwrap(),
                ring("header-1", &self.header_secret),
            )
            .developer_payload(ring("payload-1", &self.payload))
    }

    pub(crate) fn guard(&self, policy: &str) -> Guard {
        self.builder()
            .route(GuardedRoute::new(
                Route::parse("/copyleaks/{status}/{scan_id}", None).unwrap(),
                policy.parse().unwrap(),
            ))
            .build()
            .unwrap()
    }

    pub(crate) fn guard_with_trial(&self, policy: &str, trial: &str) -> Guard {
        let route = Route::parse("/copyleaks/{status}/{scan_id}", None).unwrap();
        let route = GuardedRoute::new(route, policy.parse().unwrap());
        self.builder()
            .route(route.with_trial(trial.parse().unwrap()))
            .build()
            .unwrap()
    }

    pub(crate) fn lists(&self) -> Lists {
        Lists {
            thumbprints: Some(Snapshot::dated(
                thumbprints([&self.leaf]),
                at(NOW - 10),
                at(NOW + 1000),
            )),
            addresses: Some(Snapshot::fixed(
                Allowlist::builder().text("192.0.2.0/24").build().unwrap(),
            )),
        }
    }

    pub(crate) fn genuine(&self) -> Request {
        let body = format!(
            r#"{{"status":0,"scannedDocument":{{"scanId":"scan-1"}},"developerPayload":"{}"}}"#,
            self.payload
        );
        Request {
            method: "POST",
            authority: None,
            path: PATH.into(),
            headers: vec![
                ("Host".into(), b"hooks.example".to_vec()),
                ("X-Webhook-Secret".into(), self.header_secret.clone().into()),
                ("Content-Length".into(), body.len().to_string().into()),
            ],
            framing: Framing::Clear,
            leaf: Some(Leaf::parse(self.leaf.der(), Algorithms::ALL).unwrap()),
            address: Some("192.0.2.1".parse().unwrap()),
            body: body.into(),
            now: NOW,
            lists: self.lists(),
        }
    }
}

impl Request {
    pub(crate) fn without_header(mut self, name: &str) -> Self {
        self.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        self
    }

    pub(crate) fn with_header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.without_header("content-length")
    }

    pub(crate) fn inspect<'g>(&self, guard: &'g Guard) -> Step<'g> {
        let connection = Connection {
            client_address: self.address,
            certificate: self.leaf.as_ref().map(ClientCertificate::Leaf),
        };
        let head = Head {
            method: self.method,
            authority: self.authority,
            path: &self.path,
            headers: &self.headers,
            framing: self.framing,
        };
        guard.inspect(&self.lists, &connection, &head, at(self.now))
    }

    /// Judges the request as a server would, the body in chunks of `size`.
    pub(crate) fn judge_in_chunks<'g>(&self, guard: &'g Guard, size: usize) -> Decision<'g> {
        let mut step = self.inspect(guard);
        let mut chunks = self.body.chunks(size);
        loop {
            step = match step {
                Step::Decided(decision) => return decision,
                Step::NeedsBody(body) => match chunks.next() {
                    Some(chunk) => body.push(chunk),
                    None => return body.finish(),
                },
            };
        }
    }

    pub(crate) fn judge<'g>(&self, guard: &'g Guard) -> Decision<'g> {
        self.judge_in_chunks(guard, 7)
    }
}
