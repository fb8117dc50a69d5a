//! Laws that hold for every input.

use core::time::Duration;

use base64ct::{Base64, Base64Unpadded, Base64Url, Base64UrlUnpadded, Encoding};
use hookward_thumbprint::{Algorithm, Leaf, SpkiPin, Thumbprint, ThumbprintSet};
use proptest::prelude::*;
use rustls_pki_types::UnixTime;

fn algorithm() -> impl Strategy<Value = Algorithm> {
    prop::sample::select(Algorithm::ALL.to_vec())
}

fn thumbprint() -> impl Strategy<Value = Thumbprint> {
    (algorithm(), prop::collection::vec(any::<u8>(), 64)).prop_map(|(algorithm, bytes)| {
        Thumbprint::from_bytes(algorithm, &bytes[..algorithm.digest_len()]).unwrap()
    })
}

proptest! {
    #[test]
    fn printing_and_parsing_are_inverse(thumbprint in thumbprint()) {
        let text = thumbprint.to_string();
        prop_assert_eq!(text.parse(), Ok(thumbprint));
        prop_assert_eq!(Thumbprint::from_bytes(thumbprint.algorithm(), thumbprint.as_bytes()), Ok(thumbprint));
    }

    #[test]
    fn case_and_separators_do_not_matter(
        thumbprint in thumbprint(),
        uppercase in any::<bool>(),
        separators in prop::collection::vec(prop::sample::select(vec!["", ":", " "]), 64),
    ) {
        let mut text = String::new();
        for (i, byte) in thumbprint.as_bytes().iter().enumerate() {
            let separator = if i == 0 { "" } else { separators[i] };
            text += separator;
            text += &if uppercase { format!("{byte:02X}") } else { format!("{byte:02x}") };
        }
        prop_assert_eq!(Thumbprint::from_hex(thumbprint.algorithm(), &text), Ok(thumbprint));
    }

    #[test]
    fn every_base64_form_reads_back(thumbprint in thumbprint()) {
        let mut buffer = [0; 88];
        let bytes = thumbprint.as_bytes();
        for encode in [Base64::encode, Base64Unpadded::encode, Base64Url::encode, Base64UrlUnpadded::encode] {
            let text = encode(bytes, &mut buffer).unwrap();
            prop_assert_eq!(Thumbprint::from_base64(thumbprint.algorithm(), text), Ok(thumbprint));
        }
    }

    /// Base64 has one text for each value and form: what reads back prints the same.
    #[test]
    fn base64_that_is_accepted_is_canonical(text in "[A-Za-z0-9+/_=-]{26,28}") {
        if let Ok(thumbprint) = Thumbprint::from_base64(Algorithm::Sha1, &text) {
            let mut buffer = [0; 28];
            let standard = Base64::encode(thumbprint.as_bytes(), &mut buffer).unwrap();
            let normalised = text.replace('-', "+").replace('_', "/");
            prop_assert_eq!(standard.trim_end_matches('='), normalised.trim_end_matches('='));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>(), algorithm in algorithm()) {
        let _ = text.parse::<Thumbprint>();
        let _ = text.parse::<SpkiPin>();
        let _ = Thumbprint::from_hex(algorithm, &text);
        let _ = Thumbprint::from_base64(algorithm, &text);
    }

    #[test]
    fn a_set_agrees_with_a_linear_scan(
        listed in prop::collection::vec(thumbprint(), 1..40),
        other in thumbprint(),
    ) {
        let set = ThumbprintSet::new(listed.iter().copied()).unwrap();
        let mut sorted = listed.clone();
        sorted.sort();
        sorted.dedup();
        prop_assert!(set.iter().eq(&sorted));
        prop_assert!(listed.iter().all(|thumbprint| set.contains(thumbprint)));
        prop_assert_eq!(set.contains(&other), listed.contains(&other));
        prop_assert!(listed.iter().all(|t| set.algorithms().contains(t.algorithm())));
    }

    /// Which digests were computed early is a matter of speed alone.
    #[test]
    fn what_was_wanted_never_changes_a_match(
        wanted in prop::collection::vec(algorithm(), 0..4),
        listed_by in algorithm(),
        is_listed in any::<bool>(),
        others in prop::collection::vec(thumbprint(), 1..4),
    ) {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new([]).unwrap().self_signed(&key).unwrap();
        let leaf = Leaf::parse(certificate.der(), wanted.into_iter().collect()).unwrap();
        let expected = Thumbprint::of(listed_by, certificate.der());
        let set = ThumbprintSet::new(others.into_iter().chain(is_listed.then_some(expected))).unwrap();
        let now = UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000));
        prop_assert_eq!(set.matches(&leaf, now).ok(), is_listed.then_some(expected));
    }
}
