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
    // Two seconds for each message on the way: koji's end of each module build in koji-owned, of each
    // component and each repo in the other. The last of koji-owned changes no module any more.
    for approach in BOTH {
        let mut setup = setup(approach, CHAIN);
        setup.conditions.bus = Bus { delay: Millis::from_secs(2), ..Bus::default() };
        let run = run(&setup);
        let wanted = if approach == Approach::KojiOwned { 202.0 } else { 208.0 };
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
    let (approach, cascade) = (Approach::KojiOwned, Cascade::Literal);
    let mut orchestrator = Orchestrator::new(&setup.catalog, approach, cascade, limits);
    let red = Event::Tested { build, module, attempt: 1, passed: false };
    let waived = Event::Waived { build, module, component: None };
    let mut counts = Vec::new();
    for event in [&red, &waived, &red, &waived] {
        let mut out = Vec::new();
        orchestrator.handle(event, Timestamp(5), &mut out);
        counts.push(out.len());
    }
    // A mail, and the verdict is acknowledged; the question and the timer of the mail that tells of the
    // recovery; nothing; nothing.
    assert_eq!(counts, [2, 2, 0, 0]);
}

/// Returns when the ends of components were heard, with the number of the component.
fn heard(run: &Run) -> Vec<(u64, u32)> {
    let of = |row: &modplan::sim::LogRow| match row.what {
        Log::Event(Event::ComponentEnded { component, .. }) => Some((row.at.0 / 1000, component.0)),
        Log::Event(_) | Log::Command(_) | Log::Answered { .. } | Log::Fact(_) => None,
    };
    run.log.iter().filter_map(of).collect()
}

#[test]
fn polls_find_all_that_a_bus_which_loses_everything_was_to_tell() {
    // a is built at 100 s and found by the poll of 600 s, which has its repo made, and that is found
    // at 1200 s; b is built at 1300 s and found at 1800 s, and its repo at 2400 s.
    let mut setup = setup(Approach::OrchestratorOwned, CHAIN);
    setup.conditions.bus = Bus { loss: 1.0, ..Bus::default() };
    let run = run(&setup);
    ends(&run, Outcome::Done, 2400);
    assert_eq!(heard(&run), [(600, 0), (1800, 1)]);
    assert_eq!(run.tally.messages_lost, 4);
}

#[test]
fn a_poll_tells_what_a_late_message_was_to_tell_and_the_message_changes_nothing() {
    // a is built at 100 s, and its message takes 900 s: the poll of 600 s is earlier, and that of
    // 1200 s earlier than the message of its repo. b is built from 1200 to 1300 s and found at 1800 s,
    // its repo at 2400 s; the messages of a and b come at 1000 s and 2200 s.
    let mut setup = setup(Approach::OrchestratorOwned, CHAIN);
    setup.conditions.bus = Bus { delay: Millis::from_secs(900), ..Bus::default() };
    let late = run(&setup);
    ends(&late, Outcome::Done, 2400);
    assert_eq!(heard(&late), [(600, 0), (1000, 0), (1800, 1), (2200, 1)]);
    assert_eq!((builds(&late), late.figures.component_builds), (vec![1, 1], 2));
    // What was heard is not told again: a at 450 s, and at 600 s its repo alone, made at 450 s. b is
    // built at 700 s and heard at 1050 s; its repo, made then, is found at 1200 s.
    setup.conditions.bus.delay = Millis::from_secs(350);
    let early = run(&setup);
    ends(&early, Outcome::Done, 1200);
    assert_eq!(heard(&early), [(450, 0), (1050, 1)]);
}

#[test]
fn a_poll_tells_a_result_that_is_late() {
    // Messages take 100 s, polls are 90 s apart. Built at 100 s and found at 180 s; the repo, made
    // then, is found at 270 s, and the module published; the tests hear it at 370 s and pass it at
    // 420 s; the poll of 450 s finds that.
    let mut setup = gated(setup(Approach::OrchestratorOwned, ALONE));
    setup.conditions.tests = Tests { module: Some(always(50)), ..Tests::default() };
    setup.conditions.bus = Bus { delay: Millis::from_secs(100), ..Bus::default() };
    setup.conditions.poll = Millis::from_secs(90);
    let run = run(&setup);
    ends(&run, Outcome::Done, 450);
    assert_eq!(heard(&run), [(180, 0), (200, 0)]);
}

#[test]
fn what_the_bus_brings_in_another_order_is_told_by_the_poll_in_the_order_it_happened() {
    // p0 is built at 100 s, p1 at 110 s. Messages take from 600 to 4600 s: the poll of 600 s tells
    // both before either comes, and whichever comes first then changes nothing. The repo, made at
    // 600 s, is found by the poll of 1200 s.
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
        ends(&run, Outcome::Done, 1200);
        let heard = heard(&run);
        assert_eq!(heard[..2], [(600, 0), (600, 1)], "seed {seed}");
        assert_eq!(heard.len(), 4, "seed {seed}");
        if heard[2].1 == 1 { overtaken += 1 } else { in_order += 1 }
    }
    assert!(overtaken > 0 && in_order > 0, "{overtaken} {in_order}");
}

