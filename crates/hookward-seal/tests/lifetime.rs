//! A payload opens in its time, and in its key's.

mod common;

use core::time::Duration;

use common::{BINDING, EXPIRES, SEALED, at, claims, random, ring_of, sealed};
use hookward_seal::{Claims, OpenError, SealError, SealKey, SealRing};
use hookward_secret::{Mismatch, Ring, Window};

fn not_yet(now: u64) -> OpenError {
    OpenError::NotYetValid {
        now: at(now),
        issued_at: at(SEALED),
    }
}

fn expired(now: u64) -> OpenError {
    OpenError::Expired {
        now: at(now),
        expires_at: at(EXPIRES),
    }
}

#[test]
fn the_first_second_is_valid_and_the_one_of_expiry_is_not() {
    let ring = ring_of(random());
    let payload = sealed(&ring);
    let open = |now| ring.open(payload.expose(), &BINDING, at(now)).map(drop);
    assert_eq!(open(0), Err(not_yet(0)));
    assert_eq!(open(SEALED - 1), Err(not_yet(SEALED - 1)));
    assert_eq!(open(SEALED), Ok(()));
    assert_eq!(open(EXPIRES - 1), Ok(()));
    assert_eq!(open(EXPIRES), Err(expired(EXPIRES)));
    assert_eq!(open(u64::MAX), Err(expired(u64::MAX)));
}

#[test]
fn the_clock_skew_widens_both_ends_by_itself() {
    let skew = 300;
    let ring = ring_of(random())
        .with_clock_skew(Duration::from_secs(skew))
        .unwrap();
    let payload = sealed(&ring);
    let open = |now| ring.open(payload.expose(), &BINDING, at(now)).map(drop);
    assert_eq!(open(SEALED - skew - 1), Err(not_yet(SEALED - skew - 1)));
    assert_eq!(open(SEALED - skew), Ok(()));
    assert_eq!(open(EXPIRES + skew - 1), Ok(()));
    assert_eq!(open(EXPIRES + skew), Err(expired(EXPIRES + skew)));
    // Neither end of time overflows.
    assert_eq!(open(0), Err(not_yet(0)));
    assert_eq!(open(u64::MAX), Err(expired(u64::MAX)));
}

#[test]
fn a_skew_that_would_undo_expiry_is_refused() {
    let max = SealRing::MAX_CLOCK_SKEW;
    for given in [max + Duration::from_nanos(1), Duration::MAX] {
        let refused = ring_of(random()).with_clock_skew(given).unwrap_err();
        assert_eq!(refused, SealError::ClockSkew { given, max });
    }
}

#[test]
fn the_whole_range_of_times_can_be_sealed() {
    let ring = ring_of(random());
    let last = 253_402_300_799;
    let claims = Claims::new(at(0), at(last)).unwrap();
    let payload = ring.seal(&BINDING, &claims).unwrap();
    let open = |now| ring.open(payload.expose(), &BINDING, at(now));
    assert_eq!(open(0).unwrap().claims(), &claims);
    assert!(open(last - 1).is_ok());
    assert!(open(last).is_err() && open(u64::MAX).is_err());
}

#[test]
fn keys_rotate_without_losing_a_payload() {
    let (old, new) = (random(), random());
    let key = |bytes| SealKey::new(bytes).unwrap();
    let before = ring_of(old);
    let payload = sealed(&before);

    let until = Window::new(None, Some(at(EXPIRES))).unwrap();
    let from = Window::new(Some(at(SEALED + 10)), None).unwrap();
    let during = SealRing::new(
        Ring::builder()
            .entry_within("new", key(new), from)
            .entry_within("old", key(old), until)
            .build()
            .unwrap(),
    );
    let label = |payload: &str, now| {
        let opened = during.open(payload, &BINDING, at(now));
        opened.map(|opened| opened.key().label().to_owned())
    };
    assert_eq!(label(payload.expose(), SEALED + 10).as_deref(), Ok("old"));

    // The new key stands in front, but seals only what lies within its window.
    let early = during.seal(&BINDING, &claims()).unwrap();
    assert_eq!(label(early.expose(), SEALED).as_deref(), Ok("old"));
    let later = Claims::new(at(SEALED + 10), at(EXPIRES)).unwrap();
    let later = during.seal(&BINDING, &later).unwrap();
    assert_eq!(label(later.expose(), SEALED + 10).as_deref(), Ok("new"));

    let after = ring_of(new);
    assert!(
        after
            .open(later.expose(), &BINDING, at(SEALED + 10))
            .is_ok()
    );
    let removed = after.open(payload.expose(), &BINDING, at(SEALED + 10));
    assert_eq!(removed, Err(OpenError::Key(Mismatch::Unknown)));
}

#[test]
fn a_key_outside_its_window_is_told_only_to_the_authentic() {
    let bytes = random();
    let ring_within = |from, until| {
        let window = Window::new(from, until).unwrap();
        let key = SealKey::new(bytes).unwrap();
        SealRing::new(
            Ring::builder()
                .entry_within("only", key, window)
                .build()
                .unwrap(),
        )
    };
    let payload = sealed(&ring_of(bytes));
    let forged = {
        let (body, footer) = payload.expose().rsplit_once('.').unwrap();
        format!("{}AAA.{footer}", &body[..body.len() - 3])
    };
    // A minute of clock skew does not move the windows of keys.
    let skew = Duration::from_secs(60);
    for (ring, expected) in [
        (
            ring_within(Some(at(SEALED + 1)), None),
            Mismatch::NotYetValid {
                index: 0,
                not_before: at(SEALED + 1),
            },
        ),
        (
            ring_within(None, Some(at(SEALED - 1))),
            Mismatch::Expired {
                index: 0,
                not_after: at(SEALED - 1),
            },
        ),
    ] {
        let ring = ring.with_clock_skew(skew).unwrap();
        let open = |token: &str| ring.open(token, &BINDING, at(SEALED));
        assert_eq!(open(payload.expose()), Err(OpenError::Key(expected)));
        assert_eq!(open(&forged), Err(OpenError::NotAuthentic));
        assert_eq!(
            ring.seal(&BINDING, &claims()).unwrap_err(),
            SealError::NoKey {
                issued_at: at(SEALED),
                expires_at: at(EXPIRES)
            }
        );
    }
}
