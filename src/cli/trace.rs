//! `modplan trace`: what a history holds, and the history in one form.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use modplan::report::trace::{describe, table};

use super::console::Console;
use super::output::OutputArgs;
use super::status::Answer;
use super::width::width;
use super::world::read_history;

/// Describe recorded builds, and write them as normalized CSV
///
/// Reads trace CSV, what koji answers to listTasks and getTaskDescendents (JSON), and bus messages
/// (fedora-messaging lines, fedmsg, pages of datagrepper); all files together are one history.
#[derive(Debug, Args)]
pub(crate) struct Trace {
    /// Recorded builds: files, directories of .csv, .json and .jsonl files, or `-`; .gz, .xz and
    /// .zst are unpacked
    #[arg(value_name = "INPUT", required = true)]
    inputs: Vec<PathBuf>,
    /// What is written
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Coverage, spread, failures and outliers, for people
    Table,
    /// The same and every fit, for programs
    Json,
    /// Every row as trace CSV, from any kind of input
    Csv,
}

impl Trace {
    pub(crate) fn run(self, console: &Console) -> anyhow::Result<Answer> {
        let history = read_history(&self.inputs, console)?;
        let is_right = !history.is_wrong();
        // Of inputs in which nothing was found the findings say all there is to say.
        if !is_right && history.rows().is_empty() {
            return Ok(Answer::No);
        }
        self.output.write(match self.format {
            Format::Csv => history.to_csv(),
            Format::Json => describe(&history.fitted()).to_json(),
            Format::Table => table(&describe(&history.fitted()), width(&self.output.output)),
        })?;
        Ok(Answer::yes_if(is_right))
    }
}
