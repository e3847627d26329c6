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

/// Returns when the ends of components were heard, with the number of the component.
fn heard(run: &Run) -> Vec<(u64, u32)> {
    let of = |row: &modplan::sim::LogRow| match row.what {
        Log::Event(Event::ComponentEnded { component, .. }) => Some((row.at.0 / 1000, component.0)),
        Log::Event(_) | Log::Command(_) | Log::Fact(_) => None,
    };
    run.log.iter().filter_map(of).collect()
}

#[test]
fn polls_find_all_that_a_bus_which_loses_everything_was_to_tell() {
    // a is built at 100 s and found by the poll of 600 s; b is built at 700 s and found at 1200 s.
    let mut setup = setup(Approach::OrchestratorOwned, CHAIN);
    setup.conditions.bus = Bus { loss: 1.0, ..Bus::default() };
    let run = run(&setup);
    ends(&run, Outcome::Done, 1200);
    assert_eq!(heard(&run), [(600, 0), (1200, 1)]);
    assert_eq!(run.tally.messages_lost, 2);
}

#[test]
fn a_poll_tells_what_a_late_message_was_to_tell_and_the_message_changes_nothing() {
    // a is built at 100 s, and its message takes 900 s: the poll of 600 s is earlier. b is built from
    // 600 to 700 s and found at 1200 s; the messages come at 1000 s and 1600 s.
    let mut setup = setup(Approach::OrchestratorOwned, CHAIN);
    setup.conditions.bus = Bus { delay: Millis::from_secs(900), ..Bus::default() };
    let late = run(&setup);
    ends(&late, Outcome::Done, 1200);
    assert_eq!(heard(&late), [(600, 0), (1000, 0), (1200, 1), (1600, 1)]);
    assert_eq!((builds(&late), late.figures.component_builds), (vec![1, 1], 2));
    // What was heard is not told again: a at 450 s, and at 600 s b alone, built at 550 s.
    setup.conditions.bus.delay = Millis::from_secs(350);
    let early = run(&setup);
    ends(&early, Outcome::Done, 600);
    assert_eq!(heard(&early), [(450, 0), (600, 1), (900, 1)]);
}

#[test]
fn a_poll_tells_a_result_that_is_late() {
    // Messages take 100 s, polls are 90 s apart. Built at 100 s, found at 180 s and published; the
    // tests hear it at 280 s and pass it at 330 s; the poll of 360 s finds that.
    let mut setup = gated(setup(Approach::OrchestratorOwned, ALONE));
    setup.conditions.tests = Tests { module: Some(always(50)), ..Tests::default() };
    setup.conditions.bus = Bus { delay: Millis::from_secs(100), ..Bus::default() };
    setup.conditions.poll = Millis::from_secs(90);
    let run = run(&setup);
    ends(&run, Outcome::Done, 360);
    assert_eq!(heard(&run), [(180, 0), (200, 0)]);
}

