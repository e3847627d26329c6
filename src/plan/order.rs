//! The order of modules: submissions, their waves, and the cycles among them.
//!
//! A module is submitted as a source: the contexts of one `name:stream` of one platform line are
//! one submission and share a wave, which comes after the waves of all their requirements. With
//! [`Unit::Context`] each context is a separate submission.

use std::collections::{BTreeMap, BTreeSet};

use super::duration::Shape;
use super::model::BecauseKind;
use super::select::{Reason, Rebuilt};
use super::selection::Unit;
use crate::graph::csr::{self, Adjacency};
use crate::graph::{Line, ModuleGraph, NodeIx, cycle};
use crate::name::{NameStream, Version};

/// The order of submissions.
pub(super) struct Order {
    /// The rebuilt modules, in index order.
    pub(super) members: Vec<NodeIx>,
    /// From the module built first to the one that needs it, by position among the members, sorted.
    pub(super) edges: Vec<(u32, u32)>,
    /// The wave of each member, from 1.
    pub(super) waves: Vec<u32>,
    /// The members of each submission, by position, in the order of the first of them.
    pub(super) submissions: Vec<Vec<u32>>,
    pub(super) cycles: Vec<Cycle>,
    cut: BTreeSet<(u32, u32)>,
}

/// Submissions that wait for each other.
pub(super) struct Cycle {
    /// The members of the plan that are part of it, sorted.
    pub(super) members: Vec<u32>,
    /// The edges among them, sorted.
    pub(super) edges: Vec<(u32, u32)>,
    /// The edges to leave out, sorted.
    pub(super) cut: Vec<(u32, u32)>,
    pub(super) is_proven: bool,
    /// The members in an order in which every edge leads forward, except those of the cut.
    pub(super) bootstrap: Vec<u32>,
    /// Whether the single contexts wait for each other, too.
    pub(super) is_among_contexts: bool,
}

/// Edges among submissions, each with the number of member edges behind it.
type Between = BTreeMap<(u32, u32), u32>;

impl Order {
    pub(super) fn new(graph: &ModuleGraph, rebuilt: &Rebuilt, unit: Unit) -> Self {
        let members: Vec<NodeIx> = rebuilt.keys().copied().collect();
        let position: BTreeMap<NodeIx, u32> = members.iter().copied().zip(0_u32..).collect();
        let mut edges = Vec::new();
        for (&module, &from) in &position {
            let to = graph.dependants(module).filter_map(|(to, _)| position.get(&to));
            edges.extend(to.map(|&to| (from, to)));
        }
        edges.sort_unstable();
        edges.dedup();
        let submissions = submissions(graph, &members, unit);
        let mut of = vec![0; members.len()];
        for (number, submission) in (0_u32..).zip(&submissions) {
            submission.iter().for_each(|&member| of[member as usize] = number);
        }
        let mut between = Between::new();
        for &(from, to) in &edges {
            *between.entry((of[from as usize], of[to as usize])).or_default() += 1;
        }
        let among: Vec<(u32, u32)> = between.keys().copied().collect();
        let adjacency = Adjacency::new(submissions.len(), &among);
        let components = csr::components(&adjacency.forward);
        let waves = csr::waves(&adjacency.forward, &components);
        let named: Vec<bool> = rebuilt.values().map(|reasons| is_named(reasons)).collect();
        let is_named: Vec<bool> = submissions
            .iter()
            .map(|members| members.iter().any(|&at| named[at as usize]))
            .collect();
        let mut cycles: Vec<Cycle> = (0..components.len())
            .map(|number| components.members(number))
            .filter(|inside| inside.len() > 1)
            .map(|inside| {
                let order = cut_cycle(inside.to_vec(), &between, &is_named);
                Cycle::new(order, &submissions, &of, &edges)
            })
            .collect();
        cycles.sort_by(|a, b| a.members.cmp(&b.members));
        let cut = cycles.iter().flat_map(|cycle| cycle.cut.iter().copied()).collect();
        let waves = of.iter().map(|&submission| waves[submission as usize]).collect();
        Self { members, edges, waves, submissions, cycles, cut }
    }

