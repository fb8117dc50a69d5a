//! Who gets through the handshake, and with which leaf.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{Identity, Pair, Server, VERSIONS, carry, listing};
use hookward_rustls::{LeafError, leaf};
use hookward_thumbprint::{Algorithm, Algorithms, Mismatch};
use rcgen::{BasicConstraints, IsCa, KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};
use rustls::client::ResolvesClientCert;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::UnixTime;
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, Error, ServerConnection, SignatureScheme};

fn leaf_der(connection: &ServerConnection) -> Option<Vec<u8>> {
    let leaf = leaf(connection, Algorithms::NONE).unwrap();
    leaf.map(|leaf| leaf.der().to_vec())
}

fn of_every_key_type() -> Vec<Identity> {
    let keys = [
        KeyPair::generate().unwrap(),
        KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap(),
        KeyPair::generate_for(&PKCS_ED25519).unwrap(),
        #[cfg(feature = "tests-with-programs")]
        crate::support::rsa_key(),
    ];
    keys.map(|key| Identity::with_key(key, |_| ())).into()
}

#[test]
fn the_leaf_of_every_key_type_is_handed_on() {
    for sender in of_every_key_type() {
        for server in [Server::observing(), Server::requiring(&sender)] {
            for version in VERSIONS {
                let client = server.client(version, Some(sender.resolver()));
                let connection = server.connect(&client).unwrap();
                assert_eq!(connection.protocol_version(), Some(version.version));
                assert_eq!(
                    leaf_der(&connection).as_deref(),
                    Some(&sender.certificate[..])
                );
                let leaf = leaf(&connection, Algorithm::Sha256.into())
                    .unwrap()
                    .unwrap();
                assert!(listing(&sender).matches(&leaf, UnixTime::now()).is_ok());
            }
        }
    }
}

/// Certificates are public. The attacker has the listed one, and a key of the same type or of another.
#[test]
fn somebody_elses_certificate_fails_the_handshake() {
    let victims = of_every_key_type();
    let attackers = of_every_key_type();
    for victim in &victims {
        for server in [Server::observing(), Server::requiring(victim)] {
            for (attacker, version) in attackers.iter().flat_map(|a| VERSIONS.map(|v| (a, v))) {
                let stolen = attacker.presenting(vec![victim.certificate.clone()]);
                let mut pair = Pair::new(&server.client(version, Some(stolen)), &server.config);
                let error = pair.shake_hands().unwrap_err();
                if attacker.key.algorithm() == victim.key.algorithm() {
                    assert_eq!(error, CertificateError::BadSignature.into());
                } else {
                    assert!(matches!(error, Error::InvalidCertificate(_)), "{error:?}");
                }
                assert_eq!(
                    leaf(&pair.server, Algorithms::NONE).unwrap_err(),
                    LeafError::HandshakeNotFinished
                );
            }
        }
    }
}

#[test]
fn a_client_without_a_certificate_is_observed_without_a_leaf() {
    let server = Server::observing();
    for version in VERSIONS {
        let connection = server.connect(&server.client(version, None)).unwrap();
        assert_eq!(leaf_der(&connection), None);
    }
}

#[test]
fn a_client_without_a_certificate_is_refused_where_one_is_required() {
    let server = Server::requiring(&Identity::new(|_| ()));
    for version in VERSIONS {
        let error = server.connect(&server.client(version, None)).unwrap_err();
        assert_eq!(error, Error::NoCertificatesPresented);
    }
}

#[test]
fn an_unlisted_certificate_is_observed_and_left_to_the_list() {
    let server = Server::observing();
    let stranger = Identity::new(|_| ());
    for version in VERSIONS {
        let client = server.client(version, Some(stranger.resolver()));
        let connection = server.connect(&client).unwrap();
        let leaf = leaf(&connection, Algorithms::NONE).unwrap().unwrap();
        let list = listing(&Identity::new(|_| ()));
        assert_eq!(
            list.matches(&leaf, UnixTime::now()),
            Err(Mismatch::NotListed)
        );
    }
}

#[test]
fn an_unlisted_certificate_is_refused_where_a_listed_one_is_required() {
    let server = Server::requiring(&Identity::new(|_| ()));
    let stranger = Identity::new(|_| ());
    for version in VERSIONS {
        let client = server.client(version, Some(stranger.resolver()));
        let error = server.connect(&client).unwrap_err();
        assert_eq!(
            error,
            CertificateError::ApplicationVerificationFailure.into()
        );
    }
}

