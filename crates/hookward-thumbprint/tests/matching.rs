//! Which certificates match a set, and which must not.

use core::time::Duration;

use hookward_thumbprint::{
    Algorithm, Algorithms, Leaf, Mismatch, Thumbprint, ThumbprintSet, ValidityDates,
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use rustls_pki_types::UnixTime;

const NOW: UnixTime = at(1_800_000_000);

const fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

fn self_signed(adjust: impl FnOnce(&mut CertificateParams)) -> rcgen::Certificate {
    let mut params = CertificateParams::new(["sender.example".into()]).unwrap();
    adjust(&mut params);
    params.self_signed(&KeyPair::generate().unwrap()).unwrap()
}

fn listing(algorithm: Algorithm, certificate: &rcgen::Certificate) -> ThumbprintSet {
    ThumbprintSet::new([Thumbprint::of(algorithm, certificate.der())]).unwrap()
}

#[test]
fn a_listed_certificate_matches_by_any_algorithm_cached_or_not() {
    let certificate = self_signed(|_| ());
    for algorithm in Algorithm::ALL {
        for wanted in [Algorithms::NONE, algorithm.into(), Algorithms::ALL] {
            let leaf = Leaf::parse(certificate.der(), wanted).unwrap();
            let listed = Thumbprint::of(algorithm, certificate.der());
            assert_eq!(
                listing(algorithm, &certificate).matches(&leaf, NOW),
                Ok(listed)
            );
        }
    }
}

#[test]
fn a_certificate_listed_twice_is_reported_by_its_longest_digest() {
    let certificate = self_signed(|_| ());
    let by = |algorithm| Thumbprint::of(algorithm, certificate.der());
    let set = ThumbprintSet::new([by(Algorithm::Sha1), by(Algorithm::Sha256)]).unwrap();
    let leaf = Leaf::parse(certificate.der(), Algorithms::NONE).unwrap();
    assert_eq!(set.matches(&leaf, NOW), Ok(by(Algorithm::Sha256)));
}

#[test]
fn a_certificate_authority_and_a_certificate_without_names_are_leaves_like_any() {
    for certificate in [
        self_signed(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
        self_signed(|params| params.distinguished_name = rcgen::DistinguishedName::new()),
    ] {
        let leaf = Leaf::parse(certificate.der(), Algorithms::NONE).unwrap();
        assert!(
            listing(Algorithm::Sha256, &certificate)
                .matches(&leaf, NOW)
                .is_ok()
        );
    }
}

/// A forger can copy everything but the key.
#[test]
fn a_certificate_with_the_same_names_and_dates_does_not_match() {
    let (genuine, forged) = (self_signed(|_| ()), self_signed(|_| ()));
    let leaf = Leaf::parse(forged.der(), Algorithms::ALL).unwrap();
    let copied = Leaf::parse(genuine.der(), Algorithms::ALL).unwrap();
    assert_eq!(
        (leaf.subject(), leaf.issuer()),
        (copied.subject(), copied.issuer())
    );
    for algorithm in Algorithm::ALL {
        assert_eq!(
            listing(algorithm, &genuine).matches(&leaf, NOW),
            Err(Mismatch::NotListed)
        );
    }
}

#[test]
fn the_issuer_of_a_listed_certificate_does_not_match() {
    let issuer_key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = params.self_signed(&issuer_key).unwrap();
    let issuer_of = rcgen::Issuer::from_params(&params, &issuer_key);
    let issued = CertificateParams::new(["sender.example".into()])
        .unwrap()
        .signed_by(&KeyPair::generate().unwrap(), &issuer_of)
        .unwrap();

    for (listed, presented) in [(&issued, &issuer), (&issuer, &issued)] {
        let leaf = Leaf::parse(presented.der(), Algorithms::NONE).unwrap();
        let set = listing(Algorithm::Sha256, listed);
        assert_eq!(set.matches(&leaf, NOW), Err(Mismatch::NotListed));
    }
}

/// The digest of the PEM text is a common mistake. It lists nothing.
#[test]
fn the_digest_of_the_pem_text_does_not_match() {
    let certificate = self_signed(|_| ());
    let leaf = Leaf::parse(certificate.der(), Algorithms::NONE).unwrap();
    let of_pem = Thumbprint::of(Algorithm::Sha256, certificate.pem().as_bytes());
    let set = ThumbprintSet::new([of_pem]).unwrap();
    assert_eq!(set.matches(&leaf, NOW), Err(Mismatch::NotListed));
}

/// If digests were compared by prefix, the first 20 bytes of a SHA-256 would list a certificate as SHA-1.
#[test]
fn a_digest_listed_under_another_algorithm_does_not_match() {
    let certificate = self_signed(|_| ());
    let leaf = Leaf::parse(certificate.der(), Algorithms::ALL).unwrap();
    let longest = leaf.thumbprint(Algorithm::Sha512);
    for algorithm in [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha384] {
        let prefix = &longest.as_bytes()[..algorithm.digest_len()];
        let set = ThumbprintSet::new([Thumbprint::from_bytes(algorithm, prefix).unwrap()]).unwrap();
        assert_eq!(set.matches(&leaf, NOW), Err(Mismatch::NotListed));
    }
}

#[test]
fn validity_dates_are_inclusive_and_both_sides_are_reported() {
    let certificate = self_signed(|params| {
        params.not_before = rcgen::date_time_ymd(2026, 1, 1);
        params.not_after = rcgen::date_time_ymd(2026, 1, 2);
    });
    let leaf = Leaf::parse(certificate.der(), Algorithms::NONE).unwrap();
    let (not_before, not_after) = (at(1_767_225_600), at(1_767_312_000));
    let (early, late) = (at(1_767_225_599), at(1_767_312_001));

    let thumbprint = Thumbprint::of(Algorithm::Sha256, certificate.der());
    let set = ThumbprintSet::new([thumbprint]).unwrap();
    assert_eq!(set.validity_dates(), ValidityDates::Enforce);
    assert_eq!(set.matches(&leaf, not_before), Ok(thumbprint));
    assert_eq!(set.matches(&leaf, not_after), Ok(thumbprint));
    assert_eq!(
        set.matches(&leaf, early),
        Err(Mismatch::NotYetValid {
            now: early,
            not_before,
            thumbprint
        })
    );
    assert_eq!(
        set.matches(&leaf, late),
        Err(Mismatch::Expired {
            now: late,
            not_after,
            thumbprint
        })
    );

    let ignoring = set.with_validity_dates(ValidityDates::Ignore);
    assert_eq!(ignoring.matches(&leaf, early), Ok(thumbprint));
    assert_eq!(ignoring.matches(&leaf, late), Ok(thumbprint));
}

#[test]
fn an_unlisted_certificate_is_not_listed_whatever_its_dates() {
    let expired = self_signed(|params| params.not_after = rcgen::date_time_ymd(2020, 1, 1));
    let leaf = Leaf::parse(expired.der(), Algorithms::NONE).unwrap();
    let set = listing(Algorithm::Sha256, &self_signed(|_| ()));
    assert_eq!(set.matches(&leaf, NOW), Err(Mismatch::NotListed));
    let set = set.with_validity_dates(ValidityDates::Ignore);
    assert_eq!(set.matches(&leaf, NOW), Err(Mismatch::NotListed));
}
