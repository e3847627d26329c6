//! Parts of a snapshot: the newest builds, or those that identities select.

use std::collections::BTreeSet;

use crate::graph::ModuleGraph;
use crate::load::Snapshot;
use crate::name::{ModuleName, Selector};

/// Keeps the module builds that are nodes of a graph of the snapshot.
pub fn retain_newest(snapshot: &mut Snapshot, graph: &ModuleGraph) {
    snapshot.streams.retain(|stream| {
        graph.contexts(&stream.name_stream()).any(|module| {
            let module = &graph[module];
            module.version == stream.version && module.context == stream.context
        })
    });
}

/// Keeps what identities select, and the defaults, obsoletes and translations of these modules.
pub fn retain_selected(snapshot: &mut Snapshot, ids: &[Selector]) {
    snapshot.streams.retain(|stream| ids.iter().any(|id| id.selects(&stream.parts())));
    let names: BTreeSet<ModuleName> =
        snapshot.streams.iter().map(|stream| stream.name.clone()).collect();
    snapshot.defaults.retain(|defaults| names.contains(&defaults.module));
    snapshot.obsoletes.retain(|obsoletes| names.contains(&obsoletes.module));
    snapshot.translations.retain(|translations| names.contains(&translations.module));
}
