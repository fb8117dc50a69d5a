//! In virtual time, with answers from a script.

use core::num::ParseIntError;
use std::sync::Mutex;

use hookward_refresh::{Cause, Config, Fetch, Transport, Validators};
use rustls::pki_types::UnixTime;
use tokio::time::advance;

use super::*;
use crate::handle::Handle;
use crate::status::{DriverState, Status};

struct Numbers(Vec<u32>);

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

/// What the world answers to every fetch, until it is changed.
#[derive(Clone)]
enum World {
    Body(&'static str),
    Status(u16),
    Fails(Transport),
    Hangs,
}

struct Script {
    world: Mutex<World>,
    fetches: Mutex<Vec<(tokio::time::Instant, Fetch)>>,
}

impl Script {
    fn new(world: World) -> Arc<Self> {
        Arc::new(Self {
            world: Mutex::new(world),
            fetches: Mutex::default(),
        })
    }

    fn set(&self, world: World) {
        *self.world.lock().unwrap() = world;
    }

    fn fetches(&self) -> usize {
        self.fetches.lock().unwrap().len()
    }
}

impl Source for Arc<Script> {
    fn fetch(&self, fetch: Fetch, _: usize) -> Fetching {
        let mut fetches = self.fetches.lock().unwrap();
        fetches.push((tokio::time::Instant::now(), fetch));
        let world = self.world.lock().unwrap().clone();
        Box::pin(async move {
            match world {
                World::Body(body) => Ok(answer(200, body)),
                World::Status(status) => Ok(answer(status, "")),
                World::Fails(transport) => Err(Failure::new(transport, "as scripted")),
                World::Hangs => pending().await,
            }
        })
    }
}

fn answer(status: u16, body: &str) -> Answer {
    Answer::new(status, body.into(), Validators::default())
}

const START: u64 = 1_790_000_000;
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A wall clock that goes with tokio's.
fn clock() -> Clock {
    let start = tokio::time::Instant::now();
    Clock::new(move || UnixTime::since_unix_epoch(Duration::from_secs(START) + start.elapsed()))
}

fn builder() -> DriverBuilder<Numbers> {
    let endpoint = Endpoint::builder("http://lists.example/")
        .allow_plain_http()
        .build()
        .unwrap();
    Driver::builder(endpoint).seed(7)
}

fn start(
    script: &Arc<Script>,
    change: impl FnOnce(DriverBuilder<Numbers>) -> DriverBuilder<Numbers>,
) -> (JoinHandle<Infallible>, Handle<Numbers>) {
    let (driver, handle) = change(builder())
        .assemble(None, Box::new(script.clone()), clock())
        .unwrap();
    (tokio::spawn(driver.run()), handle)
}

async fn until(
    handle: &mut Handle<Numbers>,
    mut reached: impl FnMut(&Status<Numbers>) -> bool,
) -> Status<Numbers> {
    loop {
        let status = handle.changed().await.expect("the driver is there");
        if reached(&status) {
            return status;
        }
    }
}

fn numbers(status: &Status<Numbers>) -> &[u32] {
    status
        .current
        .as_ref()
        .map_or(&[], |current| &current.document.0)
}

#[tokio::test(start_paused = true)]
async fn what_is_accepted_is_published_with_its_dates_and_reported() {
    let script = Script::new(World::Body("1\n2"));
    let published = Arc::new(Mutex::new(Vec::new()));
    let seen = published.clone();
    let (_task, mut handle) = start(&script, |b| {
        b.publish(move |p| seen.lock().unwrap().push(p))
    });
    assert_eq!(handle.status().state, State::Absent);

    let status = until(&mut handle, |s| s.state == State::Fresh).await;
    assert_eq!(numbers(&status), [1, 2]);
    let change = status.last_change.unwrap();
    assert_eq!((change.added, change.removed), (vec![1, 2], vec![]));
    assert_eq!(status.failures, 0);
    assert_eq!(status.last_error, None);
    let next = status.next_fetch_at.unwrap().as_secs() - START;
    assert!(
        next <= DAY.as_secs() && next >= DAY.as_secs() * 9 / 10 - 1,
        "{next}"
    );

    script.set(World::Body("2\n3"));
    let status = until(&mut handle, |s| numbers(s) == [2, 3]).await;
    let change = status.last_change.unwrap();
    assert_eq!((change.added, change.removed), (vec![3], vec![1]));

    let published = published.lock().unwrap();
    let [Some(first), Some(second)] = &published[..] else {
        panic!("{published:?}");
    };
    assert_eq!(first.document.0, [1, 2]);
    assert_eq!(first.checked_at.as_secs(), START);
    assert_eq!(first.expires_at.as_secs(), START + 7 * DAY.as_secs());
    assert_eq!(first.hint_interval, Duration::from_secs(60));
    assert_eq!(second.document.0, [2, 3]);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_hints_cause_no_more_fetches_than_the_bucket_allows() {
    let script = Script::new(World::Body("1"));
    let (_task, mut handle) = start(&script, |b| b);
    until(&mut handle, |s| s.state == State::Fresh).await;
    for _ in 0..10_000 {
        handle.hint();
        advance(Duration::from_millis(360)).await;
    }
    // An hour: a burst of four, one more every ten minutes, and the first fetch of all.
    let fetches = script.fetches();
    assert!((8..=1 + 4 + 6).contains(&fetches), "{fetches}");
    let fetches = script.fetches.lock().unwrap();
    for (one, next) in fetches.iter().zip(fetches.iter().skip(1)) {
        assert!(next.0 - one.0 >= Config::default().spacing);
    }
    assert!(
        fetches
            .iter()
            .skip(1)
            .all(|(_, fetch)| fetch.cause == Cause::Hint)
    );
}

#[tokio::test(start_paused = true)]
async fn a_hint_picks_up_a_rotation_long_before_the_next_day() {
    let script = Script::new(World::Body("1\n2"));
    let (_task, mut handle) = start(&script, |b| b);
    until(&mut handle, |s| s.state == State::Fresh).await;
    script.set(World::Body("2\n3"));
    let before = tokio::time::Instant::now();
    handle.hint();
    until(&mut handle, |s| numbers(s) == [2, 3]).await;
    assert!(
        before.elapsed() <= Duration::from_secs(61),
        "{:?}",
        before.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_list_that_cannot_be_fetched_goes_stale_expires_is_withdrawn_and_recovers() {
    let script = Script::new(World::Body("1"));
    let published = Arc::new(Mutex::new(None));
    let seen = published.clone();
    let (_task, mut handle) = start(&script, |b| {
        b.publish(move |p| *seen.lock().unwrap() = Some(p))
    });
    until(&mut handle, |s| s.state == State::Fresh).await;
    let loaded = tokio::time::Instant::now();

    script.set(World::Status(503));
    let status = until(&mut handle, |s| s.state == State::Stale).await;
    assert_eq!(loaded.elapsed().as_secs(), 2 * DAY.as_secs());
    assert!(status.failures > 10, "{}", status.failures);
    assert_eq!(
        status.last_error.unwrap().message,
        "the server answered 503"
    );
    assert!(published.lock().unwrap().as_ref().unwrap().is_some());

    script.set(World::Fails(Transport::Unreachable));
    let status = until(&mut handle, |s| s.state == State::Expired).await;
    assert_eq!(loaded.elapsed().as_secs(), 7 * DAY.as_secs());
    assert_eq!(
        numbers(&status),
        [1],
        "it is shown, although it is not trusted"
    );
    assert_eq!(
        status.last_error.unwrap().message,
        "the server cannot be reached: as scripted"
    );
    assert!(published.lock().unwrap().as_ref().unwrap().is_none());

    script.set(World::Body("1"));
    let status = until(&mut handle, |s| s.state == State::Fresh).await;
    assert_eq!(status.failures, 0);
    assert!(loaded.elapsed() < 7 * DAY + 2 * HOUR);
    assert!(published.lock().unwrap().as_ref().unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_hangs_is_given_up_and_another_is_made() {
    let script = Script::new(World::Hangs);
    let (_task, mut handle) = start(&script, |b| b);
    let status = until(&mut handle, |s| s.failures == 1).await;
    assert_eq!(
        status.last_error.unwrap().message,
        "the fetch was not answered"
    );
    script.set(World::Body("1"));
    until(&mut handle, |s| s.state == State::Fresh).await;
    assert_eq!(script.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_doubtful_document_is_reported_and_comes_into_force_once_confirmed() {
    let script = Script::new(World::Body("1\n2\n3\n4"));
    let (_task, mut handle) = start(&script, |b| b);
    until(&mut handle, |s| s.state == State::Fresh).await;
    script.set(World::Body("9"));
    let status = until(&mut handle, |s| s.last_error.is_some()).await;
    assert_eq!(numbers(&status), [1, 2, 3, 4]);
    assert_eq!(
        status.last_error.unwrap().message,
        "a doubtful document is not used: it shares no entry with the one before"
    );
    until(&mut handle, |s| numbers(s) == [9]).await;
    let fetches = script.fetches.lock().unwrap();
    assert_eq!(fetches.last().unwrap().1.cause, Cause::Confirmation);
}

#[tokio::test(start_paused = true)]
async fn a_driver_that_dies_does_not_keep_its_list_alive() {
    let script = Script::new(World::Body("1"));
    let last = Arc::new(Mutex::new(None));
    let seen = last.clone();
    let mut calls = 0;
    let (task, mut handle) = start(&script, |b| {
        b.publish(move |publication| {
            calls += 1;
            assert!(calls < 2, "whoever is told falls over");
            *seen.lock().unwrap() = publication;
        })
    });
    assert!(task.await.unwrap_err().is_panic());
    assert_eq!(script.fetches(), 2);

    // What was published says itself when it ends, and so does the status, with nobody there to change it.
    let status = handle.status();
    assert_eq!(status.driver, DriverState::Gone);
    assert_eq!(status.next_fetch_at, None);
    assert_eq!(status.state, State::Fresh);
    let last = last.lock().unwrap().take().unwrap();
    assert_eq!(last.expires_at.as_secs(), START + 7 * DAY.as_secs());
    advance(2 * DAY).await;
    assert_eq!(handle.status().state, State::Stale);
    advance(5 * DAY).await;
    assert_eq!(handle.status().state, State::Expired);
    handle.hint();
    while let Some(status) = handle.changed().await {
        assert_eq!(status.state, State::Expired);
    }
}

#[tokio::test(start_paused = true)]
async fn a_wall_clock_that_is_set_is_noticed_within_a_minute() {
    let script = Script::new(World::Body("1"));
    let step = Arc::new(Mutex::new(Duration::ZERO));
    let stepped = step.clone();
    let start = tokio::time::Instant::now();
    let clock = Clock::new(move || {
        let step = *stepped.lock().unwrap();
        UnixTime::since_unix_epoch(Duration::from_secs(START) + start.elapsed() + step)
    });
    let (driver, mut handle) = builder()
        .assemble(None, Box::new(script.clone()), clock)
        .unwrap();
    let _task = tokio::spawn(driver.run());
    until(&mut handle, |s| s.state == State::Fresh).await;
    // As after a night's sleep: the monotonic clock knows nothing of it.
    *step.lock().unwrap() = 10 * DAY;
    let before = tokio::time::Instant::now();
    until(&mut handle, |_| script.fetches() == 2).await;
    assert!(before.elapsed() <= Duration::from_secs(61));
    assert_eq!(
        script.fetches.lock().unwrap().last().unwrap().1.cause,
        Cause::Clock
    );
}

#[tokio::test(start_paused = true)]
async fn time_outs_have_an_order() {
    let endpoint = Endpoint::builder("http://lists.example/")
        .allow_plain_http()
        .total_timeout(Config::default().fetch_timeout)
        .build()
        .unwrap();
    let result = Driver::<Numbers>::builder(endpoint).build();
    assert!(matches!(
        result,
        Err(crate::DriverError::TimeoutTooLong { .. })
    ));
}
