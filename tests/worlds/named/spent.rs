//! Where the time of a module went by the end of a run that does not finish: the last moment at which
//! something of a module changed.

use super::*;

/// Returns what a module spent waiting, queued, building, testing and stuck, in seconds.
fn spent(run: &Run, module: usize) -> [u64; 5] {
    let spent = run.modules[module].spent;
    [spent.waiting, spent.queued, spent.building, spent.testing, spent.stuck].map(|t| t.0 / 1000)
}

#[test]
fn what_builders_still_have_at_the_end_counts_up_to_it() {
    // The hub is gone at 300 s: of p1, which takes 1000 s, no end is heard. The last that is, is that of
    // p0, at 100 s. b is never begun.
    let modules: &[Module<'_>] = &[(&[1], &[PLAIN, &[(1000, true)]]), (&[], &[PLAIN])];
    for approach in BOTH {
        let mut setup = setup(approach, modules);
        setup.conditions.faults = vec![fault(FaultKind::HubOffline, 300, None)];
        let run = run(&setup);
        ends(&run, Outcome::Stuck, 100);
        assert_eq!(spent(&run, 0), [0, 0, 100, 0, 0], "{approach:?}");
        assert_eq!(spent(&run, 1), [100, 0, 0, 0, 0]);
    }
}

#[test]
fn what_builders_did_after_the_end_counts_nowhere() {
    // All builders go at 80 s and do not come back. The last that was heard is the end of p0, at 30 s.
    let modules: &[Module<'_>] = &[(&[], &[&[(30, true)], PLAIN])];
    for approach in BOTH {
        let mut setup = setup(approach, modules);
        let mut down = fault(FaultKind::BuildersDown, 80, None);
        down.builders = Some("x86".to_owned());
        setup.conditions.faults = vec![down];
        let run = run(&setup);
        ends(&run, Outcome::Stuck, 30);
        assert_eq!(spent(&run, 0), [0, 0, 30, 0, 0], "{approach:?}");
    }
}

#[test]
fn what_waits_for_a_builder_at_the_end_is_queued() {
    // One builder has a until 100 s and then b, whose end is not heard.
    let modules: &[Module<'_>] = &[(&[], &[PLAIN]), (&[], &[PLAIN])];
    for approach in BOTH {
        let mut setup = setup(approach, modules);
        setup.slots.groups[0].count = 1;
        setup.conditions.faults = vec![fault(FaultKind::HubOffline, 150, None)];
        let run = run(&setup);
        ends(&run, Outcome::Stuck, 100);
        assert_eq!(spent(&run, 0), [0, 0, 100, 0, 0], "{approach:?}");
        assert_eq!(spent(&run, 1), [0, 100, 0, 0, 0]);
    }
}

#[test]
fn a_test_that_is_made_again_after_a_repair_is_no_time_with_people() {
    // Built at 100 s, tested for 600 s and red, each time; people repair three times, after 3600 s, and
    // have nothing to build again: 4 tests, 3 repairs.
    let mut setup = gated(setup(Approach::OrchestratorOwned, ALONE));
    setup.conditions.tests =
        Tests { module: Some(always(600)), false_alarm: 1.0, ..Tests::default() };
    setup.conditions.people = Some(People { fix: always(3600), waive_share: 0.0 });
    let run = run(&setup);
    ends(&run, Outcome::Stuck, 100 + 4 * 600 + 3 * 3600);
    assert_eq!(spent(&run, 0), [0, 0, 100, 2400, 10_800]);
}
