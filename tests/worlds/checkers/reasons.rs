//! Why modules are not ready.

use modplan::name::PackageName;
use modplan::sim::{ModuleRun, Reason};

use super::*;

/// What a log says, for the causes of reasons.
struct Book<'r> {
    setup: &'r Setup,
    run: &'r Run,
    module_of: BTreeMap<BuildId, ModuleIx>,
}

/// Each module that is not ready has a reason, the others have none, and the log holds its cause.
pub(super) fn are_given_and_true(setup: &Setup, run: &Run) -> Option<String> {
    let mut module_of = BTreeMap::new();
    for row in &run.log {
        if let Log::Fact(Fact::ModuleBegan { build, module, .. })
        | Log::Command(Command::Tell(Tell::Opened { build, module, .. })) = &row.what
        {
            module_of.insert(*build, *module);
        }
    }
    let log = Book { setup, run, module_of };
    let planned = setup.catalog.modules.iter().filter(|module| module.is_planned);
    let mut untold = planned.filter(|module| run.modules.iter().all(|m| m.id != module.id));
    if let Some(module) = untold.next() {
        return Some(format!("{} is planned, and nothing is said of it", module.id));
    }
    run.modules.iter().find_map(|module| {
        let is_right = match (&module.reason, module.state) {
            (None, state) => state == ModuleState::Ready,
            (Some(_), ModuleState::Ready) => false,
            (Some(reason), _) => log.has_cause(module, reason),
        };
        (!is_right).then(|| format!("{} {:?}: {:?}", module.id, module.state, module.reason))
    })
}

