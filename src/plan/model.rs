//! A plan, as it is printed and read back. Times are seconds; ids are `name:stream:context`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::moved::OnPlatform;
use crate::name::{Arch, ComponentKey, PackageName};
use crate::trace::EstimateFrom;

/// The number of the plan's JSON format; it rises when a field changes its meaning.
pub const FORMAT: u32 = 1;

/// What is rebuilt, why, in which order, and how long it takes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// [`FORMAT`].
    pub format: u32,
    /// What was read.
    pub inputs: Vec<PlanInput>,
    /// What was asked for, as typed.
    pub roots: Vec<String>,
    /// The rebuilt modules, by wave and then by id.
    pub modules: Vec<PlanModule>,
    /// From what is built first to what needs it, sorted; cut edges among them.
    pub edges: Vec<Edge>,
    /// The ids of each wave, sorted.
    pub waves: Vec<Vec<String>>,
    /// Modules that wait for each other.
    pub cycles: Vec<PlanCycle>,
    /// Requirements that nothing loaded answers.
    pub dangling: Vec<DanglingRow>,
    /// Requirements of modules on streams of their own names.
    pub self_requires: Vec<SelfRequireRow>,
    /// What must exist before the plan can start, as `name:stream`, sorted.
    pub prerequisites: Vec<String>,
    /// What the length of the plan hangs on, in order.
    pub critical_path: Vec<CriticalStep>,
    /// How long it takes.
    pub bounds: Bounds,
    /// How long it takes with every step of koji, where the virtual farm was asked.
    #[serde(default)]
    pub estimate: Option<Estimate>,
    /// What the modules become on another platform, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_platform: Option<OnPlatform>,
}

/// One input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanInput {
    /// Its path.
    pub path: String,
    /// What it holds.
    pub kind: String,
    /// How many documents or rows.
    pub documents: usize,
    /// SHA-256 of its bytes as stored.
    pub sha256: String,
}

/// One module to rebuild.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanModule {
    /// `name:stream:context`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its stream.
    pub stream: String,
    /// The version it has now.
    pub version: String,
    /// Its context; empty where it has none.
    pub context: String,
    /// The stream of the base module it builds on.
    pub platform: Option<String>,
    /// Its wave, from 1.
    pub wave: u32,
    /// Whether it has nothing to build, and only hands a rebuild on.
    pub pass_through: bool,
    /// What orders its components.
    pub order: ComponentOrder,
    /// Why it is rebuilt.
    pub because: Vec<Because>,
    /// Its components by batch; the first real batch is 2, since 1 is the macros package's.
    pub batches: Vec<PlanBatch>,
    /// When it can start with unlimited builders.
    pub earliest_start_seconds: f64,
    /// When it can be finished with unlimited builders.
    pub earliest_finish_seconds: f64,
    /// How much later it may finish without lengthening the whole.
    pub slack_seconds: f64,
    /// The version that its rebuild gets, where the time of submission was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_version: Option<String>,
}

/// What orders the components of a module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ComponentOrder {
    /// Batches: all of one before any of the next.
    #[default]
    Batches,
    /// `buildafter`: each component after those it names.
    Graph,
}

/// Why a module is rebuilt.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Because {
    /// The kind of reason.
    pub kind: BecauseKind,
    /// The module or root that is the reason.
    pub on: String,
    /// The file that says so.
    pub path: String,
    /// The line in it.
    pub line: u32,
}

/// The kind of a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BecauseKind {
    /// It was named as changed.
    Changed,
    /// A package it builds was named as changed.
    ChangedPackage,
    /// Everything is rebuilt.
    All,
    /// It builds on a module that is rebuilt.
    Buildrequires,
    /// It needs a module at run time that is rebuilt.
    Requires,
    /// Another context of its stream is rebuilt, and they share one source.
    Sibling,
}

