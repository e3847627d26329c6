//! The tags and the target of every build: what is there, what is not ours, and what must be made.

use std::collections::{BTreeMap, BTreeSet};

use super::builds::ModuleBuild;
use super::check::{Checks, counted};
use super::hub_checks::HubUser;
use super::knowledge::Knowledge;
use super::release_checks::names;
use super::requirements::RequiredModule;
use crate::koji::Value;
use crate::koji::calls::Map;
use crate::module_build::hub_call::HubCall;
use crate::module_build::tag_calls::{Found, FoundTag, changes, looks};
use crate::module_build::tag_plan::{ExternalSource, ForTags, SiteTags, TagPlan};
use crate::name::Arch;
use crate::plan::names::Names;
use crate::site::{NameRules, Site};

/// A build with its tags.
pub(super) struct TagWork<'b, 'a> {
    pub(super) build: &'b ModuleBuild<'a>,
    pub(super) names: Names,
    pub(super) plan: TagPlan,
    /// The calls that make the tags as planned.
    pub(super) changes: Vec<HubCall>,
}

/// What the tags of all builds follow from.
#[derive(Clone, Copy)]
pub(super) struct Basis<'a> {
    pub(super) site: &'a Site,
    pub(super) hub: &'a HubUser,
    /// The modules in each buildroot, by the id of the build's row.
    pub(super) required: &'a BTreeMap<String, Vec<RequiredModule>>,
    /// The index of each dist tag, likewise.
    pub(super) indexes: &'a BTreeMap<String, u64>,
}

/// Plans the tags of every build, and checks what is there of them.
pub(super) fn works<'b, 'a>(
    builds: &'b [ModuleBuild<'a>],
    basis: Basis<'_>,
    known: &mut Knowledge,
    checks: &mut Checks,
) -> Vec<TagWork<'b, 'a>> {
    let (mut works, mut problems, mut ours) = (Vec::new(), Vec::new(), 0);
    for build in builds {
        let names = names(build, basis.indexes[&build.row.id], &basis.site.names.tag_prefix);
        let mut plan = match tag_plan(build, &names, basis) {
            Ok(plan) => plan,
            Err(why) => {
                problems.push(format!("{}: {why}", build.row.id));
                continue;
            }
        };
        let found = match found(&plan, known) {
            Ok(found) => found,
            Err(why) => {
                problems.push(format!("{}: {why}", build.row.id));
                continue;
            }
        };
        ours += usize::from(adopt(&mut plan, &found));
        let changes = changes(&plan, &found).unwrap_or_else(|conflict| {
            problems.push(format!("{}: {conflict}", build.row.id));
            Vec::new()
        });
        works.push(TagWork { build, names, plan, changes });
    }
    let total = counted(works.len(), "module");
    let good = match ours {
        0 => format!("those of {total} are new"),
        _ => format!("of {total}, {ours} have tags of an earlier run, which are used"),
    };
    checks.all("tags and targets", problems, good);
    works
}

fn tag_plan(build: &ModuleBuild<'_>, names: &Names, basis: Basis<'_>) -> Result<TagPlan, String> {
    let required: Vec<_> =
        basis.required[&build.row.id].iter().map(RequiredModule::for_tags).collect();
    let mark = super::marker(&build.nsvc.to_string());
    // A module that includes another has its components in the plan: they need no document of their own.
    let own: BTreeSet<_> = build.stored.components.keys().collect();
    let components = build.row.batches.iter().flat_map(|batch| &batch.components);
    let included = components
        .filter(|component| !own.contains(&component.component))
        .map(|component| component.package.clone())
        .collect();
    let for_tags = ForTags {
        names,
        stored: &build.stored,
        required: &required,
        included: &included,
        marker: Some(&mark),
    };
    let owner = basis.hub.user.as_deref().unwrap_or("{user}");
    TagPlan::new(for_tags, &site_tags(build, &basis.site.names, owner))
        .map_err(|error| error.to_string())
}

fn site_tags(build: &ModuleBuild<'_>, rules: &NameRules, owner: &str) -> SiteTags {
    let platform = build.platform;
    let mut arches = platform.arches.clone();
    let components = &build.stored.components;
    let has_multilib = |arch: &Arch| components.values().any(|one| one.multilib.contains(arch));
    for (_, others) in platform.multilib.iter().filter(|(arch, _)| has_multilib(arch)) {
        arches.extend(others.iter().cloned());
    }
    let external = platform.external_repos.iter().map(|repo| ExternalSource {
        name: repo.name.clone(),
        priority: repo.priority.into(),
        merge_mode: Some(repo.merge_mode.as_str().to_owned()),
    });
    SiteTags {
        arches,
        permission: rules.tag_permission.clone(),
        external: external.collect(),
        groups: platform.groups.clone(),
        owner: owner.to_owned(),
    }
}

/// Asks for the tags as they are; nothing of what the hub has not said yet.
fn found(plan: &TagPlan, known: &mut Knowledge) -> Result<Found, String> {
    let answers: Vec<Option<Value>> =
        looks(plan).into_iter().map(|look| known.ask_plain(look)?.ok()).collect();
    Found::read(plan, &answers)
        .map_err(|mismatch| format!("an answer of an unknown shape: {mismatch}"))
}

/// Takes over tags that an earlier run made for the very same build: their mark stays. Returns whether there
/// are such.
fn adopt(plan: &mut TagPlan, found: &Found) -> bool {
    let mark = |tag: &FoundTag| tag.info.extra.as_ref()?.get("modplan").cloned();
    let own = plan.extra.get("modplan").and_then(|own| own.get("module")).cloned();
    let tags = [found.tag.as_ref(), found.build_tag.as_ref()];
    let known = tags.into_iter().flatten().find_map(mark);
    match known {
        Some(Value::Struct(mark)) if mark.get("module") == own.as_ref() => {
            plan.extra.extend(Map::from([("modplan".to_owned(), Value::Struct(mark))]));
            true
        }
        Some(_) | None => false,
    }
}
