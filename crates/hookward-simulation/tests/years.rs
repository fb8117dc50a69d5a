//! The refresher itself.

use hookward_simulation::{Fault, run};

#[test]
fn years_pass_without_a_violation() {
    let report = run(60, 1);
    assert_eq!(report.violations(), 0, "{report}");
    assert_eq!(report.years(), 60);
    for fault in Fault::ALL {
        assert!(report.injected(fault) > 0, "no {}", fault.name());
    }
    assert!(report.calm_rotations() > 100, "{report}");
}

#[test]
fn a_seed_repeats_a_run_exactly() {
    assert_eq!(run(3, 5), run(3, 5));
    assert_ne!(run(3, 5), run(3, 6));
}

#[test]
fn a_year_is_the_same_on_its_own() {
    let (first, second, both) = (run(1, 8), run(1, 9), run(2, 8));
    assert_eq!(first.fetches() + second.fetches(), both.fetches());
}
