//! `modplan runs`: durable runs of a store.

use clap::{Args, Subcommand, ValueEnum};
use modplan::koji::shapes::Secret;
use modplan::live::{stored_journal, stored_run, stored_runs};
use modplan::report;
use modplan::store::StoreError;

use super::output::OutputArgs;
use super::status::{Answer, Refusal};

/// List and show durable runs, which are kept in a store
#[derive(Debug, Args)]
pub(crate) struct Runs {
    #[command(subcommand)]
    command: RunsCommand,
}

#[derive(Debug, Subcommand)]
enum RunsCommand {
    List(List),
    Show(Show),
    Export(Export),
}

/// Where runs are kept.
#[derive(Debug, Args)]
struct StoreArgs {
    /// The store: sqlite:FILE or `postgres://user@host/database`
    #[arg(long, value_name = "URL", default_value = "sqlite:modplan.db", value_parser = hidden)]
    store: Secret,
}

/// Takes every text: clap would print one that it refuses, password and all.
fn hidden(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
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
    store: StoreArgs,
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
    store: StoreArgs,
    /// How it is written
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: RunsFormat,
    #[command(flatten)]
    output: OutputArgs,
}

/// Write the journal of a run: a heading, then one line of JSON for each event
#[derive(Debug, Args)]
struct Export {
    /// The run, as `runs list` names it
    #[arg(value_name = "RUN")]
    run: String,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Runs {
    pub(crate) fn run(self) -> anyhow::Result<Answer> {
        match self.command {
            RunsCommand::List(List { store, format, output }) => {
                let rows = stored_runs(store.store.reveal()).map_err(explained)?;
                output.write(match format {
                    RunsFormat::Table => report::runs::list(&rows),
                    RunsFormat::Json => report::runs::list_json(&rows),
                })?;
            }
            RunsCommand::Show(Show { run, store, format, output }) => {
                let (row, folded) = stored_run(store.store.reveal(), &run).map_err(explained)?;
                output.write(match format {
                    RunsFormat::Table => report::runs::show(&row, &folded),
                    RunsFormat::Json => report::runs::show_json(&row, &folded),
                })?;
            }
            RunsCommand::Export(Export { run, store, output }) => {
                output.write(stored_journal(store.store.reveal(), &run).map_err(explained)?)?;
            }
        }
        Ok(Answer::Yes)
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the library's errors may grow")]
fn explained(error: StoreError) -> anyhow::Error {
    match &error {
        StoreError::BadUrl | StoreError::NoSuchRun { .. } => {
            Refusal::usage(error.to_string()).into()
        }
        StoreError::Missing => Refusal::outside(error.to_string())
            .hint("name the store of the runs with --store")
            .into(),
        _ => Refusal::outside(error.to_string()).into(),
    }
}
