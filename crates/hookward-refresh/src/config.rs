//! How often, how much, how long.

use core::time::Duration;

use thiserror::Error;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What a [`Refresher`](crate::Refresher) is held to.
///
/// The defaults suit a list that its publisher asks to have fetched daily. Change what differs:
///
/// ```
/// use core::time::Duration;
/// use hookward_refresh::{Config, ConfigError};
///
/// let mut config = Config::default();
/// config.max_entries = 100;
/// assert_eq!(config.check(), Ok(()));
///
/// config.confirmation_delay = Duration::from_secs(1);
/// assert!(matches!(config.check(), Err(ConfigError::ConfirmationTooSoon { .. })));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Config {
    /// The longest time from one good fetch to the next; up to a tenth of it is taken off at random. Default: a day.
    pub interval: Duration,
    /// The shortest time from one good fetch to the next that a `max-age` can ask for; up to a tenth is taken off here as
    /// well. Default: an hour.
    pub least_interval: Duration,
    /// The least time between the starts of any two fetches, and the first step of the backoff. It is also how old a
    /// document has to be for a hint to lead to a fetch, so a guard should use it as its hint interval. Default: a minute.
    pub spacing: Duration,
    /// The longest step of the exponential backoff; up to half of each step is added at random. Default: an hour.
    pub longest_backoff: Duration,
    /// The longest `Retry-After` that is honoured; a longer one counts as this; up to a tenth is added at random. Default:
    /// an hour.
    pub longest_retry_after: Duration,
    /// After how long an unanswered fetch has failed. The driver's own time-out should be shorter. Default: a minute.
    pub fetch_timeout: Duration,
    /// How many fetches hints can cause at once. Default: 4.
    pub hint_burst: u32,
    /// After how long hints can cause one fetch more. Default: ten minutes.
    pub hint_refill: Duration,
    /// How long after its last confirmation a document is stale: still trusted, but something is wrong. Default: two days.
    pub stale_after: Duration,
    /// How long after its last confirmation a document is no longer trusted. Default: a week.
    pub expired_after: Duration,
    /// How long after a doubtful answer the fetch that can confirm it starts, at the earliest. Default: a minute, which is
    /// also the least.
    pub confirmation_delay: Duration,
    /// How many of a hundred entries a document has to keep in number not to be doubtful. Default: 50.
    pub least_kept_percent: u8,
    /// The most entries that a document may have, repeated ones counted each time. Default: 10,000.
    pub max_entries: usize,
    /// The most bytes that a body may have. Drivers should stop reading there. Default: 1 MiB.
    pub max_body: usize,
}

impl Config {
    /// The least [`confirmation_delay`](Self::confirmation_delay): an answer that goes wrong while a server is being
    /// deployed or a cache is being filled should have passed by then.
    pub const LEAST_CONFIRMATION_DELAY: Duration = MINUTE;

    /// Checks the values against each other. [`Refresher::new`](crate::Refresher::new) does so as well.
    ///
    /// # Errors
    ///
    /// The first rule that is broken.
    pub fn check(&self) -> Result<(), ConfigError> {
        for (name, value) in [
            ("least_interval", self.least_interval),
            ("spacing", self.spacing),
            ("fetch_timeout", self.fetch_timeout),
            ("hint_refill", self.hint_refill),
        ] {
            if value.is_zero() {
                return Err(ConfigError::Zero { name });
            }
        }
        for (name, value) in [
            ("hint_burst", self.hint_burst as usize),
            ("max_entries", self.max_entries),
            ("max_body", self.max_body),
        ] {
            if value == 0 {
                return Err(ConfigError::Zero { name });
            }
        }
        for (smaller, larger, holds) in [
            (
                "least_interval",
                "interval",
                self.least_interval <= self.interval,
            ),
            ("interval", "stale_after", self.interval < self.stale_after),
            (
                "stale_after",
                "expired_after",
                self.stale_after < self.expired_after,
            ),
            (
                "spacing",
                "longest_backoff",
                self.spacing <= self.longest_backoff,
            ),
        ] {
            if !holds {
                return Err(ConfigError::OutOfOrder { smaller, larger });
            }
        }
        if self.confirmation_delay < Self::LEAST_CONFIRMATION_DELAY {
            return Err(ConfigError::ConfirmationTooSoon {
                delay: self.confirmation_delay,
            });
        }
        if self.least_kept_percent > 100 {
            return Err(ConfigError::MoreThanAll {
                percent: self.least_kept_percent,
            });
        }
        Ok(())
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            interval: DAY,
            least_interval: HOUR,
            spacing: MINUTE,
            longest_backoff: HOUR,
            longest_retry_after: HOUR,
            fetch_timeout: MINUTE,
            hint_burst: 4,
            hint_refill: 10 * MINUTE,
            stale_after: 2 * DAY,
            expired_after: 7 * DAY,
            confirmation_delay: Self::LEAST_CONFIRMATION_DELAY,
            least_kept_percent: 50,
            max_entries: 10_000,
            max_body: 1024 * 1024,
        }
    }
}

