//! Which findings speak of documents outside what is rebuilt.

use std::collections::{BTreeMap, BTreeSet};

use crate::load::{Code, Finding, Place, Snapshot, Stream};
use crate::name::{ModuleName, NameStream, StreamName, Version};
use crate::plan::Plan;

/// Findings, parted by whether they speak of what is rebuilt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parted {
    /// About rebuilt modules, or about no module that could be told.
    pub inside: Vec<Finding>,
    /// About documents of other modules, or of older versions.
    pub outside: Vec<Finding>,
}

/// What a document speaks of.
struct Document<'a> {
    name: &'a ModuleName,
    stream: Option<&'a StreamName>,
    version: Option<Version>,
}

/// Parts findings by the documents that they stand in.
#[must_use]
pub fn part(findings: &[Finding], snapshot: &Snapshot, plan: &Plan) -> Parted {
    let documents = documents(snapshot);
    let mut rebuilt: BTreeMap<NameStream, Version> = BTreeMap::new();
    for module in &plan.modules {
        let stream = NameStream::new(module.name.as_str(), module.stream.as_str());
        let version = Version(module.version.parse().unwrap_or_default());
        let oldest = rebuilt.entry(stream).or_insert(version);
        *oldest = version.min(*oldest);
    }
    let names: BTreeSet<&ModuleName> = rebuilt.keys().map(|stream| &stream.name).collect();
    let is_rebuilt = |document: &Document<'_>| match (document.stream, document.version) {
        (Some(stream), version) => {
            let id = NameStream { name: document.name.clone(), stream: stream.clone() };
            let oldest = rebuilt.get(&id);
            oldest.is_some_and(|oldest| version.is_none_or(|version| version >= *oldest))
        }
        (None, _) => names.contains(document.name),
    };
    let is_inside = |finding: &&Finding| {
        let place = finding.place;
        let before = documents.range(..=place).next_back();
        let of = before.filter(|(start, _)| start.input == place.input).map(|(_, of)| of);
        is_about_a_file(finding.code) || of.is_none_or(is_rebuilt)
    };
    let (inside, outside): (Vec<&Finding>, Vec<&Finding>) = findings.iter().partition(is_inside);
    let owned = |findings: Vec<&Finding>| findings.into_iter().cloned().collect();
    Parted { inside: owned(inside), outside: owned(outside) }
}

/// Returns where each document starts, and what it speaks of.
fn documents(snapshot: &Snapshot) -> BTreeMap<Place, Document<'_>> {
    let streams = snapshot.streams.iter().chain(&snapshot.garbage).map(|stream| {
        let Stream { name, stream, version, place, .. } = stream;
        (*place, Document { name, stream: Some(stream), version: Some(*version) })
    });
    let unreadable = snapshot.unreadable.iter().map(|lost| {
        let NameStream { name, stream } = &lost.module;
        let version = (lost.version != Version(0)).then_some(lost.version);
        (lost.place, Document { name, stream: Some(stream), version })
    });
    let defaults = snapshot.defaults.iter().map(|defaults| {
        (defaults.place, Document { name: &defaults.module, stream: None, version: None })
    });
    let obsoletes = snapshot.obsoletes.iter().map(|obsoletes| {
        let (name, stream) = (&obsoletes.module, Some(&obsoletes.stream));
        (obsoletes.place, Document { name, stream, version: None })
    });
    let translations = snapshot.translations.iter().map(|translations| {
        let (name, stream) = (&translations.module, Some(&translations.stream));
        (translations.place, Document { name, stream, version: None })
    });
    streams.chain(unreadable).chain(defaults).chain(obsoletes).chain(translations).collect()
}

/// Returns whether what is wrong keeps a file, or the rest of it, from being read: then nobody knows
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
