//! What is derived stands for one binding: its encoding reads back, and no other encodes alike.
//!
//! An input is six lines: purpose, audience and scan id of one binding, and of another.

#![no_main]

use std::sync::LazyLock;

use hookward_secret::{Binding, DerivationKey, Purpose};
use libfuzzer_sys::fuzz_target;

static KEY: LazyLock<DerivationKey> = LazyLock::new(|| {
    let mut bytes = [0; DerivationKey::MIN_LEN];
    getrandom::fill(&mut bytes).expect("random bytes");
    DerivationKey::new(bytes).expect("a key of the least length")
});

fuzz_target!(|text: &str| {
    let lines: Vec<&str> = text.splitn(6, '\n').collect();
    let &[
        purpose,
        audience,
        scan_id,
        other_purpose,
        other_audience,
        other_scan_id,
    ] = &lines[..]
    else {
        return;
    };
    let one = binding(purpose, audience, scan_id);
    let other = binding(other_purpose, other_audience, other_scan_id);
    for binding in [&one, &other] {
        let read = [
            DerivationKey::DOMAIN,
            binding.purpose.as_str(),
            binding.audience,
            binding.scan_id,
        ];
        assert_eq!(decoded(&encoded(binding)), read.map(str::as_bytes));
    }
    assert_eq!(encoded(&one) == encoded(&other), one == other);
    let (one_secret, other_secret) = (KEY.derive(&one), KEY.derive(&other));
    assert_eq!(one_secret.expose() == other_secret.expose(), one == other);
});

fn binding<'a>(purpose: &str, audience: &'a str, scan_id: &'a str) -> Binding<'a> {
    let purpose = match purpose {
        "header" => Purpose::Header,
        _ => Purpose::DeveloperPayload,
    };
    Binding {
        purpose,
        audience,
        scan_id,
    }
}

fn encoded(binding: &Binding<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    binding.encode(DerivationKey::DOMAIN, |piece| {
        bytes.extend_from_slice(piece)
    });
    bytes
}

/// Reads PASETO's pre-authentication encoding to its end.
fn decoded(bytes: &[u8]) -> Vec<&[u8]> {
    let mut rest = bytes;
    let count = number(&mut rest);
    let pieces = (0..count).map(|_| {
        let len = number(&mut rest);
        let (piece, after) = rest.split_at(len);
        rest = after;
        piece
    });
    let pieces = pieces.collect();
    assert!(rest.is_empty(), "bytes after the last piece");
    pieces
}

fn number(bytes: &mut &[u8]) -> usize {
    let (number, after) = bytes.split_first_chunk().expect("a number of 64 bits");
    *bytes = after;
    u64::from_le_bytes(*number).try_into().expect("a length")
}
