//! The times of a plan: critical path, bounds with their proof, estimate.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::name::{Arch, ComponentKey, PackageName};
use crate::time::Millis;
use crate::time::seconds::Seconds;

/// One component on the critical path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CriticalStep {
    /// The module.
    pub module: String,
    /// The package.
    pub package: PackageName,
    /// Its run time.
    #[serde(rename = "seconds", with = "crate::time::seconds")]
    pub time: Millis,
}

/// The times of a plan, in the ideal model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// With unlimited builders.
    #[serde(rename = "critical_path_seconds", with = "crate::time::seconds")]
    pub critical_path: Millis,
    /// Per arch, the work that only its builders can do, divided by their number; null without
    /// builders.
    #[serde(rename = "capacity_seconds")]
    pub capacity: BTreeMap<Arch, Option<Seconds>>,
    /// The largest of all bounds: no schedule is shorter.
    #[serde(rename = "lower_bound_seconds", with = "crate::time::seconds")]
    pub lower_bound: Millis,
    /// The planned schedule on the farm; null when an arch has no builder.
    #[serde(default, rename = "schedule_seconds", with = "crate::time::seconds::optional")]
    pub schedule: Option<Millis>,
    /// The same with a barrier after each wave.
    #[serde(default, rename = "wave_barrier_seconds", with = "crate::time::seconds::optional")]
    pub wave_barrier: Option<Millis>,
    /// The same with a barrier after each batch of every module, even if its components use
    /// `buildafter`.
    #[serde(default, rename = "batch_barrier_seconds", with = "crate::time::seconds::optional")]
    pub batch_barrier: Option<Millis>,
    /// Whether the schedule is proven the shortest: it ends at the lower bound.
    #[serde(default)]
    pub is_optimal: bool,
    /// The proof of the lower bound; `None` in a plan of an earlier release.
    #[serde(default)]
    pub certificate: Option<Certificate>,
}

/// The proof of a lower bound, which can be checked from the plan and the trace alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    /// `path`: the tasks wait for each other, and their seconds sum to the bound. `energy`: only
    /// builders of one arch can run the tasks, none can start before the head and each has the tail
    /// after it, so `head + work / capacity + tail`, rounded up to the granularity, is the bound.
    pub kind: String,
    /// The arch, of energy.
    pub arch: Option<Arch>,
    /// The arches of the tasks: the same, and those that no other builder runs, such as `noarch` if
    /// all builders have one arch.
    pub arches: Vec<Arch>,
    /// The head: the shortest of the longest paths of component times before the tasks.
    #[serde(rename = "head_seconds", with = "crate::time::seconds")]
    pub head: Millis,
    /// The tail: the shortest of the longest paths of component times after them.
    #[serde(rename = "tail_seconds", with = "crate::time::seconds")]
    pub tail: Millis,
    /// For energy, how many tasks of the arch run at once.
    pub capacity: Option<u64>,
    /// The sum of the tasks, of energy.
    #[serde(rename = "work_seconds", with = "crate::time::seconds")]
    pub work: Millis,
    /// The greatest common divisor of all task times: every schedule ends at a multiple of it.
    #[serde(rename = "granularity_seconds", with = "crate::time::seconds")]
    pub granularity: Millis,
    /// The tasks, each component once; for a path, in order.
    pub tasks: Vec<CertificateTask>,
}

/// One task of a certificate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CertificateTask {
    /// The module.
    pub module: String,
    /// The component.
    pub component: ComponentKey,
    /// The time of its task, or the sum if it has several of these arches.
    #[serde(rename = "seconds", with = "crate::time::seconds")]
    pub time: Millis,
}

/// The time of a plan with every step of koji (polls, source RPMs, tags, repos), from runs on the
/// virtual farm in which nothing fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Half of the runs took no longer; null if none was done, for example because an arch has no
    /// builder.
    #[serde(default, rename = "seconds_p50", with = "crate::time::seconds::optional")]
    pub p50: Option<Millis>,
    /// Nine in ten took no longer; null if fewer than [`Estimate::RUNS_FOR_P90`] runs were done.
    #[serde(default, rename = "seconds_p90", with = "crate::time::seconds::optional")]
    pub p90: Option<Millis>,
    /// How many runs there were.
    pub replications: u64,
    /// Whether all runs took equally long, or a single run was made because all would.
    #[serde(default)]
    pub no_spread: bool,
}

impl Estimate {
    /// With fewer runs the ninth decile is unknown.
    pub const RUNS_FOR_P90: u64 = 30;
}
