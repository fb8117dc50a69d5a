//! Judging whole requests, against the sum of what each check takes by itself. Nothing may be allocated meanwhile.

use core::hint::black_box;
use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;

use allocation_counter::measure;
use hookward::{
    Algorithm, Algorithms, Allowlist, ClientCertificate, Connection, Framing, Guard, GuardedRoute,
    Head, Leaf, Lists, Route, Secret, SecretRing, Snapshot, Step, ThumbprintSet, UnixTime,
};
use hookward_benches::bodies::{KEY, bodies, with_payload};
use hookward_benches::certificates::leaves;
use hookward_benches::networks::{Address, networks};
use hookward_benches::race::{Contender, print_target, race};
use hookward_benches::random::Random;
use hookward_payload::PayloadScanner;

const BODY: usize = 4 << 10;

/// How many networks the list of addresses holds.
const NETWORKS: usize = 256;

const TIMES: usize = 8;

const ROUNDS: usize = 51;

const WHOLE: &str = "whole decision";

/// Whether the digests of a certificate are at hand, as on all requests of a connection but the first.
const LEAVES: [(&str, Algorithms); 2] = [
    ("digests at hand", Algorithms::ALL),
    ("certificate hashed", Algorithms::NONE),
];

struct Request {
    leaf: Leaf,
    address: IpAddr,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// What requests are judged by.
struct World {
    requests: Vec<Request>,
    header_secrets: SecretRing,
    payload_secrets: SecretRing,
    guard: Guard,
    lists: Lists,
    now: UnixTime,
}

fn main() {
    let ratios = LEAVES.map(|(name, wanted)| (name, compare(name, wanted)));
    for (name, ratio) in ratios {
        print_target(
            &format!("{name}: time, whole decision / sum of its parts"),
            ratio,
            "at most 1.25",
        );
    }
}

fn compare(name: &str, wanted: Algorithms) -> f64 {
    let world = World::new(wanted);
    let counted = measure(|| world.each(World::decide));
    assert_eq!(counted.count_total, 0, "nothing is allocated");

    let part = |name, part: fn(&World, &Request)| {
        let world = &world;
        Contender::new(name, move || (0..TIMES).for_each(|_| world.each(part)))
    };
    let results = race(
        ROUNDS,
        vec![
            part(WHOLE, World::decide),
            part("certificate", World::certificate),
            part("header", World::header),
            part("address", World::address),
            part("payload", World::payload),
        ],
    );
    println!(
        "{name}: {} distinct requests, median of {ROUNDS} passes, no allocations",
        world.requests.len()
    );
    let mut sum = 0.0;
    let mut whole = 0.0;
    for (contender, median) in results.medians() {
        let each = median.as_secs_f64() * 1e9 / (world.requests.len() * TIMES) as f64;
        println!("  {contender:20} {each:7.0} ns");
        *(if contender == WHOLE {
            &mut whole
        } else {
            &mut sum
        }) += each;
    }
    println!("  {:20} {sum:7.0} ns", "sum of the parts");
    whole / sum
}

impl World {
    fn new(wanted: Algorithms) -> Self {
        let mut random = Random::new(0);
        let networks = networks::<Ipv4Addr>(NETWORKS, &mut random);
        let [header_secret, next_header_secret, payload, next_payload] =
            core::array::from_fn(|_| secret(&mut random));
        let bodies = bodies(BODY);
        let requests: Vec<_> = leaves(bodies.len(), wanted)
            .into_iter()
            .zip(bodies)
            .map(|(leaf, body)| {
                let body = with_payload(&body, &payload);
                let network = networks[random.below(networks.len())];
                Request {
                    leaf,
                    address: Ipv4Addr::within(network, &mut random).into(),
                    path: format!("/copyleaks/completed/{:016x}", random.number()),
                    headers: vec![
                        ("host", "hooks.example".to_owned()),
                        ("user-agent", "sender".to_owned()),
                        ("accept", "*/*".to_owned()),
                        ("content-type", "application/json; charset=utf-8".to_owned()),
                        ("x-webhook-secret", header_secret.clone()),
                        ("x-request-id", format!("{:016x}", random.number())),
                        ("content-length", body.len().to_string()),
                    ],
                    body,
                }
            })
            .collect();

        let thumbprints = requests
            .iter()
            .map(|request| request.leaf.thumbprint(Algorithm::Sha256));
        let thumbprints = ThumbprintSet::new(thumbprints).expect("there are leaves");
        let addresses = networks
            .into_iter()
            .fold(Allowlist::builder(), |list, network| {
                list.network(network.into())
            });
        let addresses = addresses.build().expect("the networks are in order");
        let header_ring = || ring(&[&header_secret, &next_header_secret]);
        let payload_ring = || ring(&[&payload, &next_payload]);
        let route = Route::parse("/copyleaks/{status}/{scan_id}", None);
        let policy =
            "client_certificate and header_secret and source_address and developer_payload";
        let guard = Guard::builder()
            .header_secret(
                "x-webhook-secret".parse().expect("a header name"),
                header_ring(),
            )
            .developer_payload(payload_ring())
            .route(GuardedRoute::new(
                route.expect("a template"),
                policy.parse().expect("a policy"),
            ));
        let now = 1_800_000_000;
        Self {
            requests,
            header_secrets: header_ring(),
            payload_secrets: payload_ring(),
            guard: guard.build().expect("all checks are there"),
            lists: Lists {
                thumbprints: Some(Snapshot::dated(thumbprints, at(now - 10), at(now + 10))),
                addresses: Some(Snapshot::fixed(addresses)),
            },
            now: at(now),
        }
    }

