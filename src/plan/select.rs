//! The modules to rebuild, with reasons.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::model::BecauseKind;
use super::selection::{SelectError, Selection, Unit};
use crate::graph::{Kind, Link, LinkKind, ModuleGraph, NodeIx};
use crate::load::Place;
use crate::name::{NameStream, Selector, StreamName, nearest};

/// Why one module is rebuilt.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reason {
    pub(super) kind: BecauseKind,
    pub(super) on: String,
    pub(super) place: Place,
}

/// The rebuilt modules with their reasons, in index order.
pub(super) type Rebuilt = BTreeMap<NodeIx, Vec<Reason>>;

/// Checks that a selection selects something, before anything else is read.
///
/// # Errors
/// As [`plan`](super::plan).
pub fn check_selection(graph: &ModuleGraph, asked: &Selection) -> Result<(), SelectError> {
    select(graph, asked).map(drop)
}

/// Finds the modules to rebuild.
pub(super) fn select(graph: &ModuleGraph, asked: &Selection) -> Result<Rebuilt, SelectError> {
    if asked.is_empty() {
        return Err(SelectError::Nothing);
    }
    let mut search = Search::new(graph, asked)?;
    search.start(asked)?;
    search.follow();
    if asked.unit == Unit::Source {
        search.add_siblings();
    }
    let mut rebuilt = search.rebuilt;
    if !asked.only.is_empty() {
        let only = modules_of(graph, &asked.only)?;
        rebuilt.retain(|module, _| only.contains(module));
    }
    if rebuilt.is_empty() && !asked.may_be_empty() {
        return Err(SelectError::NothingLeft { roots: asked.roots() });
    }
    for reasons in rebuilt.values_mut() {
        reasons.sort();
        reasons.dedup();
    }
    Ok(rebuilt)
}

/// Returns the modules that any of the identities select; a by-product selects its maker.
fn modules_of(graph: &ModuleGraph, ids: &[Selector]) -> Result<BTreeSet<NodeIx>, SelectError> {
    let mut modules = BTreeSet::new();
    for id in ids {
        modules.extend(modules_of_one(graph, id)?);
    }
    Ok(modules)
}

fn modules_of_one(graph: &ModuleGraph, id: &Selector) -> Result<Vec<NodeIx>, SelectError> {
    let found = graph.select(id);
    if found.is_empty() {
        let known: Vec<String> = graph.streams().map(NameStream::to_string).collect();
        let names = graph.streams().map(|stream| stream.name.as_str());
        let text = id.to_string();
        let near = nearest(&text, known.iter().map(String::as_str).chain(names));
        return Err(SelectError::Unknown { near: near.map(str::to_owned), id: text });
    }
    let mut modules = Vec::new();
    for module in found {
        match graph[module].kind {
            Kind::Built | Kind::PassThrough => modules.push(module),
            Kind::ByProduct => {
                let own = graph[module].name_stream();
                modules.extend(graph.contexts(graph.made_by(&own)));
            }
            Kind::Base => {}
        }
    }
    if modules.is_empty() {
        return Err(SelectError::Base { id: id.to_string() });
    }
    Ok(modules)
}

struct Search<'a> {
    graph: &'a ModuleGraph,
    rebuilt: Rebuilt,
    /// Never rebuilt: excluded, given, or rebuilt already.
    barred: BTreeSet<NodeIx>,
    /// Modules whose dependants are not yet found, with their names in reasons.
    queue: VecDeque<(NodeIx, String)>,
}

impl<'a> Search<'a> {
    fn new(graph: &'a ModuleGraph, asked: &Selection) -> Result<Self, SelectError> {
        let changed = modules_of(graph, &asked.changed)?;
        // Given modules need not be loaded, which is the purpose of the flag. A rebuilt module may
        // need an earlier build of itself, which can be given.
        let given = asked.given.iter().flat_map(|id| graph.select(id));
        let mut barred: BTreeSet<NodeIx> = given.filter(|at| !changed.contains(at)).collect();
        barred.extend(asked.retired.iter().copied());
        for id in asked.built.iter().filter(|id| !is_base(graph, id)) {
            let built = modules_of_one(graph, id)?;
            if built.iter().any(|module| changed.contains(module)) {
                return Err(SelectError::ChangedAndBuilt { id: id.to_string() });
            }
            barred.extend(built);
        }
        barred.extend(modules_of(graph, &asked.exclude)?);
        Ok(Self { graph, rebuilt: Rebuilt::new(), barred, queue: VecDeque::new() })
    }

