//! A machine in virtual time, with a server that says what the test has it say.
#![allow(dead_code)] // each test binary uses its part

use core::num::ParseIntError;
use core::str;
use core::time::Duration;

use hookward_refresh::{
    Config, Document, Event, Fetch, FetchId, Instant, Now, Refresher, Response, Snapshot, State,
    Transport, Validators,
};
use rustls_pki_types::UnixTime;

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const DAY: Duration = Duration::from_secs(86400);
pub(crate) const START: u64 = 1_790_000_000;

/// Numbers, one in a line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Numbers(pub(crate) Vec<u32>);

impl Document for Numbers {
    type Entry = u32;
    type Error = ParseIntError;

    fn parse(body: &[u8]) -> Result<Self, ParseIntError> {
        let text = str::from_utf8(body).unwrap_or("not text");
        text.lines()
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    fn entries(&self) -> impl Iterator<Item = u32> {
        self.0.iter().copied()
    }
}

pub(crate) fn body(numbers: &[u32]) -> Vec<u8> {
    let lines: Vec<String> = numbers.iter().map(u32::to_string).collect();
    lines.join("\n").into_bytes()
}

pub(crate) fn validators(etag: &str) -> Validators {
    Validators::new(Some(etag), None)
}

pub(crate) struct Bench {
    pub(crate) machine: Refresher<Numbers>,
    pub(crate) elapsed: Duration,
    /// How far the wall clock is off, in seconds.
    pub(crate) wall_offset: i64,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(Config::default(), 1, None)
    }

    pub(crate) fn with(config: Config, seed: u64, snapshot: Option<Snapshot<Numbers>>) -> Self {
        let elapsed = 10 * DAY;
        let machine = Refresher::new(config, seed, now_at(elapsed, 0), snapshot).unwrap();
        Self {
            machine,
            elapsed,
            wall_offset: 0,
        }
    }

    /// A machine that has accepted `numbers` and has no events left.
    pub(crate) fn holding(numbers: &[u32]) -> Self {
        let mut bench = Self::new();
        bench.answer(numbers);
        bench.events();
        bench
    }

    pub(crate) fn now(&self) -> Now {
        now_at(self.elapsed, self.wall_offset)
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        self.elapsed += time;
        self.machine.handle_timeout(self.now());
    }

    /// Passes the time until the next timeout that starts a fetch; returns it and how long it took.
    pub(crate) fn next_fetch(&mut self) -> (Fetch, Duration) {
        let before = self.elapsed;
        for _ in 0..10 {
            if let Some(fetch) = self.machine.poll_transmit() {
                return (fetch, self.elapsed - before);
            }
            let timeout = self.machine.poll_timeout().unwrap().since_start();
            assert!(timeout > self.elapsed, "a timeout that changes nothing");
            self.pass(timeout - self.elapsed);
        }
        panic!("no fetch");
    }

    pub(crate) fn respond(&mut self, id: FetchId, response: Response<'_>) {
        self.machine.handle_response(self.now(), id, response);
    }

    /// Answers the next fetch with these numbers, which have no validators.
    pub(crate) fn answer(&mut self, numbers: &[u32]) -> Fetch {
        self.answer_with(&body(numbers), Validators::default())
    }

    pub(crate) fn answer_with(&mut self, body: &[u8], validators: Validators) -> Fetch {
        let (fetch, _) = self.next_fetch();
        self.respond(fetch.id, ok(body, validators));
        fetch
    }

    pub(crate) fn answer_status(&mut self, status: u16) -> Fetch {
        let (fetch, _) = self.next_fetch();
        self.respond(
            fetch.id,
            Response {
                status,
                ..Response::default()
            },
        );
        fetch
    }

    pub(crate) fn fail(&mut self) -> Duration {
        let (fetch, waited) = self.next_fetch();
        self.machine
            .handle_failure(self.now(), fetch.id, Transport::Unreachable);
        waited
    }

    pub(crate) fn hint(&mut self) {
        self.machine.handle_hint(self.now());
    }

    pub(crate) fn trusted(&self) -> Option<Vec<u32>> {
        self.machine
            .trusted(self.now())
            .map(|numbers| numbers.0.clone())
    }

    pub(crate) fn state(&self) -> State {
        self.machine.state(self.now())
    }

    pub(crate) fn events(&mut self) -> Vec<String> {
        core::iter::from_fn(|| self.machine.poll_event())
            .map(|event: Event<Numbers>| format!("{event:?}"))
            .collect()
    }
}

pub(crate) fn ok(body: &[u8], validators: Validators) -> Response<'_> {
    Response {
        status: 200,
        body,
        validators,
        ..Response::default()
    }
}

pub(crate) fn now_at(elapsed: Duration, wall_offset: i64) -> Now {
    let wall = (START + elapsed.as_secs())
        .checked_add_signed(wall_offset)
        .unwrap();
    Now {
        instant: Instant::from_start(elapsed),
        wall: wall_at(wall),
    }
}

pub(crate) fn wall_at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}
