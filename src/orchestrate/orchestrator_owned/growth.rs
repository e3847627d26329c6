//! Modules outside the plan: a build of one is opened by name, and gets its components when its
//! definition is known.

use super::{Awaited, BuildId, Learned, ModuleIx, OrchestratorOwned, Part, Standings};

impl OrchestratorOwned {
    /// The catalog has learned more.
    pub(super) fn learned(&mut self, learned: Learned) {
        self.modules.resize(self.catalog.modules.len(), Standings::default());
        self.unmet.grow(&self.catalog);
        self.waves.grow(&self.catalog);
        if let Learned::Definition(module) = learned {
            for build in self.undefined.remove(&module).unwrap_or_default() {
                self.add_parts(build);
            }
        }
    }

    /// Gives a module build its components, at once or when its module is defined.
    pub(super) fn add_parts(&mut self, build: BuildId) {
        let module = self.build(build).module;
        let entry = self.catalog.module(module);
        if !entry.is_defined {
            self.undefined.entry(module).or_default().push(build);
            return;
        }
        let (first, components) = (self.parts.len(), entry.components.len());
        self.build(build).first_part = u32::try_from(first).expect("the budget bounds builds");
        self.parts.resize(first + components, Part { attempt: 1, ..Part::default() });
        if self.limits.gates.component {
            self.awaited.resize(self.parts.len(), Awaited::default());
        }
    }

    /// Returns whether a module has nothing to build.
    pub(super) fn is_passed_through(&self, module: ModuleIx) -> bool {
        let entry = self.catalog.module(module);
        entry.is_defined && entry.components.is_empty()
    }
}
