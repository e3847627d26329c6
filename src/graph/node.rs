//! Which documents are nodes: the newest version of each stream, the arches of one build merged.

use std::collections::{BTreeMap, BTreeSet};

use super::{GraphOptions, Kind, Module, Versions};
use crate::load::{
    Code, Dependencies, Finding, Origin, Place, Snapshot, Stream, Unreadable, arch_drift,
};
use crate::name::{Arch, Context, ModuleName, NameStream, StreamName, Version};

/// The modules of a snapshot, sorted by (name, stream, version, context), and what is wrong with
/// them.
pub(super) struct Nodes<'a> {
    snapshot: &'a Snapshot,
    options: &'a GraphOptions,
    pub(super) modules: Vec<Module>,
    pub(super) findings: Vec<Finding>,
}

/// Takes the documents that the options ask for and merges those of one build.
///
/// The newest version is taken over all inputs together. Where the newest document of a stream
/// could not be read, the stream has no node: an older version in its place would be a silent
/// step back.
pub(super) fn nodes<'a>(snapshot: &'a Snapshot, options: &'a GraphOptions) -> Nodes<'a> {
    let mut documents: Vec<&Stream> = snapshot.streams.iter().collect();
    documents.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
    let unreadable = newest_unreadable(snapshot);
    let mut newest_read: BTreeMap<NameStream, Version> = BTreeMap::new();
    let mut nodes = Nodes { snapshot, options, modules: Vec::new(), findings: Vec::new() };
    for stream in documents.chunk_by(|a, b| a.name == b.name && a.stream == b.stream) {
        let newest = stream.last().expect("a chunk has a document").version;
        let id = stream[0].name_stream();
        if let Some(lost) = unreadable.get(&id) {
            newest_read.insert(id, newest);
            if lost.version > newest && options.versions != Versions::All {
                continue;
            }
        }
        nodes.take_stream(stream);
    }
    for (id, lost) in &unreadable {
        nodes.findings.extend(unreadable_finding(id, lost, newest_read.get(id).copied()));
    }
    nodes
}

type SortKey<'a> =
    (&'a ModuleName, &'a StreamName, Version, &'a Option<Context>, Origin, &'a Option<Arch>, Place);

fn sort_key(document: &Stream) -> SortKey<'_> {
    let Stream { name, stream, version, context, origin, arch, place, .. } = document;
    (name, stream, *version, context, *origin, arch, *place)
}

fn newest_unreadable(snapshot: &Snapshot) -> BTreeMap<NameStream, &Unreadable> {
    let mut newest: BTreeMap<NameStream, &Unreadable> = BTreeMap::new();
    for lost in &snapshot.unreadable {
        let entry = newest.entry(lost.module.clone()).or_insert(lost);
        if lost.version > entry.version {
            *entry = lost;
        }
    }
    newest
}

fn unreadable_finding(
    id: &NameStream,
    lost: &Unreadable,
    newest_read: Option<Version>,
) -> Option<Finding> {
    let what = match newest_read {
        _ if lost.version == Version(0) => {
            format!("a document of {id} cannot be read, not even its version: it may be the newest")
        }
        Some(read) if lost.version < read => return None,
        Some(read) if lost.version == read => {
            format!("one of the newest documents of {id} ({read}) cannot be read")
        }
        Some(read) => format!(
            "the newest document of {id} ({}) cannot be read; {read} is older and is not taken instead",
            lost.version
        ),
        None => format!("the only document of {id} cannot be read"),
    };
    let hint = "mend the document: what is wrong with it is told at its place";
    Some(Finding::new(Code::NewestUnreadable, lost.place, what).hint(hint))
}

impl Nodes<'_> {
    /// Takes the documents of one `name:stream`, sorted by version and context.
    fn take_stream(&mut self, stream: &[&Stream]) {
        let newest = stream.last().expect("a chunk has a document").version;
        let builds = stream.chunk_by(|a, b| a.version == b.version && a.context == b.context);
        match self.options.versions {
            Versions::Newest => {
                builds.filter(|b| b[0].version == newest).for_each(|b| self.take(b));
            }
            Versions::All => builds.for_each(|b| self.take(b)),
            Versions::NewestPerContext => {
                let mut per_context: BTreeMap<&Option<Context>, &[&Stream]> = BTreeMap::new();
                for build in builds {
                    per_context.insert(&build[0].context, build);
                }
                let mut newest: Vec<&[&Stream]> = per_context.into_values().collect();
                newest.sort_by_key(|build| (build[0].version, &build[0].context));
                newest.into_iter().for_each(|b| self.take(b));
            }
        }
    }

    /// Merges the documents of one build; those of the best origin alone count.
    fn take(&mut self, build: &[&Stream]) {
        let origin = build[0].origin;
        let documents = build.iter().copied().filter(|document| document.origin == origin);
        let first = build[0];
        let mut module = module_of(first, self.options);
        for document in documents.skip(1) {
            self.findings.extend(arch_drift(first, document, &self.snapshot.inputs));
            merge(&mut module, document);
        }
        module.platform = platform(&module.dependencies, self.options);
        self.modules.push(module);
    }
}

fn module_of(document: &Stream, options: &GraphOptions) -> Module {
    let kind = if options.base_modules.contains(&document.name) {
        Kind::Base
    } else if document.components.is_empty() && document.included.is_empty() {
        Kind::PassThrough
    } else {
        Kind::Built
    };
    Module {
        id: id(document, options.versions).into(),
        name: document.name.clone(),
        stream: document.stream.clone(),
        version: document.version,
        context: document.context.clone(),
        static_context: document.static_context,
        platform: None,
        arches: document.arch.iter().cloned().collect(),
        components: document.components.clone(),
        included: document.included.clone(),
        build_arches: document.build_arches.clone(),
        dependencies: document.dependencies.clone(),
        kind,
        place: document.place,
    }
}

fn id(document: &Stream, versions: Versions) -> String {
    let mut id = format!("{}:{}", document.name, document.stream);
    if versions == Versions::All {
        id = format!("{id}:{}", document.version);
    }
    match &document.context {
        Some(context) => format!("{id}:{context}"),
        None => id,
    }
}

/// Returns the stream of the first base module that the module builds on.
fn platform(dependencies: &[Dependencies], options: &GraphOptions) -> Option<StreamName> {
    dependencies
        .iter()
        .flat_map(|group| &group.buildrequires)
        .find(|(name, _)| options.base_modules.contains(*name))
        .and_then(|(_, requirement)| requirement.streams.first().cloned())
}

/// Adds what another arch's document says: components and arches are united, alternatives of
/// dependencies added where they are new. A component that both have stays as the first says.
fn merge(module: &mut Module, document: &Stream) {
    module.arches.extend(document.arch.iter().cloned());
    for (key, component) in &document.components {
        module.components.entry(key.clone()).or_insert_with(|| component.clone());
    }
    for (key, included) in &document.included {
        module.included.entry(key.clone()).or_insert_with(|| included.clone());
    }
    if module.kind == Kind::PassThrough
        && !(document.components.is_empty() && document.included.is_empty())
    {
        module.kind = Kind::Built;
    }
    // An empty set means all arches, and all is more than any set.
    if document.build_arches.is_empty() {
        module.build_arches = BTreeSet::new();
    } else if !module.build_arches.is_empty() {
        module.build_arches.extend(document.build_arches.iter().cloned());
    }
    for group in &document.dependencies {
        if !module.dependencies.iter().any(|known| known.names_the_same(group)) {
            module.dependencies.push(group.clone());
        }
    }
}
