//! The selection, and errors of a selection.

use std::collections::BTreeSet;

use super::since::Change;
use crate::graph::NodeIx;
use crate::name::{Arch, NameStream, Selector};

/// What is submitted together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// A source: if one context of a stream is rebuilt, all its current contexts are.
    #[default]
    Source,
    /// A single context.
    Context,
}

/// The selection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Streams that changed: they and their dependants are rebuilt.
    pub changed: Vec<Selector>,
    /// Streams that are already rebuilt: only their dependants are rebuilt.
    pub built: Vec<Selector>,
    /// Packages that changed: every module that builds one is rebuilt.
    pub changed_packages: Vec<String>,
    /// Modules that differ from an older snapshot are rebuilt.
    pub since: Option<Since>,
    /// Everything is rebuilt.
    pub all: bool,
    /// Restricts the selection; empty for all of it.
    pub only: Vec<Selector>,
    /// Never rebuilt, and nothing because of it.
    pub exclude: Vec<Selector>,
    /// Streams assumed to be available.
    pub given: Vec<Selector>,
    /// Never rebuilt: streams at their end of life.
    pub retired: BTreeSet<NodeIx>,
    /// Whether streams at their end of life are left out.
    pub skips_eol: bool,
    /// What is submitted together.
    pub unit: Unit,
}

impl Selection {
    pub(super) fn is_empty(&self) -> bool {
        let Self { changed, built, changed_packages, since, all, .. } = self;
        let is_unnamed = changed.is_empty() && built.is_empty() && changed_packages.is_empty();
        is_unnamed && since.is_none() && !all
    }

    /// Returns whether the selection names nothing that must itself be rebuilt: then an empty plan
    /// is a valid answer.
    pub(super) fn may_be_empty(&self) -> bool {
        self.changed.is_empty() && self.changed_packages.is_empty() && !self.all
    }

    /// Returns the selection, as typed.
    #[must_use]
    pub fn roots(&self) -> Vec<String> {
        let ids = self.changed.iter().chain(&self.built).map(Selector::to_string);
        let mut roots: Vec<String> = ids.chain(self.changed_packages.iter().cloned()).collect();
        let since = self.since.iter().flat_map(Since::streams);
        roots.extend(since.map(NameStream::to_string));
        if self.all {
            roots.push("*".to_owned());
        }
        roots
    }
}

/// An older snapshot and the differences from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Since {
    /// The inputs of the older snapshot, as typed.
    pub inputs: Vec<String>,
    /// The differences.
    pub changes: Vec<Change>,
}

impl Since {
    /// Returns the streams that differ and are still there, sorted.
    fn streams(&self) -> BTreeSet<&NameStream> {
        let changes = self.changes.iter().filter(|change| change.module.is_some());
        changes.map(|change| &change.stream).collect()
    }
}

/// Why nothing could be selected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectError {
    /// Nothing was asked for.
    #[error("nothing is selected")]
    Nothing,
    /// An identity selects no module.
    #[error("no loaded module is `{id}`")]
    Unknown {
        /// As typed.
        id: String,
        /// A suggestion.
        near: Option<String>,
    },
    /// No loaded module builds on a platform, or could.
    #[error("no loaded module builds on `{id}`")]
    UnknownPlatform {
        /// As typed.
        id: String,
        /// A suggestion.
        near: Option<String>,
        /// The platforms that loaded modules build on.
        known: Vec<String>,
    },
    /// A base module is never rebuilt.
    #[error("`{id}` is a base module, which is never rebuilt")]
    Base {
        /// As typed.
        id: String,
    },
    /// One module is named both as changed and as already rebuilt.
    #[error("`{id}` is named as changed and as built")]
    ChangedAndBuilt {
        /// As typed after `--built`.
        id: String,
    },
    /// All selected modules are excluded again.
    #[error("nothing of {} is left to rebuild", roots.join(", "))]
    NothingLeft {
        /// The selection, as typed.
        roots: Vec<String>,
    },
    /// No module has the package as a component.
    #[error(
        "`{package}` is not a modular component; modulemd does not say which components link \
             it"
    )]
    NotAComponent {
        /// As typed.
        package: String,
        /// A suggestion.
        near: Option<String>,
    },
    /// The farm builds none of the arches, so nothing would be built.
    #[error("no builder of the farm builds {}: nothing would be built", joined(arches))]
    Unserved {
        /// The arches to build for.
        arches: Vec<Arch>,
        /// The arches of the farm.
        served: Vec<Arch>,
        /// An arch of the farm, and a suggestion.
        near: Option<(Arch, Arch)>,
    },
    /// No component is built for any requested arch.
    #[error("no component is built for {}: nothing would be built", joined(arches))]
    NothingBuilt {
        /// The arches asked for.
        arches: Vec<Arch>,
        /// An arch that was meant, perhaps.
        near: Option<Arch>,
    },
}

fn joined(arches: &[Arch]) -> String {
    let arches: Vec<&str> = arches.iter().map(Arch::as_str).collect();
    arches.join(" or ")
}
