//! The differences between two plans: added, removed and moved modules, and the shift of the end.

use serde::{Deserialize, Serialize};

/// A comparison of a plan with an earlier one. Modules are matched by id.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlanDifference {
    /// The file of the earlier plan.
    pub path: String,
    /// Modules that are rebuilt now and were not, by wave and then by id.
    pub came: Vec<String>,
    /// Modules that were rebuilt and are not now, likewise.
    pub went: Vec<String>,
    /// Modules of both plans that are in another wave.
    pub moved: Vec<MovedModule>,
    /// Modules of both plans with different components to build.
    pub changed: Vec<ChangedModule>,
    /// The end of the planned schedule.
    pub schedule: MovedEnd,
    /// The median of the estimate with every step of koji.
    pub estimate: MovedEnd,
}

/// A module in another wave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedModule {
    /// Its id.
    pub module: String,
    /// Its wave in the earlier plan.
    pub wave_before: u32,
    /// Its wave now.
    pub wave: u32,
}

/// A module with different components to build, not counting reused ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedModule {
    /// Its id.
    pub module: String,
    /// Components that are built now and were not, by key.
    pub came: Vec<String>,
    /// Components that were built and are not now.
    pub went: Vec<String>,
}

/// An end, before and now, in seconds; null if a plan has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MovedEnd {
    /// In the earlier plan.
    pub before_seconds: Option<f64>,
    /// Now.
    pub seconds: Option<f64>,
    /// How much later it is now; negative if earlier.
    pub moved_seconds: Option<f64>,
}

impl PlanDifference {
    /// Returns whether both plans rebuild the same in the same waves.
    #[must_use]
    pub fn is_same(&self) -> bool {
        let Self { came, went, moved, changed, .. } = self;
        came.is_empty() && went.is_empty() && moved.is_empty() && changed.is_empty()
    }
}
