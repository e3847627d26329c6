//! How far one module build is: which components may start now, and whether all are built.
//!
//! koji's own module build and the orchestrator that owns a build both walk a module this way.

use std::ops::Range;

use super::{Catalog, ComponentIx, ModuleIx};

/// What orders the components of a module build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// `buildafter` where a module has it, else batches.
    Graph,
    /// Batches always, as the Module Build Service does: a barrier after each.
    Batch,
}

/// The components of one module build that are not built yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    first: u32,
    unbuilt: u32,
    batch: u32,
    left_in_batch: u32,
    waits_for: Vec<u32>,
    by_graph: bool,
}

impl Progress {
    /// Starts a module build: appends to `ready` the components that wait for nothing.
    pub fn start(
        &mut self,
        catalog: &Catalog,
        module: ModuleIx,
        order: Order,
        ready: &mut Vec<ComponentIx>,
    ) {
        let entry = catalog.module(module);
        self.first = entry.components.start;
        self.unbuilt = entry.components.end - entry.components.start;
        self.by_graph = entry.is_graph && order == Order::Graph;
        self.batch = 0;
        self.left_in_batch = 0;
        self.waits_for.clear();
        if self.by_graph {
            let Range { start, end } = entry.components;
            self.waits_for.extend(&catalog.waits_for[start as usize..end as usize]);
            let waits_for = (start..).zip(&self.waits_for);
            ready
                .extend(waits_for.filter(|(_, waits)| **waits == 0).map(|(at, _)| ComponentIx(at)));
        } else if self.unbuilt > 0 {
            self.open_batch(catalog, module, ready);
        }
    }

    /// Returns whether it was started.
    #[must_use]
    pub fn is_started(&self) -> bool {
        self.batch > 0 || self.by_graph
    }

    /// Appends the components of the current batch, or of the next that is not empty.
    fn open_batch(&mut self, catalog: &Catalog, module: ModuleIx, ready: &mut Vec<ComponentIx>) {
        let entry = catalog.module(module);
        let before = ready.len();
        while ready.len() == before && self.batch < entry.batches {
            let in_batch = |&c: &u32| catalog.components[c as usize].batch == self.batch;
            ready.extend(entry.components.clone().filter(in_batch).map(ComponentIx));
            self.batch += 1;
        }
        self.left_in_batch =
            u32::try_from(ready.len() - before).expect("a module has fewer than 2^32 components");
    }

    /// Notes that a component is built, and appends what may start because of it.
    pub fn built(
        &mut self,
        catalog: &Catalog,
        component: ComponentIx,
        ready: &mut Vec<ComponentIx>,
    ) {
        assert!(self.unbuilt > 0, "a component is built once per module build");
        self.unbuilt -= 1;
        if self.by_graph {
            for &next in catalog.followers(component) {
                let waits_for = &mut self.waits_for[(next.0 - self.first) as usize];
                *waits_for -= 1;
                // Which followers may start now is not to be foreseen, and wrong guesses cost a
                // large run 3 % of its time: each is added, and taken off again if it waits.
                ready.push(next);
                ready.truncate(ready.len() - usize::from(*waits_for > 0));
            }
            return;
        }
        self.left_in_batch -= 1;
        if self.left_in_batch == 0 && self.unbuilt > 0 {
            self.open_batch(catalog, catalog.component(component).module, ready);
        }
    }

    /// Returns whether every component is built.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.unbuilt == 0
    }
}
