//! Moments as PASETO claims write them.

use core::fmt;
use core::time::Duration;

use der::DateTime;
use rustls_pki_types::UnixTime;

/// A moment from 1970 to 9999, in whole seconds.
///
/// Its text is a date and time of [RFC 3339], as PASETO's [registered claims] ask for.
///
/// [RFC 3339]: https://www.rfc-editor.org/rfc/rfc3339#section-5.6
/// [registered claims]: https://github.com/paseto-standard/paseto-spec/blob/master/docs/02-Implementation-Guide/04-Claims.md#registered-claims
#[derive(Clone, Copy, Eq, PartialEq, PartialOrd)]
pub(crate) struct Timestamp(DateTime);

impl Timestamp {
    pub(crate) fn from_unix(time: UnixTime) -> Option<Self> {
        Self::from_seconds(time.as_secs())
    }

    pub(crate) fn to_unix(self) -> UnixTime {
        UnixTime::since_unix_epoch(self.0.unix_duration())
    }

    /// Reads `YYYY-MM-DDTHH:MM:SS`, an optional fraction, and `Z` or `±HH:MM`.
    ///
    /// `T` and `Z` are upper case, as PASETO has it. A fraction is cut off. Leap seconds are
    /// refused: no clock that counts seconds from 1970 shows one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (local, rest) = text.split_at_checked("YYYY-MM-DDTHH:MM:SS".len())?;
        let mut utc = [0; "YYYY-MM-DDTHH:MM:SSZ".len()];
        utc[..local.len()].copy_from_slice(local.as_bytes());
        utc[local.len()] = b'Z';
        let local: DateTime = core::str::from_utf8(&utc).ok()?.parse().ok()?;
        let local = local.unix_duration().as_secs();
        match Offset::parse(skip_fraction(rest)?)? {
            Offset::Ahead(seconds) => Self::from_seconds(local.checked_sub(seconds)?),
            Offset::Behind(seconds) => Self::from_seconds(local.checked_add(seconds)?),
        }
    }

    fn from_seconds(seconds: u64) -> Option<Self> {
        let date = DateTime::from_unix_duration(Duration::from_secs(seconds)).ok()?;
        Some(Self(date))
    }
}

/// The form `YYYY-MM-DDTHH:MM:SSZ`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// By how many seconds a local time is ahead of UTC, or behind it.
enum Offset {
    Ahead(u64),
    Behind(u64),
}

impl Offset {
    fn parse(text: &str) -> Option<Self> {
        match *text.as_bytes() {
            [b'Z'] => Some(Self::Ahead(0)),
            [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
                let hours = two_digits(h1, h2).filter(|&hours| hours < 24)?;
                let minutes = two_digits(m1, m2).filter(|&minutes| minutes < 60)?;
                let seconds = (hours * 60 + minutes) * 60;
                Some(match sign {
                    b'+' => Self::Ahead(seconds),
                    _ => Self::Behind(seconds),
                })
            }
            _ => None,
        }
    }
}

fn two_digits(tens: u8, ones: u8) -> Option<u64> {
    let digit = |byte: u8| char::from(byte).to_digit(10).map(u64::from);
    Some(digit(tens)? * 10 + digit(ones)?)
}

/// What follows the fraction, if there is one; a point needs a digit.
fn skip_fraction(text: &str) -> Option<&str> {
    let Some(fraction) = text.strip_prefix('.') else {
        return Some(text);
    };
    let rest = fraction.trim_start_matches(|digit: char| digit.is_ascii_digit());
    (rest.len() < fraction.len()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn seconds(text: &str) -> Option<u64> {
        Timestamp::parse(text).map(|time| time.to_unix().as_secs())
    }

    #[test]
    fn the_forms_of_other_libraries_are_read() {
        // Values by `date -u -d … +%s`.
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2022-01-01T00:00:00+00:00", 1_640_995_200),
            ("2022-01-01T00:00:00-00:00", 1_640_995_200),
            ("2022-01-01T00:00:00.754Z", 1_640_995_200),
            (
                "2022-01-01T00:00:00.1234567890123456789012345678901234567890+00:00",
                1_640_995_200,
            ),
            ("2022-01-01T02:30:00+02:30", 1_640_995_200),
            ("2021-12-31T19:00:00-05:00", 1_640_995_200),
            ("2024-02-29T12:00:00Z", 1_709_208_000),
            ("2000-02-29T23:59:59Z", 951_868_799),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
            ("9999-12-31T23:59:59+23:59", 253_402_300_799 - 86_340),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn nothing_else_is_read() {
        for text in [
            "",
            "Z",
            "2022-01-01",
            "2022-01-01T00:00:00",
            "2022-01-01t00:00:00Z",
            "2022-01-01T00:00:00z",
            "2022-01-01 00:00:00Z",
            "2022-01-01T00:00Z",
            "2022-01-01T00:00:00.Z",
            "2022-01-01T00:00:00,5Z",
            "2022-01-01T00:00:00.5",
            "2022-01-01T00:00:00+0000",
            "2022-01-01T00:00:00+24:00",
            "2022-01-01T00:00:00+00:60",
            "2022-01-01T00:00:00+0:000",
            "2022-01-01T00:00:00Z ",
            " 2022-01-01T00:00:00Z",
            "2022-00-01T00:00:00Z",
            "2022-13-01T00:00:00Z",
            "2022-01-00T00:00:00Z",
            "2022-01-32T00:00:00Z",
            "2022-04-31T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "2100-02-29T00:00:00Z",
            "2022-01-01T24:00:00Z",
            "2022-01-01T00:60:00Z",
            "2016-12-31T23:59:60Z",
            "+2022-01-01T00:00:0Z",
            "2022-01-01T00:00:0éZ",
            "٢٠٢٢-01-01T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "1970-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            "10000-01-01T00:00:00Z",
            "1640995200",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn every_moment_that_can_be_written_reads_back() {
        // A step that meets every time of day and many dates, and the ends.
        let mut moments: alloc::vec::Vec<u64> = (0..253_402_300_800).step_by(98_765_432).collect();
        moments.push(253_402_300_799);
        for moment in moments {
            let text = Timestamp::from_seconds(moment).unwrap().to_string();
            assert_eq!(text.len(), 20);
            assert_eq!(seconds(&text), Some(moment));
        }
        for moment in [253_402_300_800, u64::MAX] {
            assert!(Timestamp::from_seconds(moment).is_none());
        }
    }
}
