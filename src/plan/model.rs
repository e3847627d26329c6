//! A plan, as it is printed and read back. Times are seconds; ids are `name:stream:context`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::difference::PlanDifference;
use super::moved::OnPlatform;
use super::since::{ChangeKind, SourceChange};
use crate::name::{Arch, ComponentKey, PackageName};
use crate::trace::EstimateFrom;

/// The number of the plan's JSON format; it rises when a field changes its meaning.
pub const FORMAT: u32 = 2;

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
    /// Why each of them must, and who needs it.
    pub prerequisite_details: Vec<Prerequisite>,
    /// What is submitted, by wave and then by id.
    pub submissions: Vec<SubmissionRow>,
    /// Modules left out because a file spells a requirement wrong, by module.
    pub left_out: Vec<LeftOutRow>,
    /// How many modules the aliases for these would bring, dependants and siblings among them.
    pub left_out_brings: usize,
    /// Rebuilt streams that reach, or have reached, the end of their life.
    pub retired: Vec<RetiredRow>,
    /// What differs from the snapshot that `--since` names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub since: Vec<SinceRow>,
    /// What was asked for.
    pub selection: PlanSelection,
    /// Requirements that were repaired.
    pub aliases: Vec<PlanAlias>,
    /// The arches that components are built for, where they allow it.
    pub arches: Vec<Arch>,
    /// Arches of the inputs that are left out because no builder of the farm builds them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unserved_arches: Vec<Arch>,
    /// The builders that the times are for.
    pub farm: PlanFarm,
    /// Where durations come from.
    pub trace: Vec<PlanFile>,
    /// Values that the plan rests on and nobody gave.
    pub assumed: Vec<Assumed>,
    /// The paths to the modules that `--why` names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<Why>,
    /// What the length of the plan hangs on, in order.
    pub critical_path: Vec<CriticalStep>,
    /// How long it takes.
    pub bounds: Bounds,
    /// How long it takes with every step of koji, where the virtual farm was asked.
    #[serde(default)]
    pub estimate: Option<Estimate>,
    /// How many of the tasks that are rebuilt have their time from where, by the words of
    /// [`EstimateFrom`]: every word is there.
    #[serde(default)]
    pub sources_of_durations: BTreeMap<String, usize>,
    /// What differs from an earlier plan, where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<PlanDifference>,
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
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
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
    /// When it is finished in the planned schedule; null where there is none.
    #[serde(default)]
    pub finish_seconds: Option<f64>,
    /// How much later it may finish in the planned schedule without moving the end of all, the order
    /// on each builder kept; without a schedule the same with unlimited builders.
    pub slack_seconds: f64,
    /// The version that its rebuild gets, where the time of submission was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_version: Option<String>,
    /// `buildopts.rpms.macros`, where it has some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub macros: Option<String>,
    /// Its document, without what only a finished build has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modulemd: Option<String>,
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
    /// It differs from an older snapshot.
    Since,
    /// It builds on a module that is rebuilt.
    Buildrequires,
    /// It needs a module at run time that is rebuilt.
    Requires,
    /// Another context of its stream is rebuilt, and they share one source.
    Sibling,
}

/// Why one module is rebuilt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// The module.
    pub module: String,
    /// The paths to it, each from a root; shortest first.
    pub paths: Vec<Vec<WhyStep>>,
    /// Whether these are all paths.
    pub complete: bool,
}

/// One step of a path: a module, and the one reason that the path takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhyStep {
    /// The module.
    pub module: String,
    /// Why it is rebuilt.
    pub because: Because,
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
    /// Where that is from.
    #[serde(default = "unknown_source")]
    pub estimate_from: EstimateFrom,
    /// The builder that runs it in the planned schedule, `GROUP/NUMBER`; null where there is none.
    #[serde(default)]
    pub builder: Option<String>,
    /// When it starts there.
    #[serde(default)]
    pub start_seconds: Option<f64>,
    /// How much later it may end without moving the end of all, the order on each builder kept.
    #[serde(default)]
    pub slack_seconds: Option<f64>,
    /// How much earlier all would end if it took no time.
    #[serde(default)]
    pub drag_seconds: Option<f64>,
}

