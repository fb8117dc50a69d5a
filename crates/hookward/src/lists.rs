use alloc::sync::Arc;
use core::time::Duration;

use hookward_ip::Allowlist;
use hookward_thumbprint::ThumbprintSet;
use rustls_pki_types::UnixTime;

/// A list as it was at one moment, and until when it may be trusted.
///
/// The guard compares the dates with `now` on every request. Nothing has to run for a list to
/// expire, so a refresh task that died cannot keep one alive.
#[derive(Clone, Debug)]
pub struct Snapshot<T> {
    list: Arc<T>,
    dates: Option<Dates>,
    hint_interval: Option<Duration>,
}

#[derive(Clone, Copy, Debug)]
struct Dates {
    checked_at: UnixTime,
    expires_at: UnixTime,
}

impl<T> Snapshot<T> {
    /// A list that is part of the configuration: it stays as it is and never expires.
    #[must_use]
    pub fn fixed(list: impl Into<Arc<T>>) -> Self {
        Self {
            list: list.into(),
            dates: None,
            hint_interval: None,
        }
    }

    /// A list that was last confirmed at `checked_at` and is not trusted from `expires_at` on.
    #[must_use]
    pub fn dated(list: impl Into<Arc<T>>, checked_at: UnixTime, expires_at: UnixTime) -> Self {
        Self {
            list: list.into(),
            dates: Some(Dates {
                checked_at,
                expires_at,
            }),
            hint_interval: None,
        }
    }

    /// Says that the list is fetched again when something unknown shows up and `interval` has
    /// passed since it was last confirmed. Until then an unlisted certificate is unavailable
    /// rather than refused, so that a rotation loses no webhook.
    #[must_use]
    pub fn with_hint_interval(mut self, interval: Duration) -> Self {
        self.hint_interval = Some(interval);
        self
    }

    /// The list, whatever its age.
    #[must_use]
    pub fn list(&self) -> &Arc<T> {
        &self.list
    }

    /// When the list was last confirmed. `None` for a fixed list.
    #[must_use]
    pub fn checked_at(&self) -> Option<UnixTime> {
        self.dates.map(|dates| dates.checked_at)
    }

    /// From when on the list is not trusted. `None` for a fixed list.
    #[must_use]
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.dates.map(|dates| dates.expires_at)
    }

    /// The list, if it may be trusted at `now`: not expired, and not dated in the future.
    #[must_use]
    pub fn trusted(&self, now: UnixTime) -> Option<&T> {
        match self.dates {
            Some(dates) if now < dates.checked_at || now >= dates.expires_at => None,
            _ => Some(&self.list),
        }
    }

    /// Whether the list is old enough that what it does not hold may have been added since.
    #[must_use]
    pub fn hint_is_due(&self, now: UnixTime) -> bool {
        match (self.dates, self.hint_interval) {
            (Some(dates), Some(interval)) => {
                now.as_secs().saturating_sub(dates.checked_at.as_secs()) > interval.as_secs()
            }
            _ => false,
        }
    }
}

/// The lists that requests are judged by. Adapters swap them whole.
///
/// A list that is `None` has not been loaded: a check that needs it is unavailable.
///
/// Read the lists before the clock: a snapshot that was taken after `now` is dated in the future.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    /// The thumbprints of Copyleaks' client certificates.
    pub thumbprints: Option<Snapshot<ThumbprintSet>>,
    /// Copyleaks' source addresses.
    pub addresses: Option<Snapshot<Allowlist>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(seconds))
    }

    #[test]
    fn a_dated_snapshot_is_trusted_from_its_check_until_before_its_end() {
        let snapshot = Snapshot::dated((), at(100), at(200));
        assert!(snapshot.trusted(at(99)).is_none());
        assert!(snapshot.trusted(at(100)).is_some());
        assert!(snapshot.trusted(at(199)).is_some());
        assert!(snapshot.trusted(at(200)).is_none());
    }

    #[test]
    fn a_fixed_snapshot_is_always_trusted_and_never_hints() {
        let snapshot = Snapshot::fixed(()).with_hint_interval(Duration::from_secs(1));
        assert!(snapshot.trusted(at(0)).is_some());
        assert!(snapshot.trusted(at(u64::MAX)).is_some());
        assert!(!snapshot.hint_is_due(at(u64::MAX)));
    }

    #[test]
    fn a_hint_is_due_once_the_interval_has_passed() {
        let snapshot =
            Snapshot::dated((), at(100), at(1000)).with_hint_interval(Duration::from_secs(60));
        assert!(!snapshot.hint_is_due(at(50)));
        assert!(!snapshot.hint_is_due(at(160)));
        assert!(snapshot.hint_is_due(at(161)));
    }
}
