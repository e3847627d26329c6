//! From requirements to edges: the streams that a requirement means, and their compatible contexts.
//!
//! A context of a required stream is compatible if its own requirements agree with the streams that
//! the requirer builds on: perl-DBI built for perl 5.30 is not what a module building on perl 5.26
//! uses.

use std::collections::{BTreeMap, BTreeSet};

use super::streams::{LoadedStream, Streams};
use super::{Dangling, Follow, GraphOptions, Link, LinkKind, Missing, Module, NodeIx, SelfRequire};
use crate::load::{Dependencies, Requirement};
use crate::name::{ModuleName, NameStream, StreamName};

/// A new edge: the module built first, the module that needs it, and the reason.
pub(super) struct Edge {
    pub(super) from: NodeIx,
    pub(super) to: NodeIx,
    pub(super) link: Link,
}

/// All edges of the graph, and the requirements without one.
pub(super) struct Links<'a> {
    modules: &'a [Module],
    streams: &'a Streams,
    /// Streams loaded for other platforms only: given.
    elsewhere: &'a BTreeSet<NameStream>,
    options: &'a GraphOptions,
    pub(super) edges: Vec<Edge>,
    pub(super) dangling: Vec<Dangling>,
    pub(super) self_requires: Vec<SelfRequire>,
}

/// One requirement of one module, in its group.
struct Ask<'a> {
    module: NodeIx,
    group: &'a Dependencies,
    kind: LinkKind,
    name: &'a ModuleName,
    requirement: &'a Requirement,
}

impl<'a> Links<'a> {
    /// Resolves the requirements of every module.
    pub(super) fn new(
        modules: &'a [Module],
        streams: &'a Streams,
        elsewhere: &'a BTreeSet<NameStream>,
        options: &'a GraphOptions,
    ) -> Self {
        let (edges, dangling, self_requires) = (Vec::new(), Vec::new(), Vec::new());
        let mut links =
            Self { modules, streams, elsewhere, options, edges, dangling, self_requires };
        for (index, module) in modules.iter().enumerate() {
            // The document of its maker states the requirements of a by-product.
            if module.kind != super::Kind::ByProduct {
                links.resolve_module(NodeIx::from_index(index), module);
            }
        }
        links.settle();
        links
    }

    fn resolve_module(&mut self, index: NodeIx, module: &'a Module) {
        for group in module.dependencies.iter() {
            let (build, runtime) = match self.options.follow {
                Follow::Build => (true, false),
                Follow::Runtime => (false, true),
                Follow::Both => (true, true),
            };
            let parts = [
                (build, LinkKind::Buildrequires, &group.buildrequires),
                (runtime, LinkKind::Requires, &group.requires),
            ];
            for (_, kind, names) in parts.into_iter().filter(|(followed, ..)| *followed) {
                for (name, requirement) in names {
                    self.resolve(&Ask { module: index, group, kind, name, requirement });
                }
            }
        }
    }

    fn resolve(&mut self, ask: &Ask<'_>) {
        let loaded = self.streams.of_name(ask.name.as_str());
        if is_any_or_negative(ask.requirement) {
            let mut matched = loaded
                .iter()
                .filter(|stream| matches(&ask.requirement.streams, &stream.id.stream))
                .peekable();
            if matched.peek().is_none() {
                self.miss(ask, "*".into(), Missing::NotLoaded);
            }
            for stream in matched {
                self.resolve_stream(ask, &stream.id.stream, Some(stream));
            }
        } else {
            for wanted in &ask.requirement.streams {
                let stream = self.streams.find(ask.name.as_str(), wanted);
                self.resolve_stream(ask, wanted, stream);
            }
        }
    }

    fn resolve_stream(
        &mut self,
        ask: &Ask<'_>,
        wanted: &StreamName,
        loaded: Option<&LoadedStream>,
    ) {
        let requirer = &self.modules[ask.module.index()].name;
        let maker = loaded.map(|stream| self.streams.maker(stream));
        if ask.name == requirer || maker.is_some_and(|maker| maker.id.name == *requirer) {
            self.self_requires.push(SelfRequire {
                module: ask.module,
                requires: NameStream::new(ask.name.clone(), wanted.clone()),
                place: ask.requirement.place,
            });
            return;
        }
        let Some(maker) = maker else {
            return self.miss(ask, wanted.clone(), Missing::NotLoaded);
        };
        let mut is_missing = true;
        let lines = &self.modules[ask.module.index()].lines;
        for from in maker.modules() {
            let context = &self.modules[from.index()];
            if context.lines.meet(lines) && is_compatible(context, ask.group, self.options) {
                is_missing = false;
                self.edges.push(Edge { from, to: ask.module, link: ask.link(wanted) });
            }
        }
        if is_missing {
            self.miss(ask, wanted.clone(), Missing::NoCompatibleContext);
        }
    }