/// A [`Config`] that contradicts itself.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum ConfigError {
    /// A value that has to be more than zero.
    #[error("{name} is zero")]
    Zero {
        /// Its field.
        name: &'static str,
    },
    /// Two values in the wrong order.
    #[error("{smaller} is too long for {larger}")]
    OutOfOrder {
        /// The field that has to be the smaller one.
        smaller: &'static str,
        /// The field that has to be the larger one.
        larger: &'static str,
    },
    /// A confirmation delay under [`Config::LEAST_CONFIRMATION_DELAY`].
    #[error("a confirmation after {delay:?} proves nothing: at least {least:?} are needed", least = Config::LEAST_CONFIRMATION_DELAY)]
    ConfirmationTooSoon {
        /// The delay that was asked for.
        delay: Duration,
    },
    /// A share of the entries over a hundred percent.
    #[error("least_kept_percent is {percent}")]
    MoreThanAll {
        /// The share that was asked for.
        percent: u8,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: impl FnOnce(&mut Config)) -> Result<(), ConfigError> {
        let mut config = Config::default();
        change(&mut config);
        config.check()
    }

    #[test]
    fn the_defaults_are_sound() {
        assert_eq!(check(|_| ()), Ok(()));
    }

    #[test]
    fn nothing_may_be_zero() {
        let zero = |name| Err(ConfigError::Zero { name });
        assert_eq!(check(|c| c.spacing = Duration::ZERO), zero("spacing"));
        assert_eq!(
            check(|c| c.hint_refill = Duration::ZERO),
            zero("hint_refill")
        );
        assert_eq!(
            check(|c| c.fetch_timeout = Duration::ZERO),
            zero("fetch_timeout")
        );
        assert_eq!(
            check(|c| c.least_interval = Duration::ZERO),
            zero("least_interval")
        );
        assert_eq!(check(|c| c.hint_burst = 0), zero("hint_burst"));
        assert_eq!(check(|c| c.max_entries = 0), zero("max_entries"));
        assert_eq!(check(|c| c.max_body = 0), zero("max_body"));
    }

    #[test]
    fn ages_have_an_order() {
        let order = |smaller, larger| Err(ConfigError::OutOfOrder { smaller, larger });
        assert_eq!(
            check(|c| c.stale_after = c.interval),
            order("interval", "stale_after")
        );
        assert_eq!(
            check(|c| c.expired_after = c.stale_after),
            order("stale_after", "expired_after")
        );
        assert_eq!(
            check(|c| c.interval = c.least_interval / 2),
            order("least_interval", "interval")
        );
        assert_eq!(
            check(|c| c.longest_backoff = c.spacing / 2),
            order("spacing", "longest_backoff")
        );
    }

    #[test]
    fn a_confirmation_takes_its_time_and_no_list_keeps_more_than_all() {
        let delay = Config::LEAST_CONFIRMATION_DELAY - Duration::from_nanos(1);
        assert_eq!(
            check(|c| c.confirmation_delay = delay),
            Err(ConfigError::ConfirmationTooSoon { delay })
        );
        assert_eq!(check(|c| c.least_kept_percent = 100), Ok(()));
        assert_eq!(
            check(|c| c.least_kept_percent = 101),
            Err(ConfigError::MoreThanAll { percent: 101 })
        );
    }
}
