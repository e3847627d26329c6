//! One module of a plan: why it is rebuilt, its batches, components and tasks.

use crate::name::{Arch, ComponentKey, PackageName};
use crate::time::Millis;
use crate::trace::EstimateFrom;
use serde::{Deserialize, Serialize};

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
    /// Its context; empty if it has none.
    pub context: String,
    /// The stream of the base module it builds on.
    pub platform: Option<String>,
    /// Its wave, from 1.
    pub wave: u32,
    /// Whether it has nothing to build, and only passes a rebuild on.
    pub pass_through: bool,
    /// The order of its components.
    pub order: ComponentOrder,
    /// Why it is rebuilt.
    pub because: Vec<Because>,
    /// Its components by batch; the first real batch is 2, since 1 is the macros package's.
    pub batches: Vec<PlanBatch>,
    /// When it can start with unlimited builders.
    #[serde(rename = "earliest_start_seconds", with = "crate::time::seconds")]
    pub earliest_start: Millis,
    /// Its earliest end with unlimited builders.
    #[serde(rename = "earliest_finish_seconds", with = "crate::time::seconds")]
    pub earliest_finish: Millis,
    /// Its end in the planned schedule; null without a schedule.
    #[serde(default, rename = "finish_seconds", with = "crate::time::seconds::optional")]
    pub finish: Option<Millis>,
    /// How much later it may finish in the planned schedule without delaying the end of the plan,
    /// with the same order on each builder; without a schedule, the same with unlimited builders.
    #[serde(rename = "slack_seconds", with = "crate::time::seconds")]
    pub slack: Millis,
    /// The version of its rebuild, if the time of submission was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_version: Option<String>,
    /// `buildopts.rpms.macros`, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub macros: Option<String>,
    /// Its document, without the parts of a finished build.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modulemd: Option<String>,
}

impl PlanModule {
    /// Returns how long it takes with unlimited builders.
    #[must_use]
    pub fn path(&self) -> Millis {
        // Somebody may have edited the plan.
        Millis(self.earliest_finish.0.saturating_sub(self.earliest_start.0))
    }
}

/// How the components of a module are ordered.
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
    /// The file with the statement.
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

/// One step of a path: a module, and the reason that the path follows.
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
    /// The commit, tag or branch of its sources, if given.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// The arches it is built for.
    pub arches: Vec<Arch>,
    /// The keys it names in `buildafter`.
    pub after: Vec<ComponentKey>,
    /// The longest estimate over its tasks.
    #[serde(rename = "estimate_seconds", with = "crate::time::seconds")]
    pub estimate: Millis,
    /// The coarsest source among them.
    pub estimate_from: EstimateFrom,
    /// Its koji tasks; none if its earlier build is reused.
    pub tasks: Vec<PlanTask>,
    /// The URL of its source, if `--sources` has one.
    #[serde(default)]
    pub source: Option<String>,
    /// Whether its earlier build is reused and nothing is built.
    #[serde(default)]
    pub reused: bool,
    /// Why it is rebuilt or reused, in words.
    #[serde(default)]
    pub why: String,
}

/// One koji task of a component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanTask {
    /// koji's method: `buildArch`, or `build` if only whole builds are known.
    pub method: String,
    /// Its arch; `noarch` runs on any builder.
    pub arch: Arch,
    /// Its estimated run time.
    #[serde(rename = "estimate_seconds", with = "crate::time::seconds")]
    pub estimate: Millis,
    /// The source of the estimate.
    #[serde(default = "unknown_source")]
    pub estimate_from: EstimateFrom,
    /// The builder that runs it in the planned schedule, `GROUP/NUMBER`; null without a schedule.
    #[serde(default)]
    pub builder: Option<String>,
    /// When it starts there.
    #[serde(default, rename = "start_seconds", with = "crate::time::seconds::optional")]
    pub start: Option<Millis>,
    /// How much later it may end without delaying the end of the plan, with the same order on each
    /// builder.
    #[serde(default, rename = "slack_seconds", with = "crate::time::seconds::optional")]
    pub slack: Option<Millis>,
    /// How much earlier the plan would end if it took no time.
    #[serde(default, rename = "drag_seconds", with = "crate::time::seconds::optional")]
    pub drag: Option<Millis>,
}

/// A plan of an earlier release does not state the sources of its estimates.
fn unknown_source() -> EstimateFrom {
    EstimateFrom::Default
}
