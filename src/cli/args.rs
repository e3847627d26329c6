//! Arguments that several commands share, each to be flattened into a command's own.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use modplan::graph::Alias;
use modplan::load::Minute;
use modplan::name::{Arch, NameStream, Selector};
use modplan::plan::reuse::Strategy;

use super::status::Refusal;

/// The modules: what `INPUT…` means everywhere.
#[derive(Clone, Debug, Args)]
pub(crate) struct InputArgs {
    /// Modulemd files, PDC dumps, directories of them, or `-`; .gz, .xz and .zst are unpacked
    #[arg(value_name = "INPUT", required = true)]
    pub(crate) inputs: Vec<PathBuf>,
}

/// Which modules are rebuilt.
#[derive(Clone, Debug, Args)]
#[command(
    next_help_heading = "Selection (an ID is NAME:STREAM:VERSION:CONTEXT:ARCH or its first parts)"
)]
pub(crate) struct SelectionArgs {
    /// Rebuild ID and what depends on it; several, here as with each ID, with commas or by repeating
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) changed: Vec<Selector>,
    /// ID is rebuilt already: rebuild what depends on it
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) built: Vec<Selector>,
    /// Rebuild every module with the component NAME
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) changed_package: Vec<String>,
    /// Rebuild what differs from an older snapshot (a file, directory or repository), and what
    /// depends on it
    #[arg(long, value_name = "SNAPSHOT")]
    pub(crate) since: Vec<PathBuf>,
    /// Rebuild everything
    #[arg(long)]
    pub(crate) all: bool,
    /// Of what is selected, rebuild only ID; with platform:STREAM only what builds on that platform,
    /// the newest of it, and modules of other platforms count as given
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) only: Vec<Selector>,
    /// Do not rebuild ID
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) exclude: Vec<Selector>,
    /// Treat ID as available although no input holds it
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) given: Vec<Selector>,
    /// Read the requirement WRITTEN, misspelled in a file, as MEANT: perl:5.3=perl:5.30
    #[arg(long, value_name = "WRITTEN=MEANT")]
    pub(crate) alias: Vec<Alias>,
    /// Leave out streams whose life has ended at the time of --now
    #[arg(long)]
    pub(crate) skip_eol: bool,
    /// The time at which ends of life are judged, such as 2026-11-24T00:00Z; without it, one with a
    /// date has not come
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<Minute>,
    /// Which requirements make a dependant
    #[arg(long, value_name = "KIND", default_value = "build")]
    pub(crate) follow: Follow,
    /// What is submitted: a source with all its current contexts, or single contexts
    #[arg(long, value_name = "UNIT", default_value = "source")]
    pub(crate) unit: Unit,
    /// Which versions of a stream count
    #[arg(long, value_name = "WHICH", default_value = "newest")]
    pub(crate) versions: Versions,
    /// Refuse a plan of more than N modules, and stop a run that builds more
    #[arg(long, value_name = "N")]
    pub(crate) max_builds: Option<NonZeroUsize>,
    /// Build for ARCH only; several with commas or by repeating
    #[arg(long, value_name = "ARCH", value_delimiter = ',', value_parser = arch)]
    pub(crate) arches: Vec<Arch>,
    #[command(flatten)]
    pub(crate) reuse: ReuseArgs,
}

/// What of earlier builds is taken over.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Reuse")]
pub(crate) struct ReuseArgs {
    /// Which components are built again: all, changed-and-after, only-changed, or dependencies: what
    /// changed sources, macros or rebuilt buildrequires reach
    #[arg(long, value_name = "STRATEGY", default_value_t)]
    pub(crate) rebuild_strategy: Strategy,
    /// Take earlier builds from these inputs; without, from those that are planned
    #[arg(long, value_name = "INPUT")]
    pub(crate) reuse_from: Vec<PathBuf>,
    /// A CSV file (package,stream,name,url) of where sources are; a commit after `#` pins one
    #[arg(long, value_name = "FILE")]
    pub(crate) sources: Option<PathBuf>,
}

