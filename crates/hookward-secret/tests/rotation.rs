//! Several secrets are valid at once, each in its own time.

mod random;

use core::time::Duration;

use hookward_secret::{Mismatch, Secret, SecretRing, Window};
use rustls_pki_types::UnixTime;

fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

fn ring_of(secret: &str) -> SecretRing {
    SecretRing::builder()
        .secret("only", Secret::new(secret).unwrap())
        .build()
        .unwrap()
}

#[test]
fn the_old_secret_ends_while_the_new_one_goes_on() {
    let (old, new) = (random::secret(), random::secret());
    let until = Window::new(None, Some(at(200))).unwrap();
    let from = Window::new(Some(at(100)), None).unwrap();
    let ring = SecretRing::builder()
        .secret_within("old", Secret::new(old.as_str()).unwrap(), until)
        .secret_within("new", Secret::new(new.as_str()).unwrap(), from)
        .build()
        .unwrap();
    let label = |secret: &str, now| ring.matches(secret.as_bytes(), at(now)).map(|m| m.label());

    assert_eq!(label(&old, 99), Ok("old"));
    assert_eq!(
        label(&new, 99),
        Err(Mismatch::NotYetValid {
            index: 1,
            not_before: at(100)
        })
    );
    for both in [100, 200] {
        assert_eq!(label(&old, both), Ok("old"));
        assert_eq!(label(&new, both), Ok("new"));
    }
    assert_eq!(
        label(&old, 201),
        Err(Mismatch::Expired {
            index: 0,
            not_after: at(200)
        })
    );
    assert_eq!(label(&new, 201), Ok("new"));
}

#[test]
fn a_match_names_its_entry() {
    let (first, second) = (random::secret(), random::secret());
    let window = Window::new(Some(at(1)), Some(at(9))).unwrap();
    let ring = SecretRing::builder()
        .secret("first", Secret::new(first).unwrap())
        .secret_within("second", Secret::new(second.as_str()).unwrap(), window)
        .build()
        .unwrap();
    let found = ring.matches(second.as_bytes(), at(5)).unwrap();
    assert_eq!(
        (found.label(), found.index(), found.window()),
        ("second", 1, window)
    );
    assert_eq!(ring.labels().collect::<Vec<_>>(), ["first", "second"]);
    assert_eq!(ring.len(), 2);
}

#[test]
fn the_longest_secret_matches_and_nothing_longer_does() {
    let longest = random::secret().repeat(8);
    assert_eq!(longest.len(), Secret::MAX_LEN);
    let ring = ring_of(&longest);
    assert!(ring.matches(longest.as_bytes(), at(0)).is_ok());
    for extra in [1, 1 << 20] {
        let longer = longest.clone() + &"0".repeat(extra);
        let refused = ring.matches(longer.as_bytes(), at(0));
        assert_eq!(refused.unwrap_err(), Mismatch::Unknown);
    }
}

#[test]
fn nothing_is_trimmed_or_folded() {
    let secret = random::secret();
    let ring = ring_of(&secret);
    for presented in [
        String::new(),
        format!(" {secret}"),
        format!("{secret}\n"),
        format!("{secret}\0"),
        format!("Bearer {secret}"),
        format!("{secret},{secret}"),
        secret.to_uppercase(),
    ] {
        let refused = ring.matches(presented.as_bytes(), at(0));
        assert_eq!(refused.unwrap_err(), Mismatch::Unknown);
    }
}

#[test]
fn a_shared_secret_is_seen_whatever_its_label_and_window() {
    let (shared, own) = (random::secret(), random::secret());
    let over = Window::new(None, Some(at(1))).unwrap();
    let header = SecretRing::builder()
        .secret("a", Secret::new(own.as_str()).unwrap())
        .secret("b", Secret::new(shared.as_str()).unwrap())
        .build()
        .unwrap();
    let payload = SecretRing::builder()
        .secret_within("c", Secret::new(shared).unwrap(), over)
        .build()
        .unwrap();
    assert!(header.shares_a_secret_with(&payload));
    assert!(payload.shares_a_secret_with(&header));
    assert!(!payload.shares_a_secret_with(&ring_of(&own)));
}
