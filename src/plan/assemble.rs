//! From a selection to a whole plan: waves, cycles, components, times.

use std::collections::{BTreeMap, BTreeSet};

use super::components::{Planned, Sources};
use super::duration::{self, Durations, Shape};
use super::model::{
    Because, BecauseKind, DanglingRow, Edge, FORMAT, Plan, PlanCycle, PlanInput, PlanModule,
    SelfRequireRow,
};
use super::reuse::{self, Asked, Decision, Reason, Reuse, Strategy};
use super::select::{self, Rebuilt, SelectError, Selection};
use crate::farm::Farm;
use crate::graph::csr::{self, Adjacency};
use crate::graph::{Kind, Missing, ModuleGraph, ModuleIx, cycle};
use crate::load::{Finding, Place, Snapshot};
use crate::name::{Arch, NameStream, PackageName, Selector};
use crate::trace::History;

/// What a plan is made from.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// What was read.
    pub snapshot: &'a Snapshot,
    /// The modules of it.
    pub graph: &'a ModuleGraph,
    /// Recorded durations; an empty history gives defaults.
    pub history: &'a History,
    /// The builders; without them ten for every arch needed.
    pub farm: Option<&'a Farm>,
    /// The only arches to build for; empty: what the farm serves, without a farm what is loaded.
    pub arches: &'a [Arch],
    /// How much of earlier builds is taken over.
    pub reuse: Reuse<'a>,
}

impl<'a> Given<'a> {
    /// Takes modules and their history, and nothing of a farm, arches or earlier builds.
    #[must_use]
    pub fn new(snapshot: &'a Snapshot, graph: &'a ModuleGraph, history: &'a History) -> Self {
        Self { snapshot, graph, history, farm: None, arches: &[], reuse: Reuse::default() }
    }
}

/// A plan, and what is odd about it.
#[derive(Clone, Debug, Default)]
pub struct Planning {
    /// The plan.
    pub plan: Plan,
    /// What the plan left out or could not order.
    pub findings: Vec<Finding>,
    /// The farm the times are for.
    pub farm: Farm,
}

/// Plans a rebuild.
///
/// # Errors
/// When the selection selects nothing, or names what is not loaded.
pub fn plan(given: Given<'_>, asked: &Selection) -> Result<Planning, SelectError> {
    let rebuilt = select::select(given.graph, asked)?;
    let order = Order::new(given.graph, &rebuilt);
    let arches = asked_arches(given);
    let mut findings = Vec::new();
    let sources = Sources { graph: given.graph, history: given.history, arches: &arches };
    let mut planned: Vec<Planned> =
        order.members.iter().map(|&m| sources.plan(&given.graph[m], &mut findings)).collect();
    take_over(given, (&rebuilt, &order), &mut planned);
    let needed = planned
        .iter()
        .flat_map(|p| &p.batches)
        .flat_map(|b| &b.components)
        .flat_map(|c| c.tasks.iter().map(|task| task.arch.clone()));
    let farm = given.farm.cloned().unwrap_or_else(|| Farm::ideal(needed.chain(arches.clone())));
    let durations = duration::durations(&planned, &order.shape(), &farm);
    let plan = assemble(given, asked, (&rebuilt, &order), (planned, durations));
    Ok(Planning { plan, findings, farm })
}

/// Decides for each component whether its earlier build is taken over; then nothing is built.
fn take_over(given: Given<'_>, which: (&Rebuilt, &Order), planned: &mut [Planned]) {
    let (rebuilt, order) = which;
    if given.reuse.strategy == Strategy::All {
        for component in planned.iter_mut().flat_map(Planned::components) {
            component.decide(&Decision::Rebuilt(Reason::StrategyAll));
        }
        return locate(given, order, planned);
    }
    let is_changed = |reason: &select::Reason| reason.kind == BecauseKind::Changed;
    let changed: BTreeSet<&str> = rebuilt
        .iter()
        .filter(|(_, reasons)| reasons.iter().any(is_changed))
        .map(|(&module, _)| &*given.graph[module].id)
        .collect();
    // Contexts of one stream have one source.
    let shares = |reason: &select::Reason| {
        reason.kind == BecauseKind::Sibling && changed.contains(reason.on.as_str())
    };
    let packages = |reasons: &[select::Reason]| -> BTreeSet<PackageName> {
        let named = reasons.iter().filter(|reason| reason.kind == BecauseKind::ChangedPackage);
        named.map(|reason| reason.on.as_str().into()).collect()
    };
    let named: Vec<BTreeSet<PackageName>> =
        rebuilt.values().map(|reasons| packages(reasons)).collect();
    let asked: Vec<Asked<'_>> = rebuilt
        .iter()
        .zip(&named)
        .map(|((&ix, reasons), changed_packages)| Asked {
            ix,
            is_changed: reasons.iter().any(|reason| is_changed(reason) || shares(reason)),
            changed_packages,
        })
        .collect();
    let decisions =
        reuse::decide_all((given.snapshot, given.graph), given.reuse, &asked, &order.edges);
    for (planned, decisions) in planned.iter_mut().zip(decisions) {
        for component in planned.components() {
            if let Some(decision) = decisions.get(&component.component) {
                component.decide(decision);
            }
        }
    }
    locate(given, order, planned);
}

