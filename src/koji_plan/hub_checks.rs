//! What the hub must have: a user who may, a content generator, the platforms' tags.

use std::collections::{BTreeMap, BTreeSet};

use super::Request;
use super::builds::ModuleBuild;
use super::check::Checks;
use super::knowledge::Knowledge;
use crate::koji::calls::{
    GetKojiVersion, GetLoggedInUser, GetTag, GetUserPerms, ListApi, ListBTypes, ListCgs,
    ListExternalRepos, RepoRequestCall,
};
use crate::koji::shapes::{TagInfo, User};
use crate::koji::{Call, Value};
use crate::name::Arch;

/// Who is logged in, and what the hub lets them do.
#[derive(Clone, Debug, Default)]
pub(super) struct HubUser {
    /// Their name; `None` where nobody is logged in.
    pub(super) user: Option<String>,
    permissions: BTreeSet<String>,
    /// Whether the hub takes requests for repos, as it does from koji 1.34 on.
    pub(super) has_requests: bool,
}

impl HubUser {
    /// Returns whether they have a permission; an admin has all.
    pub(super) fn may(&self, permission: &str) -> bool {
        self.permissions.contains("admin") || self.permissions.contains(permission)
    }
}

/// Looks who is logged in, and checks the content generator.
pub(super) fn session(request: Request<'_>, known: &mut Knowledge, checks: &mut Checks) -> HubUser {
    let methods = known.find(&ListApi::default()).unwrap_or_default();
    let is_request = |row: &crate::koji::calls::Map| {
        row.get("name").and_then(Value::as_str) == Some(RepoRequestCall::METHOD)
    };
    let has_requests = methods.iter().any(is_request);
    if let Some(answer) = known.ask(&GetKojiVersion::default()) {
        // Hubs before 1.23 do not have the call.
        let version = answer.unwrap_or_else(|_| "before 1.23".to_owned());
        checks.good("hub", format!("it answers; koji {version}"));
    }
    let user: Option<User> = known.find(&GetLoggedInUser::default()).flatten();
    let Some(user) = user else {
        checks.bad("login", "nobody is logged in: the profile must say how to log in");
        return HubUser { has_requests, ..HubUser::default() };
    };
    checks.good("login", format!("logged in as {}", user.name));
    let call = GetUserPerms { user: Some(user.name.as_str().into()), with_groups: None };
    let permissions = known.find(&call).unwrap_or_default().into_iter().collect();
    let hub = HubUser { user: Some(user.name), permissions, has_requests };
    content_generator(request, &hub, known, checks);
    hub
}

fn content_generator(
    request: Request<'_>,
    hub: &HubUser,
    known: &mut Knowledge,
    checks: &mut Checks,
) {
    let name = &request.site.names.content_generator;
    let check = format!("content generator {name}");
    let user = hub.user.as_deref().unwrap_or_default();
    let generators = known.find(&ListCgs::default()).unwrap_or_default();
    let users = generators.get(name).and_then(|row| row.get("users")?.as_list());
    let is_user = |users: &[Value]| users.iter().any(|one| one.as_str() == Some(user));
    match users {
        None => checks.bad(check, "the hub has no such content generator: an admin makes it"),
        Some(users) if is_user(users) || hub.may("admin") => {
            checks.good(check, format!("{user} may import"));
        }
        Some(_) => checks.bad(check, format!("{user} may not import: an admin grants it")),
    }
    let types = known.find(&ListBTypes::default()).unwrap_or_default();
    match types.iter().any(|known| known.name == "module") {
        true => checks.good("build type module", "the hub knows it"),
        false => checks.bad("build type module", "the hub does not know it: an admin adds it"),
    }
}

/// Checks the tags of every platform that is built on.
pub(super) fn platforms(
    hub: &HubUser,
    builds: &[ModuleBuild<'_>],
    known: &mut Knowledge,
    checks: &mut Checks,
) {
    // By their tag: a platform may be named for several streams.
    let platforms: BTreeMap<&str, &ModuleBuild<'_>> =
        builds.iter().map(|build| (build.platform.tag.as_str(), build)).collect();
    for (tag, build) in platforms {
        match tag_of(known, tag) {
            None => checks.bad(format!("platform tag {tag}"), "the hub has no such tag"),
            Some(info) => arches(&info, build, checks),
        }
    }
    external_repos(builds, known, checks);
    let destinations: BTreeSet<&str> =
        builds.iter().map(|build| build.platform.publish_to.as_str()).collect();
    for tag in destinations {
        let check = format!("publish tag {tag}");
        match tag_of(known, tag) {
            None => checks.bad(check, "the hub has no such tag"),
            Some(info) if info.locked => checks.bad(check, "it is locked"),
            Some(info) => match &info.perm {
                Some(needed) if !hub.may(needed) => {
                    checks.bad(check, format!("tagging into it needs the permission {needed}"));
                }
                Some(_) | None => checks.good(check, "it is there, and open"),
            },
        }
    }
}

fn external_repos(builds: &[ModuleBuild<'_>], known: &mut Knowledge, checks: &mut Checks) {
    let names: BTreeSet<&str> = (builds.iter())
        .flat_map(|build| &build.platform.external_repos)
        .map(|repo| repo.name.as_str())
        .collect();
    for name in names {
        let call = ListExternalRepos { info: Some(name.into()), ..ListExternalRepos::default() };
        let check = format!("external repo {name}");
        match known.find(&call).is_some_and(|found| !found.is_empty()) {
            true => checks.good(check, "the hub knows it"),
            false => checks.bad(check, "the hub has no external repo of this name"),
        }
    }
}

fn tag_of(known: &mut Knowledge, tag: &str) -> Option<TagInfo> {
    known.find(&GetTag { tag: tag.into(), ..GetTag::default() }).flatten()
}

/// Checks that the platform's tag has every arch that modules are built for: a buildroot of another arch
/// would be empty. A tag without arches of its own takes those of its parents.
fn arches(info: &TagInfo, build: &ModuleBuild<'_>, checks: &mut Checks) {
    let check = format!("platform tag {}", info.name);
    let text = info.arches.as_deref().unwrap_or_default();
    let has: BTreeSet<&str> = text.split_whitespace().collect();
    let lacks = |arch: &&Arch| !has.is_empty() && !has.contains(arch.as_str());
    let missing: Vec<&str> = build.platform.arches.iter().filter(lacks).map(Arch::as_str).collect();
    match missing.is_empty() {
        true if has.is_empty() => checks.good(check, "it is there; its arches are its parents'"),
        true => checks.good(check, format!("it is there, with {text}")),
        false => {
            let missing = missing.join(", ");
            checks.bad(
                check,
                format!("it has {text}, and the platform is configured with {missing}"),
            );
        }
    }
}
