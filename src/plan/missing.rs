//! Unmet requirements of the rebuilt modules, except given ones.

use std::collections::{BTreeMap, BTreeSet};

use super::given::Given;
use super::model::{DanglingRow, Plan, Prerequisite, PrerequisiteKind, SelfRequireRow};
use super::select::Rebuilt;
use crate::graph::{Missing, ModuleGraph, NodeIx};
use crate::name::{NameStream, Selector};

/// Returns whether a requirement was declared as available. `name:*` is met by any stream of that
/// name.
pub(super) fn is_given(given: &[Selector], requires: &NameStream, denied: &[&str]) -> bool {
    given.iter().any(|id| id.answers(requires, denied))
}

/// Adds dangling and self-requirements of the rebuilt modules, and the prerequisites.
pub(super) fn add_missing(
    plan: &mut Plan,
    given: Given<'_>,
    rebuilt: &Rebuilt,
    available: &[Selector],
) {
    let graph = given.graph;
    let mut needs: BTreeMap<(String, PrerequisiteKind), Prerequisite> = BTreeMap::new();
    let streams: BTreeSet<NameStream> =
        rebuilt.keys().map(|&module| graph[module].name_stream()).collect();
    let mut need = |module: NodeIx, requires: &NameStream, kind: PrerequisiteKind| {
        let requires_text = requires.to_string();
        let row = needs.entry((requires_text.clone(), kind)).or_insert_with(|| Prerequisite {
            requires: requires_text,
            kind,
            rebuilt_here: streams.contains(graph.made_by(requires)),
            modules: Vec::new(),
        });
        row.modules.push(graph[module].id.to_string());
    };
    for row in graph.dangling().iter().filter(|row| rebuilt.contains_key(&row.module)) {
        if is_given(available, &row.requires, &graph.denied(row)) {
            continue;
        }
        let kind = match row.missing {
            Missing::NotLoaded => PrerequisiteKind::NotLoaded,
            Missing::NoCompatibleContext => PrerequisiteKind::NoCompatibleContext,
        };
        need(row.module, &row.requires, kind);
        plan.dangling.push(DanglingRow {
            module: graph[row.module].id.to_string(),
            requires: row.requires.to_string(),
            reason: Missing::as_str(row.missing).to_owned(),
            perhaps: graph.lost_zero(row).map(ToString::to_string),
            path: given.snapshot.path(row.place),
            line: row.place.line,
            column: row.place.column,
        });
    }
    for row in graph.self_requires().iter().filter(|row| rebuilt.contains_key(&row.module)) {
        if !is_given(available, &row.requires, &[]) && !is_elsewhere(graph, &row.requires) {
            need(row.module, &row.requires, PrerequisiteKind::EarlierBuild);
        }
        plan.self_requires.push(SelfRequireRow {
            module: graph[row.module].id.to_string(),
            requires: row.requires.to_string(),
        });
    }
    let names: BTreeSet<String> = needs.keys().map(|(requires, _)| requires.clone()).collect();
    plan.prerequisites = names.into_iter().collect();
    plan.prerequisite_details = needs.into_values().collect();
}

/// Returns whether a build for a platform other than the requested ones meets a requirement.
fn is_elsewhere(graph: &ModuleGraph, requires: &NameStream) -> bool {
    graph.elsewhere().iter().any(|given| {
        given.name == requires.name
            && (given.stream == requires.stream || requires.stream.as_str() == "*")
    })
}
