//! koji's own task of a module on koji's model: its process is on a builder, and is lost with it.

use modplan::farm::{BuilderGroup, Farm, Model};
use modplan::orchestrate::CallKind;
use modplan::sim::{CallFault, CallTrouble, Fact, HubSetup};

use super::*;

/// Two batches of one component, then a module on top.
const LAYERS: &[Module<'_>] = &[(&[1], &[PLAIN, PLAIN]), (&[], &[PLAIN])];
const TWO_BATCHES: &[Module<'_>] = &[(&[], &[PLAIN, PLAIN])];

/// Returns koji-owned on a hub. Tasks of modules have a builder of their own, which is the group `own`.
pub(in super::super) fn on_hub(mut setup: Setup) -> Setup {
    let group = |name: &str, count| BuilderGroup::new(name, count, vec!["x86_64".into()]);
    let refusing = |methods: &[&str], group| {
        let refuses = methods.iter().map(|&method| method.to_owned()).collect();
        BuilderGroup { refuses, ..group }
    };
    let mut farm = Farm { model: Model::Koji, ..Farm::default() };
    let others =
        ["build", "buildArch", "buildSRPMFromSCM", "createrepo", "newRepo", "tagBuild", "waitrepo"];
    farm.builders =
        vec![refusing(&others, group("own", 1)), refusing(&["moduleBuild"], group("x86", 9))];
    setup.slots = Slots::of(&farm);
    setup.hub = HubSetup::of(&farm, &setup.catalog, &History::default()).map(Arc::new);
    setup
}

fn koji(modules: &[Module<'_>]) -> Setup {
    let mut setup = setup(Approach::KojiOwned, modules);
    let mut catalog = (*setup.catalog).clone();
    // The second component of a module is a batch of its own.
    for module in &mut catalog.modules {
        for at in module.components.clone() {
            catalog.components[at as usize].batch = at - module.components.start;
        }
        module.batches = module.components.end - module.components.start;
    }
    setup.catalog = Arc::new(catalog);
    on_hub(setup)
}

/// The builder of the tasks of modules is away.
fn down(at: u64, seconds: u64) -> Fault {
    let builders = Some("own".to_owned());
    Fault { builders, ..fault(FaultKind::BuildersDown, at, Some(seconds)) }
}

/// Returns how often each component ended.
fn component_ends(run: &Run) -> Vec<(u32, u32)> {
    let end = |row: &modplan::sim::LogRow| match row.what {
        Log::Fact(Fact::ComponentEnded { build, component, .. }) => Some((build.0, component.0)),
        Log::Fact(_) | Log::Event(_) | Log::Answered { .. } | Log::Command(_) => None,
    };
    let mut ends: Vec<_> = run.log.iter().filter_map(end).collect();
    ends.sort_unstable();
    ends
}

/// Asserts that a run built what another did, by as many tasks.
#[track_caller]
fn built_alike(run: &Run, calm: &Run, what: &str) {
    assert_eq!(run.figures.outcome, calm.figures.outcome, "{what}");
    assert_eq!(component_ends(run), component_ends(calm), "{what}");
    let made = |run: &Run| (run.figures.tasks, run.figures.repo_regenerations);
    assert_eq!(made(run), made(calm), "{what}: no step was made twice");
}

#[test]
fn a_task_whose_builder_is_lost_begins_again_from_what_koji_has() {
    let setup = koji(LAYERS);
    let calm = run(&setup);
    assert_eq!((calm.figures.outcome, calm.figures.component_builds), (Outcome::Done, 3));
    // Back after a minute, the builder gives its tasks back; gone for 20 minutes, the hub takes them away.
    for seconds in [60, 1200] {
        let mut later = 0;
        for at in (0..calm.figures.makespan.0 / 1000).step_by(45) {
            let mut lost = setup.clone();
            lost.conditions.faults = vec![down(at, seconds)];
            let lost = run(&lost);
            built_alike(&lost, &calm, &format!("lost at {at} s for {seconds} s"));
            later += u32::from(lost.figures.makespan > calm.figures.makespan);
        }
        assert!(later > 0, "some of them take longer");
    }
}

#[test]
fn an_answer_to_a_process_that_is_gone_reaches_no_other() {
    let setup = koji(LAYERS);
    let calm = run(&setup);
    let kinds = [
        CallKind::CreateTarget,
        CallKind::WaitRepo,
        CallKind::BuildComponent,
        CallKind::MakeRepo,
        CallKind::Import,
        CallKind::EndTask,
    ];
    let troubles = CallTrouble::ALL.into_iter().filter(|trouble| *trouble != CallTrouble::Failed);
    for trouble in troubles {
        for kind in kinds {
            for at in (30..calm.figures.makespan.0 / 1000).step_by(190) {
                let mut lost = setup.clone();
                lost.conditions.call_faults = vec![CallFault { call: kind, nth: 1, trouble }];
                lost.conditions.faults = vec![down(at, 40)];
                let what = format!("{} {trouble:?}, lost at {at} s", kind.as_str());
                built_alike(&run(&lost), &calm, &what);
            }
        }
    }
}

#[test]
fn what_a_task_asks_of_a_hub_that_is_offline_is_asked_when_it_is_back() {
    let setup = koji(LAYERS);
    let calm = run(&setup);
    // The answer to the first build is lost, and the hub is gone when the task would look for it.
    let trouble = CallTrouble::AnswerLost;
    let call_faults = vec![CallFault { call: CallKind::BuildComponent, nth: 1, trouble }];
    for at in (0..calm.figures.makespan.0 / 1000).step_by(45) {
        let mut away = setup.clone();
        away.conditions.call_faults.clone_from(&call_faults);
        away.conditions.faults = vec![fault(FaultKind::HubOffline, at, Some(100))];
        built_alike(&run(&away), &calm, &format!("offline at {at} s"));
        away.conditions.faults = vec![fault(FaultKind::HubOffline, at, None)];
        let away = run(&away);
        assert_eq!(away.figures.outcome, Outcome::Stuck, "offline for ever at {at} s");
    }
}

#[test]
fn a_task_that_is_canceled_asks_for_nothing_more() {
    let setup = koji(ALONE);
    let calm = run(&setup);
    for at in (1..calm.figures.makespan.0 / 1000).step_by(45) {
        let mut canceled = setup.clone();
        let module = Some("a:1".to_owned());
        canceled.conditions.faults =
            vec![Fault { module, ..fault(FaultKind::ModuleCanceled, at, None) }];
        let run = run(&canceled);
        ends(&run, Outcome::Failed, at);
        assert_eq!(run.stuck, [], "{at} s");
        let ends = component_ends(&run);
        assert!(ends.len() <= 1 && run.figures.tasks <= calm.figures.tasks, "{at} s: {ends:?}");
    }
}

#[test]
fn a_module_without_components_takes_no_time_and_no_task() {
    let with = |components| run(&koji(&[(&[1], components), (&[], &[PLAIN])]));
    let (empty, alone) = (with(&[]), run(&koji(ALONE)));
    // It is ready, and does not count as built.
    assert_eq!((empty.figures.outcome, builds(&empty)), (Outcome::Done, vec![0, 1]));
    assert_eq!(empty.figures.makespan, alone.figures.makespan);
    assert_eq!(empty.figures.tasks, alone.figures.tasks);
}

#[test]
fn a_module_that_failed_is_submitted_again_and_draws_for_what_it_reaches() {
    // The first component fails once. The second is reached by the second task of the module alone, so its
    // first row is what it takes.
    let first: Attempts<'_> = &[(100, false), (100, true)];
    let second: Attempts<'_> = &[(70, true), (5000, true)];
    let mut setup = koji(&[(&[], &[first, second])]);
    setup.conditions.retries = 1;
    let again = run(&setup);
    assert_eq!((again.figures.outcome, builds(&again)), (Outcome::Done, vec![2]));
    assert_eq!(component_ends(&again), [(0, 0), (1, 0), (1, 1)]);
    let spans = again.bars.iter().filter(|bar| bar.method.as_ref() == BUILD_ARCH);
    let spans: Vec<u64> = spans.map(|bar| (bar.end - bar.start).0 / 1000).collect();
    assert_eq!(spans, [100, 100, 70]);
}

#[test]
fn a_call_that_fails_for_good_fails_the_task_and_leaves_nothing_behind() {
    let setup = koji(TWO_BATCHES);
    for kind in [CallKind::WaitRepo, CallKind::BuildComponent, CallKind::MakeRepo, CallKind::Import]
    {
        let mut failing = setup.clone();
        let trouble = CallTrouble::Failed;
        failing.conditions.call_faults = vec![CallFault { call: kind, nth: 1, trouble }];
        let run = run(&failing);
        assert_eq!(
            (run.figures.outcome, states(&run)),
            (Outcome::Failed, vec![ModuleState::Failed])
        );
        assert_eq!(run.stuck, [], "{}", kind.as_str());
    }
}
