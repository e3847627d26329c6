//! What a plan takes with every step of koji: the virtual farm, run a few times.

use modplan::farm::{Farm, Model};
use modplan::orchestrate::{Approach, Cascade};
use modplan::plan::model::{Estimate, Plan};
use modplan::report::Distribution;
use modplan::sim::sweep::Threads;
use modplan::sim::{self, Conditions, DurationMode, HubSetup, Outcomes, Reach, Setup, Slots};

use super::compare::tell;
use super::console::Console;
use super::progress::Progress;
use super::status::Refusal;
use super::subject::{dispatch, refuse_arches};
use super::world::World;

/// About so many component builds are simulated for one estimate, in at least [`RUNS_MIN`] and at
/// most [`RUNS_MAX`] runs: a dry run answers at once.
const COMPONENT_BUILDS: usize = 10_000;
const RUNS_MIN: usize = 9;
const RUNS_MAX: usize = 99;

/// Estimates how long a plan takes on a farm in koji's model, whichever model the farm names: the
/// orchestrator owns the builds, each module is rebuilt once, and nothing fails.
pub(crate) fn estimate(
    plan: &Plan,
    (farm, world): (&Farm, &World),
    seed: u64,
    console: &Console,
) -> Result<Estimate, Refusal> {
    let components = plan.components().filter(|component| !component.reused).count();
    let runs = (COMPONENT_BUILDS / components.max(1)).clamp(RUNS_MIN, RUNS_MAX) as u64;
    let setup = setup(plan, (farm, world), seed)?;
    let progress = Progress::start(console, "runs for the estimate", runs);
    let figures = Threads::start(0).run(&setup, 0..runs, &|| progress.step());
    drop(progress);
    let makespans = figures.makespans_done();
    if makespans.is_empty() {
        let first = sim::World::new(&setup).run_in_full(0);
        tell([("the estimate on koji", &setup, &first)].into_iter(), console);
    }
    let spread = Distribution::of(&makespans, 1000);
    Ok(Estimate { seconds_p50: spread.p50, seconds_p90: spread.p90, replications: runs })
}

fn setup(plan: &Plan, (farm, world): (&Farm, &World), seed: u64) -> Result<Setup, Refusal> {
    let reach = Reach { plan, all: plan, superseded: &[], by_source: false };
    let prepared = sim::prepare(reach, &world.history);
    refuse_arches(farm, prepared.catalog.arches.iter().cloned())?;
    let farm = Farm { model: Model::Koji, ..farm.clone() };
    let owned = &world.scenario.orchestrator_owned;
    Ok(Setup {
        slots: Slots::of(&farm),
        hub: HubSetup::of(&farm, &prepared.catalog, &world.history).map(std::sync::Arc::new),
        catalog: prepared.catalog,
        samples: prepared.samples,
        approach: Approach::OrchestratorOwned,
        cascade: Cascade::Planned,
        dispatch: dispatch(owned.dispatch),
        submit_limit: owned.submit_limit.unwrap_or(u32::MAX),
        builds_max: u32::MAX,
        durations: DurationMode::Resample,
        outcomes: Outcomes::AlwaysPass,
        conditions: Conditions {
            poll: owned.poll,
            repo: owned.repo.into(),
            ..Conditions::default()
        },
        seed,
    })
}
