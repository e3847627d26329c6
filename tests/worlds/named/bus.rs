//! Messages that are lost, late, doubled or that nobody is there to hear.

use super::*;

#[test]
fn a_lost_message_stalls_koji_owned_for_ever() {
    // a is complete at 100 s, and nobody hears it: b never begins.
    for cascade in [Cascade::Literal, Cascade::Coalesced, Cascade::Planned] {
        let mut setup = setup(Approach::KojiOwned, CHAIN);
        setup.cascade = cascade;
        setup.conditions.faults = vec![fault(FaultKind::BusOutage, 50, Some(100))];
        let run = run(&setup);
        ends(&run, Outcome::Stuck, 100);
        assert_eq!(states(&run), [ModuleState::Ready, ModuleState::Waiting]);
        assert_eq!(run.tally.messages_lost, 1);
    }
}

#[test]
fn a_lost_message_costs_orchestrator_owned_one_poll() {
    // The poll of 600 s finds what the bus lost at 100 s: b runs from 600 to 700 s.
    let mut setup = setup(Approach::OrchestratorOwned, CHAIN);
    setup.conditions.faults = vec![fault(FaultKind::BusOutage, 50, Some(100))];
    let run = run(&setup);
    ends(&run, Outcome::Done, 700);
    assert_eq!(run.modules[0].ready, Some(Timestamp(600_000)));
}

#[test]
fn a_duplicate_pass_changes_nothing() {
    for approach in BOTH {
        let mut setup = gated(setup(approach, CHAIN));
        setup.cascade = Cascade::Literal;
        setup.conditions.bus = Bus { duplicate: 1.0, ..Bus::default() };
        let run = run(&setup);
        ends(&run, Outcome::Done, 200);
        assert_eq!(builds(&run), [1, 1]);
        let passes = run
            .log
            .iter()
            .filter(|row| matches!(row.what, Log::Event(Event::Tested { passed: true, .. })));
        assert_eq!(passes.count(), 4);
    }
}

#[test]
fn a_message_that_is_late_is_late() {
    // Two seconds for each message on the way: koji's end of a, in both approaches.
    for approach in BOTH {
        let mut setup = setup(approach, CHAIN);
        setup.conditions.bus = Bus { delay: Millis::from_secs(2), ..Bus::default() };
        let run = run(&setup);
        let wanted = if approach == Approach::KojiOwned { 202.0 } else { 204.0 };
        assert!((seconds(&run) - wanted).abs() < 1e-9, "{approach:?}: {}", seconds(&run));
    }
}

#[test]
fn a_late_result_after_a_pass_is_dropped() {
    // Heard in this order: red, waived, the red one again, the waiver again. Dependants are asked
    // for once, and nobody is mailed that a module which passed is stuck.
    let setup = setup(Approach::KojiOwned, CHAIN);
    let (build, module) = (BuildId(0), ModuleIx(0));
    let limits = setup.limits(9);
    let how = (Approach::KojiOwned, Cascade::Literal);
    let mut orchestrator = Orchestrator::new(&setup.catalog, how, limits);
    let red = Event::Tested { build, module, attempt: 1, passed: false };
    let waived = Event::Waived { build, module, component: None };
    let mut counts = Vec::new();
    for event in [&red, &waived, &red, &waived] {
        let mut out = Vec::new();
        orchestrator.handle(event, Timestamp(5), &mut out);
        counts.push(out.len());
    }
    // A mail; the question and the timer of the mail that tells of the recovery; nothing; nothing.
    assert_eq!(counts, [1, 2, 0, 0]);
}
