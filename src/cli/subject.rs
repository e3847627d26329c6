//! What is run: a plan, made or read back, and the world it runs in; what execute, compare and capacity
//! share.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use modplan::farm::{ARCHES_MAX, Farm, Model};
use modplan::load::Code;
use modplan::name::Arch;
use modplan::orchestrate::{Approach, Cascade, Definition, Dispatch, Reach};
use modplan::plan::Plan;
use modplan::report::{self, Confounder, Durations, ModelUsed};
use modplan::scenario::{self, Scenario};
use modplan::sim::{
    self, Conditions, DurationMode, HubSetup, Misfit, Outcomes, Prepared, Setup, Slots,
};
use modplan::trace::{BUILD_ARCH, EstimateFrom, History, Samples};

use super::args::{SelectionArgs, Unit, WorldArgs};
use super::case::{Case, refuse_storm};
use super::console::Console;
use super::look::{Look, look};
use super::stale::refuse_stale;
use super::status::Refusal;
use super::variant::VariantArg;
use super::vary::{Vary, widest};
use super::world::World;

/// What is to be run: a plan and the world it runs in.
pub(crate) struct Subject {
    /// The plan.
    pub(crate) plan: Plan,
    /// The world.
    pub(crate) world: World,
    prepared: Prepared,
    farm: Farm,
    /// As `--max-builds` says, with what is passed through on top.
    builds_max: Option<u32>,
    is_read_back: bool,
    /// Whether a dependency service that is behind has something else to answer.
    has_superseded: bool,
}

/// Returns how many module builds a run may make: what is passed through takes a place, but is
/// nothing that people count.
fn builds_max(plan: &Plan, selection: &SelectionArgs) -> Option<u32> {
    let passed = plan.modules.iter().filter(|module| module.pass_through).count();
    selection.max_builds.map(|max| u32::try_from(max.get() + passed).unwrap_or(u32::MAX))
}

/// Warns of modules that are not run because a file spells what they require wrong, as `plan` does.
fn warn_of_left_out(plan: &Plan, console: &Console) {
    let remarks = report::plan::remarks(plan);
    let left_out = remarks.iter().filter(|remark| remark.code == Code::LeftOut);
    left_out.for_each(|remark| console.remark(remark));
}

/// Refuses more arches than koji's model distinguishes, of the farm and of what is built on it.
pub(crate) fn refuse_arches(
    farm: &Farm,
    asked: impl IntoIterator<Item = Arch>,
) -> Result<(), Refusal> {
    let Some(count) = farm.arches_beyond(asked) else { return Ok(()) };
    Err(Refusal::no(format!(
        "the farm and what is built on it have {count} arches together: koji's model takes \
         {ARCHES_MAX} at most"
    ))
    .hint("limit the arches with --arches, or take arches out of the farm file"))
}

/// Returns the order of submission that a scenario names.
pub(crate) fn dispatch(named: scenario::Dispatch) -> Dispatch {
    match named {
        scenario::Dispatch::Graph => Dispatch::Graph,
        scenario::Dispatch::Batch => Dispatch::Batch,
        scenario::Dispatch::Wave => Dispatch::Wave,
    }
}

impl Subject {
    /// Reads a plan or makes one.
    pub(crate) fn read(
        inputs: &[PathBuf],
        selection: &SelectionArgs,
        args: &WorldArgs,
        durations: DurationMode,
        console: &Console,
    ) -> anyhow::Result<Self> {
        Self::read_to_vary(inputs, selection, args, durations, &[], console)
    }

