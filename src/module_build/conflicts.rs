//! RPMs that must stay out of a module's buildroot: `Conflicts` of its macros package.
//!
//! A repo holds every build of every inherited tag, and dnf takes the highest version. So what a
//! required module filters, and what it replaces in the base, would still be installed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::tagged::TaggedRpm;
use crate::name::PackageName;

/// An RPM that must not be installed, whatever its arch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conflict {
    /// Its name.
    pub name: String,
    /// Its epoch; 0 where it has none.
    pub epoch: i64,
    /// Its version.
    pub version: String,
    /// Its release.
    pub release: String,
}

impl Conflict {
    /// Returns the conflict with an RPM. Its arch is left out: RPM would read it as part of the release,
    /// and the conflict would never hold.
    #[must_use]
    pub fn with(rpm: &TaggedRpm) -> Self {
        Self {
            name: rpm.name.clone(),
            epoch: rpm.epoch.unwrap_or(0),
            version: rpm.version.clone(),
            release: rpm.release.clone(),
        }
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}:{}-{}", self.name, self.epoch, self.version, self.release)
    }
}

/// A required module: what its tag holds, and what its document filters.
#[derive(Clone, Copy, Debug)]
pub struct RequiredModule<'a> {
    /// The RPMs of the latest builds in its tag.
    pub rpms: &'a [TaggedRpm],
    /// `filter.rpms` of its document.
    pub filter: &'a BTreeSet<PackageName>,
    /// RPMs that stay although they are filtered, as `name-epoch:version-release`: where a module
    /// requires an earlier build of itself, those of components that are reused from it.
    pub kept: &'a BTreeSet<String>,
}

/// Returns what a required module filters. Sources are in no buildroot.
#[must_use]
pub fn filtered(module: RequiredModule<'_>) -> BTreeSet<Conflict> {
    let is_filtered = |rpm: &&TaggedRpm| {
        !rpm.is_source()
            && module.filter.contains(rpm.name.as_str())
            && !module.kept.contains(&rpm.nevr())
    };
    module.rpms.iter().filter(is_filtered).map(Conflict::with).collect()
}

/// Returns what modules replace in the base: its RPMs whose names the modules' tags have too.
///
/// An RPM that is in both stays, on whatever arch: without the arch a conflict would keep out the
/// module's own.
#[must_use]
pub fn replaced(base: &[TaggedRpm], modules: &[&[TaggedRpm]]) -> BTreeSet<Conflict> {
    let mut of_modules: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for rpm in modules.iter().copied().flatten().filter(|rpm| !rpm.is_source()) {
        of_modules.entry(&rpm.name).or_default().insert(rpm.nevr());
    }
    let is_replaced = |rpm: &&TaggedRpm| {
        let known = of_modules.get(rpm.name.as_str());
        !rpm.is_source() && known.is_some_and(|known| !known.contains(&rpm.nevr()))
    };
    base.iter().filter(is_replaced).map(Conflict::with).collect()
}

/// Returns what other streams of required modules bring into the base's external repos: all of it.
#[must_use]
pub fn other_streams(rpms: &[TaggedRpm]) -> BTreeSet<Conflict> {
    rpms.iter().filter(|rpm| !rpm.is_source()).map(Conflict::with).collect()
}

/// What is kept out of the buildroot of one build: decided before a run as far as the required modules
/// are there by then.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptOut {
    /// What shipped modules filter.
    pub filtered: BTreeSet<Conflict>,
    /// What shipped modules replace in the base.
    pub replaced: BTreeSet<Conflict>,
    /// The required modules that the same run builds first, by their id in the plan.
    pub planned: BTreeSet<String>,
    /// The tag of the base that all of them are compared with.
    pub base: String,
}

