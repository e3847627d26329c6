//! The times of a plan: critical path, bounds with their proof, estimate.

use std::collections::BTreeMap;

use crate::name::{Arch, ComponentKey, PackageName};
use serde::{Deserialize, Serialize};

/// One component on the critical path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CriticalStep {
    /// The module.
    pub module: String,
    /// The package.
    pub package: PackageName,
    /// Its run time.
    pub seconds: f64,
}

/// The times of a plan, in the ideal model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// With unlimited builders.
    pub critical_path_seconds: f64,
    /// Per arch, the work that only its builders can do, divided by their number; null without
    /// builders.
    pub capacity_seconds: BTreeMap<Arch, Option<f64>>,
    /// The largest of all bounds: no schedule is shorter.
    pub lower_bound_seconds: f64,
    /// The planned schedule on the farm; null when an arch has no builder.
    pub schedule_seconds: Option<f64>,
    /// The same with a barrier after each wave.
    pub wave_barrier_seconds: Option<f64>,
    /// The same with a barrier after each batch of every module, even if its components use
    /// `buildafter`.
    #[serde(default)]
    pub batch_barrier_seconds: Option<f64>,
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
    pub head_seconds: f64,
    /// The tail: the shortest of the longest paths of component times after them.
    pub tail_seconds: f64,
    /// For energy, how many tasks of the arch run at once.
    pub capacity: Option<u64>,
    /// The sum of the tasks, of energy.
    pub work_seconds: f64,
    /// The greatest common divisor of all task times: every schedule ends at a multiple of it.
    pub granularity_seconds: f64,
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
    pub seconds: f64,
}

/// The time of a plan with every step of koji (polls, source RPMs, tags, repos), from runs on the
/// virtual farm in which nothing fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Half of the runs took no longer; null if none was done, for example because an arch has no
    /// builder.
    pub seconds_p50: Option<f64>,
    /// Nine in ten took no longer; null if fewer than [`Estimate::RUNS_FOR_P90`] runs were done.
    pub seconds_p90: Option<f64>,
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
