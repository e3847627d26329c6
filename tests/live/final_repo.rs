//! Making a final repository from files that are wrong, missing or elsewhere, and beside what is there
//! already.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use modplan::koji::profile::{Profile, ProfileFile};
use modplan::live::final_repo::{FinalRepoError, FinalRepos, Making, make};
use modplan::load::parse_text;
use modplan::module_build::finals::FinalDocument;
use modplan::module_build::tagged::{TagContents, TaggedPackage, TaggedRpm};
use modplan::name::{Arch, Nsvc, Version};
use modplan::site::Site;

use super::execute::forge::serve_files;
use super::mock_koji::block_on;
use crate::support::rpms::{files, has, query, rpmbuild};

const DOCUMENT: &str = "document: modulemd\nversion: 2\ndata:\n  {name: tool, stream: '1', version: 1, \
    context: c0ffee00, summary: A tool, description: It is a tool., license: {module: [MIT]}}\n";
const RUN: &str = "r1";
const FILE: &str = "tool-1-1.noarch.rpm";

/// One real RPM in a hub's files, and what koji says of it.
struct Hub {
    _directory: tempfile::TempDir,
    repos: FinalRepos,
    nsvc: Nsvc,
    tag: TagContents,
}

impl Hub {
    /// Makes it; `None` where a program is missing.
    fn new() -> Option<Self> {
        if !has(&["rpmbuild", "createrepo_c", "modifyrepo_c"]) {
            return None;
        }
        let directory = tempfile::tempdir().expect("a directory");
        let top = directory.path().join("koji");
        let spec = "Name: tool\nVersion: 1\nRelease: 1\nSummary: s\nLicense: MIT\nBuildArch: noarch\n\
                    %description\nd\n%files\n";
        let made = rpmbuild(&directory.path().join("work"), None, &["-bb"], spec).remove(0);
        let place = top.join("packages/tool/1/1/noarch");
        fs::create_dir_all(&place).expect("it can be made");
        fs::copy(&made, place.join(FILE)).expect("it can be copied");
        let rpm = TaggedRpm {
            id: 1,
            build_id: 1,
            name: "tool".to_owned(),
            epoch: None,
            version: "1".to_owned(),
            release: "1".to_owned(),
            arch: "noarch".into(),
            payload_hash: query(&made, "%{SIGMD5}"),
        };
        let (name, nvr) = ("tool".into(), "tool-1-1".to_owned());
        let build = TaggedPackage { build_id: 1, name, nvr, volume: "DEFAULT".to_owned() };
        let tag = TagContents { rpms: vec![rpm], builds: vec![build], ..TagContents::default() };
        let (stream, context) = ("1".into(), "c0ffee00".into());
        let nsvc = Nsvc { name: "tool".into(), stream, version: Version(1), context };
        let repos = FinalRepos {
            directory: directory.path().join("final"),
            topurl: top.display().to_string(),
            ..FinalRepos::default()
        };
        Some(Self { _directory: directory, repos, nsvc, tag })
    }

    fn make(&self) -> Result<PathBuf, FinalRepoError> {
        let mut stream = parse_text("tool.yaml", DOCUMENT).streams.remove(0);
        stream.artifacts = self.tag.rpms.iter().map(TaggedRpm::nevra).collect();
        let document = FinalDocument { stream, rpms: self.tag.rpms.iter().collect() };
        let finals: BTreeMap<Arch, &FinalDocument<'_>> =
            ["aarch64", "x86_64"].map(|arch| (arch.into(), &document)).into();
        let making = Making {
            run: RUN,
            nsvc: &self.nsvc,
            koji_tag: "module-tool",
            finals: &finals,
            tag: &self.tag,
            signed_by: &BTreeMap::new(),
        };
        block_on(make(&self.repos, making))
    }

    fn rpm(&self) -> PathBuf {
        Path::new(&self.repos.topurl).join("packages/tool/1/1/noarch").join(FILE)
    }

    /// Returns where it is made before it is in its place.
    fn stage(&self) -> PathBuf {
        self.repos.directory.join(format!(".tool-1-1.c0ffee00-{RUN}.making"))
    }
}

#[test]
fn an_rpm_of_all_arches_is_fetched_once() {
    let Some(hub) = Hub::new() else { return };
    let place = hub.make().expect("it is made");
    assert_eq!(place, hub.repos.directory.join("tool-1-1.c0ffee00"));
    let files = files(&place);
    let rpms: Vec<&PathBuf> =
        files.iter().filter(|path| path.to_string_lossy().ends_with(FILE)).collect();
    assert_eq!(rpms.len(), 2, "{files:?}");
    let inode = |path: &PathBuf| {
        std::os::unix::fs::MetadataExt::ino(&fs::metadata(path).expect("it is there"))
    };
    assert_eq!(inode(rpms[0]), inode(rpms[1]));
    assert!(!hub.stage().exists());
}