    fn each(&self, part: fn(&Self, &Request)) {
        for request in &self.requests {
            part(self, request);
        }
    }

    fn decide(&self, request: &Request) {
        let connection = Connection {
            client_address: Some(request.address),
            certificate: Some(ClientCertificate::Leaf(&request.leaf)),
        };
        let head = Head {
            method: "POST",
            authority: None,
            path: &request.path,
            headers: &request.headers,
            framing: Framing::Clear,
        };
        let step = self
            .guard
            .inspect(&self.lists, &connection, &head, self.now);
        let Step::NeedsBody(body) = step else {
            panic!("the policy needs the body");
        };
        let Step::NeedsBody(body) = body.push(request.body.as_bytes()) else {
            panic!("a body is judged at its end");
        };
        let verified = body.finish().admit(request);
        assert!(black_box(verified).is_ok());
    }

    fn certificate(&self, request: &Request) {
        let set = self.lists.thumbprints.as_ref().expect("a list").list();
        assert!(black_box(set.matches(&request.leaf, self.now)).is_ok());
    }

    fn header(&self, request: &Request) {
        let mut lines = request.headers.iter();
        let (_, value) = lines
            .find(|(name, _)| name.eq_ignore_ascii_case("x-webhook-secret"))
            .expect("the header is there");
        assert!(black_box(self.header_secrets.matches(value.as_bytes(), self.now)).is_ok());
    }

    fn address(&self, request: &Request) {
        let list = self.lists.addresses.as_ref().expect("a list").list();
        assert!(black_box(list.contains(request.address)));
    }

    fn payload(&self, request: &Request) {
        let mut scanner = PayloadScanner::new(KEY);
        let pushed = scanner.push(request.body.as_bytes());
        pushed.expect("the body is in order");
        let value = scanner.finish().expect("the body is in order");
        let value = value.expect("the key is there");
        assert!(black_box(self.payload_secrets.matches(value.as_bytes(), self.now)).is_ok());
    }
}

/// As good as a secret has to be here.
fn secret(random: &mut Random) -> String {
    format!("{:016x}{:016x}", random.number(), random.number())
}

fn ring(secrets: &[&str]) -> SecretRing {
    let labelled = secrets.iter().zip(["now", "next"]);
    let ring = labelled.fold(SecretRing::builder(), |ring, (secret, label)| {
        ring.secret(label, Secret::new(*secret).expect("it is long enough"))
    });
    ring.build().expect("the secrets differ")
}

fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}
