//! What is read as a digest is read again as it is printed, and in every other form of the same bytes.

#![no_main]

use hookward_thumbprint::{Algorithm, SpkiPin, Thumbprint};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for algorithm in Algorithm::ALL {
        let read = [
            Thumbprint::from_hex(algorithm, text).ok(),
            Thumbprint::from_base64(algorithm, text).ok(),
            text.parse().ok(),
        ];
        for thumbprint in read.into_iter().flatten() {
            check(thumbprint);
        }
    }
    let pins = [
        SpkiPin::from_hex(text),
        SpkiPin::from_base64(text),
        text.parse(),
    ];
    for pin in pins.into_iter().flatten() {
        assert_eq!(pin.to_string().parse(), Ok(pin));
        assert_eq!(SpkiPin::from_bytes(pin.as_bytes()), Ok(pin));
    }
});

fn check(thumbprint: Thumbprint) {
    let (algorithm, printed) = (thumbprint.algorithm(), thumbprint.to_string());
    assert_eq!(printed.parse(), Ok(thumbprint));
    assert_eq!(
        Thumbprint::from_bytes(algorithm, thumbprint.as_bytes()),
        Ok(thumbprint)
    );
    let (_, digits) = printed.split_once(':').expect("the algorithm comes first");
    assert_eq!(digits.len(), 2 * algorithm.digest_len());
    let spaced: String = digits
        .to_uppercase()
        .as_bytes()
        .chunks(2)
        .flat_map(|pair| [char::from(pair[0]), char::from(pair[1]), ' '])
        .collect();
    assert_eq!(
        Thumbprint::from_hex(algorithm, spaced.trim_end()),
        Ok(thumbprint)
    );
}