/// Writes down where the sources of components are.
fn locate(given: Given<'_>, order: &Order, planned: &mut [Planned]) {
    let Some(sources) = given.reuse.sources else { return };
    for (planned, &ix) in planned.iter_mut().zip(&order.members) {
        let module = &given.graph[ix];
        planned.components().for_each(|component| component.locate(sources, module));
    }
}

/// Returns the arches to build for.
fn asked_arches(given: Given<'_>) -> BTreeSet<Arch> {
    let real = |arch: &Arch| !matches!(arch.as_str(), "noarch" | "src");
    if !given.arches.is_empty() {
        return given.arches.iter().cloned().collect();
    }
    // A farm without builders serves nothing; what is needed then waits, and is told.
    let served = given.farm.map(Farm::arches).unwrap_or_default();
    if !served.is_empty() {
        return served;
    }
    let loaded = given.graph.modules().flat_map(|(_, module)| module.arches.iter().cloned());
    let loaded: BTreeSet<Arch> = loaded.filter(real).collect();
    // Documents of a source repository carry no arch; something must be built all the same.
    if loaded.is_empty() { BTreeSet::from(["x86_64".into()]) } else { loaded }
}

/// Which module comes before which.
pub(super) struct Order {
    members: Vec<ModuleIx>,
    edges: Vec<(u32, u32)>,
    cut: BTreeSet<(u32, u32)>,
    waves: Vec<u32>,
    cycles: Vec<(Vec<u32>, cycle::Cut)>,
}

impl Order {
    fn new(graph: &ModuleGraph, rebuilt: &Rebuilt) -> Self {
        let members: Vec<ModuleIx> = rebuilt.keys().copied().collect();
        let position: BTreeMap<ModuleIx, u32> = members.iter().copied().zip(0_u32..).collect();
        let mut edges = Vec::new();
        for (&module, &from) in &position {
            let to = graph.dependants(module).filter_map(|(to, _)| position.get(&to));
            edges.extend(to.map(|&to| (from, to)));
        }
        edges.sort_unstable();
        edges.dedup();
        let adjacency = Adjacency::new(members.len(), &edges);
        let components = csr::components(&adjacency.forward);
        let waves = csr::waves(&adjacency.forward, &components);
        let is_named: Vec<bool> = rebuilt.values().map(|reasons| is_named(reasons)).collect();
        let mut cycles = Vec::new();
        for number in 0..components.len() {
            let inside = components.members(number);
            if inside.len() > 1 {
                cycles.push(cut_cycle(inside.to_vec(), &edges, &is_named));
            }
        }
        cycles.sort_by(|a, b| a.0.cmp(&b.0));
        let cut = cycles.iter().flat_map(|(_, cut)| cut.edges.iter().copied()).collect();
        Self { members, edges, cut, waves, cycles }
    }

    fn shape(&self) -> Shape {
        let kept = self.edges.iter().filter(|edge| !self.cut.contains(edge));
        Shape { edges: kept.copied().collect(), waves: self.waves.clone() }
    }
}

fn is_named(reasons: &[select::Reason]) -> bool {
    reasons.iter().any(|reason| {
        matches!(reason.kind, BecauseKind::Changed | BecauseKind::ChangedPackage | BecauseKind::All)
    })
}

/// Cuts one cycle so that, of equally small cuts, one is taken that lets named modules go first.
/// Returns its members sorted, and the cut in positions among all members of the plan.
fn cut_cycle(
    mut inside: Vec<u32>,
    edges: &[(u32, u32)],
    is_named: &[bool],
) -> (Vec<u32>, cycle::Cut) {
    inside.sort_by_key(|&at| (!is_named[at as usize], at));
    let place: BTreeMap<u32, u32> = inside.iter().copied().zip(0_u32..).collect();
    let among: Vec<(u32, u32)> =
        edges.iter().filter_map(|(from, to)| Some((*place.get(from)?, *place.get(to)?))).collect();
    let mut cut = cycle::cut(inside.len(), &among);
    for (from, to) in &mut cut.edges {
        (*from, *to) = (inside[*from as usize], inside[*to as usize]);
    }
    cut.edges.sort_unstable();
    inside.sort_unstable();
    (inside, cut)
}

