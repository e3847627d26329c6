//! The differences between two plans: added, removed and moved modules, and the shift of the end.

use serde::{Deserialize, Serialize};

use crate::time::Millis;
use crate::time::seconds::Seconds;

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

/// An end, before and now; `None` if a plan has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "MovedSeconds", into = "MovedSeconds")]
pub struct MovedEnd {
    /// In the earlier plan.
    pub before: Option<Millis>,
    /// Now.
    pub now: Option<Millis>,
}

/// A moved end in JSON.
#[derive(Serialize, Deserialize)]
struct MovedSeconds {
    before_seconds: Option<Seconds>,
    seconds: Option<Seconds>,
    /// How much later it is now; negative if earlier.
    moved_seconds: Option<f64>,
}

impl From<MovedEnd> for MovedSeconds {
    fn from(MovedEnd { before, now }: MovedEnd) -> Self {
        let moved = |(before, now): (Millis, Millis)| match now >= before {
            true => Millis(now.0 - before.0).as_secs_f64(),
            false => -Millis(before.0 - now.0).as_secs_f64(),
        };
        Self {
            before_seconds: before.map(Seconds),
            seconds: now.map(Seconds),
            moved_seconds: before.zip(now).map(moved),
        }
    }
}

impl From<MovedSeconds> for MovedEnd {
    fn from(MovedSeconds { before_seconds, seconds, .. }: MovedSeconds) -> Self {
        let span = |Seconds(span): Seconds| span;
        Self { before: before_seconds.map(span), now: seconds.map(span) }
    }
}

impl PlanDifference {
    /// Returns whether both plans rebuild the same in the same waves.
    #[must_use]
    pub fn is_same(&self) -> bool {
        let Self { came, went, moved, changed, .. } = self;
        came.is_empty() && went.is_empty() && moved.is_empty() && changed.is_empty()
    }
}
