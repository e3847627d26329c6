//! The rebuilt set on another platform: every module expanded again, in the order of the plan, each
//! against the results of the modules before it.
//!
//! A repository holds built documents. Their last dependency group is the one they were built with,
//! so that group with the other platform would be submitted, and its contexts are those that the
//! build service would assign. Rebuilt modules count as built on the other platform from then on;
//! other modules need builds there, or on an older release of the same major one.

use std::collections::{BTreeMap, BTreeSet};

use super::resolve::{Candidate, Needs};
use super::{Build, Collection, Document, Expanded, Expansion, Loaded, Problem, Settings, expand};
use crate::graph::{Kind, Missing, ModuleGraph, NodeIx};
use crate::load::Stream;
use crate::name::{ModuleName, NameStream, Nsvc, StreamName, Version};
use crate::plan::Plan;
use crate::plan::moved::{MovedContext, MovedModule, OnPlatform};

/// One module that was expanded again, for findings.
#[derive(Debug)]
pub struct Moved<'a> {
    /// Its document, as read.
    pub written: &'a Stream,
    /// The document, as expanded.
    pub document: Document,
    /// The result.
    pub expansion: Expansion,
}

/// Why nothing can be moved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a base module")]
pub struct NotABase(pub String);

/// Expands every module of a plan again, on another platform.
///
/// # Errors
/// If the target is not a base module.
pub fn replatform<'a>(
    loaded: &Loaded<'a>,
    graph: &ModuleGraph,
    settings: &Settings,
    plan: &Plan,
    target: &NameStream,
) -> Result<(OnPlatform, Vec<Moved<'a>>), NotABase> {
    if !settings.platforms.is_base(&target.name) {
        return Err(NotABase(target.name.to_string()));
    }
    let mut mover = Mover::new(&loaded.collection, graph, target, settings);
    let assumed = mover.assume(plan);
    let mut on = OnPlatform { target: target.to_string(), assumed, modules: Vec::new() };
    let mut all = Vec::new();
    for row in &plan.modules {
        let Some(module) = graph.find(&row.id) else { continue };
        let Some(written) = document_of(loaded, graph, module) else { continue };
        let moved = mover.expand(written);
        let group = moved.document.groups.len().max(moved.document.static_contexts.len());
        let built = moved.expansion.documents.iter().filter(|each| each.group + 1 == group);
        let built: Vec<&Expanded> = built.collect();
        on.modules.push(MovedModule {
            id: row.id.clone(),
            platform: row.platform.clone(),
            contexts: built.iter().map(|each| context(each)).collect(),
        });
        mover.add(written, &built);
        all.push(moved);
    }
    Ok((on, all))
}

/// Returns the document of a module of the graph.
fn document_of<'a>(loaded: &Loaded<'a>, graph: &ModuleGraph, module: NodeIx) -> Option<&'a Stream> {
    let module = &graph[module];
    let builds = loaded.collection.builds_of(&module.name_stream()).collect::<Vec<_>>();
    builds.into_iter().find_map(|build| {
        let document = loaded.document(&build.candidate.nsvc)?;
        (document.version == module.version && document.context == module.context)
            .then_some(document)
    })
}

fn context(expanded: &Expanded) -> MovedContext {
    let pinned = expanded.pinned();
    let pin = |(name, streams): (&ModuleName, &Vec<StreamName>)| {
        Some((name.clone(), streams.first()?.clone()))
    };
    MovedContext {
        context: expanded.context.clone(),
        buildrequires: pinned.buildrequires.iter().filter_map(pin).collect(),
        requires: pinned.requires.clone(),
    }
}

struct Mover<'a> {
    graph: &'a ModuleGraph,
    settings: &'a Settings,
    target: &'a NameStream,
    base: Nsvc,
    builds: Collection,
}

impl<'a> Mover<'a> {
    fn new(
        collection: &Collection,
        graph: &'a ModuleGraph,
        target: &'a NameStream,
        settings: &'a Settings,
    ) -> Self {
        let mut builds = collection.clone();
        let known = collection.builds_of(target).find(|build| !build.is_garbage);
        let base = known.map_or_else(|| base_build(collection, target), Build::clone);
        if known.is_none() {
            builds.push(base.clone());
        }
        Self { graph, settings, target, base: base.candidate.nsvc, builds }
    }

    /// Counts the prerequisites of the plan as built on the target: modules that are not loaded,
    /// and earlier builds of the modules themselves. Without these the plan cannot start on any
    /// platform. Returns them.
    fn assume(&mut self, plan: &Plan) -> Vec<String> {
        let planned: BTreeSet<NodeIx> =
            plan.modules.iter().filter_map(|row| self.graph.find(&row.id)).collect();
        let dangling = self.graph.dangling().iter();
        let dangling = dangling
            .filter(|row| planned.contains(&row.module) && row.missing == Missing::NotLoaded)
            .map(|row| &row.requires);
        let own = self.graph.self_requires().iter();
        let own = own.filter(|row| planned.contains(&row.module)).map(|row| &row.requires);
        let missing: BTreeSet<NameStream> =
            dangling.chain(own).filter(|wanted| wanted.stream.as_str() != "*").cloned().collect();
        for NameStream { name, stream } in missing.iter().cloned() {
            let nsvc = Nsvc { name, stream, version: Version(0), context: "00000000".into() };
            self.builds.push(self.build(nsvc, Vec::new()));
        }
        missing.iter().map(NameStream::to_string).collect()
    }

