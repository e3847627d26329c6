//! A plan, as it is printed and read back. Times are seconds; ids are `name:stream:context`.

mod basis;
mod module;
mod rows;
mod times;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::difference::PlanDifference;
use super::moved::OnPlatform;
use crate::name::Arch;

pub use basis::{Assumed, PlanAlias, PlanBuilders, PlanFarm, PlanFile, PlanInput, PlanSelection};
pub use module::{
    Because, BecauseKind, ComponentOrder, PlanBatch, PlanComponent, PlanModule, PlanTask, Why,
    WhyStep,
};
pub use rows::{
    CycleEdge, DanglingRow, Edge, LeftOutRow, PlanCycle, Prerequisite, PrerequisiteKind,
    RetiredRow, SelfRequireRow, SinceRow, SubmissionRow,
};
pub use times::{Bounds, Certificate, CertificateTask, CriticalStep, Estimate};

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
    /// [`EstimateFrom`](crate::trace::EstimateFrom): every word is there.
    #[serde(default)]
    pub sources_of_durations: BTreeMap<String, usize>,
    /// What differs from an earlier plan, where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<PlanDifference>,
    /// What the modules become on another platform, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_platform: Option<OnPlatform>,
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

    /// Writes the plan as JSON: one of many modules is too large to hold twice.
    ///
    /// # Errors
    /// When `out` takes no more.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        writeln!(out)
    }

    /// Returns the components to build, over all modules.
    pub fn components(&self) -> impl Iterator<Item = &PlanComponent> {
        let batches = self.modules.iter().flat_map(|module| &module.batches);
        batches.flat_map(|batch| &batch.components)
    }
}
