//! Machines that are broken on purpose, each in one way, are caught for it.

use hookward_refresh::{
    Config, Document, Event, Fetch, FetchId, Instant, Now, Refresher, Response, Transport,
    Validators,
};
use hookward_simulation::{List, Machine, Published, ViolationKind, run_with};

use core::time::Duration;

/// One way of being broken.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mutation {
    None,
    AcceptsEmptyLists,
    AcceptsAnySize,
    AcceptsUnconfirmedShrinking,
    AcceptsUnconfirmedReplacement,
    MergesLists,
    ForgetsOnFailure,
    NeverExpires,
    TrustsTheWallClock,
    KeepsValidatorsOfRefusedDocuments,
    ConfirmsConditionally,
    TakesAny304ForConfirmation,
    TakesLateAnswers,
    OverspendsHints,
    IgnoresHints,
    IgnoresRetryAfter,
    NeverBacksOff,
    FetchesTooOften,
    StopsAfterFailure,
}

/// A refresher with something wrong between it and the world.
struct Mutant {
    mutation: Mutation,
    inner: Refresher<List>,
    /// What this claims to hold instead of what the refresher holds.
    claim: Option<List>,
    under_way: Option<FetchId>,
    last_list: Option<List>,
    last_validators: Validators,
    failed: bool,
}

impl Mutant {
    fn is(&self, mutation: Mutation) -> bool {
        self.mutation == mutation
    }
}

impl Machine for Mutant {
    fn handle_response(&mut self, now: Now, id: FetchId, response: Response<'_>) {
        let current = self.inner.current(now).map(|it| it.document.to_body());
        let mut response = response; // as long-lived as what may replace its body
        if self.is(Mutation::TakesAny304ForConfirmation)
            && response.status == 304
            && let Some(body) = &current
        {
            response.status = 200;
            response.body = body;
        }
        if self.is(Mutation::IgnoresRetryAfter) {
            response.retry_after = None;
        }
        if response.status == 200 {
            self.last_list = List::parse(response.body).ok();
            self.last_validators = response.validators.clone();
            if self.is(Mutation::AcceptsEmptyLists) && response.body == b"[]" {
                self.claim = self.last_list.clone();
            }
        }
        let id = match self.under_way {
            Some(under_way) if self.is(Mutation::TakesLateAnswers) => under_way,
            _ => id,
        };
        self.inner.handle_response(now, id, response);
    }

    fn handle_failure(&mut self, now: Now, id: FetchId, failure: Transport) {
        self.inner.handle_failure(now, id, failure);
    }

    fn handle_timeout(&mut self, now: Now) {
        self.inner.handle_timeout(now);
    }

    fn handle_hint(&mut self, now: Now) {
        if !self.is(Mutation::IgnoresHints) {
            self.inner.handle_hint(now);
        }
    }

    fn poll_transmit(&mut self) -> Option<Fetch> {
        let mut fetch = self.inner.poll_transmit()?;
        if self.is(Mutation::StopsAfterFailure) && self.failed {
            return None;
        }
        if self.is(Mutation::KeepsValidatorsOfRefusedDocuments) && fetch.validators.is_some()
            || self.is(Mutation::ConfirmsConditionally)
        {
            fetch.validators = Some(self.last_validators.clone());
        }
        self.under_way = Some(fetch.id);
        Some(fetch)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.inner.poll_timeout()
    }

    fn poll_event(&mut self) -> Option<Event<List>> {
        let before = self.claim.take();
        let event = self.inner.poll_event();
        match &event {
            Some(Event::Accepted { removed, .. }) if self.is(Mutation::MergesLists) => {
                let mut merged = self.last_list.clone()?;
                merged.0.extend(removed);
                self.claim = Some(merged);
            }
            Some(Event::Accepted { .. } | Event::Confirmed) => self.failed = false,
            Some(Event::Quarantined { .. }) if self.is(Mutation::AcceptsUnconfirmedReplacement) => {
                self.claim = self.last_list.clone();
            }
            Some(Event::Failed { .. }) => {
                self.failed = true;
                self.claim = before;
            }
            _ => self.claim = before,
        }
        event
    }

