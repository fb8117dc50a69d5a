//! What came of it.

use core::fmt;

use crate::clock::{DAY, SECOND};
use crate::{Fault, Violation};

/// What a run came to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    seed: u64,
    years: u64,
    injected: [u64; Fault::ALL.len()],
    fetches: u64,
    most_fetches_in_a_day: u32,
    /// Rotations with nothing else going on, and all of them.
    calm: Delays,
    all: Delays,
    webhooks: u64,
    lost: u64,
    violations: u64,
    first: Vec<Violation>,
}

/// Times from the first use of a certificate to the acceptance of a list with it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Delays {
    count: u64,
    sum: u64,
    worst: u64,
}

impl Delays {
    fn add(&mut self, delay: u64) {
        self.count += 1;
        self.sum += delay;
        self.worst = self.worst.max(delay);
    }
}

impl Report {
    /// How many violations are kept, of all that are counted.
    const MOST_KEPT: usize = 20;

    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            years: 0,
            injected: [0; Fault::ALL.len()],
            fetches: 0,
            most_fetches_in_a_day: 0,
            calm: Delays::default(),
            all: Delays::default(),
            webhooks: 0,
            lost: 0,
            violations: 0,
            first: Vec::new(),
        }
    }

    /// How many years were simulated.
    pub fn years(&self) -> u64 {
        self.years
    }

    /// How often a fault was injected: requests that met it, for those of the endpoint; occasions for the others.
    pub fn injected(&self, fault: Fault) -> u64 {
        self.injected[fault as usize]
    }

    /// How many fetches were made.
    pub fn fetches(&self) -> u64 {
        self.fetches
    }

    /// The most fetches in any one day.
    pub fn most_fetches_in_a_day(&self) -> u32 {
        self.most_fetches_in_a_day
    }

    /// How many rotations were accepted, or overtaken by the next one, with nothing else going on.
    pub fn calm_rotations(&self) -> u64 {
        self.calm.count
    }

    /// How many violations there were.
    pub fn violations(&self) -> u64 {
        self.violations
    }

    /// The first twenty violations.
    pub fn first_violations(&self) -> &[Violation] {
        &self.first
    }

    pub(crate) fn count_year(&mut self) {
        self.years += 1;
    }

    pub(crate) fn count_fault(&mut self, fault: Fault) {
        self.injected[fault as usize] += 1;
    }

    pub(crate) fn count_fetches(&mut self, in_a_day: u32) {
        self.fetches += u64::from(in_a_day);
        self.most_fetches_in_a_day = self.most_fetches_in_a_day.max(in_a_day);
    }

    pub(crate) fn count_rotation(&mut self, delay: u64, calm: bool) {
        self.all.add(delay);
        if calm {
            self.calm.add(delay);
        }
    }

    pub(crate) fn count_webhook(&mut self, lost: bool) {
        self.webhooks += 1;
        self.lost += u64::from(lost);
    }

    pub(crate) fn count_violation(&mut self, violation: Violation) {
        self.violations += 1;
        if self.first.len() < Self::MOST_KEPT {
            self.first.push(violation);
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} years simulated, seed {}", self.years, self.seed)?;
        writeln!(f, "faults injected:")?;
        for fault in Fault::ALL {
            writeln!(f, "  {:<30} {:>12}", fault.name(), self.injected(fault))?;
        }
        writeln!(f, "from a certificate's first use to its acceptance:")?;
        for (name, delays) in [
            ("all else being well", &self.calm),
            ("all rotations", &self.all),
        ] {
            let mean = delays.sum / delays.count.max(1);
            writeln!(
                f,
                "  {name:<20} {:>9} times, mean {}, worst {}",
                delays.count,
                Span(mean),
                Span(delays.worst)
            )?;
        }
        let days = (self.years * 365).max(1);
        writeln!(
            f,
            "fetches per day: mean {}.{:02}, worst {}",
            self.fetches / days,
            self.fetches % days * 100 / days,
            self.most_fetches_in_a_day
        )?;
        writeln!(
            f,
            "webhooks: {}, of which lost while something was broken: {}",
            self.webhooks, self.lost
        )?;
        for violation in &self.first {
            writeln!(f, "violation: {violation}")?;
        }
        write!(f, "{} violations", self.violations)
    }
}

/// Milliseconds for people.
struct Span(u64);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(milliseconds) = *self;
        if milliseconds >= DAY {
            write!(
                f,
                "{}.{} d",
                milliseconds / DAY,
                milliseconds % DAY * 10 / DAY
            )
        } else {
            write!(
                f,
                "{}.{} s",
                milliseconds / SECOND,
                milliseconds % SECOND / 100
            )
        }
    }
}
