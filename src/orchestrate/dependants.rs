//! Who is rebuilt because a module passed: what the dependency service answers is not what was
//! asked, so every row is checked again.
//!
//! PDC joins the filters for name and stream independently, returns superseded versions beside the
//! newest, and gives versions as text. So: keep the newest row of each name, stream and context, by
//! number; keep it only when *one* of its requirements has both the name and the stream (and the
//! context that is compatible); drop the module itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Catalog, Command, ModuleIx, Timer};
use crate::time::{Millis, Timestamp};

/// Names, streams and contexts as numbers of the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Requirement {
    /// The number of the module name.
    pub name: u32,
    /// The number of the stream.
    pub stream: u32,
    /// The number of the context it was built with.
    pub context: u32,
}

/// One module version of the dependency service's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Name, stream and context.
    pub module: ModuleIx,
    /// Its version, as a number.
    pub version: u64,
    /// What that version was built with.
    pub requires: Arc<[Requirement]>,
}

/// Returns who depends on a module by rows that were checked again, in catalog order.
pub(super) fn recheck(catalog: &Catalog, on: ModuleIx, rows: &[Row]) -> Vec<ModuleIx> {
    let wanted = catalog.module(on).identity;
    let mut newest: BTreeMap<ModuleIx, &Row> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.module.index() < catalog.modules.len()) {
        let kept = newest.entry(row.module).or_insert(row);
        if row.version > kept.version {
            *kept = row;
        }
    }
    newest
        .into_iter()
        .filter(|&(module, row)| module != on && row.requires.contains(&wanted))
        .map(|(module, _)| module)
        .collect()
}

/// How often a call that nobody answers is made again.
pub(super) const TRIES_MAX: u32 = 20;

/// Returns how long to wait before try `tries` (from 1): a minute, doubled each time up to half an
/// hour.
pub(super) fn pause(tries: u32) -> Millis {
    Millis((60_000 << (tries - 1).min(5)).min(1_800_000))
}

/// Asks for a call to be made again later; returns whether that is still worth a try.
pub(super) fn again(command: &Command, now: Timestamp, out: &mut Vec<Command>) -> bool {
    let mut command = command.clone();
    let (Command::BuildModule { tries, .. } | Command::AskDependants { tries, .. }) = &mut command
    else {
        return true;
    };
    *tries += 1;
    if *tries > TRIES_MAX {
        return false;
    }
    let at = now + pause(*tries);
    out.push(Command::Timer { at, timer: Timer::Again { command: Box::new(command) } });
    true
}
