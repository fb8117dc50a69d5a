//! What should be so.

use alloc::collections::BTreeSet;
use core::mem;

use hookward_refresh::{Caching, Cause, Config, Fetch, FetchId, Validators};

use crate::clock::{SECOND, millis};
use crate::endpoint::Content;
use crate::{List, ViolationKind};

/// A second opinion on which document is in force and which fetches are allowed, from what was truly answered.
///
/// All times are true times in milliseconds.
#[derive(Debug)]
pub(crate) struct Model {
    config: Config,
    in_force: Option<InForce>,
    suspect: Option<(BTreeSet<u32>, u64)>,
    outstanding: Option<Outstanding>,
    /// The last fetch started then.
    started_at: Option<u64>,
    /// The earliest fetch that needs no reason but the schedule.
    schedule_from: u64,
    failures: u32,
    failed_at: u64,
    retry_after: u64,
    hinted: bool,
    /// Hint tokens, in milliseconds of refilling.
    credit: u64,
    credit_at: u64,
    clock_stepped_at: Option<u64>,
    found: Vec<ViolationKind>,
}

#[derive(Debug)]
struct InForce {
    entries: BTreeSet<u32>,
    validators: Validators,
    confirmed_at: u64,
    /// How much of its age was lost when the process restarted under a wall clock that had been set back.
    age_lost: u64,
}

#[derive(Debug)]
struct Outstanding {
    id: FetchId,
    cause: Cause,
    started: u64,
    conditional: bool,
}

impl Model {
    /// Of a process that starts at `now`, with a snapshot or without.
    pub(crate) fn new(config: Config, now: u64) -> Self {
        Self {
            config,
            in_force: None,
            suspect: None,
            outstanding: None,
            started_at: None,
            schedule_from: now,
            failures: 0,
            failed_at: 0,
            retry_after: 0,
            hinted: false,
            credit: u64::from(config.hint_burst) * millis(config.hint_refill),
            credit_at: now,
            clock_stepped_at: None,
            found: Vec::new(),
        }
    }

    /// Of the process that follows, which knows of the document in force what the snapshot says: how old it looked by the
    /// wall clock, `None` for a date in the future.
    pub(crate) fn restart(&mut self, now: u64, looked_old: Option<u64>, kept: bool) {
        let in_force = self.in_force.take().filter(|_| kept);
        *self = Self {
            in_force,
            clock_stepped_at: self.clock_stepped_at,
            found: mem::take(&mut self.found),
            ..Self::new(self.config, now)
        };
        if let (Some(in_force), Some(looked_old)) = (&mut self.in_force, looked_old) {
            let age = now - in_force.confirmed_at;
            in_force.age_lost = age.saturating_sub(looked_old) + SECOND;
            self.schedule_from =
                now + (millis(self.config.interval) * 9 / 10).saturating_sub(looked_old);
        }
    }

    pub(crate) fn take_found(&mut self) -> Vec<ViolationKind> {
        mem::take(&mut self.found)
    }

    pub(crate) fn clock_stepped(&mut self, now: u64) {
        self.clock_stepped_at = Some(now);
    }

    /// Whether the wall clock has stepped since the document in force was confirmed.
    pub(crate) fn doubts_clock(&self) -> bool {
        self.clock_stepped_at.is_some()
    }

    /// Whether these entries are the ones in force.
    pub(crate) fn holds(&self, entries: &BTreeSet<u32>) -> bool {
        self.entries() == Some(entries)
    }

    pub(crate) fn hint(&mut self) {
        self.hinted = true;
    }

    /// Time has passed: a fetch may have gone unanswered for too long.
    pub(crate) fn advance(&mut self, now: u64) {
        let timeout = millis(self.config.fetch_timeout);
        if let Some(fetch) = self
            .outstanding
            .take_if(|fetch| fetch.started + timeout <= now)
        {
            self.fail(now, fetch.cause);
        }
    }

    /// The machine starts a fetch: is it allowed to?
    pub(crate) fn transmit(&mut self, now: u64, fetch: &Fetch) {
        if self.outstanding.is_some() {
            self.found.push(ViolationKind::FetchesOverlap);
        }
        if let Some(started_at) = self.started_at
            && now < started_at + millis(self.config.spacing)
        {
            self.found.push(ViolationKind::TooCloseFetch);
        }
        if now < self.retry_after {
            self.found.push(ViolationKind::IgnoredRetryAfter);
        }
        if fetch.cause == Cause::Hint {
            self.spend_token(now);
        } else if !self.allows(now, fetch.cause) {
            self.found.push(ViolationKind::EarlyFetch);
        }
        if let Some(validators) = &fetch.validators
            && !(self.in_force.as_ref()).is_some_and(|it| it.validators == *validators)
        {
            self.found.push(ViolationKind::ForeignValidators);
        }
        if self.suspect.is_some()
            && (fetch.validators.is_some() || fetch.caching != Caching::Bypassed)
        {
            self.found.push(ViolationKind::WeakConfirmation);
        }
        self.hinted = false;
        self.started_at = Some(now);
        self.outstanding = Some(Outstanding {
            id: fetch.id,
            cause: fetch.cause,
            started: now,
            conditional: fetch.validators.is_some(),
        });
    }

