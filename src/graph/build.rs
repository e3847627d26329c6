//! From a snapshot to a graph: the one place where a [`ModuleGraph`] is changed.

use petgraph::graph::DiGraph;

use super::link::Links;
use super::streams::Streams;
use super::{GraphOptions, ModuleGraph, lost_zero, node};
use crate::load::Snapshot;

impl ModuleGraph {
    /// Makes the graph of a snapshot. Oddities are in [`ModuleGraph::findings`].
    #[must_use]
    pub fn new(snapshot: &Snapshot, options: &GraphOptions) -> Self {
        let node::Nodes { mut modules, elsewhere, mut findings, .. } =
            node::nodes(snapshot, options);
        let mut streams = Streams::new(&modules);
        streams.mark_by_products(&mut modules);
        let Links { edges, dangling, self_requires, .. } =
            Links::new(&modules, &streams, &elsewhere, options);
        findings.extend(lost_zero::findings(&dangling, &streams));
        let mut graph = DiGraph::with_capacity(modules.len(), edges.len());
        for module in modules {
            graph.add_node(module);
        }
        // petgraph walks from the last edge to the first: added backwards, neighbours come sorted.
        for edge in edges.into_iter().rev() {
            graph.add_edge(edge.from.node(), edge.to.node(), edge.link);
        }
        let options = options.clone();
        Self { graph, streams, dangling, self_requires, findings, options, elsewhere }
    }
}
