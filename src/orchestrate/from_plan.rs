//! From a plan to the definitions that a run works on.

use std::collections::{BTreeMap, BTreeSet};

use super::build_names::Naming;
use super::{ComponentDefinition, Definition, TaskDefinition};
use crate::plan::Plan;
use crate::plan::model::{
    BecauseKind, ComponentOrder, Edge, PlanBatch, PlanComponent, PlanModule, PlanTask,
};

/// What a rebuild may reach, and how.
#[derive(Clone, Copy, Debug)]
pub struct Reach<'a> {
    /// What is planned.
    pub plan: &'a Plan,
    /// Everything that a literal cascade may find as it happens; the plan itself when nothing
    /// else is known, as of a plan that was read back.
    pub all: &'a Plan,
    /// Edges by id that superseded versions had and the newest do not have: what a dependency
    /// service that is behind answers from.
    pub superseded: &'a [(String, String)],
    /// Whether a rebuild of one context rebuilds all that is submitted with it.
    pub by_source: bool,
}

/// Defines everything that a run may rebuild, in id order.
///
/// Under the literal rule people start what is named as changed, unless another rebuilt module
/// outside its own cycle comes before it; what depends on something built already; and the other
/// contexts of these.
///
/// # Panics
/// When a plan that was read back contradicts itself: see [`check`].
#[must_use]
pub fn define(reach: Reach<'_>) -> Vec<Definition> {
    let mut modules: Vec<&PlanModule> = reach.plan.modules.iter().collect();
    modules.extend(reach.all.modules.iter());
    modules.sort_by(|a, b| a.id.cmp(&b.id));
    modules.dedup_by(|a, b| a.id == b.id);
    let preparation = Preparation::new(reach, &modules);
    modules.iter().enumerate().map(|(at, module)| preparation.definition(at, module)).collect()
}

/// Returns what is wrong with a plan that was read from a file: unknown ids, an `after`
/// without its component, planned edges that go round.
///
/// # Errors
/// The first contradiction, in words.
pub fn check(plan: &Plan) -> Result<(), String> {
    let ids: BTreeMap<&str, &PlanModule> =
        plan.modules.iter().map(|module| (module.id.as_str(), module)).collect();
    if ids.len() != plan.modules.len() {
        return Err("a module is listed twice".to_owned());
    }
    let cuts = plan.cycles.iter().flat_map(|cycle| &cycle.cut);
    for edge in plan.edges.iter().chain(cuts) {
        for id in [&edge.from, &edge.to] {
            if !ids.contains_key(id.as_str()) {
                return Err(format!("an edge names {id}, which is not one of its modules"));
            }
        }
    }
    for module in &plan.modules {
        let components = || module.batches.iter().flat_map(|batch| &batch.components);
        if module.batches.iter().any(|batch| !(2..=BATCH_MAX).contains(&batch.index)) {
            return Err(format!("a batch of {} has a number below 2 or beyond all", module.id));
        }
        if module.wave == 0 {
            return Err(format!("{} is in wave 0; waves start at 1", module.id));
        }
        if let Some(component) = components().find(|c| c.tasks.is_empty() && !c.reused) {
            return Err(format!("{} of {} has no task", component.component, module.id));
        }
        let keys: BTreeSet<_> = components().map(|component| &component.component).collect();
        if let Some(after) = components().flat_map(|c| &c.after).find(|key| !keys.contains(key)) {
            return Err(format!("{} has no component {after} to build after", module.id));
        }
    }
    if goes_round(plan, &ids) {
        return Err("its edges form a cycle even without its cuts".to_owned());
    }
    Ok(())
}

/// More batches than any module has: a plan with more was not written by a program.
const BATCH_MAX: u32 = 1_000_000;

fn goes_round(plan: &Plan, ids: &BTreeMap<&str, &PlanModule>) -> bool {
    let numbers: BTreeMap<&str, u32> = ids.keys().copied().zip(0_u32..).collect();
    let kept = waits(plan, &numbers);
    let adjacency = crate::graph::csr::Adjacency::new(ids.len(), &kept);
    crate::graph::csr::topological_order(&adjacency.forward).is_none()
}

/// Returns who waits for whom in a planned cascade, sorted, each pair once: what needs a module, and what
/// is submitted together with it. The edges of the cut are left out.
fn waits(plan: &Plan, position: &BTreeMap<&str, u32>) -> Vec<(u32, u32)> {
    let cut: BTreeSet<&Edge> = plan.cycles.iter().flat_map(|cycle| &cycle.cut).collect();
    let mut together: BTreeMap<&str, &[String]> = BTreeMap::new();
    for submission in &plan.submissions {
        together.extend(submission.modules.iter().map(|id| (id.as_str(), &*submission.modules)));
    }
    let mut waits = Vec::new();
    for edge in plan.edges.iter().filter(|edge| !cut.contains(edge)) {
        let alone = std::slice::from_ref(&edge.to);
        let submitted = together.get(edge.to.as_str()).copied().unwrap_or(alone);
        let from = position.get(edge.from.as_str());
        let all = submitted.iter().filter_map(|id| position.get(id.as_str()));
        waits.extend(from.into_iter().flat_map(|&from| all.clone().map(move |&to| (from, to))));
    }
    waits.sort_unstable();
    waits.dedup();
    waits
}

/// Edges by position.
struct Preparation<'p> {
    ids: Vec<&'p str>,
    waves: Vec<Option<u32>>,
    dependants: Vec<Vec<u32>>,
    planned: Vec<Vec<u32>>,
    superseded: Vec<Vec<u32>>,
    is_start: Vec<bool>,
    naming: Naming,
}