    /// An answer reaches the machine.
    pub(crate) fn answer(&mut self, now: u64, id: FetchId, content: &Content) -> bool {
        let Some(fetch) = self.outstanding.take_if(|fetch| fetch.id == id) else {
            return false;
        };
        match content {
            Content::Response {
                status: 200,
                list: Some(List(entries)),
                validators,
                max_age,
                ..
            } if !entries.is_empty() => {
                if self.doubts(&fetch, entries) {
                    self.quarantine(now, fetch.cause, entries);
                    return false;
                }
                let changed = self.entries() != Some(entries);
                self.in_force = Some(InForce {
                    entries: entries.clone(),
                    validators: validators.clone(),
                    confirmed_at: fetch.started,
                    age_lost: 0,
                });
                self.confirmed(&fetch, max_age.map(millis));
                changed
            }
            Content::Response {
                status: 304,
                max_age,
                ..
            } if fetch.conditional => {
                if let Some(in_force) = &mut self.in_force {
                    in_force.confirmed_at = fetch.started;
                    in_force.age_lost = 0;
                }
                self.confirmed(&fetch, max_age.map(millis));
                false
            }
            Content::Response { retry_after, .. } => {
                if let Some(wait) = retry_after {
                    let wait = millis((*wait).min(self.config.longest_retry_after));
                    self.retry_after = self.retry_after.max(now + wait);
                }
                self.fail(now, fetch.cause);
                false
            }
            Content::Failure(_) => {
                self.fail(now, fetch.cause);
                false
            }
        }
    }

    /// Compares the document that the machine has in force with the one it should have.
    pub(crate) fn compare(&mut self, current: Option<&List>) {
        let nothing = BTreeSet::new();
        let expected = self.in_force.as_ref().map_or(&nothing, |it| &it.entries);
        let current = current.map_or(&nothing, |list| &list.0);
        let (unaccepted, lost) = (!current.is_subset(expected), !expected.is_subset(current));
        if unaccepted {
            self.found.push(ViolationKind::TrustsUnaccepted);
        }
        if lost {
            self.found.push(ViolationKind::LostLastGood);
        }
    }

    /// Checks a document that is trusted at `now`, by someone who may be forgiven `forgiven` milliseconds of age.
    pub(crate) fn trust(&mut self, now: u64, list: &List, forgiven: u64) {
        let lifetime = millis(self.config.expired_after);
        match &self.in_force {
            Some(it) if list.0.is_subset(&it.entries) => {
                if now - it.confirmed_at >= lifetime + it.age_lost + forgiven {
                    self.found.push(ViolationKind::TrustedPastExpiry);
                }
            }
            _ => self.found.push(ViolationKind::TrustsUnaccepted),
        }
    }

    fn entries(&self) -> Option<&BTreeSet<u32>> {
        self.in_force.as_ref().map(|it| &it.entries)
    }

    fn allows(&self, now: u64, cause: Cause) -> bool {
        match cause {
            Cause::Schedule => self.failures == 0 && now >= self.schedule_from,
            Cause::Retry => {
                let doublings = self.failures.saturating_sub(1).min(20);
                let step = (millis(self.config.spacing) << doublings)
                    .min(millis(self.config.longest_backoff));
                self.failures > 0 && now >= self.failed_at + step
            }
            Cause::Confirmation => (self.suspect.as_ref())
                .is_some_and(|(_, seen)| now >= seen + millis(self.config.confirmation_delay)),
            Cause::Clock => self.clock_stepped_at.is_some(),
            _ => false,
        }
    }

    fn spend_token(&mut self, now: u64) {
        let token = millis(self.config.hint_refill);
        let most = u64::from(self.config.hint_burst) * token;
        self.credit = (self.credit + (now - self.credit_at)).min(most);
        self.credit_at = now;
        if !self.hinted || self.credit < token {
            self.found.push(ViolationKind::OverspentHint);
        }
        self.credit = self.credit.saturating_sub(token);
    }

    /// Whether the entries need a confirmation that this fetch is not.
    fn doubts(&self, fetch: &Outstanding, entries: &BTreeSet<u32>) -> bool {
        let Some(old) = self.entries() else {
            return false;
        };
        let kept = entries.len() * 100 / old.len();
        if !old.is_disjoint(entries) && kept >= usize::from(self.config.least_kept_percent) {
            return false;
        }
        let delay = millis(self.config.confirmation_delay);
        !(self.suspect.as_ref())
            .is_some_and(|(suspect, seen)| suspect == entries && fetch.started >= seen + delay)
    }

    fn quarantine(&mut self, now: u64, cause: Cause, entries: &BTreeSet<u32>) {
        if (self.suspect.as_ref()).is_none_or(|(suspect, _)| suspect != entries) {
            self.suspect = Some((entries.clone(), now));
            self.fail(now, cause);
        }
    }

    fn confirmed(&mut self, fetch: &Outstanding, max_age: Option<u64>) {
        let longest = millis(self.config.interval);
        let interval =
            (max_age.unwrap_or(longest)).clamp(millis(self.config.least_interval), longest);
        self.suspect = None;
        self.failures = 0;
        self.schedule_from = fetch.started + interval * 9 / 10;
        // A step during the fetch leaves the date in doubt.
        (self.clock_stepped_at).take_if(|stepped_at| *stepped_at <= fetch.started);
    }

    /// What hints cause does not count beyond the first failure.
    fn fail(&mut self, now: u64, cause: Cause) {
        if cause != Cause::Hint || self.failures == 0 {
            self.failures += 1;
            self.failed_at = now;
        }
    }
}
