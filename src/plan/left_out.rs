//! Modules left out of a plan because a file misspells a requirement: a zero was lost.

use std::collections::BTreeSet;

use super::given::Given;
use super::missing::is_given;
use super::model::LeftOutRow;
use super::select::{self, Rebuilt};
use super::selection::{SelectError, Selection};
use crate::graph::{Alias, GraphOptions, ModuleGraph, NodeIx};

/// The plan with the intended requirements.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    /// The modules whose own requirement is spelt wrong.
    pub(super) rows: Vec<LeftOutRow>,
    /// How many modules the aliases would add, including dependants and siblings.
    pub(super) brings: usize,
}

/// Plans again with every lost zero restored, and returns the additional modules.
pub(super) fn left_out(
    given: Given<'_>,
    asked: &Selection,
    rebuilt: &Rebuilt,
) -> Result<LeftOut, SelectError> {
    let graph = given.graph;
    let near: Vec<_> = graph
        .lost_zeros()
        .filter(|(row, _)| !is_given(&asked.given, &row.requires, &graph.denied(row)))
        .collect();
    if near.is_empty() {
        return Ok(LeftOut::default());
    }
    let mended: BTreeSet<Alias> = near
        .iter()
        .map(|(row, meant)| Alias::Stream {
            written: row.requires.clone(),
            meant: (*meant).clone(),
        })
        .collect();
    let options = graph.options();
    let aliases = options.aliases.iter().cloned().chain(mended).collect();
    let options = GraphOptions { aliases, ..options.clone() };
    // The nodes are the same, with the same numbers: an alias only changes edges.
    let aliased = ModuleGraph::new(given.snapshot, &options);
    let with_aliases = select::select(&aliased, asked)?;
    let comes = |module: &NodeIx| !rebuilt.contains_key(module);
    let rows = near.iter().filter(|(row, _)| {
        let reasons = with_aliases.get(&row.module).filter(|_| comes(&row.module));
        reasons.is_some_and(|reasons| reasons.iter().any(|reason| reason.place == row.place))
    });
    let rows = rows.map(|(row, meant)| LeftOutRow {
        module: graph[row.module].id.to_string(),
        requires: row.requires.to_string(),
        perhaps: meant.to_string(),
        path: given.snapshot.path(row.place),
        line: row.place.line,
        column: row.place.column,
    });
    Ok(LeftOut { rows: rows.collect(), brings: with_aliases.keys().filter(|m| comes(m)).count() })
}
