//! Reuse in a whole plan: compares each module with an earlier build, and passes rebuilds on to
//! modules that build with it.

use std::collections::{BTreeMap, BTreeSet};

use super::candidate::{On, candidate};
use super::recipe::pinned_by_url;
use super::{Decision, Reason, Recipe, Source, Strategy, decide};
use crate::graph::{Module, ModuleGraph, NodeIx};
use crate::load::{Lock, Snapshot, SourceUrls, Stream, Wanted};
use crate::name::{ComponentKey, ModuleName, NameStream, PackageName, Version};
use crate::plan::batch::Contents;
use crate::plan::platform::Platforms;

/// How a plan reuses earlier builds, and which ones.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reuse<'a> {
    /// The strategy.
    pub strategy: Strategy,
    /// The builds to reuse; `None`: the loaded ones.
    pub from: Option<&'a Snapshot>,
    /// The platform to build on; `None`: each module's own.
    pub platform: Option<&'a NameStream>,
    /// The source URLs, and the commits that pin them.
    pub sources: Option<&'a SourceUrls>,
}

/// A module of a plan, and its selection.
#[derive(Clone, Copy, Debug)]
pub(in crate::plan) struct Asked<'a> {
    pub(in crate::plan) ix: NodeIx,
    /// Whether it, or the source it shares, was named as changed.
    pub(in crate::plan) is_changed: bool,
    /// The packages that were named as changed.
    pub(in crate::plan) changed_packages: &'a BTreeSet<PackageName>,
}

/// Decisions by component, for each module.
pub(in crate::plan) type Decisions = Vec<BTreeMap<ComponentKey, Decision>>;

/// One module on the way to its decisions.
struct Work {
    now: Recipe,
    earlier: Result<Recipe, Reason>,
    is_changed: bool,
}

/// Decides for every module of a plan; `edges` run by position from the module rebuilt first.
///
/// Only under [`Strategy::Dependencies`], a module rebuilt in whole or in part causes rebuilds of
/// modules that build with it; a module whose components are all reused does not.
pub(in crate::plan) fn decide_all(
    snapshot: &Snapshot,
    graph: &ModuleGraph,
    reuse: Reuse<'_>,
    modules: &[Asked<'_>],
    edges: &[(u32, u32)],
) -> Decisions {
    let builds =
        Builds { loaded: by_stream(snapshot), from: reuse.from.map(by_stream), graph, reuse };
    let mut work: Vec<Work> = modules.iter().map(|asked| builds.work(*asked)).collect();
    let mut decisions: Decisions =
        work.iter_mut().map(|work| work.decide(reuse.strategy)).collect();
    if reuse.strategy != Strategy::Dependencies {
        return decisions;
    }
    let mut dependants: Vec<Vec<u32>> = vec![Vec::new(); modules.len()];
    for &(from, to) in edges {
        dependants[from as usize].push(to);
    }
    let rebuilds = |decisions: &BTreeMap<ComponentKey, Decision>| {
        decisions.values().any(|decision| !decision.is_reused())
    };
    let mut changed: Vec<bool> = decisions.iter().map(rebuilds).collect();
    let mut todo: Vec<usize> = (0..modules.len()).filter(|&at| changed[at]).collect();
    while let Some(at) = todo.pop() {
        let name = graph[modules[at].ix].name.clone();
        for &next in &dependants[at] {
            let next = next as usize;
            if work[next].now.rebuilt.insert(name.clone()) {
                decisions[next] = work[next].decide(reuse.strategy);
                // A module without components passes the change on.
                if !std::mem::replace(&mut changed[next], true) {
                    todo.push(next);
                }
            }
        }
    }
    decisions
}

/// Documents by name and stream.
type ByStream<'a> = BTreeMap<NameStream, Vec<&'a Stream>>;

fn by_stream(snapshot: &Snapshot) -> ByStream<'_> {
    let mut documents = ByStream::new();
    for stream in &snapshot.streams {
        documents.entry(stream.name_stream()).or_default().push(stream);
    }
    documents
}

struct Builds<'a> {
    loaded: ByStream<'a>,
    /// The builds to reuse, if they are not the loaded ones.
    from: Option<ByStream<'a>>,
    graph: &'a ModuleGraph,
    reuse: Reuse<'a>,
}

