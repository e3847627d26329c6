//! The faults of the scenario, at the hub and on the way to it.

use super::Mock;
use crate::hub::Method;
use crate::scenario::{FaultKind, Scenario};
use crate::time::{Millis, Timestamp};

/// A change that a fault brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    at: Timestamp,
    kind: FaultKind,
    /// Whether it begins; else it ends.
    is_start: bool,
    builders: Option<String>,
    count: Option<u32>,
    module: Option<String>,
}

/// The faults to come.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    /// Last first.
    turns: Vec<Turn>,
    /// The number of active faults that take the hub offline.
    pub(super) offline: u32,
    /// The number of active faults that refuse changes.
    pub(super) refusing: u32,
}

impl Faults {
    pub(super) fn of(scenario: &Scenario) -> Self {
        let mut turns = Vec::new();
        for fault in &scenario.faults {
            let turn = |at: Millis, is_start| Turn {
                at: Timestamp(at.0),
                kind: fault.kind,
                is_start,
                builders: fault.builders.clone(),
                count: fault.count,
                module: fault.module.clone(),
            };
            turns.push(turn(fault.at, true));
            turns.extend(fault.lasts.map(|lasts| turn(fault.at + lasts, false)));
        }
        turns.sort_by_key(|turn| std::cmp::Reverse((turn.at, turn.is_start)));
        Self { turns, offline: 0, refusing: 0 }
    }

    pub(super) fn next_time(&self) -> Option<Timestamp> {
        self.turns.last().map(|turn| turn.at)
    }
}

impl Mock {
    /// Carries out every turn that is due.
    pub(super) fn break_things(&mut self, now: Timestamp) {
        while let Some(turn) = self.faults.turns.pop_if(|turn| turn.at <= now) {
            let change = if turn.is_start { 1 } else { -1 };
            match turn.kind {
                FaultKind::HubOffline => {
                    self.faults.offline = self.faults.offline.saturating_add_signed(change);
                    if self.faults.offline > 0 {
                        self.sim.go_offline();
                    } else {
                        self.sim.go_online();
                    }
                }
                FaultKind::HubRefusing => {
                    self.faults.refusing = self.faults.refusing.saturating_add_signed(change);
                }
                FaultKind::RepoFailure => self.sim.set_broken(Method::Createrepo, turn.is_start),
                FaultKind::BasePackageBroken => {
                    self.sim.set_broken(Method::BuildArch, turn.is_start);
                }
                FaultKind::BuildersDown => self.turn_builders(&turn),
                FaultKind::ModuleCanceled if turn.is_start => {
                    self.cancel_module(turn.module.as_deref().unwrap_or_default());
                }
                // These are of other systems than the hub.
                FaultKind::ModuleCanceled
                | FaultKind::OrchestratorCrash
                | FaultKind::BusOutage
                | FaultKind::PdcDown
                | FaultKind::PdcStale
                | FaultKind::SourcesDown
                | FaultKind::SourceMissing => {}
            }
        }
    }

    fn turn_builders(&mut self, turn: &Turn) {
        let Some(name) = &turn.builders else { return };
        let group = self.settings.groups.iter().zip(0..).find(|(known, _)| *known == name);
        let Some((_, group)) = group else { return };
        let count = turn.count.map_or(usize::MAX, |count| count as usize);
        let builders: Vec<u32> = self.sim.builders_of(group, !turn.is_start).take(count).collect();
        for at in builders {
            if turn.is_start {
                self.sim.lose(at);
            } else {
                self.sim.recover(at);
            }
            self.hosts[at as usize].is_ready = !turn.is_start;
        }
    }

    /// An admin cancels the open tasks of a module: those that build for the tags of `name:stream`.
    fn cancel_module(&mut self, module: &str) {
        let wanted = format!("module-{}", module.replace(':', "-"));
        let plans: Vec<i64> = self
            .plans
            .iter()
            .filter(|plan| self.tag(plan.build_tag).name.starts_with(&wanted))
            .filter_map(|plan| plan.task)
            .filter(|&task| !self.state_of(task).is_final())
            .collect();
        for task in plans {
            self.cancel_tree(task);
        }
    }
}