#[test]
fn what_the_bus_brings_in_another_order_is_told_by_the_poll_in_the_order_it_happened() {
    // p0 is built at 100 s, p1 at 110 s. Messages take from 600 to 4600 s: the poll of 600 s tells
    // both before either comes, and whichever comes first then changes nothing.
    let modules: &[Module<'_>] = &[(&[], &[PLAIN, &[(110, true)]])];
    let (mut overtaken, mut in_order) = (0, 0);
    for seed in 0..20 {
        let mut setup = setup(Approach::OrchestratorOwned, modules);
        setup.seed = seed;
        setup.conditions.bus = Bus {
            delay: Millis::from_secs(600),
            jitter: Millis::from_secs(4000),
            ..Bus::default()
        };
        let run = run(&setup);
        ends(&run, Outcome::Done, 600);
        let heard = heard(&run);
        assert_eq!(heard[..2], [(600, 0), (600, 1)], "seed {seed}");
        assert_eq!(heard.len(), 4, "seed {seed}");
        if heard[2].1 == 1 { overtaken += 1 } else { in_order += 1 }
    }
    assert!(overtaken > 0 && in_order > 0, "{overtaken} {in_order}");
}

#[test]
fn an_outage_costs_orchestrator_owned_the_time_to_the_next_poll() {
    // Nothing is carried from 50 to 650 s: a, built at 100 s, is found at 600 s; b, from 600 to 700 s,
    // is heard of at once.
    let mut setup = setup(Approach::OrchestratorOwned, CHAIN);
    setup.conditions.faults = vec![fault(FaultKind::BusOutage, 50, Some(600))];
    let run = run(&setup);
    ends(&run, Outcome::Done, 700);
    assert_eq!(heard(&run), [(600, 0), (700, 1)]);
}

#[test]
fn a_poll_of_a_hub_that_is_offline_tells_nothing_of_builds() {
    // Built at 100 s, the message lost; the hub is away from 500 to 900 s: not the poll of 600 s but
    // that of 1200 s finds it.
    let mut setup = setup(Approach::OrchestratorOwned, ALONE);
    setup.conditions.bus = Bus { loss: 1.0, ..Bus::default() };
    setup.conditions.faults = vec![fault(FaultKind::HubOffline, 500, Some(400))];
    ends(&run(&setup), Outcome::Done, 1200);
}

/// Two chains that share nothing: a before b, and c, which takes 200 s, before d.
const BRANCHES: &[Module<'_>] =
    &[(&[1], &[PLAIN]), (&[], &[PLAIN]), (&[3], &[&[(200, true)]]), (&[], &[PLAIN])];

#[test]
fn a_lost_message_stalls_that_branch_of_koji_owned_and_no_other() {
    // The pass of a at 100 s is lost, that of c at 200 s is not: d is built from 200 to 300 s.
    let mut setup = setup(Approach::KojiOwned, BRANCHES);
    setup.conditions.faults = vec![fault(FaultKind::BusOutage, 50, Some(100))];
    let run = run(&setup);
    ends(&run, Outcome::Stuck, 300);
    use ModuleState::{Ready, Waiting};
    assert_eq!(states(&run), [Ready, Waiting, Ready, Ready]);
}

#[test]
fn a_missing_result_stalls_that_branch_of_koji_owned_for_ever() {
    // Whatever says nothing is never asked again: of the seeds below each has a branch that ended at
    // its silent test, and everything before one is ready.
    let mut stalled = 0;
    for seed in 0..20 {
        let mut setup = gated(setup(Approach::KojiOwned, BRANCHES));
        setup.seed = seed;
        setup.conditions.tests = Tests { missing: 0.5, ..Tests::default() };
        let run = run(&setup);
        let is_silent = |row: &&modplan::sim::LogRow| {
            matches!(row.what, Log::Fact(modplan::sim::Fact::Tested { passed: None, .. }))
        };
        let silent = run.log.iter().filter(is_silent).count();
        assert_eq!(run.figures.mails, 0, "nobody is told");
        assert_eq!(run.figures.outcome == Outcome::Done, silent == 0, "seed {seed}");
        for branch in states(&run).chunks(2) {
            use ModuleState::{Blocked, Ready, Stuck};
            let is_whole = [[Ready, Ready], [Ready, Stuck], [Stuck, Blocked]]
                .contains(&<[ModuleState; 2]>::try_from(branch).unwrap());
            assert!(is_whole, "seed {seed}: {branch:?}");
        }
        stalled += u32::from(silent > 0);
    }
    assert!(stalled > 10, "{stalled}");
}

#[test]
fn messages_that_overtake_each_other_change_no_verdict_of_koji_owned() {
    // Red at 100 s, which comes twice within 100 s; waived a second after the mail of it, which comes
    // within 100 s more. Where the second copy of the red result comes last it is older than the
    // waiver: b was asked for once, and nobody is told again that a is stuck.
    let mut overtaken = 0;
    for seed in 0..20 {
        let mut setup = gated(setup(Approach::KojiOwned, CHAIN));
        setup.seed = seed;
        setup.conditions.tests = Tests { false_alarm: 1.0, ..Tests::default() };
        setup.conditions.people = Some(People { fix: always(1), waive_share: 1.0 });
        setup.conditions.bus =
            Bus { jitter: Millis::from_secs(100), duplicate: 1.0, ..Bus::default() };
        let run = run(&setup);
        assert_eq!(run.figures.outcome, Outcome::Done, "seed {seed}");
        assert_eq!(builds(&run), [1, 1], "seed {seed}");
        let verdicts = |row: &modplan::sim::LogRow| match row.what {
            Log::Event(Event::Tested { module: ModuleIx(0), .. }) => Some(false),
            Log::Event(Event::Waived { module: ModuleIx(0), .. }) => Some(true),
            Log::Event(_) | Log::Command(_) | Log::Fact(_) => None,
        };
        let verdicts: Vec<bool> = run.log.iter().filter_map(verdicts).collect();
        overtaken += u32::from(verdicts.windows(2).any(|pair| pair == [true, false]));
        // Stuck and recovered, for a and for b.
        assert_eq!(run.figures.mails, 4, "seed {seed}");
    }
    assert!(overtaken > 0, "no waiver was heard before the red result");
}
