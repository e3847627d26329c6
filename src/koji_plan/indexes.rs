//! The indexes of dist tags, above everything that was shipped.

use std::collections::{BTreeMap, BTreeSet};

use super::Request;
use super::builds::ModuleBuild;
use super::knowledge::Knowledge;
use super::naming::Naming;
use super::shipped::shipped;
use crate::koji::Value;
use crate::koji::calls::ListTagged;
use crate::koji::shapes::TaggedBuild;
use crate::module_build::release::{KnownIndexes, Shipped};

/// What the dist tags of a run follow from.
#[derive(Clone, Debug, Default)]
pub(super) struct Indexes {
    /// The index of the dist tag of each build, by the id of its row.
    pub(super) by_id: BTreeMap<String, u64>,
    /// The shipped builds of its packages, likewise.
    pub(super) shipped: BTreeMap<String, Vec<Shipped>>,
}

/// Gives each build the index of its dist tag. All contexts of a submission share one; it is above everything
/// that was shipped of their packages, and above what an earlier run of the store used for the stream.
pub(super) fn indexes(
    request: Request<'_>,
    builds: &[ModuleBuild<'_>],
    known: &mut Knowledge,
) -> Indexes {
    let naming = Naming::of(request);
    let mut shipped: BTreeMap<String, Vec<Shipped>> = BTreeMap::new();
    for build in builds {
        shipped.insert(build.row.id.clone(), shipped_packages(build, known));
    }
    let first = request.site.names.first_index.map(u64::from);
    let mut given_out = None;
    let mut of_submission: BTreeMap<String, u64> = BTreeMap::new();
    let mut by_id = BTreeMap::new();
    for build in builds {
        let submission = submission(build);
        let index = *of_submission.entry(submission.clone()).or_insert_with(|| {
            let of_same = builds.iter().filter(|other| self::submission(other) == submission);
            let releases = of_same.flat_map(|other| &shipped[&other.row.id]);
            let used = request.earlier.indexes.get(&naming.claim(&build.name_stream())).copied();
            let known = KnownIndexes { given_out: given_out.max(used), first, shipped: None };
            known.with_shipped(releases.map(|package| package.release.as_str())).next()
        });
        given_out = given_out.max(Some(index));
        by_id.insert(build.row.id.clone(), index);
    }
    Indexes { by_id, shipped }
}

/// Returns what is submitted at once: a version of a stream.
fn submission(build: &ModuleBuild<'_>) -> String {
    format!("{}:{}", build.name_stream(), build.nsvc.version)
}

/// Returns the shipped builds of a module's packages: in the tag that it is shipped into, and in the tags of
/// the module's newest shipped version.
fn shipped_packages(build: &ModuleBuild<'_>, known: &mut Knowledge) -> Vec<Shipped> {
    let components = build.row.batches.iter().flat_map(|batch| &batch.components);
    let packages: BTreeSet<&str> = components.map(|one| one.package.as_str()).collect();
    let publish_to = build.platform.publish_to.as_str();
    let mut rows: Vec<Shipped> = Vec::new();
    for package in &packages {
        let call = ListTagged {
            tag: publish_to.into(),
            inherit: Some(true),
            package: Some((*package).to_owned()),
            build_type: Some("rpm".to_owned()),
            ..ListTagged::default()
        };
        rows.extend(known.find(&call).unwrap_or_default().iter().map(package_of));
    }
    let modules = shipped(known, publish_to, &build.stored.name).unwrap_or_default();
    let own = || modules.iter().filter(|module| module.stream == build.stored.stream);
    let latest = own().map(|module| module.version).max();
    for module in own().filter(|module| Some(module.version) == latest) {
        let tag = module.tag.as_str().into();
        let call = ListTagged { tag, latest: Some(Value::Bool(true)), ..ListTagged::default() };
        let builds = known.find(&call).unwrap_or_default();
        rows.extend(builds.iter().map(package_of).filter(|row| packages.contains(&*row.package)));
    }
    rows
}

fn package_of(build: &TaggedBuild) -> Shipped {
    Shipped {
        package: build.package_name.clone(),
        epoch: build.epoch.and_then(|epoch| u64::try_from(epoch).ok()).unwrap_or_default(),
        version: build.version.clone(),
        release: build.release.clone(),
    }
}
