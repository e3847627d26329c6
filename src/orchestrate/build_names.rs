//! What koji calls a module build: decided when a run begins, and kept at the head of its journal, so that the
//! build can be found by name.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::name::{Nsvc, StreamName, Version};
use crate::plan::model::PlanModule;
use crate::plan::names::{Kind, Names};
use crate::plan::platform::Platforms;
use crate::plan::version::{moment_after, rebuild_version};

/// The names of the first build of a module in a run. A module that the literal rule rebuilds again has the
/// next versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildNames {
    /// Its version: the number of the platform and the time of submission (UTC), as MBS counts.
    pub version: u64,
    /// The tag that holds its components.
    pub tag: String,
    /// The build target.
    pub target: String,
    /// The end of the release of its packages; absent where only a koji can number it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dist_tag: Option<String>,
}

/// Names the builds of a run.
pub(super) struct Naming {
    platforms: Platforms,
    submitted: Timestamp,
    latest: BTreeMap<(String, String), Version>,
}

impl Naming {
    /// Takes the versions of a plan where it has them. Else a run is submitted in the second after the newest
    /// known version.
    pub(super) fn new(modules: &[&PlanModule]) -> Self {
        let mut latest: BTreeMap<(String, String), Version> = BTreeMap::new();
        for module in modules {
            let Some(version) = number(&module.version) else { continue };
            let known = latest.entry((module.name.clone(), module.stream.clone())).or_default();
            *known = version.max(*known);
        }
        let submitted = moment_after(latest.values().copied());
        Self { platforms: Platforms::default(), submitted, latest }
    }

    /// Names the build of a module; `None` if nothing of it is built.
    pub(super) fn of(&self, module: &PlanModule) -> Option<BuildNames> {
        if module.pass_through {
            return None;
        }
        let planned = module.new_version.as_deref().and_then(number);
        let version = planned.unwrap_or_else(|| self.version(module));
        let nsvc = Nsvc {
            name: module.name.as_str().into(),
            stream: module.stream.as_str().into(),
            version,
            context: module.context.as_str().into(),
        };
        let Names { koji_tag: tag, target, dist_tag, .. } = Names::new(&nsvc, Kind::Module, None);
        Some(BuildNames { version: version.0, tag, target, dist_tag })
    }

    fn version(&self, module: &PlanModule) -> Version {
        let platform = module.platform.as_deref().map(StreamName::from);
        let number = platform.map(|stream| self.platforms.stream_version(&stream));
        let stream = (module.name.clone(), module.stream.clone());
        let latest = self.latest.get(&stream).copied().unwrap_or_default();
        rebuild_version(self.submitted, number, latest)
    }
}

fn number(version: &str) -> Option<Version> {
    version.parse().ok().map(Version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(stream: &str, version: &str) -> PlanModule {
        PlanModule {
            id: format!("perl:{stream}:c0ffee00"),
            name: "perl".to_owned(),
            stream: stream.to_owned(),
            version: version.to_owned(),
            context: "c0ffee00".to_owned(),
            platform: Some("el8.6.0".to_owned()),
            ..PlanModule::default()
        }
    }

    #[test]
    fn a_run_is_submitted_in_the_second_after_the_newest_version() {
        let [old, new] = [module("5.26", "8060020200101000000"), module("5.30", "20230405235959")];
        let naming = Naming::new(&[&old, &new]);
        let names = naming.of(&old).unwrap();
        assert_eq!(names.version, 8_060_020_230_406_000_000);
        assert_eq!(names.tag, "module-perl-5.26-8060020230406000000-c0ffee00");
        assert_eq!(names.target, "module-perl-5.26-8060020230406000000-c0ffee00");
        assert_eq!(names.dist_tag, None, "its index is koji's");
    }

    #[test]
    fn a_version_is_above_all_of_its_stream_and_a_planned_one_is_kept() {
        let strange = module("5.30", "9999999999999999999");
        let naming = Naming::new(&[&strange]);
        assert_eq!(naming.of(&strange).unwrap().version, 10_000_000_000_000_000_000);
        let planned = PlanModule { new_version: Some("7".to_owned()), ..strange.clone() };
        assert_eq!(naming.of(&planned).unwrap().version, 7);
        assert_eq!(naming.of(&PlanModule { pass_through: true, ..strange }), None);
    }
}