impl Book<'_> {
    fn has_cause(&self, module: &ModuleRun, reason: &Reason) -> bool {
        let catalog = &self.setup.catalog;
        let at = catalog.modules.iter().position(|m| m.id == module.id).expect("it is known");
        let index = ModuleIx(u32::try_from(at).expect("worlds are small"));
        let is_its = |build: &BuildId| self.module_of.get(build) == Some(&index);
        let begun = |wanted: FaultKind| {
            let is_it = |fact| matches!(fact, Fact::FaultBegan { kind, .. } if kind == wanted);
            facts(self.run).any(is_it)
        };
        match reason {
            Reason::Capped => facts(self.run).any(|fact| fact == Fact::Capped),
            Reason::DependsOn(ids) => !ids.is_empty() && ids.iter().all(|id| self.keeps(id, index)),
            Reason::BuildFailed(packages) => {
                let failed: BTreeSet<&str> = facts(self.run)
                    .filter_map(|fact| match fact {
                        Fact::ComponentEnded { build, component, end: ComponentEnd::Failed }
                            if is_its(&build) =>
                        {
                            Some(catalog.package(component).as_str())
                        }
                        _ => None,
                    })
                    .collect();
                !packages.is_empty() && packages.iter().all(|p| failed.contains(p.as_str()))
            }
            Reason::CallFailed(CallKind::Fetch, ..) => {
                let is_fact =
                    |fact: &Fact| matches!(fact, Fact::NotFetched { build } if is_its(build));
                facts(self.run).any(|fact| is_fact(&fact))
                    || self.has_failed_call(CallKind::Fetch, index)
            }
            // The ideal model has no repos to wait for, and an orchestrator waits without limit.
            Reason::RepoLate { what, .. } => {
                self.ended(index, ComponentEnd::Failed)
                    && !what.is_empty()
                    && self.setup.hub.is_some()
                    && self.setup.approach == Approach::KojiOwned
            }
            Reason::RepoFailed => {
                let is_told = events(self.run).any(|event| {
                    matches!(event, Event::RepoEnded { build, is_ok: false, .. } if is_its(build))
                });
                is_told
                    || self.has_failed_call(CallKind::MakeRepo, index)
                    || self.ended(index, ComponentEnd::Failed)
            }
            Reason::CallFailed(kind, ..) => self.has_failed_call(*kind, index),
            Reason::Canceled => {
                let is_told = events(self.run)
                    .any(|event| matches!(event, Event::Canceled { build, .. } if is_its(build)));
                is_told || self.ended(index, ComponentEnd::Canceled)
            }
            Reason::TestNotPassed(package) => self.tested((index, package), Some(false)),
            Reason::NoResult(package) => self.tested((index, package), None),
            Reason::NoAnswer => commands(self.run).any(|command| {
                matches!(command, Command::Call { call: Call::Mail { about, .. }, .. }
                if about.iter().any(|item| {
                    item.standing == Standing::NoAnswer && self.concerns(item.module, index)
                }))
            }),
            Reason::Unheard => self.is_unheard(index),
            Reason::NotAsked => begun(FaultKind::PdcStale) || self.run.tally.crashes > 0,
            Reason::AtKoji(_) => {
                !self.run.stuck.is_empty()
                    || begun(FaultKind::HubOffline)
                    || begun(FaultKind::HubRefusing)
                    || begun(FaultKind::BuildersDown)
            }
        }
    }

    /// Returns whether a message about a module was lost, its listener died, or koji's own task of it
    /// could not be ended.
    fn is_unheard(&self, module: ModuleIx) -> bool {
        let is_lost = |fact| {
            matches!(fact, Fact::MessageLost { build, .. }
                if self.concerns(self.module_of[&build], module))
        };
        facts(self.run).any(is_lost)
            || self.run.tally.crashes > 0
            || self.has_failed_call(CallKind::EndTask, module)
    }

    /// Returns whether a call of a kind failed for good for a build of a module: one of the orchestrator,
    /// whose answer the log has, or one of koji's own task of the module.
    fn has_failed_call(&self, kind: CallKind, module: ModuleIx) -> bool {
        let is_its = |build: BuildId| self.module_of.get(&build) == Some(&module);
        self.run.log.iter().any(|row| match &row.what {
            Log::Answered { call, answer: Answer::Failed(_), .. } => {
                call.kind() == kind && call.build().is_some_and(is_its)
            }
            Log::Fact(Fact::CallFailed { build, call, .. }) => *call == kind && is_its(*build),
            Log::Fact(_) | Log::Event(_) | Log::Answered { .. } | Log::Command(_) => false,
        })
    }

    /// Returns whether a module is not ready, and another waits for it by a link of the cascade.
    fn keeps(&self, id: &str, waits: ModuleIx) -> bool {
        let catalog = &self.setup.catalog;
        let entry = catalog.modules.iter().find(|module| *module.id == *id);
        let is_linked = entry.is_some_and(|entry| match self.setup.cascade {
            // A barrier after each wave keeps what nothing else does.
            Cascade::Planned if self.setup.dispatch == Dispatch::Wave => {
                entry.planned_dependants.contains(&waits) || entry.wave < catalog.module(waits).wave
            }
            Cascade::Planned => entry.planned_dependants.contains(&waits),
            Cascade::Literal | Cascade::Coalesced => entry.dependants.contains(&waits),
        });
        let state = self.run.modules.iter().find(|module| *module.id == *id).map(|m| m.state);
        is_linked && state.is_some_and(|state| state != ModuleState::Ready)
    }

    /// Returns whether koji's own build of a module ended so.
    fn ended(&self, module: ModuleIx, wanted: ComponentEnd) -> bool {
        facts(self.run).any(|fact| {
            matches!(fact, Fact::ModuleEnded { build, end }
                if end == wanted && self.module_of.get(&build) == Some(&module))
        })
    }

    /// Returns whether what happens to a module may keep another waiting: itself, or who follows it.
    fn concerns(&self, module: ModuleIx, waits: ModuleIx) -> bool {
        let entry = self.setup.catalog.module(module);
        module == waits
            || match self.setup.cascade {
                Cascade::Planned => entry.planned_dependants.contains(&waits),
                Cascade::Literal | Cascade::Coalesced => entry.dependants.contains(&waits),
            }
    }

    /// Returns whether the last result of a test of a module is as wanted in one of its builds, and
    /// nobody waived it. Tests of components gate only what the orchestrator builds itself.
    fn tested(&self, of: (ModuleIx, &Option<PackageName>), wanted: Option<bool>) -> bool {
        let (module, package) = of;
        let is_it = |build: BuildId, component: Option<ComponentIx>| {
            let named = component.map(|component| self.setup.catalog.package(component));
            self.module_of.get(&build) == Some(&module) && named == package.as_ref()
        };
        let mut last: BTreeMap<(BuildId, Option<ComponentIx>), (u32, Option<bool>)> =
            BTreeMap::new();
        for fact in facts(self.run) {
            match fact {
                Fact::Tested { build, component, attempt, passed } if is_it(build, component) => {
                    let entry = last.entry((build, component)).or_default();
                    if attempt >= entry.0 {
                        *entry = (attempt, passed);
                    }
                }
                Fact::Waived { build, component } => drop(last.remove(&(build, component))),
                _ => {}
            }
        }
        let is_gate = package.is_none() || self.setup.approach == Approach::OrchestratorOwned;
        is_gate && last.values().any(|(_, passed)| *passed == wanted)
    }
}