/// A plan of an earlier release does not say where its estimates are from.
fn unknown_source() -> EstimateFrom {
    EstimateFrom::Default
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
    /// Who requires whom, and where.
    pub edges: Vec<CycleEdge>,
    /// The members in an order in which each is built after all it needs, but for the cut.
    pub order: Vec<String>,
    /// Whether only submissions wait for each other, and not their contexts by themselves: then
    /// `--unit context` is a way out.
    pub by_submission: bool,
}

/// An edge of a cycle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CycleEdge {
    /// What is required.
    pub from: String,
    /// Who requires it.
    pub to: String,
    /// The requirement as written, `name:stream`.
    pub requires: String,
    /// The file that says so.
    pub path: String,
    /// The line in it.
    pub line: u32,
}

/// What is submitted at once: a source with its contexts, or one context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmissionRow {
    /// `name:stream`; with its version where that alone does not name it. For a single context the
    /// id of the module.
    pub id: String,
    /// Its wave, from 1.
    pub wave: u32,
    /// The ids of its modules, sorted.
    pub modules: Vec<String>,
    /// How many of them have a reason of their own.
    pub forced: usize,
    /// How many come along because they share the source.
    pub siblings: usize,
}

/// A module that is left out because a file spells its requirement wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOutRow {
    /// The module.
    pub module: String,
    /// What it requires, as written.
    pub requires: String,
    /// What is loaded and nearly the same.
    pub perhaps: String,
    /// The file that says so.
    pub path: String,
    /// The line in it.
    pub line: u32,
    /// The column in the line.
    pub column: u32,
}

/// A rebuilt stream that reaches the end of its life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetiredRow {
    /// The stream.
    pub stream: String,
    /// From when on; none where at once.
    pub eol_date: Option<String>,
    /// What to use in its place.
    pub obsoleted_by: Option<String>,
}

/// One module that differs from the snapshot of `--since`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SinceRow {
    /// Its id.
    pub module: String,
    /// How it differs.
    pub change: ChangeKind,
    /// Its version before.
    pub from_version: Option<String>,
    /// Its version now.
    pub to_version: Option<String>,
    /// The components whose sources differ, or cannot be told.
    pub sources: Vec<SourceChange>,
    /// Whether its dependencies differ.
    pub dependencies: bool,
}

/// What was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanSelection {
    /// `--changed`.
    pub changed: Vec<String>,
    /// `--built`.
    pub built: Vec<String>,
    /// `--changed-package`.
    pub changed_package: Vec<String>,
    /// `--since`.
    pub since: Vec<String>,
    /// `--all`.
    pub all: bool,
    /// `--only`.
    pub only: Vec<String>,
    /// `--exclude`.
    pub exclude: Vec<String>,
    /// `--given`.
    pub given: Vec<String>,
    /// `--skip-eol`.
    pub skip_eol: bool,
    /// `--follow`.
    pub follow: String,
    /// `--unit`.
    pub unit: String,
    /// `--versions`.
    pub versions: String,
}

/// A requirement that was repaired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanAlias {
    /// As files spell it.
    pub written: String,
    /// What it means.
    pub meant: String,
}

/// A file that a plan rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanFile {
    /// Its path.
    pub path: String,
    /// SHA-256 of its bytes as stored.
    pub sha256: String,
}

/// The farm that the times are for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlanFarm {
    /// The path of its file, where one was given.
    pub path: Option<String>,
    /// SHA-256 of the file.
    pub sha256: Option<String>,
    /// `ideal` or `koji`.
    pub model: String,
    /// The builders.
    pub builders: Vec<PlanBuilders>,
}

