//! Matching a certificate whose digests are not at hand with a set of thumbprints, against the bare hashes that it takes.
//!
//! A set of one algorithm lists the certificate. A set of both does not: otherwise one hash might do.

use core::hint::black_box;
use core::time::Duration;

use hookward_benches::certificates::leaves;
use hookward_benches::race::{Contender, print_target, race};
use hookward_thumbprint::{Algorithm, Algorithms, Leaf, ThumbprintSet};
use rustls_pki_types::UnixTime;
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// How many certificates there are.
const LEAVES: usize = 24;

/// How many thumbprints of an algorithm a set holds.
const ENTRIES: usize = 8;

/// How often a pass goes over all certificates.
const TIMES: usize = 40;

const ROUNDS: usize = 101;

fn main() {
    let leaves = leaves(LEAVES, Algorithms::NONE);
    let now = UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000));
    let sha256 = sets(&leaves, 0, &[Algorithm::Sha256]);
    let both = sets(&leaves, 1, &[Algorithm::Sha1, Algorithm::Sha256]);
    let matching = |sets: &[ThumbprintSet], listed: bool| {
        for (leaf, set) in (0..TIMES).flat_map(|_| leaves.iter().zip(sets)) {
            assert_eq!(black_box(set.matches(leaf, now)).is_ok(), listed);
        }
    };
    let hashing = |hash: fn(&[u8])| {
        for leaf in (0..TIMES).flat_map(|_| &leaves) {
            hash(leaf.der());
        }
    };
    let sha2_alone = |der: &[u8]| {
        black_box(Sha256::digest(der));
    };
    let both_hashes = |der: &[u8]| {
        black_box((Sha1::digest(der), Sha256::digest(der)));
    };
    let results = race(
        ROUNDS,
        vec![
            Contender::new("set of SHA-256", || matching(&sha256, true)),
            Contender::new("sha2", || hashing(sha2_alone)),
            Contender::new("set of both", || matching(&both, false)),
            Contender::new("sha1 and sha2", || hashing(both_hashes)),
        ],
    );

    println!(
        "{LEAVES} certificates of about {} bytes, {ENTRIES} thumbprints of an algorithm, median of {ROUNDS} passes",
        hookward_benches::certificates::LEN
    );
    for (contender, median) in results.medians() {
        let each = median.as_secs_f64() * 1e9 / (LEAVES * TIMES) as f64;
        println!("  {contender:20} {each:7.0} ns");
    }
    for (set, hashes) in [("set of SHA-256", "sha2"), ("set of both", "sha1 and sha2")] {
        print_target(
            &format!("time, {set} / {hashes}"),
            results.ratio(hashes, set),
            "at most 1.10",
        );
    }
}

/// For each leaf a set of `ENTRIES` leaves, the first of which stands `beyond` places behind it.
fn sets(leaves: &[Leaf], beyond: usize, algorithms: &[Algorithm]) -> Vec<ThumbprintSet> {
    (0..leaves.len())
        .map(|leaf| {
            let listed = leaves.iter().cycle().skip(leaf + beyond).take(ENTRIES);
            let thumbprints = listed.flat_map(|leaf| {
                algorithms
                    .iter()
                    .map(|algorithm| leaf.thumbprint(*algorithm))
            });
            ThumbprintSet::new(thumbprints).expect("the set is not empty")
        })
        .collect()
}