fn assemble(
    given: Given<'_>,
    asked: &Selection,
    which: (&Rebuilt, &Order),
    what: (Vec<Planned>, Durations),
) -> Plan {
    let (rebuilt, order) = which;
    let (planned, durations) = what;
    let id = |at: u32| given.graph[order.members[at as usize]].id.to_string();
    let edge = |&(from, to): &(u32, u32)| Edge { from: id(from), to: id(to) };
    let critical_path = durations.critical_path(&planned, &id);
    let mut modules: Vec<PlanModule> = Vec::with_capacity(order.members.len());
    for (at, (planned, (&module, reasons))) in planned.into_iter().zip(rebuilt).enumerate() {
        let mut row = module_row(given, module, planned);
        row.wave = order.waves[at];
        row.because = reasons.iter().map(|reason| because(given.snapshot, reason)).collect();
        (row.earliest_start_seconds, row.earliest_finish_seconds, row.slack_seconds) =
            durations.modules[at];
        modules.push(row);
    }
    modules.sort_by(|a, b| (a.wave, &a.id).cmp(&(b.wave, &b.id)));
    let cycles = order.cycles.iter().map(|(members, cut)| PlanCycle {
        members: members.iter().map(|&at| id(at)).collect(),
        cut: cut.edges.iter().map(edge).collect(),
        cut_proven: cut.is_proven,
    });
    let mut plan = Plan {
        format: FORMAT,
        inputs: inputs(given.snapshot),
        roots: asked.roots(),
        waves: waves(&modules),
        modules,
        edges: order.edges.iter().map(edge).collect(),
        cycles: cycles.collect(),
        critical_path,
        bounds: durations.bounds,
        ..Plan::default()
    };
    add_missing(&mut plan, given, (rebuilt, &asked.given));
    plan
}

fn module_row(given: Given<'_>, module: ModuleIx, planned: Planned) -> PlanModule {
    let module = &given.graph[module];
    PlanModule {
        id: module.id.to_string(),
        name: module.name.to_string(),
        stream: module.stream.to_string(),
        version: module.version.to_string(),
        context: module.context.as_ref().map(ToString::to_string).unwrap_or_default(),
        platform: module.platform.as_ref().map(ToString::to_string),
        wave: 0,
        pass_through: module.kind == Kind::PassThrough,
        order: planned.order,
        because: Vec::new(),
        batches: planned.batches,
        earliest_start_seconds: 0.0,
        earliest_finish_seconds: 0.0,
        slack_seconds: 0.0,
        new_version: None,
    }
}

/// Returns the path of the file in which something stands.
fn path_of(snapshot: &Snapshot, place: Place) -> String {
    let input = snapshot.inputs.get(place.input as usize);
    input.map(|input| input.path.clone()).unwrap_or_default()
}

fn because(snapshot: &Snapshot, reason: &select::Reason) -> Because {
    Because {
        kind: reason.kind,
        on: reason.on.clone(),
        path: path_of(snapshot, reason.place),
        line: reason.place.line,
    }
}

fn inputs(snapshot: &Snapshot) -> Vec<PlanInput> {
    let input = |input: &crate::load::Input| PlanInput {
        path: input.path.clone(),
        kind: input.kind.to_owned(),
        documents: input.documents,
        sha256: input.sha256.clone(),
    };
    snapshot.inputs.iter().map(input).collect()
}

fn waves(modules: &[PlanModule]) -> Vec<Vec<String>> {
    let by_wave = modules.chunk_by(|a, b| a.wave == b.wave);
    by_wave.map(|wave| wave.iter().map(|module| module.id.clone()).collect()).collect()
}

/// Adds what the rebuilt modules require and nothing loaded answers, but for what is given.
fn add_missing(plan: &mut Plan, given: Given<'_>, of: (&Rebuilt, &[Selector])) {
    let (rebuilt, available) = of;
    let graph = given.graph;
    let is_given = |requires: &NameStream| {
        available.iter().any(|id| {
            id.name() == requires.name.as_str()
                && id.stream().is_none_or(|stream| stream == requires.stream.as_str())
        })
    };
    let mut prerequisites = BTreeSet::new();
    for row in graph.dangling().iter().filter(|row| rebuilt.contains_key(&row.module)) {
        if is_given(&row.requires) {
            continue;
        }
        prerequisites.insert(row.requires.to_string());
        plan.dangling.push(DanglingRow {
            module: graph[row.module].id.to_string(),
            requires: row.requires.to_string(),
            reason: Missing::as_str(row.missing).to_owned(),
            path: path_of(given.snapshot, row.place),
            line: row.place.line,
        });
    }
    for row in graph.self_requires().iter().filter(|row| rebuilt.contains_key(&row.module)) {
        if !is_given(&row.requires) {
            prerequisites.insert(row.requires.to_string());
        }
        plan.self_requires.push(SelfRequireRow {
            module: graph[row.module].id.to_string(),
            requires: row.requires.to_string(),
        });
    }
    plan.prerequisites = prerequisites.into_iter().collect();
}
