//! Gives each module that is not ready its reason.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::book::Book;
use super::{Left, Reason};
use crate::orchestrate::ModuleIx;
use crate::sim::module_run::ModuleRun;
use crate::sim::{ModuleState, Setup};

/// Writes into each module that is not ready why it is not.
pub(in crate::sim) fn give_reasons(setup: &Setup, left: Left<'_>, modules: &mut [ModuleRun]) {
    let (book, catalog) = (Book::read(setup, left.log), &setup.catalog);
    let states: BTreeMap<String, ModuleState> =
        modules.iter().map(|module| (module.id.to_string(), module.state)).collect();
    let states = states.iter().map(|(id, state)| (id.as_str(), *state)).collect();
    let numbers: BTreeMap<Arc<str>, ModuleIx> =
        catalog.modules.iter().map(|m| Arc::clone(&m.id)).zip((0..).map(ModuleIx)).collect();
    for module in modules {
        let index = numbers[&module.id];
        let newest = book.newest.get(&index).copied();
        module.reason = match (module.state, newest) {
            (ModuleState::Ready, _) => None,
            (ModuleState::Failed, _) => Some(book.why_failed(left.ended[index.index()], &left)),
            (_, None) | (ModuleState::Blocked, _) => {
                Some(book.why_not_begun(index, &left, &states))
            }
            (ModuleState::Waiting, Some(_)) if book.is_capped => Some(Reason::Capped),
            (ModuleState::Stuck | ModuleState::Waiting, Some(build)) => {
                let live = left.live[index.index()].unwrap_or(build);
                Some(book.why_stuck(index, live, left.at_koji))
            }
        };
    }
}
