//! One test for each thing that can happen, its times computed by hand. A component takes 100 s
//! unless a test says otherwise, and modules are `a`, `b`, `c`… in catalog order.

use std::sync::Arc;

use modplan::orchestrate::{
    Approach, BuildId, Cascade, CatalogBuilder, ComponentEnd, ComponentIx, Dispatch, Event, Gates,
    ModuleIx, ModuleParts, Orchestrator, Owner, Standing, TaskParts, Timer,
};
use modplan::scenario::{Bus, Fault, FaultKind, People, Quantiles, Tests};
use modplan::sim::{
    Conditions, DurationMode, Log, ModuleState, Outcome, Outcomes, Run, Setup, Slots, SlotsGroup,
    World,
};
use modplan::time::{Millis, Timestamp};
use modplan::trace::{BUILD_ARCH, History, Row, RowOutcome, Samples};

const BOTH: [Approach; 2] = [Approach::KojiOwned, Approach::OrchestratorOwned];

/// What a component's attempts take, in seconds, and whether they succeed.
type Attempts<'a> = &'a [(u64, bool)];

const PLAIN: Attempts<'_> = &[(100, true)];

/// A module: who depends on it, and its components.
type Module<'a> = (&'a [u32], &'a [Attempts<'a>]);

const CHAIN: &[Module<'_>] = &[(&[1], &[PLAIN]), (&[], &[PLAIN])];
const ALONE: &[Module<'_>] = &[(&[], &[PLAIN])];

fn setup(approach: Approach, modules: &[Module<'_>]) -> Setup {
    let mut waves = vec![1; modules.len()];
    for (at, (dependants, _)) in modules.iter().enumerate() {
        for &to in *dependants {
            waves[to as usize] = waves[to as usize].max(waves[at] + 1);
        }
    }
    let mut rows = Vec::new();
    let mut builder = CatalogBuilder::default();
    for (at, (dependants, components)) in modules.iter().enumerate() {
        let part = |(number, attempts): (usize, &Attempts<'_>)| {
            rows.push(samples(attempts));
            let durations = u32::try_from(rows.len() - 1).unwrap();
            let task = TaskParts { arch: "x86_64".into(), estimate_ms: 100_000, durations };
            (format!("p{number}").as_str().into(), 0, Vec::new(), vec![task])
        };
        builder.push(&ModuleParts {
            id: format!("{}:1:c", char::from(b'a' + u8::try_from(at).unwrap())),
            wave: Some(waves[at]),
            is_start: waves[at] == 1,
            dependants: dependants.to_vec(),
            planned_dependants: dependants.to_vec(),
            components: components.iter().enumerate().map(part).collect(),
            ..ModuleParts::default()
        });
    }
    Setup {
        catalog: Arc::new(builder.finish()),
        samples: Arc::new(rows),
        slots: Slots {
            groups: vec![SlotsGroup {
                name: "x86".to_owned(),
                count: 9,
                arches: vec!["x86_64".into()],
            }],
        },
        approach,
        cascade: Cascade::Planned,
        dispatch: Dispatch::Graph,
        submit_limit: u32::MAX,
        builds_max: 100,
        durations: DurationMode::Replay,
        outcomes: Outcomes::History,
        conditions: Conditions::default(),
        hub: None,
        seed: 1,
    }
}

fn samples(attempts: Attempts<'_>) -> Samples {
    let row = |&(seconds, is_ok): &(u64, bool)| Row {
        package: "p".into(),
        method: BUILD_ARCH.into(),
        arch: "x86_64".into(),
        run: Millis::from_secs(seconds),
        outcome: if is_ok { RowOutcome::Closed } else { RowOutcome::Failed },
        queued: None,
        started_at: None,
        module: None,
        nvr: None,
        source: None,
    };
    let history = History::from_rows(attempts.iter().map(row).collect());
    history.samples(BUILD_ARCH, &"p".into(), &"x86_64".into())
}

fn fault(kind: FaultKind, at: u64, lasts: Option<u64>) -> Fault {
    Fault {
        at: Millis::from_secs(at),
        kind,
        builders: None,
        count: None,
        module: None,
        lasts: lasts.map(Millis::from_secs),
        line: 0,
    }
}

fn always(seconds: u64) -> Quantiles {
    Quantiles { p50: Millis::from_secs(seconds), p90: Millis::from_secs(seconds) }
}

fn gated(mut setup: Setup) -> Setup {
    setup.conditions.gates = Gates { component: false, module: true };
    setup
}

fn run(setup: &Setup) -> Run {
    World::new(setup).run_in_full(0)
}

fn seconds(run: &Run) -> f64 {
    run.figures.makespan.as_secs_f64()
}

fn builds(run: &Run) -> Vec<u32> {
    run.modules.iter().map(|module| module.module_builds).collect()
}

fn states(run: &Run) -> Vec<ModuleState> {
    run.modules.iter().map(|module| module.state).collect()
}

/// Returns every mail of an orchestrator: its second, how much it is about, and how the first stands.
fn mails(run: &Run) -> Vec<(u64, usize, Standing)> {
    let mail = |row: &modplan::sim::LogRow| match &row.what {
        Log::Command(modplan::orchestrate::Command::Mail { about, .. }) => {
            Some((row.at.0 / 1000, about.len(), about[0].standing))
        }
        Log::Command(_) | Log::Event(_) | Log::Fact(_) => None,
    };
    run.log.iter().filter_map(mail).collect()
}

/// Asserts the time and outcome of a run.
#[track_caller]
fn ends(run: &Run, outcome: Outcome, at: u64) {
    assert_eq!((run.figures.outcome, run.figures.makespan), (outcome, Millis::from_secs(at)));
}

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
fn a_waived_test_unblocks_without_a_new_result() {
    // Each test is red at once, each mail is answered by a waiver after an hour. a: built 100 s,
    // mail, waived 3700 s. b: built 3800 s, mail to other people, waived 7400 s.
    for approach in BOTH {
        let mut setup = gated(setup(approach, CHAIN));
        setup.conditions.tests = Tests { false_alarm: 1.0, ..Tests::default() };
        setup.conditions.people = Some(People { fix: always(3600), waive_share: 1.0 });
        let run = run(&setup);
        ends(&run, Outcome::Done, 7400);
        assert_eq!((run.tally.tests, run.tally.waivers, run.figures.mails), (2, 2, 4));
        assert_eq!(run.modules[0].ready, Some(Timestamp(3_700_000)));
        assert_eq!(builds(&run), [1, 1]);
        assert_eq!(run.modules[0].spent.stuck, Millis::from_secs(3600));
        assert_eq!(run.modules[1].spent.waiting, Millis::from_secs(3700));
    }
}

#[test]
fn a_fix_builds_everything_again_in_koji_owned_and_one_component_in_the_other() {
    // p0 has a defect that the module's test finds; an hour after the mail it is repaired.
    for (approach, components) in [(Approach::KojiOwned, 4), (Approach::OrchestratorOwned, 4)] {
        let mut setup = gated(setup(approach, &[(&[], &[PLAIN, PLAIN])]));
        setup.conditions.tests = Tests { defect_rate: 1.0, detect_module: 1.0, ..Tests::default() };
        setup.conditions.people = Some(People { fix: always(3600), waive_share: 0.0 });
        let run = run(&setup);
        // Both components have the defect here, so both approaches build both again.
        ends(&run, Outcome::Done, 3800);
        assert_eq!(run.figures.component_builds, components);
        assert_eq!(run.tally.fixes, 1);
        let module_builds = if approach == Approach::KojiOwned { 2 } else { 1 };
        assert_eq!(run.figures.module_builds, module_builds);
    }
}

#[test]
fn an_escaped_defect_is_counted() {
    for approach in BOTH {
        let mut setup = gated(setup(approach, ALONE));
        setup.conditions.tests = Tests { defect_rate: 1.0, ..Tests::default() };
        let run = run(&setup);
        ends(&run, Outcome::Done, 100);
        assert_eq!(run.tally.defects_escaped, 1);
    }
}

#[test]
fn a_retry_builds_all_again_in_koji_owned_and_what_failed_in_the_other() {
    // p1 fails at 50 s, its second attempt takes 100 s. koji-owned loses the 50 s of p0 too.
    let modules: &[Module<'_>] = &[(&[], &[PLAIN, &[(50, false), (100, true)]])];
    for (approach, components, wasted) in
        [(Approach::KojiOwned, 4, 100), (Approach::OrchestratorOwned, 3, 50)]
    {
        let mut setup = setup(approach, modules);
        setup.conditions.retries = 1;
        let run = run(&setup);
        ends(&run, Outcome::Done, 150);
        assert_eq!(run.figures.component_builds, components);
        assert_eq!(run.figures.wasted, Millis::from_secs(wasted));
        assert_eq!(run.tally.retries, 1);
    }
}

#[test]
fn a_superseded_row_is_dropped_unless_a_stale_service_shows_nothing_newer() {
    // c was once built with a, and no more; b is.
    for approach in BOTH {
        let mut setup = setup(approach, &[(&[1], &[PLAIN]), (&[], &[PLAIN]), (&[], &[PLAIN])]);
        let mut catalog = (*setup.catalog).clone();
        catalog.modules[0].superseded_dependants = vec![modplan::orchestrate::ModuleIx(2)];
        catalog.modules[2].is_start = false;
        catalog.modules[2].is_planned = false;
        setup.catalog = Arc::new(catalog);
        setup.cascade = Cascade::Literal;
        assert_eq!(builds(&run(&setup)), [1, 1]);
        setup.conditions.faults = vec![fault(FaultKind::PdcStale, 0, None)];
        assert_eq!(builds(&run(&setup)), [1, 1, 1]);
    }
}

#[test]
fn a_stale_service_hides_who_came_to_depend_on_a_module() {
    // c is built with a now, and was with b before: the row of the newest version is missing.
    let mut setup =
        setup(Approach::KojiOwned, &[(&[2], &[PLAIN]), (&[], &[PLAIN]), (&[], &[PLAIN])]);
    let mut catalog = (*setup.catalog).clone();
    catalog.modules[1].superseded_dependants = vec![modplan::orchestrate::ModuleIx(2)];
    setup.catalog = Arc::new(catalog);
    setup.cascade = Cascade::Literal;
    ends(&run(&setup), Outcome::Done, 200);
    setup.conditions.faults = vec![fault(FaultKind::PdcStale, 50, Some(100))];
    let run = run(&setup);
    // b's old dependant is taken for a new one, so c is built once all the same: by the wrong cause.
    assert_eq!(builds(&run), [1, 1, 1]);
    let cause = run.log.iter().find_map(|row| match row.what {
        Log::Command(modplan::orchestrate::Command::BuildModule { cause, .. }) => Some(cause),
        Log::Command(_) | Log::Event(_) | Log::Fact(_) => None,
    });
    assert_eq!(cause, Some(Some(modplan::orchestrate::BuildId(1))));
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

#[test]
fn a_dependency_service_that_is_down_is_asked_again() {
    // Asked at 100 s, again after a minute, and after two more: b runs from 280 s.
    for approach in BOTH {
        let mut setup = setup(approach, CHAIN);
        setup.cascade = Cascade::Literal;
        setup.conditions.faults = vec![fault(FaultKind::PdcDown, 0, Some(180))];
        let run = run(&setup);
        ends(&run, Outcome::Done, 380);
        assert_eq!(run.tally.calls_refused, 2);
    }
}

#[test]
fn a_dependency_service_that_stays_down_is_told_and_asked_with_each_poll_by_who_polls() {
    // Both ask once and twenty times more; then the poll that finds the world still asks once more.
    for (approach, refused) in [(BOTH[0], 21), (BOTH[1], 22)] {
        let mut setup = setup(approach, CHAIN);
        setup.cascade = Cascade::Literal;
        setup.conditions.faults = vec![fault(FaultKind::PdcDown, 0, None)];
        let run = run(&setup);
        ends(&run, Outcome::Stuck, 100);
        assert_eq!((run.tally.calls_refused, run.figures.mails), (refused, 1));
        let told: Vec<Standing> =
            mails(&run).into_iter().map(|(_, _, standing)| standing).collect();
        assert_eq!(told, [Standing::NoAnswer]);
    }
}

#[test]
fn a_hub_that_refuses_is_called_again() {
    // orchestrator-owned calls at 0, 60 and 180 s; people who ask koji wait for 90 s.
    for (approach, at) in [(Approach::KojiOwned, 190), (Approach::OrchestratorOwned, 280)] {
        let mut setup = setup(approach, ALONE);
        setup.conditions.faults = vec![fault(FaultKind::HubRefusing, 0, Some(90))];
        ends(&run(&setup), Outcome::Done, at);
    }
}

#[test]
fn what_ends_while_the_hub_is_offline_is_told_when_it_is_back() {
    for approach in BOTH {
        let mut setup = setup(approach, CHAIN);
        setup.conditions.faults = vec![fault(FaultKind::HubOffline, 50, Some(200))];
        ends(&run(&setup), Outcome::Done, 350);
    }
}

#[test]
fn a_task_whose_builder_is_gone_begins_again() {
    // All nine builders go at 50 s for 100 s.
    for approach in BOTH {
        let mut setup = setup(approach, ALONE);
        let mut down = fault(FaultKind::BuildersDown, 50, Some(100));
        down.builders = Some("x86".to_owned());
        setup.conditions.faults = vec![down.clone()];
        ends(&run(&setup), Outcome::Done, 250);
        // Of nine builders the eight that are idle can go without harm.
        down.count = Some(8);
        setup.conditions.faults = vec![down];
        ends(&run(&setup), Outcome::Done, 100);
    }
}

#[test]
fn a_repo_that_cannot_be_made_fails_koji_owned_and_is_made_again_by_the_other() {
    let fault = fault(FaultKind::RepoFailure, 0, Some(200));
    let mut koji = setup(Approach::KojiOwned, ALONE);
    koji.conditions.faults = vec![fault.clone()];
    ends(&run(&koji), Outcome::Failed, 100);
    // Tried at 100, 160 and 280 s.
    let mut owner = setup(Approach::OrchestratorOwned, ALONE);
    owner.conditions.faults = vec![fault];
    ends(&run(&owner), Outcome::Done, 280);
}

#[test]
fn a_broken_base_package_fails_what_begins() {
    // a begins before, b after.
    for approach in BOTH {
        let mut setup = setup(approach, CHAIN);
        setup.conditions.faults = vec![fault(FaultKind::BasePackageBroken, 50, None)];
        let run = run(&setup);
        ends(&run, Outcome::Failed, 200);
        assert_eq!(states(&run), [ModuleState::Ready, ModuleState::Failed]);
    }
}

#[test]
fn a_canceled_module_is_submitted_no_more() {
    for approach in BOTH {
        let mut setup = setup(approach, CHAIN);
        let mut cancel = fault(FaultKind::ModuleCanceled, 50, None);
        cancel.module = Some("a:1".to_owned());
        setup.conditions.faults = vec![cancel];
        setup.conditions.retries = 2;
        let run = run(&setup);
        ends(&run, Outcome::Failed, 50);
        assert_eq!(run.figures.component_builds, 1);
        assert_eq!(run.figures.wasted, Millis::from_secs(50));
    }
}

#[test]
fn a_cancel_that_the_hub_refuses_is_made_again() {
    // Canceled at 50 s, refused until 90 s, called again after 60 s: the builder works for 110 s.
    let mut setup = setup(Approach::OrchestratorOwned, &[(&[], &[&[(1000, true)]])]);
    let mut cancel = fault(FaultKind::ModuleCanceled, 50, None);
    cancel.module = Some("a:1".to_owned());
    setup.conditions.faults = vec![fault(FaultKind::HubRefusing, 40, Some(50)), cancel];
    let run = run(&setup);
    assert_eq!(run.figures.outcome, Outcome::Failed);
    assert_eq!(run.figures.wasted, Millis::from_secs(110));
}

#[test]
fn a_cancel_that_the_hub_refuses_is_made_before_the_next_attempt() {
    // p0 takes 1000 s. p1 is built at 10 s and red; people repair it after 100 s. The module is
    // canceled at 50 s while the hub refuses until 130 s; the cancel is refused, and called again at
    // 110 s and 230 s. At 110 s people have the module go on: p0 is canceled at 230 s, and begins
    // again after that.
    let modules: &[Module<'_>] = &[(&[], &[&[(1000, true)], &[(10, true)]])];
    let mut setup = setup(Approach::OrchestratorOwned, modules);
    setup.conditions.gates = Gates { component: true, module: false };
    setup.conditions.tests = Tests { false_alarm: 1.0, ..Tests::default() };
    setup.conditions.people = Some(People { fix: always(100), waive_share: 0.0 });
    let mut cancel = fault(FaultKind::ModuleCanceled, 50, None);
    cancel.module = Some("a:1".to_owned());
    setup.conditions.faults = vec![fault(FaultKind::HubRefusing, 40, Some(90)), cancel];
    let run = run(&setup);
    let spans = run.bars.iter().filter(|bar| bar.package.as_str() == "p0");
    let spans: Vec<(u64, u64)> =
        spans.map(|bar| (bar.start.0 / 1000, bar.end.0 / 1000)).take(2).collect();
    assert_eq!(spans, [(0, 230), (230, 1230)]);
}

#[test]
fn a_dependant_that_waits_already_is_not_queued_twice() {
    // d follows b and c. Both pass at 200 s: coalesced builds d once, literal twice. Where c takes
    // 10 s more, d is under way when c passes, and is built again.
    let diamond = |c: Attempts<'static>, approach, cascade| {
        let modules: &[Module<'_>] =
            &[(&[1, 2], &[PLAIN]), (&[3], &[PLAIN]), (&[3], &[c]), (&[], &[PLAIN])];
        let mut setup = setup(approach, modules);
        setup.cascade = cascade;
        builds(&run(&setup))
    };
    for approach in BOTH {
        assert_eq!(diamond(PLAIN, approach, Cascade::Literal), [1, 1, 1, 2]);
        assert_eq!(diamond(PLAIN, approach, Cascade::Coalesced), [1, 1, 1, 1]);
        assert_eq!(diamond(&[(110, true)], approach, Cascade::Coalesced), [1, 1, 1, 2]);
    }
}

#[test]
fn test_workers_are_a_resource() {
    for approach in BOTH {
        let mut setup = gated(setup(approach, &[(&[], &[PLAIN]), (&[], &[PLAIN])]));
        setup.conditions.tests = Tests { module: Some(always(100)), ..Tests::default() };
        ends(&run(&setup), Outcome::Done, 200);
        setup.conditions.tests.workers = Some(1);
        let run = run(&setup);
        ends(&run, Outcome::Done, 300);
        assert_eq!(run.modules[1].spent.testing, Millis::from_secs(200));
    }
}

#[test]
fn a_result_that_never_comes_is_asked_for_three_times_and_then_told() {
    // The module is published at 100 s; asked again every hour; given up after the fourth.
    let mut setup = gated(setup(Approach::OrchestratorOwned, ALONE));
    setup.conditions.tests =
        Tests { missing: 1.0, timeout: Some(Millis::from_secs(3600)), ..Tests::default() };
    let run = run(&setup);
    assert_eq!(run.figures.outcome, Outcome::Stuck);
    assert_eq!((run.tally.tests, run.figures.mails), (4, 1));
    assert_eq!(mails(&run), [(14_500, 1, Standing::NoResult)]);
}

#[test]
fn a_storm_of_red_tests_is_two_mails_to_each_who_looks_after_a_module() {
    // a has three components and b one, all red at 100 s: a mail at once to the people of each, and
    // the rest to those of a in a digest ten minutes later.
    let modules: &[Module<'_>] = &[(&[], &[PLAIN, PLAIN, PLAIN]), (&[], &[PLAIN])];
    let mut setup = setup(Approach::OrchestratorOwned, modules);
    setup.conditions.gates = Gates { component: true, module: false };
    setup.conditions.tests = Tests { false_alarm: 1.0, ..Tests::default() };
    let run = run(&setup);
    let red = |at, about| (at, about, Standing::NotPassed);
    assert_eq!(mails(&run), [red(100, 1), red(100, 1), red(700, 2)]);
    assert_eq!(run.figures.outcome, Outcome::Stuck);
}

#[test]
fn koji_owned_ignores_what_is_not_about_a_module() {
    // Components are tested, and red; the module has no gate.
    let mut setup = setup(Approach::KojiOwned, CHAIN);
    setup.conditions.gates = Gates { component: true, module: false };
    setup.conditions.tests = Tests { false_alarm: 1.0, ..Tests::default() };
    let run = run(&setup);
    ends(&run, Outcome::Done, 200);
    assert_eq!((run.tally.tests, run.figures.mails), (2, 0));
}

#[test]
fn a_red_component_keeps_what_waits_for_it_until_it_is_waived() {
    let mut setup = setup(Approach::OrchestratorOwned, ALONE);
    setup.conditions.gates = Gates { component: true, module: false };
    setup.conditions.tests = Tests { false_alarm: 1.0, ..Tests::default() };
    ends(&run(&setup), Outcome::Stuck, 100);
    setup.conditions.people = Some(People { fix: always(3600), waive_share: 1.0 });
    ends(&run(&setup), Outcome::Done, 3700);
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
fn an_event_for_what_is_unknown_or_gone_changes_nothing() {
    let unknown = (BuildId(77), ComponentIx(99), ModuleIx(99));
    let (build, component, module) = unknown;
    let events = [
        Event::Requested { request: 0, module },
        Event::Resumed { request: 1, build, fixed: [component].into() },
        Event::Canceled { request: 2, build },
        Event::Fetched { build },
        Event::TargetMade { build },
        Event::ComponentEnded { build, component, attempt: 1, end: ComponentEnd::Failed },
        Event::ComponentTested { build, component, attempt: 1, passed: true },
        Event::ComponentTagged { build, component },
        Event::RepoEnded { build, is_ok: false },
        Event::Tested { build, module, attempt: 1, passed: true },
        Event::Tested { build, module, attempt: 1, passed: false },
        Event::Waived { build, module, component: None },
        Event::Waived { build, module, component: Some(component) },
        Event::Dependants { build, module, rows: [].into() },
        Event::Timer { timer: Timer::TestsDue { build } },
        Event::Timer { timer: Timer::Repo { build } },
        Event::Timer { timer: Timer::Hub },
        Event::Timer { timer: Timer::Digest { to: Owner(0) } },
        Event::Timer { timer: Timer::Poll },
    ];
    for approach in BOTH {
        let setup = setup(approach, CHAIN);
        for cascade in [Cascade::Literal, Cascade::Coalesced, Cascade::Planned] {
            let limits = setup.limits(9);
            let mut orchestrator = Orchestrator::new(&setup.catalog, (approach, cascade), limits);
            for event in &events {
                let mut out = Vec::new();
                orchestrator.handle(event, Timestamp(5), &mut out);
                assert_eq!(out, [], "{approach:?} {cascade:?} {event:?}");
            }
            orchestrator.check_invariants();
        }
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

#[test]
fn a_hub_that_is_away_for_half_a_day_is_told_once_and_found_back_by_a_poll() {
    // Refused until 43 200 s. Calls after 60, 120, 240, 480, 960 and then every 1800 s: the 21st is
    // refused at 28 860 s and told. From then on each poll, every 600 s, calls again: at 43 200 s the
    // hub answers, and what takes 100 s is built.
    let mut setup = setup(Approach::OrchestratorOwned, ALONE);
    setup.conditions.faults = vec![fault(FaultKind::HubRefusing, 0, Some(43_200))];
    let run = run(&setup);
    ends(&run, Outcome::Done, 43_300);
    assert_eq!(mails(&run), [(28_860, 1, Standing::NoAnswer), (43_300, 1, Standing::Recovered)]);
}

#[test]
fn time_at_the_gate_of_a_component_is_no_time_in_a_queue() {
    // Built at 100 s, tested for 600 s and red, repaired 3600 s later, built for 100 s and tested for
    // 600 s: 200 s of building, 1200 s of testing, 3600 s stuck.
    let mut setup = setup(Approach::OrchestratorOwned, ALONE);
    setup.conditions.gates = Gates { component: true, module: false };
    setup.conditions.tests = Tests {
        component: Some(always(600)),
        defect_rate: 1.0,
        detect_component: 1.0,
        ..Tests::default()
    };
    setup.conditions.people = Some(People { fix: always(3600), waive_share: 0.0 });
    let run = run(&setup);
    ends(&run, Outcome::Done, 5000);
    let spent = run.modules[0].spent;
    let spans = [spent.waiting, spent.queued, spent.building, spent.testing, spent.stuck];
    assert_eq!(spans, [0, 0, 200, 1200, 3600].map(Millis::from_secs));
}

#[test]
fn a_failed_build_is_stuck_only_until_another_takes_its_place() {
    // Fails at 100 s, repaired at 3700 s, built anew until 3800 s; b follows for 100 s.
    let modules: &[Module<'_>] = &[(&[1], &[&[(100, false), (100, true)]]), (&[], &[PLAIN])];
    let mut setup = setup(Approach::KojiOwned, modules);
    setup.conditions.people = Some(People { fix: always(3600), waive_share: 0.0 });
    let run = run(&setup);
    ends(&run, Outcome::Done, 3900);
    assert_eq!(run.modules[0].spent.stuck, Millis::from_secs(3600));
    assert_eq!(run.figures.mails, 1, "koji tells the people of a");
}
