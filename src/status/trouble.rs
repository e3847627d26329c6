//! What went wrong with a module build, and what it waits for: questions of those who explain a run.

use std::collections::BTreeSet;

use super::build::{Progress, Refused};
use super::{ModuleState, Status};
use crate::orchestrate::{Approach, BuildId, Call, ComponentIx, Fault, ModuleIx};

/// What went wrong with a module build and was not repaired since.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trouble {
    /// Whether somebody canceled it.
    pub is_canceled: bool,
    /// The last call for it that failed for good.
    pub refused: Option<Refused>,
    /// The components that koji built last and that failed.
    pub failed: BTreeSet<ComponentIx>,
}

impl Status {
    /// Returns what went wrong with a module build.
    #[must_use]
    pub fn trouble(&self, build: BuildId) -> Trouble {
        let Some(build) = self.builds.get(&build) else { return Trouble::default() };
        let failed = build.parts.iter().filter(|(_, part)| part.progress == Progress::Failed);
        let failed = failed.map(|(component, _)| *component).collect();
        Trouble { is_canceled: build.is_canceled, refused: build.refused, failed }
    }

    /// Returns which test decides about a component, or the module: its attempt, or 0 while what it
    /// tests is being built; none where koji owns the build, and the first that comes counts.
    #[must_use]
    pub fn test_due(&self, build: BuildId, component: Option<ComponentIx>) -> Option<u32> {
        let build = self.builds.get(&build).filter(|_| self.is_owner())?;
        match component {
            Some(component) => build.parts.get(&component).map(|part| part.attempt),
            None => {
                let is_built = matches!(build.state, ModuleState::Testing | ModuleState::Stuck);
                Some(if is_built { build.round } else { 0 })
            }
        }
    }

    /// Returns whether the orchestrator knows that a module build passed.
    #[must_use]
    pub fn has_passed(&self, build: BuildId) -> bool {
        self.builds.get(&build).is_some_and(|build| build.state == ModuleState::Ready)
    }

    /// Returns whether people were mailed that a call about a module gets no answer, and it still has
    /// none.
    #[must_use]
    pub fn is_unanswered(&self, module: ModuleIx) -> bool {
        let of_it = (module, BuildId(0))..=(module, BuildId(u32::MAX));
        self.unanswered.range(of_it).next().is_some()
    }

    /// Returns the same of the answer that one module build waits for.
    #[must_use]
    pub fn awaits_answer(&self, module: ModuleIx, build: BuildId) -> bool {
        self.unanswered.contains(&(module, build))
    }

    fn is_owner(&self) -> bool {
        self.approach == Approach::OrchestratorOwned
    }

    /// A call failed for good.
    pub(super) fn refused(&mut self, call: &Call, fault: Fault) {
        let component = if let Call::BuildComponent { build, component, attempt, .. }
        | Call::TagComponent { build, component, attempt } = *call
        {
            self.part(build, component, |part| part.refused(attempt));
            Some(component)
        } else {
            None
        };
        if let Some(build) = call.build().and_then(|build| self.builds.get_mut(&build)) {
            build.refused = Some(Refused { call: call.kind(), component, fault });
        }
    }
}
