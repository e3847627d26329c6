//! `modplan expand`: what a build system makes of one document, against the builds there are.

use std::collections::BTreeMap;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use modplan::expand::{self, Document, Loaded, Request, Settings};
use modplan::load::{self, Code, Finding, PackagerDocument, Severity, Snapshot, Stream};
use modplan::name::{ModuleName, NameStream, StreamName};
use modplan::plan::batch::{self, Contents};
use modplan::plan::version::version_at;
use modplan::report::expand as report;

use super::args::{moment, name_stream};
use super::console::Console;
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

/// What a person who submits the document may say besides.
#[derive(Debug, Args)]
#[command(next_help_heading = "Request")]
struct RequestArgs {
    /// The module's name, where the document has none
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The module's stream, where the document has none
    #[arg(long, value_name = "STREAM")]
    stream: Option<String>,
    /// The time of the commit, such as 2026-11-24T00:00:00Z: versions come from it
    #[arg(long, value_name = "TIME", value_parser = moment)]
    at: Option<Timestamp>,
    /// The id of the first module build, which is part of dist tags
    #[arg(long, value_name = "ID")]
    build_id: Option<NonZeroU64>,
    /// Name scratch builds: tags with the id, contexts that end in `_1`
    #[arg(long, requires = "build_id")]
    scratch: bool,
    /// Build with this stream instead of those written; again for another stream or module
    ///
    /// A build service can also be set up to find overrides in the name of the branch, by patterns of
    /// its own (`br_stream_override_regexes`). These are not known here: give their result.
    #[arg(long, value_name = "NAME:STREAM", value_parser = name_stream)]
    buildrequire_override: Vec<NameStream>,
    /// Require this stream at run time instead of those written
    #[arg(long, value_name = "NAME:STREAM", value_parser = name_stream)]
    require_override: Vec<NameStream>,
    /// Take this stream where several remain
    #[arg(long, value_name = "NAME:STREAM", value_parser = name_stream)]
    default_stream: Vec<NameStream>,
    /// This base module stream is released: build on its support stream, STREAM.z, instead
    #[arg(long, value_name = "NAME:STREAM", value_parser = name_stream)]
    released: Vec<NameStream>,
}

/// How the service would be configured.
#[derive(Debug, Args)]
#[command(next_help_heading = "Rules")]
struct RuleArgs {
    /// A base module, instead of `platform`
    #[arg(long, value_name = "NAME")]
    base_module: Vec<String>,
    /// A base module stream that "any stream" leaves out
    #[arg(long, value_name = "STREAM")]
    exclude_base_stream: Vec<String>,
    /// Use builds made on any base module that shares a virtual stream, not only on older releases
    /// of the same major one
    #[arg(long)]
    all_bases: bool,
    /// Refuse a requirement that leaves several streams open and has no default stream
    #[arg(long)]
    refuse_ambiguous: bool,
    /// Refuse a dependency group that expands to more documents
    #[arg(long, value_name = "N")]
    max_documents: Option<NonZeroUsize>,
}

/// The document as it was read.
struct Source {
    snapshot: Snapshot,
    /// One stream, or one for each configuration of a packager document.
    streams: Vec<Stream>,
    is_packager: bool,
}

