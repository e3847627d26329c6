//! Selects documents as nodes: the newest version of each stream in each platform line, with the
//! arches of one build merged.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::line::{Line, Lines, positive};
use super::{GraphOptions, Kind, Module, Versions};
use crate::load::{
    Code, Dependencies, Finding, Origin, Place, Snapshot, Stream, Unreadable, arch_drift,
};
use crate::name::{Arch, Context, ModuleName, NameStream, StreamName, Version};

/// The modules of a snapshot, sorted by (name, stream, version, context), and their problems.
pub(super) struct Nodes<'a> {
    snapshot: &'a Snapshot,
    options: &'a GraphOptions,
    /// Every platform line that a document names.
    lines: BTreeSet<Line>,
    pub(super) modules: Vec<Module>,
    /// Streams with loaded builds for platforms other than the requested ones.
    pub(super) elsewhere: BTreeSet<NameStream>,
    pub(super) findings: Vec<Finding>,
}

/// The documents of one build and the platform lines in which it counts.
struct Build<'a> {
    documents: &'a [&'a Stream],
    lines: Lines,
}

impl Build<'_> {
    fn version(&self) -> Version {
        self.documents[0].version
    }

    fn context(&self) -> &Option<Context> {
        &self.documents[0].context
    }
}

/// Selects documents by the options and merges those of one build.
///
/// The newest version is chosen over all inputs. If the newest document of a stream could not be
/// read, the stream has no node, because using an older version would be a silent step back.
pub(super) fn nodes<'a>(snapshot: &'a Snapshot, options: &'a GraphOptions) -> Nodes<'a> {
    let mut documents: Vec<&Stream> = snapshot.streams.iter().collect();
    documents.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
    let elsewhere = leave_out_other_platforms(&mut documents, options);
    let lines = documents.iter().map(|document| Lines::of(document, options));
    let lines = lines.flat_map(|lines| lines.named().cloned().collect::<Vec<_>>()).collect();
    let unreadable = newest_unreadable(snapshot);
    let mut newest_read: BTreeMap<NameStream, Version> = BTreeMap::new();
    let (modules, findings) = (Vec::new(), Vec::new());
    let mut nodes = Nodes { snapshot, options, lines, modules, elsewhere, findings };
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

/// Drops the documents of platforms other than the requested ones, and returns their streams.
fn leave_out_other_platforms(
    documents: &mut Vec<&Stream>,
    options: &GraphOptions,
) -> BTreeSet<NameStream> {
    let mut elsewhere = BTreeSet::new();
    if !options.only_platforms.is_empty() {
        documents.retain(|document| {
            let platform = platform(&document.dependencies, options);
            let is_kept = options.base_modules.contains(&document.name)
                || platform.is_some_and(|stream| options.only_platforms.contains(&stream));
            if !is_kept {
                elsewhere.insert(document.name_stream());
            }
            is_kept
        });
    }
    elsewhere
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
            "the newest document of {id} ({}) cannot be read; {read} is older and is not used \
             instead",
            lost.version
        ),
        None => format!("the only document of {id} cannot be read"),
    };
    let hint = "fix the document: its errors are reported at its place";
    Some(Finding::new(Code::NewestUnreadable, lost.place, what).hint(hint))
}

