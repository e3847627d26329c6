//! `modplan merge`: joins the parts of a sweep.

use std::path::PathBuf;

use clap::Args;
use modplan::load;
use modplan::report::shard::{self, Shard, ShardError, Sharded};

use super::capacity::write_capacity;
use super::compare::write_comparison;
use super::console::Console;
use super::output::SweepOutput;
use super::status::{Answer, Refusal};

/// Join the parts that `--shard` made
///
/// All parts of one sweep, in any order, give the same bytes as the sweep made at once.
#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// Files written by `compare` or `capacity` with --shard, or directories of them
    #[arg(value_name = "SHARD", required = true)]
    shards: Vec<PathBuf>,
    #[command(flatten)]
    output: SweepOutput,
}

impl Merge {
    pub(crate) fn run(self, console: &Console) -> anyhow::Result<Answer> {
        self.output.check()?;
        let mut parts = Vec::new();
        for file in load::raw_files(&self.shards, &[".json"])? {
            if let Some((_, why)) = file.broken {
                return Err(Refusal::no(format!("{}: {why}", file.path)).into());
            }
            parts.push((file.path.clone(), read(&file.path, &file.content)?));
        }
        match shard::join(parts).map_err(|error| Refusal::no(error.to_string()))? {
            Sharded::Compare(comparison) => write_comparison(&comparison, &self.output, console),
            Sharded::Capacity(capacity) => write_capacity(&capacity, &self.output, console),
        }
    }
}

fn read(path: &str, content: &[u8]) -> Result<Shard, Refusal> {
    Shard::read(content).map_err(|error| {
        let why = match error {
            // Where it is comes after the path, as in every finding.
            ShardError::Changed { .. } => format!("{path}:{error}"),
            ShardError::None(_) | ShardError::Format { .. } => format!("{path}: {error}"),
        };
        Refusal::no(why).hint(error.hint())
    })
}
