//! From tags as they are to tags as they are to be: the calls that make the difference.
//!
//! [`looks`] is what is asked first; its answers become a [`Found`]. [`changes`] compares that with the
//! plan and lists the writes in the order in which they must happen. Tags that are as planned take no
//! call, so the same two steps resume what was cut short, and repair what somebody changed.

mod found;

use std::collections::{BTreeMap, BTreeSet};

use super::hub_call::{HubCall, Permission};
use super::macros;
use super::tag_plan::TagPlan;
use crate::koji::calls::{
    AddExternalRepoToTag, CreateBuildTarget, CreateTag, EditTag2, GetBuildTarget,
    GetInheritanceData, GetTag, GetTagExternalRepos, GetTagGroups, GroupListAdd,
    GroupPackageListAdd, ListPackages, Map, PackageListAdd, PackageListBlock, SetInheritanceData,
};
use crate::koji::shapes::{Group, GroupPackage, InheritanceRow, Package, TagInfo, TagRepo, Target};
use crate::koji::{Ref, Value};

/// What the hub has of a build's tags.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// The module's tag and its packages.
    pub tag: Option<FoundTag>,
    /// The build tag and its packages.
    pub build_tag: Option<FoundTag>,
    /// The parents of the build tag.
    pub inheritance: Vec<InheritanceRow>,
    /// The groups of the build tag, without those of its parents.
    pub groups: Vec<Group>,
    /// The external repositories of the build tag, without those of its parents.
    pub external: Vec<TagRepo>,
    /// The target.
    pub target: Option<Target>,
    /// koji's numbers of the parents-to-be, by name; one that a dry run cannot know is left out.
    pub parents: BTreeMap<String, i64>,
}

/// A tag that is there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FoundTag {
    /// The tag.
    pub info: TagInfo,
    /// Its own packages, blocked ones among them.
    pub packages: Vec<Package>,
}

/// Something is there that is not ours to change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Conflicting {
    /// A tag is locked.
    #[error("the tag {tag} is locked")]
    Locked {
        /// The tag.
        tag: String,
    },
    /// A tag carries another marker, or none.
    #[error("the tag {tag} was made by somebody else: it has another marker in its extra")]
    Foreign {
        /// The tag.
        tag: String,
    },
    /// The target joins other tags.
    #[error("the target {target} builds in {build_tag} for {tag}, not in this build's tags")]
    Target {
        /// The target.
        target: String,
        /// The tag that it builds in.
        build_tag: String,
        /// The tag that it builds for.
        tag: String,
    },
    /// The build tag has a parent that the plan lacks.
    #[error("the tag {tag} inherits {parent}, which is not planned")]
    Parent {
        /// The tag.
        tag: String,
        /// The parent.
        parent: String,
    },
}

/// Returns the questions whose answers make a [`Found`]; they fit into one request.
#[must_use]
pub fn looks(plan: &TagPlan) -> Vec<HubCall> {
    let tags = [&plan.tag, &plan.build_tag].map(String::as_str);
    let get_tag = |name: &str| HubCall::look(&GetTag { tag: name.into(), ..GetTag::default() });
    let build_tag = || Ref::from(plan.build_tag.as_str());
    let mut looks: Vec<HubCall> = tags.into_iter().map(get_tag).collect();
    looks.extend(plan.parents.iter().map(|parent| get_tag(parent)));
    looks.extend(tags.map(|tag| {
        HubCall::look(&ListPackages {
            tag_id: Some(tag.into()),
            inherited: Some(false),
            with_blocked: Some(true),
            ..ListPackages::default()
        })
    }));
    looks.push(HubCall::look(&GetInheritanceData { tag: build_tag(), event: None }));
    looks.push(HubCall::look(&GetTagGroups {
        tag: build_tag(),
        inherit: Some(false),
        ..GetTagGroups::default()
    }));
    looks.push(HubCall::look(&GetTagExternalRepos {
        tag: Some(build_tag()),
        ..GetTagExternalRepos::default()
    }));
    let target =
        GetBuildTarget { target: plan.target.as_str().into(), ..GetBuildTarget::default() };
    looks.push(HubCall::look(&target));
    looks
}

