//! Either approach, for drivers that run both.

use super::{Approach, Cascade, Catalog, Command, Event, KojiOwned, Limits, OrchestratorOwned};
use crate::time::Timestamp;

/// One of the two approaches.
#[derive(Clone, Debug)]
pub enum Orchestrator<'a> {
    /// koji owns the build.
    KojiOwned(Box<KojiOwned<'a>>),
    /// The orchestrator owns it.
    OrchestratorOwned(Box<OrchestratorOwned<'a>>),
}

impl<'a> Orchestrator<'a> {
    /// Makes one that has heard nothing yet; koji-owned takes of the limits the fuse alone.
    #[must_use]
    pub fn new(catalog: &'a Catalog, how: (Approach, Cascade), limits: Limits) -> Self {
        let (approach, cascade) = how;
        match approach {
            Approach::KojiOwned => {
                Self::KojiOwned(Box::new(KojiOwned::new(catalog, cascade, limits.fuse)))
            }
            Approach::OrchestratorOwned => {
                Self::OrchestratorOwned(Box::new(OrchestratorOwned::new(catalog, cascade, limits)))
            }
        }
    }

    /// Advances the state by one event and appends what must now be done.
    pub fn handle(&mut self, event: &Event, now: Timestamp, out: &mut Vec<Command>) {
        match self {
            Self::KojiOwned(orchestrator) => orchestrator.handle(event, now, out),
            Self::OrchestratorOwned(orchestrator) => orchestrator.handle(event, now, out),
        }
    }

    /// Appends every command whose answer is missing; koji-owned knows of none.
    ///
    /// After a crash a driver folds the journal over a new orchestrator, and then carries out the
    /// commands of the last event, since the crash may have come before they were carried out, and
    /// after them these, but for those among the former. Before each it looks whether the thing is
    /// there already, and then gives its answer again. What only says something ([`Command::Ready`],
    /// [`Command::Mail`]) and asks nothing is never outstanding, so the first part cannot be left out.
    pub fn outstanding(&self, out: &mut Vec<Command>) {
        match self {
            Self::KojiOwned(_) => {}
            Self::OrchestratorOwned(orchestrator) => orchestrator.outstanding(out),
        }
    }

    /// Asserts what must hold between two events.
    ///
    /// # Panics
    /// When it does not: a bug.
    pub fn check_invariants(&self) {
        match self {
            Self::KojiOwned(orchestrator) => orchestrator.check_invariants(),
            Self::OrchestratorOwned(orchestrator) => orchestrator.check_invariants(),
        }
    }
}
