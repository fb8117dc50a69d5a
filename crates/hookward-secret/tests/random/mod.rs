//! Secrets made at run time: none is written down.

use core::fmt::Write as _;

/// A secret of 64 hexadecimal digits, so that it is recognised wherever it is printed.
pub(crate) fn secret() -> String {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).unwrap();
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
