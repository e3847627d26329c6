//! The final repositories of a run, with rpmbuild as the builders' work: what Debian's dnf, rpm and
//! libmodulemd make of them.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::read::GzDecoder;
use modplan::live::final_repo::FinalRepos;
use modplan::module_build::macros::MacrosPackage;

use super::forge::{Forge, SIGNED, SIGNED_BYTE, serve_files};
use super::*;
use crate::cli::formats::documented::Shapes;
use crate::support::left_out;
use crate::support::rpms::{Dnf, files, has, is_root, query};

const TOOLS: [&str; 3] = ["rpmbuild", "createrepo_c", "modifyrepo_c"];
const ARCHES: [&str; 2] = ["aarch64", "x86_64"];
const KEY: &str = "abcd1234";

/// A run of one stream at a hub whose builds are real.
struct Made {
    case: Case,
    forge: Forge,
    /// Where final repositories are made.
    directory: PathBuf,
}

impl Made {
    /// Prepares it; the hub's files are served over HTTP, or read from their directory.
    fn new(stream: &str, mock: Mock, directory: &Path, is_served: bool) -> Self {
        let mut case = Case::of_stream(stream, 0, mock);
        let module = &case.work.modules[&rebuild::id(stream)];
        let dist = module.names.dist_tag.as_deref().expect("it has one");
        let conflicts = BTreeSet::new();
        let committed = jiff::Timestamp::UNIX_EPOCH;
        let author = Some("%tool_macro 1");
        let nsvc = &module.nsvc;
        let package = MacrosPackage { nsvc, dist, author, conflicts: &conflicts, committed };
        let macros = package.macro_file().expect("plain names");
        let below = directory.join(stream);
        let forge = Forge::start(&case.mock.server, &below, (&macros, dist));
        let top = &forge.top;
        let topurl = if is_served { serve_files(top) } else { format!("file://{}", top.display()) };
        let directory = directory.join("final");
        case.work.final_repos =
            Some(FinalRepos { directory: directory.clone(), topurl, ..FinalRepos::default() });
        Self { case, forge, directory }
    }

    fn repos(&mut self) -> &mut FinalRepos {
        self.case.work.final_repos.as_mut().expect("they are made")
    }

    /// Drives the run from its beginning; returns the state of the module.
    fn drive(&self) -> ModuleState {
        let driven = self.case.drive_over(&self.forge.server);
        assert!(driven.is_over);
        driven.modules[0].state
    }

    /// Drives the run until something is denied. The orchestrator would try again some minutes later.
    fn drive_until_denied(&self) -> Result<Driven, Died> {
        let run = Run {
            heading: self.case.heading.clone(),
            entries: Vec::new(),
            started_ms: self.case.started_ms,
            work: self.case.work.clone(),
            nvrs: BTreeMap::new(),
        };
        let stop = AtomicBool::new(false);
        self.case.process(run, &self.forge.server, &mut UntilDenied, &stop)
    }

    fn place(&self) -> PathBuf {
        let module = self.case.work.modules.values().next().expect("one module");
        self.directory.join(&module.names.content_nvr)
    }
}

/// Keeps rows until one says that something was denied.
struct UntilDenied;

impl Rows for UntilDenied {
    type Error = Died;

    async fn keep(&mut self, rows: &[String]) -> Result<(), Died> {
        if rows.iter().any(|row| row.contains("denied")) { Err(Died) } else { Ok(()) }
    }
}

/// Returns the names of the RPMs of a repository.
fn names(repo: &Path) -> BTreeSet<String> {
    let packages = files(&repo.join("Packages")).into_iter();
    packages.map(|path| path.file_name().expect("a name").to_string_lossy().into_owned()).collect()
}

/// Returns the modulemd of a repository, as it was put into it.
fn modulemd(repo: &Path) -> String {
    let all = files(&repo.join("repodata"));
    let is_it = |path: &&PathBuf| path.to_string_lossy().ends_with("-modules.yaml.gz");
    let file = fs::File::open(all.iter().find(is_it).expect("it has modulemd")).expect("it opens");
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text).expect("it is text");
    text
}

