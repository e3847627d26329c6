//! The contents of a module build that matter for reuse.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::load::{self, Lock, Stream};
use crate::name::{Arch, ComponentKey, ModuleName, PackageName};
use crate::plan::batch::{BatchError, Contents, Find, Ordered, order};

/// Which sources a component is built from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Sources that cannot change under their name: a commit, or a source package.
    Pinned(String),
    /// Several source packages of one name among the artifacts: a rebuild left those of an earlier
    /// try, and it is unknown which one counts.
    Ambiguous(Vec<String>),
    /// A branch or nothing at all.
    Unpinned,
    /// Sources named as changed.
    Named,
}

impl Source {
    /// Finds what pins a component: its ref if that is a full commit, otherwise the source package
    /// among the module's artifacts, if it is the only one.
    #[must_use]
    pub fn of(component: &load::Component, artifacts: &[String]) -> Self {
        if let Some(reference) = component.reference.as_deref().filter(|text| is_commit(text)) {
            return Self::Pinned(reference.to_owned());
        }
        let package = component.package.as_str();
        let of_package = |nevra: &&String| source_name(nevra) == Some(package);
        let found: BTreeSet<&String> = artifacts.iter().filter(of_package).collect();
        let mut found: Vec<String> = found.into_iter().cloned().collect();
        match found.len() {
            0 => Self::Unpinned,
            1 => Self::Pinned(found.remove(0)),
            _ => Self::Ambiguous(found),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pinned(text) => f.pad(text),
            Self::Ambiguous(packages) => f.pad(&packages.join(" or ")),
            Self::Unpinned => f.pad("an unpinned source"),
            Self::Named => f.pad("a source named as changed"),
        }
    }
}

/// Returns the source pinned by a URL with a full commit after `#`.
pub(super) fn pinned_by_url(url: &str) -> Option<Source> {
    commit_of(url).map(|commit| Source::Pinned(commit.to_owned()))
}

/// Returns the full commit after the `#` of a source URL, if any.
#[must_use]
pub fn commit_of(url: &str) -> Option<&str> {
    url.rsplit_once('#').map(|(_, commit)| commit).filter(|commit| is_commit(commit))
}

/// Returns whether a ref is the full hash of a commit, SHA-1 or SHA-256.
fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Returns the name in the NEVRA of a source package.
fn source_name(nevra: &str) -> Option<&str> {
    let (name_epoch_version, _release) = nevra.strip_suffix(".src")?.rsplit_once('-')?;
    name_epoch_version.rsplit_once('-').map(|(name, _)| name)
}

/// One component of a recipe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its package.
    pub package: PackageName,
    /// Its source.
    pub source: Source,
    /// Its arches; empty means all.
    pub arches: BTreeSet<Arch>,
    /// The batch it is built in.
    pub batch: u32,
    /// The components it waits for: those of `buildafter`, else all of earlier batches.
    pub after: BTreeSet<ComponentKey>,
}

/// A module build: its components, macros and buildroot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipe {
    /// The components, by key.
    pub parts: BTreeMap<ComponentKey, Part>,
    /// `buildopts.rpms.macros`, as written.
    pub macros: Option<String>,
    /// The exact builds of its buildroot, if recorded or resolved.
    pub buildroot: BTreeMap<ModuleName, Lock>,
    /// Buildrequired modules that are being rebuilt, so that no earlier build of them counts.
    pub rebuilt: BTreeSet<ModuleName>,
}

impl Recipe {
    /// Makes the recipe of a document; `find` looks included modules up by name and ref.
    ///
    /// # Errors
    /// If its components have no order.
    pub fn of<'a>(stream: &'a Stream, find: Find<'_, 'a>) -> Result<Self, BatchError> {
        let ordered = order(Contents::from(stream), find)?;
        let part = |(&key, &component): (&&ComponentKey, &&load::Component)| {
            let part = Part {
                package: component.package.clone(),
                source: Source::of(component, &stream.artifacts),
                arches: own_or(&component.arches, &stream.build_arches),
                batch: ordered.batches.of[key.as_str()],
                after: after(key, &ordered),
            };
            (key.clone(), part)
        };
        Ok(Self {
            parts: ordered.components.iter().map(part).collect(),
            macros: stream.macros.clone(),
            buildroot: stream.locks.clone(),
            rebuilt: BTreeSet::new(),
        })
    }
}

/// Returns the components that one waits for: those of the graph, otherwise all of earlier batches.
fn after(key: &ComponentKey, ordered: &Ordered<'_>) -> BTreeSet<ComponentKey> {
    let keys = |keys: &mut dyn Iterator<Item = &String>| {
        keys.map(|key| ComponentKey::from(key.as_str())).collect()
    };
    if let Some(graph) = &ordered.graph {
        return keys(&mut graph[key.as_str()].iter());
    }
    let of = &ordered.batches.of;
    let batch = of[key.as_str()];
    keys(&mut of.iter().filter(|(_, other)| **other < batch).map(|(key, _)| key))
}

/// Returns the arches of a component; by default those of the module.
fn own_or(own: &BTreeSet<Arch>, module: &BTreeSet<Arch>) -> BTreeSet<Arch> {
    if own.is_empty() { module.clone() } else { own.clone() }
}
