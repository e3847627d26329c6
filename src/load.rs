//! Reads bytes into plain data and findings, and writes plain data as modulemd.
//!
//! A [`Snapshot`] is the combined content of all inputs: modulemd documents, PDC rows, pages of a
//! Module Build Service. Problems in them are data: each is a [`Finding`] with its place, and
//! reading continues. Nothing here knows about graphs or decides which version is newest.

mod about;
mod drift;
mod duplicates;
mod gather;
mod json;
mod koji;
mod mbs;
mod merge;
mod modulemd;
mod names;
mod packager;
mod pdc;
pub mod problem;
mod repository;
mod retire;
mod row;
mod source;
mod source_urls;
mod sources;
mod stream;
mod write;

use std::path::PathBuf;
use std::sync::Arc;

pub use about::{About, Defaults, Intent, Profile, RpmMapEntry, Stated, Value};
pub use drift::{arch_drift, arch_drifts};
pub use packager::{Configuration, ConversionError, Packager, PackagerDocument};
pub use problem::{Code, Finding, Place, Severity};
pub use retire::{ActiveObsoletes, Minute, MinuteError, Obsoletes, Translation, Translations};
pub use source::{LoadError, sha256};
pub use source_urls::{SourceUrls, Wanted};
pub use stream::{
    BuildOpts, Component, Dependencies, IncludedModule, Lock, Origin, Requirement, Stream,
};
pub use write::{packager_yaml, snapshot_yaml, source_yaml, stream_yaml, without_document};

use crate::name::{NameStream, Version};
use crate::yaml;
use gather::Gatherer;

/// Options of reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Refuses fields that the format does not know.
    pub is_strict: bool,
    /// Reads each input as a packager file: one document, written before its build.
    pub is_packager: bool,
    /// The maximum size of one input in bytes, unpacked.
    pub input_bytes_max: u64,
    /// The content of standard input, if it was read before: it can only be read once.
    pub standard_input: Option<Arc<[u8]>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            is_strict: false,
            is_packager: false,
            input_bytes_max: 1 << 30,
            standard_input: None,
        }
    }
}

/// Reads all inputs into one snapshot: files, directories (recursively, in the order of names),
/// repositories (the modules that `repodata/repomd.xml` names) and `-` for standard input.
///
/// # Errors
///
/// An input that is missing or unreadable. Problems *inside* an input are [`Finding`]s of the
/// snapshot, and reading continues.
pub fn load(paths: &[PathBuf], options: &Options) -> Result<Snapshot, LoadError> {
    let mut gatherer = Gatherer::new(options);
    let files = source::resolve(paths, &[".yaml", ".yml", ".json"])?;
    for path in empty_directories(paths, &files) {
        let message = "nothing to read in this directory: it has neither repodata/repomd.xml nor \
                       a file named *.yaml, *.yml or *.json, compressed or not"
            .to_owned();
        let refusal = problem::Refusal { code: Code::EmptyDirectory, mark: yaml::START, message };
        gatherer.no_input(path.display().to_string(), source::Bytes::plain(Vec::new()), refusal);
    }
    for path in files {
        let bytes = match &options.standard_input {
            Some(read) if path.as_os_str() == "-" => source::Bytes::plain(read.to_vec()),
            Some(_) | None => source::read(&path, options.input_bytes_max)?,
        };
        if repository::is_index(&bytes.content) {
            match repository::modules(&path, &bytes.content, options.input_bytes_max)? {
                Ok(files) => gatherer.repository(&path.display().to_string(), bytes, files),
                Err(refusal) => gatherer.no_input(path.display().to_string(), bytes, refusal),
            }
            continue;
        }
        if !paths.contains(&path) && !holds_modules(&bytes.content) {
            let message =
                "neither modulemd nor a dump of PDC or MBS; the file is skipped".to_owned();
            let refusal = problem::Refusal { code: Code::OtherFile, mark: yaml::START, message };
            gatherer.no_input(path.display().to_string(), bytes, refusal);
            continue;
        }
        gatherer.input(path.display().to_string(), bytes);
    }
    Ok(gatherer.finish())
}

/// Returns whether a file of a directory is an input. Farms, scenarios, plans and settings of other
/// tools are often beside modules; they have no document and are not JSON of a service. A file that
/// cannot be unpacked is reported when it is read.
fn holds_modules(content: &[u8]) -> bool {
    if json::looks_like_json(content) {
        return json::has_service_key(content);
    }
    content.trim_ascii().is_empty() || memchr::memmem::find(content, b"document").is_some()
}

