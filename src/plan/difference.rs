//! What differs between two plans: what came, went and moved, and by how much the end moved.

use serde::{Deserialize, Serialize};

/// A plan against an earlier one. Modules are the same where their ids are.
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
    /// Modules of both plans of which other components are built.
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

/// A module of which other components are built: those that an earlier build is taken over for are not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedModule {
    /// Its id.
    pub module: String,
    /// Components that are built now and were not, by key.
    pub came: Vec<String>,
    /// Components that were built and are not now.
    pub went: Vec<String>,
}

/// An end, before and now, in seconds; null where a plan has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MovedEnd {
    /// In the earlier plan.
    pub before_seconds: Option<f64>,
    /// Now.
    pub seconds: Option<f64>,
    /// How much later it is now; negative where it is earlier.
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
