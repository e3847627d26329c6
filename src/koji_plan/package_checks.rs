//! Packages that a tag keeps out, among those that are to be built or shipped.

use std::collections::BTreeSet;

use super::builds::ModuleBuild;
use super::check::{Checks, counted};
use super::hub_checks::HubUser;
use super::knowledge::Knowledge;
use super::release_checks::devel;
use crate::koji::calls::ListPackages;
use crate::koji::shapes::Package;

/// Checks that no tag blocks a package: what the platform blocks would be blocked in the build tag too.
pub(super) fn check(
    builds: &[ModuleBuild<'_>],
    hub: &HubUser,
    known: &mut Knowledge,
    checks: &mut Checks,
) {
    if hub.user.is_none() {
        return;
    }
    let mut pairs: BTreeSet<(&str, String)> = BTreeSet::new();
    for build in builds {
        let components = build.row.batches.iter().flat_map(|batch| &batch.components);
        pairs.extend(components.map(|one| (build.platform.tag.as_str(), one.package.to_string())));
        let modules = [build.nsvc.name.to_string(), devel(&build.nsvc).name.to_string()];
        pairs.extend(modules.map(|name| (build.platform.publish_to.as_str(), name)));
    }
    let mut problems = Vec::new();
    for (tag, package) in &pairs {
        let rows = listed(known, tag, package).unwrap_or_default();
        if rows.iter().any(|row| row.package_name == *package && row.blocked == Some(true)) {
            problems.push(format!("{package} is blocked in {tag}"));
        }
    }
    let count = counted(pairs.len(), "package");
    checks.all("blocked packages", problems, format!("none of {count}"));
}

/// Returns how a package is listed in a tag and its parents; `None` where the hub has not said, or does not
/// know the package.
pub(super) fn listed(known: &mut Knowledge, tag: &str, package: &str) -> Option<Vec<Package>> {
    known.find(&ListPackages {
        tag_id: Some(tag.into()),
        package_id: Some(package.into()),
        inherited: Some(true),
        ..ListPackages::default()
    })
}