/// Returns the writes that make the tags as planned, in order.
///
/// # Errors
///
/// A tag is locked or not ours, the target joins other tags, or the build tag inherits something else:
/// nothing of somebody else's is changed.
pub fn changes(plan: &TagPlan, found: &Found) -> Result<Vec<HubCall>, Conflicting> {
    let mut calls = Vec::new();
    for (name, tag) in [(&plan.tag, &found.tag), (&plan.build_tag, &found.build_tag)] {
        calls.extend(tag_change(plan, name, tag.as_ref().map(|tag| &tag.info))?);
    }
    calls.extend(inheritance(plan, found)?);
    calls.extend(external(plan, found));
    calls.extend(package_lists(plan, found));
    calls.extend(groups(plan, &found.groups));
    calls.extend(target(plan, found.target.as_ref())?);
    Ok(calls)
}

fn tag_change(
    plan: &TagPlan,
    name: &str,
    found: Option<&TagInfo>,
) -> Result<Option<HubCall>, Conflicting> {
    let Some(found) = found else {
        let call = CreateTag {
            name: name.to_owned(),
            arches: Some(plan.arches_text()),
            perm: plan.permission.as_deref().map(Ref::from),
            extra: Some(plan.extra.clone()),
            ..CreateTag::default()
        };
        return Ok(Some(HubCall::of(&call, Permission::TagAdmin)));
    };
    let tag = || name.to_owned();
    if found.locked {
        return Err(Conflicting::Locked { tag: tag() });
    }
    let extra = found.extra.clone().unwrap_or_default();
    if extra.get("modplan") != plan.extra.get("modplan") {
        return Err(Conflicting::Foreign { tag: tag() });
    }
    let mut settings = Map::new();
    let arches = |text: &str| text.split(' ').map(str::to_owned).collect::<BTreeSet<String>>();
    if arches(found.arches.as_deref().unwrap_or_default()) != arches(&plan.arches_text()) {
        settings.insert("arches".to_owned(), plan.arches_text().into());
    }
    if let Some(permission) =
        plan.permission.as_ref().filter(|own| found.perm.as_ref() != Some(own))
    {
        settings.insert("perm".to_owned(), permission.clone().into());
    }
    let is_missing = |(key, value): &(&String, &Value)| extra.get(*key) != Some(value);
    let missing: Map = plan
        .extra
        .iter()
        .filter(is_missing)
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if !missing.is_empty() {
        settings.insert("extra".to_owned(), Value::Struct(missing));
    }
    let edit = EditTag2 { tag: name.into(), settings };
    let is_needed = !edit.settings.is_empty();
    Ok(is_needed.then(|| HubCall::of(&edit, Permission::TagAdmin)))
}

/// Returns the call that gives the build tag its parents: in the order of the plan, from priority 0.
fn inheritance(plan: &TagPlan, found: &Found) -> Result<Option<HubCall>, Conflicting> {
    if let Some(other) = found.inheritance.iter().find(|row| !plan.parents.contains(&row.name)) {
        let (tag, parent) = (plan.build_tag.clone(), other.name.clone());
        return Err(Conflicting::Parent { tag, parent });
    }
    let is_right = |(place, parent): (usize, &String)| {
        let is_it = |row: &InheritanceRow| {
            row.name == *parent && row.priority == TagPlan::priority(place) && is_plain(row)
        };
        found.inheritance.iter().any(is_it)
    };
    let is_done = plan.parents.iter().enumerate().all(is_right);
    if is_done || plan.parents.is_empty() {
        return Ok(None);
    }
    let row = |(place, parent): (usize, &String)| -> Map {
        let id = found.parents.get(parent).copied();
        let members = [
            ("parent_id", id.map_or_else(|| placeholder("tag", parent), Value::Int)),
            ("priority", Value::Int(TagPlan::priority(place))),
            ("maxdepth", Value::Nil),
            ("intransitive", Value::Bool(false)),
            ("noconfig", Value::Bool(false)),
            ("pkg_filter", "".into()),
        ];
        members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    };
    let call = SetInheritanceData {
        tag: plan.build_tag.as_str().into(),
        data: plan.parents.iter().enumerate().map(row).collect(),
        // Rows of equal priority would clash on the way from one order to another.
        clear: (!found.inheritance.is_empty()).then_some(true),
    };
    Ok(Some(HubCall::of(&call, Permission::TagAdmin)))
}

