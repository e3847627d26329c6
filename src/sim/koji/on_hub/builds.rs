//! The tags of module builds, and the events that their builds were tagged by.

use crate::hub::{EventId, TagId};
use crate::orchestrate::BuildId;

/// A module build.
#[derive(Clone, Debug, Default)]
struct BuildRun {
    tag: Option<TagId>,
    /// The event by which all of a batch was tagged; the macros package comes before batch 0.
    batches: Vec<EventId>,
    /// The event by which all that a component waits for was tagged, where a graph orders them.
    after: Vec<EventId>,
    macros: EventId,
}

/// Every module build of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Builds {
    all: Vec<BuildRun>,
}

impl Builds {
    pub(super) fn clear(&mut self) {
        self.all.clear();
    }

    /// Returns the tag of a module build, where it was made.
    pub(super) fn tag(&self, build: BuildId) -> Option<TagId> {
        self.all.get(build.0 as usize)?.tag
    }

    /// Adds a module build of so many batches and components.
    pub(super) fn add(&mut self, build: BuildId, tag: TagId, batches: usize, components: usize) {
        let at = build.0 as usize;
        if self.all.len() <= at {
            self.all.resize(at + 1, BuildRun::default());
        }
        self.all[at] = BuildRun {
            tag: Some(tag),
            batches: vec![EventId::default(); batches],
            after: vec![EventId::default(); components],
            ..BuildRun::default()
        };
    }

    /// Notes that the macros package was tagged.
    pub(super) fn tag_macros(&mut self, build: BuildId, event: EventId) {
        self.all[build.0 as usize].macros = event;
    }

    /// Notes that a component of a batch was tagged.
    pub(super) fn tag_in_batch(&mut self, build: BuildId, batch: u32, event: EventId) {
        let tagged = &mut self.all[build.0 as usize].batches[batch as usize];
        *tagged = event.max(*tagged);
    }

    /// Notes that something was tagged that a component waits for; components count from 0.
    pub(super) fn tag_before(&mut self, build: BuildId, component: u32, event: EventId) {
        let tagged = &mut self.all[build.0 as usize].after[component as usize];
        *tagged = event.max(*tagged);
    }

    /// Returns the event by which all before a batch was tagged.
    pub(super) fn before_batch(&self, build: BuildId, batch: u32) -> EventId {
        let run = &self.all[build.0 as usize];
        run.batches[..batch as usize].iter().copied().fold(run.macros, EventId::max)
    }

    /// Returns the event by which all that a component waits for was tagged.
    pub(super) fn before_component(&self, build: BuildId, component: u32) -> EventId {
        let run = &self.all[build.0 as usize];
        run.after[component as usize].max(run.macros)
    }
}