impl KeptOut {
    /// Returns every conflict, now that the modules of the same run are built too.
    ///
    /// What such a module brings stays, though a shipped module replaced an RPM of the same name, version
    /// and release in the base.
    #[must_use]
    pub fn with(&self, base: &[TaggedRpm], built: &[RequiredModule<'_>]) -> BTreeSet<Conflict> {
        let of_built: Vec<&[TaggedRpm]> = built.iter().map(|module| module.rpms).collect();
        let own: BTreeSet<Conflict> =
            of_built.iter().copied().flatten().map(Conflict::with).collect();
        let mut all: BTreeSet<Conflict> = self.replaced.difference(&own).cloned().collect();
        all.extend(replaced(base, &of_built));
        all.extend(self.filtered.iter().cloned());
        all.extend(built.iter().flat_map(|module| filtered(*module)));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rpm(name: &str, release: &str, arch: &str) -> TaggedRpm {
        TaggedRpm {
            id: 0,
            build_id: 0,
            name: name.to_owned(),
            epoch: None,
            version: "5.0".to_owned(),
            release: release.to_owned(),
            arch: arch.into(),
            payload_hash: String::new(),
        }
    }

    fn lines(conflicts: &BTreeSet<Conflict>) -> Vec<String> {
        conflicts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_a_module_filters_is_kept_out_once_for_all_arches() {
        let rpms = [
            rpm("bash", "1", "x86_64"),
            rpm("bash", "1", "aarch64"),
            rpm("bash", "1", "src"),
            rpm("bash-doc", "1", "noarch"),
            rpm("zsh", "1", "x86_64"),
        ];
        let filter = BTreeSet::from(["bash".into(), "zsh".into()]);
        let kept = BTreeSet::from(["zsh-0:5.0-1".to_owned()]);
        let found = filtered(RequiredModule { rpms: &rpms, filter: &filter, kept: &kept });
        assert_eq!(lines(&found), ["bash = 0:5.0-1"]);
    }

    #[test]
    fn what_modules_replace_in_the_base_is_kept_out_but_not_their_own() {
        let base = [
            rpm("bash", "1.fc31", "x86_64"),
            rpm("bash", "1.fc31", "i686"),
            rpm("sed", "1", "x86_64"),
        ];
        let module = [rpm("bash", "1.module", "x86_64")];
        assert_eq!(lines(&replaced(&base, &[&module])), ["bash = 0:5.0-1.fc31"]);
        let same = [rpm("bash", "1.fc31", "x86_64")];
        assert_eq!(replaced(&base, &[&same]), BTreeSet::new());
        assert_eq!(lines(&other_streams(&base)), ["bash = 0:5.0-1.fc31", "sed = 0:5.0-1"]);
    }

    #[test]
    fn modules_of_the_same_run_add_theirs_once_they_are_built() {
        let base = [rpm("bash", "1.fc31", "x86_64"), rpm("sed", "1.fc31", "noarch")];
        let conflict = |name: &str, release: &str| Conflict::with(&rpm(name, release, "x86_64"));
        let kept_out = KeptOut {
            filtered: [conflict("zsh", "1")].into(),
            replaced: [conflict("sed", "1.fc31"), conflict("awk", "1.fc31")].into(),
            planned: ["shell:1:c0".to_owned()].into(),
            base: "f31-build".to_owned(),
        };
        let decided = ["awk = 0:5.0-1.fc31", "sed = 0:5.0-1.fc31", "zsh = 0:5.0-1"];
        assert_eq!(lines(&kept_out.with(&[], &[])), decided);
        let rpms = [
            rpm("bash", "2.module", "x86_64"),
            rpm("bash-doc", "2.module", "noarch"),
            rpm("sed", "1.fc31", "noarch"),
        ];
        let (filter, kept) = (["bash-doc".into()].into(), BTreeSet::new());
        let built = RequiredModule { rpms: &rpms, filter: &filter, kept: &kept };
        let all = [
            "awk = 0:5.0-1.fc31",
            "bash = 0:5.0-1.fc31",
            "bash-doc = 0:5.0-2.module",
            "zsh = 0:5.0-1",
        ];
        assert_eq!(lines(&kept_out.with(&base, &[built])), all);
    }
}
