//! From a selection to a whole plan: waves, cycles, components, times.

use std::collections::{BTreeMap, BTreeSet};

use super::arches::{AskedArches, asked_arches, nothing_built};
use super::components::{Planned, Sources};
use super::duration::{self, Durations};
use super::given::Given;
use super::model::{
    Because, BecauseKind, CycleEdge, Edge, FORMAT, Plan, PlanCycle, PlanInput, PlanModule,
    SinceRow, SubmissionRow,
};
use super::noarch::Artifacts;
use super::order::{self, Order};
use super::reuse::{self, Asked, Decision, Reason, Strategy};
use super::select::{self, Rebuilt};
use super::selection::{SelectError, Selection, Unit};
use super::{left_out, missing, record, retired, since};
use crate::farm::Farm;
use crate::graph::{Kind, NodeIx};
use crate::load::{Finding, Snapshot};
use crate::name::{NameStream, PackageName};
use crate::time::Millis;
use crate::trace::EstimateFrom;

/// A plan and its findings.
#[derive(Clone, Debug, Default)]
pub struct Planning {
    /// The plan.
    pub plan: Plan,
    /// Findings about parts left out or without an order.
    pub findings: Vec<Finding>,
    /// The farm the times are for.
    pub farm: Farm,
}

/// Plans a rebuild.
///
/// # Errors
/// If the selection selects nothing, or names something that is not loaded.
pub fn plan(given: Given<'_>, asked: &Selection) -> Result<Planning, SelectError> {
    let rebuilt = select::select(given.graph, asked)?;
    let order = Order::new(given.graph, &rebuilt, asked.unit);
    let AskedArches { arches, unserved } = asked_arches(given)?;
    let mut findings = Vec::new();
    let sources = Sources {
        graph: given.graph,
        history: given.history,
        arches: &arches,
        artifacts: &Artifacts::new(given.snapshot),
    };
    let mut planned: Vec<Planned> =
        order.members.iter().map(|&m| sources.plan(&given.graph[m], &mut findings)).collect();
    if let Some(error) = nothing_built(given, &order.members, &planned) {
        return Err(error);
    }
    take_over(given, &rebuilt, &order, &mut planned);
    let needed = planned
        .iter()
        .flat_map(|p| &p.batches)
        .flat_map(|b| &b.components)
        .flat_map(|c| c.tasks.iter().map(|task| task.arch.clone()));
    let farm = given.farm.cloned().unwrap_or_else(|| Farm::ideal(needed.chain(arches.clone())));
    let id = |at: u32| given.graph[order.members[at as usize]].id.to_string();
    let durations = duration::durations(&mut planned, &order.shape(), &farm, given.effort, &id);
    let mut plan = assemble(given, asked, &rebuilt, &order, planned, durations);
    plan.arches = arches.into_iter().collect();
    plan.unserved_arches = unserved;
    record::record(&mut plan, given, asked, &farm);
    retired::record(&mut plan, given.snapshot, given.graph);
    let left_out = left_out::left_out(given, asked, &rebuilt)?;
    (plan.left_out, plan.left_out_brings) = (left_out.rows, left_out.brings);
    Ok(Planning { plan, findings, farm })
}

/// Decides for each component whether its earlier build is reused instead of building it.
fn take_over(given: Given<'_>, rebuilt: &Rebuilt, order: &Order, planned: &mut [Planned]) {
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
        reuse::decide_all(given.snapshot, given.graph, given.reuse, &asked, &order.edges);
    for (planned, decisions) in planned.iter_mut().zip(decisions) {
        for component in planned.components() {
            if let Some(decision) = decisions.get(&component.component) {
                component.decide(decision);
            }
        }
    }
    locate(given, order, planned);
}

/// Sets the source URLs of components.
fn locate(given: Given<'_>, order: &Order, planned: &mut [Planned]) {
    let Some(sources) = given.reuse.sources else { return };
    for (planned, &ix) in planned.iter_mut().zip(&order.members) {
        let module = &given.graph[ix];
        planned.components().for_each(|component| component.locate(sources, module));
    }
}

fn assemble(
    given: Given<'_>,
    asked: &Selection,
    rebuilt: &Rebuilt,
    order: &Order,
    planned: Vec<Planned>,
    durations: Durations,
) -> Plan {
    let id = |at: u32| given.graph[order.members[at as usize]].id.to_string();
    let edge = |&(from, to): &(u32, u32)| Edge { from: id(from), to: id(to) };
    let mut modules: Vec<PlanModule> = Vec::with_capacity(order.members.len());
    for (at, (planned, (&module, reasons))) in planned.into_iter().zip(rebuilt).enumerate() {
        let mut row = module_row(given, module, planned);
        row.wave = order.waves[at];
        row.because = reasons.iter().map(|reason| because(given.snapshot, reason)).collect();
        let times = &durations.modules[at];
        row.earliest_start = times.earliest_start;
        row.earliest_finish = times.earliest_finish;
        row.finish = times.finish;
        row.slack = times.slack;
        modules.push(row);
    }
    modules.sort_by(|a, b| (a.wave, &a.id).cmp(&(b.wave, &b.id)));
    let cycles = order.cycles.iter().map(|cycle| cycle_row(given, order, cycle));
    let mut plan = Plan {
        format: FORMAT,
        sources_of_durations: sources_of_durations(&modules),
        inputs: inputs(given.snapshot),
        roots: asked.roots(),
        waves: waves(&modules),
        modules,
        edges: order.edges.iter().map(edge).collect(),
        cycles: cycles.collect(),
        submissions: submissions(given, rebuilt, order, asked.unit),
        since: asked.since.iter().flat_map(|since| &since.changes).map(since_row).collect(),
        critical_path: durations.critical_path,
        bounds: durations.bounds,
        ..Plan::default()
    };
    missing::add_missing(&mut plan, given, rebuilt, &asked.given);
    plan
}