/// Returns the artifacts of a repository's document, by the names of their files.
fn artifacts(repo: &Path) -> BTreeSet<String> {
    let mut snapshot = modplan::load::parse_text("modules.yaml", &modulemd(repo));
    assert_eq!((snapshot.findings.len(), snapshot.streams.len()), (0, 1));
    let artifacts = snapshot.streams.remove(0).artifacts;
    artifacts.iter().map(|nevra| nevra.replace("-0:", "-") + ".rpm").collect()
}

/// Every artifact of a stream on one arch, as its macros make it be named.
fn expected(dist: &str, arch: &str) -> BTreeSet<String> {
    let rpms = [
        ("lib", arch),
        ("lib", "src"),
        ("lib-doc", "noarch"),
        ("lib-tests", arch),
        ("tool", arch),
        ("tool", "src"),
        ("tool-doc", "noarch"),
    ];
    let version = |rpm: &str| rpm.split('-').next().expect("a name").to_owned();
    rpms.iter().map(|(name, arch)| format!("{name} {} {dist} {arch}", version(name))).collect()
}

/// Has libmodulemd read the modulemd of repositories strictly; returns whether it is there.
fn is_valid(repos: &[PathBuf], directory: &Path) -> bool {
    let bindings =
        "import gi; gi.require_version('Modulemd', '2.0'); from gi.repository import Modulemd";
    let has_bindings = Command::new("/usr/bin/python3").args(["-c", bindings]).output();
    if !has_bindings.is_ok_and(|output| output.status.success()) {
        left_out("no libmodulemd for Python (gir1.2-modulemd-2.0, python3-gi)");
        return false;
    }
    let paths = repos.iter().enumerate().map(|(at, repo)| {
        let path = directory.join(format!("{at}.yaml"));
        fs::write(&path, modulemd(repo)).expect("it can be written");
        path
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/validate_modulemd.py");
    let output =
        Command::new("/usr/bin/python3").arg(script).args(paths).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said.trim(), repos.len().to_string(), "{said}");
    true
}

#[test]
fn dnf_takes_exactly_one_stream_from_final_repositories() {
    if !has(&TOOLS) {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let directory = directory.path();
    let mut repos = Vec::new();
    let mut dists = Vec::new();
    for (stream, is_served) in [("1", false), ("2", true)] {
        let mock = Mock::start(&["--speed", "20000"]);
        let made = Made::new(stream, mock, directory, is_served);
        assert_eq!(made.drive(), ModuleState::Ready);
        let module = &made.case.work.modules[&rebuild::id(stream)];
        let dist = module.names.dist_tag.clone().expect("it has one");
        let label = module.nsvc.to_string();
        for arch in ARCHES {
            let repo = made.place().join(arch);
            assert_eq!(names(&repo), artifacts(&repo), "the repository is its document");
            let told = files(&repo.join("Packages")).into_iter().map(|path| {
                let query = query(&path, "%{NAME} %{RELEASE} %{MODULARITYLABEL}");
                let [name, release, shown] = query.split(' ').collect::<Vec<_>>()[..] else {
                    panic!("{query}")
                };
                assert!(release.ends_with(&format!(".{dist}")), "{query}");
                assert_eq!(shown, label);
                let arch = path.to_string_lossy().rsplit('.').nth(1).expect("an arch").to_owned();
                let package = name.split('-').next().expect("a name");
                format!("{name} {package} {dist} {arch}")
            });
            assert_eq!(told.collect::<BTreeSet<_>>(), expected(&dist, arch), "{stream} {arch}");
        }
        let text = fs::read_to_string(made.place().join("module.json")).expect("it is there");
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        Shapes::read().hold("final-repository", &json);
        assert_eq!((&json["module"], json["signed_by"].as_array()), (&label.into(), Some(&vec![])));
        let index = made.place().join("x86_64/repodata/repomd.xml");
        let index = fs::read_to_string(index).expect("it is there");
        assert!(index.contains("<content>unsigned</content>"), "{index}");
        repos.extend(ARCHES.map(|arch| made.place().join(arch)));
        dists.push(dist);
    }
    assert_eq!(fs::read_dir(directory.join("final")).expect("it is there").count(), 2);
    is_valid(&repos, directory);
    if has(&["dnf"]) && is_root() {
        let of_arch = repos.into_iter().filter(|repo| repo.ends_with("x86_64")).collect();
        one_stream(directory, of_arch, &dists);
    }
}

/// dnf sees both streams, and of an enabled one every binary RPM and no other.
fn one_stream(directory: &Path, repos: Vec<PathBuf>, dists: &[String]) {
    for (stream, dist) in ["1", "2"].iter().zip(dists) {
        let at = directory.join(format!("dnf-{stream}"));
        let dnf = Dnf::new(&at, &repos);
        let listed = dnf.run(&["module", "list"]).join("\n");
        let streams = listed.lines().filter(|line| line.starts_with("tool "));
        let streams: Vec<&str> =
            streams.filter_map(|line| line.split_whitespace().nth(1)).collect();
        assert_eq!(streams, ["1", "2"], "{listed}");
        let all = ["repoquery", "--qf=%{name}-%{version}-%{release}.%{arch}.rpm"];
        assert_eq!(dnf.run(&all), [""; 0], "no stream is enabled");
        dnf.run(&["module", "enable", &format!("tool:{stream}")]);
        let own: BTreeSet<String> = dnf.run(&all).into_iter().collect();
        let repo = repos.iter().find(|repo| own.is_subset(&names(repo))).expect("one has them all");
        let sources = |name: &&String| !name.ends_with(".src.rpm");
        assert!(own.iter().filter(sources).all(|name| name.contains(dist.as_str())), "{own:?}");
        let wanted: BTreeSet<String> = artifacts(repo).iter().filter(sources).cloned().collect();
        let downloads = at.join("downloads");
        let to = format!("--downloaddir={}", downloads.display());
        let mut install = vec!["install", "--downloadonly", &to];
        let specs: Vec<String> =
            own.iter().filter(sources).map(|name| name.replace(".rpm", "")).collect();
        install.extend(specs.iter().map(String::as_str));
        dnf.run(&install);
        let got = files(&downloads).into_iter();
        let got = got.map(|path| path.file_name().expect("a name").to_string_lossy().into_owned());
        assert_eq!(got.collect::<BTreeSet<_>>(), wanted, "exactly the artifacts of tool:{stream}");
        let filtered = dnf.output(&["install", "tool-tests"]);
        assert!(!filtered.status.success(), "a filtered RPM is in no repository");
    }
}

#[test]
fn signed_copies_are_waited_for_and_taken() {
    if !has(&TOOLS) {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let mock = Mock::start(&["--speed", "20000"]);
    let mut made = Made::new("1", mock, directory.path(), false);
    made.repos().keys = vec![format!("99f0b2ea{KEY}")];
    made.repos().timeout_ms = 600_000;
    made.forge.sign(KEY, 3);
    assert_eq!(made.drive(), ModuleState::Ready);
    let repo = made.place().join("x86_64");
    assert_eq!(names(&repo), artifacts(&repo));
    let index = fs::read_to_string(repo.join("repodata/repomd.xml")).expect("it is there");
    assert!(index.contains("<content>signed-abcd1234</content>"), "{index}");
    let is_signed = |path: &PathBuf| fs::read(path).expect("it is there")[SIGNED_BYTE] == SIGNED;
    assert!(files(&repo.join("Packages")).iter().all(is_signed), "signed copies are taken");
    let label = fs::read_to_string(made.place().join("module.json")).expect("it is there");
    assert!(label.contains(KEY), "{label}");
}

#[test]
fn a_module_that_nobody_signs_has_no_repository() {
    if !has(&TOOLS) {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let mock = Mock::start(&["--speed", "20000"]);
    let mut made = Made::new("1", mock, directory.path(), false);
    made.repos().keys = vec![KEY.to_owned()];
    made.repos().timeout_ms = 30;
    assert_eq!(made.drive_until_denied(), Err(Died), "the repository is refused");
    assert!(!made.place().exists());
}

#[test]
fn repositories_that_are_there_stay_as_they_are() {
    if !has(&TOOLS) {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let mock = Mock::start(&["--speed", "20000"]);
    let made = Made::new("1", mock, directory.path(), false);
    assert_eq!(made.drive(), ModuleState::Ready);
    let text = |path: &PathBuf| (path.clone(), fs::read(path).expect("it is there"));
    let before: Vec<_> = files(&made.directory).iter().map(text).collect();
    // The journal is lost: the run finds everything at the hub, and its repositories here.
    assert_eq!(made.drive(), ModuleState::Ready);
    let after: Vec<_> = files(&made.directory).iter().map(text).collect();
    assert!(before == after, "something was made anew");
}
