//! What PDC rows and MBS items have in common: an identity of their own, and modulemd inside.

use std::collections::BTreeMap;

use super::modulemd::{Nevra, Reader};
use super::names::Names;
use super::problem::{Code, Finding, Place};
use super::stream::Stream;
use super::{Component, Dependencies, Origin, Requirement, modulemd, yaml};
use crate::name::{ModuleName, Version};

/// Where rows are read to.
#[derive(Debug)]
pub(super) struct RowReader<'s> {
    pub(super) names: &'s mut Names,
    pub(super) findings: &'s mut Vec<Finding>,
    pub(super) place: Place,
}

/// Who a row says it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowIdentity<'r> {
    pub(super) name: &'r str,
    pub(super) stream: &'r str,
    pub(super) version: u64,
    pub(super) context: Option<&'r str>,
}

impl RowReader<'_> {
    pub(super) fn tell(&mut self, code: Code, message: impl Into<String>) {
        self.findings.push(Finding::new(code, self.place, message));
    }

    /// Returns the stream that a row is about: as its modulemd has it where it carries one, with
    /// the identity that the row states, for old documents name neither module nor stream.
    pub(super) fn stream(
        &mut self,
        identity: RowIdentity<'_>,
        (origin, text): (Origin, &str),
    ) -> (Stream, bool) {
        let embedded = self.embedded(identity, text);
        let has_modulemd = embedded.is_some();
        let mut stream = embedded.unwrap_or_else(|| Stream::empty(self.place));
        stream.origin = origin;
        stream.name = self.names.name(identity.name);
        stream.stream = self.names.name(identity.stream);
        stream.version = Version(identity.version);
        stream.context = identity.context.map(|context| self.names.name(context));
        stream.move_to(self.place);
        (stream, has_modulemd)
    }

    fn embedded(&mut self, identity: RowIdentity<'_>, text: &str) -> Option<Stream> {
        if text.trim().is_empty() {
            return None;
        }
        let mut findings = Vec::new();
        let mut reader = Reader::new(self.names, &mut findings, (self.place.input, false));
        reader.assume(identity.name, identity.stream);
        let stream = embedded_stream(text, &mut reader);
        if stream.is_none() {
            let what = findings.first().map_or("it holds no stream", |first| &first.message);
            let message = format!(
                "the modulemd of {}:{}:{} cannot be read: {what}",
                identity.name, identity.stream, identity.version
            );
            self.tell(Code::EmbeddedModulemd, message);
        }
        stream
    }

    /// Makes components of the source packages among RPM file names.
    pub(super) fn components_of(&mut self, stream: &mut Stream) {
        for nevra in stream.artifacts.iter().filter_map(|nevra| Nevra::parse(nevra)) {
            if nevra.arch == "src" {
                let component = Component {
                    package: self.names.name(nevra.name),
                    place: self.place,
                    ..Component::default()
                };
                stream.components.insert(self.names.name(nevra.name), component);
            }
        }
    }
}

fn embedded_stream(text: &str, reader: &mut Reader<'_>) -> Option<Stream> {
    let chunks = yaml::split(text.as_bytes());
    let [chunk] = chunks.as_slice() else { return None };
    let mut tree = yaml::Tree::default();
    if let Err(refusal) =
        yaml::read(&text[chunk.range.clone()], (chunk.line, chunk.framing), &mut tree)
    {
        reader.refuse(refusal.code, refusal.mark, refusal.message);
        return None;
    }
    match modulemd::read(&tree, reader) {
        Some(modulemd::Document::Stream(stream)) => Some(*stream),
        Some(_) | None => None,
    }
}

/// Adds one stream to what a group requires of a module.
pub(super) fn require(
    requirements: &mut BTreeMap<ModuleName, Requirement>,
    (module, stream): (&str, &str),
    reader: &mut RowReader<'_>,
) {
    let place = reader.place;
    requirements
        .entry(reader.names.name(module))
        .or_insert_with(|| Requirement { place, ..Requirement::default() })
        .streams
        .insert(reader.names.name(stream));
}

/// Tells where the dependencies of a row and those of the modulemd it stands beside differ.
///
/// Rows hold the streams that documents name, all groups flattened: a set that is empty or
/// negative has no entry in a row and can contradict none.
pub(super) fn disagreements(
    documented: &[Dependencies],
    row: &[Dependencies],
) -> Vec<(ModuleName, &'static str, [Requirement; 2])> {
    type Side = fn(&Dependencies) -> &BTreeMap<ModuleName, Requirement>;
    let sides: [(&str, Side); 2] =
        [("buildrequires", |group| &group.buildrequires), ("requires", |group| &group.requires)];
    let mut found = Vec::new();
    for (field, side) in sides {
        let documented = flat(documented, side);
        let row = flat(row, side);
        let modules =
            documented.keys().chain(row.keys().filter(|name| !documented.contains_key(*name)));
        for module in modules {
            let named = documented.get(module).cloned().unwrap_or_default();
            let is_open = documented.contains_key(module)
                && (named.streams.is_empty()
                    || named.streams.iter().any(|stream| stream.as_str().starts_with('-')));
            let rows = row.get(module).cloned().unwrap_or_default();
            if !is_open && named.streams != rows.streams {
                found.push((module.clone(), field, [named, rows]));
            }
        }
    }
    found
}

fn flat(
    groups: &[Dependencies],
    side: fn(&Dependencies) -> &BTreeMap<ModuleName, Requirement>,
) -> BTreeMap<ModuleName, Requirement> {
    let mut all: BTreeMap<ModuleName, Requirement> = BTreeMap::new();
    for (module, requirement) in groups.iter().flat_map(side) {
        match all.get_mut(module) {
            // One group that takes any stream makes the whole open.
            Some(known) if known.streams.is_empty() || requirement.streams.is_empty() => {
                known.streams.clear();
            }
            Some(known) => known.streams.extend(requirement.streams.iter().cloned()),
            None => {
                all.insert(module.clone(), requirement.clone());
            }
        }
    }
    all
}

/// Prints a set of streams as modulemd writes it.
pub(super) fn shown(requirement: &Requirement) -> String {
    if requirement.place == Place::default() {
        return "nothing".to_owned();
    }
    let streams: Vec<&str> = requirement.streams.iter().map(|stream| stream.as_str()).collect();
    format!("[{}]", streams.join(", "))
}
