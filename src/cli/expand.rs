//! `modplan expand`: what a build system makes of one document, against the builds there are.

use std::num::NonZeroU64;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use modplan::expand::{self, Loaded};
use modplan::load::{self, Finding, Snapshot};
use modplan::name::NameStream;
use modplan::plan::batch::{self, Contents};
use modplan::report::expand as report;

use super::console::Console;
use super::expanding::{RequestArgs, RuleArgs, Source, tell_assumptions};
use super::output::OutputArgs;
use super::status::{Answer, Refusal};
use super::width::width;

/// How many findings are printed before the rest is counted.
const FINDINGS_MAX: usize = 30;

/// Expand one packager or stream document: contexts, pins, versions, tags, and what is unavailable
///
/// FILE is expanded as the Module Build Service would, against the builds in the inputs. Base modules
/// that no input describes are taken from what was built on them. Unavailable combinations of
/// streams are listed with the requirements that conflict; the others are still expanded.
#[derive(Debug, Args)]
pub(crate) struct Expand {
    /// The document: a packager or stream document, alone in its file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The builds to expand against: modulemd files, PDC dumps, directories of them, or `-`
    #[arg(long, value_name = "INPUT", required = true, num_args = 1..)]
    against: Vec<PathBuf>,
    #[command(flatten)]
    request: RequestArgs,
    #[command(flatten)]
    naming: NamingArgs,
    #[command(flatten)]
    rules: RuleArgs,
    /// List for each requirement the builds there are, the chosen one, and the rule that excludes each other one
    #[arg(long)]
    explain: bool,
    /// How it is written
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// Exit with 1 if there is any finding
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Tables for people
    Table,
    /// Everything
    Json,
}

/// What names of builds are made with.
#[derive(Debug, Args)]
#[command(next_help_heading = "Request")]
struct NamingArgs {
    /// The id of the first module build, which is part of dist tags
    #[arg(long, value_name = "ID")]
    build_id: Option<NonZeroU64>,
    /// Name scratch builds: tags with the id, contexts that end in `_1`
    #[arg(long, requires = "build_id")]
    scratch: bool,
}

impl Expand {
    pub(crate) fn run(self, console: &Console) -> anyhow::Result<Answer> {
        let source = Source::read(&self.file, console)?;
        let against = load::load(&self.against, &load::Options::default())?;
        console.findings(&against.findings, &against.inputs);
        if against.streams.is_empty() {
            return Err(Refusal::no("the inputs after --against hold no module")
                .hint("give modulemd documents (modules.yaml), or a directory of them")
                .into());
        }
        let settings = self.rules.settings(&self.request.default_stream);
        let loaded = Loaded::new(&against, &settings.platforms);
        tell_assumptions(&loaded, console);
        let document = self.request.document(&source, &loaded, &settings, console)?;
        let expansion = expand::expand(&document, &loaded.collection, &settings);
        let find = |wanted: &NameStream| Contents::newest(&against.streams, wanted);
        let ordered = batch::order(Contents::from(&source.streams[0]), &find);
        let explanations = if self.explain {
            expand::explain(&expansion, &loaded.collection, &settings)
        } else {
            Vec::new()
        };
        let told = report::ReportInput {
            path: &source.snapshot.inputs[0].path,
            streams: &source.streams,
            document: &document,
            expansion: &expansion,
            loaded: &loaded,
            inputs: &against.inputs,
            settings: &settings,
            ordered: ordered.as_ref(),
            build_id: self.naming.build_id.map(NonZeroU64::get),
            is_scratch: self.naming.scratch,
            explanations: &explanations,
        };
        let findings = report::findings(told);
        self.tell(&findings, &source.snapshot, console);
        let report = report::Report::new(told);
        self.output.write(match self.format {
            Format::Table => report::table(&report, width(&self.output.output)),
            Format::Json => report.to_json(),
        })?;
        let is_odd = [&findings, &against.findings, &source.snapshot.findings];
        let is_odd = is_odd.into_iter().any(|findings| !findings.is_empty());
        Ok(Answer::yes_if(report.is_complete() && !(self.strict && is_odd)))
    }

    /// Prints the findings on the document, of many only the first.
    fn tell(&self, findings: &[Finding], snapshot: &Snapshot, console: &Console) {
        let told = if self.explain { findings.len() } else { findings.len().min(FINDINGS_MAX) };
        console.findings(&findings[..told], &snapshot.inputs);
        if let more @ 1.. = findings.len() - told {
            console.warn(&format!("{more} more findings"), Some("--explain lists all of them"));
        }
    }
}