    fn miss(&mut self, ask: &Ask<'_>, stream: StreamName, missing: Missing) {
        let requires = NameStream::new(ask.name.clone(), stream);
        let place = ask.requirement.place;
        if self.modules[ask.module.index()].name == *ask.name {
            // Nothing loaded matches the module's requirement on its own name.
            return self.self_requires.push(SelfRequire { module: ask.module, requires, place });
        }
        let is_given = self.elsewhere.iter().any(|given| {
            given.name == requires.name
                && (given.stream == requires.stream
                    || requires.stream.as_str() == "*"
                        && matches(&ask.requirement.streams, &given.stream))
        });
        if !is_given && !self.options.base_modules.contains(ask.name) {
            self.dangling.push(Dangling { module: ask.module, requires, missing, place });
        }
    }

    /// Sorts by stated keys and keeps the first of equal requirements of several groups or of both
    /// parts.
    fn settle(&mut self) {
        self.edges.sort_by(|a, b| edge_key(a).cmp(&edge_key(b)));
        self.edges.dedup_by(|later, first| (later.from, later.to) == (first.from, first.to));
        self.dangling.sort_by(|a, b| {
            (a.module, &a.requires, a.missing, a.place).cmp(&(
                b.module,
                &b.requires,
                b.missing,
                b.place,
            ))
        });
        self.dangling.dedup_by(|later, first| {
            (later.module, &later.requires, later.missing)
                == (first.module, &first.requires, first.missing)
        });
        self.self_requires.sort_by(|a, b| {
            (a.module, &a.requires, a.place).cmp(&(b.module, &b.requires, b.place))
        });
        self.self_requires.dedup_by(|later, first| {
            (later.module, &later.requires) == (first.module, &first.requires)
        });
    }
}

type EdgeKey<'a> = (NodeIx, NodeIx, LinkKind, crate::load::Place, &'a NameStream);

fn edge_key(edge: &Edge) -> EdgeKey<'_> {
    (edge.from, edge.to, edge.link.kind, edge.link.place, &edge.link.requires)
}

impl Ask<'_> {
    fn link(&self, wanted: &StreamName) -> Link {
        let requires = NameStream::new(self.name.clone(), wanted.clone());
        Link { kind: self.kind, requires, place: self.requirement.place }
    }
}

fn is_negative(stream: &StreamName) -> bool {
    stream.negated().is_some()
}

/// Returns whether a list means "every loaded stream but": one without a positive item.
fn is_any_or_negative(requirement: &Requirement) -> bool {
    requirement.streams.iter().all(is_negative)
}

/// Returns whether a stream is in a list as written.
#[must_use]
pub fn matches(list: &BTreeSet<StreamName>, stream: &StreamName) -> bool {
    if list.is_empty() || list.contains(stream) {
        return true;
    }
    let denied = |item: &StreamName| item.negated() == Some(stream.as_str());
    list.iter().all(is_negative) && !list.iter().any(denied)
}

/// Returns whether some stream is in both lists; two lists of exceptions always share one.
fn share_a_stream(a: &Requirement, b: &Requirement) -> bool {
    match (is_any_or_negative(a), is_any_or_negative(b)) {
        (true, true) => true,
        (true, false) => b.streams.iter().any(|stream| matches(&a.streams, stream)),
        (false, _) => a.streams.iter().any(|stream| matches(&b.streams, stream)),
    }
}

fn is_compatible(context: &Module, needing: &Dependencies, options: &GraphOptions) -> bool {
    is_usable(&context.dependencies, needing, |name| options.base_modules.contains(name))
}

/// Returns whether a context that needs `provided` may be used where `needing` is built: one of its
/// `requires` groups shares a stream with `needing` for every module but base modules that both name.
#[must_use]
pub fn is_usable(
    provided: &[Dependencies],
    needing: &Dependencies,
    is_base: impl Fn(&ModuleName) -> bool,
) -> bool {
    let fits = |requires: &BTreeMap<ModuleName, Requirement>| {
        requires
            .iter()
            .filter(|(name, _)| !is_base(name))
            .filter_map(|(name, theirs)| Some((theirs, needing.buildrequires.get(name)?)))
            .all(|(theirs, ours)| share_a_stream(theirs, ours))
    };
    provided.is_empty() || provided.iter().any(|group| fits(&group.requires))
}
