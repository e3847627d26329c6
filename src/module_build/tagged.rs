//! The RPMs in the tag of a module, as koji answers for them.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::koji::calls::Map;
use crate::koji::shapes::TaggedRpms;
use crate::name::{Arch, PackageName};

/// One RPM: a row of `listTaggedRPMS`, without the members that nothing here reads.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TaggedRpm {
    /// Koji's number of the RPM.
    pub id: i64,
    /// Koji's number of the build that it is part of.
    pub build_id: i64,
    /// The RPM's name.
    pub name: String,
    /// Its epoch; none counts as 0.
    pub epoch: Option<i64>,
    /// Its version.
    pub version: String,
    /// Its release.
    pub release: String,
    /// Its arch; `src` for a source RPM.
    pub arch: Arch,
    /// The MD5 of its header and payload, `SIGMD5`, in hexadecimal.
    #[serde(rename = "payloadhash")]
    pub payload_hash: String,
}

impl TaggedRpm {
    /// Returns whether it is a source RPM.
    #[must_use]
    pub fn is_source(&self) -> bool {
        self.arch.as_str() == "src"
    }

    /// Returns `name-epoch:version-release.arch`, the form of modulemd's artifacts.
    #[must_use]
    pub fn nevra(&self) -> String {
        format!("{}.{}", self.nevr(), self.arch)
    }

    /// Returns `name-epoch:version-release`.
    #[must_use]
    pub fn nevr(&self) -> String {
        let Self { name, version, release, .. } = self;
        format!("{name}-{}:{version}-{release}", self.epoch.unwrap_or(0))
    }
}

/// One build: a row of `listTaggedRPMS`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TaggedPackage {
    /// Koji's number of the build.
    pub build_id: i64,
    /// The name of its package.
    pub name: PackageName,
    /// Its name-version-release.
    pub nvr: String,
    /// The volume that its files are on; empty: koji's own.
    #[serde(default)]
    pub volume: String,
}

/// The fields of an RPM's header that decide where it belongs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct RpmHeader {
    /// The only arches that a source RPM is built for; empty means all.
    #[serde(default, rename = "exclusivearch")]
    pub exclusive_arch: Vec<Arch>,
    /// The arches that a source RPM is not built for.
    #[serde(default, rename = "excludearch")]
    pub exclude_arch: Vec<Arch>,
    /// Its license, as written in the spec file.
    pub license: Option<String>,
}

/// What a module's tag holds: the answer of `listTaggedRPMS` for the latest builds, without those of
/// its parents, and that of `getRPMHeaders` for each RPM.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct TagContents {
    /// The RPMs, in koji's order.
    pub rpms: Vec<TaggedRpm>,
    /// The builds that they are part of.
    pub builds: Vec<TaggedPackage>,
    /// The headers, by koji's number of the RPM.
    pub headers: BTreeMap<i64, RpmHeader>,
}

impl TagContents {
    /// Takes over koji's answers. RPMs of external repositories are part of no build and left out.
    #[must_use]
    pub fn of((rpms, builds): TaggedRpms, headers: BTreeMap<i64, RpmHeader>) -> Self {
        let rpms = rpms.into_iter().filter_map(|rpm| {
            Some(TaggedRpm {
                id: rpm.id,
                build_id: rpm.build_id?,
                name: rpm.name,
                epoch: rpm.epoch,
                version: rpm.version,
                release: rpm.release,
                arch: rpm.arch.as_str().into(),
                payload_hash: rpm.payloadhash,
            })
        });
        let builds = builds.into_iter().map(|build| TaggedPackage {
            build_id: build.build_id,
            name: build.package_name.as_str().into(),
            nvr: build.nvr,
            volume: build.volume_name,
        });
        Self { rpms: rpms.collect(), builds: builds.collect(), headers }
    }
}

impl RpmHeader {
    /// The names that `getRPMHeaders` is asked for; what a header lacks is left out or nil.
    pub const NAMES: [&str; 3] = ["exclusivearch", "excludearch", "license"];

    /// Reads one answer of `getRPMHeaders`; `None` where a member has another shape.
    #[must_use]
    pub fn read(answer: &Map) -> Option<Self> {
        let texts = |name: &str| match answer.get(name) {
            None => Some(Vec::new()),
            Some(value) if value.is_nil() => Some(Vec::new()),
            Some(value) => {
                value.as_list()?.iter().map(|arch| Some(arch.as_str()?.into())).collect()
            }
        };
        let license = match answer.get("license") {
            Some(value) if !value.is_nil() => Some(value.as_str()?.to_owned()),
            Some(_) | None => None,
        };
        let (exclusive_arch, exclude_arch) = (texts("exclusivearch")?, texts("excludearch")?);
        Some(Self { exclusive_arch, exclude_arch, license })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::koji::Value;

    #[test]
    fn a_header_is_read_with_what_it_lacks() {
        let arches = Value::List(vec!["x86_64".into()]);
        let map = |entries: Vec<(&str, Value)>| -> Map {
            entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
        };
        let answer = map(vec![("excludearch", arches), ("license", "MIT".into())]);
        let header = RpmHeader::read(&answer).expect("it has the shape");
        assert_eq!(header.exclude_arch, ["x86_64".into()]);
        assert_eq!(header.license.as_deref(), Some("MIT"));
        assert_eq!(
            RpmHeader::read(&map(vec![("license", Value::Nil)])),
            Some(RpmHeader::default())
        );
        assert_eq!(RpmHeader::read(&map(vec![("license", Value::Int(1))])), None);
        assert_eq!(RpmHeader::read(&map(vec![("excludearch", "x86_64".into())])), None);
    }
}
