//! When each secret last proved something.

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::sync::Arc;

use hookward::{Check, Trial, UnixTime, Window};
use hookward_hyper::{Clock, Observer, Record};

use crate::config::Rotation;

/// After how long without a match a secret is one that somebody has forgotten.
const LONG: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The secrets and keys of a configuration. What is known of one goes on for as long as its label
/// does; it ends with the process.
#[derive(Debug, Default)]
pub(crate) struct Usage(Vec<Used>);

#[derive(Debug)]
struct Used {
    check: Check,
    label: String,
    window: Window,
    seen: Arc<Seen>,
}

#[derive(Debug)]
struct Seen {
    /// Since when we look.
    since: UnixTime,
    /// When it last matched, in seconds since 1970. 0 if it never did.
    last: AtomicU64,
}

/// Notes which secrets match, and passes every decision on.
pub(crate) struct Matches<O> {
    pub(crate) usage: Arc<Usage>,
    pub(crate) clock: Clock,
    pub(crate) next: O,
}

impl Usage {
    /// Goes on with what is known from `before`.
    pub(crate) fn new(rotation: &Rotation, before: Option<&Self>, now: UnixTime) -> Self {
        let used = rotation.entries().iter().map(|entry| Used {
            check: entry.check,
            label: entry.label.clone(),
            window: entry.window,
            seen: before
                .and_then(|before| before.find(entry.check, &entry.label))
                .map_or_else(|| Arc::new(Seen::new(now)), |used| Arc::clone(&used.seen)),
        });
        Self(used.collect())
    }

    /// The secrets that could have matched for a long time and did not, while another one of the
    /// same check did: each with its check.
    pub(crate) fn long_unused(&self, now: UnixTime) -> impl Iterator<Item = (Check, &str)> {
        let is_long_ago = move |moment: UnixTime| {
            now.as_secs().saturating_sub(moment.as_secs()) >= LONG.as_secs()
        };
        let has_matched =
            move |used: &Used| used.seen.last().is_some_and(|last| !is_long_ago(last));
        self.0
            .iter()
            .filter(move |used| {
                let since = used.seen.last().unwrap_or(used.seen.since);
                let since = since.max(used.window.not_before().unwrap_or(since));
                let mut others = self.0.iter().filter(|other| other.check == used.check);
                used.window.contains(now) && is_long_ago(since) && others.any(has_matched)
            })
            .map(|used| (used.check, used.label.as_str()))
    }

    /// Every secret and key: its check, its label, when its window ends, and when it last matched.
    pub(crate) fn entries(
        &self,
    ) -> impl Iterator<Item = (Check, &str, Option<UnixTime>, Option<UnixTime>)> {
        self.0.iter().map(|used| {
            let (ends, last) = (used.window.not_after(), used.seen.last());
            (used.check, used.label.as_str(), ends, last)
        })
    }

    fn find(&self, check: Check, label: &str) -> Option<&Used> {
        let mut all = self.0.iter();
        all.find(|used| used.check == check && used.label == label)
    }

    fn matched(&self, check: Check, label: Option<&str>, now: UnixTime) {
        if let Some(used) = label.and_then(|label| self.find(check, label)) {
            used.seen.last.store(now.as_secs(), Ordering::Relaxed);
        }
    }
}

impl Seen {
    const fn new(since: UnixTime) -> Self {
        Self {
            since,
            last: AtomicU64::new(0),
        }
    }

    fn last(&self) -> Option<UnixTime> {
        match self.last.load(Ordering::Relaxed) {
            0 => None,
            seconds => Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds))),
        }
    }
}

impl<O: Observer> Observer for Matches<O> {
    fn decided(&self, record: &Record<'_>) {
        let decision = record.decision;
        let (header, payload) = (decision.header_secret(), decision.developer_payload());
        if header.is_some() || payload.is_some() {
            let now = self.clock.now();
            self.usage.matched(Check::HeaderSecret, header, now);
            self.usage.matched(Check::DeveloperPayload, payload, now);
        }
        self.next.decided(record);
    }

    fn tried(&self, trial: &Trial<'_>) {
        self.next.tried(trial);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 60 * 60;

    fn at(days: u64) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(days * DAY))
    }

    fn used(label: &str, from: Option<u64>) -> Used {
        Used {
            check: Check::HeaderSecret,
            label: label.to_owned(),
            window: Window::new(from.map(at), None).unwrap(),
            seen: Arc::new(Seen::new(at(1))),
        }
    }

    #[test]
    fn a_secret_is_long_unused_once_another_one_was_used_instead_for_a_month() {
        let usage = Usage(vec![
            used("old", None),
            used("new", None),
            used("next", Some(20)),
        ]);
        let unused = |days| -> Vec<String> {
            let all = usage.long_unused(at(days));
            all.map(|(_, label)| label.to_owned()).collect()
        };
        // Nothing came at all: that says nothing of the secrets.
        assert_eq!(unused(40), [""; 0]);
        usage.matched(Check::HeaderSecret, Some("old"), at(3));
        usage.matched(Check::HeaderSecret, Some("new"), at(30));
        usage.matched(Check::DeveloperPayload, Some("old"), at(30));
        usage.matched(Check::HeaderSecret, Some("other"), at(30));
        assert_eq!(unused(32), [""; 0]);
        assert_eq!(unused(33), ["old"]);
        assert_eq!(unused(49), ["old"]);
        assert_eq!(unused(50), ["old", "next"]);
        assert_eq!(unused(60), [""; 0]);
    }

    #[test]
    fn what_is_known_goes_on_for_as_long_as_the_label_does() {
        let before = Usage(vec![used("kept", None), used("gone", None)]);
        before.matched(Check::HeaderSecret, Some("kept"), at(9));
        let known = before.find(Check::HeaderSecret, "kept").unwrap();
        let after = Usage(vec![Used {
            seen: Arc::clone(&known.seen),
            ..used("kept", Some(1))
        }]);
        before.matched(Check::HeaderSecret, Some("kept"), at(10));
        let seen = &after.find(Check::HeaderSecret, "kept").unwrap().seen;
        assert_eq!(seen.last(), Some(at(10)));
        assert!(after.find(Check::HeaderSecret, "gone").is_none());
    }
}
