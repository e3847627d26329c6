//! The states of module builds and of their components, with the numbers and names of the Module Build
//! Service.

use serde::{Deserialize, Serialize};

/// How a module build stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It is submitted and expanded.
    Init,
    /// Its run has begun: tags and target are made.
    Wait,
    /// Its components are built.
    Build,
    /// Everything is built; it waits for its gate. A scratch build ends here.
    Done,
    /// It failed, or somebody canceled it.
    Failed,
    /// It may be used.
    Ready,
    /// It is past its end of life.
    Garbage,
}

impl State {
    /// Every state, in the order of their numbers.
    pub const ALL: [Self; 7] =
        [Self::Init, Self::Wait, Self::Build, Self::Done, Self::Failed, Self::Ready, Self::Garbage];

    /// Returns its number.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Init => 0,
            Self::Wait => 1,
            Self::Build => 2,
            Self::Done => 3,
            Self::Failed => 4,
            Self::Ready => 5,
            Self::Garbage => 6,
        }
    }

    /// Returns its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Wait => "wait",
            Self::Build => "build",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Ready => "ready",
            Self::Garbage => "garbage",
        }
    }

    /// Reads a name or a number.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text || state.number().to_string() == text)
    }
}

/// koji's state of the build of a package; a component that is not begun has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum PackageState {
    /// It is being built.
    Building,
    /// It is built.
    Complete,
    /// It was deleted.
    Deleted,
    /// It failed.
    Failed,
    /// It was canceled.
    Canceled,
}

impl PackageState {
    /// Every state, in the order of their numbers.
    pub const ALL: [Self; 5] =
        [Self::Building, Self::Complete, Self::Deleted, Self::Failed, Self::Canceled];

    /// Returns koji's number.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Building => 0,
            Self::Complete => 1,
            Self::Deleted => 2,
            Self::Failed => 3,
            Self::Canceled => 4,
        }
    }

    /// Returns koji's name.
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

    /// Reads a name or a number.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| {
            state.as_str().eq_ignore_ascii_case(text) || state.number().to_string() == text
        })
    }
}