    /// The same for farms whose numbers are varied: planned for every arch that one of them has.
    pub(crate) fn read_to_vary(
        inputs: &[PathBuf],
        selection: &SelectionArgs,
        args: &WorldArgs,
        durations: DurationMode,
        vary: &[Vary],
        console: &Console,
    ) -> anyhow::Result<Self> {
        let standard_input = match look(inputs)? {
            Look::Plan(plan) => {
                return Self::read_back(*plan, selection, args, durations, vary, console);
            }
            Look::Inputs(standard_input) => standard_input,
        };
        let case = Case::read_after_look(inputs, standard_input, selection, console)?;
        let mut world = World::read_to_vary(args, durations, vary, console)?;
        let given = world.farm.clone();
        world.farm = given.as_ref().map(|farm| widest(farm, vary));
        let planning = case.plan(&world, console)?;
        refuse_storm(&planning.plan, selection)?;
        warn_of_left_out(&planning.plan, console);
        let all = case.plan_all(&world)?;
        let by_source = selection.unit == Unit::Source;
        let superseded =
            if world.scenario.has_stale_pdc() { case.superseded(selection) } else { vec![] };
        let reach = Reach { plan: &planning.plan, all: &all, superseded: &superseded, by_source };
        let prepared = sim::prepare(reach, &world.history);
        let builds_max = builds_max(&planning.plan, selection);
        let farm = given.clone().unwrap_or(planning.farm);
        world.farm = given;
        let (has_superseded, is_read_back) = (!superseded.is_empty(), false);
        let plan = planning.plan;
        Ok(Self { plan, world, prepared, farm, builds_max, is_read_back, has_superseded })
    }

    /// Takes a plan that was written before.
    fn read_back(
        plan: Plan,
        selection: &SelectionArgs,
        args: &WorldArgs,
        durations: DurationMode,
        vary: &[Vary],
        console: &Console,
    ) -> anyhow::Result<Self> {
        if selection.selects_something() {
            return Err(Refusal::usage("a plan is selected already")
                .hint("leave the selection flags out, or give the inputs instead of the plan")
                .into());
        }
        refuse_storm(&plan, selection)?;
        let world = World::read_to_vary(args, durations, vary, console)?;
        Ok(Self::of_plan(plan, world, selection))
    }

    fn of_plan(plan: Plan, world: World, selection: &SelectionArgs) -> Self {
        let by_source = selection.unit == Unit::Source;
        let reach = Reach { plan: &plan, all: &plan, superseded: &[], by_source };
        let prepared = sim::prepare(reach, &world.history);
        let mut arches: BTreeSet<Arch> =
            plan.components().flat_map(|component| component.arches.clone()).collect();
        if arches.iter().all(|arch| arch.as_str() == "noarch") {
            // Something must build what is noarch.
            arches.insert("x86_64".into());
        }
        let farm = world.farm.clone().unwrap_or_else(|| Farm::ideal(arches));
        let builds_max = builds_max(&plan, selection);
        let (has_superseded, is_read_back) = (false, true);
        Self { plan, world, prepared, farm, builds_max, is_read_back, has_superseded }
    }

    /// Warns about settings of the scenario without effect in the runs that are to be made.
    pub(crate) fn warn_of_unused(&self, setups: &[Setup], console: &Console) {
        self.world.warn_of_unused(setups, console);
        // Where nobody is asked for dependants, that is the reason, and is printed already.
        let asks = setups.iter().any(|setup| setup.cascade != Cascade::Planned);
        if asks && self.world.scenario.has_stale_pdc() && !self.has_superseded {
            console.warn(
                "`pdc-stale` changes nothing: no superseded version is known that was built otherwise",
                Some("give inputs that hold older versions too"),
            );
        }
    }

    /// Warns where a cascade finds what it rebuilds as it goes, and a plan that was read back
    /// holds only what was planned.
    pub(crate) fn warn_of_reach(&self, cascade: Cascade, console: &Console) {
        if self.is_read_back && cascade != Cascade::Planned {
            let message = format!(
                "a plan holds only what it rebuilds: a {} cascade that reaches further ends there",
                cascade.as_str()
            );
            console.warn(&message, Some("give the inputs and the selection instead of the plan"));
        }
    }

    /// Refuses a plan that was read back if an input has changed since, unless that is
    /// accepted.
    pub(crate) fn refuse_stale(&self, is_accepted: bool, console: &Console) -> Result<(), Refusal> {
        if self.is_read_back { refuse_stale(&self.plan, is_accepted, console) } else { Ok(()) }
    }

