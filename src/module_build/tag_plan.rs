//! The tags and the target of one module build, as they are to be.
//!
//! The module's tag holds what is shipped, and inherits nothing. The build tag is what buildroots are
//! made from: it inherits the tags of every required module, sorted by the module's name, and the
//! platform's last. It does not inherit the module's own tag, so the macros package and what is for the
//! build only are tagged into it alone, and everything else into both.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::koji::Value;
use crate::koji::calls::Map;
use crate::load::{Profile, Stream, Value as Xmd};
use crate::name::{Arch, ModuleName, PackageName};
use crate::plan::names::Names;

/// The step between the priorities of two parents.
pub const PRIORITY_STEP: i64 = 10;
/// The groups of koji's buildroots, each with the profile of a required module that fills it.
pub const GROUPS: [BuildGroup; 2] = [
    BuildGroup { group: "build", profile: "buildroot" },
    BuildGroup { group: "srpm-build", profile: "srpm-buildroot" },
];

/// A group of packages that koji installs into every buildroot of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildGroup {
    /// koji's name of it.
    pub group: &'static str,
    /// The profile of required modules whose packages it has.
    pub profile: &'static str,
}

/// A module of the buildroot, built before or planned.
#[derive(Clone, Copy, Debug)]
pub struct Required<'a> {
    /// The module.
    pub name: &'a ModuleName,
    /// Its content tag; none of a module that nothing was built of.
    pub tag: Option<&'a str>,
    /// Whether it is the platform, or another base module.
    pub is_base: bool,
    /// Its profiles.
    pub profiles: &'a BTreeMap<Box<str>, Profile>,
}

/// An external repository of the build tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalSource {
    /// koji's name of it.
    pub name: String,
    /// Its priority, from 0; it decides among external repositories only.
    pub priority: i64,
    /// How koji merges it: `koji`, `simple` or `bare`; the hub's default where none is set.
    pub merge_mode: Option<String>,
}

/// What the site decides.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SiteTags {
    /// The arches of the platform.
    pub arches: BTreeSet<Arch>,
    /// The permission that is needed to tag into the module's tags.
    pub permission: Option<String>,
    /// External repositories of every build tag, beside those that the platform's tag has.
    pub external: Vec<ExternalSource>,
    /// Packages of the groups where no required module has the profile.
    pub groups: BTreeMap<String, BTreeSet<String>>,
    /// Who owns the packages.
    pub owner: String,
}

/// What a build puts into its tags.
#[derive(Clone, Copy, Debug)]
pub struct ForTags<'a> {
    /// The names that follow from the build.
    pub names: &'a Names,
    /// Its document.
    pub stored: &'a Stream,
    /// The modules of its buildroot.
    pub required: &'a [Required<'a>],
    /// The packages that included modules add.
    pub included: &'a BTreeSet<PackageName>,
    /// What marks the tags as ours: `extra.modplan`.
    pub marker: Option<&'a Map>,
}

/// The tags and the target of one build.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TagPlan {
    /// The module's tag.
    pub tag: String,
    /// The tag that buildroots are made from.
    pub build_tag: String,
    /// The target.
    pub target: String,
    /// The arches of both tags.
    pub arches: BTreeSet<Arch>,
    /// The permission of both tags.
    pub permission: Option<String>,
    /// `extra` of both tags.
    pub extra: Map,
    /// The parents of the build tag, in the order of their priority.
    pub parents: Vec<String>,
    /// The groups of the build tag.
    pub groups: BTreeMap<String, BTreeSet<String>>,
    /// The packages of both tags; the macros package comes to those of the build tag.
    pub packages: BTreeSet<PackageName>,
    /// Who owns them.
    pub owner: String,
    /// The packages kept out of the build tag.
    pub blocked: BTreeSet<PackageName>,
    /// External repositories of the build tag.
    pub external: Vec<ExternalSource>,
}

/// Why a build can have no tags.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TagPlanError {
    /// The document asks for arches that the platform lacks.
    #[error("buildopts.arches asks for {}, which the platform does not have", listed(.arches))]
    Arches {
        /// These arches.
        arches: BTreeSet<Arch>,
    },
    /// No arch is left.
    #[error("the platform has no arches")]
    NoArches,
}

fn listed(arches: &BTreeSet<Arch>) -> String {
    arches.iter().map(Arch::as_str).collect::<Vec<_>>().join(", ")
}