impl SelectionArgs {
    /// Returns whether any flag selects or leaves out modules.
    pub(crate) fn selects_something(&self) -> bool {
        let Self { changed, built, changed_package, all, only, exclude, given, arches, .. } = self;
        let Self { since, alias, skip_eol, .. } = self;
        let ids = [changed, built, only, exclude, given];
        *all || *skip_eol
            || !since.is_empty()
            || !alias.is_empty()
            || !changed_package.is_empty()
            || !arches.is_empty()
            || self.follow != Follow::Build
            || self.versions != Versions::Newest
            || self.reuse.rebuild_strategy != Strategy::All
            || self.reuse.sources.is_some()
            || ids.iter().any(|i| !i.is_empty())
    }
}

/// Which requirements make a dependant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Follow {
    /// `buildrequires`
    Build,
    /// `requires`
    Runtime,
    /// Both
    Both,
}

/// What is submitted at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Unit {
    /// A stream: all its current contexts
    Source,
    /// A context by itself
    Context,
}

/// Which versions of a stream count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Versions {
    /// All contexts of the newest version
    Newest,
    /// The newest version of each context
    NewestPerContext,
    /// All versions
    All,
}

/// The farm, its history and its luck.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "World")]
pub(crate) struct WorldArgs {
    /// Recorded builds: durations and outcomes, as CSV, koji's answers or bus messages (see `modplan
    /// trace`); several by repeating
    #[arg(long, value_name = "FILE")]
    pub(crate) trace: Vec<PathBuf>,
    /// The build farm as YAML; without it 10 builders for every needed arch
    #[arg(long, value_name = "FILE")]
    pub(crate) farm: Option<PathBuf>,
    /// What happens besides building, as YAML; by default nothing does
    #[arg(long, value_name = "FILE")]
    pub(crate) scenario: Option<PathBuf>,
    /// The seed of every draw
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
}

fn arch(text: &str) -> Result<Arch, String> {
    let is_arch_char = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if text.is_empty() || !text.chars().all(is_arch_char) {
        return Err("an arch is letters, digits and `_`, such as x86_64".to_owned());
    }
    if matches!(text, "noarch" | "src") {
        return Err(format!("`{text}` is not the arch of a builder; noarch tasks run on any"));
    }
    Ok(text.into())
}

/// Reads a share, as a number or in percent: `0.9`, `90%`.
pub(crate) fn share(text: &str) -> Option<f64> {
    match text.strip_suffix('%') {
        Some(percent) => percent.parse().ok().map(|percent: f64| percent / 100.0),
        None => text.parse().ok(),
    }
}

/// Refuses an argument that names no file and parses as an identity: its flag was forgotten, or
/// another one was meant.
pub(crate) fn refuse_identities(
    inputs: &[PathBuf],
    selection: &SelectionArgs,
) -> Result<(), Refusal> {
    let is = |text: &str| format!("`{text}` is an identity, not a file");
    if let Some(text) = identity(inputs) {
        return Err(Refusal::usage(is(text)).hint(format!("did you mean `--changed {text}`?")));
    }
    if let Some(text) = identity(&selection.since) {
        return Err(Refusal::usage(is(text)).hint(format!(
            "--since takes an older snapshot (a file, directory or repository); did you mean \
             `--changed {text}`?"
        )));
    }
    if let Some(text) = identity(&selection.reuse.reuse_from) {
        return Err(Refusal::usage(is(text)).hint(
            "--reuse-from takes inputs that hold earlier builds: a file, directory or repository",
        ));
    }
    Ok(())
}

/// Returns the first path that names no file and parses as an identity.
pub(crate) fn identity(paths: &[PathBuf]) -> Option<&str> {
    paths.iter().filter(|path| !path.exists()).find_map(|path| {
        let is_identity = |text: &&str| {
            text.contains(':') && !text.contains('/') && text.parse::<Selector>().is_ok()
        };
        path.to_str().filter(is_identity)
    })
}

/// Reads a moment: a date and a time with its offset from UTC.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| {
        "write a date and a time in UTC, such as 2026-11-24T00:00:00Z, or with another offset, such \
         as 2026-11-24T01:00:00+01:00"
            .to_owned()
    })
}

/// Reads `NAME:STREAM`.
pub(crate) fn name_stream(text: &str) -> Result<NameStream, String> {
    match text.split_once(':') {
        Some((name, stream)) if !name.is_empty() && !stream.is_empty() && !stream.contains(':') => {
            Ok(NameStream::new(name, stream))
        }
        _ => Err("write NAME:STREAM, such as perl:5.30".to_owned()),
    }
}
