//! Packages of a module with noarch RPMs only, according to the artifacts of its documents.
//!
//! An artifact names its RPM, not the package it comes from. RPMs of one package nearly always
//! share its version and release; if several packages share them, or an RPM has its own version,
//! the longest package name that the RPM's name begins with decides. Ambiguous packages count as
//! built per arch.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::Module;
use crate::load::{Snapshot, Stream};
use crate::name::{Context, ModuleName, StreamName, Version};

/// The identity of a module's documents, regardless of arch.
type Nsvc<'a> = (&'a ModuleName, &'a StreamName, Version, Option<&'a Context>);

/// The artifacts of documents, by module.
#[derive(Debug, Default)]
pub(super) struct Artifacts<'a>(BTreeMap<Nsvc<'a>, Vec<&'a Stream>>);

impl<'a> Artifacts<'a> {
    pub(super) fn new(snapshot: &'a Snapshot) -> Self {
        let mut of: BTreeMap<Nsvc<'a>, Vec<&'a Stream>> = BTreeMap::new();
        for stream in snapshot.streams.iter().filter(|stream| !stream.artifacts.is_empty()) {
            let nsvc = (&stream.name, &stream.stream, stream.version, stream.context.as_ref());
            of.entry(nsvc).or_default().push(stream);
        }
        Self(of)
    }

    /// Returns the artifacts of a module, of all its arches.
    pub(super) fn of(&self, module: &Module) -> Vec<&'a str> {
        let nsvc = (&module.name, &module.stream, module.version, module.context.as_ref());
        let streams = self.0.get(&nsvc).map(Vec::as_slice).unwrap_or_default();
        streams.iter().flat_map(|stream| &stream.artifacts).map(String::as_str).collect()
    }
}

/// Returns the packages that have RPMs among the artifacts, all of them noarch.
pub(super) fn noarch_only<'a>(
    packages: impl IntoIterator<Item = &'a str>,
    artifacts: impl IntoIterator<Item = &'a str>,
) -> BTreeSet<&'a str> {
    let packages: BTreeSet<&str> = packages.into_iter().collect();
    let rpms: Vec<Rpm<'_>> = artifacts.into_iter().filter_map(Rpm::parse).collect();
    let by_build = by_build(&packages, &rpms);
    let (mut noarch, mut per_arch) = (BTreeSet::new(), BTreeSet::new());
    for rpm in rpms.iter().filter(|rpm| !rpm.is_source()) {
        let own = by_build.get(rpm.build).map(Vec::as_slice).unwrap_or_default();
        let named = if own.is_empty() {
            rpm.longest_of(packages.iter().copied())
        } else {
            rpm.longest_of(own.iter().copied())
        };
        match (own, named) {
            ([one], _) => rpm.note(one, &mut noarch, &mut per_arch),
            (_, Some(one)) => rpm.note(one, &mut noarch, &mut per_arch),
            // It may be of any of them.
            (several, None) if !rpm.is_noarch() => per_arch.extend(several.iter().copied()),
            _ => {}
        }
    }
    noarch.difference(&per_arch).copied().collect()
}

/// Returns the packages of each version and release: that of the source RPM, otherwise that of the
/// RPM with the package's name.
fn by_build<'a>(packages: &BTreeSet<&'a str>, rpms: &[Rpm<'a>]) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut builds: BTreeMap<&str, &str> = BTreeMap::new();
    for rpm in rpms.iter().filter(|rpm| packages.contains(rpm.name)) {
        if rpm.is_source() || !builds.contains_key(rpm.name) {
            builds.insert(rpm.name, rpm.build);
        }
    }
    let mut by_build: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (package, build) in builds {
        by_build.entry(build).or_default().push(package);
    }
    by_build
}

/// One artifact.
#[derive(Clone, Copy, Debug)]
struct Rpm<'a> {
    name: &'a str,
    /// `EPOCH:VERSION-RELEASE`.
    build: &'a str,
    arch: &'a str,
}

impl<'a> Rpm<'a> {
    fn parse(nevra: &'a str) -> Option<Self> {
        let (nevr, arch) = nevra.rsplit_once('.')?;
        let release = nevr.rfind('-')?;
        let version = nevr[..release].rfind('-')?;
        Some(Self { name: &nevr[..version], build: &nevr[version + 1..], arch })
    }

    fn is_source(self) -> bool {
        matches!(self.arch, "src" | "nosrc")
    }

    fn is_noarch(self) -> bool {
        self.arch == "noarch"
    }

    /// Returns the longest of the packages that the RPM's name is, or begins with.
    fn longest_of(self, packages: impl Iterator<Item = &'a str>) -> Option<&'a str> {
        let begins = |package: &&str| {
            let rest = self.name.strip_prefix(*package);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        packages.filter(begins).max_by_key(|package| package.len())
    }

    fn note(
        self,
        package: &'a str,
        noarch: &mut BTreeSet<&'a str>,
        per_arch: &mut BTreeSet<&'a str>,
    ) {
        let _is_new = if self.is_noarch() { noarch } else { per_arch }.insert(package);
    }
}

#[cfg(test)]
mod tests {
    use super::noarch_only;

    fn of(packages: &[&'static str], artifacts: &[&'static str]) -> Vec<&'static str> {
        noarch_only(packages.iter().copied(), artifacts.iter().copied()).into_iter().collect()
    }

    #[test]
    fn a_package_with_noarch_rpms_only_is_noarch() {
        let artifacts = [
            "perl-App-0:1.0-2.el8.noarch",
            "perl-App-0:1.0-2.el8.src",
            "perl-DBI-0:1.641-3.el8.x86_64",
            "perl-DBI-doc-0:1.641-3.el8.noarch",
        ];
        assert_eq!(of(&["perl-App", "perl-DBI"], &artifacts), ["perl-App"]);
    }

    #[test]
    fn an_rpm_of_another_name_is_known_by_version_and_release() {
        let artifacts =
            ["foo-0:1-1.el8.noarch", "libbar-0:1-1.el8.aarch64", "baz-0:1-2.el8.noarch"];
        assert_eq!(of(&["foo", "baz"], &artifacts), ["baz"]);
    }

    #[test]
    fn an_rpm_with_a_version_of_its_own_is_known_by_the_longest_name() {
        let artifacts = [
            "perl-4:5.30-1.el8.src",
            "perl-Errno-0:1.30-1.el8.x86_64",
            "perl-tests-4:5.30-1.el8.noarch",
            "perl-Text-0:2-1.el8.noarch",
        ];
        assert_eq!(of(&["perl", "perl-Text"], &artifacts), ["perl-Text"]);
    }

    #[test]
    fn what_may_be_of_several_packages_keeps_all_of_them_per_arch() {
        let artifacts = ["a-0:1-1.noarch", "b-0:1-1.noarch", "odd-0:1-1.x86_64"];
        assert!(of(&["a", "b"], &artifacts).is_empty());
        assert_eq!(of(&["a", "b"], &artifacts[..2]), ["a", "b"]);
    }

    #[test]
    fn a_package_without_artifacts_is_not_known_to_be_noarch() {
        assert!(of(&["a"], &["not an nevra", "b-0:1-1.noarch"]).is_empty());
    }
}