#[test]
fn what_a_process_left_behind_is_used_where_it_is_right() {
    let Some(hub) = Hub::new() else { return };
    // It died between the two arches: one RPM is whole, one is cut off, and there are other files.
    let stage = hub.stage();
    for (path, bytes) in [
        ("aarch64/Packages/tool-1-1.noarch.rpm", fs::read(hub.rpm()).expect("it is there")),
        (
            "x86_64/Packages/tool-1-1.noarch.rpm",
            fs::read(hub.rpm()).expect("it is there")[..300].into(),
        ),
        ("x86_64/Packages/other-1-1.noarch.rpm", b"other".to_vec()),
        ("x86_64/repodata/repomd.xml", b"<old/>".to_vec()),
        (".scratch/half.rpm", b"half".to_vec()),
        ("s390x/Packages/tool-1-1.noarch.rpm", b"another arch".to_vec()),
    ] {
        let path = stage.join(path);
        fs::create_dir_all(path.parent().expect("a directory")).expect("it can be made");
        fs::write(path, bytes).expect("it can be written");
    }
    // Nothing has to be fetched.
    fs::remove_file(hub.rpm()).expect("it is there");
    let place = hub.make().expect("it is made");
    let names: Vec<String> = files(&place)
        .iter()
        .filter(|path| !path.to_string_lossy().contains("/repodata/"))
        .map(|path| path.strip_prefix(&place).expect("below").display().to_string())
        .collect();
    let wanted = [
        "aarch64/Packages/tool-1-1.noarch.rpm",
        "module.json",
        "x86_64/Packages/tool-1-1.noarch.rpm",
    ];
    assert_eq!(names, wanted);
    let whole = |arch: &str| fs::read(place.join(arch).join("Packages").join(FILE)).expect("there");
    assert_eq!(whole("aarch64"), whole("x86_64"));
    let index = fs::read_to_string(place.join("x86_64/repodata/repomd.xml")).expect("it is there");
    assert!(index.contains("type=\"modules\"") && !index.contains("<old/>"), "{index}");
}

#[test]
fn an_rpm_that_is_missing_or_another_leaves_nothing_in_the_place() {
    let Some(mut hub) = Hub::new() else { return };
    let whole = fs::read(hub.rpm()).expect("it is there");
    let served = serve_files(Path::new(&hub.repos.topurl));
    let local = hub.repos.topurl.clone();
    for topurl in [local.clone(), served] {
        hub.repos.topurl = topurl;
        let wanted = hub.tag.rpms[0].payload_hash.clone();
        let mut changed = whole.clone();
        *changed.last_mut().expect("it has bytes") ^= 1;
        for (bytes, says) in [
            (Some(changed), "is not the RPM that koji lists: its payload hash is "),
            (Some(whole[..whole.len() / 2].to_vec()), "is not the RPM that koji lists"),
            (Some(b"<html>".to_vec()), "its payload hash is that of no RPM, not "),
            (None, "tool-1-1.noarch.rpm is not there"),
        ] {
            let path = Path::new(&local).join("packages/tool/1/1/noarch").join(FILE);
            match &bytes {
                Some(bytes) => fs::write(&path, bytes).expect("it can be written"),
                None => fs::remove_file(&path).expect("it is there"),
            }
            let error = hub.make().expect_err("it is wrong").to_string();
            assert!(error.contains(says), "{error}");
            assert!(bytes.is_none() || error.contains(&wanted), "{error}");
            fs::write(&path, &whole).expect("it can be written");
            assert!(!hub.repos.directory.join("tool-1-1.c0ffee00").exists());
        }
    }
    hub.make().expect("the file is right now");
}

#[test]
fn another_repository_in_the_place_is_not_touched() {
    let Some(mut hub) = Hub::new() else { return };
    let place = hub.make().expect("it is made");
    hub.make().expect("it is there");
    let before = files(&place);
    let rpm = hub.tag.rpms[0].clone();
    hub.tag.rpms[0].payload_hash = "0".repeat(32);
    hub.make().expect("nothing is fetched for what is there");
    hub.tag.rpms[0] = rpm;
    let label = place.join("module.json");
    let text = fs::read_to_string(&label).expect("it is there");
    fs::write(&label, text.replace("\"module-tool\"", "\"module-other\"")).expect("written");
    let error = hub.make().expect_err("it is another one").to_string();
    assert!(error.contains("it is tool:1:1:c0ffee00 from module-other"), "{error}");
    assert!(error.contains("move it away"), "{error}");
    fs::write(&label, "{}").expect("it can be written");
    let error = hub.make().expect_err("it is another one").to_string();
    assert!(error.contains("its module.json cannot be read"), "{error}");
    assert_eq!(files(&place), before);
}

#[test]
fn the_profile_says_where_the_files_are() {
    let profile = |topurl: &str| {
        let file = |text: String| ProfileFile { path: "koji.conf".to_owned(), text };
        Profile::read(&[file(format!("[koji]\n{topurl}"))], "koji", "/nowhere")
            .expect("it is valid")
    };
    let site = |more: &str| {
        let least = "platforms:\n  el8: {tag: a, arches: [x86_64], publish_to: b}\n";
        Site::read(format!("{least}{more}").as_bytes(), 0).expect("it is valid")
    };
    let with = site("final_repo: {directory: /srv/koji/modules}\nsigning: {keys: [ABCD1234]}\n");
    let of =
        |topurl: &str| FinalRepos::of(&with, &profile(topurl)).map_err(|error| error.to_string());
    assert_eq!(FinalRepos::of(&site(""), &profile("")).expect("none is needed"), None);
    let repos = of("topurl = https://koji.example.org/files\n").expect("it fits").expect("some");
    assert_eq!(
        (repos.directory.to_str(), repos.timeout_ms),
        (Some("/srv/koji/modules"), 14_400_000)
    );
    assert_eq!(
        (&*repos.topurl, &*repos.keys),
        ("https://koji.example.org/files", &["abcd1234".to_owned()][..])
    );
    let refused = |topurl: &str| of(topurl).expect_err(topurl);
    assert!(refused("").contains("the profile koji has no `topurl`"));
    assert!(refused("topurl = ftp://koji/files\n").contains("write http://HOST/PATH"));
    assert!(refused("topurl = koji/files\n").contains("`topurl` koji/files"));
    assert!(refused("topurl = /srv/koji\n").contains("among the hub's own files"));
    assert!(refused("topurl = file:///srv/koji/\n").contains("among the hub's own files"));
    let secret = refused("topurl = https://kim:hunter2@koji/files\n");
    assert!(!secret.contains("hunter2"), "{secret}");
}
