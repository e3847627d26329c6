//! Common parts of PDC rows and MBS items: their identity, and the modulemd inside.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::modulemd::{Nevra, Reader};
use super::names::Names;
use super::problem::Refusal;
use super::problem::{Code, Finding, Place};
use super::stream::Stream;
use super::{About, Component, Dependencies, Origin, Requirement, Stated, modulemd};
use crate::name::{ModuleName, Version};
use crate::yaml;

/// The target of reading rows.
#[derive(Debug)]
pub(super) struct RowReader<'s> {
    pub(super) names: &'s mut Names,
    pub(super) findings: &'s mut Vec<Finding>,
    pub(super) place: Place,
}

/// The identity stated by a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowIdentity<'r> {
    pub(super) name: &'r str,
    pub(super) stream: &'r str,
    pub(super) version: u64,
    pub(super) context: Option<&'r str>,
}

impl RowIdentity<'_> {
    /// Returns a problem of the names, by the rules of a document.
    fn wrong(&self) -> Option<(Code, String)> {
        let Self { name, stream, .. } = self;
        for (field, text) in [("name", name), ("stream", stream)] {
            if text.chars().any(char::is_control) {
                let message = format!("the row's `{field}` contains a control character: {text:?}");
                return Some((Code::BadName, message));
            }
        }
        name.contains(':').then(|| {
            let message = format!(
                "the row's name `{name}` contains a colon, which separates the parts of an identity"
            );
            (Code::BadName, message)
        })
    }
}

impl RowReader<'_> {
    /// Reads a row's fields; reports the one with a wrong type.
    pub(super) fn fields<T: DeserializeOwned>(&mut self, text: &str, what: &str) -> Option<T> {
        let error = match serde_json::from_str(text) {
            Ok(fields) => return Some(fields),
            Err(error) => error,
        };
        let wrong = wrong_field::<T>(text).map(|(field, error)| format!("`{field}`: {error}"));
        let message = wrong.unwrap_or_else(|| {
            // Its place is relative to the row, whose own place is reported already.
            let error = error.to_string();
            error.rsplit_once(" at line ").map_or(error.as_str(), |(what, _)| what).to_owned()
        });
        self.report(Code::BadRow, format!("cannot read {what}: {message}"));
        None
    }

    /// Refuses a row with names forbidden in documents, and warns of a name that dependencies
    /// misread.
    pub(super) fn is_named_well(&mut self, identity: &RowIdentity<'_>) -> bool {
        if let Some((code, message)) = identity.wrong() {
            self.report(code, message);
            return false;
        }
        if identity.stream.starts_with('-') {
            let message = format!("the row's stream `{}` starts with a dash", identity.stream);
            let finding = Finding::new(Code::DashedStream, self.place, message);
            let hint = "a dependency on it looks like the exclusion of a stream";
            self.findings.push(finding.hint(hint));
        }
        true
    }

    pub(super) fn report(&mut self, code: Code, message: impl Into<String>) {
        self.findings.push(Finding::new(code, self.place, message));
    }

    /// Returns the stream of a row: from its modulemd, if any, with the identity stated by the row,
    /// because old documents name neither module nor stream.
    pub(super) fn stream(
        &mut self,
        identity: RowIdentity<'_>,
        origin: Origin,
        text: &str,
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
        let mut reader = Reader::new(self.names, &mut findings, self.place.input, false);
        reader.assume(identity.name, identity.stream);
        let stream = embedded_stream(text, &mut reader);
        if stream.is_none() {
            let what = findings.first().map_or("it has no stream", |first| &first.message);
            let message = format!(
                "the modulemd of {}:{}:{} cannot be read: {what}",
                identity.name, identity.stream, identity.version
            );
            self.report(Code::EmbeddedModulemd, message);
        }
        stream
    }

    /// Adds a component for each source package among RPM file names.
    pub(super) fn components_of(&mut self, stream: &mut Stream) {
        for nevra in stream.artifacts.iter().filter_map(|nevra| Nevra::parse(nevra)) {
            if nevra.arch == "src" {
                let component = Component {
                    package: self.names.name(nevra.name),
                    place: self.place,
                    ..Component::default()
                };
                let components = Arc::make_mut(&mut stream.components);
                components.insert(self.names.name(nevra.name), component);
            }
        }
    }
}

