//! Everything that decides a run, but for its replication.

use std::sync::Arc;

use super::conditions::Conditions;
use super::farm::Slots;
use super::history::{DurationMode, Outcomes};
use super::hub_setup::HubSetup;
use super::subjects::Subjects;
use crate::orchestrate::{Approach, BuildBudget, Cascade, Catalog, Dispatch, Limits, Orchestrator};
use crate::scenario::Hears;
use crate::time::Millis;
use crate::trace::Samples;

/// Everything that decides a run, but for its replication.
#[derive(Clone, Debug)]
pub struct Setup {
    /// What can be rebuilt.
    pub catalog: Arc<Catalog>,
    /// What identifies all of it in draws, and the row of samples of each task.
    pub subjects: Arc<Subjects>,
    /// The rows.
    pub samples: Arc<Vec<Samples>>,
    /// The builders.
    pub slots: Slots,
    /// The hub that builds go through; `None`: the ideal model.
    pub hub: Option<Arc<HubSetup>>,
    /// Who owns the build.
    pub approach: Approach,
    /// How a rebuild spreads.
    pub cascade: Cascade,
    /// In which order the orchestrator-owned approach submits components.
    pub dispatch: Dispatch,
    /// How many component builds it may have under way.
    pub submit_limit: u32,
    /// How many module builds stop a storm.
    pub builds_max: u32,
    /// How durations are taken from history.
    pub durations: DurationMode,
    /// Where outcomes come from.
    pub outcomes: Outcomes,
    /// What else a run meets.
    pub conditions: Conditions,
    /// The seed of every draw.
    pub seed: u64,
}

impl Setup {
    /// Makes the orchestrator, with so many module builds left of the cap.
    #[must_use]
    pub fn orchestrator(&self, builds_left: u32) -> Orchestrator {
        Orchestrator::new(&self.catalog, self.approach, self.cascade, self.limits(builds_left))
    }

    /// Returns whether components pass a gate before they are tagged: koji's own task of a module tags what
    /// it builds.
    pub(super) fn has_component_gate(&self) -> bool {
        self.conditions.gates.component && self.approach == Approach::OrchestratorOwned
    }

    /// Returns how often orchestrator-owned polls, where it hears of koji by nothing else.
    pub(super) fn hears_by_polls(&self) -> Option<Millis> {
        let is_so =
            self.conditions.hears == Hears::Polls && self.approach == Approach::OrchestratorOwned;
        is_so.then_some(self.conditions.poll)
    }

    /// Returns the limits of the orchestrator, with so many module builds left of the cap.
    #[must_use]
    pub fn limits(&self, builds_left: u32) -> Limits {
        /// How long a result may take where the scenario does not say.
        const TEST_TIMEOUT: Millis = Millis::from_secs(86_400);
        let conditions = &self.conditions;
        Limits {
            dispatch: self.dispatch,
            submit_limit: self.submit_limit,
            budget: BuildBudget::new(builds_left),
            retries: conditions.retries,
            gates: conditions.gates,
            repo: conditions.repo,
            poll: conditions.poll,
            test_timeout: conditions.tests.timeout.unwrap_or(TEST_TIMEOUT),
        }
    }
}
