//! The inputs of a plan.

use super::reuse::Reuse;
use super::schedule::Effort;
use crate::farm::Farm;
use crate::graph::ModuleGraph;
use crate::load::Snapshot;
use crate::name::Arch;
use crate::trace::History;

/// The inputs of a plan.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// The loaded inputs.
    pub snapshot: &'a Snapshot,
    /// The modules of it.
    pub graph: &'a ModuleGraph,
    /// Recorded durations; an empty history gives defaults.
    pub history: &'a History,
    /// The builders; by default ten for every required arch.
    pub farm: Option<&'a Farm>,
    /// The only arches to build for; empty: those of the documents that the farm serves.
    pub arches: &'a [Arch],
    /// How earlier builds are reused.
    pub reuse: Reuse<'a>,
    /// How much work goes into the schedule.
    pub effort: Effort,
}

impl<'a> Given<'a> {
    /// Uses modules and their history only, without farm, arches or earlier builds.
    #[must_use]
    pub fn new(snapshot: &'a Snapshot, graph: &'a ModuleGraph, history: &'a History) -> Self {
        let (reuse, effort) = (Reuse::default(), Effort::default());
        Self { snapshot, graph, history, farm: None, arches: &[], reuse, effort }
    }
}