    pub(super) fn shape(&self) -> Shape {
        let kept = self.edges.iter().filter(|edge| !self.cut.contains(edge));
        Shape {
            edges: kept.copied().collect(),
            waves: self.waves.clone(),
            submissions: self.submissions.clone(),
        }
    }
}

/// Returns the members of each submission, in the order of the first of them.
fn submissions(graph: &ModuleGraph, members: &[NodeIx], unit: Unit) -> Vec<Vec<u32>> {
    if unit == Unit::Context {
        return (0_u32..).take(members.len()).map(|at| vec![at]).collect();
    }
    type Source<'a> = (NameStream, Option<Version>, Option<&'a Line>);
    let mut number_of: BTreeMap<Source<'_>, usize> = BTreeMap::new();
    let mut submissions: Vec<Vec<u32>> = Vec::new();
    for (at, &module) in (0_u32..).zip(members) {
        let number = *number_of.entry(graph.source(module)).or_insert(submissions.len());
        match submissions.get_mut(number) {
            Some(submission) => submission.push(at),
            None => submissions.push(vec![at]),
        }
    }
    submissions
}

fn is_named(reasons: &[Reason]) -> bool {
    reasons.iter().any(|reason| {
        !matches!(
            reason.kind,
            BecauseKind::Buildrequires | BecauseKind::Requires | BecauseKind::Sibling
        )
    })
}

/// Submissions of one cycle in an order in which few edges lead backward.
struct Ordered {
    submissions: Vec<u32>,
    is_proven: bool,
}

/// Orders one cycle; of equally small cuts, it chooses one that lets named modules go first.
fn cut_cycle(mut inside: Vec<u32>, between: &Between, is_named: &[bool]) -> Ordered {
    inside.sort_by_key(|&at| (!is_named[at as usize], at));
    let place: BTreeMap<u32, u32> = inside.iter().copied().zip(0_u32..).collect();
    let among: Vec<cycle::Edge> = between
        .iter()
        .filter_map(|((from, to), &count)| {
            Some(cycle::Edge { from: *place.get(from)?, to: *place.get(to)?, count })
        })
        .collect();
    let cycle::Order { members, is_proven } = cycle::order(inside.len(), &among);
    let submissions = members.iter().map(|&at| inside[at as usize]).collect();
    Ordered { submissions, is_proven }
}

impl Cycle {
    fn new(order: Ordered, all: &[Vec<u32>], of: &[u32], edges: &[(u32, u32)]) -> Self {
        let place: BTreeMap<u32, usize> =
            order.submissions.iter().enumerate().map(|(place, &at)| (at, place)).collect();
        let place_of = |member: u32| place.get(&of[member as usize]).copied();
        let is_inside =
            |&(from, to): &(u32, u32)| place_of(from).is_some() && place_of(to).is_some();
        let edges: Vec<(u32, u32)> = edges.iter().copied().filter(is_inside).collect();
        let is_backward = |&(from, to): &(u32, u32)| place_of(from) > place_of(to);
        let bootstrap: Vec<u32> =
            order.submissions.iter().flat_map(|&at| all[at as usize].iter().copied()).collect();
        let mut members = bootstrap.clone();
        members.sort_unstable();
        Self {
            cut: edges.iter().copied().filter(is_backward).collect(),
            is_among_contexts: has_cycle(&members, &edges),
            is_proven: order.is_proven,
            members,
            edges,
            bootstrap,
        }
    }
}

fn has_cycle(members: &[u32], edges: &[(u32, u32)]) -> bool {
    let place = |member: u32| {
        u32::try_from(members.partition_point(|&other| other < member)).expect("fewer than 2^32")
    };
    let among: Vec<(u32, u32)> = edges.iter().map(|&(from, to)| (place(from), place(to))).collect();
    csr::components(&Adjacency::new(members.len(), &among).forward).len() < members.len()
}
