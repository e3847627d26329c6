//! `modplan show`: what was understood of the inputs.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use modplan::graph::{GraphOptions, ModuleGraph, NodeIx};
use modplan::load::{PackagerDocument, Severity, Snapshot};
use modplan::name::{NameStream, Selector, nearest};
use modplan::report::outside::{Documents, Parted, part_around};
use modplan::report::snapshot::{self as report, Direction};

use super::console::Console;
use super::loading::LoadArgs;
use super::output::OutputArgs;
use super::status::{Answer, Refusal};
use super::width::width;

/// Show what was understood of the inputs
///
/// An argument that names no file and parses as an ID (NAME:STREAM:VERSION:CONTEXT:ARCH or its first parts) shows
/// that alone.
#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    load: LoadArgs,
    /// Show only the newest version of each stream in each platform line
    #[arg(long)]
    newest: bool,
    /// Show what is rebuilt after ID: what builds on it, directly and further on
    #[arg(long, value_name = "ID", conflicts_with_all = ["dependencies", "packager"])]
    dependants: Vec<Selector>,
    /// Show what ID builds on, directly and further on
    #[arg(long, value_name = "ID", conflicts_with = "packager")]
    dependencies: Vec<Selector>,
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
    pub(crate) fn run(mut self, console: &Console) -> anyhow::Result<Answer> {
        let ids = self.take_ids()?;
        let mut snapshot = self.load.load()?;
        if !self.dependants.is_empty() || !self.dependencies.is_empty() {
            return self.neighbours(&snapshot, console);
        }
        self.choose_and_say(&mut snapshot, &ids, console)?;
        let text =
            if self.load.packager { self.packagers(&snapshot) } else { self.index(&snapshot) };
        if self.format == Format::Yaml && !self.load.packager {
            let left_out: Vec<_> = report::without_document(&snapshot).into_iter().collect();
            console.findings(&left_out, &snapshot.inputs);
        }
        self.output.write(text)?;
        let is_error = |finding: &modplan::load::Finding| finding.severity() == Severity::Error;
        // What could be read was shown; only --strict turns that into exit code 1.
        Ok(Answer::yes_if(!(self.load.strict && snapshot.findings.iter().any(is_error))))
    }

    /// Takes the identities out of the inputs: arguments that name no file and parse as one.
    fn take_ids(&mut self) -> Result<Vec<Selector>, Refusal> {
        let inputs = std::mem::take(&mut self.load.inputs.inputs);
        let (paths, ids): (Vec<PathBuf>, Vec<PathBuf>) =
            inputs.into_iter().partition(|input| is_path(input));
        self.load.inputs.inputs = paths;
        if self.load.inputs.inputs.is_empty() {
            let ids: Vec<String> = ids.iter().map(|id| id.display().to_string()).collect();
            return Err(Refusal::usage(format!("no input is named, only {}", ids.join(", ")))
                .hint("give a file, directory or repository first, then what to show of it"));
        }
        Ok(ids.iter().filter_map(|id| id.to_str()?.parse().ok()).collect())
    }

    /// Leaves in the snapshot what was asked for, and prints the findings about it; the others are
    /// counted.
    fn choose_and_say(
        &self,
        snapshot: &mut Snapshot,
        ids: &[Selector],
        console: &Console,
    ) -> Result<(), Refusal> {
        let documents = Documents::of(snapshot);
        // What is wrong may be why nothing is found.
        self.choose(snapshot, ids)
            .inspect_err(|_| console.findings(&snapshot.findings, &snapshot.inputs))?;
        let is_all = ids.is_empty() && !self.newest;
        if is_all {
            console.findings(&snapshot.findings, &snapshot.inputs);
        } else {
            say(&documents.part_shown(&snapshot.findings, snapshot, ids), snapshot, console);
        }
        Ok(())
    }

    /// Leaves in the snapshot what was asked for.
    fn choose(&self, snapshot: &mut Snapshot, ids: &[Selector]) -> Result<(), Refusal> {
        if self.newest {
            let graph = ModuleGraph::new(snapshot, &GraphOptions::default());
            report::retain_newest(snapshot, &graph);
        }
        for id in ids {
            if !snapshot.streams.iter().any(|stream| id.selects(&stream.parts())) {
                return Err(unknown(id, snapshot.streams.iter().map(|s| s.name_stream())));
            }
        }
        if !ids.is_empty() {
            report::retain_selected(snapshot, ids);
        }
        Ok(())
    }

    fn neighbours(&self, snapshot: &Snapshot, console: &Console) -> anyhow::Result<Answer> {
        let graph = ModuleGraph::new(snapshot, &GraphOptions::default());
        let all = || {
            console.findings(&snapshot.findings, &snapshot.inputs);
            console.findings(graph.findings(), &snapshot.inputs);
        };
        let (ids, direction) = match self.dependants.is_empty() {
            false => (&self.dependants, Direction::Dependants),
            true => (&self.dependencies, Direction::Dependencies),
        };
        let mut of: Vec<NodeIx> = Vec::new();
        for id in ids {
            let found = graph.select(id);
            if found.is_empty() {
                all();
                return Err(unknown(id, graph.streams().cloned()).into());
            }
            of.extend(found);
        }
        let neighbours = report::neighbours(snapshot, &graph, &of, direction);
        // A requirement that lost a zero makes no edge: what is missing below stands here.
        let findings = [&snapshot.findings[..], graph.findings()].concat();
        say(&part_around(&findings, snapshot, &graph, neighbours.modules()), snapshot, console);
        self.output.write(match self.format {
            Format::Table => neighbours.table(width(&self.output.output)),
            Format::Json => pretty(&neighbours.json()),
            Format::Yaml => {
                return Err(Refusal::usage("yaml has no place for dependants")
                    .hint("take --format table or json")
                    .into());
            }
        })?;
        Ok(Answer::Yes)
    }

    fn index(&self, snapshot: &Snapshot) -> String {
        match self.format {
            Format::Table => self.table(snapshot),
            Format::Json => pretty(&report::snapshot_json(snapshot, self.load.now)),
            Format::Yaml => report::snapshot_yaml(snapshot),
        }
    }

    fn table(&self, snapshot: &Snapshot) -> String {
        report::table(snapshot, self.load.now, width(&self.output.output))
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
                self.table(&index)
            }
            Format::Json => each(&|document| pretty(&report::packager_json(document, snapshot))),
            Format::Yaml => each(&report::packager_yaml),
        }
    }
}

