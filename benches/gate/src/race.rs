//! Rounds of load on contenders in turns.

use core::time::Duration;
use std::io;

use crate::contender::Contender;
use crate::load::Round;

/// What a contender did in one round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Requests per second.
    pub(crate) rate: f64,
    /// The latency that half of the requests keep to, and that 99 of 100 do, in milliseconds.
    pub(crate) half: f64,
    pub(crate) most: f64,
    /// The processor time of the server for a request, in microseconds.
    pub(crate) cost: f64,
    /// The part of the time in which the server had its processor.
    pub(crate) busy: f64,
}

/// The samples of each contender, in the order of the rounds.
pub(crate) struct Results {
    contenders: Vec<(&'static str, Vec<Sample>)>,
}

/// Puts each contender under load in turn, and begins again, `rounds` times.
pub(crate) async fn race<L>(
    rounds: usize,
    contenders: &[&Contender<'_>],
    load: L,
) -> io::Result<Results>
where
    L: AsyncFn(&Contender<'_>) -> io::Result<Round>,
{
    let mut results: Vec<_> = contenders
        .iter()
        .map(|contender| (contender.name, Vec::with_capacity(rounds)))
        .collect();
    for round in 0..rounds {
        // who goes first has not always the same neighbour
        for turn in 0..contenders.len() {
            let place = (round + turn) % contenders.len();
            let contender = contenders[place];
            let running = &contender.server.running;
            let before = running.processor_time()?;
            let begun = std::time::Instant::now();
            let outcome = load(contender).await.map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", contender.name))
            })?;
            let work = running.processor_time()?.saturating_sub(before);
            results[place]
                .1
                .push(Sample::of(outcome, work, begun.elapsed()));
        }
    }
    Ok(Results {
        contenders: results,
    })
}

impl Sample {
    /// `work` is what the server did in all of `total`, of which the round is a part.
    fn of(mut round: Round, work: Duration, total: Duration) -> Self {
        round.latencies.sort_unstable();
        let count = round.latencies.len();
        let milliseconds = |place: usize| {
            let latency = round.latencies.get(place.min(count.saturating_sub(1)));
            latency.map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
        };
        let rate = count as f64 / round.elapsed.as_secs_f64();
        let busy = work.as_secs_f64() / total.as_secs_f64();
        Self {
            rate,
            half: milliseconds(count / 2),
            most: milliseconds(count * 99 / 100),
            cost: busy / rate * 1e6,
            busy,
        }
    }
}

impl Results {
    /// Prints the medians of each contender.
    pub(crate) fn print(&self, what: &str) {
        for (name, samples) in &self.contenders {
            let of = |value: fn(&Sample) -> f64| median(samples.iter().map(value).collect());
            println!(
                "  {name:34} {:8.0} {what}/s, p50 {:6.2} ms, p99 {:6.2} ms, {:6.1} µs of its processor, {:3.0} % busy",
                of(|sample| sample.rate),
                of(|sample| sample.half),
                of(|sample| sample.most),
                of(|sample| sample.cost),
                of(|sample| sample.busy) * 100.0,
            );
        }
    }

    /// The median over the rounds of what `value` is for the first, divided by what it is for the second.
    ///
    /// # Panics
    ///
    /// If one of them did not take part.
    pub(crate) fn ratio(&self, first: &str, second: &str, value: fn(&Sample) -> f64) -> f64 {
        let samples = |wanted| {
            let found = self.contenders.iter().find(|(name, _)| *name == wanted);
            &found.expect("the contender takes part").1
        };
        let pairs = samples(first).iter().zip(samples(second));
        median(
            pairs
                .map(|(first, second)| value(first) / value(second))
                .collect(),
        )
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
