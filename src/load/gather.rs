//! Inputs become one snapshot: each is read according to its content; duplicates are reported and
//! left out.

use std::collections::hash_map::Entry;
use std::path::PathBuf;

use rustc_hash::FxHashMap;

use super::duplicates::Known;
use super::json::{self, Dump, Service};
use super::merge::DefaultsMerger;
use super::modulemd::{self, Document, Reader};
use super::names::Names;
use super::pdc::{self, Outcome};
use super::problem::Refusal;
use super::problem::{Code, Finding, Place};
use super::row::RowReader;
use super::source::Bytes;
use super::{
    Input, Minute, Obsoletes, Options, Repeat, Snapshot, Stream, Unreadable, koji, mbs, sources,
};
use crate::name::{Context, ModuleName, StreamName};
use crate::yaml::{self, Chunk, Mark, Tree};

/// Defaults in a directory of this name replace others, as in distributions.
const OVERRIDES_DIRECTORY: &str = "overrides";
/// The priority of such defaults; all others have 0.
const OVERRIDES: u16 = 1;

/// Reads inputs one after the other.
#[derive(Debug)]
pub(super) struct Gatherer {
    snapshot: Snapshot,
    names: Names,
    is_strict: bool,
    is_packager: bool,
    known: Known,
    /// The index of an end of life in the snapshot, by subject and time.
    ends: FxHashMap<(ModuleName, StreamName, Option<Context>, Minute), usize>,
    defaults: DefaultsMerger,
}

