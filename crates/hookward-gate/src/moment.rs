//! Wall time in RFC 3339.

use hookward::UnixTime;
use jiff::{SignedDuration, civil};

/// A moment in UTC, such as `2026-11-23T20:00:00Z`. Past the year 9999, the seconds since 1970.
pub(crate) fn rfc3339(moment: UnixTime) -> String {
    let since = i64::try_from(moment.as_secs()).map(SignedDuration::from_secs);
    let epoch = civil::date(1970, 1, 1).at(0, 0, 0, 0);
    match since.ok().and_then(|since| epoch.checked_add(since).ok()) {
        Some(moment) => format!("{moment}Z"),
        None => format!("{} s after 1970", moment.as_secs()),
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    #[test]
    fn the_last_second_that_a_certificate_can_name_has_a_date() {
        let text = |seconds| rfc3339(UnixTime::since_unix_epoch(Duration::from_secs(seconds)));
        assert_eq!(text(0), "1970-01-01T00:00:00Z");
        assert_eq!(text(1_795_464_000), "2026-11-23T20:00:00Z");
        assert_eq!(text(253_402_300_799), "9999-12-31T23:59:59Z");
        assert_eq!(text(253_402_300_800), "253402300800 s after 1970");
        assert_eq!(text(u64::MAX), format!("{} s after 1970", u64::MAX));
    }
}