    fn trusted(&self, now: Now) -> Option<&List> {
        if self.is(Mutation::ForgetsOnFailure) && self.failed {
            return None;
        }
        if self.is(Mutation::TrustsTheWallClock) {
            let current = self.inner.current(now)?;
            let lifetime = self.inner.config().expired_after.as_secs();
            let valid = current.checked_at..;
            let age = now.wall.as_secs().checked_sub(current.checked_at.as_secs());
            return (valid.contains(&now.wall) && age < Some(lifetime)).then_some(current.document);
        }
        let trusted = self.inner.trusted(now)?;
        Some(self.claim.as_ref().unwrap_or(trusted))
    }

    fn current(&self, now: Now) -> Option<Published> {
        if self.is(Mutation::ForgetsOnFailure) && self.failed {
            return None;
        }
        let mut current = Machine::current(&self.inner, now)?;
        if let Some(claim) = &self.claim {
            current.list = claim.clone();
        }
        Some(current)
    }
}

/// For how many years a mutant may live undetected. Most are caught in their first or second.
const MOST_YEARS: u64 = 100;

/// What a machine with the mutation does wrong in the year that `seed` makes.
fn violations(mutation: Mutation, seed: u64) -> Vec<ViolationKind> {
    let report = run_with(1, seed, |mut config, seed, now, snapshot| {
        change(&mut config, mutation);
        Mutant {
            mutation,
            inner: Refresher::new(config, seed, now, snapshot).unwrap(),
            claim: None,
            under_way: None,
            last_list: None,
            last_validators: Validators::default(),
            failed: false,
        }
    });
    report
        .first_violations()
        .iter()
        .map(|violation| violation.kind)
        .collect()
}

/// The mutations that are limits set wrong.
fn change(config: &mut Config, mutation: Mutation) {
    match mutation {
        Mutation::AcceptsAnySize => config.max_body = usize::MAX,
        Mutation::AcceptsUnconfirmedShrinking => config.least_kept_percent = 0,
        Mutation::NeverExpires => config.expired_after = Duration::MAX,
        Mutation::OverspendsHints => config.hint_burst = u32::MAX,
        Mutation::NeverBacksOff => config.longest_backoff = config.spacing,
        Mutation::FetchesTooOften => config.least_interval = config.spacing,
        _ => {}
    }
}

#[test]
fn the_wrapper_itself_breaks_nothing() {
    for seed in 0..20 {
        assert_eq!(violations(Mutation::None, seed), []);
    }
}

#[test]
fn mutants_are_caught() {
    for (mutation, kind) in [
        (Mutation::AcceptsEmptyLists, ViolationKind::LostLastGood),
        (Mutation::AcceptsAnySize, ViolationKind::TrustsUnaccepted),
        (
            Mutation::AcceptsUnconfirmedShrinking,
            ViolationKind::LostLastGood,
        ),
        (
            Mutation::AcceptsUnconfirmedReplacement,
            ViolationKind::TrustsUnaccepted,
        ),
        (Mutation::MergesLists, ViolationKind::TrustsUnaccepted),
        (Mutation::ForgetsOnFailure, ViolationKind::LostLastGood),
        (Mutation::NeverExpires, ViolationKind::TrustedPastExpiry),
        (
            Mutation::TrustsTheWallClock,
            ViolationKind::TrustedPastExpiry,
        ),
        (
            Mutation::KeepsValidatorsOfRefusedDocuments,
            ViolationKind::ForeignValidators,
        ),
        (
            Mutation::ConfirmsConditionally,
            ViolationKind::WeakConfirmation,
        ),
        (
            Mutation::TakesAny304ForConfirmation,
            ViolationKind::EarlyFetch,
        ),
        (Mutation::TakesLateAnswers, ViolationKind::TrustsUnaccepted),
        (Mutation::OverspendsHints, ViolationKind::OverspentHint),
        (Mutation::IgnoresHints, ViolationKind::LostWebhook),
        (
            Mutation::IgnoresRetryAfter,
            ViolationKind::IgnoredRetryAfter,
        ),
        (Mutation::NeverBacksOff, ViolationKind::EarlyFetch),
        (Mutation::FetchesTooOften, ViolationKind::EarlyFetch),
        (Mutation::StopsAfterFailure, ViolationKind::NoRecovery),
    ] {
        let years = (0..MOST_YEARS).find(|seed| violations(mutation, *seed).contains(&kind));
        assert!(years.is_some(), "{mutation:?} gets away with {kind:?}");
    }
}
