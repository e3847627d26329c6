//! Changes that come in over weeks: when each comes, which module builds it led to, and when all of
//! them had passed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Ask, Happening, World};
use crate::orchestrate::{Approach, BuildId, Event, ModuleIx};
use crate::sim::draw::{self, Key, Purpose};
use crate::sim::figures::ChangeFigures;
use crate::sim::ledger::{BuildState, ModuleBuild};
use crate::time::Timestamp;

/// What is known of the changes of one run.
#[derive(Clone, Debug, Default)]
pub(super) struct ChangeBook {
    /// By change: the arrivals it belongs to and when it came.
    came: Vec<(usize, Timestamp)>,
    /// Modules asked for whose build has not yet begun, with the change that asked.
    asked: Vec<(ModuleIx, u32)>,
    /// By module build: the changes that led to it.
    of_build: Vec<BTreeSet<u32>>,
}

impl ChangeBook {
    pub(super) fn reset(&mut self) {
        self.came.clear();
        self.asked.clear();
        self.of_build.clear();
    }
}

impl World<'_> {
    /// Schedules the first change of every kind.
    pub(super) fn begin_changes(&mut self) {
        for arrivals in 0..self.setup.conditions.changes.len() {
            self.schedule_change(arrivals, 1);
        }
    }

    /// Schedules the next change of a kind, at an exponential distance from now.
    fn schedule_change(&mut self, arrivals: usize, nth: u32) {
        let changes = &self.setup.conditions.changes[arrivals];
        let key = Key {
            seed: self.setup.seed,
            replication: self.replication,
            subject: arrivals as u64,
            attempt: nth,
        };
        let gap = draw::exponential(key, Purpose::Arrival, changes.every);
        let at = self.now + gap;
        if at <= Timestamp::START + changes.lasts {
            self.schedule(at, Happening::Change { arrivals, nth });
        }
    }

    /// A change comes in: people ask for its modules.
    pub(super) fn change_comes(&mut self, arrivals: usize, nth: u32) {
        let change = u32::try_from(self.changes.came.len()).expect("a run has fewer changes");
        self.changes.came.push((arrivals, self.now));
        let setup = self.setup;
        for &module in &setup.conditions.changes[arrivals].modules {
            self.changes.asked.push((module, change));
            match setup.approach {
                Approach::KojiOwned => {
                    self.ask_koji(Ask { module, cause: None, tries: 0, replaces: None });
                }
                Approach::OrchestratorOwned => {
                    let request = self.next_request();
                    let module = Arc::clone(&setup.catalog.module(module).id);
                    self.request(Event::Requested { request, module });
                }
            }
        }
        self.schedule_change(arrivals, nth + 1);
    }

    /// Notes which changes a module build that just opened belongs to: those of the build it is
    /// made again for, else those of its reason.
    pub(super) fn attribute(&mut self, build: BuildId, is_again: bool) {
        if self.setup.conditions.changes.is_empty() {
            return;
        }
        assert_eq!(self.changes.of_build.len(), build.0 as usize, "builds open one by one");
        let ModuleBuild { module, cause, .. } = self.ledger.builds[build.0 as usize];
        let mut earlier = self.ledger.builds[..build.0 as usize].iter();
        let last = earlier.rposition(|entry| entry.module == module);
        let changes = match last.filter(|_| is_again) {
            Some(last) => self.changes.of_build[last].clone(),
            None => self.changes_of(module, cause),
        };
        self.changes.of_build.push(changes);
    }

    /// Notes that a module build which has not begun serves one more reason.
    pub(super) fn attribute_more(
        &mut self,
        build: BuildId,
        module: ModuleIx,
        cause: Option<BuildId>,
    ) {
        if !self.setup.conditions.changes.is_empty() {
            let more = self.changes_of(module, cause);
            self.changes.of_build[build.0 as usize].extend(more);
        }
    }

    /// Returns the changes behind a reason: those of the build whose pass it is, or that which asked
    /// first and was not served.
    fn changes_of(&mut self, module: ModuleIx, cause: Option<BuildId>) -> BTreeSet<u32> {
        if let Some(cause) = cause {
            return self.changes.of_build[cause.0 as usize].clone();
        }
        let asked = self.changes.asked.iter().position(|(asked, _)| *asked == module);
        asked.map(|at| self.changes.asked.remove(at).1).into_iter().collect()
    }

    /// Returns every change with how long it took until all that it led to had passed.
    pub(super) fn change_figures(&self) -> Vec<ChangeFigures> {
        let mut builds: Vec<Vec<&ModuleBuild>> = vec![Vec::new(); self.changes.came.len()];
        for (entry, changes) in self.ledger.builds.iter().zip(&self.changes.of_build) {
            for change in changes {
                builds[*change as usize].push(entry);
            }
        }
        let figures = |(&(arrivals, came), builds): (&(usize, Timestamp), &Vec<&ModuleBuild>)| {
            let changes = &self.setup.conditions.changes[arrivals];
            let response = settled(builds).map(|at| at - came);
            ChangeFigures {
                class: Arc::clone(&changes.class),
                came,
                module_builds: builds.len() as u64,
                response,
                is_in_time: changes.within.map(|within| response.is_some_and(|r| r <= within)),
            }
        };
        self.changes.came.iter().zip(&builds).map(figures).collect()
    }
}

/// Returns when the last of some builds passed, where the last of every module did.
fn settled(builds: &[&ModuleBuild]) -> Option<Timestamp> {
    let mut last: BTreeMap<ModuleIx, &ModuleBuild> = BTreeMap::new();
    for entry in builds {
        if entry.state == BuildState::Live {
            return None;
        }
        last.insert(entry.module, entry);
    }
    let passed = last.values().all(|entry| entry.state == BuildState::Passed);
    last.values().map(|entry| entry.since()).max().filter(|_| passed)
}
