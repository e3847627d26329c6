//! Every kind of call with everything that can go wrong with it, at every write of the journal around
//! which the process can die, in both approaches: enumerated, not sampled.

use std::collections::BTreeMap;

use modplan::orchestrate::{
    Approach, BuildId, CallKind, Cascade, Command, ComponentIx, Gates, ModuleIx, RepoMaker,
};
use modplan::scenario::{FaultKind, People};
use modplan::sim::{
    CallFault, CallTrouble, Fact, Log, ModuleState, Outcome, Run, Setup, Torn, TornWrite, World,
};

use super::checkers;
use super::generate;
use super::named::koji_tasks::on_hub;
use super::named::{ALONE, CHAIN, always, fault, setup};

/// Returns a world in which people cancel the only module.
fn canceled() -> Setup {
    let mut canceled = setup(Approach::OrchestratorOwned, ALONE);
    canceled.conditions.faults = vec![modplan::scenario::Fault {
        module: Some("a:1".to_owned()),
        ..fault(FaultKind::ModuleCanceled, 50, None)
    }];
    canceled
}

/// Returns a world whose bus loses every message.
fn lossy(mut setup: Setup) -> Setup {
    setup.conditions.bus.loss = 1.0;
    setup
}

/// Returns the worlds in which calls of a kind are made. A kind without a row does not compile.
fn worlds(kind: CallKind) -> Vec<(&'static str, Setup)> {
    let owned = |gates| {
        let mut setup = setup(Approach::OrchestratorOwned, CHAIN);
        setup.conditions.gates = gates;
        setup
    };
    let both = Gates { component: true, module: true };
    let koji_owned = || {
        let mut setup = setup(Approach::KojiOwned, CHAIN);
        setup.cascade = Cascade::Literal;
        setup.conditions.gates.module = true;
        setup
    };
    let failing = || {
        let mut setup = koji_owned();
        setup.conditions.tests.defect_rate = 1.0;
        setup.conditions.tests.detect_module = 1.0;
        setup
    };
    let literal = || {
        let mut setup = owned(both);
        setup.cascade = Cascade::Literal;
        setup
    };
    match kind {
        CallKind::BuildModule => vec![("koji-owned", koji_owned())],
        // koji's own tasks of modules make their calls, too.
        CallKind::CreateTarget | CallKind::BuildComponent => vec![
            ("both gates", owned(both)),
            ("no gate", owned(Gates::default())),
            ("koji-owned", koji_owned()),
            ("koji-owned on koji's model", on_hub(koji_owned())),
        ],
        CallKind::WaitRepo | CallKind::Import | CallKind::EndTask => {
            vec![("koji-owned", koji_owned()), ("koji-owned on koji's model", on_hub(koji_owned()))]
        }
        CallKind::Fetch => {
            vec![("both gates", owned(both)), ("no gate", owned(Gates::default()))]
        }
        CallKind::TagComponent | CallKind::Publish => vec![("both gates", owned(both))],
        CallKind::MakeRepo => {
            let mut own = owned(both);
            own.conditions.repo = RepoMaker::Orchestrator;
            vec![
                ("by koji", owned(both)),
                ("by itself", own),
                ("koji-owned", koji_owned()),
                ("koji-owned on koji's model", on_hub(koji_owned())),
            ]
        }
        CallKind::CancelComponent => {
            vec![("a module that is canceled", canceled())]
        }
        CallKind::RequestTest => {
            let mut silent = owned(both);
            silent.conditions.tests.missing = 1.0;
            silent.conditions.tests.timeout = Some(modplan::time::Millis::from_secs(300));
            vec![("tests that report nothing", silent)]
        }
        CallKind::AskDependants => vec![("koji-owned", koji_owned()), ("literal", literal())],
        CallKind::Mail => {
            let mut red = owned(both);
            red.conditions.tests.defect_rate = 1.0;
            red.conditions.tests.detect_component = 1.0;
            red.conditions.people = Some(People { fix: always(3600), waive_share: 0.0 });
            vec![("a red component", red), ("a red module of koji", failing())]
        }
        CallKind::Poll => vec![("a bus that loses everything", lossy(owned(both)))],
    }
}

/// Returns whether only koji's own task of a module makes calls of this kind.
fn is_of_a_task(kind: CallKind, setup: &Setup) -> bool {
    let is_step = matches!(
        kind,
        CallKind::CreateTarget
            | CallKind::BuildComponent
            | CallKind::MakeRepo
            | CallKind::WaitRepo
            | CallKind::Import
            | CallKind::EndTask
    );
    is_step && setup.approach == Approach::KojiOwned
}

/// Returns how often the journal is written in a run.
fn writes(run: &Run) -> u64 {
    let is_event = |log: &Log| matches!(log, Log::Event(_) | Log::Answered { .. });
    run.log.iter().filter(|row| is_event(&row.what)).count() as u64
}

