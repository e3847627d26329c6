//! What `expand` and `module-build` do alike: reading one document, and making it ready to be expanded.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use modplan::expand::{Document, Loaded, Request, Settings};
use modplan::load::{self, Code, Finding, PackagerDocument, Severity, Snapshot, Stream};
use modplan::name::{ModuleName, NameStream, StreamName};
use modplan::plan::version::version_at;

use super::args::{moment, name_stream};
use super::console::Console;
use super::status::Refusal;

/// What a person who submits the document may say besides.
#[derive(Debug, Args)]
#[command(next_help_heading = "Request")]
pub(crate) struct RequestArgs {
    /// The module's name, where the document has none
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The module's stream, where the document has none
    #[arg(long, value_name = "STREAM")]
    stream: Option<String>,
    /// The time of the commit, such as 2026-11-24T00:00:00Z: versions come from it
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) at: Option<Timestamp>,
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
    pub(crate) default_stream: Vec<NameStream>,
    /// This base module stream is released: build on its support stream, STREAM.z, instead
    #[arg(long, value_name = "NAME:STREAM", value_parser = name_stream)]
    released: Vec<NameStream>,
}

/// How the service would be configured.
#[derive(Debug, Args)]
#[command(next_help_heading = "Rules")]
pub(crate) struct RuleArgs {
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
pub(crate) struct Source {
    file: PathBuf,
    pub(crate) snapshot: Snapshot,
    /// One stream, or one for each configuration of a packager document.
    pub(crate) streams: Vec<Stream>,
    is_packager: bool,
}

impl Source {
    /// Reads a document; one that cannot be read is an answer of no.
    pub(crate) fn read(file: &Path, console: &Console) -> anyhow::Result<Self> {
        let options = load::Options { is_packager: true, ..load::Options::default() };
        let snapshot = load::load(&[file.to_owned()], &options)?;
        let path = file.display();
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
        Ok(Self { file: file.to_owned(), snapshot, streams, is_packager })
    }
}

/// Tells what was not said by any input, and what is left out because of that.
pub(crate) fn tell_assumptions(loaded: &Loaded<'_>, console: &Console) {
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
    /// Makes the document ready: named, with its time, and changed as the request asks.
    pub(crate) fn document(
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
        self.name(&mut document, source, console)?;
        if let Some(at) = self.at {
            document.version = version_at(at);
        }
        document.apply(&self.request(), &loaded.collection, settings).map_err(|error| {
            Refusal::usage(error.to_string()).hint("overrides replace streams, they add no module")
        })?;
        Ok(document)
    }

    /// Names a document that has no name or stream of its own. Without a flag the module is called
    /// as its file is; nothing names the stream then, and there is no tag.
    fn name(
        &self,
        document: &mut Document,
        source: &Source,
        console: &Console,
    ) -> Result<(), Refusal> {
        let name = named(self.name.as_deref(), "name", document.name.as_str())?;
        let stream = named(self.stream.as_deref(), "stream", document.stream.as_str())?;
        document.name = name
            .unwrap_or_else(|| {
                let stem = source.file.file_stem().filter(|stem| *stem != "-");
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
    pub(crate) fn settings(&self, default_streams: &[NameStream]) -> Settings {
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
