//! Which findings speak of documents outside what an answer is about.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{Dangling, ModuleGraph, NodeIx};
use crate::load::{Code, Finding, Place, Snapshot, Stream};
use crate::name::{ModuleName, NameStream, Selector, StreamName, Version};
use crate::plan::Plan;

/// Findings, parted by whether they speak of what was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parted {
    /// About modules that were asked for, or not about a recognizable module.
    pub inside: Vec<Finding>,
    /// About documents of other modules, or of older versions.
    pub outside: Vec<Finding>,
}

/// What a document speaks of.
#[derive(Clone, Debug)]
struct Document {
    name: ModuleName,
    stream: Option<StreamName>,
    version: Option<Version>,
}

/// What each document of a snapshot speaks of, by the place where it starts.
#[derive(Clone, Debug)]
pub struct Documents(BTreeMap<Place, Document>);

/// The oldest version of each stream that an answer is about.
#[derive(Default)]
struct Streams(BTreeMap<NameStream, Version>);

/// Parts findings by whether they speak of what a plan rebuilds.
#[must_use]
pub fn part(findings: &[Finding], snapshot: &Snapshot, plan: &Plan) -> Parted {
    let mut rebuilt = Streams::default();
    for module in &plan.modules {
        let stream = NameStream::new(module.name.as_str(), module.stream.as_str());
        rebuilt.add(stream, Version(module.version.parse().unwrap_or_default()));
    }
    Documents::of(snapshot).part(findings, |_, _, document| rebuilt.hold(document))
}

/// Parts findings by whether they speak of some modules of a graph, or of a requirement that one of
/// them has or, written wrong, is meant by.
#[must_use]
pub fn part_around(
    findings: &[Finding],
    snapshot: &Snapshot,
    graph: &ModuleGraph,
    modules: &[NodeIx],
) -> Parted {
    let mut around = Streams::default();
    modules.iter().for_each(|&ix| around.add(graph[ix].name_stream(), graph[ix].version));
    let modules: BTreeSet<NodeIx> = modules.iter().copied().collect();
    let names: BTreeSet<&ModuleName> = modules.iter().map(|&ix| &graph[ix].name).collect();
    let is_asked =
        |row: &Dangling| modules.contains(&row.module) || names.contains(&row.requires.name);
    let asked = graph.dangling().iter().filter(|row| is_asked(row));
    let asked: BTreeSet<&NameStream> = asked.map(|row| &row.requires).collect();
    // Of a requirement that many have, only the first place is shown.
    let required = graph.dangling().iter().filter(|row| asked.contains(&row.requires));
    let places: BTreeSet<Place> = required.map(|row| row.place).collect();
    Documents::of(snapshot).part(findings, |finding, _, document| {
        around.hold(document) || finding.code == Code::LostZero && places.contains(&finding.place)
    })
}