impl Nodes<'_> {
    /// Reads the documents of one `name:stream`, sorted by version and context.
    fn take_stream(&mut self, stream: &[&Stream]) {
        let builds = stream.chunk_by(|a, b| a.version == b.version && a.context == b.context);
        let builds: Vec<Build<'_>> = builds.map(|documents| self.build(documents)).collect();
        let is_per_context = self.options.versions == Versions::NewestPerContext;
        let first = self.modules.len();
        for build in &builds {
            let is_newest = |line: Option<&Line>| {
                builds.iter().all(|other| {
                    let competes = !is_per_context || other.context() == build.context();
                    !competes
                        || other.version() <= build.version()
                        || line.is_some_and(|line| !other.lines.fits(line))
                })
            };
            let lines = match self.options.versions {
                Versions::All => Some(build.lines.clone()),
                // If no document names a line, there is one line without a name.
                Versions::Newest | Versions::NewestPerContext if self.lines.is_empty() => {
                    is_newest(None).then(Lines::default)
                }
                Versions::Newest | Versions::NewestPerContext => {
                    build.lines.keep(&self.lines, |line| is_newest(Some(line)))
                }
            };
            if let Some(lines) = lines {
                self.take(build.documents, lines);
            }
        }
        tell_apart(&mut self.modules[first..]);
    }

    fn build<'a>(&self, documents: &'a [&'a Stream]) -> Build<'a> {
        let mut lines = Lines::default();
        for document in of_best_origin(documents) {
            lines.add(Lines::of(document, self.options));
        }
        Build { documents, lines }
    }

    /// Merges the documents of one build; only those of the best origin count.
    fn take(&mut self, build: &[&Stream], lines: Lines) {
        let first = build[0];
        let mut module = module_of(first, self.options);
        for document in of_best_origin(build).skip(1) {
            self.findings.extend(arch_drift(first, document, &self.snapshot.inputs));
            merge(&mut module, document);
        }
        if !self.options.aliases.is_empty() {
            for group in Arc::make_mut(&mut module.dependencies) {
                self.options.aliases.iter().for_each(|alias| alias.repair(group));
            }
        }
        module.platform = platform(&module.dependencies, self.options);
        module.lines = lines;
        self.modules.push(module);
    }
}

fn of_best_origin<'a>(build: &'a [&'a Stream]) -> impl Iterator<Item = &'a Stream> {
    let origin = build[0].origin;
    build.iter().copied().filter(move |document| document.origin == origin)
}

/// Sorts the modules of one stream, and distinguishes contexts that occur in several platform lines
/// by their versions.
fn tell_apart(modules: &mut [Module]) {
    modules.sort_by(|a, b| (a.version, &a.context).cmp(&(b.version, &b.context)));
    let mut count: BTreeMap<Arc<str>, usize> = BTreeMap::new();
    for module in modules.iter() {
        *count.entry(module.id.clone()).or_default() += 1;
    }
    for module in modules.iter_mut().filter(|module| count[&module.id] > 1) {
        let context = module.context.as_ref().map(|context| format!(":{context}"));
        let context = context.unwrap_or_default();
        let Module { name, stream, version, .. } = module;
        module.id = format!("{name}:{stream}:{version}{context}").into();
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
        lines: Lines::default(),
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

/// Returns the one stream of a base module that the module builds on; `None` if it names several or
/// only excluded ones.
pub(super) fn platform(
    dependencies: &[Dependencies],
    options: &GraphOptions,
) -> Option<StreamName> {
    let groups = dependencies.iter().map(|group| &group.buildrequires);
    let named: BTreeSet<&StreamName> = positive(groups, options).collect();
    let mut named = named.into_iter();
    named.next().filter(|_| named.next().is_none()).cloned()
}

/// Adds another arch's document: components and arches are united, and new alternatives of
/// dependencies added. A component in both stays as in the first.
fn merge(module: &mut Module, document: &Stream) {
    module.arches.extend(document.arch.iter().cloned());
    for (key, component) in document.components.iter() {
        if !module.components.contains_key(key) {
            Arc::make_mut(&mut module.components).insert(key.clone(), component.clone());
        }
    }
    for (key, included) in &document.included {
        module.included.entry(key.clone()).or_insert_with(|| included.clone());
    }
    if module.kind == Kind::PassThrough
        && !(document.components.is_empty() && document.included.is_empty())
    {
        module.kind = Kind::Built;
    }
    // An empty set means all arches, a superset of any set.
    if document.build_arches.is_empty() {
        module.build_arches = BTreeSet::new();
    } else if !module.build_arches.is_empty() {
        module.build_arches.extend(document.build_arches.iter().cloned());
    }
    for group in document.dependencies.iter() {
        if !module.dependencies.iter().any(|known| known.names_the_same(group)) {
            Arc::make_mut(&mut module.dependencies).push(group.clone());
        }
    }
}