#[test]
fn an_outage_costs_orchestrator_owned_the_time_to_the_next_poll() {
    // Nothing is carried from 50 to 650 s: a, built at 100 s, is found at 600 s, and its repo at 1200 s;
    // b, from 1200 to 1300 s, is heard of at once, and so is its repo.
    let mut setup = setup(Approach::OrchestratorOwned, CHAIN);
    setup.conditions.faults = vec![fault(FaultKind::BusOutage, 50, Some(600))];
    let run = run(&setup);
    ends(&run, Outcome::Done, 1300);
    assert_eq!(heard(&run), [(600, 0), (1300, 1)]);
}

#[test]
fn a_lost_end_of_the_repo_costs_one_poll() {
    // a is built at 100 s; its repo is refused then and made a minute later, at 160 s, while the bus
    // is away from 155 to 165 s: the poll of 600 s finds it, and b is built from 600 to 700 s.
    let refused = fault(FaultKind::HubRefusing, 90, Some(60));
    let mut setup = setup(Approach::OrchestratorOwned, CHAIN);
    setup.conditions.faults = vec![refused.clone()];
    ends(&run(&setup), Outcome::Done, 260);
    setup.conditions.faults = vec![refused, fault(FaultKind::BusOutage, 155, Some(10))];
    let lost = run(&setup);
    ends(&lost, Outcome::Done, 700);
    assert_eq!((lost.tally.messages_lost, lost.modules[0].ready), (1, Some(Timestamp(600_000))));
    // How its own repo ended the orchestrator knows, and at 100 s, as the hub is not asked. The target
    // of b is refused then, and made at 160 s.
    setup.conditions.repo = modplan::orchestrate::RepoMaker::Orchestrator;
    let own = run(&setup);
    ends(&own, Outcome::Done, 260);
    assert_eq!((own.tally.messages_lost, own.modules[0].ready), (0, Some(Timestamp(100_000))));
}

#[test]
fn a_repo_that_koji_makes_is_told_by_a_message() {
    // The end of the component, that of the repo, and that the module is done; without the second
    // where the orchestrator makes the repo itself.
    let mut setup = setup(Approach::OrchestratorOwned, ALONE);
    assert_eq!(run(&setup).figures.messages, 3);
    setup.conditions.repo = modplan::orchestrate::RepoMaker::Orchestrator;
    assert_eq!(run(&setup).figures.messages, 2);
}

#[test]
fn an_end_of_the_repo_that_comes_twice_or_late_counts_once() {
    // No repo can be made until 130 s. a is heard at 110 s, and its repo fails, which is heard at 120 s,
    // twice; 60 s later, at 180 s, the second one is made, and heard at 190 s. b is built at 290 s and
    // heard at 300 s, and its repo at 310 s.
    let mut setup = setup(Approach::OrchestratorOwned, CHAIN);
    setup.conditions.bus = Bus { delay: Millis::from_secs(10), duplicate: 1.0, ..Bus::default() };
    setup.conditions.faults = vec![fault(FaultKind::RepoFailure, 90, Some(40))];
    let run = run(&setup);
    ends(&run, Outcome::Done, 310);
    let is_repo = |row: &&modplan::sim::LogRow| {
        matches!(
            row.what,
            Log::Command(modplan::orchestrate::Command::Call { call: Call::MakeRepo { .. }, .. })
        )
    };
    assert_eq!(run.log.iter().filter(is_repo).count(), 3);
}

#[test]
fn a_poll_of_a_hub_that_is_offline_tells_nothing_of_builds() {
    // Built at 100 s, the message lost; the hub is away from 500 to 900 s: not the poll of 600 s but
    // that of 1200 s finds it, and that of 1800 s its repo.
    let mut setup = setup(Approach::OrchestratorOwned, ALONE);
    setup.conditions.bus = Bus { loss: 1.0, ..Bus::default() };
    setup.conditions.faults = vec![fault(FaultKind::HubOffline, 500, Some(400))];
    ends(&run(&setup), Outcome::Done, 1800);
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
            Log::Event(_) | Log::Command(_) | Log::Answered { .. } | Log::Fact(_) => None,
        };
        let verdicts: Vec<bool> = run.log.iter().filter_map(verdicts).collect();
        overtaken += u32::from(verdicts.windows(2).any(|pair| pair == [true, false]));
        // Stuck and recovered, for a and for b.
        assert_eq!(run.figures.mails, 4, "seed {seed}");
    }
    assert!(overtaken > 0, "no waiver was heard before the red result");
}
