//! Looking for a presented secret in a ring, against the bare hash of it: every entry is compared, wherever the match is.

use core::hint::black_box;
use core::time::Duration;

use hookward::{Secret, SecretRing};
use hookward_benches::race::{Contender, race};
use hookward_benches::random::Random;
use rustls_pki_types::UnixTime;
use sha2::{Digest, Sha256};

/// How many bytes a secret has: what `hookward secret` prints.
const LEN: usize = 43;

/// How often a pass looks for each secret of the largest ring.
const TIMES: usize = 40;

const ROUNDS: usize = 101;

const SIZES: [(usize, &str); 3] = [(1, "ring of 1"), (8, "ring of 8"), (64, "ring of 64")];

fn main() {
    let now = UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000));
    let mut random = Random::new(64);
    let largest = SIZES.map(|(entries, _)| entries)[SIZES.len() - 1];
    let secrets: Vec<String> = (0..largest).map(|_| secret(&mut random)).collect();
    let rings: Vec<_> = SIZES
        .iter()
        .map(|&(entries, name)| (name, entries, ring(&secrets[..entries])))
        .collect();

    let mut contenders = vec![Contender::new("sha2", || {
        for secret in (0..TIMES).flat_map(|_| &secrets) {
            black_box(Sha256::digest(secret));
        }
    })];
    for (name, entries, ring) in &rings {
        contenders.push(Contender::new(name, || {
            for (index, secret) in (0..TIMES).flat_map(|_| secrets.iter().enumerate()) {
                let found = ring.matches(black_box(secret.as_bytes()), now);
                assert_eq!(found.is_ok(), index < *entries);
            }
        }));
    }
    let results = race(ROUNDS, contenders);

    println!("secrets of {LEN} bytes, median of {ROUNDS} passes");
    for (contender, median) in results.medians() {
        let each = median.as_secs_f64() * 1e9 / (secrets.len() * TIMES) as f64;
        println!("  {contender:12} {each:7.0} ns");
    }
    for (_, name) in SIZES {
        println!(
            "{name} / sha2 = {:.2} times the time",
            results.ratio("sha2", name)
        );
    }
}

fn secret(random: &mut Random) -> String {
    (0..LEN)
        .map(|_| char::from(b'a' + random.below(26) as u8))
        .collect()
}

fn ring(secrets: &[String]) -> SecretRing {
    secrets
        .iter()
        .enumerate()
        .fold(SecretRing::builder(), |ring, (index, secret)| {
            let secret = Secret::new(secret.as_str()).expect("it is long enough");
            ring.secret(index.to_string(), secret)
        })
        .build()
        .expect("no two are alike")
}