/// Asserts what must hold whatever goes wrong: nothing is submitted twice, and the run ends in a
/// state that says why.
fn check(what: &str, setup: &Setup, run: &Run) {
    let mut submitted: BTreeMap<(BuildId, ComponentIx, u32), u32> = BTreeMap::new();
    let mut rebuilt: BTreeMap<(BuildId, ModuleIx), u32> = BTreeMap::new();
    let mut parts: BTreeMap<(BuildId, ComponentIx), u32> = BTreeMap::new();
    for row in &run.log {
        match &row.what {
            Log::Fact(Fact::Submitted { build, component, attempt }) => {
                *submitted.entry((*build, *component, *attempt)).or_default() += 1;
            }
            Log::Fact(Fact::ModuleBegan { cause: Some(cause), module, .. }) => {
                *rebuilt.entry((*cause, *module)).or_default() += 1;
            }
            Log::Fact(Fact::ComponentEnded { build, component, .. })
                if setup.approach == Approach::KojiOwned =>
            {
                *parts.entry((*build, *component)).or_default() += 1;
            }
            Log::Fact(_) | Log::Event(_) | Log::Answered { .. } | Log::Command(_) => {}
        }
    }
    let twice: Vec<_> = submitted.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "{what}: submitted twice: {twice:?}");
    let twice: Vec<_> = rebuilt.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "{what}: rebuilt twice for one cause: {twice:?}");
    let twice: Vec<_> = parts.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "{what}: built twice by one task of a module: {twice:?}");
    for module in &run.modules {
        let is_told = (module.state == ModuleState::Ready) == module.reason.is_none();
        assert!(is_told, "{what}: {} is {:?}: {:?}", module.id, module.state, module.reason);
    }
    let mut broken = checkers::check(&generate::World { setup: setup.clone() }, run);
    if setup.hub.is_some() {
        // In koji's model a builder has many places.
        broken.retain(|told| !told.starts_with("no builder does two things at once"));
    }
    assert!(broken.is_empty(), "{what}: {broken:?}");
}

/// Whether a run may end otherwise than the one without trouble, and why.
fn may_differ(kind: CallKind, trouble: CallTrouble, setup: &Setup) -> Option<&'static str> {
    match (trouble, kind) {
        // People who were not mailed, or were mailed twice, repair at another time or never.
        (_, CallKind::Mail) if setup.conditions.people.is_some() => Some("people act otherwise"),
        (CallTrouble::Failed, CallKind::CancelComponent | CallKind::Mail | CallKind::Poll) => None,
        (CallTrouble::Failed, _) => {
            Some("a call that fails for good fails its module or is reported")
        }
        _ => None,
    }
}

fn ends(run: &Run) -> (Outcome, Vec<ModuleState>) {
    (run.figures.outcome, run.modules.iter().map(|module| module.state).collect())
}

#[test]
fn every_call_with_every_trouble_at_every_write_of_the_journal_submits_nothing_twice() {
    let (mut runs, mut differs) = (0_u32, 0_u32);
    for kind in CallKind::ALL {
        for (world, plain) in worlds(kind) {
            let calm = World::new(&plain).run_in_full(0);
            let made = calm.log.iter().any(|row| {
                matches!(&row.what, Log::Command(Command::Call { call, .. }) if call.kind() == kind)
            });
            // The log has neither polls nor what koji's own tasks ask for.
            let is_logged = kind != CallKind::Poll && !is_of_a_task(kind, &plain);
            assert!(made || !is_logged, "{world}: no call of {}", kind.as_str());
            let wanted = ends(&calm);
            for trouble in CallTrouble::ALL {
                let mut setup = plain.clone();
                setup.conditions.call_faults = vec![CallFault { call: kind, nth: 1, trouble }];
                let what = format!("{} {trouble:?} in {world}", kind.as_str());
                let troubled = World::new(&setup).run_in_full(0);
                check(&what, &setup, &troubled);
                let reason = may_differ(kind, trouble, &setup);
                assert!(
                    ends(&troubled) == wanted || reason.is_some(),
                    "{what}: {:?}",
                    ends(&troubled)
                );
                let wanted = ends(&troubled);
                for nth in 1..=writes(&troubled) {
                    for when in [Torn::Before, Torn::Amid, Torn::After] {
                        let mut setup = setup.clone();
                        setup.conditions.torn_writes = vec![TornWrite { nth, when }];
                        let what = format!("{what}, dying {when:?} write {nth}");
                        let run = World::new(&setup).run_in_full(0);
                        check(&what, &setup, &run);
                        assert_eq!(run.tally.crashes, 1, "{what}");
                        runs += 1;
                        if ends(&run) != wanted {
                            differs += 1;
                            assert!(
                                is_forgotten(&setup, kind),
                                "{what}: {:?}, not {wanted:?}",
                                ends(&run)
                            );
                        }
                    }
                }
            }
        }
    }
    say(runs, differs);
    assert!(runs > 5000, "{runs}");
}

/// What koji-owned forgets by design when it dies: digests that were not sent. A repair that a lost mail
/// would have brought about does not come.
fn is_forgotten(setup: &Setup, kind: CallKind) -> bool {
    setup.approach == Approach::KojiOwned && kind == CallKind::Mail
}

#[expect(clippy::print_stdout, reason = "how much was enumerated is what the run shows")]
fn say(runs: u32, differs: u32) {
    println!("enumerated: {runs} runs, {differs} of them end otherwise because koji-owned forgets");
}