    /// Expands one document with the target instead of the platform it was built on.
    fn expand<'d>(&self, written: &'d Stream) -> Moved<'d> {
        let mut document = Document::of(written).unwrap_or_else(|_| Document {
            name: written.name.clone(),
            stream: written.stream.clone(),
            version: written.version,
            groups: Vec::new(),
            static_contexts: Vec::new(),
            changes: Vec::new(),
        });
        let name = &self.target.name;
        let statics = document.static_contexts.iter_mut().map(|each| &mut each.group);
        for group in document.groups.iter_mut().chain(statics) {
            let Some(streams) = group.buildrequires.get_mut(name) else { continue };
            let before = std::mem::replace(streams, vec![self.target.stream.clone()]);
            if let Some(required) = group.requires.get_mut(name) {
                for stream in required {
                    *stream = self.required(stream, &before);
                }
            }
        }
        let expansion = expand(&document, &self.builds, self.settings);
        Moved { written, document, expansion }
    }

    /// Returns the platform stream required at run time instead of the earlier one: el9 for el8 if
    /// the target is el9.0.0, and el8 for el8 if it is el8.6.0, regardless of the release that the
    /// module was built on; otherwise the target for the stream it was built on.
    fn required(&self, stream: &StreamName, before: &[StreamName]) -> StreamName {
        let is_release =
            |old: &StreamName| release_of(old).unwrap_or(old.as_str()) == stream.as_str();
        let is_bare = release_of(stream).is_none();
        match release_of(&self.target.stream) {
            Some(release) if is_bare && before.iter().any(is_release) => release.into(),
            _ if before.contains(stream) => self.target.stream.clone(),
            _ => stream.clone(),
        }
    }

    /// Counts the results as built on the target, including their by-products.
    fn add(&mut self, written: &Stream, built: &[&Expanded]) {
        let by_product = ModuleName::from(format!("{}-devel", written.name).as_str());
        let devel = NameStream { name: by_product, stream: written.stream.clone() };
        let is_output = |ix: NodeIx| self.graph[ix].kind == Kind::ByProduct;
        let has_devel = self.graph.contexts(&devel).any(is_output);
        let outputs: Vec<NameStream> =
            std::iter::once(written.name_stream()).chain(has_devel.then_some(devel)).collect();
        for NameStream { name, stream } in outputs {
            for expanded in built {
                let nsvc = Nsvc {
                    name: name.clone(),
                    stream: stream.clone(),
                    version: TO_COME,
                    context: expanded.context.clone(),
                };
                let requires = expanded.dependencies.iter().map(|group| group.requires.clone());
                self.builds.push(self.build(nsvc, requires.collect()));
            }
        }
    }

    fn build(&self, nsvc: Nsvc, requires: Vec<Needs>) -> Build {
        let candidate = Candidate {
            nsvc,
            requires,
            built_against: [(self.base.name.clone(), self.base.stream.clone())].into(),
            virtual_streams: Vec::new(),
            added: None,
        };
        let base = Some(self.base.clone());
        Build { candidate, base, is_garbage: false, is_assumed: false }
    }
}

/// The version of a future build: above all existing ones, and the same for all contexts of a
/// source.
pub const TO_COME: Version = Version(u64::MAX);

/// Returns the major release of a stream: `el8` of `el8.6.0`.
fn release_of(stream: &StreamName) -> Option<&str> {
    stream.as_str().split_once('.').map(|(release, _)| release)
}

/// Makes a base module without a document: if others of its name have their release as a virtual
/// stream, it has one, too.
fn base_build(collection: &Collection, target: &NameStream) -> Build {
    let has_release = |base: &Build| {
        let release = release_of(&base.candidate.nsvc.stream);
        release.is_some_and(|release| {
            base.candidate.virtual_streams.iter().any(|stream| stream.as_str() == release)
        })
    };
    let is_usual = collection.all_of(&target.name).any(has_release);
    let release = release_of(&target.stream).filter(|_| is_usual);
    let candidate = Candidate {
        nsvc: Nsvc {
            name: target.name.clone(),
            stream: target.stream.clone(),
            version: Version(0),
            context: "00000000".into(),
        },
        requires: Vec::new(),
        built_against: BTreeMap::new(),
        virtual_streams: release.map(StreamName::from).into_iter().collect(),
        added: None,
    };
    Build { candidate, base: None, is_garbage: false, is_assumed: true }
}

impl Moved<'_> {
    /// Returns the problems that keep the module from being built on the target.
    pub fn errors(&self) -> impl Iterator<Item = &Problem> {
        self.expansion.problems.iter().filter(|problem| problem.is_error())
    }
}
