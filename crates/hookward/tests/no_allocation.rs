//! The accepting path allocates nothing per request.

mod common;

use allocation_counter::measure;
use common::World;

#[test]
fn judging_and_admitting_do_not_allocate() {
    let world = World::new();
    let guard = world
        .guard("client_certificate and header_secret and source_address and developer_payload");
    let request = world.genuine();
    for round in 0..3 {
        let counted = measure(|| {
            let verified = request.judge(&guard).admit(round);
            assert!(verified.is_ok());
        });
        assert_eq!(counted.count_total, 0, "round {round}");
    }
}

#[test]
fn the_counter_counts() {
    let counted = measure(|| drop(core::hint::black_box(vec![1_u8])));
    assert_eq!(counted.count_total, 1);
}
