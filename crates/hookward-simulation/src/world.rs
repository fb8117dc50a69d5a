//! One year of one machine.

use alloc::collections::BTreeSet;
use core::mem;
use core::time::Duration;

use fastrand::Rng;
use hookward_refresh::{Config, Event, FetchId, Now, Snapshot};

use crate::agenda::Agenda;
use crate::clock::{Clock, DAY, HOUR, MINUTE, SECOND, YEAR, millis};
use crate::endpoint::{Content, Endpoint};
use crate::gate::{Gate, Verdict};
use crate::model::Model;
use crate::sender::Sender;
use crate::{Fault, List, Machine, Report, Violation, ViolationKind};

/// For how long after a fault its consequences are not held against the machine: a wrong list that it brought can look
/// fresh for as long as the hint interval, and have been on its way for as long as a fetch may take.
const AFTERMATH: u64 = 3 * MINUTE;

/// After how long without any fault there has to be a trusted document: the longest step of the backoff, with its jitter,
/// for the first fetch, for a confirmation, and for another one if the list changed in between, and some.
const RECOVERY: u64 = 8 * HOUR;

/// Lives the year that `seed` makes.
pub(crate) fn live<M: Machine>(
    seed: u64,
    make: impl Fn(Config, u64, Now, Option<Snapshot<List>>) -> M,
    report: &mut Report,
) {
    let mut world = World::new(seed, make, report);
    world.begin();
    while let Some((at, happening)) = world.agenda.next()
        && at < YEAR
    {
        world.clock.now = at;
        if world.is_disturbed() {
            world.disturbed_at = at;
        }
        world.happen(happening);
        world.note_violations();
    }
    for fetches in mem::take(&mut world.fetches_by_day) {
        world.report.count_fetches(fetches);
    }
    world.report.count_year();
}

#[derive(Debug)]
enum Happening {
    /// The driver's timer for this moment.
    Timer(u64),
    /// An answer for the process with this number.
    Answer(u32, FetchId, Content),
    FaultBegins,
    FaultEnds,
    ClockSteps,
    StallBegins,
    StallEnds,
    ProcessEnds,
    ProcessStarts,
    /// Another unknown certificate, and how many are to follow.
    Flood(u32),
    Rotation,
    Use(u32),
    Retirement(u32),
    Webhook,
    /// A webhook is sent, for the first time at that moment, and has been tried again so many times.
    Delivery(u64, u32),
    Probe,
}

/// A certificate that is in use and not accepted yet.
#[derive(Clone, Copy, Debug)]
struct Awaited {
    certificate: u32,
    used_at: u64,
}

struct World<'a, M, F> {
    seed: u64,
    rng: Rng,
    config: Config,
    make: F,
    report: &'a mut Report,
    agenda: Agenda<Happening>,
    clock: Clock,
    endpoint: Endpoint,
    sender: Sender,
    gate: Gate,
    model: Model,
    /// `None` while the process is down.
    machine: Option<M>,
    process: u32,
    snapshot: Option<Snapshot<List>>,
    timer_at: Option<u64>,
    stalled_until: Option<u64>,
    hint_held_back: bool,
    /// When something was last wrong.
    disturbed_at: u64,
    awaited: Option<Awaited>,
    fetches_by_day: Vec<u32>,
}

