//! `modplan check`: whether the inputs are right, every problem with its place.

use clap::Args;
use modplan::graph::{GraphOptions, ModuleGraph, lost_zeros_of_defaults};
use modplan::load::{ActiveObsoletes, Code, Finding, Severity, Snapshot, arch_drifts};

use super::args::identity;
use super::console::Console;
use super::loading::LoadArgs;
use super::status::{Answer, Refusal};

/// Check inputs and print every problem with its place
#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    load: LoadArgs,
}

impl Check {
    pub(crate) fn run(self, console: &Console) -> anyhow::Result<Answer> {
        if let Some(id) = identity(&self.load.inputs.inputs) {
            return Err(Refusal::usage(format!("`{id}` is an identity, not a file"))
                .hint(format!("inputs are checked whole; `modplan show INPUT {id}` shows a part"))
                .into());
        }
        let mut snapshot = self.load.load()?;
        snapshot.findings.extend(arch_drifts(&snapshot));
        snapshot.findings.extend(lost_zeros(&snapshot));
        snapshot.findings.sort_by_key(|finding| finding.place);
        console.findings(&snapshot.findings, &snapshot.inputs);
        let (errors, warnings) = counts(&snapshot);
        let active = ActiveObsoletes::at(self.load.now, &snapshot.obsoletes);
        let obsolete = snapshot.streams.iter().filter(|one| active.of(one).is_some()).count();
        let documents: usize = snapshot.inputs.iter().map(|input| input.documents).sum();
        let mut parts = vec![
            count(snapshot.inputs.len(), "input"),
            count(documents, "document"),
            count(errors, "error"),
            count(warnings, "warning"),
        ];
        if obsolete > 0 {
            parts.push(format!("{obsolete} obsolete"));
        }
        console.note(&parts.join(", "));
        Ok(Answer::yes_if(errors == 0))
    }
}

/// Returns the streams that lost their last zero, in requirements and in defaults.
fn lost_zeros(snapshot: &Snapshot) -> Vec<Finding> {
    let graph = ModuleGraph::new(snapshot, &GraphOptions::default());
    let required = graph.findings().iter().filter(|finding| finding.code == Code::LostZero);
    required.cloned().chain(lost_zeros_of_defaults(snapshot)).collect()
}

fn counts(snapshot: &Snapshot) -> (usize, usize) {
    let is_error = |severity| severity == Severity::Error;
    let errors = snapshot.findings.iter().filter(|finding| is_error(finding.severity())).count();
    (errors, snapshot.findings.len() - errors)
}

/// Prints a number and what it counts.
pub(super) fn count(number: usize, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}
