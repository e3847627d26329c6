//! Simulated runs whose events are kept in a journal: begun, extended, and continued from the file alone.

use std::path::Path;

use modplan::drive;
use modplan::drive::journal::{Heading, InputFile};
use modplan::farm::Farm;
use modplan::orchestrate::Definition;
use modplan::sim::{self, DurationMode, Prepared, Run, Setup};

use super::super::console::Console;
use super::super::journal::{self, Journal};
use super::super::status::Refusal;
use super::super::subject::setup_with;
use super::super::world::World;

/// Warns of files that are not what the journal began with: its rows stand, and the run is refused
/// where it goes another way.
pub(super) fn warn_of_other_inputs(began: &Heading, now: &Heading, console: &Console) {
    let same = |one: &InputFile, other: &InputFile| {
        (&one.kind, &one.sha256) == (&other.kind, &other.sha256)
    };
    let missing =
        |from: &'_ Heading, input: &InputFile| !from.inputs.iter().any(|other| same(input, other));
    for input in now.inputs.iter().filter(|input| missing(began, input)) {
        let what = format!("{} is another {} than the journal began with", input.path, input.kind);
        console.warn(&what, None);
    }
    for input in began.inputs.iter().filter(|input| missing(now, input)) {
        let is_replaced = now.inputs.iter().any(|other| other.kind == input.kind);
        if !is_replaced {
            let what = format!("the journal began with the {} {}", input.kind, input.path);
            console.warn(&what, None);
        }
    }
}

/// Continues a run from its journal alone. The simulated world has no state of its own: it is run
/// again up to where the journal ends, each event verified, and on from there.
pub(super) fn resume(path: &Path, console: &Console) -> anyhow::Result<(Setup, Run)> {
    let Some(found) = journal::read(path)? else {
        let refusal = Refusal::no(format!("{} holds no run", path.display()));
        return Err(refusal.hint("give the file of an earlier --journal").into());
    };
    let (heading, began) = (found.heading.clone(), &found.heading.began);
    let args = journal::arguments(path, &heading)?;
    let modes = [DurationMode::Replay, DurationMode::Resample, DurationMode::Fit];
    let durations = modes.into_iter().find(|mode| mode.as_str() == began.durations);
    let durations = durations.unwrap_or(DurationMode::Replay);
    let world = World::read(&args, durations, console)?;
    let prepared = prepare(heading.modules.clone(), &world)?;
    let farm = world.farm.clone();
    let farm = farm.unwrap_or_else(|| Farm::ideal(prepared.catalog.arches.iter().cloned()));
    let (approach, cascade) = (began.approach, began.cascade);
    let mut setup = setup_with(&prepared, &world, &farm, &world.scenario, approach, cascade)?;
    (setup.durations, setup.seed) = (durations, began.seed);
    setup.builds_max = began.max_builds;
    let count = found.entries.len();
    console.note(&format!("{} has {count} events of {}", path.display(), heading.run()));
    let journal = Journal::open(path, &heading, Some(found), setup.catalog.clone())?;
    let run = run_journalled(&setup, journal)?;
    Ok((setup, run))
}

pub(super) fn prepare(definitions: Vec<Definition>, world: &World) -> anyhow::Result<Prepared> {
    sim::prepare_defined(definitions, &world.history)
        .map_err(|error| Refusal::no(format!("the journal contradicts itself: {error}")).into())
}

/// Runs the one replication, each event in the journal before it is handled.
pub(super) fn run_journalled(setup: &Setup, mut journal: Journal) -> anyhow::Result<Run> {
    let run = sim::World::new(setup).run_through(0, &mut |orchestrator, event, now, out| {
        // What a journal does not take is not handled; `close` says why.
        drive::step(orchestrator, &mut journal, event, now, out).unwrap_or(());
    });
    journal.close()?;
    Ok(run)
}