/// Components built side by side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanBatch {
    /// Its number, as MBS counts.
    pub index: u32,
    /// Its components, by key.
    pub components: Vec<PlanComponent>,
}

/// One component to build.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanComponent {
    /// Its key in the document.
    pub component: ComponentKey,
    /// koji's name for it.
    pub package: PackageName,
    /// The commit, tag or branch of its sources, where one is given.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// The arches it is built for.
    pub arches: Vec<Arch>,
    /// The keys it names in `buildafter`.
    pub after: Vec<ComponentKey>,
    /// The longest estimate over its tasks.
    pub estimate_seconds: f64,
    /// The coarsest source among them.
    pub estimate_from: EstimateFrom,
    /// Its koji tasks; none where its earlier build is reused.
    pub tasks: Vec<PlanTask>,
    /// The URL of its source, where `--sources` gives one.
    #[serde(default)]
    pub source: Option<String>,
    /// Whether its earlier build is taken over and nothing is built.
    #[serde(default)]
    pub reused: bool,
    /// Why it is rebuilt or reused, in words.
    #[serde(default)]
    pub why: String,
}

/// One koji task of a component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanTask {
    /// koji's method: `buildArch`, or `build` where only whole builds are known.
    pub method: String,
    /// Its arch; `noarch` runs on any builder.
    pub arch: Arch,
    /// How long it takes.
    pub estimate_seconds: f64,
}

/// An edge of the plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edge {
    /// What is built first.
    pub from: String,
    /// What needs it.
    pub to: String,
}

/// Modules that wait for each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanCycle {
    /// Their ids, sorted.
    pub members: Vec<String>,
    /// The edges left out so that the rest is no cycle.
    pub cut: Vec<Edge>,
    /// Whether no smaller cut exists.
    pub cut_proven: bool,
}

/// A requirement that nothing loaded answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DanglingRow {
    /// Who requires it.
    pub module: String,
    /// What, as `name:stream`.
    pub requires: String,
    /// `not loaded` or `no compatible context`.
    pub reason: String,
    /// The file that says so; empty in a plan of an earlier release.
    #[serde(default)]
    pub path: String,
    /// The line in it.
    #[serde(default)]
    pub line: u32,
}

/// A requirement of a module on a stream of its own name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelfRequireRow {
    /// The module.
    pub module: String,
    /// What it requires, as `name:stream`.
    pub requires: String,
}

/// One component on the critical path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CriticalStep {
    /// The module.
    pub module: String,
    /// The package.
    pub package: PackageName,
    /// How long it takes.
    pub seconds: f64,
}

/// How long a plan takes, in the ideal model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// With unlimited builders.
    pub critical_path_seconds: f64,
    /// Per arch, the work only its builders can do over their number; null without builders.
    pub capacity_seconds: BTreeMap<Arch, Option<f64>>,
    /// The largest of all bounds: no schedule is shorter.
    pub lower_bound_seconds: f64,
    /// The planned schedule on the farm; null when an arch has no builder.
    pub schedule_seconds: Option<f64>,
    /// The same with a barrier after each wave.
    pub wave_barrier_seconds: Option<f64>,
}

/// How long a plan takes with every step of koji (polls, source RPMs, tags, repos), from runs on the
/// virtual farm in which nothing fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Half of the runs took no longer; null where none was done, as when an arch has no builder.
    pub seconds_p50: Option<f64>,
    /// Nine in ten took no longer.
    pub seconds_p90: Option<f64>,
    /// How many runs there were.
    pub replications: u64,
}

impl Plan {
    /// Renders the plan as JSON.
    ///
    /// # Panics
    /// Never: numbers and texts are JSON always.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("numbers and texts are JSON");
        text.push('\n');
        text
    }

    /// Returns the components to build, over all modules.
    pub fn components(&self) -> impl Iterator<Item = &PlanComponent> {
        let batches = self.modules.iter().flat_map(|module| &module.batches);
        batches.flat_map(|batch| &batch.components)
    }
}