impl<'a> Builds<'a> {
    fn work(&self, asked: Asked<'_>) -> Work {
        let module = &self.graph[asked.ix];
        let nothing = Work {
            now: Recipe::default(),
            earlier: Err(Reason::NoEarlierBuild),
            is_changed: asked.is_changed,
        };
        let Some(document) = document_of(&self.loaded, module) else { return nothing };
        let find = |wanted: &NameStream| newest(&self.loaded, wanted);
        // A module without an order of components is reported when the plan is made.
        let Ok(mut now) = Recipe::of(document, &find) else { return nothing };
        for (key, part) in &mut now.parts {
            let component = document.components.get(key);
            let wanted = Wanted {
                package: &part.package,
                stream: &module.stream,
                name: &module.name,
                reference: component.and_then(|component| component.reference.as_deref()),
            };
            let url = self.reuse.sources.and_then(|sources| sources.url(wanted));
            if let Some(source) = url.as_deref().and_then(pinned_by_url) {
                part.source = source;
            }
            if asked.changed_packages.contains(&part.package) {
                part.source = Source::Named;
            }
        }
        let earlier = self.earlier(document);
        if let Ok(earlier) = &earlier {
            now.buildroot = self.buildroot(asked.ix, document, earlier);
        }
        Work { now, earlier, is_changed: asked.is_changed }
    }

    /// Finds the build to reuse: among the given ones, otherwise the loaded one itself; on another
    /// platform, among the given or loaded ones.
    fn earlier(&self, document: &'a Stream) -> Result<Recipe, Reason> {
        let platforms = Platforms::default();
        let (builds, build) = match (&self.from, self.reuse.platform) {
            (None, None) => (&self.loaded, document),
            (from, platform) => {
                let from = from.as_ref().unwrap_or(&self.loaded);
                let same = from.get(&document.name_stream()).ok_or(Reason::NoEarlierBuild)?;
                let on = On { platform, platforms: &platforms };
                (from, candidate(document, on, same.iter().copied())?)
            }
        };
        let find = |wanted: &NameStream| newest(builds, wanted);
        Recipe::of(build, &find).map_err(|_| Reason::NoEarlierBuild)
    }

    /// Returns the buildroot of a rebuild: the modules of the lock, in their currently loaded
    /// versions.
    fn buildroot(
        &self,
        ix: NodeIx,
        document: &Stream,
        earlier: &Recipe,
    ) -> BTreeMap<ModuleName, Lock> {
        let lock = if document.locks.is_empty() { &earlier.buildroot } else { &document.locks };
        let mut buildroot = lock.clone();
        for (loaded, _) in self.graph.dependencies(ix) {
            let Module { name, stream, version, context, .. } = &self.graph[loaded];
            if let Some(lock) = buildroot.get_mut(name).filter(|_| !self.is_replaced(name)) {
                let (stream, version) = (stream.clone(), *version);
                *lock = Lock { stream, version, context: context.clone().unwrap_or_default() };
            }
        }
        if let Some(NameStream { name, stream }) = self.reuse.platform
            && let Some(lock) = buildroot.get_mut(name).filter(|lock| lock.stream != *stream)
        {
            *lock = Lock { stream: stream.clone(), version: Version(0), context: "".into() };
        }
        buildroot
    }

    /// Returns whether a module is the platform that is replaced by another one.
    fn is_replaced(&self, name: &ModuleName) -> bool {
        self.reuse.platform.is_some_and(|platform| platform.name == *name)
    }
}

impl Work {
    /// Decides; a module named as changed without any difference counts as changed throughout,
    /// because its change is not loaded.
    fn decide(&mut self, strategy: Strategy) -> BTreeMap<ComponentKey, Decision> {
        // The strategy of a build is unknown, because repositories do not record it.
        let earlier = self.earlier.as_ref().ok().map(|recipe| (recipe, Strategy::All));
        let mut decisions = decide(strategy, &self.now, earlier);
        if let Err(why) = &self.earlier {
            for decision in decisions.values_mut() {
                if *decision == Decision::Rebuilt(Reason::NoEarlierBuild) {
                    *decision = Decision::Rebuilt(why.clone());
                }
            }
        }
        if !self.is_changed || !decisions.values().all(Decision::is_reused) {
            return decisions;
        }
        self.now.parts.values_mut().for_each(|part| part.source = Source::Named);
        decide(strategy, &self.now, earlier)
    }
}

impl Decision {
    /// Describes the reason, in words that follow the component's name.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Reused => "none of its inputs changed".to_owned(),
            Self::Rebuilt(reason) => Reason::to_string(reason),
        }
    }
}

/// Returns the document of a module: of the best source, of the first arch.
fn document_of<'a>(documents: &ByStream<'a>, module: &Module) -> Option<&'a Stream> {
    let is_it =
        |stream: &&Stream| stream.version == module.version && stream.context == module.context;
    let rank = |stream: &&Stream| (stream.origin, stream.arch.clone(), stream.place);
    documents.get(&module.name_stream())?.iter().copied().filter(is_it).min_by_key(rank)
}

fn newest<'a>(documents: &ByStream<'a>, wanted: &NameStream) -> Option<Contents<'a>> {
    Contents::newest(documents.get(wanted)?.iter().copied(), wanted)
}
