//! The rules by which a rebuild spreads.

use serde::{Deserialize, Serialize};

/// The rule by which a rebuild spreads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cascade {
    /// Every module that passed has every dependant rebuilt, at once: the rule of 2016. A module
    /// is rebuilt once for every path that reaches it.
    Literal,
    /// As literal, but a dependant that already waits to be rebuilt is not queued twice.
    Coalesced,
    /// A module is rebuilt once, after all that is rebuilt before it passed.
    Planned,
}

impl Cascade {
    /// Returns the word used in formats.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Literal => "literal",
            Self::Coalesced => "coalesced",
            Self::Planned => "planned",
        }
    }
}
