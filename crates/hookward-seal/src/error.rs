//! Why a payload was not sealed, or not opened.

use core::fmt;
use core::time::Duration;

use hookward_secret::Mismatch;
use rustls_pki_types::UnixTime;

use crate::timestamp::Timestamp;

/// A rule that a key, an option or a payload broke before it was sealed.
///
/// No key, token or application data is part of any error.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// A key has not [`SealKey::LEN`](crate::SealKey::LEN) bytes.
    #[error("a key has {expected} bytes, not {len}")]
    KeyLength {
        /// The length of what was given, in bytes.
        len: usize,
        /// The length of every key, in bytes.
        expected: usize,
    },
    /// A text is no key in PASERK form.
    #[error("a key in PASERK form is `k4.local.` and 43 characters of base64url")]
    KeyText,
    /// Clocks are allowed to differ by more than
    /// [`SealRing::MAX_CLOCK_SKEW`](crate::SealRing::MAX_CLOCK_SKEW).
    #[error("a clock skew of {} s is larger than {} s", given.as_secs(), max.as_secs())]
    ClockSkew {
        /// What was given.
        given: Duration,
        /// The greatest skew.
        max: Duration,
    },
    /// No key of the ring is valid for as long as the payload would be.
    #[error(
        "no key is valid from {} to {}",
        Moment(*issued_at),
        Moment(*expires_at)
    )]
    NoKey {
        /// When the payload would be sealed.
        issued_at: UnixTime,
        /// When it would expire.
        expires_at: UnixTime,
    },
    /// The audience alone is longer than
    /// [`SealedPayload::MAX_AUDIENCE_AND_DATA_LEN`](crate::SealedPayload::MAX_AUDIENCE_AND_DATA_LEN).
    #[error("no payload can be sealed for an audience of {len} bytes in JSON, only for {max}")]
    AudienceTooLong {
        /// How long the audience is in JSON, in bytes and without its quotes.
        len: usize,
        /// How long it may be, counted in the same way.
        max: usize,
    },
    /// The payload would be longer than [`SealedPayload::MAX_LEN`](crate::SealedPayload::MAX_LEN).
    #[error(
        "sealed, the payload would have {len} UTF-16 units, more than {max}: its application data \
         takes {data_len} bytes in JSON, and {max_data_len} fit beside this audience"
    )]
    TooLong {
        /// How long the token would have been, in UTF-16 code units.
        len: usize,
        /// The greatest length of a token, in the same unit.
        max: usize,
        /// How long the application data is in JSON, in bytes and without its quotes.
        data_len: usize,
        /// How long it may be, counted in the same way.
        max_data_len: usize,
    },
    /// The operating system gave no random bytes.
    #[error("no random bytes to be had")]
    Randomness,
}

/// Why a payload was not opened: the first rule that it broke, in the order in which
/// [`SealRing::open`](crate::SealRing::open) judges.
///
/// Only whoever presents an authentic payload learns anything past
/// [`NotAuthentic`](Self::NotAuthentic); a sender should be told none of it. No error holds any of
/// the token's text.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The text is longer than [`SealedPayload::MAX_LEN`](crate::SealedPayload::MAX_LEN).
    #[error("longer than {max} UTF-16 units")]
    TooLong {
        /// The greatest length, in UTF-16 code units.
        max: usize,
    },
    /// The text is no `v4.local` token.
    #[error("no PASETO v4.local token")]
    NotAToken,
    /// The token's footer is not an object with the members `kid` and `aud`, both strings, each
    /// exactly once, and nothing else.
    #[error(r#"the token's footer is not of the form {{"kid":"k4.lid.…","aud":"…"}}"#)]
    Footer,
    /// The key that the token names is not in the ring, or it is and the token is authentic, but
    /// the key's time is not now.
    #[error("the key of the token: {0}")]
    Key(Mismatch),
    /// The token was not made with the key and for the audience that it names, or it was changed,
    /// or it was made for another purpose or scan: nothing tells which.
    #[error("forged, or sealed for another purpose or scan")]
    NotAuthentic,
    /// The token is authentic and was made for this purpose and scan, but for another audience.
    ///
    /// Which one is not part of the error: it is the token's text.
    #[error("the token is authentic, but was sealed for another audience")]
    AnotherAudience,
    /// The token is authentic, but what it holds is not what this crate seals.
    #[error("the token is authentic, but {0}")]
    Claims(#[from] ClaimsError),
    /// The token is authentic, but was sealed in the future.
    #[error("sealed at {}, and it is {}", Moment(*issued_at), Moment(*now))]
    NotYetValid {
        /// The moment at which it was to be opened.
        now: UnixTime,
        /// When it was sealed, by its own account.
        issued_at: UnixTime,
    },
    /// The token is authentic, but its time is over.
    #[error("expired at {}, and it is {}", Moment(*expires_at), Moment(*now))]
    Expired {
        /// The moment at which it was to be opened.
        now: UnixTime,
        /// The first moment at which it was no longer valid.
        expires_at: UnixTime,
    },
}

/// A rule that the claims of a payload broke.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimsError {
    /// They are no JSON object, or one of its values is no string.
    #[error("its claims are not a JSON object of strings")]
    NotAnObject,
    /// There is a claim that this crate does not know. It may have been meant to restrict.
    #[error("it has a claim other than `iat`, `exp` and `data`")]
    Unknown,
    /// A claim occurs twice.
    #[error("its claim `{claim}` is repeated")]
    Repeated {
        /// The claim's name.
        claim: &'static str,
    },
    /// A claim is missing.
    #[error("its claim `{claim}` is missing")]
    Missing {
        /// The claim's name.
        claim: &'static str,
    },
    /// A claim is no date and time of RFC 3339 from 1970 on.
    #[error("its claim `{claim}` is no RFC 3339 date and time from 1970 on")]
    NotATime {
        /// The claim's name.
        claim: &'static str,
    },
    /// A moment is past the year 9999 and cannot be written down.
    #[error("{} is past the year 9999", Moment(*time))]
    TimeOutOfRange {
        /// The moment.
        time: UnixTime,
    },
    /// The payload would expire before it is valid, or at once.
    #[error(
        "it expires at {}, which is not after it is sealed, at {}",
        Moment(*expires_at),
        Moment(*issued_at)
    )]
    NeverValid {
        /// When it is sealed.
        issued_at: UnixTime,
        /// When it expires.
        expires_at: UnixTime,
    },
}

/// A moment as people read it.
struct Moment(UnixTime);

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_unix(self.0) {
            Some(timestamp) => timestamp.fmt(f),
            None => write!(f, "{} s after 1970", self.0.as_secs()),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn moments_are_dates_as_far_as_the_calendar_goes() {
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let expired = OpenError::Expired {
            now: at(u64::MAX),
            expires_at: at(1_800_000_000),
        };
        assert_eq!(
            expired.to_string(),
            "expired at 2027-01-15T08:00:00Z, and it is 18446744073709551615 s after 1970"
        );
    }
}
