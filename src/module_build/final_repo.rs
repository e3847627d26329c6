//! The repositories of a finished module, one for each arch: which files of koji they hold, and the label
//! that says whose they are.
//!
//! koji keeps an RPM at `packages/NAME/VERSION/RELEASE/ARCH/`, and each signed copy of it at
//! `data/signed/KEY/ARCH/` of its build. A build on a volume of its own has all of that below
//! `vol/VOLUME`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::finals::FinalDocument;
use super::tagged::{TagContents, TaggedPackage, TaggedRpm};
use crate::name::Arch;

/// koji's own volume, which has no folder of its own.
const OWN_VOLUME: &str = "DEFAULT";

/// One RPM of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepoFile {
    /// The name of the file.
    pub name: String,
    /// The steps from the top of the hub's files to it.
    pub path: Vec<String>,
    /// The MD5 of its header and payload; a signature does not change it.
    pub payload_hash: String,
    /// Whether it is a signed copy.
    pub is_signed: bool,
}

/// What a finished repository is, as its file `module.json` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepoLabel {
    /// The version of this format.
    pub format: u32,
    /// `name:stream:version:context`.
    pub module: String,
    /// The tag that its RPMs are from.
    pub tag: String,
    /// The keys of its signatures; none: it is unsigned.
    pub signed_by: BTreeSet<String>,
    /// Its arches, each a folder.
    pub arches: BTreeSet<Arch>,
    /// koji's number of the dist-repo that its RPMs were taken from; `None`: they are koji's own files.
    #[serde(default)]
    pub dist_repo: Option<i64>,
}

impl RepoLabel {
    /// The version of the format that is written.
    pub const FORMAT: u32 = 1;

    /// Returns what `repomd.xml` says of its content: `unsigned`, or the keys.
    #[must_use]
    pub fn content(&self) -> Vec<String> {
        if self.signed_by.is_empty() {
            return vec!["unsigned".to_owned()];
        }
        self.signed_by.iter().map(|key| format!("signed-{key}")).collect()
    }
}

/// Returns the files of one arch: every RPM and source RPM that its document lists, and no other.
///
/// `signed_by` has the key by which each RPM is signed, by koji's number of the RPM; an RPM without one is
/// taken unsigned. An RPM whose build is not in the tag is left out: there is none in a final document.
#[must_use]
pub fn repo_files(
    document: &FinalDocument<'_>,
    tag: &TagContents,
    signed_by: &BTreeMap<i64, String>,
) -> Vec<RepoFile> {
    let builds: BTreeMap<i64, &TaggedPackage> =
        tag.builds.iter().map(|build| (build.build_id, build)).collect();
    let file = |rpm: &&TaggedRpm| {
        let key = signed_by.get(&rpm.id).map(String::as_str);
        Some(repo_file(builds.get(&rpm.build_id)?, rpm, key))
    };
    document.rpms.iter().filter_map(file).collect()
}

fn repo_file(build: &TaggedPackage, rpm: &TaggedRpm, key: Option<&str>) -> RepoFile {
    let TaggedRpm { name, version, release, arch, .. } = rpm;
    let file = format!("{name}-{version}-{release}.{arch}.rpm");
    // The name may hold dashes, version and release hold none.
    let mut from_end = build.nvr.rsplitn(3, '-');
    let build_release = from_end.next().unwrap_or_default();
    let build_version = from_end.next().unwrap_or_default();
    let volume = match build.volume.as_str() {
        "" | OWN_VOLUME => Vec::new(),
        volume => vec!["vol", volume],
    };
    let of_build = ["packages", build.name.as_str(), build_version, build_release];
    let signed = key.map_or_else(Vec::new, |key| vec!["data", "signed", key]);
    let steps = volume.into_iter().chain(of_build).chain(signed);
    RepoFile {
        path: steps.chain([arch.as_str(), &file]).map(str::to_owned).collect(),
        payload_hash: rpm.payload_hash.clone(),
        is_signed: key.is_some(),
        name: file,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rpm() -> TaggedRpm {
        TaggedRpm {
            id: 7,
            build_id: 1,
            name: "perl-libs".to_owned(),
            epoch: Some(4),
            version: "5.30.1".to_owned(),
            release: "2.module+el8".to_owned(),
            arch: "x86_64".into(),
            payload_hash: "00ff".to_owned(),
        }
    }

    fn build(volume: &str) -> TaggedPackage {
        let (name, nvr) = ("perl".into(), "perl-5.30.1-2.module+el8".to_owned());
        TaggedPackage { build_id: 1, name, nvr, volume: volume.to_owned() }
    }

    #[test]
    fn a_file_is_where_koji_keeps_it() {
        let path = |volume: &str, key| repo_file(&build(volume), &rpm(), key).path.join("/");
        let file = "x86_64/perl-libs-5.30.1-2.module+el8.x86_64.rpm";
        let own = "packages/perl/5.30.1/2.module+el8";
        assert_eq!(path("DEFAULT", None), format!("{own}/{file}"));
        assert_eq!(path("", Some("abcd1234")), format!("{own}/data/signed/abcd1234/{file}"));
        assert_eq!(path("archive", None), format!("vol/archive/{own}/{file}"));
    }

    #[test]
    fn a_document_has_its_files_and_says_how_they_are_signed() {
        let (own, other) = (rpm(), TaggedRpm { id: 8, arch: "aarch64".into(), ..rpm() });
        let stream = crate::load::Stream::default();
        let document = FinalDocument { stream, rpms: vec![&own] };
        let tag = TagContents {
            rpms: vec![own.clone(), other],
            builds: vec![build("")],
            ..TagContents::default()
        };
        let names = |keys: &BTreeMap<i64, String>| -> Vec<(String, bool)> {
            let files = repo_files(&document, &tag, keys);
            files.into_iter().map(|file| (file.name, file.is_signed)).collect()
        };
        let name = "perl-libs-5.30.1-2.module+el8.x86_64.rpm".to_owned();
        assert_eq!(names(&BTreeMap::new()), [(name.clone(), false)]);
        assert_eq!(names(&[(7, "abcd1234".to_owned())].into()), [(name, true)]);
        let label = |keys: &[&str]| RepoLabel {
            format: RepoLabel::FORMAT,
            module: "perl:5.30:1:c0".to_owned(),
            tag: "module-perl".to_owned(),
            signed_by: keys.iter().map(|key| (*key).to_owned()).collect(),
            arches: ["x86_64".into()].into(),
            dist_repo: None,
        };
        assert_eq!(label(&[]).content(), ["unsigned"]);
        assert_eq!(label(&["abcd1234"]).content(), ["signed-abcd1234"]);
    }
}
