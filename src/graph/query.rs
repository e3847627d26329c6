//! Queries on a graph.

use std::collections::BTreeSet;
use std::ops::Index;

use petgraph::Direction;
use petgraph::visit::EdgeRef;

use super::csr::Adjacency;
use super::{
    Dangling, GraphOptions, Kind, Line, Link, Missing, Module, ModuleGraph, NodeIx, SelfRequire,
    Versions, lost_zero,
};
use crate::load::Finding;
use crate::name::{NameStream, PackageName, Selector, StreamName, Version};

impl ModuleGraph {
    /// Returns how many modules there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.graph.node_count()
    }

    /// Returns whether the graph has no modules.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns every module in index order.
    pub fn indices(&self) -> impl DoubleEndedIterator<Item = NodeIx> + use<> {
        (0..self.len()).map(NodeIx::from_index)
    }

    /// Returns every module with its index, in index order.
    pub fn modules(&self) -> impl Iterator<Item = (NodeIx, &Module)> {
        self.indices().zip(self.graph.node_weights())
    }

    /// Returns the module of a printed id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<NodeIx> {
        let mut parts = id.split(':');
        let (name, stream) = (parts.next()?, parts.next()?);
        self.contexts(&NameStream::new(name, stream)).find(|module| &*self[*module].id == id)
    }

    /// Returns the modules that must be built before a module, in index order, each with the
    /// requirement.
    pub fn dependencies(&self, module: NodeIx) -> impl Iterator<Item = (NodeIx, &Link)> {
        self.graph
            .edges_directed(module.node(), Direction::Incoming)
            .map(|edge| (NodeIx::from_index(edge.source().index()), edge.weight()))
    }

    /// Returns the modules that need a module, in index order, each with its requirement.
    pub fn dependants(&self, module: NodeIx) -> impl Iterator<Item = (NodeIx, &Link)> {
        self.graph
            .edges_directed(module.node(), Direction::Outgoing)
            .map(|edge| (NodeIx::from_index(edge.target().index()), edge.weight()))
    }

    /// Returns every edge, from the module built first to the one that needs it, sorted.
    pub fn edges(&self) -> impl Iterator<Item = (NodeIx, NodeIx)> {
        self.indices().flat_map(|from| self.dependants(from).map(move |(to, _)| (from, to)))
    }

    /// Returns the edges as two plain arrays, nodes numbered as [`NodeIx`] numbers them.
    #[must_use]
    pub fn adjacency(&self) -> Adjacency {
        let edges: Vec<(u32, u32)> = self.edges().map(|(from, to)| (from.0, to.0)).collect();
        Adjacency::new(self.len(), &edges)
    }

    /// Returns the modules of a loaded stream, in index order; none if it is not loaded.
    pub fn contexts(&self, id: &NameStream) -> impl Iterator<Item = NodeIx> + use<> {
        let stream = self.streams.find(id.name.as_str(), &id.stream);
        stream
            .into_iter()
            .flat_map(super::streams::LoadedStream::modules)
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// Returns the key of a source: the stream, its version if all versions count
    /// ([`Versions::All`]), and its platform line.
    #[must_use]
    pub fn source(&self, module: NodeIx) -> (NameStream, Option<Version>, Option<&Line>) {
        let of = &self[module];
        let version = (self.options.versions == Versions::All).then_some(of.version);
        (of.name_stream(), version, self.line(module))
    }

    /// Returns whether two modules are contexts of one source.
    #[must_use]
    pub fn is_one_source(&self, one: NodeIx, other: NodeIx) -> bool {
        self.source(one) == self.source(other)
    }

    /// Returns the platform line of a module, if known: the first of several, and for a module of
    /// every line, that of the other contexts of its stream.
    #[must_use]
    pub fn line(&self, module: NodeIx) -> Option<&Line> {
        let own = self[module].lines.named().next();
        own.or_else(|| {
            let contexts = self.contexts(&self[module].name_stream());
            contexts.filter_map(|context| self[context].lines.named().next()).min()
        })
    }

    /// Returns every loaded stream, sorted.
    pub fn streams(&self) -> impl Iterator<Item = &NameStream> {
        self.streams.all().iter().map(|stream| &stream.id)
    }

    /// Returns the stream whose build makes a by-product, and the stream itself for any other.
    #[must_use]
    pub fn made_by<'a>(&'a self, id: &'a NameStream) -> &'a NameStream {
        let stream = self.streams.find(id.name.as_str(), &id.stream);
        stream.map_or(id, |stream| &self.streams.maker(stream).id)
    }

    /// Returns whether a module is passed through: it has nothing to build.
    #[must_use]
    pub fn is_pass_through(&self, module: NodeIx) -> bool {
        self[module].kind == Kind::PassThrough
    }

    /// Returns the modules that an identity selects, in index order.
    ///
    /// The third part is a version if a module of that stream has it, otherwise a context.
    #[must_use]
    pub fn select(&self, id: &Selector) -> Vec<NodeIx> {
        let streams = self.streams.of_name(id.name());
        streams
            .iter()
            .filter(|stream| id.stream().is_none_or(|wanted| stream.id.stream.as_str() == wanted))
            .flat_map(|stream| self.select_in(stream, id))
            .collect()
    }

    fn select_in(&self, stream: &super::streams::LoadedStream, id: &Selector) -> Vec<NodeIx> {
        let versions = |module: &NodeIx| self[*module].version.to_string();
        let third = id.version_or_context();
        let is_version = third.is_some_and(|third| stream.modules().any(|m| versions(&m) == third));
        let context = |module: &NodeIx| self[*module].context.as_ref().map(ToString::to_string);
        stream
            .modules()
            .filter(|module| match third {
                None => true,
                Some(third) if is_version => versions(module) == third,
                Some(third) => context(module).as_deref() == Some(third) && id.context().is_none(),
            })
            .filter(|module| id.context().is_none_or(|c| context(module).as_deref() == Some(c)))
            .filter(|module| id.arch().is_none_or(|arch| self[*module].arches.contains(arch)))
            .collect()
    }

    /// Returns the modules that build a package, by its name or by its key, in index order.
    pub fn with_package(&self, package: &str) -> impl Iterator<Item = NodeIx> {
        let wanted = PackageName::from(package);
        self.modules()
            .filter(move |(_, module)| {
                module.components.contains_key(wanted.as_str())
                    || module.components.values().any(|component| component.package == wanted)
            })
            .map(|(index, _)| index)
    }

    /// Returns how the graph was made.
    #[must_use]
    pub fn options(&self) -> &GraphOptions {
        &self.options
    }

    /// Returns the streams that are given because builds of them for other platforms are loaded.
    #[must_use]
    pub fn elsewhere(&self) -> &BTreeSet<NameStream> {
        &self.elsewhere
    }

    /// Returns the requirements that lost a zero, each with the loaded stream that was meant, sorted
    /// by module and requirement.
    pub fn lost_zeros(&self) -> impl Iterator<Item = (&Dangling, &NameStream)> {
        self.dangling.iter().filter_map(|row| Some((row, self.lost_zero(row)?)))
    }

    /// Returns the loaded stream that a requirement meant, if it lost a zero.
    #[must_use]
    pub fn lost_zero(&self, row: &Dangling) -> Option<&NameStream> {
        let is_not_loaded = row.missing == Missing::NotLoaded;
        is_not_loaded.then(|| lost_zero::meant(&row.requires, &self.streams)).flatten()
    }

    /// Returns the requirements without a loaded provider, sorted by module and requirement.
    #[must_use]
    pub fn dangling(&self) -> &[Dangling] {
        &self.dangling
    }

    /// Returns the streams that a requirement of any stream excludes, without their signs.
    #[must_use]
    pub fn denied(&self, row: &Dangling) -> Vec<&str> {
        let groups = self[row.module].dependencies.iter();
        groups
            .filter_map(|group| group.buildrequires.get(&row.requires.name))
            .filter(|requirement| requirement.place == row.place)
            .flat_map(|requirement| requirement.streams.iter().filter_map(StreamName::negated))
            .collect()
    }

    /// Returns the requirements of modules on their own names, sorted by module and requirement.
    #[must_use]
    pub fn self_requires(&self) -> &[SelfRequire] {
        &self.self_requires
    }

    /// Returns findings about the modules: differences between arches, missing newest documents.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

impl Index<NodeIx> for ModuleGraph {
    type Output = Module;

    fn index(&self, module: NodeIx) -> &Module {
        self.graph.node_weight(module.node()).expect("an index comes from the graph it is used on")
    }
}
