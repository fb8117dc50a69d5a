//! Contenders that do the same work in turns.

use core::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Who takes part in a race: a name, and one pass over all inputs.
pub struct Contender<'a> {
    name: &'static str,
    pass: Box<dyn FnMut() + 'a>,
    times: Vec<Duration>,
}

impl<'a> Contender<'a> {
    /// `pass` does the work once for every input, and makes sure that its result is used.
    pub fn new(name: &'static str, pass: impl FnMut() + 'a) -> Self {
        Self {
            name,
            pass: Box::new(pass),
            times: Vec::new(),
        }
    }
}

/// The median processor time of one pass of each contender, in the order they were given.
pub struct Results(Vec<(&'static str, Duration)>);

/// Lets each contender make a pass, and begins again, `rounds` times; one round before that is not counted. Turns spread what
/// disturbs the machine over all contenders.
///
/// # Panics
///
/// If `rounds` is zero.
pub fn race(rounds: usize, mut contenders: Vec<Contender<'_>>) -> Results {
    for round in 0..=rounds {
        for contender in &mut contenders {
            let start = processor_time();
            (contender.pass)();
            if round > 0 {
                contender.times.push(processor_time() - start);
            }
        }
    }
    Results(
        contenders
            .into_iter()
            .map(|mut contender| {
                contender.times.sort_unstable();
                (contender.name, contender.times[rounds / 2])
            })
            .collect(),
    )
}

/// How long this thread has had a processor. Unlike the time on the wall, it stands still while others have it.
pub fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.try_into()
        .expect("a thread's processor time is not negative")
}

impl Results {
    /// The contenders and their medians.
    pub fn medians(&self) -> impl Iterator<Item = (&'static str, Duration)> {
        self.0.iter().copied()
    }

    /// How many times as fast as `peer` the contender called `name` is.
    ///
    /// # Panics
    ///
    /// If one of them did not take part.
    pub fn ratio(&self, name: &str, peer: &str) -> f64 {
        let median = |wanted| {
            let found = self.0.iter().find(|(name, _)| *name == wanted);
            found.expect("the contender takes part").1.as_secs_f64()
        };
        median(peer) / median(name)
    }
}

/// Prints what was measured beside what was wanted: `target` says it in words, such as `at least 2`.
pub fn print_target(what: &str, measured: f64, target: &str) {
    println!("{what} = {measured:.2} (target: {target})");
}