/// Prints the findings about what is shown, and counts the others.
fn say(parted: &Parted, snapshot: &Snapshot, console: &Console) {
    console.findings(&parted.inside, &snapshot.inputs);
    console.count_findings_of("documents that are not shown", &parted.outside);
}

/// Returns whether an argument names an input: it is there, is standard input, or looks like a path.
fn is_path(input: &Path) -> bool {
    let text = input.to_string_lossy();
    let is_id = text.parse::<Selector>().is_ok();
    let looks_like_a_path = text.contains('/')
        || [".yaml", ".yml", ".json", ".gz", ".xz", ".zst"].iter().any(|end| text.ends_with(end));
    input == Path::new("-") || input.exists() || looks_like_a_path || !is_id
}

/// Refuses an identity that selects nothing.
fn unknown(id: &Selector, known: impl Iterator<Item = NameStream>) -> Refusal {
    let known: Vec<NameStream> = known.collect();
    let texts: Vec<String> = known.iter().map(NameStream::to_string).collect();
    let names = known.iter().map(|stream| stream.name.as_str());
    let text = id.to_string();
    let near = nearest(&text, texts.iter().map(String::as_str).chain(names));
    let hint = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "without an ID all that is loaded is shown".to_owned(),
    };
    Refusal::usage(format!("no file and no loaded module is `{text}`")).hint(hint)
}

fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}