impl Documents {
    /// Returns what the documents of a snapshot speak of.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Self {
        let lost = snapshot.unreadable.iter().map(|lost| {
            let version = (lost.version != Version(0)).then_some(lost.version);
            (lost.place, Document::new(&lost.module, version))
        });
        let repeated = snapshot
            .repeats
            .iter()
            .map(|repeat| (repeat.place, Document::new(&repeat.module, Some(repeat.version))));
        let streams = snapshot.streams.iter().chain(&snapshot.garbage).map(|stream| {
            let Stream { name, stream, version, place, .. } = stream;
            let (name, stream) = (name.clone(), Some(stream.clone()));
            (*place, Document { name, stream, version: Some(*version) })
        });
        let defaults = snapshot.defaults.iter().map(|defaults| {
            let name = defaults.module.clone();
            (defaults.place, Document { name, stream: None, version: None })
        });
        let obsoletes = snapshot.obsoletes.iter().map(|obsoletes| {
            let (name, stream) = (obsoletes.module.clone(), Some(obsoletes.stream.clone()));
            (obsoletes.place, Document { name, stream, version: None })
        });
        let translations = snapshot.translations.iter().map(|translations| {
            let (name, stream) = (translations.module.clone(), Some(translations.stream.clone()));
            (translations.place, Document { name, stream, version: None })
        });
        let others = defaults.chain(obsoletes).chain(translations);
        Self(streams.chain(lost).chain(repeated).chain(others).collect())
    }

    /// Parts findings by whether they speak of what is shown: a part of the snapshot, and what
    /// identities name that is not in it, because it could not be read or is a duplicate.
    #[must_use]
    pub fn part_shown(&self, findings: &[Finding], shown: &Snapshot, ids: &[Selector]) -> Parted {
        let streams = shown.streams.iter().map(|of| of.place);
        let defaults = shown.defaults.iter().map(|of| of.place);
        let obsoletes = shown.obsoletes.iter().map(|of| of.place);
        let translations = shown.translations.iter().map(|of| of.place);
        let places: BTreeSet<Place> =
            streams.chain(defaults).chain(obsoletes).chain(translations).collect();
        let lost = shown.unreadable.iter().map(|of| of.place);
        let repeated = shown.repeats.iter().map(|of| of.place);
        let garbage = shown.garbage.iter().map(|of| of.place);
        let apart: BTreeSet<Place> = lost.chain(repeated).chain(garbage).collect();
        self.part(findings, |_, place, document| {
            places.contains(&place) || apart.contains(&place) && document.is_named_by(ids)
        })
    }

    /// Parts findings; `is_inside` judges a finding by its document and where that starts.
    fn part(
        &self,
        findings: &[Finding],
        is_inside: impl Fn(&Finding, Place, &Document) -> bool,
    ) -> Parted {
        let mut parted = Parted::default();
        for finding in findings {
            let before = self.0.range(..=finding.place).next_back();
            let of = before.filter(|(start, _)| start.input == finding.place.input);
            let is_inside = is_about_a_file(finding.code)
                || of.is_none_or(|(start, document)| is_inside(finding, *start, document));
            let part = if is_inside { &mut parted.inside } else { &mut parted.outside };
            part.push(finding.clone());
        }
        parted
    }
}

impl Document {
    fn new(module: &NameStream, version: Option<Version>) -> Self {
        Self { name: module.name.clone(), stream: Some(module.stream.clone()), version }
    }

    /// Returns whether an identity names its module and stream, or none is given.
    fn is_named_by(&self, ids: &[Selector]) -> bool {
        let stream = self.stream.as_ref().map(StreamName::as_str);
        let names = |id: &Selector| {
            id.name() == self.name.as_str() && (id.stream().is_none() || id.stream() == stream)
        };
        ids.is_empty() || ids.iter().any(names)
    }
}

impl Streams {
    fn add(&mut self, stream: NameStream, version: Version) {
        let oldest = self.0.entry(stream).or_insert(version);
        *oldest = version.min(*oldest);
    }

    /// Returns whether a document speaks of one of the streams, and not of an older version.
    fn hold(&self, document: &Document) -> bool {
        let Document { name, stream, version } = document;
        let Some(stream) = stream else {
            return self.0.keys().any(|stream| stream.name == *name);
        };
        let id = NameStream { name: name.clone(), stream: stream.clone() };
        let oldest = self.0.get(&id);
        oldest.is_some_and(|oldest| version.is_none_or(|version| version >= *oldest))
    }
}

/// Returns whether what is wrong keeps a file, or the rest of it, from being read: then it is unknown
/// which modules it holds.
fn is_about_a_file(code: Code) -> bool {
    const OF_FILES: &[Code] = &[
        Code::OtherFile,
        Code::TooLarge,
        Code::Checksum,
        Code::Repository,
        Code::NoModules,
        Code::Compression,
        Code::Encoding,
        Code::Characters,
        Code::YamlSyntax,
        Code::Truncated,
        Code::DocumentShape,
        Code::DocumentType,
        Code::JsonSyntax,
        Code::JsonShape,
        Code::IncompleteDump,
    ];
    OF_FILES.contains(&code)
}
