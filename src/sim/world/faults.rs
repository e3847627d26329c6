//! Faults begin and end; one without an end lasts for ever.

use std::collections::BTreeSet;

use super::{Driven, Happening, World};
use crate::orchestrate::{BuildId, ModuleIx};
use crate::scenario::FaultKind;
use crate::sim::conditions::modules_named;
use crate::sim::koji::Trouble;
use crate::sim::log::Fact;

/// What is broken now; more than one fault of a kind may last at a time.
#[derive(Clone, Copy, Debug, Default)]
struct Broken {
    hub_offline: u32,
    hub_refusing: u32,
    bus: u32,
    crashed: u32,
    pdc_down: u32,
    pdc_stale: u32,
    sources: u32,
    repos: u32,
    base: u32,
}

/// What faults do now.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    broken: Broken,
    /// Modules whose modulemd is not where it should be, by the faults that say so.
    missing: BTreeSet<(ModuleIx, usize)>,
    /// Module builds that last found no modulemd.
    unfetched: BTreeSet<BuildId>,
    /// Faults that people ended before their time.
    lifted: BTreeSet<usize>,
    /// How many builders each fault took.
    taken: Vec<u32>,
}

impl Troubles {
    pub(super) fn reset(&mut self, faults: usize) {
        self.broken = Broken::default();
        self.missing.clear();
        self.unfetched.clear();
        self.lifted.clear();
        self.taken.clear();
        self.taken.resize(faults, 0);
    }

    pub(super) fn is_hub_offline(&self) -> bool {
        self.broken.hub_offline > 0
    }

    pub(super) fn is_hub_refusing(&self) -> bool {
        self.broken.hub_refusing > 0
    }

    /// Returns whether koji takes no calls.
    pub(super) fn is_hub_away(&self) -> bool {
        self.is_hub_offline() || self.is_hub_refusing()
    }

    pub(super) fn is_bus_out(&self) -> bool {
        self.broken.bus > 0
    }

    pub(super) fn is_pdc_down(&self) -> bool {
        self.broken.pdc_down > 0
    }

    pub(super) fn is_pdc_stale(&self) -> bool {
        self.broken.pdc_stale > 0
    }

    pub(super) fn are_sources_down(&self) -> bool {
        self.broken.sources > 0
    }

    pub(super) fn are_builders_taken(&self) -> bool {
        self.taken.iter().any(|&taken| taken > 0)
    }

    /// Notes whether a module build finds the modulemd where it should be, and returns whether not.
    pub(super) fn is_missing(&mut self, build: BuildId, module: ModuleIx) -> bool {
        let is_missing = self.missing.iter().any(|&(missing, _)| missing == module);
        if is_missing {
            self.unfetched.insert(build);
        } else {
            self.unfetched.remove(&build);
        }
        is_missing
    }

    /// Returns whether a module build last found no modulemd.
    pub(super) fn is_unfetched(&self, build: BuildId) -> bool {
        self.unfetched.contains(&build)
    }
}

