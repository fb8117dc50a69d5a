//! A resumed session calls no verifier. What that may and may not bring.

use alloc::sync::Arc;
use std::sync::RwLock;

use crate::support::{Identity, Pair, Server, VERSIONS, carry, listing, provider};
use hookward_rustls::{Admit, LeafError, PossessionVerifier, leaf};
use hookward_thumbprint::{Algorithms, Leaf, Mismatch, ThumbprintSet};
use rustls::pki_types::UnixTime;
use rustls::{CertificateError, HandshakeKind};

#[test]
fn a_resumed_connection_has_the_leaf_again_and_the_list_decides_again() {
    let sender = Identity::new(|_| ());
    let server = Server::observing();
    for version in VERSIONS {
        let client = server.client(version, Some(sender.resolver()));
        for kind in [
            HandshakeKind::Full,
            HandshakeKind::Resumed,
            HandshakeKind::Resumed,
        ] {
            let connection = server.connect(&client).unwrap();
            assert_eq!(connection.handshake_kind(), Some(kind));
            let leaf = leaf(&connection, Algorithms::NONE).unwrap().unwrap();
            assert_eq!(leaf.der(), &sender.certificate[..]);
            // Matched per request: listed a moment ago, and not any more.
            assert!(listing(&sender).matches(&leaf, UnixTime::now()).is_ok());
            let changed = listing(&Identity::new(|_| ()));
            assert_eq!(
                changed.matches(&leaf, UnixTime::now()),
                Err(Mismatch::NotListed)
            );
        }
    }
}

#[test]
fn a_session_without_a_certificate_resumes_without_one() {
    let server = Server::observing();
    for version in VERSIONS {
        let client = server.client(version, None);
        for kind in [HandshakeKind::Full, HandshakeKind::Resumed] {
            let connection = server.connect(&client).unwrap();
            assert_eq!(connection.handshake_kind(), Some(kind));
            assert!(leaf(&connection, Algorithms::NONE).unwrap().is_none());
        }
    }
}

/// Whoever overhears a client can repeat its first message. rustls then knows whose certificate the named session had,
/// before it turns out that the other side lacks the keys.
#[test]
fn repeating_a_first_message_is_not_having_the_session() {
    let sender = Identity::new(|_| ());
    let server = Server::observing();
    for version in VERSIONS {
        let client = server.client(version, Some(sender.resolver()));
        server.connect(&client).unwrap();

        let mut overheard = Pair::new(&client, &server.config);
        carry(&mut overheard.client, &mut overheard.server).unwrap();
        assert!(
            overheard.server.peer_certificates().is_some(),
            "{version:?}"
        );
        assert_eq!(
            leaf(&overheard.server, Algorithms::NONE).unwrap_err(),
            LeafError::HandshakeNotFinished
        );
    }
}

/// A list that changes while the server runs.
#[derive(Debug)]
struct Changing(RwLock<ThumbprintSet>);

impl Admit for Changing {
    fn wanted(&self) -> Algorithms {
        self.0.read().unwrap().algorithms()
    }

    fn admit(&self, leaf: &Leaf, now: UnixTime) -> Result<(), Mismatch> {
        self.0.read().unwrap().admit(leaf, now)
    }
}

#[test]
fn where_a_listed_certificate_is_required_a_session_does_not_outlive_the_listing() {
    let sender = Identity::new(|_| ());
    for version in VERSIONS {
        let list = Arc::new(Changing(listing(&sender).into()));
        let server = Server::new(PossessionVerifier::require(&provider(), list.clone()));
        let client = server.client(version, Some(sender.resolver()));
        for _ in 0..2 {
            let connection = server.connect(&client).unwrap();
            assert_eq!(connection.handshake_kind(), Some(HandshakeKind::Full));
        }

        *list.0.write().unwrap() = listing(&Identity::new(|_| ()));
        let error = server.connect(&client).unwrap_err();
        assert_eq!(
            error,
            CertificateError::ApplicationVerificationFailure.into()
        );
    }
}

/// Otherwise a session begun where anyone is let in could be resumed where a certificate is required.
#[test]
fn a_session_is_resumed_by_no_other_configuration() {
    let (sender, own) = (Identity::new(|_| ()), Identity::new(|_| ()));
    let observing = || PossessionVerifier::observe(&provider());
    let requiring = || PossessionVerifier::require(&provider(), Arc::new(listing(&sender)));
    for version in VERSIONS {
        let first = Server::with_identity(observing(), &own);
        let client = first.client(version, Some(sender.resolver()));
        first.connect(&client).unwrap();
        for verifier in [observing(), requiring()] {
            let other = Server::with_identity(verifier, &own);
            let connection = other.connect(&client).unwrap();
            assert_eq!(connection.handshake_kind(), Some(HandshakeKind::Full));
        }
    }
}

#[test]
fn early_data_is_never_offered() {
    let server = Server::observing();
    for version in VERSIONS {
        let client = server.client(version, None);
        assert!(client.enable_early_data);
        server.connect(&client).unwrap();

        let mut pair = Pair::new(&client, &server.config);
        assert!(pair.client.early_data().is_none());
        pair.shake_hands().unwrap();
        assert_eq!(pair.server.handshake_kind(), Some(HandshakeKind::Resumed));
        assert!(pair.server.early_data().is_none());
    }
}

#[test]
fn the_application_protocol_is_agreed_on() {
    let server = Server::observing();
    for version in VERSIONS {
        let connection = server.connect(&server.client(version, None)).unwrap();
        assert_eq!(connection.alpn_protocol(), Some(&b"http/1.1"[..]));
    }
}
