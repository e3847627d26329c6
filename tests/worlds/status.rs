//! What the fold of `status` says of random worlds is what came of them.

use std::collections::BTreeSet;

use modplan::orchestrate::{Approach, Cascade, Command, Orchestrator};
use modplan::sim::{Fact, Log, ModuleRun, ModuleState, Run, World};
use modplan::status::{ComponentState, Link, ModuleState as Stands, Status};

use super::generate;

/// Runs the world of a seed with the fold beside it; `None` where the orchestrator crashes: koji-owned
/// restarts with nothing, and its fold would too.
fn fold(world: &generate::World, seed: u64) -> Option<(Run, Status)> {
    let setup = &world.setup;
    let gates = setup.conditions.gates;
    let mut status = Status::new(setup.catalog.clone(), setup.approach, gates, setup.dispatch);
    let mut wrong = None;
    let run = World::new(setup).run_through(seed, &mut |orchestrator, event, now, out| {
        orchestrator.handle(event, now, out);
        status.event(event, now);
        out.iter().for_each(|command| status.command(command, now));
        wrong = wrong.take().or_else(|| settled(orchestrator, &status));
    });
    if run.log.iter().any(|row| row.what == Log::Fact(Fact::Crashed)) {
        return None;
    }
    assert_eq!(wrong, None, "seed {seed}: a call that is settled");
    Some((run, status))
}

/// Returns a call that the fold holds to be outstanding, and the orchestrator does not.
fn settled(orchestrator: &Orchestrator, status: &Status) -> Option<&'static str> {
    let mut open = Vec::new();
    orchestrator.outstanding(&mut open);
    let kinds = open.iter().filter_map(|command| match command {
        Command::Call { call, .. } => Some(call.kind().as_str()),
        Command::Look { .. } | Command::Tell(_) | Command::Timer { .. } => None,
    });
    let kinds: BTreeSet<&str> = kinds.collect();
    let told = status.calls_outstanding();
    assert!(told.iter().all(|call| call.tries > 0), "{told:?}");
    told.into_iter().map(|call| call.call).find(|call| !kinds.contains(call))
}

#[test]
fn a_fold_over_events_and_commands_knows_how_every_module_ended() {
    let (mut judged, mut states) = (0, BTreeSet::new());
    for seed in 0..600 {
        let world = generate::world(seed);
        let setup = &world.setup;
        let is_exact =
            setup.approach == Approach::OrchestratorOwned && setup.cascade == Cascade::Planned;
        if !is_exact {
            continue;
        }
        let Some((run, status)) = fold(&world, seed) else { continue };
        let known = status.modules();
        for module in &run.modules {
            let told = known.iter().find(|told| told.id == module.id).expect("it is known");
            let is_ready = told.state == Stands::Ready;
            assert_eq!(is_ready, module.state == ModuleState::Ready, "seed {seed}: {told:?}");
            let is_failed = matches!(told.state, Stands::Failed | Stands::Canceled);
            assert_eq!(is_failed, module.state == ModuleState::Failed, "seed {seed}: {told:?}");
            let is_done = |state| matches!(state, ComponentState::Done | ComponentState::Reused);
            let all_done = told.components.iter().all(|part| is_done(part.state));
            assert!(!is_ready || all_done, "seed {seed}: {told:?}");
            assert!(is_ready || !told.because.is_empty(), "seed {seed}: {told:?}");
            let of_run = (!is_ready).then_some(&module.components);
            assert!(
                of_run.is_none_or(|of_run| *of_run == told.components),
                "seed {seed}: {told:?}"
            );
            states.insert(told.state);
        }
        judged += 1;
    }
    assert!(judged > 50, "{judged}");
    assert!(states.len() > 3, "{states:?}");
}

#[test]
fn a_fold_of_koji_owned_knows_what_it_heard() {
    let mut ready = 0;
    for seed in 0..300 {
        let world = generate::world(seed);
        if world.setup.approach != Approach::KojiOwned {
            continue;
        }
        let Some((run, status)) = fold(&world, seed) else { continue };
        for told in status.modules().iter().filter(|told| told.state == Stands::Ready) {
            let module = run.modules.iter().find(|module| module.id == told.id);
            let is_built = |module: &&ModuleRun| {
                module.state == ModuleState::Ready || module.module_builds > 0
            };
            assert!(module.as_ref().is_some_and(is_built), "seed {seed}: {told:?}");
            ready += 1;
        }
    }
    assert!(ready > 50, "{ready}");
}

/// Says what is wrong with the chain of a module that is not ready.
fn broken(chain: &[Link]) -> Option<&'static str> {
    let is_waiting = |link: &Link| match link {
        Link::Module(module) => module.state == Stands::Waiting,
        Link::Component { component, .. } => component.state == ComponentState::Waiting,
        Link::Call(_) | Link::Refused { .. } => false,
    };
    let last = chain.last()?;
    let waits_for_nothing = match last {
        Link::Module(module) => module.because == "not requested yet",
        Link::Component { component, .. } => component.because == "its module was given up",
        Link::Call(_) | Link::Refused { .. } => true,
    };
    match chain {
        _ if is_waiting(last) && !waits_for_nothing => Some("it ends with what waits"),
        [Link::Call(_) | Link::Refused { .. }] => Some("a call alone"),
        _ => None,
    }
}

#[test]
fn a_chain_ends_with_what_is_under_way_or_went_wrong() {
    let (mut ends, mut longest) = (BTreeSet::new(), 0);
    for seed in 0..300 {
        let world = generate::world(seed);
        let setup = &world.setup;
        if (setup.approach, setup.cascade) != (Approach::OrchestratorOwned, Cascade::Planned) {
            continue;
        }
        let gates = setup.conditions.gates;
        let mut status = Status::new(setup.catalog.clone(), setup.approach, gates, setup.dispatch);
        World::new(setup).run_through(seed, &mut |orchestrator, event, now, out| {
            orchestrator.handle(event, now, out);
            status.event(event, now);
            out.iter().for_each(|command| status.command(command, now));
            for module in status.modules() {
                let chain = status.chain(&module.id, None).expect("it is of the run");
                assert_eq!(broken(&chain), None, "seed {seed}: {chain:#?}");
                assert_eq!(chain[0], Link::Module(module));
                longest = longest.max(chain.len());
                ends.insert(match chain.last() {
                    Some(Link::Module(_)) => "module",
                    Some(Link::Component { .. }) => "component",
                    Some(Link::Call(_)) => "call",
                    Some(Link::Refused { .. }) => "refused",
                    None => "nothing",
                });
            }
        });
    }
    assert_eq!(ends, BTreeSet::from(["call", "component", "module", "refused"]));
    assert!(longest > 4, "{longest}");
}
