//! What koji does by itself with a whole module: the build that the koji-owned approach relies on.

use super::{BuildState, ComponentRun, Progress, World};
use crate::orchestrate::{BuildId, Event, ModuleIx, Order};

impl World<'_> {
    /// koji's own module build: all components, batch by batch, as its subtasks.
    pub(super) fn koji_module_build(&mut self, module: ModuleIx, cause: Option<BuildId>) {
        let build = self.ledger.open(&self.setup.catalog, module, cause);
        self.ledger.last_change = self.now;
        let mut progress = Progress::default();
        let mut ready = std::mem::take(&mut self.ready);
        progress.start(&self.setup.catalog, (module, Order::Batch), &mut ready);
        let is_complete = progress.is_complete();
        self.progress.push(progress);
        for component in ready.drain(..) {
            self.submit(build, component, 0);
        }
        self.ready = ready;
        if is_complete {
            self.module_complete(build, module);
        }
    }

    /// A module is complete; without a test gate it has passed, and the bus says so.
    pub(super) fn module_complete(&mut self, build: BuildId, module: ModuleIx) {
        self.messages += 1;
        self.ledger.close(build, BuildState::Passed, self.now);
        self.events.push_back(Event::Tested { build, module, passed: true });
    }

    pub(super) fn koji_goes_on(&mut self, run: u32) {
        let ComponentRun { build, component, .. } = self.components[run as usize];
        if self.ledger.builds[build.0 as usize].state != BuildState::Live {
            return;
        }
        let mut ready = std::mem::take(&mut self.ready);
        let progress = &mut self.progress[build.0 as usize];
        progress.built(&self.setup.catalog, component, &mut ready);
        let is_complete = progress.is_complete();
        for next in ready.drain(..) {
            self.submit(build, next, 0);
        }
        self.ready = ready;
        if is_complete {
            let module = self.ledger.builds[build.0 as usize].module;
            self.module_complete(build, module);
        }
    }

    /// koji's module build fails with its first component, and cancels the others.
    pub(super) fn koji_gives_up(&mut self, build: BuildId) {
        if self.ledger.builds[build.0 as usize].state != BuildState::Live {
            return;
        }
        self.messages += 1;
        self.ledger.close(build, BuildState::Failed, self.now);
        for run in 0..u32::try_from(self.components.len()).expect("the cap bounds builds") {
            let entry = &mut self.components[run as usize];
            if entry.build == build && !entry.is_ended {
                entry.is_ended = true;
                self.cancel_rest(run);
            }
        }
    }
}
