//! The names that a story gives to module builds, components, people and faults.

use std::collections::BTreeMap;

use super::Scene;
use crate::orchestrate::{BuildId, Catalog, Command, ComponentIx, ModuleIx, Tell};
use crate::scenario::{Fault, FaultKind};
use crate::sim::{Fact, Log, LogRow, Run};

/// Which module and which of its builds each module build is.
pub(super) struct Builds<'c> {
    pub(super) catalog: &'c Catalog,
    pub(super) faults: &'c [Fault],
    pub(super) known: BTreeMap<BuildId, (ModuleIx, u32)>,
}

impl<'c> Builds<'c> {
    pub(super) fn of(run: &Run, scene: Scene<'c>) -> Self {
        let Scene { catalog, faults, .. } = scene;
        let mut builds = Self { catalog, faults, known: BTreeMap::new() };
        let mut counts: BTreeMap<ModuleIx, u32> = BTreeMap::new();
        for row in &run.log {
            if let Some((build, module, _)) = begun(row)
                && !builds.known.contains_key(&build)
            {
                let count = counts.entry(module).or_default();
                *count += 1;
                builds.known.insert(build, (module, *count));
            }
        }
        builds
    }

    pub(super) fn id(&self, build: BuildId) -> &str {
        self.known.get(&build).map_or("a module", |(module, _)| &self.catalog.module(*module).id)
    }

    pub(super) fn name(&self, build: BuildId) -> String {
        match self.known.get(&build) {
            Some((_, nth)) if *nth > 1 => format!("{} (build {nth})", self.id(build)),
            Some(_) | None => self.id(build).to_owned(),
        }
    }

    pub(super) fn subject(&self, build: BuildId, component: Option<ComponentIx>) -> String {
        match component {
            Some(component) => format!("{} of {}", self.package(component), self.name(build)),
            None => self.name(build),
        }
    }

    /// Names a fault and what it concerns.
    pub(super) fn fault(&self, kind: FaultKind, fault: usize) -> String {
        let word = kind.as_str();
        let Some(Fault { builders, count, module, .. }) = self.faults.get(fault) else {
            return word.to_owned();
        };
        match (builders, count, module) {
            (Some(group), Some(count), _) => format!("{word}, {count} of {group}"),
            (Some(group), None, _) => format!("{word}, all of {group}"),
            (None, _, Some(module)) => format!("{word}, {module}"),
            (None, _, None) => word.to_owned(),
        }
    }

    /// Names the people who look after a module.
    pub(super) fn people(&self, module: ModuleIx) -> String {
        let id = &self.catalog.module(module).id;
        format!("the people of {}", id.split(':').next().unwrap_or(id))
    }

    pub(super) fn package(&self, component: ComponentIx) -> &str {
        self.catalog.package(component).as_str()
    }
}

/// Returns the module build that a row begins, its module, and whose pass is the reason.
pub(in crate::report) fn begun(row: &LogRow) -> Option<(BuildId, ModuleIx, Option<BuildId>)> {
    match row.what {
        Log::Fact(Fact::ModuleBegan { build, module, cause })
        | Log::Command(Command::Tell(Tell::Opened { build, module, cause })) => {
            Some((build, module, cause))
        }
        Log::Fact(_) | Log::Command(_) | Log::Answered { .. } | Log::Event(_) => None,
    }
}
