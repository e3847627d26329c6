//! The components that may start: their order, and their submission up to the limit.

use super::state::{PartState, State};
use super::{BuildId, ComponentIx, Dispatch, OrchestratorOwned, Outbox};
use crate::orchestrate::{Call, Party};

/// A component that may start, as one number: the highest priority is the greatest, of equals the
/// first module build and component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Due(u128);

impl Due {
    pub(super) fn new(priority: u32, build: BuildId, component: ComponentIx) -> Self {
        let after = u64::from(build.0) << 32 | u64::from(component.0);
        Self(u128::from(priority) << 64 | u128::from(!after))
    }

    #[expect(clippy::cast_possible_truncation, reason = "the parts that were put in")]
    pub(super) fn parts(self) -> (u32, BuildId, ComponentIx) {
        let after = !(self.0 as u64);
        ((self.0 >> 64) as u32, BuildId((after >> 32) as u32), ComponentIx(after as u32))
    }
}

impl OrchestratorOwned {
    /// Queues the components in `scratch`.
    pub(super) fn queue(&mut self, build: BuildId) {
        for at in 0..self.scratch.len() {
            self.queue_one(build, self.scratch[at]);
        }
        self.scratch.clear();
    }

    pub(super) fn queue_one(&mut self, build: BuildId, component: ComponentIx) {
        self.part(build, component).state = PartState::Ready;
        self.ready.push(Due::new(self.priority(component), build, component));
    }

    fn priority(&self, component: ComponentIx) -> u32 {
        match self.limits.dispatch {
            Dispatch::Graph | Dispatch::Wave => self.catalog.place_by_path(component),
            Dispatch::Batch => self.catalog.component(component).place_by_estimate,
        }
    }

    /// Submits what may start, as far as the limit allows.
    pub(super) fn submit(&mut self, to: &mut Outbox<'_>) {
        if self.calls.is_paused(Party::Hub) {
            return;
        }
        while self.under_way < self.limits.submit_limit {
            let Some(due) = self.ready.pop() else { return };
            let (priority, build, component) = due.parts();
            let is_building = self.build(build).state == State::Building;
            let part = self.part(build, component);
            if is_building && part.state == PartState::Ready {
                part.state = PartState::Submitted;
                part.task = None;
                let attempt = part.attempt;
                self.under_way += 1;
                self.calls
                    .make(Call::BuildComponent { build, component, attempt, priority }, to.out);
            }
        }
    }
}