impl<'a, M: Machine, F> World<'a, M, F>
where
    F: Fn(Config, u64, Now, Option<Snapshot<List>>) -> M,
{
    fn new(seed: u64, make: F, report: &'a mut Report) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mut config = Config::default();
        config.max_entries = 8;
        config.max_body = 256;
        let first = rng.u32(1..1000);
        let list: BTreeSet<u32> = (first..=first + rng.u32(..4)).collect();
        let last = list.last().copied().unwrap_or(first);
        Self {
            seed,
            config,
            make,
            report,
            agenda: Agenda::new(),
            clock: Clock::new(),
            endpoint: Endpoint::new(list, config.max_body, &mut rng),
            sender: Sender::new(last),
            gate: Gate::new(config.spacing),
            model: Model::new(config, 0),
            machine: None,
            process: 0,
            snapshot: None,
            timer_at: None,
            stalled_until: None,
            hint_held_back: false,
            disturbed_at: 0,
            awaited: None,
            fetches_by_day: vec![0; (YEAR / DAY) as usize],
            rng,
        }
    }

    fn begin(&mut self) {
        self.start_process();
        for (happening, within) in [
            (Happening::FaultBegins, 10 * DAY),
            (Happening::ClockSteps, 60 * DAY),
            (Happening::StallBegins, 60 * DAY),
            (Happening::ProcessEnds, 60 * DAY),
            (Happening::Flood(0), 30 * DAY),
            (Happening::Rotation, 40 * DAY),
            (Happening::Webhook, DAY),
            (Happening::Probe, DAY),
        ] {
            self.plan_within(within, happening);
        }
    }

    fn plan_in(&mut self, delay: u64, happening: Happening) {
        self.agenda.plan(self.clock.now + delay, happening);
    }

    fn plan_within(&mut self, most: u64, happening: Happening) {
        let delay = self.rng.u64(1..most);
        self.plan_in(delay, happening);
    }

    /// A length of time between the two, short ones as likely as long ones.
    fn span(&mut self, least: u64, most: u64) -> u64 {
        let octaves = (most / least).ilog2();
        let least = least << self.rng.u32(..=octaves);
        self.rng.u64(least..=2 * least).min(most)
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Timer(at) => self.timer(at),
            Happening::Answer(process, id, content) => self.answer(process, id, content),
            Happening::FaultBegins => {
                let fault = Fault::OF_ENDPOINT[self.rng.usize(..Fault::OF_ENDPOINT.len())];
                self.endpoint.break_down(fault);
                let length = self.span(10 * MINUTE, 20 * DAY);
                self.plan_in(length, Happening::FaultEnds);
            }
            Happening::FaultEnds => {
                self.endpoint.fault = None;
                self.plan_within(12 * DAY, Happening::FaultBegins);
            }
            Happening::ClockSteps => self.step_clock(),
            Happening::StallBegins => {
                self.report.count_fault(Fault::Stall);
                let length = self.span(MINUTE, 10 * DAY);
                self.stalled_until = Some(self.clock.now + length);
                self.plan_in(length, Happening::StallEnds);
            }
            Happening::StallEnds => self.end_stall(),
            Happening::ProcessEnds => {
                self.report.count_fault(Fault::Restart);
                self.machine = None;
                self.timer_at = None;
                self.gate.publish(None);
                let length = self.span(SECOND, 10 * DAY);
                self.plan_in(length, Happening::ProcessStarts);
            }
            Happening::ProcessStarts => {
                self.process += 1;
                self.start_process();
                self.plan_within(120 * DAY, Happening::ProcessEnds);
            }
            Happening::Flood(left) => self.flood(left),
            Happening::Rotation => self.rotate(),
            Happening::Use(certificate) => self.use_certificate(certificate),
            Happening::Retirement(certificate) => {
                self.endpoint.publish(|list| {
                    if list.len() > 1 {
                        list.remove(&certificate);
                    }
                });
            }
            Happening::Webhook => {
                self.deliver(self.clock.now, 0);
                self.plan_within(40 * HOUR, Happening::Webhook);
            }
            Happening::Delivery(first, retries) => self.deliver(first, retries),
            Happening::Probe => {
                self.probe();
                self.plan_within(12 * HOUR, Happening::Probe);
            }
        }
    }

    fn start_process(&mut self) {
        let now = self.clock.read();
        // At times the state directory is lost.
        if self.process > 0 {
            self.snapshot.take_if(|_| self.rng.u8(..10) == 0);
            let looked_old = self.snapshot.as_ref().and_then(|snapshot| {
                let age = now
                    .wall
                    .as_secs()
                    .checked_sub(snapshot.checked_at.as_secs());
                age.map(|seconds| seconds * SECOND)
            });
            self.model
                .restart(self.clock.now, looked_old, self.snapshot.is_some());
        }
        let snapshot = self.snapshot.clone();
        self.machine = Some((self.make)(self.config, self.rng.u64(..), now, snapshot));
        self.follow_up();
    }

    /// Has the driver tell the machine something, unless there is no driver.
    fn drive(&mut self, tell: impl FnOnce(&mut M, Now)) {
        self.model.advance(self.clock.now);
        if let Some(machine) = &mut self.machine {
            tell(machine, self.clock.read());
            self.follow_up();
        }
    }

    /// Does what the machine's contract asks for after each call.
    fn follow_up(&mut self) {
        let now = self.clock.read();
        let Some(machine) = &mut self.machine else {
            return;
        };
        while let Some(fetch) = machine.poll_transmit() {
            self.model.transmit(self.clock.now, &fetch);
            self.fetches_by_day[(self.clock.now / DAY) as usize] += 1;
            let answers = self
                .endpoint
                .answer(fetch.validators.as_ref(), &mut self.rng);
            let mut fault = self.endpoint.fault;
            if fault.is_none()
                && answers
                    .iter()
                    .any(|answer| answer.content.is_not_modified())
            {
                // A wrong list that came with the right validators goes on being wrong.
                fault = (!self.model.holds(&self.endpoint.list)).then_some(Fault::FalseNotModified);
            }
            if let Some(fault) = fault {
                self.report.count_fault(fault);
                self.disturbed_at = self.clock.now;
            }
            for answer in answers {
                let at = self.clock.now + answer.delay;
                let happening = Happening::Answer(self.process, fetch.id, answer.content);
                self.agenda.plan(at, happening);
            }
        }
        while let Some(event) = machine.poll_event() {
            let save = match event {
                Event::Accepted { .. } | Event::Confirmed => true,
                Event::StateChanged { .. } => false,
                _ => continue,
            };
            let current = machine.current(now);
            if save {
                self.snapshot = current.as_ref().map(|current| current.to_snapshot());
            }
            self.gate
                .publish(current.filter(|_| machine.trusted(now).is_some()));
        }
        let timeout = machine
            .poll_timeout()
            .map(|timeout| millis_up(timeout.since_start()));
        if let Some(at) = timeout
            && self.timer_at != timeout
        {
            if at > self.clock.now {
                self.agenda.plan(at, Happening::Timer(at));
            } else {
                self.violation(ViolationKind::Busy); // and would be for ever
            }
        }
        self.timer_at = timeout;
        self.stop_awaiting();
    }

    fn timer(&mut self, at: u64) {
        if self.timer_at != Some(at) {
            return; // it has been set anew since
        }
        match self.stalled_until {
            Some(until) => self.agenda.plan(until, Happening::Timer(at)),
            None => {
                self.timer_at = None;
                self.drive(|machine, now| machine.handle_timeout(now));
            }
        }
    }

    fn answer(&mut self, process: u32, id: FetchId, content: Content) {
        if process != self.process || self.machine.is_none() {
            return;
        }
        if let Some(until) = self.stalled_until {
            let held_back = Happening::Answer(process, id, content);
            return self.agenda.plan(until, held_back);
        }
        self.model.advance(self.clock.now);
        self.model.answer(self.clock.now, id, &content);
        self.drive(|machine, now| match (&content).into() {
            Ok(response) => machine.handle_response(now, id, response),
            Err(failure) => machine.handle_failure(now, id, failure),
        });
        self.compare();
    }

    fn hint(&mut self) {
        if self.machine.is_none() {
            return;
        }
        if self.stalled_until.is_some() {
            self.hint_held_back = true;
            return;
        }
        self.model.hint();
        self.drive(|machine, now| machine.handle_hint(now));
    }

    fn end_stall(&mut self) {
        self.stalled_until = None;
        if mem::take(&mut self.hint_held_back) {
            self.hint();
        }
        self.drive(|machine, now| machine.handle_timeout(now));
        self.plan_within(120 * DAY, Happening::StallBegins);
    }

    fn step_clock(&mut self) {
        self.report.count_fault(Fault::ClockStep);
        let size = self.span(SECOND, 10 * DAY);
        let forward = self.rng.bool();
        if !forward {
            self.gate.set_back += size;
        }
        let size = size as i64;
        self.clock.step(if forward { size } else { -size });
        self.model.clock_stepped(self.clock.now);
        self.plan_within(60 * DAY, Happening::ClockSteps);
    }

    fn flood(&mut self, left: u32) {
        self.hint();
        if left > 0 {
            self.plan_within(20 * SECOND, Happening::Flood(left - 1));
        } else {
            self.report.count_fault(Fault::Flood);
            let next = Happening::Flood(self.rng.u32(50..1000));
            self.plan_within(60 * DAY, next);
        }
    }

    fn rotate(&mut self) {
        let rotation = self.sender.rotate(
            self.clock.now,
            millis(self.gate.hint_interval),
            &mut self.endpoint,
            &mut self.rng,
        );
        self.plan_in(rotation.used_in, Happening::Use(rotation.certificate));
        if let Some((old, retired_in)) = rotation.retired {
            self.plan_in(retired_in, Happening::Retirement(old));
        }
        let next = rotation.used_in + 15 * DAY + self.rng.u64(..40 * DAY);
        self.plan_in(next, Happening::Rotation);
    }

    fn use_certificate(&mut self, certificate: u32) {
        if let Some(overtaken) = self.awaited.take() {
            self.count_rotation(overtaken);
        }
        self.sender.certificate = certificate;
        self.awaited = Some(Awaited {
            certificate,
            used_at: self.clock.now,
        });
        self.stop_awaiting();
        self.deliver(self.clock.now, 0);
    }

    fn stop_awaiting(&mut self) {
        if let Some(published) = &self.gate.published
            && let Some(accepted) =
                (self.awaited).take_if(|it| published.list.0.contains(&it.certificate))
        {
            self.count_rotation(accepted);
        }
    }

    fn count_rotation(&mut self, awaited: Awaited) {
        let calm = self.is_calm_since(awaited.used_at);
        self.report
            .count_rotation(self.clock.now - awaited.used_at, calm);
    }

    fn deliver(&mut self, first: u64, retries: u32) {
        if self.clock.now < self.sender.pauses_until {
            let happening = Happening::Delivery(first, retries);
            return self.agenda.plan(self.sender.pauses_until, happening);
        }
        let verdict = match self.machine {
            Some(_) => self
                .gate
                .judge(self.sender.certificate, self.clock.read().wall),
            None => Verdict::Unavailable,
        };
        match verdict {
            Verdict::Accept => self.report.count_webhook(false),
            Verdict::Unavailable if retries < Sender::MOST_RETRIES => {
                self.hint();
                let retry = Happening::Delivery(first, retries + 1);
                self.plan_in(Sender::retry_delay(retries), retry);
            }
            Verdict::Unavailable | Verdict::Refuse => {
                self.report.count_webhook(true);
                if self.is_calm_since(first) {
                    self.violation(ViolationKind::LostWebhook);
                }
            }
        }
    }

    /// Looks at what is trusted without telling the machine anything.
    fn probe(&mut self) {
        let now = self.clock.read();
        let Some(machine) = &self.machine else {
            return;
        };
        match machine.trusted(now) {
            Some(list) => self.model.trust(self.clock.now, list, 0),
            None if self.is_calm_since(self.clock.now.saturating_sub(RECOVERY)) => {
                self.violation(ViolationKind::NoRecovery);
            }
            None => {}
        }
        if let Some(published) = self.gate.trusted(now.wall) {
            // Dates alone cannot tell that the clock was set back; a driver that is awake can. Dates are whole seconds.
            let forgiven = match self.stalled_until {
                Some(_) => self.gate.set_back + SECOND,
                None => SECOND,
            };
            self.model.trust(self.clock.now, &published.list, forgiven);
            if self.stalled_until.is_none() {
                self.model.compare(Some(&published.list));
            }
        }
        self.compare();
    }

    fn compare(&mut self) {
        if let Some(machine) = &self.machine {
            let current = machine.current(self.clock.read());
            self.model.compare(current.as_ref().map(|it| &it.list));
        }
    }

    fn is_disturbed(&self) -> bool {
        self.endpoint.fault.is_some()
            || self.stalled_until.is_some()
            || self.machine.is_none()
            || self.model.doubts_clock()
    }

    /// Whether nothing has been wrong since then, nor shortly before.
    fn is_calm_since(&self, then: u64) -> bool {
        !self.is_disturbed() && self.disturbed_at + AFTERMATH <= then
    }

    fn violation(&mut self, kind: ViolationKind) {
        self.report.count_violation(Violation {
            kind,
            seed: self.seed,
            at: self.clock.now,
        });
    }

    fn note_violations(&mut self) {
        for kind in self.model.take_found() {
            self.violation(kind);
        }
    }
}

/// A timer has no finer steps than the simulation, and must not go off too early.
fn millis_up(duration: Duration) -> u64 {
    millis(duration.saturating_add(Duration::from_nanos(999_999)))
}