/// Returns the single field that makes a row unreadable, and why.
fn wrong_field<T: DeserializeOwned>(text: &str) -> Option<(String, serde_json::Error)> {
    let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).ok()?;
    fields.into_iter().find_map(|(field, value)| {
        let alone = serde_json::Value::Object([(field.clone(), value)].into_iter().collect());
        T::deserialize(alone).err().map(|error| (field, error))
    })
}

fn embedded_stream(text: &str, reader: &mut Reader<'_>) -> Option<Stream> {
    let chunks = yaml::split(text.as_bytes());
    let [chunk] = chunks.as_slice() else { return None };
    let mut tree = yaml::Tree::default();
    if let Err(refusal) =
        yaml::read(&text[chunk.range.clone()], chunk.line, chunk.framing, &mut tree)
    {
        let Refusal { code, mark, message } = refusal.into();
        reader.refuse(code, mark, message);
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
    module: &str,
    stream: &str,
    reader: &mut RowReader<'_>,
) {
    let place = reader.place;
    requirements
        .entry(reader.names.name(module))
        .or_insert_with(|| Requirement { place, ..Requirement::default() })
        .streams
        .insert(reader.names.name(stream));
}

/// One kind of dependencies: its field, its part of a group, and how far a source states it.
type Side =
    (&'static str, fn(&Dependencies) -> &BTreeMap<ModuleName, Requirement>, fn(&About) -> Stated);

const SIDES: [Side; 2] = [
    ("buildrequires", |group| &group.buildrequires, |about| about.buildrequires),
    ("requires", |group| &group.requires, |about| about.requires),
];

/// A requirement that differs between two sources of one build, the better source first.
pub(super) struct Disagreement {
    pub(super) field: &'static str,
    pub(super) module: ModuleName,
    pub(super) sides: [Requirement; 2],
}

/// Reports differences between the dependencies of two sources, as far as both state them.
///
/// Rows have the streams that documents name, with all groups flattened: an empty or negative set
/// has no entry in a row and cannot contradict one.
pub(super) fn disagreements(
    documented: &[Dependencies],
    about: &About,
    row: &[Dependencies],
    row_about: &About,
) -> Vec<Disagreement> {
    let mut found = Vec::new();
    for (field, side, stated) in SIDES {
        let stated = (stated(about), stated(row_about));
        if stated.0 == Stated::Not || stated.1 == Stated::Not {
            continue;
        }
        let (documented, row) = (flat(documented, side), flat(row, side));
        let agree: fn(&Requirement, &Requirement) -> bool = match stated {
            (Stated::AsWritten, Stated::AsWritten) => |one, other| one.streams == other.streams,
            // The buildroot has one of the accepted streams, and may contain more modules.
            (Stated::AsWritten, _) => |one, other| {
                one.streams.is_empty() || other.streams.iter().any(|had| one.streams.contains(had))
            },
            _ => |_, _| true,
        };
        let more = row.keys().filter(|name| !documented.contains_key(*name));
        for module in documented.keys().chain(more) {
            let named = documented.get(module).cloned().unwrap_or_default();
            let is_open = documented.contains_key(module)
                && (named.streams.is_empty()
                    || named.streams.iter().any(|stream| stream.as_str().starts_with('-')));
            let rows = row.get(module).cloned().unwrap_or_default();
            if !is_open && !agree(&named, &rows) {
                found.push(Disagreement { field, module: module.clone(), sides: [named, rows] });
            }
        }
    }
    found
}

/// Returns the streams of each module over all groups.
pub(super) fn flat(
    groups: &[Dependencies],
    side: fn(&Dependencies) -> &BTreeMap<ModuleName, Requirement>,
) -> BTreeMap<ModuleName, Requirement> {
    let mut all: BTreeMap<ModuleName, Requirement> = BTreeMap::new();
    for (module, requirement) in groups.iter().flat_map(side) {
        match all.get_mut(module) {
            // A single group that accepts any stream makes the whole set open.
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