/// Builders that are alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanBuilders {
    /// Their name.
    pub name: String,
    /// How many there are.
    pub count: u32,
    /// What they build.
    pub arches: Vec<Arch>,
    /// How much task weight one takes at a time.
    pub capacity: f64,
}

/// A value that the plan rests on and nobody gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assumed {
    /// What it is of: `builders`, `durations`, `arches`.
    pub key: String,
    /// The value, in words.
    pub value: String,
    /// What would have given it.
    pub because: String,
}

/// What must exist before the plan can start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prerequisite {
    /// `name:stream`.
    pub requires: String,
    /// Why the plan does not make it.
    pub kind: PrerequisiteKind,
    /// Whether the plan rebuilds that stream: then an earlier build of it is meant.
    pub rebuilt_here: bool,
    /// Who needs it.
    pub modules: Vec<String>,
}

/// Why a plan does not make what it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrerequisiteKind {
    /// No input holds it.
    NotLoaded,
    /// It is loaded, but none of its contexts fits.
    NoCompatibleContext,
    /// A module builds on an earlier build of itself.
    EarlierBuild,
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
    /// What is loaded and nearly the same, where a zero was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub perhaps: Option<String>,
    /// The file that says so.
    pub path: String,
    /// The line in it.
    pub line: u32,
    /// The column in the line.
    pub column: u32,
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
    /// The same with a barrier after each batch of every module, also of those whose components name
    /// what they are built after.
    #[serde(default)]
    pub batch_barrier_seconds: Option<f64>,
    /// Whether the schedule is proven the shortest: it ends at the lower bound.
    #[serde(default)]
    pub is_optimal: bool,
    /// What proves the lower bound; none in a plan of an earlier release.
    #[serde(default)]
    pub certificate: Option<Certificate>,
}

/// What proves a lower bound, so that it can be checked from the plan and the trace alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    /// `path`: the tasks wait for each other, and their seconds sum to the bound. `energy`: only
    /// builders of one arch can run the tasks, none can start before the head and each has the tail
    /// after it, so that `head + work / capacity + tail`, rounded up to the granularity, is the bound.
    pub kind: String,
    /// The arch, of energy.
    pub arch: Option<Arch>,
    /// The arches of the tasks: the same, and those that no other builder runs, such as `noarch` where
    /// all builders are of one arch.
    pub arches: Vec<Arch>,
    /// The head: the shortest of the longest paths of component times before the tasks.
    pub head_seconds: f64,
    /// The tail: the shortest of the longest paths of component times after them.
    pub tail_seconds: f64,
    /// How many tasks of the arch run at once, of energy.
    pub capacity: Option<u64>,
    /// The sum of the tasks, of energy.
    pub work_seconds: f64,
    /// The greatest common divisor of all task times: every schedule ends at a multiple of it.
    pub granularity_seconds: f64,
    /// The tasks, each component once; of a path in order.
    pub tasks: Vec<CertificateTask>,
}

/// One task of a certificate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CertificateTask {
    /// The module.
    pub module: String,
    /// The component.
    pub component: ComponentKey,
    /// How long its task takes; of several of these arches, all of them.
    pub seconds: f64,
}

/// How long a plan takes with every step of koji (polls, source RPMs, tags, repos), from runs on the
/// virtual farm in which nothing fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Half of the runs took no longer; null where none was done, as when an arch has no builder.
    pub seconds_p50: Option<f64>,
    /// Nine in ten took no longer; null where fewer than [`Estimate::RUNS_FOR_P90`] runs were done.
    pub seconds_p90: Option<f64>,
    /// How many runs there were.
    pub replications: u64,
    /// Whether all runs took equally long, or one was made since all would.
    #[serde(default)]
    pub no_spread: bool,
}

impl Estimate {
    /// With fewer runs nobody can say what nine in ten stay below.
    pub const RUNS_FOR_P90: u64 = 30;
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
