//! The names that a story gives to module builds, components, people and faults.

use super::Scene;
use crate::orchestrate::{BuildId, Catalog, ComponentIx, ModuleIx};
use crate::scenario::{Fault, FaultKind};
use crate::sim::{ModuleBuild, Run};

/// What a story names.
pub(super) struct Builds<'c> {
    pub(super) catalog: &'c Catalog,
    pub(super) faults: &'c [Fault],
    known: &'c [ModuleBuild],
}

impl<'c> Builds<'c> {
    pub(super) fn of(run: &'c Run, scene: Scene<'c>) -> Self {
        Self { catalog: scene.catalog, faults: scene.faults, known: &run.builds }
    }

    /// Returns the module of a build.
    pub(super) fn module(&self, build: BuildId) -> Option<ModuleIx> {
        self.known.get(build.0 as usize).map(|run| run.module)
    }

    pub(super) fn id(&self, build: BuildId) -> &str {
        self.module(build).map_or("a module", |module| &self.catalog.module(module).id)
    }

    pub(super) fn name(&self, build: BuildId) -> String {
        match self.known.get(build.0 as usize) {
            Some(run) if run.nth > 1 => format!("{} (build {})", self.id(build), run.nth),
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
