//! The orchestrator dies and comes back.

use super::*;

#[test]
fn a_crash_in_every_state_of_orchestrator_owned_costs_nothing() {
    // 100 s to build, 10 s for the component's test, 20 s for the module's: 130 s a module.
    let mut setup = setup(Approach::OrchestratorOwned, CHAIN);
    setup.conditions.gates = Gates { component: true, module: true };
    setup.conditions.tests =
        Tests { component: Some(always(10)), module: Some(always(20)), ..Tests::default() };
    let whole = run(&setup);
    ends(&whole, Outcome::Done, 260);
    let is_event = |row: &&modplan::sim::LogRow| matches!(row.what, Log::Event(_));
    let events = whole.log.iter().filter(is_event).count() as u64;
    // Requested; fetched, target, built, tested, tagged, repo, tested for each module; and when all is
    // done a poll and, a day later, each module's timer for overdue results, of no effect.
    assert_eq!(events, 1 + 2 * 7 + 3);
    for k in 1..=events {
        setup.conditions.crash_after = vec![k];
        let run = run(&setup);
        ends(&run, Outcome::Done, 260);
        assert_eq!(run.tally.crashes, 1);
        assert_eq!((builds(&run), run.figures.component_builds), (vec![1, 1], 2), "event {k}");
    }
}

#[test]
fn a_crash_makes_koji_owned_forget_what_it_was_about_to_do() {
    // The crash after the first event, a's pass, loses the answer of the dependency service.
    let mut setup = setup(Approach::KojiOwned, CHAIN);
    setup.cascade = Cascade::Literal;
    setup.conditions.crash_after = vec![1];
    let stalled = run(&setup);
    ends(&stalled, Outcome::Stuck, 100);
    // After the second, that answer, the build of b was asked for, or not.
    setup.conditions.crash_after = vec![2];
    let run = run(&setup);
    assert_eq!(builds(&run).iter().sum::<u32>(), 1);
}

#[test]
fn an_orchestrator_that_is_down_hears_nothing() {
    // Down from 50 to 250 s: a's end at 100 s is missed.
    let crash = fault(FaultKind::OrchestratorCrash, 50, Some(200));
    let mut koji = setup(Approach::KojiOwned, CHAIN);
    koji.conditions.faults = vec![crash.clone()];
    ends(&run(&koji), Outcome::Stuck, 100);
    // The other one asks koji for all that is outstanding when it is back.
    let mut owner = setup(Approach::OrchestratorOwned, CHAIN);
    owner.conditions.faults = vec![crash];
    ends(&run(&owner), Outcome::Done, 350);
}
