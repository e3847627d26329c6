//! How a rebuild spreads from a module that passed to those that depend on it.

use super::{BuildId, Catalog, ModuleIx};

/// Counts module builds against the cap that stops a storm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildBudget {
    left: u32,
    is_spent: bool,
}

impl BuildBudget {
    /// Allows so many module builds.
    #[must_use]
    pub fn new(builds_max: u32) -> Self {
        Self { left: builds_max, is_spent: false }
    }

    /// Takes one module build, where one is left.
    pub fn take(&mut self) -> Taken {
        if self.left > 0 {
            self.left -= 1;
            return Taken::One;
        }
        if std::mem::replace(&mut self.is_spent, true) { Taken::None } else { Taken::NoneAtLast }
    }

    /// Returns whether the cap stopped the run.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.is_spent
    }
}

/// Whether a module build was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// One was.
    One,
    /// None was, for the first time: the run stops.
    NoneAtLast,
    /// None was, as before.
    None,
}

/// What a planned cascade remembers: how many modules each module still waits for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Unmet {
    unmet: Vec<u32>,
    has_passed: Vec<bool>,
}

impl Unmet {
    pub(super) fn reset(&mut self, catalog: &Catalog) {
        self.unmet.clear();
        self.unmet.extend(catalog.modules.iter().map(|module| module.planned_dependencies));
        self.has_passed.clear();
        self.has_passed.resize(catalog.modules.len(), false);
    }

    /// Makes room for modules that were named after the run began: none waits, and none is waited for.
    pub(super) fn grow(&mut self, catalog: &Catalog) {
        self.unmet.resize(catalog.modules.len(), 0);
        self.has_passed.resize(catalog.modules.len(), false);
    }

    /// Asserts that each module waits for as many as have not passed.
    pub(super) fn check_invariants(&self, catalog: &Catalog) {
        if self.unmet.is_empty() {
            return;
        }
        let mut unmet: Vec<u32> =
            catalog.modules.iter().map(|module| module.planned_dependencies).collect();
        for (module, _) in catalog.modules.iter().zip(&self.has_passed).filter(|(_, has)| **has) {
            module.planned_dependants.iter().for_each(|dependant| unmet[dependant.index()] -= 1);
        }
        assert_eq!(unmet, self.unmet, "what is waited for is counted");
    }

    /// Notes a pass, and calls `start` for each module that waits for nothing more. A second pass
    /// of one module changes nothing.
    pub(super) fn passed(
        &mut self,
        catalog: &Catalog,
        module: ModuleIx,
        mut start: impl FnMut(ModuleIx),
    ) {
        if std::mem::replace(&mut self.has_passed[module.index()], true) {
            return;
        }
        for &dependant in &catalog.module(module).planned_dependants {
            let unmet = &mut self.unmet[dependant.index()];
            *unmet -= 1;
            if *unmet == 0 {
                start(dependant);
            }
        }
    }
}

/// The module build that caused another, for the answer to "why was this rebuilt?".
pub(super) type Cause = Option<BuildId>;
