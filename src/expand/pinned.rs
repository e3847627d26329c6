//! Expanded documents: one answer of the resolver written back into the document.

use std::collections::{BTreeMap, BTreeSet};

use super::{Document, Group, Part};
use crate::expand::context::Contexts;
use crate::expand::resolve::{Answer, Needs};
use crate::name::{Context, ModuleName, Nsvc, StreamName, Version};
use crate::plan::platform::Platforms;
use crate::plan::version::prefixed;

/// One document that can be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expanded {
    /// Its dependency group or static context, as an index into those of the document.
    pub group: usize,
    /// The groups of the document: those not answered as written, then the answered one, pinned.
    pub dependencies: Vec<Group>,
    /// Every build in the buildroot, transitively, by module: `xmd.mbs.buildrequires`.
    pub buildroot: BTreeMap<ModuleName, Nsvc>,
    /// The hashes of buildroot and requirements.
    pub contexts: Contexts,
    /// The context: the computed one, or the static one kept as written.
    pub context: Context,
    /// Whether the context is static.
    pub is_static: bool,
    /// The version, with the prefix of the platform the document is pinned to.
    pub version: Version,
}

impl Expanded {
    /// Returns the resolved group, with every buildrequire pinned to one stream.
    #[must_use]
    pub fn pinned(&self) -> &Group {
        self.dependencies.last().expect("an expanded document has the group it answers")
    }

    /// Returns the identity the build gets.
    #[must_use]
    pub fn nsvc(&self, document: &Document) -> Nsvc {
        Nsvc {
            name: document.name.clone(),
            stream: document.stream.clone(),
            version: self.version,
            context: self.context.clone(),
        }
    }

    /// Returns the base module build it is built on.
    #[must_use]
    pub fn platform(&self, platforms: &Platforms) -> Option<&Nsvc> {
        platforms.names.iter().find_map(|name| self.buildroot.get(name))
    }
}

/// Writes an answer back into the document. Only the answered group is replaced, by a pinned one
/// at the end: the service leaves the others as written, and the hash of run time requirements goes
/// over all of them.
pub(super) fn pin(part: &Part, answer: &Answer, document: &Document) -> Expanded {
    let platforms = part.universe.platforms();
    let builds = answer.builds.iter().map(|&ix| part.universe.candidate(ix).nsvc.clone());
    let buildroot: BTreeMap<ModuleName, Nsvc> =
        builds.map(|nsvc| (nsvc.name.clone(), nsvc)).collect();
    let mut dependencies = part.written.clone();
    let written = dependencies.remove(answer.group);
    let pinned = pinned_group(&written, &buildroot);
    let base =
        platforms.names.iter().find_map(|name| pinned.buildrequires.get(name)?.first().cloned());
    dependencies.push(pinned);
    let streams =
        buildroot.iter().map(|(name, nsvc)| (name.clone(), nsvc.stream.clone())).collect();
    let requires = dependencies.iter().map(|group| &group.requires);
    let contexts = Contexts::new(&streams, requires, &platforms.names);
    let context = part.static_context.clone().unwrap_or_else(|| contexts.context.clone());
    let number = base.map(|stream| platforms.stream_version(&stream));
    Expanded {
        group: part.first_group + answer.group,
        dependencies,
        buildroot,
        contexts,
        context,
        is_static: part.static_context.is_some(),
        version: prefixed(document.version, number),
    }
}

/// Pins every buildrequire, and each run-time requirement with the same streams of the same module;
/// others stay as written.
fn pinned_group(written: &Group, buildroot: &BTreeMap<ModuleName, Nsvc>) -> Group {
    let pin = |name: &ModuleName| vec![buildroot[name].stream.clone()];
    let set =
        |streams: &[StreamName]| -> BTreeSet<StreamName> { streams.iter().cloned().collect() };
    let buildrequires: Needs =
        written.buildrequires.keys().map(|name| (name.clone(), pin(name))).collect();
    let requires = written.requires.iter().map(|(name, streams)| {
        let same = written.buildrequires.get(name).is_some_and(|built| set(built) == set(streams));
        (name.clone(), if same { pin(name) } else { streams.clone() })
    });
    let requires = requires.collect();
    Group { buildrequires, requires }
}