impl Expand {
    pub(crate) fn run(self, console: &Console) -> anyhow::Result<Answer> {
        let source = self.read(console)?;
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
        let document = self.document(&source, &loaded, &settings, console)?;
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
            build_id: self.request.build_id.map(NonZeroU64::get),
            is_scratch: self.request.scratch,
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

    /// Reads the document; one that cannot be read is an answer of no.
    fn read(&self, console: &Console) -> anyhow::Result<Source> {
        let options = load::Options { is_packager: true, ..load::Options::default() };
        let snapshot = load::load(std::slice::from_ref(&self.file), &options)?;
        let path = self.file.display();
        console.findings(&snapshot.findings, &snapshot.inputs);
        // What need not hold while a document is written has to hold when it is built.
        let is_error = |finding: &Finding| {
            finding.severity() == Severity::Error || finding.code == Code::NotConvertible
        };
        let is_wrong = snapshot.findings.iter().any(is_error);
        let (streams, is_packager) = match snapshot.packagers.as_slice() {
            [PackagerDocument::Stream(stream)] if !is_wrong => (vec![(**stream).clone()], false),
            [PackagerDocument::Packager(packager)] if !is_wrong => {
                let streams = packager.streams().map_err(|error| {
                    Refusal::no(format!("{path}: the document cannot be built: {error}"))
                })?;
                (streams, true)
            }
            _ => {
                return Err(Refusal::no(format!("{path} holds no document that can be built"))
                    .hint("give one packager or stream document, alone in its file")
                    .into());
            }
        };
        Ok(Source { snapshot, streams, is_packager })
    }

    /// Makes the document ready: named, with its time, and changed as the request asks.
    fn document(
        &self,
        source: &Source,
        loaded: &Loaded<'_>,
        settings: &Settings,
        console: &Console,
    ) -> anyhow::Result<Document> {
        let mut document = if source.is_packager {
            Document::of_configurations(&source.streams).expect("a conversion yields streams")
        } else {
            Document::of(&source.streams[0]).map_err(|error| {
                let path = &source.snapshot.inputs[0].path;
                let line = source.streams[0].place.line;
                Refusal::no(format!("{path}:{line}: {error}"))
            })?
        };
        self.request.name(&mut document, &self.file, console)?;
        if let Some(at) = self.request.at {
            document.version = version_at(at);
        }
        document.apply(&self.request.request(), &loaded.collection, settings).map_err(|error| {
            Refusal::usage(error.to_string()).hint("overrides replace streams, they add no module")
        })?;
        Ok(document)
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

/// Tells what was not said by any input, and what is left out because of that.
fn tell_assumptions(loaded: &Loaded<'_>, console: &Console) {
    if !loaded.assumed.is_empty() {
        let streams: Vec<String> =
            loaded.assumed.iter().map(|base| format!("{}:{}", base.name, base.stream)).collect();
        let streams = streams.join(", ");
        console.note(&format!("no input describes {streams}: taken from what was built on it"));
    }
    if let Some(first) = loaded.without_base.first() {
        let count = loaded.without_base.len();
        let message =
            format!("builds that name no platform they were made on: {count}, {first} first");
        console.warn(&message, Some("nothing is built with them"));
    }
}

impl RequestArgs {
    /// Names a document that has no name or stream of its own. Without a flag the module is called
    /// as its file is; nothing names the stream then, and there is no tag.
    fn name(&self, document: &mut Document, path: &Path, console: &Console) -> Result<(), Refusal> {
        let name = named(self.name.as_deref(), "name", document.name.as_str())?;
        let stream = named(self.stream.as_deref(), "stream", document.stream.as_str())?;
        document.name = name
            .unwrap_or_else(|| {
                let stem = path.file_stem().filter(|stem| *stem != "-");
                let stem = stem.map_or("unnamed".into(), |stem| stem.to_string_lossy());
                let message = format!("the document names no module: called {stem} as its file is");
                console.warn(&message, Some("give --name"));
                stem.into_owned()
            })
            .as_str()
            .into();
        document.stream = stream
            .unwrap_or_else(|| {
                let message = "the document names no stream, so there are no tags and targets";
                console
                    .warn(message, Some("give --stream; a build service takes the branch's name"));
                String::new()
            })
            .as_str()
            .into();
        Ok(())
    }

    fn request(&self) -> Request {
        Request {
            buildrequires: needs(&self.buildrequire_override),
            requires: needs(&self.require_override),
            released: self.released.iter().cloned().collect(),
        }
    }
}

/// Returns the name that is typed or written, none where there is neither.
fn named(typed: Option<&str>, what: &str, written: &str) -> Result<Option<String>, Refusal> {
    match typed {
        Some(typed) if !is_unnamed(written) && typed != written => {
            Err(Refusal::usage(format!("the document's {what} is {written}, not {typed}"))
                .hint(format!("--{what} is for a document without")))
        }
        Some(typed) => Ok(Some(typed.to_owned())),
        None => Ok((!is_unnamed(written)).then(|| written.to_owned())),
    }
}

/// Returns whether a name is none, or the one that the reference gives what has none.
fn is_unnamed(text: &str) -> bool {
    text.is_empty() || text.starts_with("__unnamed_")
}

fn needs(streams: &[NameStream]) -> BTreeMap<ModuleName, Vec<StreamName>> {
    let mut needs: BTreeMap<ModuleName, Vec<StreamName>> = BTreeMap::new();
    for NameStream { name, stream } in streams {
        needs.entry(name.clone()).or_default().push(stream.clone());
    }
    needs
}

impl RuleArgs {
    fn settings(&self, default_streams: &[NameStream]) -> Settings {
        let mut settings = Settings {
            only_compatible_bases: !self.all_bases,
            refuse_ambiguous: self.refuse_ambiguous,
            base_stream_exclusions: self
                .exclude_base_stream
                .iter()
                .map(|each| each.as_str().into())
                .collect(),
            default_streams: default_streams
                .iter()
                .map(|each| (each.name.clone(), each.stream.clone()))
                .collect(),
            ..Settings::default()
        };
        if !self.base_module.is_empty() {
            settings.platforms.names =
                self.base_module.iter().map(|each| each.as_str().into()).collect();
        }
        if let Some(max) = self.max_documents {
            settings.limits.keys_max = max.get();
        }
        settings
    }
}
