//! `modplan merge`: joins the parts of a sweep.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use modplan::load;
use modplan::report::shard::{self, SHARD_FORMAT, Shard, Sharded};

use super::capacity::write_capacity;
use super::compare::write_comparison;
use super::console::Console;
use super::output::{SweepFormat, SweepOutput};
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
        let mut parts = Vec::new();
        for file in load::raw_files(&self.shards, &[".json"])? {
            if let Some((_, why)) = file.broken {
                return Err(Refusal::no(format!("{}: {why}", file.path)).into());
            }
            parts.push((file.path.clone(), read(&file.path, &file.content)?));
        }
        match shard::join(parts).map_err(|error| Refusal::no(error.to_string()))? {
            Sharded::Compare { comparison, pictures } => {
                write_comparison(&comparison, &pictures, (&self.output, console))
            }
            Sharded::Capacity(capacity) => write_capacity(&capacity, (&self.output, console)),
        }
    }
}

/// The format alone, which is told before anything else is read.
#[derive(serde::Deserialize)]
struct Head {
    format: u32,
    shard: Option<serde::de::IgnoredAny>,
}

fn read(path: &str, content: &[u8]) -> Result<Shard, Refusal> {
    let no = |why: String| {
        Refusal::no(format!("{path} is no shard: {why}"))
            .hint("give what compare or capacity wrote with --shard")
    };
    let head: Head = serde_json::from_slice(content).map_err(|error| no(error.to_string()))?;
    if head.shard.is_none() {
        return Err(no("it holds results, not a part of them".to_owned()));
    }
    if head.format != SHARD_FORMAT {
        return Err(no(format!("its format is {}, not {SHARD_FORMAT}", head.format)));
    }
    serde_json::from_slice(content).map_err(|error| no(error.to_string()))
}

/// Writes one part of a sweep: into the directory, or to standard output.
pub(crate) fn write_shard(
    shard: &Shard,
    (output, console): (&SweepOutput, &Console),
) -> anyhow::Result<Answer> {
    let name = format!("shard-{}-of-{}.json", shard.shard.number, shard.shard.of);
    let fill = |out: &mut dyn Write| {
        serde_json::to_writer(&mut *out, shard)?;
        out.write_all(b"\n")
    };
    output.write_only(&name, fill, console)?;
    Ok(Answer::Yes)
}

/// Which formats a sweep is printed in; a part has none of its own.
pub(crate) fn refuse_format(output: &SweepOutput) -> Result<(), Refusal> {
    match output.format {
        None => Ok(()),
        Some(SweepFormat::Table | SweepFormat::Json | SweepFormat::Csv) => {
            Err(Refusal::usage("a shard has one form, whatever --format says")
                .hint("leave --format out here and give it to `modplan merge`"))
        }
    }
}