    /// Returns the farm that is simulated.
    pub(crate) fn farm(&self) -> &Farm {
        &self.farm
    }

    /// Returns every arch that a task of the rebuild asks for.
    pub(crate) fn arches(&self) -> BTreeSet<Arch> {
        self.prepared.catalog.arches.iter().cloned().collect()
    }

    /// Returns every arch that a task asks for under a cascade: one that finds what it rebuilds as it
    /// goes may reach every module there is.
    pub(crate) fn arches_under(&self, cascade: Cascade) -> BTreeSet<Arch> {
        match cascade {
            Cascade::Planned => {
                self.plan.components().flat_map(|component| component.arches.clone()).collect()
            }
            Cascade::Literal | Cascade::Coalesced => self.arches(),
        }
    }

    /// Returns where the durations come from of all that may be rebuilt under a cascade.
    pub(crate) fn durations(&self, mode: DurationMode, cascade: Cascade) -> Durations {
        let history = &self.world.history;
        let prepared = match cascade {
            Cascade::Planned => {
                let (plan, all) = (&self.plan, &self.plan);
                sim::prepare(Reach { plan, all, superseded: &[], by_source: false }, history)
            }
            Cascade::Literal | Cascade::Coalesced => {
                sim::prepare_defined(self.reached(), history).expect("they were prepared before")
            }
        };
        let hub = HubSetup::of(&self.farm, &prepared.catalog, history);
        Durations::of(&prepared.samples, hub.as_ref(), mode)
    }

    /// Returns what a cascade may find as it goes: what people start, and all that depends on it.
    fn reached(&self) -> Vec<Definition> {
        let all: BTreeMap<&str, &Definition> =
            self.definitions().iter().map(|one| (one.id.as_str(), one)).collect();
        let mut open: Vec<&Definition> = all.values().copied().filter(|one| one.is_start).collect();
        let mut reached: BTreeMap<&str, &Definition> = BTreeMap::new();
        while let Some(one) = open.pop() {
            if reached.insert(&one.id, one).is_none() {
                let next = [&one.dependants, &one.planned_dependants, &one.superseded_dependants];
                open.extend(next.into_iter().flatten().map(|id| all[id.as_str()]));
            }
        }
        reached.into_values().cloned().collect()
    }

    /// Returns which model is simulated.
    pub(crate) fn model(&self) -> ModelUsed {
        match self.farm.model {
            Model::Ideal => ModelUsed::Ideal,
            Model::Koji => ModelUsed::Koji,
        }
    }

    /// Returns in what variants differ besides ownership and cascade: what the scenario gives to
    /// one approach and not to the other, where both are run.
    pub(crate) fn confounders(&self, variants: &[VariantArg]) -> Vec<Confounder> {
        let owners: BTreeSet<Approach> = variants.iter().map(|variant| variant.parts().0).collect();
        let gate = &self.world.scenario.tests.gate;
        if owners.len() < 2 || gate.koji_owned == gate.orchestrator_owned {
            return Vec::new();
        }
        vec![Confounder {
            key: "tests.gate".to_owned(),
            koji_owned: gate.koji_owned.as_str().to_owned(),
            orchestrator_owned: gate.orchestrator_owned.as_str().to_owned(),
        }]
    }

    /// Returns the setup of one variant, with replayed durations and seed 1.
    pub(crate) fn setup(&self, approach: Approach, cascade: Cascade) -> Result<Setup, Refusal> {
        self.setup_in(&self.farm, &self.world.scenario, approach, cascade)
    }

    /// Returns the setup of one variant in a world, with durations and a seed.
    pub(crate) fn setup_of(
        &self,
        variant: VariantArg,
        farm: &Farm,
        scenario: &Scenario,
        durations: DurationMode,
        seed: u64,
    ) -> Result<Setup, Refusal> {
        let (approach, cascade) = variant.parts();
        let setup = self.setup_in(farm, scenario, approach, cascade)?;
        let dispatch = variant.dispatch().unwrap_or(setup.dispatch);
        Ok(Setup { durations, seed, dispatch, ..setup })
    }