/// A file without modules, unpacked.
#[derive(Clone, Debug)]
pub struct RawFile {
    /// The path as findings print it; `-` for standard input.
    pub path: String,
    /// Its content; empty if it could not be unpacked.
    pub content: Vec<u8>,
    /// Why it could not be unpacked, if so.
    pub broken: Option<(Code, String)>,
}

/// Reads files as they are, unpacked; in directories, only files whose names end in one of
/// `endings`.
///
/// # Errors
///
/// A file that is missing or unreadable.
pub fn raw_files(paths: &[PathBuf], endings: &[&str]) -> Result<Vec<RawFile>, LoadError> {
    let read = |path: PathBuf| {
        let bytes = source::read(&path, Options::default().input_bytes_max)?;
        let source::Bytes { content, broken, .. } = bytes;
        Ok(RawFile { path: path.display().to_string(), content, broken })
    };
    let files = source::resolve(paths, endings)?;
    let empty = empty_directories(paths, &files).map(|path| {
        let why = format!(
            "nothing to read in this directory: it has no file named *{}, compressed or not",
            endings.join(", *")
        );
        let broken = Some((Code::EmptyDirectory, why));
        Ok(RawFile { path: path.display().to_string(), content: Vec::new(), broken })
    });
    let empty: Vec<Result<RawFile, LoadError>> = empty.collect();
    empty.into_iter().chain(files.into_iter().map(read)).collect()
}

/// Returns the given directories in which no file is read.
fn empty_directories<'a>(
    paths: &'a [PathBuf],
    files: &[PathBuf],
) -> impl Iterator<Item = &'a PathBuf> {
    paths.iter().filter(|path| path.is_dir() && !files.iter().any(|file| file.starts_with(path)))
}

/// Reads one text as if it were the file `path`.
#[must_use]
pub fn parse_text(path: &str, text: &str) -> Snapshot {
    let mut gatherer = Gatherer::new(&Options::default());
    gatherer.input(path.to_owned(), source::Bytes::plain(text.as_bytes().to_vec()));
    gatherer.finish()
}

/// The content of all inputs, in the order of reading.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The inputs, in the order given; a [`Place`] points into this list.
    pub inputs: Vec<Input>,
    /// Every module build, of every version and arch, without duplicates of one NSVCA.
    pub streams: Vec<Stream>,
    /// Builds that a Module Build Service calls `garbage`, left out of [`streams`](Self::streams):
    /// a base module among them is past its end of life, but builds on it may still count.
    pub garbage: Vec<Stream>,
    /// Default streams and profiles, merged over all inputs, by module.
    pub defaults: Vec<Defaults>,
    /// Ends of life, as read; only the last one for the same stream, context and time.
    pub obsoletes: Vec<Obsoletes>,
    /// Texts in other languages, as read.
    pub translations: Vec<Translations>,
    /// The content of packager files, if requested.
    pub packagers: Vec<PackagerDocument>,
    /// Documents that could not be read, but whose stream is known.
    pub unreadable: Vec<Unreadable>,
    /// Documents left out because one of the same identity was read before.
    pub repeats: Vec<Repeat>,
    /// Problems, in input order.
    pub findings: Vec<Finding>,
}

impl Snapshot {
    /// Returns the path of the input of a place.
    #[must_use]
    pub fn path(&self, place: Place) -> String {
        let input = self.inputs.get(place.input as usize);
        input.map(|input| input.path.clone()).unwrap_or_default()
    }
}

/// One input file, after directories and repositories are resolved to files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The path as findings print it; `-` for standard input.
    pub path: String,
    /// The kind of content, as in `inputs[].kind` of a plan: `modulemd`, `pdc`, `mbs`, `koji`, or
    /// `other` for a file of a directory that is none of these.
    pub kind: &'static str,
    /// The number of documents or rows in it, good and bad.
    pub documents: usize,
    /// SHA-256 of the bytes as stored, in hexadecimal.
    pub sha256: String,
}

/// A document of a stream that could not be read. It may be the newest of its stream, so an older
/// one must not be used silently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The module of the document.
    pub module: NameStream,
    /// Its version; 0 if that could not be read either.
    pub version: Version,
    /// Its place.
    pub place: Place,
}

/// A document left out because one of the same identity was read before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// The module of the document.
    pub module: NameStream,
    /// Its version.
    pub version: Version,
    /// Its place.
    pub place: Place,
}

#[cfg(test)]
mod tests;
