//! The dependency service: what it answers, with the rows that PDC is known to return beside those
//! that were meant.

use std::sync::Arc;

use super::World;
use crate::orchestrate::{Catalog, ModuleIx, Requirement, Row};

impl World<'_> {
    /// Returns what the service answers to "who depends on this module?".
    pub(super) fn dependant_rows(&mut self, module: ModuleIx) -> Arc<[Row]> {
        let is_stale = self.broken.pdc_stale > 0;
        let catalog = &self.setup.catalog;
        let rows = self.pdc_rows.entry((module, is_stale));
        Arc::clone(rows.or_insert_with(|| rows_for(catalog, module, is_stale).into()))
    }
}

/// Returns the rows for one module, in catalog order, superseded versions first.
fn rows_for(catalog: &Catalog, on: ModuleIx, is_stale: bool) -> Vec<Row> {
    let wanted = catalog.module(on).identity;
    let mut rows = Vec::new();
    for at in 0..u32::try_from(catalog.modules.len()).expect("fewer than 2^32 modules") {
        let module = ModuleIx(at);
        let requires = requirements(catalog, module, |m| &m.dependants);
        let before = requirements(catalog, module, |m| &m.superseded_dependants);
        if !is_found(&requires, wanted) && !is_found(&before, wanted) {
            continue;
        }
        let has_older = !before.is_empty();
        if has_older {
            rows.push(Row { module, version: 1, requires: before.into() });
        }
        // A stale service has not heard of the newest version of what had an older one.
        if !(is_stale && has_older) {
            rows.push(Row { module, version: 2, requires: requires.into() });
        }
    }
    rows
}

/// Returns what a module was built with, by a list of who was built with whom.
fn requirements<'c>(
    catalog: &'c Catalog,
    module: ModuleIx,
    list: impl Fn(&'c crate::orchestrate::Module) -> &'c [ModuleIx],
) -> Vec<Requirement> {
    let on = catalog.modules.iter().filter(|entry| list(entry).contains(&module));
    on.map(|entry| entry.identity).collect()
}

/// PDC's filters for name and stream are independent: one requirement may give the name and
/// another the stream.
fn is_found(requires: &[Requirement], wanted: Requirement) -> bool {
    requires.iter().any(|requirement| requirement.name == wanted.name)
        && requires.iter().any(|requirement| requirement.stream == wanted.stream)
}