impl TagPlan {
    /// Plans the tags of a build.
    ///
    /// # Errors
    ///
    /// The document builds for arches that the platform lacks.
    pub fn new(build: ForTags<'_>, site: &SiteTags) -> Result<Self, TagPlanError> {
        let options = build.stored.about.xmd.as_ref().and_then(|xmd| xmd.get("mbs_options"));
        Ok(Self {
            tag: build.names.koji_tag.clone(),
            build_tag: build.names.build_tag.clone(),
            target: build.names.target.clone(),
            arches: arches(&build.stored.build_arches, &site.arches)?,
            permission: site.permission.clone(),
            extra: extra(options, build.marker),
            parents: parents(build.required),
            groups: groups(build.required, site),
            packages: packages(build),
            owner: site.owner.clone(),
            blocked: blocked(options),
            external: site.external.clone(),
        })
    }

    /// Returns the priority of a parent by its place among them.
    #[must_use]
    pub fn priority(place: usize) -> i64 {
        i64::try_from(place).unwrap_or(i64::MAX / PRIORITY_STEP) * PRIORITY_STEP
    }

    /// Returns the arches as koji writes them.
    #[must_use]
    pub fn arches_text(&self) -> String {
        self.arches.iter().map(Arch::as_str).collect::<Vec<_>>().join(" ")
    }
}

fn arches(
    asked: &BTreeSet<Arch>,
    platform: &BTreeSet<Arch>,
) -> Result<BTreeSet<Arch>, TagPlanError> {
    if platform.is_empty() {
        return Err(TagPlanError::NoArches);
    }
    let missing: BTreeSet<Arch> = asked.difference(platform).cloned().collect();
    if !missing.is_empty() {
        return Err(TagPlanError::Arches { arches: missing });
    }
    Ok(if asked.is_empty() { platform.clone() } else { asked.clone() })
}

/// Returns `extra` of a module's tags: dnf, every build of every tag in the repo, a chroot of the old
/// kind, and no modular filtering in the buildroot.
fn extra(options: Option<&Xmd>, marker: Option<&Map>) -> Map {
    let set = [
        ("mock.new_chroot", Value::Int(0)),
        ("mock.package_manager", "dnf".into()),
        ("mock.yum.module_hotfixes", Value::Int(1)),
        ("repo_include_all", Value::Bool(true)),
    ];
    let mut extra: Map = set.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    for name in ["repo_include_all", "dynamic_buildrequires"] {
        let text = options.and_then(|options| options.get(name)).and_then(Xmd::text);
        if let Some(is_set) = text.and_then(truth) {
            extra.insert(name.to_owned(), Value::Bool(is_set));
        }
    }
    if let Some(marker) = marker {
        extra.insert("modplan".to_owned(), Value::Struct(marker.clone()));
    }
    extra
}

/// Reads a truth value as YAML 1.1 writes it.
fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Some(true),
        "false" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

/// Returns the tags of required modules by the modules' names, those of base modules last.
fn parents(required: &[Required<'_>]) -> Vec<String> {
    let mut sorted: Vec<&Required<'_>> = required.iter().collect();
    sorted.sort_by_key(|module| (module.is_base, module.name));
    let mut seen = BTreeSet::new();
    let tags = sorted.into_iter().filter_map(|module| module.tag);
    tags.filter(|tag| seen.insert(*tag)).map(str::to_owned).collect()
}

fn groups(required: &[Required<'_>], site: &SiteTags) -> BTreeMap<String, BTreeSet<String>> {
    let filled = |BuildGroup { group, profile }: &BuildGroup| {
        let profiles = required.iter().filter_map(|module| module.profiles.get(*profile));
        let rpms: BTreeSet<String> =
            profiles.flat_map(|profile| profile.rpms.iter().map(ToString::to_string)).collect();
        let rpms = match site.groups.get(*group) {
            Some(own) if rpms.is_empty() => own.clone(),
            Some(_) | None => rpms,
        };
        ((*group).to_owned(), rpms)
    };
    GROUPS.iter().map(filled).collect()
}

/// Returns the whitelist of the document, else all packages of its components.
fn packages(build: ForTags<'_>) -> BTreeSet<PackageName> {
    let whitelist = &build.stored.about.whitelist;
    if !whitelist.is_empty() {
        return whitelist.clone();
    }
    let own = build.stored.components.values().map(|component| component.package.clone());
    own.chain(build.included.iter().cloned()).collect()
}

fn blocked(options: Option<&Xmd>) -> BTreeSet<PackageName> {
    match options.and_then(|options| options.get("blocked_packages")) {
        Some(Xmd::List(packages)) => {
            packages.iter().filter_map(Xmd::text).map(PackageName::from).collect()
        }
        Some(Xmd::Text(_) | Xmd::Map(_)) | None => BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests;
