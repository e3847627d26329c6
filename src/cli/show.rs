//! `modplan show`: what was understood of the inputs.

use clap::{Args, ValueEnum};
use modplan::load::{PackagerDocument, Severity, Snapshot};
use modplan::report::snapshot as report;

use super::console::Console;
use super::loading::LoadArgs;
use super::output::OutputArgs;
use super::status::Answer;

/// Show what was understood of the inputs
#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    load: LoadArgs,
    /// How to show it
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    #[command(flatten)]
    output: OutputArgs,
}

/// How a snapshot is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line a module build, for people
    Table,
    /// Canonical JSON with every field
    Json,
    /// modulemd that reads back equal
    Yaml,
}

impl Show {
    pub(crate) fn run(self, console: &Console) -> anyhow::Result<Answer> {
        let snapshot = self.load.load()?;
        console.findings(&snapshot.findings, &snapshot.inputs);
        let text =
            if self.load.packager { self.packagers(&snapshot) } else { self.index(&snapshot) };
        if self.format == Format::Yaml && !self.load.packager {
            let left_out: Vec<_> = report::without_document(&snapshot).into_iter().collect();
            console.findings(&left_out, &snapshot.inputs);
        }
        self.output.write(text)?;
        let is_error = |finding: &modplan::load::Finding| finding.severity() == Severity::Error;
        // What could be read was shown; only who asks for strictness is told no.
        Ok(Answer::yes_if(!(self.load.strict && snapshot.findings.iter().any(is_error))))
    }

    fn index(&self, snapshot: &Snapshot) -> String {
        match self.format {
            Format::Table => report::table(snapshot, self.load.now),
            Format::Json => pretty(&report::snapshot_json(snapshot, self.load.now)),
            Format::Yaml => report::snapshot_yaml(snapshot),
        }
    }

    fn packagers(&self, snapshot: &Snapshot) -> String {
        let each = |print: &dyn Fn(&PackagerDocument) -> String| {
            snapshot.packagers.iter().map(print).collect::<String>()
        };
        match self.format {
            Format::Table => {
                let mut index = snapshot.clone();
                for document in &snapshot.packagers {
                    match document {
                        PackagerDocument::Packager(packager) => {
                            index.streams.extend(packager.streams().unwrap_or_default());
                        }
                        PackagerDocument::Stream(stream) => index.streams.push((**stream).clone()),
                    }
                }
                report::table(&index, self.load.now)
            }
            Format::Json => each(&|document| pretty(&report::packager_json(document, snapshot))),
            Format::Yaml => each(&report::packager_yaml),
        }
    }
}

fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}
