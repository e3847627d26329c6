//! The barrier of wave dispatch.

use crate::orchestrate::spread::Cause;
use crate::orchestrate::{Catalog, ModuleIx};

/// What wave dispatch waits for; empty for every other dispatch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Waves {
    /// How many modules of each wave have not ended, by wave.
    left: Vec<u32>,
    /// Whether a module ended, or will never start as what it waits for is lost.
    has_ended: Vec<bool>,
    /// The first wave with modules left.
    current: usize,
    /// Modules whose own dependencies passed but whose wave is not open.
    held: Vec<(ModuleIx, Cause)>,
}

impl Waves {
    pub(super) fn new(catalog: &Catalog) -> Self {
        let waves = catalog.modules.iter().map(|module| module.wave as usize).max().unwrap_or(0);
        let mut left = vec![0; waves + 1];
        for module in catalog.modules.iter().filter(|module| module.is_planned) {
            left[module.wave as usize] += 1;
        }
        let has_ended = vec![false; catalog.modules.len()];
        let mut waves = Self { left, has_ended, current: 0, held: Vec::new() };
        waves.skip_ended();
        waves
    }

    /// Makes room for modules that were named after the run began; they belong to no wave.
    pub(super) fn grow(&mut self, catalog: &Catalog) {
        if !self.left.is_empty() {
            self.has_ended.resize(catalog.modules.len(), false);
        }
    }

    fn skip_ended(&mut self) {
        while self.left.get(self.current) == Some(&0) {
            self.current += 1;
        }
    }

    pub(super) fn is_closed(&self, catalog: &Catalog, module: ModuleIx) -> bool {
        !self.left.is_empty() && catalog.module(module).wave as usize > self.current
    }

    pub(super) fn hold(&mut self, module: ModuleIx, cause: Cause) {
        self.held.push((module, cause));
    }

    /// Notes that a module ended, and returns what was held for the wave that opens by it.
    pub(super) fn ended(&mut self, catalog: &Catalog, module: ModuleIx) -> Vec<(ModuleIx, Cause)> {
        if self.left.is_empty()
            || std::mem::replace(&mut self.has_ended[module.index()], true)
            || !catalog.module(module).is_planned
        {
            return Vec::new();
        }
        self.left[catalog.module(module).wave as usize] -= 1;
        let before = self.current;
        self.skip_ended();
        if self.current == before {
            return Vec::new();
        }
        let current = self.current;
        self.held
            .extract_if(.., |(held, _)| catalog.module(*held).wave as usize <= current)
            .collect()
    }

    /// A wave waits neither for what failed nor for what the failure keeps from ever starting.
    pub(super) fn lost(&mut self, catalog: &Catalog, module: ModuleIx) -> Vec<(ModuleIx, Cause)> {
        if self.left.is_empty() || self.has_ended[module.index()] {
            return Vec::new();
        }
        let mut due = self.ended(catalog, module);
        let mut lost = vec![module];
        while let Some(module) = lost.pop() {
            for &dependant in &catalog.module(module).planned_dependants {
                if !self.has_ended[dependant.index()] {
                    due.extend(self.ended(catalog, dependant));
                    lost.push(dependant);
                }
            }
        }
        due
    }
}