    fn start(&mut self, asked: &Selection) -> Result<(), SelectError> {
        for id in &asked.changed {
            for module in modules_of_one(self.graph, id)? {
                self.add(module, self.own_reason(module, BecauseKind::Changed, &id.to_string()));
            }
        }
        for package in &asked.changed_packages {
            self.start_package(package)?;
        }
        if asked.all {
            for module in self.graph.indices() {
                if matches!(self.graph[module].kind, Kind::Built | Kind::PassThrough) {
                    self.add(module, self.own_reason(module, BecauseKind::All, "*"));
                }
            }
        }
        for change in asked.since.iter().flat_map(|since| &since.changes) {
            if let Some(module) = change.module {
                let on = change.stream.to_string();
                self.add(module, self.own_reason(module, BecauseKind::Since, &on));
            }
        }
        for id in &asked.built {
            if is_base(self.graph, id) {
                self.start_platform(id)?;
                continue;
            }
            for module in modules_of_one(self.graph, id)? {
                self.queue.push_back((module, id.to_string()));
            }
        }
        Ok(())
    }

    fn start_package(&mut self, package: &str) -> Result<(), SelectError> {
        let modules: Vec<NodeIx> = self.graph.with_package(package).collect();
        if modules.is_empty() {
            let all = self.graph.modules().flat_map(|(_, module)| module.components.values());
            let known = all.map(|component| component.package.as_str());
            let near = nearest(package, known).map(str::to_owned);
            return Err(SelectError::NotAComponent { package: package.to_owned(), near });
        }
        for module in modules {
            if self.graph[module].kind == Kind::Built {
                let components = self.graph[module].components.iter();
                let place = components
                    .filter(|(key, c)| key.as_str() == package || c.package.as_str() == package)
                    .map(|(_, component)| component.place)
                    .next();
                let place = place.unwrap_or(self.graph[module].place);
                let kind = BecauseKind::ChangedPackage;
                self.add(module, Reason { kind, on: package.to_owned(), place });
            }
        }
        Ok(())
    }

    /// Adds modules that build on an already rebuilt platform.
    fn start_platform(&mut self, id: &Selector) -> Result<(), SelectError> {
        let graph = self.graph;
        let streams = graph.base_streams(id.name());
        let is_meant = |stream: &&StreamName| id.stream().is_none_or(|s| s == stream.as_str());
        let meant: Vec<&StreamName> = streams.iter().filter(is_meant).collect();
        if meant.is_empty() {
            let text = id.to_string();
            let known: Vec<String> =
                streams.iter().map(|stream| format!("{}:{stream}", id.name())).collect();
            let near = nearest(&text, known.iter().map(String::as_str)).map(str::to_owned);
            return Err(SelectError::UnknownPlatform { id: text, near, known });
        }
        for stream in meant {
            let base = NameStream::new(id.name(), stream.as_str());
            for (module, link) in graph.built_on(&base) {
                self.add(module, link_reason(&link, &id.to_string()));
            }
        }
        Ok(())
    }

    fn own_reason(&self, module: NodeIx, kind: BecauseKind, on: &str) -> Reason {
        Reason { kind, on: on.to_owned(), place: self.graph[module].place }
    }

    fn add(&mut self, module: NodeIx, reason: Reason) {
        if self.barred.contains(&module) || self.graph[module].kind == Kind::Base {
            return;
        }
        let reasons = self.rebuilt.entry(module).or_default();
        if reasons.is_empty() {
            self.queue.push_back((module, self.graph[module].id.to_string()));
        }
        reasons.push(reason);
    }

    /// Adds dependants until there are no more; every edge into a rebuilt module is a reason.
    fn follow(&mut self) {
        let graph = self.graph;
        while let Some((module, on)) = self.queue.pop_front() {
            for (dependant, link) in graph.dependants(module) {
                self.add(dependant, link_reason(link, &on));
            }
        }
    }

    /// Adds the other contexts of every rebuilt stream; these force no dependants.
    fn add_siblings(&mut self) {
        let rebuilt: Vec<NodeIx> = self.rebuilt.keys().copied().collect();
        for module in rebuilt {
            let on = self.graph[module].id.to_string();
            for sibling in self.graph.contexts(&self.graph[module].name_stream()) {
                if self.barred.contains(&sibling) || !self.graph.is_one_source(module, sibling) {
                    continue;
                }
                let reason = self.own_reason(sibling, BecauseKind::Sibling, &on);
                let reasons = self.rebuilt.entry(sibling).or_default();
                if reasons.iter().all(|known| known.kind == BecauseKind::Sibling) {
                    reasons.push(reason);
                }
            }
        }
    }
}

/// Returns whether an identity names a base module, which need not be loaded.
fn is_base(graph: &ModuleGraph, id: &Selector) -> bool {
    graph.options().base_modules.iter().any(|base| base.as_str() == id.name())
}

fn link_reason(link: &Link, on: &str) -> Reason {
    let kind = match link.kind {
        LinkKind::Buildrequires => BecauseKind::Buildrequires,
        LinkKind::Requires => BecauseKind::Requires,
    };
    Reason { kind, on: on.to_owned(), place: link.place }
}