fn is_plain(row: &InheritanceRow) -> bool {
    row.maxdepth.is_none() && !row.intransitive && !row.noconfig && row.pkg_filter.is_empty()
}

/// Returns what stands for a value that only the run can know: `{tag:module-perl-5.30-1-c0}`.
#[must_use]
pub fn placeholder(kind: &str, name: &str) -> Value {
    Value::Text(format!("{{{kind}:{name}}}"))
}

fn external(plan: &TagPlan, found: &Found) -> Vec<HubCall> {
    let is_there = |name: &str| found.external.iter().any(|repo| repo.external_repo_name == name);
    let missing = plan.external.iter().filter(|source| !is_there(&source.name));
    let add = missing.map(|source| AddExternalRepoToTag {
        tag: plan.build_tag.as_str().into(),
        repo: source.name.as_str().into(),
        priority: source.priority,
        merge_mode: source.merge_mode.clone(),
        arches: None,
    });
    add.map(|call| HubCall::of(&call, Permission::TagAdmin)).collect()
}

/// Returns the calls that let the packages into both tags and the macros package into the build tag, and
/// keep blocked ones out of a build tag that is new.
fn package_lists(plan: &TagPlan, found: &Found) -> Vec<HubCall> {
    let known = |tag: &Option<FoundTag>| -> BTreeSet<String> {
        let packages = tag.iter().flat_map(|tag| &tag.packages);
        packages.map(|package| package.package_name.clone()).collect()
    };
    let add = |tag: &str, package: &str| {
        let (tag, package, owner) = (tag.into(), package.into(), Some(plan.owner.as_str().into()));
        let call = PackageListAdd { tag, package, owner, ..PackageListAdd::default() };
        HubCall::of(&call, Permission::PackageList)
    };
    let packages = || plan.packages.iter().map(|package| package.as_str());
    let mut calls = Vec::new();
    let listed = known(&found.tag);
    calls.extend(
        packages()
            .filter(|package| !listed.contains(*package))
            .map(|package| add(&plan.tag, package)),
    );
    let listed = known(&found.build_tag);
    let of_build = packages().chain([macros::NAME]).filter(|package| !listed.contains(*package));
    calls.extend(of_build.map(|package| add(&plan.build_tag, package)));
    if found.build_tag.is_none() {
        calls.extend(plan.blocked.iter().map(|package| {
            let (tag, package) = (plan.build_tag.as_str().into(), package.as_str().into());
            HubCall::of(&PackageListBlock { tag, package, force: None }, Permission::PackageList)
        }));
    }
    calls
}

fn groups(plan: &TagPlan, found: &[Group]) -> Vec<HubCall> {
    let tag = || Ref::from(plan.build_tag.as_str());
    let mut calls = Vec::new();
    for (name, packages) in &plan.groups {
        let known = found.iter().find(|known| known.name == *name);
        let group = || Ref::from(name.as_str());
        if known.is_none() {
            let call = GroupListAdd { tag: tag(), group: group(), ..GroupListAdd::default() };
            calls.push(HubCall::of(&call, Permission::TagAdmin));
        }
        let listed: &[GroupPackage] = known.map_or(&[], |known| &known.packagelist[..]);
        let is_listed = |rpm: &str| listed.iter().any(|listed| listed.package == rpm);
        for package in packages.iter().filter(|rpm| !is_listed(rpm)) {
            let (tag, group, package) = (tag(), group(), package.clone());
            let call =
                GroupPackageListAdd { tag, group, package, ..GroupPackageListAdd::default() };
            calls.push(HubCall::of(&call, Permission::TagAdmin));
        }
    }
    calls
}

fn target(plan: &TagPlan, found: Option<&Target>) -> Result<Option<HubCall>, Conflicting> {
    let Some(found) = found else {
        let call = CreateBuildTarget {
            name: plan.target.clone(),
            build_tag: plan.build_tag.as_str().into(),
            dest_tag: plan.tag.as_str().into(),
        };
        return Ok(Some(HubCall::of(&call, Permission::Target)));
    };
    if found.build_tag_name != plan.build_tag || found.dest_tag_name != plan.tag {
        return Err(Conflicting::Target {
            target: plan.target.clone(),
            build_tag: found.build_tag_name.clone(),
            tag: found.dest_tag_name.clone(),
        });
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
