//! The modules that build on a base module, whether or not a build of that is loaded.

use std::collections::BTreeSet;

use super::line::Lines;
use super::link::matches;
use super::node::platform;
use super::{Follow, GraphOptions, Kind, Link, LinkKind, ModuleGraph, NodeIx};
use crate::name::{NameStream, StreamName};

/// Returns the platforms of all documents, sorted: of each the one stream of a base module that it
/// builds on.
#[must_use]
pub fn platforms(snapshot: &crate::load::Snapshot, options: &GraphOptions) -> BTreeSet<StreamName> {
    snapshot.streams.iter().filter_map(|stream| platform(&stream.dependencies, options)).collect()
}

impl ModuleGraph {
    /// Returns the streams of a base module that are loaded or that a module names, sorted.
    #[must_use]
    pub fn base_streams(&self, name: &str) -> BTreeSet<StreamName> {
        let mut streams: BTreeSet<StreamName> = self
            .modules()
            .filter(|(_, module)| module.kind == Kind::Base && module.name.as_str() == name)
            .map(|(_, module)| module.stream.clone())
            .collect();
        for (_, module) in self.modules() {
            for group in module.dependencies.iter() {
                let requirements = [&group.buildrequires, &group.requires];
                let of_name = requirements.into_iter().filter_map(|names| names.get(name));
                streams.extend(of_name.flat_map(|requirement| requirement.streams.clone()).map(
                    // A requirement that excludes a platform shows that there is one.
                    |stream| match stream.as_str().strip_prefix('-') {
                        Some(denied) => denied.into(),
                        None => stream,
                    },
                ));
            }
        }
        streams
    }

    /// Returns the modules that build on a stream of a base module, in index order, each with its
    /// requirement.
    #[must_use]
    pub fn built_on(&self, base: &NameStream) -> Vec<(NodeIx, Link)> {
        let line = Lines::of_streams([&base.stream]);
        let own = |kind| matches!(kind, Kind::Built | Kind::PassThrough);
        let modules = self.modules().filter(|(_, m)| own(m.kind) && m.lines.meet(&line));
        modules.filter_map(|(ix, module)| Some((ix, self.link_to(module, base)?))).collect()
    }

    fn link_to(&self, module: &super::Module, base: &NameStream) -> Option<Link> {
        let follow = self.options().follow;
        let parts = |group: &crate::load::Dependencies| {
            [
                (follow != Follow::Runtime, LinkKind::Buildrequires, group.buildrequires.clone()),
                (follow != Follow::Build, LinkKind::Requires, group.requires.clone()),
            ]
        };
        module.dependencies.iter().flat_map(parts).find_map(|(is_followed, kind, names)| {
            let requirement = names.get(&base.name).filter(|_| is_followed)?;
            matches(&requirement.streams, &base.stream).then(|| Link {
                kind,
                requires: base.clone(),
                place: requirement.place,
            })
        })
    }
}
