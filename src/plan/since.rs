//! Differences from an older snapshot: added and removed streams, versions, sources, dependencies.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::reuse::Source;
use crate::graph::{Kind, Line, Module, ModuleGraph, NodeIx};
use crate::load::{Snapshot, Stream};
use crate::name::{ComponentKey, Context, ModuleName, NameStream, StreamName, Version};

/// The loaded modules at one time.
#[derive(Clone, Copy, Debug)]
pub struct Loaded<'a> {
    /// The inputs.
    pub snapshot: &'a Snapshot,
    /// The modules of it.
    pub graph: &'a ModuleGraph,
}

/// How a module differs from an older snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// The older snapshot does not hold its stream.
    NewStream,
    /// The older snapshot has its stream, but not its context.
    NewContext,
    /// It was built again with another context: exactly one context of its stream, in its platform
    /// line and for its arches, was added and one removed.
    Context,
    /// It has another version.
    Version,
    /// It has the same version, but different sources or dependencies.
    Content,
    /// The newer snapshot does not hold its stream.
    GoneStream,
    /// The newer snapshot has its stream, but not its context.
    GoneContext,
}

/// One module that differs from an older snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its stream.
    pub stream: NameStream,
    /// Its id in the snapshot that has it; in the newer one if both do.
    pub id: String,
    /// The module; `None` if it is gone.
    pub module: Option<NodeIx>,
    /// Its earlier id, if its context differs.
    pub was: Option<String>,
    /// How it differs.
    pub kind: ChangeKind,
    /// Its version in the older and in the newer snapshot.
    pub versions: (Option<Version>, Option<Version>),
    /// The components whose sources differ or are unknown, by key.
    pub sources: Vec<SourceChange>,
    /// Whether its dependencies differ.
    pub has_other_dependencies: bool,
}

/// The sources of one component, before and after; `None` if the component is absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceChange {
    /// Its key.
    pub component: ComponentKey,
    /// The commit or source package before; `unpinned` if unknown.
    pub from: Option<String>,
    /// The same after.
    pub to: Option<String>,
}

/// The documents of one build.
type Build<'a> = (&'a ModuleName, &'a StreamName, Version, &'a Option<Context>);

/// A context of a stream in a platform line, in any version.
type Slot<'a> = (NameStream, Option<&'a Line>, &'a Option<Context>);

/// Returns the differences between two snapshots, by stream, existing modules before removed ones.
#[must_use]
pub fn changes(older: Loaded<'_>, newer: Loaded<'_>) -> Vec<Change> {
    let (before, after) = (slots(older.graph), slots(newer.graph));
    let documents = [older, newer].map(|of| documents(of.snapshot));
    let streams = |of: &BTreeMap<Slot<'_>, NodeIx>| -> BTreeSet<NameStream> {
        of.keys().map(|slot| slot.0.clone()).collect()
    };
    let (streams_before, streams_after) = (streams(&before), streams(&after));
    let again = built_again((older.graph, &before), (newer.graph, &after));
    let mut changes = Vec::new();
    for (slot, &ix) in &after {
        let module = &newer.graph[ix];
        let change = match before.get(slot).or_else(|| again.get(&ix)) {
            Some(&old) => compare((&older.graph[old], &documents[0]), (module, &documents[1])),
            None if streams_before.contains(&slot.0) => Some(ChangeKind::NewContext.of(module)),
            None => Some(ChangeKind::NewStream.of(module)),
        };
        changes.extend(change.map(|change| Change { module: Some(ix), ..change }));
    }
    let gone = before.iter().filter(|(slot, _)| !after.contains_key(*slot));
    let paired: BTreeSet<NodeIx> = again.into_values().collect();
    for (slot, &ix) in gone.filter(|(_, ix)| !paired.contains(ix)) {
        let is_gone = !streams_after.contains(&slot.0);
        let kind = if is_gone { ChangeKind::GoneStream } else { ChangeKind::GoneContext };
        changes.push(kind.of(&older.graph[ix]));
    }
    changes.sort_by(|a, b| {
        (&a.stream, a.module.is_none(), &a.id).cmp(&(&b.stream, b.module.is_none(), &b.id))
    });
    changes
}

/// Returns the newest module of each context that has its own build.
fn slots(graph: &ModuleGraph) -> BTreeMap<Slot<'_>, NodeIx> {
    let own = graph.modules().filter(|(_, m)| matches!(m.kind, Kind::Built | Kind::PassThrough));
    // In index order a newer version comes later.
    own.map(|(ix, m)| ((m.name_stream(), graph.line(ix), &m.context), ix)).collect()
}

