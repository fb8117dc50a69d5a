//! What holds after any calls in any order.

extern crate alloc;

mod bench;

use alloc::collections::BTreeSet;
use core::time::Duration;

use bench::*;
use hookward_refresh::{Config, Fetch, Response, Transport};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Call {
    Pass(u64),
    SetWall(i64),
    Hint,
    Respond { back: usize, response: Answer },
    Fail { back: usize },
}

#[derive(Clone, Debug)]
struct Answer {
    status: u16,
    numbers: Vec<u32>,
    garbled: bool,
    etag: Option<String>,
    max_age: Option<u64>,
    retry_after: Option<u64>,
}

fn answer() -> impl Strategy<Value = Answer> {
    (
        prop_oneof![6 => Just(200), 2 => Just(304), 1 => any::<u16>()],
        prop::collection::vec(0_u32..12, 0..8),
        prop::bool::weighted(0.1),
        prop::option::of("[a-c]"),
        prop::option::of(any::<u64>()),
        prop::option::weighted(0.1, any::<u64>()),
    )
        .prop_map(
            |(status, numbers, garbled, etag, max_age, retry_after)| Answer {
                status,
                numbers,
                garbled,
                etag,
                max_age,
                retry_after,
            },
        )
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        8 => prop_oneof![0_u64..300, 0_u64..1_000_000, any::<u64>()].prop_map(Call::Pass),
        1 => prop_oneof![-2_000_000_i64..2_000_000, -1_790_000_000_i64..i64::MAX / 4].prop_map(Call::SetWall),
        3 => Just(Call::Hint),
        10 => (0_usize..3, answer()).prop_map(|(back, response)| Call::Respond { back, response }),
        2 => (0_usize..3).prop_map(|back| Call::Fail { back }),
    ]
}

/// Makes the calls, and checks after each one.
fn run(calls: &[Call], mut check: impl FnMut(&Bench)) -> Vec<String> {
    let mut bench = Bench::with(Config::default(), 3, None);
    let mut log = Vec::new();
    let mut fetches: Vec<Fetch> = Vec::new();
    for call in calls {
        let id = |back: usize| fetches.len().checked_sub(back + 1).map(|at| fetches[at].id);
        match call {
            Call::Pass(seconds) => {
                let limit = u64::MAX / 4 - bench.elapsed.as_secs().min(u64::MAX / 4);
                bench.pass(Duration::from_secs(*seconds.min(&limit)));
            }
            Call::SetWall(offset) => bench.wall_offset = *offset,
            Call::Hint => bench.hint(),
            Call::Fail { back } => {
                if let Some(id) = id(*back) {
                    let now = bench.now();
                    bench
                        .machine
                        .handle_failure(now, id, Transport::Interrupted);
                }
            }
            Call::Respond { back, response } => {
                if let Some(id) = id(*back) {
                    let mut bytes = body(&response.numbers);
                    if response.garbled {
                        bytes.push(b'?');
                    }
                    bench.respond(
                        id,
                        Response {
                            status: response.status,
                            body: &bytes,
                            validators: hookward_refresh::Validators::new(
                                response.etag.as_deref(),
                                None,
                            ),
                            max_age: response.max_age.map(Duration::from_secs),
                            retry_after: response.retry_after.map(Duration::from_secs),
                        },
                    );
                }
            }
        }
        if let Some(fetch) = bench.machine.poll_transmit() {
            log.push(format!("{:?} {fetch:?}", bench.elapsed));
            fetches.push(fetch);
        }
        log.extend(bench.events());
        check(&bench);
    }
    log
}

proptest! {
    #[test]
    fn nothing_is_trusted_that_no_whole_answer_contained(calls in prop::collection::vec(call(), 1..80)) {
        let offered: Vec<BTreeSet<u32>> = calls
            .iter()
            .filter_map(|call| match call {
                Call::Respond { response, .. } if response.status == 200 && !response.garbled => {
                    Some(response.numbers.iter().copied().collect())
                }
                _ => None,
            })
            .collect();
        run(&calls, |bench| {
            if let Some(trusted) = bench.trusted() {
                assert!(!trusted.is_empty());
                assert!(offered.contains(&trusted.into_iter().collect()));
            }
        });
    }

    #[test]
    fn there_is_always_a_next_time(calls in prop::collection::vec(call(), 1..80)) {
        run(&calls, |bench| {
            let next = bench.machine.poll_timeout().expect("a machine never stops");
            assert!(next.since_start() > bench.elapsed, "{next:?} is no later than {:?}", bench.elapsed);
        });
    }

    #[test]
    fn the_same_calls_have_the_same_results(calls in prop::collection::vec(call(), 1..80)) {
        prop_assert_eq!(run(&calls, |_| ()), run(&calls, |_| ()));
    }
}
