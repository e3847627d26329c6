//! A plan, as it is printed and read back. Times are whole milliseconds, which JSON has as seconds; ids are
//! `name:stream:context`.

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

/// The rebuilt modules with reasons, order and times.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// [`FORMAT`].
    pub format: u32,
    /// The inputs.
    pub inputs: Vec<PlanInput>,
    /// The selection, as typed.
    pub roots: Vec<String>,
    /// The rebuilt modules, by wave and then by id.
    pub modules: Vec<PlanModule>,
    /// From the module built first to the one that needs it, sorted, including cut edges.
    pub edges: Vec<Edge>,
    /// The ids of each wave, sorted.
    pub waves: Vec<Vec<String>>,
    /// Modules that wait for each other.
    pub cycles: Vec<PlanCycle>,
    /// Requirements that nothing loaded answers.
    pub dangling: Vec<DanglingRow>,
    /// Requirements of modules on streams of their own names.
    pub self_requires: Vec<SelfRequireRow>,
    /// Streams that must exist before the plan can start, as `name:stream`, sorted.
    pub prerequisites: Vec<String>,
    /// Their reasons, and the modules that need them.
    pub prerequisite_details: Vec<Prerequisite>,
    /// The submissions, by wave and then by id.
    pub submissions: Vec<SubmissionRow>,
    /// Modules left out because a file misspells a requirement, by module.
    pub left_out: Vec<LeftOutRow>,
    /// How many modules the aliases for these would add, including dependants and siblings.
    pub left_out_brings: usize,
    /// Rebuilt streams that reach, or have reached, the end of their life.
    pub retired: Vec<RetiredRow>,
    /// The differences from the snapshot of `--since`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub since: Vec<SinceRow>,
    /// The selection flags.
    pub selection: PlanSelection,
    /// Requirements that were repaired.
    pub aliases: Vec<PlanAlias>,
    /// The arches that components are built for, if they allow them.
    pub arches: Vec<Arch>,
    /// Arches of the inputs that are left out because no builder of the farm builds them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unserved_arches: Vec<Arch>,
    /// The builders that the times are for.
    pub farm: PlanFarm,
    /// The files with recorded durations.
    pub trace: Vec<PlanFile>,
    /// Assumed values behind the plan.
    pub assumed: Vec<Assumed>,
    /// The paths to the modules that `--why` names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<Why>,
    /// The components that determine the length of the plan, in order.
    pub critical_path: Vec<CriticalStep>,
    /// Its times.
    pub bounds: Bounds,
    /// Its times with every step of koji, if the virtual farm was simulated.
    #[serde(default)]
    pub estimate: Option<Estimate>,
    /// The number of rebuilt tasks by the source of their time, with the words of
    /// [`EstimateFrom`](crate::trace::EstimateFrom), all of which are present.
    #[serde(default)]
    pub sources_of_durations: BTreeMap<String, usize>,
    /// The differences from an earlier plan, if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<PlanDifference>,
    /// The modules on another platform, if requested.
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

    /// Writes the plan as JSON without building the text in memory, because a large plan should not
    /// be held twice.
    ///
    /// # Errors
    /// If `out` fails.
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
