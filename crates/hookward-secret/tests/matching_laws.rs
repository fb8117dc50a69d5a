//! What holds for every ring, every presented value and every moment.

mod random;

use core::time::Duration;

use hookward_secret::{Mismatch, Secret, SecretRing, Window};
use proptest::prelude::*;
use proptest::sample::Index;
use rustls_pki_types::UnixTime;

fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

/// A secret and the bounds of its window.
type Entry = (String, Option<u64>, Option<u64>);

/// Secrets made at run time; their windows have both bounds, one or none.
fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let bounds = prop_oneof![
        Just((None, None)),
        (0_u64..9).prop_map(|start| (Some(start), None)),
        (0_u64..9).prop_map(|end| (None, Some(end))),
        (0_u64..9, 0_u64..9).prop_map(|(start, len)| (Some(start), Some(start + len))),
    ];
    let entry = bounds.prop_map(|(start, end)| (random::secret(), start, end));
    prop::collection::vec(entry, 1..=SecretRing::MAX_ENTRIES)
}

/// The ring of `entries`, in the given order and labelled with their places among `entries`.
fn ring(entries: &[Entry], order: impl IntoIterator<Item = usize>) -> SecretRing {
    order
        .into_iter()
        .fold(SecretRing::builder(), |builder, place| {
            let (secret, start, end) = &entries[place];
            let window = Window::new(start.map(at), end.map(at)).unwrap();
            let secret = Secret::new(secret.as_str()).unwrap();
            builder.secret_within(place.to_string(), secret, window)
        })
        .build()
        .unwrap()
}

proptest! {
    #[test]
    fn every_secret_is_found_and_its_own_window_decides(
        entries in entries(),
        now in 0_u64..20,
    ) {
        let ring = ring(&entries, 0..entries.len());
        for (index, (secret, start, end)) in entries.iter().enumerate() {
            let expected = match (start, end) {
                (&Some(start), _) if now < start => {
                    Err(Mismatch::NotYetValid { index, not_before: at(start) })
                }
                (_, &Some(end)) if end < now => {
                    Err(Mismatch::Expired { index, not_after: at(end) })
                }
                _ => Ok(index),
            };
            let found = ring.matches(secret.as_bytes(), at(now)).map(|found| found.index());
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn the_answer_does_not_depend_on_the_position(
        (entries, order) in entries().prop_flat_map(|entries| {
            let order: Vec<_> = (0..entries.len()).collect();
            (Just(entries), Just(order).prop_shuffle())
        }),
        now in 0_u64..20,
    ) {
        let in_order = ring(&entries, 0..entries.len());
        let shuffled = ring(&entries, order);
        for (secret, ..) in &entries {
            let answer = |ring: &SecretRing| {
                let found = ring.matches(secret.as_bytes(), at(now)).ok()?;
                Some((found.label().to_owned(), found.window()))
            };
            prop_assert_eq!(answer(&in_order), answer(&shuffled));
        }
    }

    #[test]
    fn nothing_but_the_secret_matches(
        entries in entries(),
        victim in any::<Index>(),
        byte in any::<Index>(),
        bit in 0..8,
        cut in any::<Index>(),
        tail in prop::collection::vec(any::<u8>(), 1..64),
        arbitrary in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        let ring = ring(&entries, 0..entries.len());
        let secret = victim.get(&entries).0.as_bytes();
        let mut flipped = secret.to_vec();
        flipped[byte.index(secret.len())] ^= 1_u8 << bit;
        let truncated = &secret[..cut.index(secret.len())];
        let extended = [secret, &tail].concat();
        for presented in [&flipped[..], truncated, &extended, &arbitrary] {
            let refused = ring.matches(presented, at(5));
            prop_assert_eq!(refused.unwrap_err(), Mismatch::Unknown);
        }
    }
}
