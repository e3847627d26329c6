//! What a run left at its hub: listed, and deleted where somebody agrees to the list.

use clap::Args;
use modplan::live::cleanup::{Cleaning, clean_up, left_behind};
use modplan::report::cleanup;

use super::super::console::Console;
use super::super::on_koji::{KojiArgs, LeaseArgs, Place, StoreArgs, of_run};
use super::super::output::OutputArgs;
use super::super::status::Answer;
use super::super::width::width;
use super::RunsFormat;

/// List what a run that is over left at its hub, and delete it with --yes
///
/// Targets, build tags that no open task needs, the tags of modules that were not imported, and locks. Only what
/// carries the run's own marker is deleted, and never the tag of a module that was imported.
#[derive(Debug, Args)]
pub(super) struct Cleanup {
    /// The run, as `runs list` names it
    #[arg(value_name = "RUN")]
    run: String,
    /// Delete what was listed under this checksum, if nothing differs
    #[arg(long, value_name = "CHECKSUM")]
    yes: Option<String>,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    koji: KojiArgs,
    #[command(flatten)]
    lease: LeaseArgs,
    /// How it is written
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: RunsFormat,
    #[command(flatten)]
    output: OutputArgs,
}

impl Cleanup {
    pub(super) fn run(self, console: &Console) -> anyhow::Result<Answer> {
        let place = Place::of(&self.koji, &self.store, console)?;
        let cleaning = Cleaning {
            run: &self.run,
            store: place.store.reveal(),
            hub: &place.hub,
            options: place.options(),
            login: place.login.clone(),
        };
        let columns = width(&self.output.output);
        let Some(sum) = &self.yes else {
            let left = left_behind(cleaning).map_err(|why| of_run(&why))?;
            self.output.write(match self.format {
                RunsFormat::Table => cleanup::left(&left, columns),
                RunsFormat::Json => cleanup::left_json(&left),
            })?;
            return Ok(Answer::Yes);
        };
        let lease_ms = i64::try_from(self.lease.lease.0).unwrap_or(i64::MAX);
        let cleaned = clean_up(cleaning, sum, lease_ms).map_err(|why| of_run(&why))?;
        self.output.write(match self.format {
            RunsFormat::Table => cleanup::cleaned(&cleaned, columns),
            RunsFormat::Json => cleanup::cleaned_json(&cleaned),
        })?;
        Ok(Answer::yes_if(cleaned.is_clean()))
    }
}
