//! One approach under one cascade, with its runs.

use serde::{Deserialize, Serialize};

use crate::sim::{Figure, Outcome, Runs};

/// One approach under one cascade.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    /// Its name, such as `koji-owned/literal`.
    pub name: String,
    /// Its runs, in replication order.
    pub runs: Runs,
}

impl Variant {
    /// Returns the makespans of the runs that ended `done`, in milliseconds.
    #[must_use]
    pub fn makespans_done(&self) -> Vec<u64> {
        self.runs.makespans_done()
    }
}

/// Returns the ends of both, replication by replication, in milliseconds; `None` where a run was
/// never done.
pub(super) fn ends(first: &Runs, second: &Runs) -> Vec<(Option<u64>, Option<u64>)> {
    let ended = |runs: &Runs| -> Vec<Option<u64>> {
        let makespans = runs.all(Figure::Makespan).into_iter().zip(runs.outcomes());
        makespans.map(|(end, outcome)| (outcome == Outcome::Done).then_some(end)).collect()
    };
    ended(first).into_iter().zip(ended(second)).collect()
}
