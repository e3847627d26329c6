//! The dependency service: what it answers, with the rows that PDC is known to return beside those
//! that were meant.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::World;
use crate::orchestrate::{Catalog, Identity, Module, ModuleIx, Row};

/// The service in one world: what it holds of the catalog, and what it was asked before.
#[derive(Clone, Debug, Default)]
pub(super) struct Pdc {
    ids: Vec<Arc<str>>,
    /// What the newest version of each module was built with.
    newest: Vec<BuiltWith>,
    /// What an older version was built with; empty where none differs.
    superseded: Vec<BuiltWith>,
    answers: BTreeMap<(ModuleIx, bool), Arc<[Row]>>,
}

/// What a version of a module was built with.
#[derive(Clone, Debug)]
struct BuiltWith {
    ids: Arc<[Arc<str>]>,
    identities: Vec<Identity>,
}

impl BuiltWith {
    fn of(modules: &[&Module]) -> Self {
        let ids = modules.iter().map(|module| Arc::clone(&module.id)).collect();
        Self { ids, identities: modules.iter().map(|module| module.identity).collect() }
    }

    /// PDC's filters for name and stream are independent: one requirement may give the name and
    /// another the stream.
    fn is_found(&self, wanted: Identity) -> bool {
        self.identities.iter().any(|identity| identity.name == wanted.name)
            && self.identities.iter().any(|identity| identity.stream == wanted.stream)
    }
}

impl Pdc {
    pub(super) fn new(catalog: &Catalog) -> Self {
        Self {
            ids: catalog.modules.iter().map(|module| Arc::clone(&module.id)).collect(),
            newest: requirements(catalog, |module| &module.dependants),
            superseded: requirements(catalog, |module| &module.superseded_dependants),
            answers: BTreeMap::new(),
        }
    }

    /// Returns the rows for one module, in catalog order, superseded versions first.
    fn rows(&self, wanted: Identity, is_stale: bool) -> Vec<Row> {
        let mut rows = Vec::new();
        for ((built_with, before), id) in self.newest.iter().zip(&self.superseded).zip(&self.ids) {
            if !built_with.is_found(wanted) && !before.is_found(wanted) {
                continue;
            }
            let row = |version, built_with: &BuiltWith| Row {
                module: Arc::clone(id),
                version,
                requires: Arc::clone(&built_with.ids),
            };
            let has_older = !before.ids.is_empty();
            if has_older {
                rows.push(row(1, before));
            }
            // A stale service has not heard of the newest version of what had an older one.
            if !(is_stale && has_older) {
                rows.push(row(2, built_with));
            }
        }
        rows
    }
}

impl World<'_> {
    /// Returns what the service answers to "who depends on this module?".
    pub(super) fn dependant_rows(&mut self, module: ModuleIx) -> Arc<[Row]> {
        let asked = (module, self.troubles.is_pdc_stale());
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
fn requirements(catalog: &Catalog, dependants: impl Fn(&Module) -> &[ModuleIx]) -> Vec<BuiltWith> {
    let mut requires = vec![Vec::new(); catalog.modules.len()];
    for module in &catalog.modules {
        for dependant in dependants(module) {
            requires[dependant.index()].push(module);
        }
    }
    requires.iter().map(|modules| BuiltWith::of(modules)).collect()
}
