//! Names that must be new: the index in dist tags, releases above the shipped ones, free NVRs.

use std::collections::{BTreeMap, BTreeSet};

use super::Request;
use super::builds::ModuleBuild;
use super::check::{Checks, counted};
use super::knowledge::Knowledge;
use super::shipped::shipped;
use crate::koji::Value;
use crate::koji::calls::{GetBuild, ListTagged};
use crate::koji::shapes::TaggedBuild;
use crate::module_build::publish::{Standing, standing};
use crate::module_build::release::{KnownIndexes, Shipped, falling, newest};
use crate::name::Nsvc;
use crate::plan::names::{Kind, Names, content_nvr};

/// Returns the index of the dist tag of each build, by the id of its row. All contexts of a submission share
/// one; it is above everything that was shipped of their packages, and above what an earlier run of the store
/// used for the stream.
pub(super) fn indexes(
    request: Request<'_>,
    builds: &[ModuleBuild<'_>],
    known: &mut Knowledge,
    checks: &mut Checks,
) -> BTreeMap<String, u64> {
    let mut shipped: BTreeMap<String, Vec<Shipped>> = BTreeMap::new();
    for build in builds {
        shipped.insert(build.row.id.clone(), shipped_packages(build, known));
    }
    let first = request.site.names.first_index.map(u64::from);
    let mut given_out = None;
    let mut of_submission: BTreeMap<String, u64> = BTreeMap::new();
    let mut indexes = BTreeMap::new();
    for build in builds {
        let submission = submission(build);
        let index = *of_submission.entry(submission.clone()).or_insert_with(|| {
            let of_same = builds.iter().filter(|other| self::submission(other) == submission);
            let releases = of_same.flat_map(|other| &shipped[&other.row.id]);
            let used = request.earlier.indexes.get(&build.name_stream().to_string()).copied();
            let known = KnownIndexes { given_out: given_out.max(used), first, shipped: None };
            known.with_shipped(releases.map(|package| package.release.as_str())).next()
        });
        given_out = given_out.max(Some(index));
        indexes.insert(build.row.id.clone(), index);
    }
    check_releases(builds, &shipped, &indexes, checks);
    check_nvrs(request, builds, &indexes, known, checks);
    indexes
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

/// Returns the newest shipped build of each package: what a rebuild must update.
fn newest_of_each(shipped: &[Shipped]) -> Vec<Shipped> {
    let packages: BTreeSet<&str> = shipped.iter().map(|row| row.package.as_str()).collect();
    let of = |package: &str| newest(shipped.iter().filter(|row| row.package == package)).cloned();
    packages.into_iter().filter_map(of).collect()
}

fn package_of(build: &TaggedBuild) -> Shipped {
    Shipped {
        package: build.package_name.clone(),
        epoch: build.epoch.and_then(|epoch| u64::try_from(epoch).ok()).unwrap_or_default(),
        version: build.version.clone(),
        release: build.release.clone(),
    }
}

fn check_releases(
    builds: &[ModuleBuild<'_>],
    shipped: &BTreeMap<String, Vec<Shipped>>,
    indexes: &BTreeMap<String, u64>,
    checks: &mut Checks,
) {
    let (mut problems, mut count) = (Vec::new(), 0);
    for build in builds {
        let dist = names(build, indexes[&build.row.id], "").dist_tag.unwrap_or_default();
        let newest = newest_of_each(&shipped[&build.row.id]);
        count += newest.len();
        let falls = falling(&newest, &dist);
        problems.extend(falls.iter().map(|fall| format!("{}: {fall}", build.row.id)));
    }
    let good = match count {
        0 => "none of the packages was shipped before".to_owned(),
        _ => format!("each updates what was shipped, in {}", counted(count, "comparison")),
    };
    checks.all("releases", problems, good);
}

/// Returns every name of a build.
pub(super) fn names(build: &ModuleBuild<'_>, index: u64, prefix: &str) -> Names {
    let tag = Some((build.marking().to_owned(), Some(index)));
    Names::prefixed(&build.nsvc, Kind::Module, prefix, tag)
}

/// Checks that nothing has the NVRs that are known beforehand: of the module, its `-devel` and its macros.
fn check_nvrs(
    request: Request<'_>,
    builds: &[ModuleBuild<'_>],
    indexes: &BTreeMap<String, u64>,
    known: &mut Knowledge,
    checks: &mut Checks,
) {
    let (mut problems, mut count) = (Vec::new(), 0);
    for build in builds {
        let names = names(build, indexes[&build.row.id], &request.site.names.tag_prefix);
        let devel = content_nvr(&devel(&build.nsvc));
        let nvrs = [Some(names.content_nvr), Some(devel), names.macros_package];
        for nvr in nvrs.into_iter().flatten() {
            count += 1;
            let call = GetBuild { build: nvr.as_str().into(), strict: None };
            let answer = known.find(&call).flatten();
            match standing(answer.as_ref(), &names.koji_tag) {
                Standing::Missing => {}
                Standing::Imported { build_id } => problems.push(format!(
                    "{nvr} is there already, imported from {} as build {build_id}",
                    names.koji_tag
                )),
                Standing::Taken { by } => problems.push(format!("{nvr} is there already: {by}")),
            }
        }
    }
    checks.all("new names", problems, format!("{} not taken", counted(count, "NVR")));
}

/// Returns the identity of a module's `-devel`.
pub(super) fn devel(nsvc: &Nsvc) -> Nsvc {
    let name = format!("{}-devel", nsvc.name).as_str().into();
    Nsvc { name, ..nsvc.clone() }
}
