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
fn a_build_that_is_taken_up_again_is_said_so_once_whenever_the_crash_comes() {
    // p0 fails at 100 s, or the modulemd is gone at 0 s; repaired an hour after. The crash comes with
    // the repair, when none of what it led to is done or all of it, or with the event after it.
    let fails: &[Module<'_>] = &[(&[], &[&[(100, false), (100, true)]])];
    let gone = Fault { module: Some("a:1".to_owned()), ..fault(FaultKind::SourceMissing, 0, None) };
    for (modules, faults, at) in [(fails, vec![], 3800), (ALONE, vec![gone], 3700)] {
        let mut setup = setup(Approach::OrchestratorOwned, modules);
        setup.conditions.people = Some(People { fix: always(3600), waive_share: 0.0 });
        setup.conditions.faults = faults;
        let whole = run(&setup);
        ends(&whole, Outcome::Done, at);
        let events = whole.log.iter().filter_map(|row| match &row.what {
            Log::Event(event) => Some(event),
            Log::Command(_) | Log::Fact(_) => None,
        });
        let is_it = |event: &Event| matches!(event, Event::Resumed { .. });
        let nth = events.clone().position(is_it).unwrap() as u64 + 1;
        for k in [nth, nth + 1] {
            setup.conditions.crash_after = vec![k];
            let run = run(&setup);
            assert_eq!(run.tally.crashes, 1);
            // A message more would be in the figures.
            assert_eq!(run.figures, whole.figures, "crash after event {k}");
            assert_eq!(run.modules, whole.modules, "crash after event {k}");
            assert_eq!(run.tally.fixes, whole.tally.fixes);
        }
    }
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

#[test]
fn a_crash_after_an_event_may_have_it_down_for_a_time() {
    // Requested, fetched, target made at 0 s: dead after the third event until 50 s. One command of it
    // submits the component; where that was not carried out it is at 50 s.
    let mut setup = setup(Approach::OrchestratorOwned, ALONE);
    for (event, ends_at) in [(2, 150), (3, 100), (4, 150)] {
        let mut crash = fault(FaultKind::OrchestratorCrash, 0, Some(50));
        crash.after = Some(event);
        setup.conditions.faults = vec![crash];
        let run = run(&setup);
        ends(&run, Outcome::Done, ends_at);
        assert_eq!((run.tally.crashes, builds(&run)), (1, vec![1]), "after event {event}");
    }
}

#[test]
fn an_orchestrator_that_is_down_already_is_not_started_by_the_end_of_another_crash() {
    // a is heard at 100 s as the fourth event, dead then until 400 s; a crash from 150 to 200 s changes
    // nothing: b is built from 400 to 500 s.
    let mut setup = setup(Approach::OrchestratorOwned, CHAIN);
    let mut crash = fault(FaultKind::OrchestratorCrash, 0, Some(300));
    crash.after = Some(4);
    setup.conditions.faults = vec![crash, fault(FaultKind::OrchestratorCrash, 150, Some(50))];
    let run = run(&setup);
    ends(&run, Outcome::Done, 500);
    assert_eq!(run.tally.crashes, 1);
}
