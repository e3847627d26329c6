//! Reuse of earlier component builds, with reasons.
//!
//! Three strategies are exactly the recorded ones of the Module Build Service; the fourth,
//! `dependencies`, is ours: it rebuilds components that a change reaches through the component
//! graph, and it compares versions of buildrequired modules, while the service only compares their
//! streams. An unpinned source (a branch) never counts as unchanged.

mod candidate;
mod decide;
mod planned;
mod reason;
mod recipe;

use std::fmt;
use std::str::FromStr;

pub use candidate::{On, candidate};
pub use decide::{Decision, decide};
pub use planned::Reuse;
pub(super) use planned::{Asked, decide_all};
pub use reason::Reason;
pub use recipe::{Part, Recipe, Source, commit_of};

/// How much of an earlier build is reused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// Everything is built.
    #[default]
    All,
    /// Unchanged components are reused, unless something in an earlier batch changed.
    ChangedAndAfter,
    /// Unchanged components are reused.
    OnlyChanged,
    /// Components that no change reaches in the component graph are reused.
    Dependencies,
}

impl Strategy {
    /// Every strategy, the default first.
    pub const ALL: [Self; 4] =
        [Self::All, Self::ChangedAndAfter, Self::OnlyChanged, Self::Dependencies];

    /// Returns its name on the command line and in the service's API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::ChangedAndAfter => "changed-and-after",
            Self::OnlyChanged => "only-changed",
            Self::Dependencies => "dependencies",
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text names no rebuild strategy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid rebuild strategy `{text}`: use all, changed-and-after, only-changed or \
         dependencies"
)]
pub struct StrategyError {
    text: String,
}

impl FromStr for Strategy {
    type Err = StrategyError;

    fn from_str(text: &str) -> Result<Self, StrategyError> {
        let named = Self::ALL.into_iter().find(|strategy| strategy.as_str() == text);
        named.ok_or_else(|| StrategyError { text: text.to_owned() })
    }
}

#[cfg(test)]
mod tests;
