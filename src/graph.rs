//! The build order of modules: a graph that is immutable once it is built.
//!
//! A [`ModuleGraph`] has one node per `name:stream:context` of the newest version of each
//! `name:stream` in each platform [`Line`] (see [`Versions`]); documents of one build for several
//! arches are one [`Module`]. An edge runs from the module that must be built first to the module
//! that needs it, and has the requirement behind it, with its place. An unmet requirement is kept
//! as [`Dangling`], a requirement on the module's own name as [`SelfRequire`]: neither is ever
//! dropped.
//!
//! petgraph stores the graph and stays internal. Nodes are identified by [`NodeIx`], whose order
//! is the order of (name, stream, version, context), so that "in index order" is a stated order.
//! [`csr`] has the same graphs as two plain arrays, for fast algorithms; [`cycle`] finds the fewest
//! edges whose absence leaves no cycle; [`export`] writes DOT.

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
pub struct NodeIx(pub u32);

impl NodeIx {
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
    /// All contexts of the newest version and none of older ones, as in the Module Build Service.
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
    /// `buildrequires`: dependencies of the buildroot.
    #[default]
    Build,
    /// `requires`: dependencies of an installation.
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
    /// The only platforms whose builds are nodes, by stream of the base module; empty means all.
    /// Builds for other platforms count as given.
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

/// How a module is rebuilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Its components are built.
    Built,
    /// It has no components: no build and no repo, its dependants still follow.
    PassThrough,
    /// It is an output of building another module (`X-devel:S` of `X:S`) and has no separate build.
    ByProduct,
    /// It is a base module: given, never rebuilt.
    Base,
}

/// One module: the documents of one build, of all arches, taken together.
#[derive(Clone, Debug)]
pub struct Module {
    /// `name:stream:context`; with [`Versions::All`] `name:stream:version:context`. Without the
    /// context and its colon if the document has none.
    pub id: Arc<str>,
    /// Its name.
    pub name: ModuleName,
    /// Its stream.
    pub stream: StreamName,
    /// Its version.
    pub version: Version,
    /// Its context, if any.
    pub context: Option<Context>,
    /// Whether the context is static: a rebuild keeps it.
    pub static_context: bool,
    /// The stream of its base module, if it names exactly one.
    pub platform: Option<StreamName>,
    /// The platform lines in which it is current.
    pub lines: Lines,
    /// The arches of its documents.
    pub arches: BTreeSet<Arch>,
    /// Its components by key, united over the arches.
    pub components: Arc<BTreeMap<ComponentKey, Component>>,
    /// Modules whose components are built with it, by key.
    pub included: BTreeMap<ComponentKey, IncludedModule>,
    /// `buildopts.arches`, united over the arches; empty means all.
    pub build_arches: BTreeSet<Arch>,
    /// Its distinct alternative dependencies, over all its documents.
    pub dependencies: Arc<Vec<Dependencies>>,
    /// How it is rebuilt.
    pub kind: Kind,
    /// The start of its first document.
    pub place: Place,
}

impl Module {
    /// Returns `name:stream`.
    #[must_use]
    pub fn name_stream(&self) -> NameStream {
        NameStream { name: self.name.clone(), stream: self.stream.clone() }
    }
}

/// The part of a `dependencies` item that contains a requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkKind {
    /// `buildrequires`.
    Buildrequires,
    /// `requires`.
    Requires,
}

/// The reason of an edge: the requirement behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The part that contains the requirement.
    pub kind: LinkKind,
    /// The required stream, as written: that of the by-product if it names one.
    pub requires: NameStream,
    /// Its place.
    pub place: Place,
}

/// Why a required stream has no edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Missing {
    /// No document of it was loaded.
    NotLoaded,
    /// It was loaded, but each of its contexts needs streams other than those that the requirer
    /// builds on.
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

/// A required stream without a module in the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dangling {
    /// The module that requires it.
    pub module: NodeIx,
    /// The requirement; the stream is `*` if an empty or negative list matches nothing.
    pub requires: NameStream,
    /// Why it has no edge.
    pub missing: Missing,
    /// The place of the requirement.
    pub place: Place,
}

/// A requirement of a module on a stream of its own name: it needs an earlier build and is not an
/// edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelfRequire {
    /// The module.
    pub module: NodeIx,
    /// The stream of itself that it requires, loaded or not.
    pub requires: NameStream,
    /// The place of the requirement.
    pub place: Place,
}

/// The modules and their build order; see the [module page](self).
#[derive(Debug)]
pub struct ModuleGraph {
    graph: DiGraph<Module, Link, u32>,
    streams: streams::Streams,
    dangling: Vec<Dangling>,
    self_requires: Vec<SelfRequire>,
    findings: Vec<Finding>,
    options: GraphOptions,
    /// Streams with loaded builds only for platforms other than the requested ones.
    elsewhere: BTreeSet<NameStream>,
}

#[cfg(test)]
mod tests;
