//! What the tests share. Keys are made at run time: none is written down.
#![allow(dead_code, reason = "no test uses all of it")]

use core::time::Duration;

use hookward_seal::{Claims, SealKey, SealRing, SealedPayload};
use hookward_secret::{Binding, Purpose, Ring};
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
