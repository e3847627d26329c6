//! Which module is built before which: a graph of modules, immutable once it is built.
//!
//! A [`ModuleGraph`] has one node per `name:stream:context` of the newest version of each
//! `name:stream` in each platform [`Line`] (see [`Versions`]); documents of one build for several arches are one [`Module`].
//! An edge runs from what must be built first to what needs it, and carries the requirement that
//! made it, with its place. What a requirement cannot find is kept as [`Dangling`], a requirement
//! on the module's own name as [`SelfRequire`]: neither is ever dropped.
//!
//! petgraph holds the graph and stays inside. Nodes are named by [`ModuleIx`], whose order is the
//! order of (name, stream, version, context), so that "in index order" is a stated order.
//! [`csr`] has the same graphs as two plain arrays, for what must be fast; [`cycle`] finds the
//! fewest edges whose absence leaves no cycle; [`export`] writes DOT.

mod alias;
mod build;
pub mod csr;
pub mod cycle;
pub mod export;
mod line;
mod link;
mod lost_zero;
mod node;
mod platform;
mod query;
mod streams;
mod superseded;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use alias::{Alias, AliasError};
pub use line::{Line, Lines};
pub use link::{is_usable, matches};
use petgraph::graph::{DiGraph, NodeIndex};
pub use platform::platforms;

use crate::load::{Component, Dependencies, Finding, IncludedModule, Place};
pub use lost_zero::lost_zeros_of_defaults;

use crate::name::{Arch, ComponentKey, Context, ModuleName, NameStream, StreamName, Version};

/// A node of one [`ModuleGraph`]; the order is that of (name, stream, version, context).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleIx(pub u32);

impl ModuleIx {
    /// Returns the index as one into arrays with an entry per module.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    fn node(self) -> NodeIndex<u32> {
        NodeIndex::new(self.index())
    }

    fn from_index(index: usize) -> Self {
        Self(u32::try_from(index).expect("a snapshot has fewer than four billion modules"))
    }
}

/// Which builds of a `name:stream` are nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Versions {
    /// All contexts of the newest version and none of older ones, as the Module Build Service
    /// takes them.
    #[default]
    Newest,
    /// The newest version of each `name:stream:context`.
    NewestPerContext,
    /// Every build; a node is then one `name:stream:version:context`.
    All,
}

/// Which requirements make edges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Follow {
    /// `buildrequires`: what a rebuild's buildroot needs.
    #[default]
    Build,
    /// `requires`: what an installation needs.
    Runtime,
    /// Both.
    Both,
}

/// How a graph is made of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphOptions {
    /// Which builds are nodes.
    pub versions: Versions,
    /// Which requirements make edges.
    pub follow: Follow,
    /// Names of base modules: given, never rebuilt, never dangling.
    pub base_modules: BTreeSet<ModuleName>,
    /// The only platforms whose builds are nodes, by stream of the base module; empty: all. Builds
    /// for other platforms count as given.
    pub only_platforms: BTreeSet<StreamName>,
    /// Requirements that files spell wrong.
    pub aliases: Vec<Alias>,
}

impl Default for GraphOptions {
    /// The newest versions, `buildrequires`, and `platform` as the one base module.
    fn default() -> Self {
        Self {
            versions: Versions::default(),
            follow: Follow::default(),
            base_modules: BTreeSet::from(["platform".into()]),
            only_platforms: BTreeSet::new(),
            aliases: Vec::new(),
        }
    }
}

/// What becomes of a module when it is rebuilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Its components are built.
    Built,
    /// It has no components: no build and no repo, its dependants still follow.
    PassThrough,
    /// It is an output of building another module (`X-devel:S` of `X:S`) and has no build of its own.
    ByProduct,
    /// It is a base module: given, never rebuilt.
    Base,
}

/// One module: the documents of one build, of all arches, taken together.
#[derive(Clone, Debug)]
pub struct Module {
    /// `name:stream:context`; with [`Versions::All`] `name:stream:version:context`. The context
    /// and its colon are left out where the document has none.
    pub id: Arc<str>,
    /// Its name.
    pub name: ModuleName,
    /// Its stream.
    pub stream: StreamName,
    /// Its version.
    pub version: Version,
    /// Its context, where it has one.
    pub context: Option<Context>,
    /// Whether the context is static: a rebuild keeps it.
    pub static_context: bool,
    /// The stream of the base module it builds on, where it names exactly one.
    pub platform: Option<StreamName>,
    /// The platform lines in which it is current.
    pub lines: Lines,
    /// The arches of its documents.
    pub arches: BTreeSet<Arch>,
    /// What is built, by key, united over the arches.
    pub components: Arc<BTreeMap<ComponentKey, Component>>,
    /// Modules whose components are built along, by key.
    pub included: BTreeMap<ComponentKey, IncludedModule>,
    /// `buildopts.arches`, united over the arches; empty means all.
    pub build_arches: BTreeSet<Arch>,
    /// Alternatives of what it needs, the distinct ones of all its documents.
    pub dependencies: Arc<Vec<Dependencies>>,
    /// What becomes of it when it is rebuilt.
    pub kind: Kind,
    /// Where its first document starts.
    pub place: Place,
}

impl Module {
    /// Returns `name:stream`.
    #[must_use]
    pub fn name_stream(&self) -> NameStream {
        NameStream { name: self.name.clone(), stream: self.stream.clone() }
    }
}

/// The part of a `dependencies` item that a requirement stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkKind {
    /// `buildrequires`.
    Buildrequires,
    /// `requires`.
    Requires,
}

/// Why there is an edge: the requirement that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Which part the requirement stands in.
    pub kind: LinkKind,
    /// The stream it asks for, as asked: the by-product's where it names one.
    pub requires: NameStream,
    /// Where it stands.
    pub place: Place,
}

/// Why a required stream has no edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Missing {
    /// No document of it was loaded.
    NotLoaded,
    /// It was loaded, but each of its contexts needs other streams than the requirer builds on.
    NoCompatibleContext,
}

impl Missing {
    /// Returns the reason in the words of the plan's `dangling[].reason`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotLoaded => "not loaded",
            Self::NoCompatibleContext => "no compatible context",
        }
    }
}

/// A required stream that no module of the graph can answer for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dangling {
    /// Who requires it.
    pub module: ModuleIx,
    /// What is required; the stream is `*` where an empty or negative list matches nothing.
    pub requires: NameStream,
    /// Why it has no edge.
    pub missing: Missing,
    /// Where the requirement stands.
    pub place: Place,
}

/// A requirement of a module on a stream of its own name: an earlier build of it, no edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelfRequire {
    /// The module.
    pub module: ModuleIx,
    /// The stream of itself that it requires, loaded or not.
    pub requires: NameStream,
    /// Where the requirement stands.
    pub place: Place,
}

/// The modules and what is built before what; see the [module page](self).
#[derive(Debug)]
pub struct ModuleGraph {
    graph: DiGraph<Module, Link, u32>,
    streams: streams::Streams,
    dangling: Vec<Dangling>,
    self_requires: Vec<SelfRequire>,
    findings: Vec<Finding>,
    options: GraphOptions,
    /// Streams of which only builds for other platforms than those asked for are loaded.
    elsewhere: BTreeSet<NameStream>,
}

#[cfg(test)]
mod tests;