    /// Returns the history with the times that a farm has for what no row gives.
    fn history_on(&self, farm: &Farm) -> Cow<'_, History> {
        match farm.fallback == self.farm.fallback {
            true => Cow::Borrowed(&self.world.history),
            false => Cow::Owned(self.world.history.clone().with_fallback(farm.fallback.clone())),
        }
    }

    /// Returns what is drawn from, likewise.
    fn samples_on(&self, farm: &Farm) -> Arc<Vec<Samples>> {
        if farm.fallback == self.farm.fallback {
            return Arc::clone(&self.prepared.samples);
        }
        let nothing = History::default().with_fallback(farm.fallback.clone());
        let assumed = nothing.samples(BUILD_ARCH, &"".into(), &"noarch".into());
        let sample = |samples: &Samples| {
            let is_assumed = samples.from == EstimateFrom::Default;
            if is_assumed { assumed.clone() } else { samples.clone() }
        };
        Arc::new(self.prepared.samples.iter().map(sample).collect())
    }

    fn setup_in(
        &self,
        farm: &Farm,
        scenario: &Scenario,
        approach: Approach,
        cascade: Cascade,
    ) -> Result<Setup, Refusal> {
        let mut setup = setup_with(&self.prepared, &self.world, farm, scenario, approach, cascade)?;
        // An assumed value may be another here.
        setup.samples = self.samples_on(farm);
        let history = self.history_on(farm);
        setup.hub = HubSetup::of(farm, &self.prepared.catalog, &history).map(Arc::new);
        setup.builds_max = setup.builds_max.min(self.builds_max.unwrap_or(u32::MAX));
        Ok(setup)
    }

    /// Returns how each module is defined that a run may rebuild.
    pub(crate) fn definitions(&self) -> &[Definition] {
        &self.prepared.definitions
    }
}

/// Returns the setup of one variant of what was prepared, in a world.
pub(crate) fn setup_with(
    prepared: &Prepared,
    world: &World,
    farm: &Farm,
    scenario: &Scenario,
    approach: Approach,
    cascade: Cascade,
) -> Result<Setup, Refusal> {
    let Scenario { orchestrator_owned, builds, .. } = scenario;
    let outcomes = match builds.outcomes {
        scenario::Outcomes::Replay => Outcomes::History,
        scenario::Outcomes::AlwaysPass => Outcomes::AlwaysPass,
        scenario::Outcomes::Rate => {
            Outcomes::Rate { failure_rate: builds.failure_rate, flaky_share: builds.flaky_share }
        }
    };
    if farm.model == Model::Koji {
        refuse_arches(farm, prepared.catalog.arches.iter().cloned())?;
    }
    let slots = Slots::of(farm);
    if cascade == Cascade::Planned && !scenario.arrivals.is_empty() {
        return Err(Refusal::no("a planned cascade rebuilds once; arrivals come again and again")
            .hint("choose a literal or coalesced one with --cascade or --variants"));
    }
    let conditions = Conditions::of(scenario, approach, &slots, &prepared.catalog);
    let conditions = conditions.map_err(|misfit| {
        let path = world.scenario_path.as_deref().unwrap_or(Path::new("the scenario"));
        let Misfit { line, column, what, hint } = misfit;
        Refusal::no(format!("{}:{line}:{column}: {what}", path.display())).hint(hint)
    })?;
    Ok(Setup {
        catalog: prepared.catalog.clone(),
        subjects: prepared.subjects.clone(),
        samples: prepared.samples.clone(),
        slots,
        hub: HubSetup::of(farm, &prepared.catalog, &world.history).map(Arc::new),
        approach,
        cascade,
        dispatch: dispatch(orchestrator_owned.dispatch),
        submit_limit: orchestrator_owned.submit_limit.unwrap_or(u32::MAX),
        builds_max: u32::try_from(scenario.builds_max).unwrap_or(u32::MAX),
        durations: DurationMode::Replay,
        outcomes,
        conditions,
        seed: 1,
    })
}