fn module_row(given: Given<'_>, module: NodeIx, planned: Planned) -> PlanModule {
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
        earliest_start: Millis::ZERO,
        earliest_finish: Millis::ZERO,
        finish: None,
        slack: Millis::ZERO,
        new_version: None,
        macros: None,
        modulemd: None,
    }
}

fn cycle_row(given: Given<'_>, order: &Order, cycle: &order::Cycle) -> PlanCycle {
    let graph = given.graph;
    let ix = |at: u32| order.members[at as usize];
    let id = |at: u32| graph[ix(at)].id.to_string();
    let edge = |&(from, to): &(u32, u32)| {
        let (_, link) = graph
            .dependencies(ix(to))
            .find(|(before, _)| *before == ix(from))
            .expect("an edge of the order is one of the graph");
        CycleEdge {
            from: id(from),
            to: id(to),
            requires: link.requires.to_string(),
            path: given.snapshot.path(link.place),
            line: link.place.line,
        }
    };
    PlanCycle {
        members: cycle.members.iter().map(|&at| id(at)).collect(),
        cut: cycle.cut.iter().map(|&(from, to)| Edge { from: id(from), to: id(to) }).collect(),
        cut_proven: cycle.is_proven,
        edges: cycle.edges.iter().map(edge).collect(),
        order: cycle.bootstrap.iter().map(|&at| id(at)).collect(),
        by_submission: !cycle.is_among_contexts,
    }
}

/// Returns the submissions, by wave and then by id.
fn submissions(
    given: Given<'_>,
    rebuilt: &Rebuilt,
    order: &Order,
    unit: Unit,
) -> Vec<SubmissionRow> {
    let graph = given.graph;
    let stream = |submission: &[u32]| graph[order.members[submission[0] as usize]].name_stream();
    let mut count: BTreeMap<NameStream, usize> = BTreeMap::new();
    for submission in &order.submissions {
        *count.entry(stream(submission)).or_default() += 1;
    }
    let row = |submission: &Vec<u32>| {
        let modules = || submission.iter().map(|&at| order.members[at as usize]);
        let stream = stream(submission);
        let version = modules().map(|module| graph[module].version).max().unwrap_or_default();
        let is_forced = |module: &NodeIx| {
            rebuilt[module].iter().any(|reason| reason.kind != BecauseKind::Sibling)
        };
        let forced = modules().filter(is_forced).count();
        let mut ids: Vec<String> = modules().map(|module| graph[module].id.to_string()).collect();
        ids.sort();
        SubmissionRow {
            id: match unit {
                Unit::Context => ids[0].clone(),
                Unit::Source if count[&stream] > 1 => format!("{stream}:{version}"),
                Unit::Source => stream.to_string(),
            },
            wave: order.waves[submission[0] as usize],
            siblings: ids.len() - forced,
            modules: ids,
            forced,
        }
    };
    let mut rows: Vec<SubmissionRow> = order.submissions.iter().map(row).collect();
    rows.sort_by(|a, b| (a.wave, &a.id).cmp(&(b.wave, &b.id)));
    rows
}

fn since_row(change: &since::Change) -> SinceRow {
    let (from, to) = change.versions;
    SinceRow {
        module: change.id.clone(),
        was: change.was.clone(),
        change: change.kind,
        from_version: from.map(|version| version.to_string()),
        to_version: to.map(|version| version.to_string()),
        sources: change.sources.clone(),
        dependencies: change.has_other_dependencies,
    }
}

fn because(snapshot: &Snapshot, reason: &select::Reason) -> Because {
    Because {
        kind: reason.kind,
        on: reason.on.clone(),
        path: snapshot.path(reason.place),
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

/// Counts the tasks to run by the source of their times.
fn sources_of_durations(modules: &[PlanModule]) -> BTreeMap<String, usize> {
    let mut counts: BTreeMap<String, usize> =
        EstimateFrom::ALL.iter().map(|from| (from.to_string(), 0)).collect();
    let batches = modules.iter().flat_map(|module| &module.batches);
    for task in batches.flat_map(|batch| &batch.components).flat_map(|c| &c.tasks) {
        *counts.entry(task.estimate_from.to_string()).or_default() += 1;
    }
    counts
}

fn waves(modules: &[PlanModule]) -> Vec<Vec<String>> {
    let by_wave = modules.chunk_by(|a, b| a.wave == b.wave);
    by_wave.map(|wave| wave.iter().map(|module| module.id.clone()).collect()).collect()
}
