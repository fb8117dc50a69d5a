//! What the tests share. Keys are made at run time: none is written down.
#![allow(dead_code, reason = "no test uses all of it")]

use core::time::Duration;

use hookward_seal::{Claims, SealKey, SealRing, SealedPayload};
use hookward_secret::{Binding, Purpose, Ring};
use pasetors::keys::SymmetricKey;
use pasetors::version4::LocalToken;
use rustls_pki_types::UnixTime;

pub(crate) const BINDING: Binding<'static> = Binding {
    purpose: Purpose::DeveloperPayload,
    audience: "production",
    scan_id: "scan-1",
};

/// When the payloads of these tests are sealed, and when they expire, in seconds after 1970.
pub(crate) const SEALED: u64 = 1_780_000_000;
pub(crate) const EXPIRES: u64 = SEALED + 3_600;

pub(crate) fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

pub(crate) fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

pub(crate) fn ring_of(key: [u8; 32]) -> SealRing {
    let key = SealKey::new(key).unwrap();
    SealRing::new(Ring::builder().entry("only", key).build().unwrap())
}

pub(crate) fn claims() -> Claims<'static> {
    Claims::new(at(SEALED), at(EXPIRES)).unwrap()
}

pub(crate) fn sealed(ring: &SealRing) -> SealedPayload {
    ring.seal(&BINDING, &claims()).unwrap()
}

/// Claims that are valid when the payloads of these tests are sealed, as others write them.
pub(crate) const CLAIMS: &str =
    r#"{"exp": "2026-06-01T00:00:00+02:00", "iat": "2026-05-28T20:26:40.123Z"}"#;

/// A key that we and others have, and a ring with it.
pub(crate) struct Shared {
    pub(crate) ring: SealRing,
    key: [u8; 32],
}

impl Shared {
    pub(crate) fn new() -> Self {
        let key = random();
        Self {
            ring: ring_of(key),
            key,
        }
    }

    pub(crate) fn id(&self) -> String {
        SealKey::new(self.key).unwrap().id().to_owned()
    }

    /// The footer for [`BINDING`].
    pub(crate) fn footer(&self) -> String {
        format!(r#"{{"kid":"{}","aud":"production"}}"#, self.id())
    }

    /// What others make of these parts.
    pub(crate) fn token(&self, claims: &[u8], footer: Option<&str>, assertion: &[u8]) -> String {
        let key = SymmetricKey::from(&self.key).unwrap();
        let footer = footer.map(str::as_bytes);
        LocalToken::encrypt(&key, claims, footer, Some(assertion)).unwrap()
    }
}
