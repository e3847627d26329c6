//! Either approach, for drivers that run both.

use std::sync::Arc;

use super::{Approach, Cascade, Catalog, Command, Event, KojiOwned, Limits, OrchestratorOwned};
use crate::time::Timestamp;

/// One of the two approaches.
#[derive(Clone, Debug)]
pub enum Orchestrator {
    /// koji owns the build.
    KojiOwned(Box<KojiOwned>),
    /// The orchestrator owns it.
    OrchestratorOwned(Box<OrchestratorOwned>),
}

impl Orchestrator {
    /// Makes one that has heard nothing yet; koji-owned takes of the limits the budget alone.
    #[must_use]
    pub fn new(
        catalog: &Arc<Catalog>,
        approach: Approach,
        cascade: Cascade,
        limits: Limits,
    ) -> Self {
        let catalog = Arc::clone(catalog);
        match approach {
            Approach::KojiOwned => {
                Self::KojiOwned(Box::new(KojiOwned::new(catalog, cascade, limits.budget)))
            }
            Approach::OrchestratorOwned => {
                Self::OrchestratorOwned(Box::new(OrchestratorOwned::new(catalog, cascade, limits)))
            }
        }
    }

    /// Returns the modules that it knows; numbers of its commands are of this catalog.
    #[must_use]
    pub fn catalog(&self) -> &Arc<Catalog> {
        match self {
            Self::KojiOwned(orchestrator) => orchestrator.catalog(),
            Self::OrchestratorOwned(orchestrator) => orchestrator.catalog(),
        }
    }

    /// Advances the state by one event and appends what must now be done.
    pub fn handle(&mut self, event: &Event, now: Timestamp, out: &mut Vec<Command>) {
        match self {
            Self::KojiOwned(orchestrator) => orchestrator.handle(event, now, out),
            Self::OrchestratorOwned(orchestrator) => orchestrator.handle(event, now, out),
        }
    }

    /// Lists in polls what is outstanding, for a driver that is to ask for it.
    pub fn spell_out(&self, commands: &mut [Command]) {
        match self {
            Self::KojiOwned(_) => {}
            Self::OrchestratorOwned(orchestrator) => orchestrator.spell_out(commands),
        }
    }

    /// Appends everything that is outstanding: each call without an answer, and each timer.
    pub fn outstanding(&self, out: &mut Vec<Command>) {
        match self {
            Self::KojiOwned(orchestrator) => orchestrator.outstanding(out),
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
