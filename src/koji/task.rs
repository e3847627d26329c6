//! Task states and the weight a builder gives a task when it opens it.

use std::fmt;

/// The state of a task, numbered as the hub numbers them.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum TaskState {
    /// Waits for a builder.
    Free = 0,
    /// Runs.
    Open = 1,
    /// Succeeded.
    Closed = 2,
    /// Was stopped.
    Canceled = 3,
    /// Given to a builder that has not yet opened it.
    Assigned = 4,
    /// Failed.
    Failed = 5,
}

impl TaskState {
    /// Returns the state in koji's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Free => "FREE",
            Self::Open => "OPEN",
            Self::Closed => "CLOSED",
            Self::Canceled => "CANCELED",
            Self::Assigned => "ASSIGNED",
            Self::Failed => "FAILED",
        }
    }

    /// Returns the state the hub numbers so.
    #[must_use]
    pub fn from_number(number: i64) -> Option<Self> {
        const ALL: [TaskState; 6] = [
            TaskState::Free,
            TaskState::Open,
            TaskState::Closed,
            TaskState::Canceled,
            TaskState::Assigned,
            TaskState::Failed,
        ];
        usize::try_from(number).ok().and_then(|index| ALL.get(index)).copied()
    }

    /// Returns whether the task is over; such a state never changes.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Closed | Self::Canceled | Self::Failed)
    }
}

impl fmt::Display for TaskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Task states as the hub numbers them, for serde.
#[cfg(feature = "live")]
pub(super) mod number {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use super::TaskState;

    pub(in crate::koji) fn serialize<S: Serializer>(
        state: &TaskState,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(*state as i64)
    }

    pub(in crate::koji) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<TaskState, D::Error> {
        let number = i64::deserialize(deserializer)?;
        let unknown = || D::Error::custom(format!("{number} is not the state of a task"));
        TaskState::from_number(number).ok_or_else(unknown)
    }
}

/// Methods and the weight of an open task of each, as the builder daemon 1.36 has them;
/// `buildArch` grows by the history of its package.
const WEIGHTS: &[(&str, f64)] = &[
    ("shutdown", 0.0),
    ("restart", 0.1),
    ("restartVerify", 0.1),
    ("restartHosts", 0.1),
    ("chainbuild", 0.1),
    ("newRepo", 0.1),
    ("distRepo", 0.1),
    ("moduleBuild", 0.1),
    ("tagNotification", 0.1),
    ("buildNotification", 0.1),
    ("waittest", 0.1),
    ("subtask", 0.1),
    ("default", 0.1),
    ("build", 0.2),
    ("waitrepo", 0.2),
    ("maven", 0.2),
    ("chainmaven", 0.2),
    ("dependantTask", 0.2),
    ("winbuild", 0.2),
    ("sleep", 0.25),
    ("buildSRPMFromSCM", 1.0),
    ("rebuildSRPM", 1.0),
    ("tagBuild", 1.0),
    ("image", 1.0),
    ("appliance", 1.0),
    ("livecd", 1.0),
    ("livemedia", 1.0),
    ("createrepo", 1.5),
    ("createdistrepo", 1.5),
    ("buildMaven", 1.5),
    ("wrapperRPM", 1.5),
    ("createAppliance", 1.5),
    ("createLiveCD", 1.5),
    ("createLiveMedia", 1.5),
    ("buildArch", 1.5),
    ("createImage", 2.0),
    ("runroot", 2.0),
    ("createKiwiImage", 2.0),
    ("saveFailedTree", 3.0),
    ("vmExec", 3.0),
    ("kiwiBuild", 4.0),
];

/// Returns every method known, lightest first.
pub fn methods() -> impl Iterator<Item = &'static str> {
    WEIGHTS.iter().map(|(method, _)| *method)
}

/// Returns the weight of an open task of `method`; `None` for a method koji does not have, whose
/// tasks weigh 1.
#[must_use]
pub fn weight(method: &str) -> Option<f64> {
    WEIGHTS.iter().find(|(known, _)| *known == method).map(|(_, weight)| *weight)
}
