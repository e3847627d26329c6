//! What a run at koji is expected to take, and what that rests on: the farm and the history that the command line
//! names, or else the plan's own estimate.

use modplan::farm::{BuilderGroup, Farm};
use modplan::orchestrate::RepoMaker;
use modplan::plan::model::{Assumed, Estimate, PlanBuilders};
use modplan::scenario::Hears;
use modplan::sim::{DurationMode, Forecast};
use modplan::site::Limits;
use modplan::time::Millis;

use super::super::console::Console;
use super::super::estimate;
use super::super::progress::Progress;
use super::super::world::World;
use super::asked::Asked;

/// What a run is expected to take, and what that rests on.
pub(super) struct Basis {
    pub(super) forecast: Option<Forecast>,
    pub(super) estimate: Option<Estimate>,
    pub(super) builders: Vec<PlanBuilders>,
    pub(super) assumed: Vec<Assumed>,
}

/// Simulates a run as `execute --on koji` drives it. Without a farm or a history on the command line the estimate of
/// the plan is taken.
pub(super) fn basis(
    asked: Asked<'_>,
    limits: &Limits,
    console: &Console,
) -> anyhow::Result<Basis> {
    let Asked { plan, world: args, .. } = asked;
    if args.trace.is_empty() && args.farm.is_none() {
        return Ok(Basis {
            forecast: plan.estimate.as_ref().and_then(Forecast::of_estimate),
            estimate: plan.estimate,
            builders: plan.farm.builders.clone(),
            assumed: plan.assumed.clone(),
        });
    }
    let world = World::read((args, DurationMode::Resample), console)?;
    let farm = world.farm.clone();
    let farm = farm.unwrap_or_else(|| Farm::ideal(plan.arches.iter().cloned()));
    let mut setup = estimate::setup(plan, (&farm, &world), args.seed)?;
    setup.submit_limit = limits.tasks_in_flight;
    setup.conditions.poll = asked.carry_out.poll.unwrap_or(limits.poll).max(POLL_MIN);
    setup.conditions.hears = Hears::Polls;
    setup.conditions.repo = RepoMaker::Orchestrator;
    let components = plan.components().filter(|component| !component.reused).count();
    let runs = estimate::runs(components);
    let progress = Progress::start(console, "runs for the forecast", runs);
    let forecast = Forecast::simulated(&setup, runs, || progress.step());
    drop(progress);
    Ok(Basis {
        estimate: forecast.as_ref().map(of_forecast),
        builders: farm.builders.iter().map(builders).collect(),
        assumed: estimate::assumed(plan, (&farm, &world)),
        forecast,
    })
}

/// The simulator polls at most once a second.
const POLL_MIN: Millis = Millis::from_secs(1);

fn of_forecast(forecast: &Forecast) -> Estimate {
    let total = forecast.total;
    let has_p90 = forecast.replications >= Estimate::RUNS_FOR_P90;
    Estimate {
        seconds_p50: Some(total.p50.as_secs_f64()),
        seconds_p90: has_p90.then(|| total.p90.as_secs_f64()),
        replications: forecast.replications,
        no_spread: has_p90 && total.p50 == total.p90,
    }
}

fn builders(group: &BuilderGroup) -> PlanBuilders {
    PlanBuilders {
        name: group.name.clone(),
        count: group.count,
        arches: group.arches.clone(),
        capacity: group.capacity,
    }
}
