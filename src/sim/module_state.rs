//! How modules stand at the end of a run.

/// How a module stands at the end of a run.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum ModuleState {
    /// Its last build passed.
    Ready,
    /// Its last build failed.
    Failed,
    /// It waits for what will not come, such as a builder of an arch that no builder has.
    Stuck,
    /// Something it depends on is not ready.
    Blocked,
    /// It was not reached, or the run was cut off before it ended.
    Waiting,
}
