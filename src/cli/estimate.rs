//! What a plan takes with every step of koji: the virtual farm, run a few times.

use modplan::farm::{BuilderGroup, Farm, Model};
use modplan::orchestrate::{Approach, Cascade, Reach};
use modplan::plan::model::{Assumed, Estimate, Plan};
use modplan::report::time_within;
use modplan::sim::sweep::Threads;
use modplan::sim::{self, Conditions, DurationMode, HubSetup, Outcomes, Setup, Slots};

use super::compare::tell;
use super::console::Console;
use super::progress::Progress;
use super::status::Refusal;
use super::subject::{dispatch, refuse_arches};
use super::world::{World, of_farm};

/// About so many component builds are simulated for one estimate of a small plan, in at most
/// [`RUNS_MAX`] runs.
const COMPONENT_BUILDS: u64 = 10_000;
const RUNS_MAX: u64 = 99;
/// No more are, however large the plan is: that takes a second of one core at most. A plan that is too
/// large for [`Estimate::RUNS_FOR_P90`] runs has no `p90`.
const COMPONENT_BUILDS_MAX: u64 = 60_000;

/// Estimates how long a plan takes with every step of koji: the orchestrator owns the builds, each
/// module is rebuilt once, and nothing fails. Builders hold as many tasks at once as the bounds of the
/// plan count, so that no estimate lies below them.
pub(crate) fn estimate(
    plan: &Plan,
    farm: &Farm,
    world: &World,
    seed: u64,
    console: &Console,
) -> Result<Estimate, Refusal> {
    let components = plan.components().filter(|component| !component.reused).count();
    let runs = runs(components);
    let setup = setup(plan, farm, world, seed)?;
    let progress = Progress::start(console, "runs for the estimate", runs);
    let figures = Threads::start(0).run(&setup, 0..runs, &|| progress.step());
    drop(progress);
    let makespans = figures.makespans_done();
    if makespans.is_empty() {
        let first = sim::World::new(&setup).run_in_full(0);
        tell([("the estimate on koji", &setup, &first)].into_iter(), console);
    }
    let within = |percent| time_within(&makespans, makespans.len(), percent);
    let p90 = within(90).filter(|_| runs >= Estimate::RUNS_FOR_P90);
    let is_equal =
        !makespans.is_empty() && makespans.iter().all(|makespan| *makespan == makespans[0]);
    let no_spread = is_equal && (runs >= Estimate::RUNS_FOR_P90 || components == 0);
    Ok(Estimate { p50: within(50), p90, replications: runs, no_spread })
}

/// Returns the assumed values of koji's steps that the estimate rests on.
pub(crate) fn assumed(plan: &Plan, farm: &Farm, world: &World) -> Vec<Assumed> {
    if plan.components().all(|component| component.reused) {
        return Vec::new();
    }
    let mut assumed = of_farm(&on_koji(farm), &world.history);
    // Builders of the ideal model hold one task: koji's defaults do not apply to them.
    assumed.retain(|one| farm.model == Model::Koji || !one.key.starts_with("builders."));
    assumed
}

/// Returns how many runs are made: one where nothing is built, since all would be equal.
fn runs(components: usize) -> u64 {
    let components = components as u64;
    if components == 0 {
        return 1;
    }
    let wanted = (COMPONENT_BUILDS / components).clamp(Estimate::RUNS_FOR_P90, RUNS_MAX);
    wanted.min(COMPONENT_BUILDS_MAX / components).max(1)
}

fn setup(plan: &Plan, farm: &Farm, world: &World, seed: u64) -> Result<Setup, Refusal> {
    let reach = Reach { plan, all: plan, superseded: &[], by_source: false };
    let prepared = sim::prepare(reach, &world.history);
    refuse_arches(farm, prepared.catalog.arches.iter().cloned())?;
    let farm = on_koji(farm);
    let owned = &world.scenario.orchestrator_owned;
    Ok(Setup {
        slots: Slots::of(&farm),
        hub: HubSetup::of(&farm, &prepared.catalog, &world.history).map(std::sync::Arc::new),
        catalog: prepared.catalog,
        subjects: prepared.subjects,
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

/// Returns the farm with koji's hub. In the ideal model a builder holds one task: then one that builds
/// has no room for another, independent of the capacity in the farm file.
fn on_koji(farm: &Farm) -> Farm {
    let mut farm = farm.clone();
    if farm.model == Model::Ideal {
        farm.model = Model::Koji;
        let one_task = farm.hub.unit_weight.min(farm.weights.build_arch);
        farm.background.clear();
        for group in &mut farm.builders {
            *group = BuilderGroup {
                capacity: one_task + farm.hub.least_room(),
                ..BuilderGroup::new(group.name.clone(), group.count, group.arches.clone())
            };
        }
    }
    farm
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_has_runs_enough_for_nine_in_ten_or_as_many_as_a_second_holds() {
        let of = [0, 1, 100, 1_000, 2_000, 2_001, 20_000, 1_000_000].map(runs);
        assert_eq!(of, [1, 99, 99, 30, 30, 29, 3, 1]);
    }

    #[test]
    fn a_builder_of_the_ideal_model_holds_one_task_on_koji_too() {
        let farm = on_koji(&Farm::ideal(["x86_64".into()]));
        assert_eq!(farm.model, Model::Koji);
        assert_eq!(farm.tasks_held(&farm.builders[0]), 1);
    }
}
