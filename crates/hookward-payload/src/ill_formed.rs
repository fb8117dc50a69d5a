//! Which bytes cannot stand beside each other in UTF-8.
//!
//! The method is that of Keiser and Lemire, [Validating UTF-8 In Less Than One Instruction Per Byte].
//!
//! [Validating UTF-8 In Less Than One Instruction Per Byte]: https://arxiv.org/abs/2010.03090

/// Each way in which two bytes cannot stand beside each other in UTF-8, as in table 3-7 of [the Unicode Standard, chapter 3]:
/// the high halves of the first byte, its low halves, and the high halves of the second byte, a bit for each of the 16.
/// A pair of bytes is such a way if it is in all three sets.
///
/// That a third or fourth byte follows its lead is not seen in pairs, so two continuation bytes in a row come last, where
/// those who use this weigh them against the lead before them.
///
/// [the Unicode Standard, chapter 3]: https://www.unicode.org/versions/Unicode16.0.0/core-spec/chapter-3/#G27506
const ILL_FORMED: [[u16; 3]; 8] = [
    // a lead byte, then none to continue it
    [0xF000, 0xFFFF, 0xF0FF],
    // ASCII, then a continuation
    [0x00FF, 0xFFFF, 0x0F00],
    // longer than needed: C0 and C1; E0 before 80 to 9F
    [0x1000, 0x0003, 0x0F00],
    [0x4000, 0x0001, 0x0300],
    // a surrogate: ED before A0 to BF
    [0x4000, 0x2000, 0x0C00],
    // past U+10FFFF: F4 and up before 90 to BF
    [0x8000, 0xFFF0, 0x0E00],
    // longer than needed, F0 before 80 to 8F; past U+10FFFF, F5 and up before them
    [0x8000, 0xFFE1, 0x0100],
    // two continuations
    [0x0F00, 0xFFFF, 0x0F00],
];

/// The ways whose high halves of the first byte match.
pub(crate) const FIRST_HIGH: [u8; 16] = ways(0);
/// The ways whose low halves of the first byte match.
pub(crate) const FIRST_LOW: [u8; 16] = ways(1);
/// The ways whose high halves of the second byte match.
pub(crate) const SECOND_HIGH: [u8; 16] = ways(2);

/// For each half byte, the ways of [`ILL_FORMED`] whose set number `set` it is in, a bit for each.
const fn ways(set: usize) -> [u8; 16] {
    let mut table = [0; 16];
    let mut half_byte = 0;
    while half_byte < 16 {
        let mut way = 0;
        while way < ILL_FORMED.len() {
            table[half_byte] |= ((ILL_FORMED[way][set] >> half_byte & 1) as u8) << way;
            way += 1;
        }
        half_byte += 1;
    }
    table
}
