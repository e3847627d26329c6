//! What the components of a module build wait for: all that is built before them and is not done.

use std::collections::BTreeMap;

use super::Status;
use super::build::{Build, Progress};
use crate::orchestrate::{ComponentIx, Dispatch};

/// How many things are named before the rest is counted.
pub(super) const NAMED_MAX: usize = 3;

/// What a component waits for.
#[derive(Clone, Debug, Default)]
pub(super) struct Awaited {
    /// The first few, in catalog order.
    pub(super) first: Vec<ComponentIx>,
    pub(super) count: usize,
}

impl Awaited {
    fn add(&mut self, component: ComponentIx) {
        self.count += 1;
        self.first.push(component);
        self.first.sort_unstable();
        self.first.truncate(NAMED_MAX);
    }
}

impl Status {
    /// Returns what the components of a module build wait for; who waits for nothing is left out.
    pub(super) fn awaited(&self, build: &Build) -> BTreeMap<ComponentIx, Awaited> {
        let module = self.catalog.module(build.module);
        let open = build.parts.iter().filter(|(_, part)| part.progress != Progress::Done);
        let open = open.map(|(&component, _)| component);
        let mut awaited: BTreeMap<ComponentIx, Awaited> = BTreeMap::new();
        if module.is_graph && self.dispatch != Dispatch::Batch {
            for component in open {
                for &follower in self.catalog.followers(component) {
                    awaited.entry(follower).or_default().add(component);
                }
            }
            return awaited;
        }
        let mut by_batch: BTreeMap<u32, Vec<ComponentIx>> = BTreeMap::new();
        for component in open {
            let batch = self.catalog.component(component).batch;
            by_batch.entry(batch).or_default().push(component);
        }
        let mut earlier = Awaited::default();
        for batch in by_batch.into_values() {
            if earlier.count > 0 {
                awaited.extend(batch.iter().map(|&component| (component, earlier.clone())));
            }
            batch.into_iter().for_each(|component| earlier.add(component));
        }
        awaited
    }
}