impl World<'_> {
    pub(super) fn fault_begins(&mut self, fault: usize) {
        let conditions = &self.setup.conditions;
        let (kind, lasts) = (conditions.faults[fault].kind, conditions.faults[fault].lasts);
        self.note(Fact::FaultBegan { kind, fault });
        self.set_fault(fault, true);
        if kind == FaultKind::OrchestratorCrash {
            self.crash();
        }
        // A crash without a time is over at once: the orchestrator is started again. A module is
        // canceled once.
        let is_moment = match kind {
            FaultKind::OrchestratorCrash => lasts.is_none(),
            FaultKind::ModuleCanceled => true,
            FaultKind::BuildersDown
            | FaultKind::HubOffline
            | FaultKind::HubRefusing
            | FaultKind::BusOutage
            | FaultKind::RepoFailure
            | FaultKind::BasePackageBroken
            | FaultKind::PdcDown
            | FaultKind::PdcStale
            | FaultKind::SourcesDown
            | FaultKind::SourceMissing => false,
        };
        if let Some(lasts) = lasts.or(is_moment.then_some(crate::time::Millis::ZERO)) {
            self.schedule(self.now + lasts, Happening::FaultEnds(fault));
        }
    }

    pub(super) fn fault_ends(&mut self, fault: usize, driven: &mut Driven<'_>) {
        if self.troubles.lifted.contains(&fault) {
            return;
        }
        let kind = self.setup.conditions.faults[fault].kind;
        if !self.setup.conditions.goes_on_after(fault) {
            self.note(Fact::FaultEnded { kind, fault });
        }
        self.set_fault(fault, false);
        if kind == FaultKind::OrchestratorCrash && self.troubles.broken.crashed == 0 {
            self.restart(driven);
        }
        if !self.troubles.is_hub_offline() {
            self.ask_held_back();
        }
        if !self.troubles.is_hub_away() {
            for ask in std::mem::take(&mut self.people.asks_held) {
                self.begin_module(ask);
            }
        }
    }

    fn set_fault(&mut self, fault: usize, is_on: bool) {
        let set = |count: &mut u32| {
            *count = if is_on { *count + 1 } else { *count - 1 };
            *count > 0
        };
        match self.setup.conditions.faults[fault].kind {
            FaultKind::BuildersDown => self.set_builders(fault, is_on),
            FaultKind::HubOffline => {
                let is_on = set(&mut self.troubles.broken.hub_offline);
                self.koji.trouble(Trouble::Offline, is_on);
            }
            FaultKind::HubRefusing => {
                set(&mut self.troubles.broken.hub_refusing);
            }
            FaultKind::BusOutage => {
                set(&mut self.troubles.broken.bus);
            }
            FaultKind::RepoFailure => {
                let is_on = set(&mut self.troubles.broken.repos);
                self.koji.trouble(Trouble::NoRepos, is_on);
            }
            FaultKind::BasePackageBroken => {
                let is_on = set(&mut self.troubles.broken.base);
                self.koji.trouble(Trouble::BrokenBase, is_on);
            }
            FaultKind::PdcDown => {
                set(&mut self.troubles.broken.pdc_down);
            }
            FaultKind::PdcStale => {
                set(&mut self.troubles.broken.pdc_stale);
            }
            FaultKind::SourcesDown => {
                set(&mut self.troubles.broken.sources);
            }
            FaultKind::ModuleCanceled => {
                if is_on {
                    self.named(fault).into_iter().for_each(|module| self.cancel_module(module));
                }
            }
            FaultKind::SourceMissing => {
                let named = self.named(fault);
                match is_on {
                    true => self
                        .troubles
                        .missing
                        .extend(named.into_iter().map(|module| (module, fault))),
                    false => self.troubles.missing.retain(|&(_, by)| by != fault),
                }
            }
            FaultKind::OrchestratorCrash => {
                set(&mut self.troubles.broken.crashed);
            }
        }
    }

    /// Somebody puts the modulemd of a module back. All its contexts are made from one source: what
    /// kept it from any of them is over.
    pub(super) fn put_back(&mut self, module: ModuleIx) {
        let setup = self.setup;
        let source = |module| {
            let identity = setup.catalog.module(module).identity;
            (identity.name, identity.stream)
        };
        let is_it = |&(missing, _): &(ModuleIx, usize)| source(missing) == source(module);
        let over: BTreeSet<usize> =
            self.troubles.missing.iter().copied().filter(is_it).map(|(_, fault)| fault).collect();
        self.troubles.missing.retain(|missing| !is_it(missing));
        for fault in over {
            self.troubles.lifted.insert(fault);
            let kind = FaultKind::SourceMissing;
            self.note(Fact::FaultEnded { kind, fault });
        }
    }

    /// Returns the modules that a fault is about.
    fn named(&self, fault: usize) -> Vec<ModuleIx> {
        let Some(named) = &self.setup.conditions.faults[fault].module else { return Vec::new() };
        modules_named(&self.setup.catalog, named).collect()
    }

    fn set_builders(&mut self, fault: usize, is_on: bool) {
        let entry = &self.setup.conditions.faults[fault];
        let groups = &self.setup.slots.groups;
        let named = |name: &String| groups.iter().position(|group| group.name == *name);
        let Some(group) = entry.builders.as_ref().and_then(named) else { return };
        let group = u32::try_from(group).expect("a farm file has fewer than 2^32 groups");
        if is_on {
            self.troubles.taken[fault] = self.koji.take_builders(self.now, group, entry.count);
        } else {
            self.koji.give_builders(group, std::mem::take(&mut self.troubles.taken[fault]));
        }
    }
}
