//! The states of builds and repos, numbered as the hub numbers them.

use serde::{Deserialize, Serialize};

/// The state of a build.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub enum BuildState {
    /// Is being built, or its name is reserved.
    #[default]
    Building = 0,
    /// Is there.
    Complete = 1,
    /// Was deleted.
    Deleted = 2,
    /// Failed.
    Failed = 3,
    /// Was stopped.
    Canceled = 4,
}

/// The state of a repo; it only ever grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub enum RepoState {
    /// Is being made.
    #[default]
    Init = 0,
    /// Can be used.
    Ready = 1,
    /// Is out of date.
    Expired = 2,
    /// Was deleted.
    Deleted = 3,
    /// Could not be made.
    Problem = 4,
}

impl BuildState {
    /// Returns the state in koji's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Building => "BUILDING",
            Self::Complete => "COMPLETE",
            Self::Deleted => "DELETED",
            Self::Failed => "FAILED",
            Self::Canceled => "CANCELED",
        }
    }
}

impl From<BuildState> for i64 {
    fn from(state: BuildState) -> Self {
        state as Self
    }
}

impl From<RepoState> for i64 {
    fn from(state: RepoState) -> Self {
        state as Self
    }
}

impl TryFrom<i64> for BuildState {
    type Error = String;

    fn try_from(number: i64) -> Result<Self, String> {
        [Self::Building, Self::Complete, Self::Deleted, Self::Failed, Self::Canceled]
            .into_iter()
            .find(|&state| i64::from(state) == number)
            .ok_or_else(|| format!("{number} is not the state of a build"))
    }
}

impl TryFrom<i64> for RepoState {
    type Error = String;

    fn try_from(number: i64) -> Result<Self, String> {
        [Self::Init, Self::Ready, Self::Expired, Self::Deleted, Self::Problem]
            .into_iter()
            .find(|&state| i64::from(state) == number)
            .ok_or_else(|| format!("{number} is not the state of a repo"))
    }
}
