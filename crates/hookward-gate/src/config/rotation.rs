//! Whether secrets and keys follow one another without a gap.

use core::ops::Range;
use core::time::Duration;

use hookward::{Check, UnixTime, Window};

use crate::config::material::Material;
use crate::config::rule::Rule;
use crate::moment::rfc3339;

/// How long before a secret ends somebody is told.
const NOTICE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Every secret and key that is configured, with its window, but not itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rotation(Vec<Entry>);

/// One secret or key.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) check: Check,
    pub(crate) label: String,
    pub(crate) window: Window,
    /// How long what it issues is good for, all of it within the window: a token that it seals. What
    /// is compared as it is needs no time.
    lifetime: Duration,
    /// Where the configuration says where it is.
    pub(crate) place: Range<usize>,
}

impl Rotation {
    pub(super) fn add(&mut self, check: Check, material: &Material, lifetime: Duration) {
        self.0.push(Entry {
            check,
            label: material.label.clone(),
            window: material.window,
            lifetime,
            place: material.place.clone(),
        });
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// What somebody ought to look at, as of `now`: each with the entry that it is about.
    pub(crate) fn warnings(&self, now: UnixTime) -> Vec<(&Entry, Rule, String)> {
        let warning = |entry| {
            let (rule, text) = self.warning(entry, now)?;
            Some((entry, rule, text))
        };
        self.0.iter().filter_map(warning).collect()
    }

    fn warning(&self, entry: &Entry, now: UnixTime) -> Option<(Rule, String)> {
        let Entry { label, window, .. } = entry;
        let end = window.not_after()?;
        let shown = rfc3339(end);
        if now > end {
            let rest = if self.is_any_valid(entry.check, now) {
                ""
            } else {
                ", and no other is valid now"
            };
            return Some((Rule::SecretEnded, format!("{label} ended at {shown}{rest}")));
        }
        let last_issue = earlier(end, entry.lifetime);
        let after = later(last_issue, Duration::from_secs(1)).max(now);
        let is_near = last_issue <= later(now, NOTICE);
        (is_near && !self.issues_any(entry.check, after)).then(|| {
            let text = if entry.lifetime.is_zero() {
                format!("{label} ends at {shown}, and no other is valid after it")
            } else {
                let last_issue = rfc3339(last_issue);
                format!(
                    "{label} ends at {shown}, so that what it seals after {last_issue} would outlive \
                     it, and no other is valid then"
                )
            };
            (Rule::SecretEnds, text)
        })
    }

    /// Whether there is something to submit `at` that moment.
    fn issues_any(&self, check: Check, at: UnixTime) -> bool {
        let mut others = self.0.iter().filter(|entry| entry.check == check);
        others.any(|entry| {
            let expires_at = later(at, entry.lifetime);
            entry.window.contains(at) && entry.window.contains(expires_at)
        })
    }

    fn is_any_valid(&self, check: Check, at: UnixTime) -> bool {
        let mut others = self.0.iter().filter(|entry| entry.check == check);
        others.any(|entry| entry.window.contains(at))
    }
}

fn later(moment: UnixTime, by: Duration) -> UnixTime {
    let seconds = moment.as_secs().saturating_add(by.as_secs());
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

fn earlier(moment: UnixTime, by: Duration) -> UnixTime {
    let seconds = moment.as_secs().saturating_sub(by.as_secs());
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 60 * 60;

    fn at(days: u64) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(days * DAY))
    }

    fn ring(windows: &[(Option<u64>, Option<u64>)]) -> Rotation {
        let entries = windows.iter().enumerate().map(|(index, (from, to))| Entry {
            check: Check::HeaderSecret,
            label: index.to_string(),
            window: Window::new(from.map(at), to.map(at)).unwrap(),
            lifetime: Duration::ZERO,
            place: 0..0,
        });
        Rotation(entries.collect())
    }

    /// As a ring, of keys that seal for two weeks.
    fn seals(windows: &[(Option<u64>, Option<u64>)]) -> Rotation {
        let mut rotation = ring(windows);
        for entry in &mut rotation.0 {
            entry.lifetime = Duration::from_secs(14 * DAY);
        }
        rotation
    }

    fn warned(rotation: &Rotation, days: u64) -> Vec<(&str, Rule)> {
        let warnings = rotation.warnings(at(days)).into_iter();
        warnings
            .map(|(entry, rule, _)| (entry.label.as_str(), rule))
            .collect()
    }

    #[test]
    fn a_secret_that_ends_without_another_one_is_a_warning_a_week_before() {
        let alone = ring(&[(None, Some(100))]);
        assert_eq!(warned(&alone, 92), []);
        assert_eq!(warned(&alone, 93), [("0", Rule::SecretEnds)]);
        assert_eq!(warned(&alone, 100), [("0", Rule::SecretEnds)]);
        assert_eq!(warned(&alone, 101), [("0", Rule::SecretEnded)]);
        let text = &alone.warnings(at(101))[0].2;
        assert!(text.ends_with("no other is valid now"), "{text}");
    }

    #[test]
    fn the_next_one_has_to_be_valid_when_the_other_ends() {
        let overlap = ring(&[(None, Some(100)), (Some(99), None)]);
        assert_eq!(warned(&overlap, 99), []);
        assert_eq!(warned(&overlap, 101), [("0", Rule::SecretEnded)]);
        let gap = ring(&[(None, Some(100)), (Some(102), None)]);
        assert_eq!(warned(&gap, 99), [("0", Rule::SecretEnds)]);
        // Another check is of no help.
        let mut other = ring(&[(None, Some(100)), (None, None)]);
        other.0[1].check = Check::DeveloperPayload;
        assert_eq!(warned(&other, 99), [("0", Rule::SecretEnds)]);
    }

    #[test]
    fn a_key_that_seals_is_of_no_use_so_long_before_it_ends() {
        let alone = seals(&[(None, Some(100))]);
        assert_eq!(warned(&alone, 78), []);
        for day in [79, 86, 87, 100] {
            assert_eq!(warned(&alone, day), [("0", Rule::SecretEnds)], "{day}");
        }
        assert_eq!(warned(&alone, 101), [("0", Rule::SecretEnded)]);
        // The next one has to take over before, not when the other ends.
        let in_time = seals(&[(None, Some(100)), (Some(86), None)]);
        for day in [79, 85, 86, 87, 99] {
            assert_eq!(warned(&in_time, day), [], "{day}");
        }
        let late = seals(&[(None, Some(100)), (Some(99), None)]);
        for day in [79, 87, 98] {
            assert_eq!(warned(&late, day), [("0", Rule::SecretEnds)], "{day}");
        }
        assert_eq!(warned(&late, 99), []);
        // One that would end too soon is of no use either.
        let short = seals(&[(None, Some(100)), (Some(86), Some(99))]);
        assert_eq!(warned(&short, 80), [("0", Rule::SecretEnds)]);
        // What needs no time is issued instead.
        let mut instead = seals(&[(None, Some(100)), (None, None)]);
        instead.0[1].lifetime = Duration::ZERO;
        assert_eq!(warned(&instead, 99), []);
    }

    #[test]
    fn secrets_without_an_end_are_no_reason_to_warn() {
        assert_eq!(warned(&ring(&[(None, None), (Some(5), None)]), 1), []);
    }
}
