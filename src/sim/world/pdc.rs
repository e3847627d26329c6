//! The dependency service: what it answers, with the rows that PDC is known to return beside those
//! that were meant.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::World;
use crate::orchestrate::{Catalog, ModuleIx, Requirement, Row};

/// The service in one world: what it holds of the catalog, and what it was asked before.
#[derive(Clone, Debug, Default)]
pub(super) struct Pdc {
    /// What the newest version of each module was built with.
    newest: Vec<Arc<[Requirement]>>,
    /// What an older version was built with; empty where none differs.
    superseded: Vec<Arc<[Requirement]>>,
    answers: BTreeMap<(ModuleIx, bool), Arc<[Row]>>,
}

impl Pdc {
    pub(super) fn new(catalog: &Catalog) -> Self {
        Self {
            newest: requirements(catalog, |module| &module.dependants),
            superseded: requirements(catalog, |module| &module.superseded_dependants),
            answers: BTreeMap::new(),
        }
    }

    /// Returns the rows for one module, in catalog order, superseded versions first.
    fn rows(&self, wanted: Requirement, is_stale: bool) -> Vec<Row> {
        let mut rows = Vec::new();
        for ((requires, before), at) in self.newest.iter().zip(&self.superseded).zip(0..) {
            if !is_found(requires, wanted) && !is_found(before, wanted) {
                continue;
            }
            let module = ModuleIx(at);
            let has_older = !before.is_empty();
            if has_older {
                rows.push(Row { module, version: 1, requires: Arc::clone(before) });
            }
            // A stale service has not heard of the newest version of what had an older one.
            if !(is_stale && has_older) {
                rows.push(Row { module, version: 2, requires: Arc::clone(requires) });
            }
        }
        rows
    }
}

impl World<'_> {
    /// Returns what the service answers to "who depends on this module?".
    pub(super) fn dependant_rows(&mut self, module: ModuleIx) -> Arc<[Row]> {
        let asked = (module, self.broken.pdc_stale > 0);
        if let Some(rows) = self.pdc.answers.get(&asked) {
            return Arc::clone(rows);
        }
        let wanted = self.setup.catalog.module(module).identity;
        let rows: Arc<[Row]> = self.pdc.rows(wanted, asked.1).into();
        self.pdc.answers.insert(asked, Arc::clone(&rows));
        rows
    }
}

/// Returns what each module was built with, by a list of who was built with whom.
fn requirements(
    catalog: &Catalog,
    dependants: impl Fn(&crate::orchestrate::Module) -> &[ModuleIx],
) -> Vec<Arc<[Requirement]>> {
    let mut requires = vec![Vec::new(); catalog.modules.len()];
    for module in &catalog.modules {
        for dependant in dependants(module) {
            requires[dependant.index()].push(module.identity);
        }
    }
    requires.into_iter().map(Arc::from).collect()
}

/// PDC's filters for name and stream are independent: one requirement may give the name and
/// another the stream.
fn is_found(requires: &[Requirement], wanted: Requirement) -> bool {
    requires.iter().any(|requirement| requirement.name == wanted.name)
        && requires.iter().any(|requirement| requirement.stream == wanted.stream)
}