impl Gatherer {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            snapshot: Snapshot::default(),
            names: Names::default(),
            is_strict: options.is_strict,
            is_packager: options.is_packager,
            known: Known::default(),
            ends: FxHashMap::default(),
            defaults: DefaultsMerger::new(options.is_strict),
        }
    }

    /// Reads one input.
    pub(super) fn input(&mut self, path: String, bytes: Bytes) {
        let input = u32::try_from(self.snapshot.inputs.len()).expect("fewer than 2^32 inputs");
        let Bytes { content, sha256, broken } = bytes;
        let priority = if is_override(&path) { OVERRIDES } else { 0 };
        self.snapshot.inputs.push(Input { path, kind: "modulemd", documents: 0, sha256 });
        if let Some((code, message)) = broken {
            self.report(code, Place { input, line: 1, column: 1 }, message);
            return;
        }
        if json::looks_like_json(&content) && !self.is_packager {
            self.json(input, &content);
        } else {
            self.modulemd(input, content);
        }
        let defaults = std::mem::take(&mut self.snapshot.defaults);
        self.defaults.input(defaults, priority);
    }

    /// Records a file that is not itself an input, and why.
    pub(super) fn no_input(&mut self, path: String, bytes: Bytes, refusal: Refusal) {
        let input = u32::try_from(self.snapshot.inputs.len()).expect("fewer than 2^32 inputs");
        let sha256 = bytes.sha256;
        self.snapshot.inputs.push(Input { path, kind: "other", documents: 0, sha256 });
        let Refusal { code, mark, message } = refusal;
        self.report(code, Place { input, line: mark.line, column: mark.column }, message);
    }

    /// Reads the module files of the repository whose index is `bytes`.
    pub(super) fn repository(&mut self, path: &str, bytes: Bytes, files: Vec<(PathBuf, Bytes)>) {
        if files.is_empty() {
            let message = "the repository lists no modules".to_owned();
            let refusal = Refusal { code: Code::NoModules, mark: yaml::START, message };
            self.no_input(path.to_owned(), bytes, refusal);
        }
        for (path, bytes) in files {
            self.input(path.display().to_string(), bytes);
        }
    }

    /// Returns the combined content of all inputs.
    pub(super) fn finish(mut self) -> Snapshot {
        self.snapshot.defaults = self.defaults.finish(&mut self.snapshot.findings);
        sources::reconcile(&mut self.snapshot);
        self.snapshot.findings.sort_by_key(|finding| finding.place);
        self.snapshot
    }

    fn report(&mut self, code: Code, place: Place, message: impl Into<String>) {
        self.snapshot.findings.push(Finding::new(code, place, message));
    }

    fn json(&mut self, input: u32, content: &[u8]) {
        let text = String::from_utf8_lossy(content);
        if let std::borrow::Cow::Owned(_) = text {
            let message = "the text is not UTF-8; invalid bytes were replaced";
            self.report(Code::Encoding, Place { input, line: 1, column: 1 }, message);
        }
        let Dump { rows, problems } = json::rows(&text);
        for (code, mark, message) in problems {
            self.report(code, Place { input, line: mark.line, column: mark.column }, message);
        }
        self.snapshot.inputs[input as usize].kind = match rows.first().map(|row| row.service) {
            Some(Service::Mbs) => "mbs",
            Some(Service::Koji) => "koji",
            Some(Service::Pdc) | None => "pdc",
        };
        self.snapshot.inputs[input as usize].documents = rows.len();
        let mut inactive = Vec::new();
        for row in rows {
            let place = Place { input, line: row.mark.line, column: row.mark.column };
            let (names, findings) = (&mut self.names, &mut self.snapshot.findings);
            let mut reader = RowReader { names, findings, place };
            let outcome = match row.service {
                Service::Pdc => pdc::read(row.text, &mut reader),
                Service::Mbs => mbs::read(row.text, &mut reader),
                Service::Koji => koji::read(row.text, &mut reader),
            };
            match outcome {
                Outcome::Stream(stream) => self.stream(*stream),
                Outcome::Inactive => inactive.push(place),
                Outcome::Garbage(stream) => {
                    inactive.push(place);
                    self.snapshot.garbage.push(*stream);
                }
                Outcome::Bad => {}
            }
        }
        if let Some(first) = inactive.first() {
            let count = inactive.len();
            let rows = if count == 1 { "row" } else { "rows" };
            let message = format!("skipped {count} {rows} of unfinished builds; the first is here");
            self.report(Code::InactiveRow, *first, message);
        }
    }

    fn modulemd(&mut self, input: u32, mut content: Vec<u8>) {
        const UTF_8_MARK: &[u8] = &[0xef, 0xbb, 0xbf];
        const UTF_16_MARKS: [&[u8]; 2] = [&[0xff, 0xfe], &[0xfe, 0xff]];
        if UTF_16_MARKS.iter().any(|mark| content.starts_with(mark)) {
            let message = "the file is UTF-16; modulemd must be UTF-8";
            self.report(Code::Encoding, Place { input, line: 1, column: 1 }, message);
            return;
        }
        if content.starts_with(UTF_8_MARK) {
            content.drain(..UTF_8_MARK.len());
        }
        let chunks = yaml::split(&content);
        self.snapshot.inputs[input as usize].documents = chunks.len();
        if self.is_packager && chunks.len() != 1 {
            let message =
                format!("a packager file must contain exactly one document, not {}", chunks.len());
            self.report(Code::PackagerFile, Place { input, line: 1, column: 1 }, message);
        }
        if let Some(last) = yaml::cut_short(&content, &chunks) {
            let mark = yaml::end_of(&content, last);
            let message = "the file seems truncated: it ends within a line, and only its last \
                           document has no `...`";
            self.report(
                Code::Truncated,
                Place { input, line: mark.line, column: mark.column },
                message,
            );
        }
        self.documents(input, content, chunks);
    }

    /// Reads documents in a few parts and frees the text of each before the next, so that the whole
    /// text and its content are never in memory together.
    fn documents(&mut self, input: u32, mut content: Vec<u8>, chunks: Vec<Chunk>) {
        const PARTS: usize = 4;
        const PART_BYTES_MIN: usize = 1 << 20;
        let part = (content.len() / PARTS).max(PART_BYTES_MIN);
        let (mut chunks, mut passed) = (chunks.into_iter(), 0);
        while !chunks.as_slice().is_empty() {
            // The tree's space is kept from document to document.
            let (mut tree, mut end) = (Tree::default(), 0);
            for chunk in chunks.by_ref() {
                let range = chunk.range.start - passed..chunk.range.end - passed;
                end = range.end;
                self.chunk(input, &content, &Chunk { range, ..chunk }, &mut tree);
                if end >= part {
                    break;
                }
            }
            drop(tree);
            content.drain(..end);
            content.shrink_to_fit();
            passed += end;
        }
    }

    fn chunk<'t>(&mut self, input: u32, content: &'t [u8], chunk: &Chunk, tree: &mut Tree<'t>) {
        match yaml::text_of(content, chunk) {
            Ok(text) => self.document(input, chunk, text, tree),
            Err(refusal) => {
                let Refusal { code, mark, message } = refusal.into();
                let place = Place { input, line: mark.line, column: mark.column };
                self.report(code, place, message);
            }
        }
    }

    fn document<'t>(&mut self, input: u32, chunk: &Chunk, text: &'t str, tree: &mut Tree<'t>) {
        let findings = &mut self.snapshot.findings;
        let mut reader = Reader::new(&mut self.names, findings, input, self.is_strict);
        if self.is_packager {
            reader.be_packager();
        }
        let refusal = yaml::read(text, chunk.line, chunk.framing, tree).err().map(Refusal::from);
        let start = tree.root().map_or(Mark { line: chunk.line, column: 1 }, yaml::Node::mark);
        let place = reader.place(start);
        let document = match refusal {
            Some(refusal) => {
                reader.refuse(refusal.code, refusal.mark, refusal.message);
                None
            }
            None => modulemd::read(tree, &mut reader),
        };
        match document {
            Some(Document::Stream(stream)) => self.stream(*stream),
            Some(Document::Defaults(defaults)) => self.snapshot.defaults.push(defaults),
            Some(Document::Obsoletes(obsoletes)) => self.obsoletes(obsoletes),
            Some(Document::Translations(texts)) => self.snapshot.translations.push(texts),
            Some(Document::Packager(packager)) => {
                if let Some(why) = packager.not_convertible() {
                    self.report(Code::NotConvertible, place, why.to_string());
                }
                self.snapshot.packagers.push(*packager);
            }
            None => {
                if let Some((module, version)) = modulemd::mentioned(tree) {
                    self.snapshot.unreadable.push(Unreadable { module, version, place });
                }
            }
        }
    }

    /// Adds an end of life; the last one with the same stream, context and time counts.
    fn obsoletes(&mut self, obsoletes: Obsoletes) {
        let Obsoletes { module, stream, context, modified, .. } = &obsoletes;
        let key = (module.clone(), stream.clone(), context.clone(), *modified);
        let all = &mut self.snapshot.obsoletes;
        match self.ends.entry(key) {
            Entry::Occupied(known) => all[*known.get()] = obsoletes,
            Entry::Vacant(free) => {
                free.insert(all.len());
                all.push(obsoletes);
            }
        }
    }

    fn stream(&mut self, stream: Stream) {
        let Snapshot { streams, inputs, findings, repeats, .. } = &mut self.snapshot;
        let (module, version, place) = (stream.name_stream(), stream.version, stream.place);
        let read = streams.len();
        findings.extend(self.known.add(stream, streams, inputs));
        if streams.len() == read {
            repeats.push(Repeat { module, version, place });
        }
    }
}

fn is_override(path: &str) -> bool {
    path.rsplit('/').skip(1).any(|part| part == OVERRIDES_DIRECTORY)
}
