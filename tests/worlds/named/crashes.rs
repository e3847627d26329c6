//! The orchestrator dies and comes back.

use super::*;

/// Returns whether an orchestrator was handed it.
fn is_event(log: &Log) -> bool {
    matches!(log, Log::Event(_) | Log::Answered { .. })
}

#[test]
fn a_crash_in_every_state_of_orchestrator_owned_costs_nothing() {
    // 100 s to build, 10 s for the component's test, 20 s for the module's: 130 s a module.
    let mut setup = setup(Approach::OrchestratorOwned, CHAIN);
    setup.conditions.gates = Gates { component: true, module: true };
    setup.conditions.tests =
        Tests { component: Some(always(10)), module: Some(always(20)), ..Tests::default() };
    let whole = run(&setup);
    ends(&whole, Outcome::Done, 260);
    let events = whole.log.iter().filter(|row| is_event(&row.what)).count() as u64;
    // Requested; for each module six answers (fetched, target, component, tag, repo, published) and four
    // observations (built, tested, repo, tested); and when all is done a poll with its answer and, a
    // day later, each module's timer for overdue results, of no effect.
    assert_eq!(events, 1 + 2 * (6 + 4) + 4);
    for k in 1..=events {
        setup.conditions.crash_after = vec![k];
        let run = run(&setup);
        ends(&run, Outcome::Done, 260);
        assert_eq!(run.tally.crashes, 1);
        assert_eq!((builds(&run), run.figures.component_builds), (vec![1, 1], 2), "event {k}");
    }
}

#[test]
fn a_crash_of_koji_owned_asks_for_nothing_twice_and_forgets_no_rebuild() {
    // Of a's pass: heard, dependants told, koji has no rebuild of b, koji asked for one; then b's pass,
    // and nobody depends on b. Whenever it dies the bus delivers again what was not acknowledged.
    let mut setup = setup(Approach::KojiOwned, CHAIN);
    setup.cascade = Cascade::Literal;
    let whole = run(&setup);
    ends(&whole, Outcome::Done, 200);
    let events = whole.log.iter().filter(|row| is_event(&row.what)).count() as u64;
    assert_eq!(events, 4 + 2);
    for k in 1..=events {
        setup.conditions.crash_after = vec![k];
        let run = run(&setup);
        ends(&run, Outcome::Done, 200);
        assert_eq!((run.tally.crashes, builds(&run)), (1, vec![1, 1]), "event {k}");
    }
}

#[test]
fn what_koji_owned_forgets_by_design_is_that_it_mailed() {
    // a's tests fail. It mails, and dies before it hears that the mail was taken: the verdict is
    // delivered again, and people get a second mail about it.
    let mut setup = setup(Approach::KojiOwned, ALONE);
    setup.conditions.gates.module = true;
    setup.conditions.tests = Tests {
        defect_rate: 1.0,
        detect_module: 1.0,
        module: Some(always(20)),
        ..Tests::default()
    };
    assert_eq!(run(&setup).figures.mails, 1);
    setup.conditions.crash_after = vec![1];
    let mails: Vec<u64> = [1, 2]
        .map(|k| {
            setup.conditions.crash_after = vec![k];
            run(&setup).figures.mails
        })
        .to_vec();
    assert_eq!(mails, [2, 1]);
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
            Log::Command(_) | Log::Answered { .. } | Log::Fact(_) => None,
        });
        let is_it = |event: &Event| matches!(event, Event::Resumed { .. });
        let nth = events.clone().position(is_it).unwrap() as u64 + 1;
        for k in [nth, nth + 1] {
            setup.conditions.crash_after = vec![k];
            let run = run(&setup);
            assert_eq!(run.tally.crashes, 1);
            // A message more would be in the figures; the restart and what it finds out are events too.
            let events = run.figures.events - whole.figures.events;
            assert!((1..=2).contains(&events), "crash after event {k}: {events} events more");
            // So is what it looks for at the hub.
            let hub_calls = run.figures.hub_calls - whole.figures.hub_calls;
            assert!(hub_calls <= 1, "crash after event {k}: {hub_calls} requests more");
            let RunFigures { events, hub_calls, .. } = whole.figures;
            let figures = RunFigures { events, hub_calls, ..run.figures };
            assert_eq!(figures, whole.figures, "crash after event {k}");
            assert_eq!(run.modules, whole.modules, "crash after event {k}");
            assert_eq!(run.tally.fixes, whole.tally.fixes);
        }
    }
}

#[test]
fn an_orchestrator_that_is_down_hears_nothing() {
    // Down from 50 to 250 s: a's end at 100 s is missed. The queue of koji-owned keeps it.
    let crash = fault(FaultKind::OrchestratorCrash, 50, Some(200));
    let mut koji = setup(Approach::KojiOwned, CHAIN);
    koji.conditions.faults = vec![crash.clone()];
    ends(&run(&koji), Outcome::Done, 350);
    // The other one asks koji for all that is outstanding when it is back.
    let mut owner = setup(Approach::OrchestratorOwned, CHAIN);
    owner.conditions.faults = vec![crash];
    ends(&run(&owner), Outcome::Done, 350);
}

#[test]
fn a_crash_after_an_event_may_have_it_down_for_a_time() {
    // Requested, fetched, target made, koji has the component, all at 0 s. Dead until 50 s after the
    // second event, whose target is not asked for; after the third, whose component is submitted; after
    // the fourth, which asks for nothing.
    let mut setup = setup(Approach::OrchestratorOwned, ALONE);
    for (event, ends_at) in [(2, 150), (3, 100), (4, 100)] {
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
    // a is heard at 100 s as the fifth event, dead then until 400 s; a crash from 150 to 200 s changes
    // nothing: b is built from 400 to 500 s.
    let mut setup = setup(Approach::OrchestratorOwned, CHAIN);
    let mut crash = fault(FaultKind::OrchestratorCrash, 0, Some(300));
    crash.after = Some(5);
    setup.conditions.faults = vec![crash, fault(FaultKind::OrchestratorCrash, 150, Some(50))];
    let run = run(&setup);
    ends(&run, Outcome::Done, 500);
    assert_eq!(run.tally.crashes, 1);
}
