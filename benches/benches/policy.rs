//! Deciding a policy, against the same condition written by hand.

use core::hint::black_box;

use hookward::{Check, Policy};
use hookward_benches::race::{Contender, Results, race};
use hookward_benches::random::Random;
use hookward_policy::{Level, Verdict};

/// How many combinations of levels a pass goes over: more than the branch predictor learns by heart.
const COMBINATIONS: usize = 4096;

const TIMES: usize = 16;

const ROUNDS: usize = 31;

/// The levels of the four checks.
#[derive(Clone, Copy)]
struct Levels {
    certificate: Level,
    payload: Level,
    header: Level,
    address: Level,
}

impl Levels {
    fn of(&self, check: Check) -> Level {
        match check {
            Check::ClientCertificate => self.certificate,
            Check::DeveloperPayload => self.payload,
            Check::HeaderSecret => self.header,
            Check::SourceAddress => self.address,
        }
    }
}

/// A policy's level as one would write it.
type ByHand = fn(&Levels) -> Level;

const POLICIES: [(&str, ByHand); 3] = [
    ("client_certificate", |levels| levels.certificate),
    (
        "client_certificate and (developer_payload or header_secret)",
        |levels| levels.certificate.min(levels.payload.max(levels.header)),
    ),
    (
        "2 of (client_certificate, developer_payload, header_secret, source_address)",
        |levels| {
            let mut all = [
                levels.certificate,
                levels.payload,
                levels.header,
                levels.address,
            ];
            all.sort_unstable();
            all[2]
        },
    ),
];

fn main() {
    let mut random = Random::new(0);
    let every = [Level::Fail, Level::Unavailable, Level::Pending, Level::Pass];
    let mut level = || every[random.below(every.len())];
    let combinations: Vec<_> = (0..COMBINATIONS)
        .map(|_| Levels {
            certificate: level(),
            payload: level(),
            header: level(),
            address: level(),
        })
        .collect();
    let measured: Vec<_> = POLICIES
        .into_iter()
        .map(|(text, by_hand)| (text, measure(text, by_hand, &combinations)))
        .collect();
    for (text, results) in measured {
        let ratio = results.ratio("by hand", "policy");
        println!("{text}: policy / by hand = {ratio:.2} times the time");
    }
}

fn measure(text: &str, by_hand: ByHand, combinations: &[Levels]) -> Results {
    let policy: Policy<Check> = text.parse().expect("the policy is in order");
    for levels in combinations {
        let decided = policy.decide(|check| levels.of(*check));
        assert_eq!(decided, decide(by_hand, levels));
    }
    let each = |decide: &dyn Fn(&Levels) -> Verdict| {
        for levels in (0..TIMES).flat_map(|_| combinations) {
            black_box(decide(levels));
        }
    };
    let results = race(
        ROUNDS,
        vec![
            Contender::new("policy", || {
                each(&|levels| policy.decide(|check| levels.of(*check)));
            }),
            Contender::new("by hand", || each(&|levels| decide(by_hand, levels))),
        ],
    );
    println!("{text}: {COMBINATIONS} combinations, median of {ROUNDS} passes");
    for (contender, median) in results.medians() {
        let each = median.as_secs_f64() * 1e9 / (COMBINATIONS * TIMES) as f64;
        println!("  {contender:20} {each:7.1} ns");
    }
    results
}

/// Takes what is pending as failed, and then as passed.
fn decide(level: ByHand, levels: &Levels) -> Verdict {
    let with = |pending: Level| {
        let taken = |level| {
            if level == Level::Pending {
                pending
            } else {
                level
            }
        };
        level(&Levels {
            certificate: taken(levels.certificate),
            payload: taken(levels.payload),
            header: taken(levels.header),
            address: taken(levels.address),
        })
    };
    if with(Level::Fail) == Level::Pass {
        return Verdict::Accept;
    }
    match with(Level::Pass) {
        Level::Fail => Verdict::Refuse,
        Level::Unavailable => Verdict::Unavailable,
        _ => Verdict::Undecided,
    }
}
