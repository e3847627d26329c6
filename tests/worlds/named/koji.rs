//! koji refuses, is away, or loses builders, repos and packages.

use super::*;

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
fn what_people_take_up_again_after_a_cancel_waits_for_the_hub_and_has_not_failed() {
    // As before, but the hub refuses for ever: p0 runs until 1000 s. That the module goes on at 110 s
    // needs calls which nobody answers.
    let modules: &[Module<'_>] = &[(&[], &[&[(1000, true)], &[(10, true)]])];
    let mut setup = setup(Approach::OrchestratorOwned, modules);
    setup.conditions.gates = Gates { component: true, module: false };
    setup.conditions.tests = Tests { false_alarm: 1.0, ..Tests::default() };
    setup.conditions.people = Some(People { fix: always(100), waive_share: 0.0 });
    let mut cancel = fault(FaultKind::ModuleCanceled, 50, None);
    cancel.module = Some("a:1".to_owned());
    setup.conditions.faults = vec![fault(FaultKind::HubRefusing, 40, None), cancel];
    let run = run(&setup);
    assert_eq!(run.figures.outcome, Outcome::Stuck);
    assert_eq!(states(&run), [ModuleState::Stuck]);
    assert_eq!(run.modules[0].reason, Some(modplan::sim::Reason::NoAnswer));
}

#[test]
fn what_people_ask_of_a_hub_that_is_away_for_ever_waits_for_it() {
    let mut setup = setup(Approach::KojiOwned, CHAIN);
    setup.conditions.faults = vec![fault(FaultKind::HubOffline, 0, None)];
    let run = run(&setup);
    ends(&run, Outcome::Stuck, 0);
    let reasons: Vec<String> =
        run.modules.iter().filter_map(|m| m.reason.as_ref()).map(ToString::to_string).collect();
    assert_eq!(reasons, ["the hub is offline", "a:1:c not ready"]);
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
fn a_component_counts_as_built_once_a_builder_has_a_task_of_it() {
    // One builder: p0 fails at 50 s, while p1 and p2 wait for it. In koji-owned they are canceled with
    // it; in the other nobody cancels them, and they are built until 250 s.
    let modules: &[Module<'_>] = &[(&[], &[&[(50, false)], PLAIN, PLAIN])];
    for (approach, component_builds) in [(Approach::KojiOwned, 1), (Approach::OrchestratorOwned, 3)]
    {
        let mut setup = setup(approach, modules);
        setup.slots.groups[0].count = 1;
        let run = run(&setup);
        assert_eq!(run.figures.outcome, Outcome::Failed);
        assert_eq!(run.figures.component_builds, component_builds, "{approach:?}");
        assert_eq!(run.modules[0].component_builds, u32::try_from(component_builds).unwrap());
        assert_eq!(run.figures.tasks, 3);
    }
}

#[test]
fn what_waits_for_ever_is_not_built() {
    // No builder is left at 50 s: p0, which had one, counts; p1 waited for it.
    let modules: &[Module<'_>] = &[(&[], &[PLAIN, PLAIN])];
    for approach in BOTH {
        let mut setup = setup(approach, modules);
        setup.slots.groups[0].count = 1;
        let builders = Some("x86".to_owned());
        setup.conditions.faults =
            vec![Fault { builders, ..fault(FaultKind::BuildersDown, 50, None) }];
        let run = run(&setup);
        assert_eq!(run.figures.outcome, Outcome::Stuck);
        assert_eq!((run.figures.component_builds, run.modules[0].component_builds), (1, 1));
    }
}

#[test]
fn what_a_pass_would_start_is_blocked_by_a_failure_whatever_the_plan_says() {
    // Of b's two contexts the plan has the second wait for nobody; a literal cascade builds it with
    // the first, once a passes. a fails.
    let parts = |id: &str, is_start: bool, (dependants, planned): (&[u32], &[u32])| ModuleParts {
        id: id.to_owned(),
        wave: Some(1 + u32::from(!is_start)),
        is_start,
        dependants: dependants.to_vec(),
        planned_dependants: planned.to_vec(),
        components: vec![ComponentParts::new(
            "p0",
            0,
            Vec::new(),
            vec![TaskParts { arch: "x86_64".into(), estimate_ms: 100_000 }],
        )],
        ..ModuleParts::default()
    };
    let mut builder = CatalogBuilder::default();
    builder.push(&parts("a:1:c", true, (&[1, 2], &[1])));
    builder.push(&parts("b:1:c", false, (&[], &[])));
    builder.push(&parts("b:1:d", false, (&[], &[])));
    for approach in BOTH {
        for cascade in [Cascade::Literal, Cascade::Coalesced] {
            let fails = setup(approach, &[(&[], &[&[(100, false)]])]);
            let run = run(&Setup { cascade, ..with_catalog(builder.clone(), fails) });
            ends(&run, Outcome::Failed, 100);
            use ModuleState::{Blocked, Failed};
            assert_eq!(states(&run), [Failed, Blocked, Blocked]);
            for module in &run.modules[1..] {
                let reason = module.reason.as_ref().expect("it is not ready").to_string();
                assert_eq!(reason, "a:1:c not ready");
            }
        }
    }
}

#[test]
fn what_is_asked_of_the_hub_at_once_is_one_request() {
    let asked = |approach, modules: &[Module<'_>], gates| {
        let mut setup = setup(approach, modules);
        setup.conditions.gates = gates;
        run(&setup).figures.hub_calls
    };
    let (owner, none) = (Approach::OrchestratorOwned, Gates::default());
    let gated = Gates { component: true, ..none };
    // The target, then three builds at once; the repo when all are built.
    let three: &[Module<'_>] = &[(&[], &[&[(100, true)], &[(200, true)], &[(300, true)]])];
    assert_eq!(asked(owner, three, none), 3);
    // What passes its gate is tagged: at 100, 200 and 300 s.
    assert_eq!(asked(owner, three, gated), 6);
    // Two end together and are tagged together.
    let two: &[Module<'_>] = &[(&[], &[&[(100, true)], &[(100, true)], &[(300, true)]])];
    assert_eq!(asked(owner, two, gated), 5);
    // One component: the target, its build, a poll at 600 s, the repo.
    assert_eq!(asked(owner, &[(&[], &[&[(700, true)]])], none), 4);
    // koji builds a by itself; koji-owned looks whether b was asked for, then asks.
    assert_eq!(asked(Approach::KojiOwned, CHAIN, none), 2);
    // Refused at 0 and 60 s; then the target, the build and the repo.
    let mut refused = setup(owner, ALONE);
    refused.conditions.faults = vec![fault(FaultKind::HubRefusing, 0, Some(90))];
    assert_eq!(run(&refused).figures.hub_calls, 5);
}