/// Modules by their slots, and their graph.
type Slots<'a, 'b> = (&'a ModuleGraph, &'b BTreeMap<Slot<'a>, NodeIx>);

/// Returns the new contexts that replace a removed one, by newer module: each is the only one added
/// to its stream in its platform line, where one was removed, for the same arches.
fn built_again(older: Slots<'_, '_>, newer: Slots<'_, '_>) -> BTreeMap<NodeIx, NodeIx> {
    let (gone, came) = (only(older.1, newer.1), only(newer.1, older.1));
    let pairs = came.into_iter().filter_map(|(of, new)| Some((new?, (*gone.get(&of)?)?)));
    pairs.filter(|(new, old)| newer.0[*new].arches == older.0[*old].arches).collect()
}

/// A stream in a platform line.
type OfLine<'a> = (&'a NameStream, Option<&'a Line>);

/// Returns the one context of each stream and line that the others do not have; `None` if there are
/// several.
fn only<'a>(
    slots: &'a BTreeMap<Slot<'_>, NodeIx>,
    others: &BTreeMap<Slot<'_>, NodeIx>,
) -> BTreeMap<OfLine<'a>, Option<NodeIx>> {
    let mut only: BTreeMap<OfLine<'a>, Option<NodeIx>> = BTreeMap::new();
    for (slot, &ix) in slots.iter().filter(|(slot, _)| !others.contains_key(*slot)) {
        let of = (&slot.0, slot.1);
        only.entry(of).and_modify(|one| *one = None).or_insert(Some(ix));
    }
    only
}

fn documents(snapshot: &Snapshot) -> BTreeMap<Build<'_>, Vec<&Stream>> {
    let mut builds: BTreeMap<Build<'_>, Vec<&Stream>> = BTreeMap::new();
    for stream in &snapshot.streams {
        let build = (&stream.name, &stream.stream, stream.version, &stream.context);
        builds.entry(build).or_default().push(stream);
    }
    builds
}

impl ChangeKind {
    fn of(self, module: &Module) -> Change {
        let is_gone = matches!(self, Self::GoneStream | Self::GoneContext);
        let version = Some(module.version);
        Change {
            stream: module.name_stream(),
            id: module.id.to_string(),
            module: None,
            was: None,
            kind: self,
            versions: if is_gone { (version, None) } else { (None, version) },
            sources: Vec::new(),
            has_other_dependencies: false,
        }
    }
}

type At<'a> = (&'a Module, &'a BTreeMap<Build<'a>, Vec<&'a Stream>>);

/// Compares a module with its earlier state; the same build with the same content is not a change.
fn compare(before: At<'_>, after: At<'_>) -> Option<Change> {
    let (old, new) = (before.0, after.0);
    let has_other_context = old.context != new.context;
    let is_same_build = old.version == new.version && !has_other_context;
    let sources = sources(&pins(before), &pins(after), is_same_build);
    let has_other_dependencies = old.dependencies.len() != new.dependencies.len()
        || !old.dependencies.iter().zip(new.dependencies.iter()).all(|(a, b)| a.names_the_same(b));
    if is_same_build && sources.is_empty() && !has_other_dependencies {
        return None;
    }
    let kind = match (has_other_context, is_same_build) {
        (true, _) => ChangeKind::Context,
        (false, true) => ChangeKind::Content,
        (false, false) => ChangeKind::Version,
    };
    let versions = (Some(old.version), Some(new.version));
    let was = has_other_context.then(|| old.id.to_string());
    Some(Change { versions, was, sources, has_other_dependencies, ..kind.of(new) })
}

/// Returns what pins each component: its commit, otherwise its source package, otherwise nothing.
fn pins((module, documents): At<'_>) -> BTreeMap<ComponentKey, Source> {
    let build = (&module.name, &module.stream, module.version, &module.context);
    let documents = documents.get(&build).map(Vec::as_slice).unwrap_or_default();
    let artifacts: Vec<String> = documents.iter().flat_map(|d| d.artifacts.clone()).collect();
    let pin = |(key, component): (&ComponentKey, &crate::load::Component)| {
        (key.clone(), Source::of(component, &artifacts))
    };
    module.components.iter().map(pin).collect()
}

/// Returns the components whose sources differ. A component without a pin never counts as
/// unchanged, except in the same build.
fn sources(
    before: &BTreeMap<ComponentKey, Source>,
    after: &BTreeMap<ComponentKey, Source>,
    is_same_build: bool,
) -> Vec<SourceChange> {
    let keys: BTreeSet<&ComponentKey> = before.keys().chain(after.keys()).collect();
    let text = |source: Option<&Source>| {
        source.map(|source| match source {
            Source::Pinned(pin) => pin.clone(),
            Source::Ambiguous(_) => source.to_string(),
            Source::Unpinned | Source::Named => "unpinned".to_owned(),
        })
    };
    let change = |key: &ComponentKey| {
        let (from, to) = (before.get(key), after.get(key));
        let is_pinned = |source: Option<&Source>| matches!(source, Some(Source::Pinned(_)));
        let is_same = from == to && (is_same_build || is_pinned(from));
        (!is_same).then(|| SourceChange { component: key.clone(), from: text(from), to: text(to) })
    };
    keys.into_iter().filter_map(change).collect()
}
