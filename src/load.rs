//! Bytes in, plain data and findings out; and plain data written as modulemd again.
//!
//! A [`Snapshot`] is what one or many inputs say together: modulemd documents, PDC rows, pages of
//! a Module Build Service. Problems in them are data: each is a [`Finding`] with its place, and
//! reading goes on. Nothing here knows what a graph is, and nothing here decides what is newest.

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

/// How to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Refuses fields that the format does not know.
    pub is_strict: bool,
    /// Reads each input as a packager file: one document, before its build.
    pub is_packager: bool,
    /// The most bytes of one input, unpacked.
    pub input_bytes_max: u64,
    /// What standard input holds, where it was read before: it can be read once.
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

/// Reads all inputs into one snapshot: files, directories (all the way down, in the order of
/// their names), repositories (the modules that `repodata/repomd.xml` names) and `-` for standard
/// input.
///
/// # Errors
///
/// An input that is not there or cannot be read. What is wrong *inside* an input is a
/// [`Finding`] of the snapshot, and reading goes on.
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

/// Returns whether a file that was found in a directory is meant as an input: farms, scenarios,
/// plans and the settings of other tools stand beside modules. What names no document and is no
/// JSON of a service is one of these; what cannot be unpacked is told when it is read.
fn holds_modules(content: &[u8]) -> bool {
    if json::looks_like_json(content) {
        return json::has_service_key(content);
    }
    content.trim_ascii().is_empty() || memchr::memmem::find(content, b"document").is_some()
}

/// A file that holds no modules, unpacked.
#[derive(Clone, Debug)]
pub struct RawFile {
    /// The path as findings print it; `-` for standard input.
    pub path: String,
    /// What it holds; nothing where it could not be unpacked.
    pub content: Vec<u8>,
    /// Why it could not be unpacked, where that is so.
    pub broken: Option<(Code, String)>,
}

/// Reads files as they are, unpacked; of directories those whose names end in one of `endings`.
///
/// # Errors
///
/// A file that is not there or cannot be read.
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

/// Returns the directories given of which no file is read.
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

/// Everything the inputs say, in the order in which it was read.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The inputs, in the order given; a [`Place`] points into this list.
    pub inputs: Vec<Input>,
    /// Every module build read, of every version and arch, duplicates of one NSVCA left out.
    pub streams: Vec<Stream>,
    /// Builds that a Module Build Service calls `garbage`, left out of [`streams`](Self::streams): a
    /// base module among them is past its end of life, and what was built on it may still count.
    pub garbage: Vec<Stream>,
    /// Default streams and profiles, merged over all inputs, by module.
    pub defaults: Vec<Defaults>,
    /// Ends of life, as read; of those with the same stream, context and time the last.
    pub obsoletes: Vec<Obsoletes>,
    /// Texts in other languages, as read.
    pub translations: Vec<Translations>,
    /// What packager files hold, where they were asked for.
    pub packagers: Vec<PackagerDocument>,
    /// Documents that could not be read but told enough to be missed.
    pub unreadable: Vec<Unreadable>,
    /// Documents that were left out since one of the same identity was read before.
    pub repeats: Vec<Repeat>,
    /// What is wrong or odd, in input order.
    pub findings: Vec<Finding>,
}

impl Snapshot {
    /// Returns the path of the input in which something stands.
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
    /// What the content is, in the words of the plan's `inputs[].kind`: `modulemd`, `pdc`, `mbs`, `koji`,
    /// or `other` for a file of a directory that is none of these.
    pub kind: &'static str,
    /// How many documents or rows it holds, good and bad.
    pub documents: usize,
    /// SHA-256 of the bytes as stored, in hexadecimal.
    pub sha256: String,
}

/// A document of a stream that could not be read: were it the newest of its stream, stepping back
/// to an older one in silence would be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The module it speaks of.
    pub module: NameStream,
    /// Its version, 0 when that could not be read either.
    pub version: Version,
    /// Where it stands.
    pub place: Place,
}

/// A document that was left out since one of the same identity was read before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// The module it speaks of.
    pub module: NameStream,
    /// Its version.
    pub version: Version,
    /// Where it stands.
    pub place: Place,
}

#[cfg(test)]
mod tests;
