//! The dependencies of superseded versions: a dependency service that lags behind answers from
//! these.

use std::collections::BTreeSet;

use super::{GraphOptions, Module, ModuleGraph, Versions};
use crate::load::Snapshot;

impl ModuleGraph {
    /// Returns the edges, by id, of superseded versions that the newest versions do not have,
    /// sorted.
    #[must_use]
    pub fn superseded_edges(
        &self,
        snapshot: &Snapshot,
        options: &GraphOptions,
    ) -> Vec<(String, String)> {
        let options = GraphOptions { versions: Versions::All, ..options.clone() };
        let all = Self::new(snapshot, &options);
        let mut edges = BTreeSet::new();
        for (from, to) in all.edges() {
            let Some(from) = self.find(&id(&all[from])) else { continue };
            let Some(current) = self.find(&id(&all[to])) else { continue };
            let is_older = all[to].version < self[current].version;
            if is_older && self.dependants(from).all(|(dependant, _)| dependant != current) {
                edges.insert((self[from].id.to_string(), self[current].id.to_string()));
            }
        }
        edges.into_iter().collect()
    }
}

/// Returns the id of a build when versions are not distinguished.
fn id(module: &Module) -> String {
    let context = module.context.as_ref().map(|context| format!(":{context}"));
    format!("{}:{}{}", module.name, module.stream, context.unwrap_or_default())
}
