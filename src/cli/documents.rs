//! The documents of module builds, found by the ids of a plan.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use modplan::graph::ModuleGraph;
use modplan::load::{Snapshot, Stream};
use modplan::name::{Context, ModuleName, StreamName, Version};

/// What sets module builds apart; their arches do not.
type Build<'a> = (&'a ModuleName, &'a StreamName, Version, Option<&'a Context>);

/// The documents of module builds, of each the arch that comes first.
pub(crate) struct Documents<'a> {
    graph: &'a ModuleGraph,
    by_build: BTreeMap<Build<'a>, &'a Stream>,
}

impl<'a> Documents<'a> {
    pub(crate) fn new(snapshot: &'a Snapshot, graph: &'a ModuleGraph) -> Self {
        let mut by_build: BTreeMap<Build<'a>, &'a Stream> = BTreeMap::new();
        let rank = |stream: &Stream| (stream.origin, stream.arch.clone());
        for stream in &snapshot.streams {
            let build = (&stream.name, &stream.stream, stream.version, stream.context.as_ref());
            match by_build.entry(build) {
                Entry::Vacant(entry) => {
                    entry.insert(stream);
                }
                Entry::Occupied(mut entry) if rank(stream) < rank(entry.get()) => {
                    entry.insert(stream);
                }
                Entry::Occupied(_) => {}
            }
        }
        Self { graph, by_build }
    }

    /// Returns the document of a module of a plan.
    pub(crate) fn of(&self, id: &str) -> Option<&'a Stream> {
        let of = &self.graph[self.graph.find(id)?];
        self.by_build.get(&(&of.name, &of.stream, of.version, of.context.as_ref())).copied()
    }
}
