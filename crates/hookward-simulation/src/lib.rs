//! Years of a [`Refresher`]'s life in virtual time, with a faulty world around it and a model that watches.
//!
//! Each year is a life of its own, with a seed made from the run's seed: an endpoint that publishes a list, a sender that
//! rotates its certificate and tries again only when it is told to, a gate that judges by what the refresher has published,
//! and everything that goes wrong. After every step the [`Violation`]s that the model finds are noted. The model decides for
//! itself which answer comes into force and what may be fetched when; it shares no code with the refresher.
//!
//! ```
//! let report = hookward_simulation::run(2, 7);
//! assert_eq!(report.violations(), 0, "{report}");
//! assert_eq!(report, hookward_simulation::run(2, 7));
//! ```
//!
//! [`run_with`] takes any [`Machine`], so that one that is broken on purpose can be watched being caught.
//!
//! # What it is not
//!
//! It is no part of the published crates. It does not simulate caches between driver and endpoint, nor a computer that
//! sleeps. What happens while something is broken, or just after, counts as a violation only if the machine is to blame: a
//! webhook may be lost then, but nothing may be trusted that should not be.

#![forbid(unsafe_code)]

extern crate alloc;

mod agenda;
mod clock;
mod endpoint;
mod fault;
mod gate;
mod list;
mod machine;
mod model;
mod report;
mod sender;
mod violation;
mod world;

use hookward_refresh::{Config, Now, Refresher, Snapshot};

pub use fault::Fault;
pub use list::{List, ListError};
pub use machine::{Machine, Published};
pub use report::Report;
pub use violation::{Violation, ViolationKind};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// Simulates `years` of the refresher, the first of them with `seed`.
pub fn run(years: u64, seed: u64) -> Report {
    run_with(years, seed, |config, seed, now, snapshot| {
        Refresher::new(config, seed, now, snapshot).expect("the simulation's limits are sound")
    })
}

/// Simulates `years` of machines that `make` makes: one at the start of each year, and one after each restart.
///
/// A year depends on its own seed alone, which is `seed` for the first, `seed + 1` for the second and so on: the year of a
/// violation is run again by running one year with the seed that the violation names.
pub fn run_with<M: Machine>(
    years: u64,
    seed: u64,
    make: impl Fn(Config, u64, Now, Option<Snapshot<List>>) -> M,
) -> Report {
    let mut report = Report::new(seed);
    for year in 0..years {
        world::live(seed.wrapping_add(year), &make, &mut report);
    }
    report
}
