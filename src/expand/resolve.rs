//! Resolution: the builds in the buildroot of one document.
//!
//! ```text
//! candidates ─► Universe ─► keys ─► one search a key ─► answers, and refusals in words
//! ```
//!
//! The model is the one the Module Build Service hands to a package solver: a buildroot has one
//! build per module name, everything that the document buildrequires, and their dependencies at run
//! time. While the service solves once for every combination of *builds*, modplan groups the builds
//! by their streams (a *key*), drops keys as soon as a part of them conflicts, solves modules that
//! share only the platform independently, and searches each key for its best set:
//!
//! 1. the smallest sum of newness: the number of builds of the same stream that are newer than the
//!    chosen one;
//! 2. the smallest set;
//! 3. the fewest builds made against another platform stream than the chosen one;
//! 4. the preferred streams, newest first (see [`Universe`]), then the first found, in the order of
//!    names.
//!
//! The answer does not depend on the order in which candidates are given. Builds of one version are
//! distinguished by [`Candidate::added`], from the service's build ids; if unknown, they count as
//! equally new.

mod candidate;
mod conflict;
mod keys;
mod parts;
mod requirement;
mod search;
mod state;
mod universe;

use std::collections::BTreeMap;

pub use candidate::Candidate;
pub use conflict::{Conflict, Side, Who};
pub use requirement::{Match, Requirements, provides};
pub use universe::{CandidateIx, Universe};

use crate::name::{ModuleName, NameStream, StreamName};

/// Modules with their accepted streams; an empty list accepts any.
pub type Needs = BTreeMap<ModuleName, Vec<StreamName>>;

/// How much work one resolution may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The maximum number of keys of a group before its expansion is refused.
    pub keys_max: usize,
    /// Choices tried for one key before the best set so far is used.
    pub choices_max: usize,
    /// Choices tried for all keys of a group together, before every further one is cut short.
    pub choices_total_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { keys_max: 50_000, choices_max: 200_000, choices_total_max: 1_000_000 }
    }
}

/// One valid buildroot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Index of the dependency group it answers.
    pub group: usize,
    /// The builds in it, by module name; everything that is needed, and nothing else.
    pub builds: Vec<CandidateIx>,
    /// Whether it is known to be the best one; false if the search was cut short.
    pub best: bool,
}

/// A combination of streams that no buildroot has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Index of the dependency group.
    pub group: usize,
    /// The streams that conflict; this refuses every key that contains them.
    pub key: Vec<NameStream>,
    /// Why not.
    pub conflict: Conflict,
}

/// The outcome of one dependency group as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// At least one key has an answer.
    Solved,
    /// A buildrequired module has no build in any wanted stream: there is no result.
    NoProvider(Vec<ModuleName>),
    /// Every module is available, but they conflict: the service fails as a whole here.
    Unsolvable,
    /// There are more keys than [`Limits::keys_max`]; none was tried.
    TooManyKeys {
        /// How many streams each buildrequired module offers.
        streams: Vec<(ModuleName, usize)>,
    },
    /// An earlier group without buildrequires ends the expansion, as it does in the service.
    Dropped,
}

/// Everything a resolution found out.
#[derive(Clone, Debug, Default)]
pub struct Resolution {
    /// One answer for each key that has one, by group and key.
    pub answers: Vec<Answer>,
    /// The keys without an answer, as their smallest conflicting parts.
    pub refusals: Vec<Refusal>,
    /// One verdict a group.
    pub verdicts: Vec<Verdict>,
}

/// Resolves the buildrequires of each dependency group of a document against a universe.
///
/// A group without buildrequires needs nothing and drops all other groups, as in the service.
#[must_use]
pub fn resolve(universe: &Universe, groups: &[Needs], limits: Limits) -> Resolution {
    if let Some(alone) = groups.iter().position(Needs::is_empty) {
        let mut verdicts = vec![Verdict::Dropped; groups.len()];
        verdicts[alone] = Verdict::Solved;
        let answers = vec![Answer { group: alone, builds: Vec::new(), best: true }];
        return Resolution { answers, refusals: Vec::new(), verdicts };
    }
    let mut resolution = Resolution::default();
    for (group, needs) in groups.iter().enumerate() {
        keys::resolve_group(universe, keys::Group { index: group, needs, limits }, &mut resolution);
    }
    resolution
}
