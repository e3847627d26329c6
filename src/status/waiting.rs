//! Which components may be submitted: all that they wait for is done.

use super::Status;
use super::build::{Build, Progress};
use crate::orchestrate::{ComponentIx, Dispatch};

impl Status {
    /// Returns what a component of a module build waits for, in catalog order.
    pub(super) fn awaited(&self, build: &Build, component: ComponentIx) -> Vec<ComponentIx> {
        let module = self.catalog.module(build.module);
        let by_graph = module.is_graph && self.dispatch != Dispatch::Batch;
        let batch = self.catalog.component(component).batch;
        let is_before = |other: ComponentIx| {
            if by_graph {
                self.catalog.followers(other).contains(&component)
            } else {
                self.catalog.component(other).batch < batch
            }
        };
        let open = build.parts.iter().filter(|(_, part)| part.progress != Progress::Done);
        open.map(|(&other, _)| other).filter(|&other| is_before(other)).collect()
    }
}
