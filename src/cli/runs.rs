//! `modplan runs`: durable runs of a store.

mod cleanup;
mod wish;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use modplan::koji::shapes::Secret;
use modplan::live::{self, stored_journal, stored_run, stored_runs};
use modplan::report;
use modplan::store::StoreError;

use super::console::Console;
use super::on_koji::{Ending, KojiArgs, LeaseArgs, Place, StoreArgs, drive, of_store, usual_store};
use super::output::OutputArgs;
use super::status::Answer;
use cleanup::Cleanup;
use wish::{Cancel, Drain, Pause, Retry, Why};

/// List, show, resume and steer durable runs, which are kept in a store
#[derive(Debug, Args)]
pub(crate) struct Runs {
    #[command(subcommand)]
    command: RunsCommand,
}

#[derive(Debug, Subcommand)]
enum RunsCommand {
    List(List),
    Show(Show),
    Why(Why),
    Resume(Resume),
    Retry(Retry),
    Pause(Pause),
    Drain(Drain),
    Cancel(Cancel),
    Export(Export),
    Cleanup(Cleanup),
}

/// Which store, where no hub is needed.
#[derive(Debug, Args)]
struct Stored {
    #[command(flatten)]
    args: StoreArgs,
    #[arg(long, env = "HOME", hide = true, hide_env = true, default_value = "")]
    home: PathBuf,
}

impl Stored {
    fn url(&self) -> Secret {
        usual_store(&self.args, &self.home)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RunsFormat {
    /// A table for people
    Table,
    /// JSON
    Json,
}

/// List the runs of a store, the newest first
#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    store: Stored,
    /// How the list is written
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: RunsFormat,
    #[command(flatten)]
    output: OutputArgs,
}

/// Show where every module, component and call of a run stands, from its journal
#[derive(Debug, Args)]
struct Show {
    /// The run, as `runs list` names it
    #[arg(value_name = "RUN")]
    run: String,
    #[command(flatten)]
    store: Stored,
    /// How it is written
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: RunsFormat,
    #[command(flatten)]
    output: OutputArgs,
}

/// Take over a run whose process died or was interrupted, and drive it to its end
///
/// A run is refused while its process lives, or, if that is on another host, while its lease runs. What is at
/// the hub is looked for before anything is asked for again. The answer is that of `execute`.
#[derive(Debug, Args)]
struct Resume {
    /// The run, as `runs list` names it
    #[arg(value_name = "RUN")]
    run: String,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    koji: KojiArgs,
    #[command(flatten)]
    lease: LeaseArgs,
    /// How the run is told
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: RunsFormat,
    #[command(flatten)]
    output: OutputArgs,
}

impl Resume {
    fn run(self, console: &Console) -> anyhow::Result<Answer> {
        let place = Place::of(&self.koji, &self.store, console)?;
        let is_json = self.format == RunsFormat::Json;
        let ending = Ending { is_json, output: &self.output, lease: self.lease.lease };
        drive(&place, ending, console, |driving| live::runs::resume(driving, &self.run))
    }
}

/// Write the journal of a run: a heading, then one line of JSON for each event
#[derive(Debug, Args)]
struct Export {
    /// The run, as `runs list` names it
    #[arg(value_name = "RUN")]
    run: String,
    #[command(flatten)]
    store: Stored,
    #[command(flatten)]
    output: OutputArgs,
}

impl Runs {
    pub(crate) fn run(self, console: &Console) -> anyhow::Result<Answer> {
        match self.command {
            RunsCommand::Resume(resume) => return resume.run(console),
            RunsCommand::Cleanup(cleanup) => return cleanup.run(console),
            RunsCommand::Why(why) => why.run()?,
            RunsCommand::Retry(retry) => retry.run(console)?,
            RunsCommand::Pause(pause) => pause.run(console)?,
            RunsCommand::Drain(drain) => drain.run(console)?,
            RunsCommand::Cancel(cancel) => cancel.run(console)?,
            RunsCommand::List(List { store, format, output }) => {
                let rows = stored_runs(store.url().reveal()).map_err(explained)?;
                output.write(match format {
                    RunsFormat::Table => report::runs::list(&rows),
                    RunsFormat::Json => report::runs::list_json(&rows),
                })?;
            }
            RunsCommand::Show(Show { run, store, format, output }) => {
                let run = stored_run(store.url().reveal(), &run).map_err(explained)?;
                output.write(match format {
                    RunsFormat::Table => report::runs::show(&run.row, &run.folded),
                    RunsFormat::Json => report::runs::show_json(&run.row, &run.folded, &run.builds),
                })?;
            }
            RunsCommand::Export(Export { run, store, output }) => {
                output.write(stored_journal(store.url().reveal(), &run).map_err(explained)?)?;
            }
        }
        Ok(Answer::Yes)
    }
}

fn explained(error: StoreError) -> anyhow::Error {
    of_store(&error).into()
}
