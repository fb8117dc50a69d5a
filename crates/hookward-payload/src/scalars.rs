//! Numbers and words, all those of a block at once.

use crate::classes::{BLOCK, Classify, DigitClasses};
use crate::number;

/// Where `scalars`, which are the bytes of numbers and words, are wrong: at least one place for each that is neither, among its bytes
/// or right behind them. Each is whole within the block and ends before it does.
#[inline(always)]
pub(crate) fn errors<C: Classify>(
    classes: C,
    block: C::Block,
    DigitClasses { digits, zeros }: DigitClasses,
    scalars: u64,
    bytes: &[u8; BLOCK],
) -> u64 {
    let starts = scalars & !(scalars << 1);
    let digits = scalars & digits;
    let zero_and_more = zeros & digits >> 1;
    let errors = starts & zero_and_more;
    let others = scalars & !digits;
    if others == 0 {
        return errors;
    }

    let minuses = starts & classes.minuses(block);
    let letters = classes.letters(block);
    // the places that the first letter of each word claims, and which of them have the letter that belongs there
    let first = starts & letters.first;
    let two = first | first << 1;
    let fifth = (first & letters.f) << 4;
    let claimed = two | two << 2 | fifth;
    let right = first | first << 1 & letters.second | two << 2 & letters.two_on | fifth & letters.e;
    let right = right & scalars;
    let errors = errors
        | minuses & !(digits >> 1)
        | minuses << 1 & zero_and_more
        | claimed & !right
        | right << 1 & scalars & !right;
    match others & !(minuses | right) {
        0 => errors,
        unusual => errors | unusual_errors(scalars, unusual, bytes),
    }
}

/// The starts of the runs of `scalars` that are no numbers, as far as they have `unusual` bytes.
#[inline(never)]
fn unusual_errors(scalars: u64, mut unusual: u64, bytes: &[u8; BLOCK]) -> u64 {
    let starts = scalars & !(scalars << 1);
    let ends = scalars & !(scalars >> 1);
    let mut errors = 0;
    while unusual != 0 {
        let at = unusual.trailing_zeros();
        let before = u64::MAX >> (63 - at);
        let start = (starts & before).ilog2();
        let end = (ends & !(before >> 1)).trailing_zeros();
        if !number::is_number(&bytes[start as usize..=end as usize]) {
            errors |= 1 << start;
        }
        // no run ends with the block, or it would be left to the next
        unusual &= u64::MAX << (end + 1);
    }
    errors
}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use alloc::vec::Vec;

    use super::*;
    use crate::classes::Plain;

    /// Where the first error is among `text`, which stands at `at` with commas around it.
    fn first_error(text: &str, at: usize) -> Option<usize> {
        let mut bytes = [b','; BLOCK];
        bytes[at..at + text.len()].copy_from_slice(text.as_bytes());
        let scalars = !Plain.punctuation(bytes).commas;
        let errors = errors(Plain, bytes, Plain.digits(bytes), scalars, &bytes);
        errors.checked_ilog2()?;
        Some(errors.trailing_zeros() as usize)
    }

    #[test]
    fn numbers_and_words_are_judged_where_they_stand() {
        for text in [
            "0", "-0", "10", "-1", "1.5e+7", "-0.0", "0e0", "true", "null", "false",
        ] {
            for at in 0..BLOCK - text.len() {
                assert_eq!(first_error(text, at), None, "{text} at {at}");
            }
        }
        for text in [
            "01", "-", "-x", "-01", "00", "--1", "1-2", "1.e5", ".5", "1.", "0x", "x", "+1", "1e",
            "nulll", "truetrue", "null1", "null-1", "1null", "-true", "tru", "t", "nul", "n",
            "fals", "f", "falst", "falls", "trul", "nall", "True", "t4ue", "\u{7F}",
        ] {
            for at in 0..BLOCK - text.len() {
                let error = first_error(text, at).expect(text);
                // the end of a word is missed where it should be
                let run = at..=at + text.len();
                assert!(run.contains(&error), "{text} at {at}: {error}");
            }
        }
    }

    #[test]
    fn each_of_many_is_judged() {
        let bytes = br#"0 -0 10 1.5e+7 true null -1 false,01 -x 1-2 1.e5 nulll 0x 9 -01 "#;
        let scalars = !(Plain.white(*bytes) | Plain.punctuation(*bytes).commas);
        let errors = errors(Plain, *bytes, Plain.digits(*bytes), scalars, bytes);
        let wrong: Vec<_> = (0..BLOCK).filter(|&at| errors >> at & 1 == 1).collect();
        // a word with more behind it is wrong for two reasons
        assert_eq!(wrong, [34, 37, 40, 44, 49, 53, 55, 61]);
    }
}
