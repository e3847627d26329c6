//! The modules that reach their end of life: by `modulemd-obsoletes` documents, and by the service
//! levels of their own document.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Plan, RetiredRow};
use crate::graph::{ModuleGraph, NodeIx};
use crate::load::{ActiveObsoletes, Minute, Snapshot, Stream};
use crate::name::NameStream;

/// The end of a module's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndOfLife {
    /// The first day; `None`: at once.
    pub date: Option<Minute>,
    /// The replacement.
    pub obsoleted_by: Option<NameStream>,
}

/// Returns the modules past their end of life at a time; without a time, all modules with an end of
/// life.
#[must_use]
pub fn ends_of_life(snapshot: &Snapshot, graph: &ModuleGraph) -> BTreeMap<NodeIx, EndOfLife> {
    let last = Some(Minute::MAX);
    ends(snapshot, graph, last)
}

/// Returns the modules whose life has ended at `now`; without a time, those with an immediate end.
#[must_use]
pub fn retired(snapshot: &Snapshot, graph: &ModuleGraph, now: Option<Minute>) -> BTreeSet<NodeIx> {
    let ends = ends(snapshot, graph, now).into_iter();
    let has_ended =
        |end: &EndOfLife| end.date.is_none_or(|date| now.is_some_and(|now| date <= now));
    ends.filter(|(_, end)| has_ended(end)).map(|(module, _)| module).collect()
}

fn ends(
    snapshot: &Snapshot,
    graph: &ModuleGraph,
    now: Option<Minute>,
) -> BTreeMap<NodeIx, EndOfLife> {
    let active = ActiveObsoletes::at(now, &snapshot.obsoletes);
    let mut ends = BTreeMap::new();
    for stream in &snapshot.streams {
        let obsolete = active.of(stream).map(|obsoletes| EndOfLife {
            date: obsoletes.eol_date,
            obsoleted_by: obsoletes.obsoleted_by.clone(),
        });
        let Some(end) = obsolete.or_else(|| end_of_service(stream)) else { continue };
        let contexts = graph.contexts(&stream.name_stream());
        let of = |module: &NodeIx| {
            let module = &graph[*module];
            module.version == stream.version && module.context == stream.context
        };
        ends.extend(contexts.filter(of).map(|module| (module, end.clone())));
    }
    ends
}

/// Returns the end of the last service level, if each of them has an end.
fn end_of_service(stream: &Stream) -> Option<EndOfLife> {
    let dates: Option<Vec<Minute>> = stream
        .about
        .service_levels
        .values()
        .map(|date| format!("{}T00:00Z", date.as_ref()?).parse().ok())
        .collect();
    let date = dates?.into_iter().max()?;
    Some(EndOfLife { date: Some(date), obsoleted_by: None })
}

/// Records the rebuilt streams that reach their end of life.
pub(super) fn record(plan: &mut Plan, snapshot: &Snapshot, graph: &ModuleGraph) {
    let rebuilt: BTreeSet<&str> = plan.modules.iter().map(|module| module.id.as_str()).collect();
    let mut rows: BTreeMap<NameStream, RetiredRow> = BTreeMap::new();
    for (module, end) in ends_of_life(snapshot, graph) {
        let of = &graph[module];
        if rebuilt.contains(&*of.id) {
            let stream = of.name_stream();
            rows.entry(stream.clone()).or_insert_with(|| RetiredRow {
                stream: stream.to_string(),
                eol_date: end.date.map(|date| date.to_string()),
                obsoleted_by: end.obsoleted_by.map(|by| by.to_string()),
            });
        }
    }
    plan.retired = rows.into_values().collect();
}
