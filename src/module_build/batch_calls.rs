//! The calls of one batch: its builds, tags and repo. All calls of a step fit into one request.
//!
//! Nothing is asked that a journal knows. What an answer that was lost may have done is looked for with
//! [`builds_of_ours`] before it is asked for again.

use std::collections::BTreeMap;

use super::hub_call::{HubCall, Permission};
use super::macros;
use super::tag_plan::{GROUPS, TagPlan};
use crate::koji::calls::{
    BuildCall, GroupPackageListAdd, ListTasks, Map, PackageListUnblock, RepoCheckRequest,
    RepoRequestCall, TagBuild, TagLastChangeEvent,
};
use crate::koji::{Ref, Value};
use crate::name::PackageName;

/// Where koji's clients upload what is built from.
pub const UPLOADS: &str = "cli-build/";

/// One build to submit.
#[derive(Clone, Copy, Debug)]
pub struct Submission<'a> {
    /// The package.
    pub package: &'a PackageName,
    /// Its source: a URL with a full commit, or an uploaded source RPM.
    pub source: &'a str,
    /// The repo that its buildroots are made from; koji's newest where none is set.
    pub repo_id: Option<i64>,
    /// The only arches it is built for; all of the tag's where none is set.
    pub arches: Option<&'a str>,
    /// What marks the task as ours: `custom_user_metadata`.
    pub marker: Option<&'a Map>,
    /// Its priority among the tasks of the hub; a larger one runs later.
    pub priority: i64,
}

/// Returns the directory at the hub that a run uploads the macros package of a target to. The hub's policy for
/// source RPMs asks for `cli-build`.
#[must_use]
pub fn macros_directory(run: &str, target: &str) -> String {
    format!("{UPLOADS}modplan-{run}-{target}")
}

/// Returns the call that has a package built, and tagged nowhere.
#[must_use]
pub fn build(plan: &TagPlan, submission: Submission<'_>) -> HubCall {
    let mut opts = Map::from([
        ("skip_tag".to_owned(), Value::Bool(true)),
        ("mbs_artifact_name".to_owned(), submission.package.as_str().into()),
        ("mbs_module_target".to_owned(), plan.target.clone().into()),
    ]);
    let named = [
        ("repo_id", submission.repo_id.map(Value::Int)),
        ("arch_override", submission.arches.map(Value::from)),
        ("custom_user_metadata", submission.marker.map(|marker| Value::Struct(marker.clone()))),
    ];
    opts.extend(named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    let call = BuildCall {
        src: submission.source.to_owned(),
        target: Some(plan.target.as_str().into()),
        opts: Some(opts),
        priority: Some(submission.priority),
        channel: None,
    };
    HubCall::of(&call, Permission::Build)
}

/// Returns the question which builds a user asked for since a time, in seconds since 1970, running or over:
/// those that a submission with a lost answer may have made are among them, known by their marker.
#[must_use]
pub fn builds_of_ours(owner: i64, since_seconds: i64) -> HubCall {
    let opts = Map::from([
        ("method".to_owned(), "build".into()),
        ("owner".to_owned(), Value::Int(owner)),
        ("createdAfter".to_owned(), Value::Int(since_seconds)),
        ("decode".to_owned(), Value::Bool(true)),
    ]);
    HubCall::look(&ListTasks { opts: Some(opts), query_opts: None })
}

/// What was built, by what becomes of it.
#[derive(Clone, Copy, Debug)]
pub struct Built<'a> {
    /// The package.
    pub package: &'a PackageName,
    /// The build, as name-version-release.
    pub nvr: &'a str,
    /// Whether it is for the build only.
    pub is_build_only: bool,
}

/// Returns the calls that tag finished builds: all into the build tag, and what is shipped into the
/// module's tag too. A blocked package is let in first.
#[must_use]
pub fn tag_built(plan: &TagPlan, built: &[Built<'_>]) -> Vec<HubCall> {
    let tag_build = |tag: &str, nvr: &str| {
        let call = TagBuild { tag: tag.into(), build: nvr.into(), force: None, from_tag: None };
        HubCall::of(&call, Permission::Tag)
    };
    let unblocked =
        built.iter().filter(|built| plan.blocked.contains(built.package)).map(|built| {
            let (tag, package) = (plan.build_tag.as_str().into(), built.package.as_str().into());
            HubCall::of(&PackageListUnblock { tag, package, force: None }, Permission::PackageList)
        });
    let into_build_tag = built.iter().map(|built| tag_build(&plan.build_tag, built.nvr));
    let shipped = built.iter().filter(|built| !built.is_build_only);
    let into_tag = shipped.map(|built| tag_build(&plan.tag, built.nvr));
    unblocked.chain(into_build_tag).chain(into_tag).collect()
}

/// Returns the calls that put the macros package into every buildroot, once it is in the build tag.
#[must_use]
pub fn install_macros(plan: &TagPlan) -> Vec<HubCall> {
    let add = |group: &str| {
        let (tag, package) = (plan.build_tag.as_str().into(), macros::NAME.to_owned());
        let group = Ref::from(group);
        let call = GroupPackageListAdd { tag, group, package, ..GroupPackageListAdd::default() };
        HubCall::of(&call, Permission::TagAdmin)
    };
    GROUPS.iter().map(|group| add(group.group)).collect()
}

/// Returns the question for the event from which a repo of the build tag has everything tagged so far. It
/// is asked once the last build of a batch is tagged.
#[must_use]
pub fn last_change(plan: &TagPlan) -> HubCall {
    let tag = plan.build_tag.as_str().into();
    HubCall::look(&TagLastChangeEvent { tag, before: None, inherit: None })
}

/// Returns the call that asks for a repo not older than an event. Repeated, it gives the same request.
#[must_use]
pub fn request_repo(plan: &TagPlan, event: i64) -> HubCall {
    let tag = plan.build_tag.as_str().into();
    let min_event = Some(Value::Int(event));
    let call = RepoRequestCall { tag, min_event, ..RepoRequestCall::default() };
    HubCall::of(&call, Permission::Repo)
}

/// Returns the question how a request for a repo stands.
#[must_use]
pub fn check_repo(request: i64) -> HubCall {
    HubCall::look(&RepoCheckRequest { request })
}

/// Counts calls by their method.
#[must_use]
pub fn counted(calls: &[HubCall]) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for call in calls {
        *counts.entry(call.method).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests;