impl<'p> Preparation<'p> {
    fn new(reach: Reach<'_>, modules: &[&'p PlanModule]) -> Self {
        let position: BTreeMap<&str, u32> =
            modules.iter().map(|module| module.id.as_str()).zip(0_u32..).collect();
        let ends = |edge: &Edge| {
            Some((*position.get(edge.from.as_str())?, *position.get(edge.to.as_str())?))
        };
        let mut dependants = vec![Vec::new(); modules.len()];
        for (from, to) in reach.all.edges.iter().chain(&reach.plan.edges).filter_map(ends) {
            dependants[from as usize].push(to);
        }
        let siblings = siblings(reach, &position);
        for list in &mut dependants {
            if reach.by_source {
                let all = list.iter().flat_map(|&to| &siblings[to as usize]);
                *list = all.copied().collect();
            }
            list.sort_unstable();
            list.dedup();
        }
        let mut planned = vec![Vec::new(); modules.len()];
        for (from, to) in waits(reach.plan, &position) {
            planned[from as usize].push(to);
        }
        let mut superseded = vec![Vec::new(); modules.len()];
        for (from, to) in reach.superseded {
            if let (Some(&from), Some(&to)) = (position.get(&**from), position.get(&**to)) {
                superseded[from as usize].push(to);
            }
        }
        let mut waves = vec![None; modules.len()];
        for module in &reach.plan.modules {
            waves[position[module.id.as_str()] as usize] = Some(module.wave);
        }
        let is_start = starts(reach, &position, &siblings);
        let ids = modules.iter().map(|module| module.id.as_str()).collect();
        let naming = Naming::new(modules);
        Self { ids, waves, dependants, planned, superseded, is_start, naming }
    }

    fn definition(&self, at: usize, module: &PlanModule) -> Definition {
        let is_graph = module.order == ComponentOrder::Graph;
        let names =
            |list: &[u32]| list.iter().map(|&at| self.ids[at as usize].to_owned()).collect();
        Definition {
            id: module.id.clone(),
            build: self.naming.of(module),
            wave: self.waves[at],
            is_start: self.is_start[at],
            dependants: names(&self.dependants[at]),
            planned_dependants: names(&self.planned[at]),
            superseded_dependants: names(&self.superseded[at]),
            is_graph,
            components: module
                .batches
                .iter()
                .flat_map(|batch| batch.components.iter().map(move |entry| (batch, entry)))
                .map(|(batch, entry)| component(batch, entry, is_graph))
                .collect(),
        }
    }
}

fn component(batch: &PlanBatch, entry: &PlanComponent, is_graph: bool) -> ComponentDefinition {
    ComponentDefinition {
        component: entry.component.clone(),
        package: entry.package.clone(),
        source: entry.source.clone(),
        reference: entry.reference.clone(),
        batch: batch.index,
        after: if is_graph { entry.after.clone() } else { Vec::new() },
        reused: entry.reused,
        tasks: entry.tasks.iter().map(task).collect(),
    }
}

fn task(task: &PlanTask) -> TaskDefinition {
    let PlanTask { method, arch, estimate, .. } = task;
    TaskDefinition { method: method.clone(), arch: arch.clone(), estimate_ms: estimate.0 }
}

/// Returns, for each module, the positions of all that is submitted with it, itself among them: in the
/// widest plan that holds it.
fn siblings(reach: Reach<'_>, position: &BTreeMap<&str, u32>) -> Vec<Vec<u32>> {
    let alone = (0_u32..).take(position.len());
    let mut siblings: Vec<Vec<u32>> = alone.map(|at| vec![at]).collect();
    for submission in reach.plan.submissions.iter().chain(&reach.all.submissions) {
        let members: Vec<u32> =
            submission.modules.iter().filter_map(|id| position.get(id.as_str()).copied()).collect();
        for &at in &members {
            siblings[at as usize].clone_from(&members);
        }
    }
    siblings
}

/// Marks what people start under the literal rule.
fn starts(reach: Reach<'_>, position: &BTreeMap<&str, u32>, siblings: &[Vec<u32>]) -> Vec<bool> {
    let Reach { plan, by_source, .. } = reach;
    let mut cycle_of: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, cycle) in plan.cycles.iter().enumerate() {
        cycle_of.extend(cycle.members.iter().map(|id| (id.as_str(), number)));
    }
    let is_inside = |edge: &Edge| {
        let from = cycle_of.get(edge.from.as_str());
        from.is_some() && from == cycle_of.get(edge.to.as_str())
    };
    let waits: BTreeSet<&str> =
        plan.edges.iter().filter(|edge| !is_inside(edge)).map(|edge| edge.to.as_str()).collect();
    let mut is_start = vec![false; siblings.len()];
    for module in &plan.modules {
        let is_first = !waits.contains(module.id.as_str());
        let is_named = module.because.iter().any(|because| {
            let is_rebuilt = position.contains_key(because.on.as_str());
            match because.kind {
                BecauseKind::Changed
                | BecauseKind::ChangedPackage
                | BecauseKind::All
                | BecauseKind::Since => true,
                BecauseKind::Buildrequires | BecauseKind::Requires => !is_rebuilt,
                BecauseKind::Sibling => false,
            }
        });
        if is_first && is_named {
            let at = position[module.id.as_str()];
            is_start[at as usize] = true;
            if by_source {
                siblings[at as usize].iter().for_each(|&at| is_start[at as usize] = true);
            }
        }
    }
    is_start
}
