//! What builds on a module, or what it builds on, directly and further on.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use crate::graph::{Link, LinkKind, ModuleGraph, NodeIx};
use crate::load::Snapshot;
use crate::report::layout::{Indent, Layout, wrapped};

/// Which way to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// What is rebuilt after a module.
    Dependants,
    /// What is built before it.
    Dependencies,
}

/// Modules around some others, nearest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbours {
    direction: Direction,
    of: Vec<String>,
    rows: Vec<Row>,
    modules: Vec<NodeIx>,
}

/// One module, reached over the shortest way.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    module: String,
    distance: u32,
    /// The module next to it on the way, and the requirement between the two.
    next: String,
    kind: LinkKind,
    requires: String,
    path: String,
    line: u32,
}

/// Returns the modules around others, by distance and then by id.
#[must_use]
pub fn neighbours(
    snapshot: &Snapshot,
    graph: &ModuleGraph,
    of: &[NodeIx],
    direction: Direction,
) -> Neighbours {
    let mut distance: BTreeMap<NodeIx, u32> = of.iter().map(|&module| (module, 0)).collect();
    let mut queue: VecDeque<NodeIx> = of.iter().copied().collect();
    let mut rows = Vec::new();
    while let Some(at) = queue.pop_front() {
        let around: Vec<(NodeIx, &Link)> = match direction {
            Direction::Dependants => graph.dependants(at).collect(),
            Direction::Dependencies => graph.dependencies(at).collect(),
        };
        let next = distance[&at] + 1;
        for (module, link) in around {
            if distance.contains_key(&module) {
                continue;
            }
            distance.insert(module, next);
            queue.push_back(module);
            rows.push(Row {
                module: graph[module].id.to_string(),
                distance: next,
                next: graph[at].id.to_string(),
                kind: link.kind,
                requires: link.requires.to_string(),
                path: snapshot.path(link.place),
                line: link.place.line,
            });
        }
    }
    rows.sort_by(|a, b| (a.distance, &a.module).cmp(&(b.distance, &b.module)));
    let of = of.iter().map(|&module| graph[module].id.to_string()).collect();
    Neighbours { direction, of, rows, modules: distance.into_keys().collect() }
}

impl Neighbours {
    /// Returns the modules asked about and those around them.
    #[must_use]
    pub fn modules(&self) -> &[NodeIx] {
        &self.modules
    }

    /// Renders the modules in lines of at most `width` characters.
    #[must_use]
    pub fn table(&self, width: usize) -> String {
        let of = self.of.join(", ");
        let what = match self.direction {
            Direction::Dependants => "builds on",
            Direction::Dependencies => "is built before",
        };
        if self.rows.is_empty() {
            return wrapped(
                &format!("nothing that is loaded {what} {of}"),
                width,
                Indent::hanging(2),
            );
        }
        let mut table = Layout::new(&["STEPS", "MODULE", "BECAUSE"], &[0]);
        for row in &self.rows {
            let verb = match row.kind {
                LinkKind::Buildrequires => "builds on",
                LinkKind::Requires => "requires",
            };
            let because = match self.direction {
                Direction::Dependants => format!("{verb} {}", row.next),
                Direction::Dependencies => format!("{} {verb} it", row.next),
            };
            table.add(vec![
                row.distance.to_string(),
                row.module.clone(),
                format!("{because} ({}:{})", row.path, row.line),
            ]);
        }
        let modules = if self.rows.len() == 1 { "module" } else { "modules" };
        let verb = match self.direction {
            Direction::Dependants if self.rows.len() == 1 => "builds on",
            Direction::Dependants => "build on",
            Direction::Dependencies if self.rows.len() == 1 => "is built before",
            Direction::Dependencies => "are built before",
        };
        let sum = wrapped(
            &format!("{} {modules} {verb} {of}", self.rows.len()),
            width,
            Indent::hanging(2),
        );
        format!("{}\n{sum}", table.render(width))
    }

    /// Returns the modules as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let row = |row: &Row| {
            json!({
                "id": row.module,
                "distance": row.distance,
                "on": row.next,
                "kind": match row.kind {
                    LinkKind::Buildrequires => "buildrequires",
                    LinkKind::Requires => "requires",
                },
                "requires": row.requires,
                "path": row.path,
                "line": row.line,
            })
        };
        json!({
            "of": self.of,
            "direction": match self.direction {
                Direction::Dependants => "dependants",
                Direction::Dependencies => "dependencies",
            },
            "modules": self.rows.iter().map(row).collect::<Vec<_>>(),
        })
    }
}
