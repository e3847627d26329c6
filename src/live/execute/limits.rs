//! What a site allows a run at the hub, kept with the run so that each of its processes heeds the same.

use serde::{Deserialize, Serialize};

use crate::site::Site;

/// The limits of a run. Those on module builds and on tasks in flight are settings of the engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// The most repos that one process of the run waits for at a time.
    pub repos_in_flight: u32,
    /// The least time between two submissions, in milliseconds.
    pub submit_interval_ms: u64,
    /// When failures stop the run.
    pub failures: FailuresMax,
    /// Nothing is submitted while the farm's load is above this share of its capacity; `None`: the load is
    /// not asked for.
    pub farm_load_max: Option<f64>,
}

/// The failures that a run bears.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailuresMax {
    /// The share of the ended builds that may have failed.
    pub share: f64,
    /// The share is not looked at before so many builds ended.
    pub from: u32,
}

impl Limits {
    /// Returns the limits of a site.
    #[must_use]
    pub fn of(site: &Site) -> Self {
        let limits = &site.limits;
        let failures = limits.failures_share;
        Self {
            repos_in_flight: limits.repos_in_flight,
            submit_interval_ms: limits.submit_interval.0,
            failures: FailuresMax { share: failures.share, from: failures.from },
            farm_load_max: Some(limits.farm_load_max),
        }
    }
}
