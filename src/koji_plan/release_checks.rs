//! Names that must be new, and versions and releases that must be above the shipped ones.

use std::collections::{BTreeMap, BTreeSet};

use super::Request;
use super::builds::ModuleBuild;
use super::check::{Checks, counted};
use super::indexes::Indexes;
use super::knowledge::Knowledge;
use super::naming::Naming;
use super::shipped::shipped;
use crate::koji::calls::GetBuild;
use crate::module_build::identity::devel;
use crate::module_build::publish::{Standing, standing};
use crate::module_build::release::{Shipped, falling, newest};
use crate::plan::names::content_nvr;

/// Checks that nothing has the NVRs of a run, and that everything which is shipped would be updated. Scratch
/// builds are not shipped.
pub(super) fn check(
    request: Request<'_>,
    (builds, indexes): (&[ModuleBuild<'_>], &Indexes),
    known: &mut Knowledge,
    checks: &mut Checks,
) {
    let naming = Naming::of(request);
    if !naming.is_scratch() {
        check_versions(builds, known, checks);
        check_releases(naming, builds, indexes, checks);
    }
    check_nvrs(naming, (builds, &indexes.by_id), known, checks);
}

/// Checks that the version of each module is not below one that was shipped of its stream: clients take the
/// highest, so the module would never reach anybody. Contexts of one submission share a version.
fn check_versions(builds: &[ModuleBuild<'_>], known: &mut Knowledge, checks: &mut Checks) {
    let (mut problems, mut count) = (Vec::new(), 0);
    for build in builds {
        let publish_to = build.platform.publish_to.as_str();
        let modules = shipped(known, publish_to, &build.stored.name).unwrap_or_default();
        let of_stream = modules.iter().filter(|module| module.stream == build.stored.stream);
        let Some(newest) = of_stream.max_by_key(|module| module.version) else { continue };
        count += 1;
        let (id, version) = (&build.row.id, build.nsvc.version);
        if version < newest.version {
            problems.push(format!(
                "{id}: version {version} is below {} of the context {}, which {publish_to} has",
                newest.version, newest.context
            ));
        }
    }
    let good = match count {
        0 => "none of the streams was shipped before".to_owned(),
        _ => format!("none is below what was shipped, of {}", counted(count, "module")),
    };
    checks.all("versions", problems, good);
}

/// Returns the newest shipped build of each package: what a rebuild must update.
fn newest_of_each(shipped: &[Shipped]) -> Vec<Shipped> {
    let packages: BTreeSet<&str> = shipped.iter().map(|row| row.package.as_str()).collect();
    let of = |package: &str| newest(shipped.iter().filter(|row| row.package == package)).cloned();
    packages.into_iter().filter_map(of).collect()
}

fn check_releases(
    naming: Naming<'_>,
    builds: &[ModuleBuild<'_>],
    indexes: &Indexes,
    checks: &mut Checks,
) {
    let (mut problems, mut count) = (Vec::new(), 0);
    for build in builds {
        let id = &build.row.id;
        let dist = naming.names(build, indexes.by_id[id]).dist_tag.unwrap_or_default();
        let newest = newest_of_each(&indexes.shipped[id]);
        count += newest.len();
        let falls = falling(&newest, &dist);
        problems.extend(falls.iter().map(|fall| format!("{id}: {fall}")));
    }
    let good = match count {
        0 => "none of the packages was shipped before".to_owned(),
        _ => format!("each updates what was shipped, in {}", counted(count, "comparison")),
    };
    checks.all("releases", problems, good);
}

/// Checks that nothing has the NVRs that are known beforehand: of the macros packages and, unless they are
/// scratch builds, of the modules and their `-devel`.
fn check_nvrs(
    naming: Naming<'_>,
    (builds, indexes): (&[ModuleBuild<'_>], &BTreeMap<String, u64>),
    known: &mut Knowledge,
    checks: &mut Checks,
) {
    let (mut problems, mut count) = (Vec::new(), 0);
    for build in builds {
        let names = naming.names(build, indexes[&build.row.id]);
        let imports = [names.content_nvr, content_nvr(&devel(&build.nsvc))];
        let imports = imports.into_iter().filter(|_| !naming.is_scratch());
        for nvr in imports.chain(names.macros_package) {
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