/// Anyone can send a listed certificate along behind a leaf of his own.
#[test]
fn a_listed_certificate_behind_the_leaf_counts_for_nothing() {
    let (listed, attacker) = (Identity::new(|_| ()), Identity::new(|_| ()));
    let chain = || {
        attacker.presenting(vec![
            attacker.certificate.clone(),
            listed.certificate.clone(),
        ])
    };
    let (observing, requiring) = (Server::observing(), Server::requiring(&listed));
    for version in VERSIONS {
        let connection = observing
            .connect(&observing.client(version, Some(chain())))
            .unwrap();
        assert_eq!(
            leaf_der(&connection).as_deref(),
            Some(&attacker.certificate[..])
        );

        let error = requiring
            .connect(&requiring.client(version, Some(chain())))
            .unwrap_err();
        assert_eq!(
            error,
            CertificateError::ApplicationVerificationFailure.into()
        );
    }
}

/// What path building would refuse: a certificate authority's own certificate as the leaf.
#[test]
fn a_certificate_authority_is_a_leaf_like_any() {
    let sender = Identity::new(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    for server in [Server::observing(), Server::requiring(&sender)] {
        for version in VERSIONS {
            let client = server.client(version, Some(sender.resolver()));
            let connection = server.connect(&client).unwrap();
            assert_eq!(
                leaf_der(&connection).as_deref(),
                Some(&sender.certificate[..])
            );
        }
    }
}

#[test]
fn dates_are_left_to_the_list() {
    let expired = Identity::new(|params| params.not_after = rcgen::date_time_ymd(2020, 1, 1));
    let early = Identity::new(|params| params.not_before = rcgen::date_time_ymd(3000, 1, 1));
    type Test = fn(&CertificateError) -> bool;
    let is_expired: Test = |error| matches!(error, CertificateError::ExpiredContext { .. });
    let is_early: Test = |error| matches!(error, CertificateError::NotValidYetContext { .. });
    for (sender, is_refused) in [(expired, is_expired), (early, is_early)] {
        let (observing, requiring) = (Server::observing(), Server::requiring(&sender));
        for version in VERSIONS {
            let client = observing.client(version, Some(sender.resolver()));
            let connection = observing.connect(&client).unwrap();
            assert_eq!(
                leaf_der(&connection).as_deref(),
                Some(&sender.certificate[..])
            );

            let client = requiring.client(version, Some(sender.resolver()));
            match requiring.connect(&client).unwrap_err() {
                Error::InvalidCertificate(error) => assert!(is_refused(&error), "{error:?}"),
                error => panic!("refused for another reason: {error}"),
            }
        }
    }
}

/// Presents a certificate only after checking that the server did not say whose it wants.
#[derive(Debug)]
struct Unhinted {
    identity: Arc<dyn ResolvesClientCert>,
    asked: AtomicUsize,
}

impl ResolvesClientCert for Unhinted {
    fn resolve(&self, hints: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        assert!(hints.is_empty());
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.identity.resolve(hints, schemes)
    }

    fn has_certs(&self) -> bool {
        true
    }
}

#[test]
fn the_server_asks_without_naming_authorities() {
    let sender = Identity::new(|_| ());
    for server in [Server::observing(), Server::requiring(&sender)] {
        for version in VERSIONS {
            let identity = Arc::new(Unhinted {
                identity: sender.resolver(),
                asked: 0.into(),
            });
            let connection = server
                .connect(&server.client(version, Some(identity.clone())))
                .unwrap();
            assert_eq!(identity.asked.load(Ordering::Relaxed), 1);
            assert!(leaf_der(&connection).is_some());
        }
    }
}

#[test]
fn there_is_no_leaf_before_the_handshake_is_finished() {
    let server = Server::observing();
    for version in VERSIONS {
        let client = server.client(version, Some(Identity::new(|_| ()).resolver()));
        let mut pair = Pair::new(&client, &server.config);
        while pair.server.is_handshaking() {
            let unfinished = leaf(&pair.server, Algorithms::NONE).unwrap_err();
            assert_eq!(unfinished, LeafError::HandshakeNotFinished);
            carry(&mut pair.client, &mut pair.server).unwrap();
            carry(&mut pair.server, &mut pair.client).unwrap();
        }
        assert!(leaf_der(&pair.server).is_some());
    }
}

#[test]
fn no_provider_is_installed_for_the_process() {
    let sender = Identity::new(|_| ());
    for server in [Server::observing(), Server::requiring(&sender)] {
        let client = server.client(VERSIONS[1], Some(sender.resolver()));
        server.connect(&client).unwrap();
    }
    assert!(CryptoProvider::get_default().is_none());
}
