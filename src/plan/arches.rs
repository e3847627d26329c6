//! The arches that a plan builds for: the requested ones, otherwise those of the documents.

use std::collections::BTreeSet;

use super::components::Planned;
use super::given::Given;
use super::selection::SelectError;
use crate::farm::Farm;
use crate::graph::NodeIx;
use crate::name::{Arch, nearest};

/// Arches for which some distribution builds RPMs.
const KNOWN: [&str; 16] = [
    "aarch64",
    "armv7hl",
    "i386",
    "i586",
    "i686",
    "ia64",
    "loongarch64",
    "noarch",
    "ppc",
    "ppc64",
    "ppc64le",
    "riscv64",
    "s390",
    "s390x",
    "x86_64",
    "x86_64_v2",
];

/// The arches to build for.
pub(super) struct AskedArches {
    pub(super) arches: BTreeSet<Arch>,
    /// Those of the documents that the farm does not serve.
    pub(super) unserved: Vec<Arch>,
}

/// Returns the arches to build for: the requested ones, otherwise those of the loaded documents
/// that the farm serves.
pub(super) fn asked_arches(given: Given<'_>) -> Result<AskedArches, SelectError> {
    let served = given.farm.map(Farm::arches);
    let is_served = |arch: &Arch| served.as_ref().is_none_or(|served| served.contains(arch));
    let is_asked = !given.arches.is_empty();
    let wanted: BTreeSet<Arch> =
        if is_asked { given.arches.iter().cloned().collect() } else { loaded_arches(given) };
    if !wanted.iter().any(is_served) {
        return Err(unserved(&wanted, served.unwrap_or_default()));
    }
    if is_asked {
        // A component of an arch without a builder waits, which the summary reports. Without a farm
        // every arch, even a misspelt one, would have builders.
        let loaded = loaded_arches(given);
        let is_known = |arch: &Arch| {
            given.farm.is_some() || loaded.contains(arch) || KNOWN.contains(&arch.as_str())
        };
        let (arches, unserved): (BTreeSet<Arch>, BTreeSet<Arch>) =
            wanted.into_iter().partition(is_known);
        if arches.is_empty() {
            let names = loaded.iter().map(Arch::as_str);
            let near = unserved.iter().find_map(|arch| nearest(arch.as_str(), names.clone()));
            let near = near.map(Into::into);
            return Err(SelectError::NothingBuilt { arches: given.arches.to_vec(), near });
        }
        return Ok(AskedArches { arches, unserved: unserved.into_iter().collect() });
    }
    let (arches, unserved) = wanted.into_iter().partition(is_served);
    let unserved: BTreeSet<Arch> = unserved;
    Ok(AskedArches { arches, unserved: unserved.into_iter().collect() })
}

/// Returns the arches of the loaded documents. Documents of a source repository have none; then the
/// arches that the farm serves, except multilib arches.
fn loaded_arches(given: Given<'_>) -> BTreeSet<Arch> {
    let real = |arch: &Arch| !matches!(arch.as_str(), "noarch" | "src");
    let loaded = given.graph.modules().flat_map(|(_, module)| module.arches.iter().cloned());
    let loaded: BTreeSet<Arch> = loaded.filter(real).collect();
    if !loaded.is_empty() {
        return loaded;
    }
    let served = given.farm.map(Farm::arches).unwrap_or_default();
    let is_main = |arch: &Arch| !matches!(arch.as_str(), "i386" | "i586" | "i686" | "s390" | "ppc");
    let main: BTreeSet<Arch> = served.into_iter().filter(is_main).collect();
    if main.is_empty() { BTreeSet::from(["x86_64".into()]) } else { main }
}

/// Reports that nothing would be built, with a suggestion for the farm.
fn unserved(wanted: &BTreeSet<Arch>, served: BTreeSet<Arch>) -> SelectError {
    let near = served.iter().find_map(|arch| {
        let near = nearest(arch.as_str(), wanted.iter().map(Arch::as_str))?;
        Some((arch.clone(), near.into()))
    });
    SelectError::Unserved {
        arches: wanted.iter().cloned().collect(),
        served: served.into_iter().collect(),
        near,
    }
}

/// Reports that no component is built for any requested arch, with a suggestion.
pub(super) fn nothing_built(
    given: Given<'_>,
    members: &[NodeIx],
    planned: &[Planned],
) -> Option<SelectError> {
    let is_empty = planned.iter().all(|module| module.batches.is_empty());
    let allowed: BTreeSet<&str> = members
        .iter()
        .flat_map(|&member| given.graph[member].components.values())
        .flat_map(|component| component.arches.iter().map(Arch::as_str))
        .collect();
    if given.arches.is_empty() || !is_empty || allowed.is_empty() {
        return None;
    }
    let near = given.arches.iter().find_map(|arch| nearest(arch.as_str(), allowed.iter().copied()));
    Some(SelectError::NothingBuilt { arches: given.arches.to_vec(), near: near.map(Into::into) })
}
