//! Real RPMs: rpmbuild as the builders' work, and Debian's rpm and dnf as judges.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::left_out;

/// Returns whether programs are there; the calling test is left out without.
pub(crate) fn has(programs: &[&str]) -> bool {
    let is_missing = |program: &&&str| Command::new(program).arg("--version").output().is_err();
    match programs.iter().find(is_missing) {
        None => true,
        Some(program) => {
            left_out(&format!("no {program} (Debian's rpm, dnf and createrepo-c)"));
            false
        }
    }
}

/// Runs a program.
pub(crate) fn output<A: AsRef<OsStr>>(
    program: &str,
    arguments: impl IntoIterator<Item = A>,
) -> Output {
    Command::new(program).args(arguments).env("LC_ALL", "C").output().expect("it starts")
}

/// Runs a program that must succeed; returns its output.
pub(crate) fn run<A: AsRef<OsStr>>(
    program: &str,
    arguments: impl IntoIterator<Item = A>,
) -> String {
    let output = output(program, arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program}: {said}");
    String::from_utf8(output.stdout).expect("it is text")
}

/// Has rpmbuild make the RPMs of a spec file below a directory, with the macros of `home`; returns
/// all of them.
pub(crate) fn rpmbuild(
    directory: &Path,
    home: Option<&Path>,
    arguments: &[&str],
    spec: &str,
) -> Vec<PathBuf> {
    let rpms = directory.join("rpms");
    fs::create_dir_all(&rpms).expect("it can be made");
    let file = directory.join("package.spec");
    fs::write(&file, spec).expect("it can be written");
    let mut command = Command::new("rpmbuild");
    command.args(arguments);
    for place in ["_topdir", "_builddir", "_sourcedir"] {
        command.args(["--define", &format!("{place} {}", directory.display())]);
    }
    for place in ["_rpmdir", "_srcrpmdir"] {
        command.args(["--define", &format!("{place} {}", rpms.display())]);
    }
    if let Some(home) = home {
        command.env("HOME", home);
    }
    let output = command.arg(&file).env("LC_ALL", "C").output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{spec}\n{said}");
    files(&rpms)
}

/// Returns every file below a directory, sorted.
pub(crate) fn files(directory: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(directory).expect("it is there") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all.sort();
    all
}

/// Returns what rpm says of a package file.
pub(crate) fn query(path: &Path, format: &str) -> String {
    run("rpm", ["-qp", "--qf", format].map(OsStr::new).into_iter().chain([path.as_os_str()]))
}

/// The directories that dnf is given by these options.
const DIRECTORIES: [&str; 5] = ["cachedir", "logdir", "persistdir", "reposdir", "varsdir"];

/// Debian's dnf with one root and some repositories, and nothing of the system's.
pub(crate) struct Dnf {
    directory: PathBuf,
    repos: Vec<PathBuf>,
}

impl Dnf {
    pub(crate) fn new(directory: &Path, repos: &[PathBuf]) -> Self {
        for name in DIRECTORIES {
            fs::create_dir_all(directory.join(name)).expect("it can be made");
        }
        fs::write(directory.join("dnf.conf"), "[main]\nplugins=0\n").expect("it can be written");
        Self { directory: directory.to_owned(), repos: repos.to_vec() }
    }

    /// Runs it. It works in a root of its own, which needs the user root.
    pub(crate) fn output(&self, arguments: &[&str]) -> Output {
        let path = |name: &str| self.directory.join(name).display().to_string();
        let mut all: Vec<String> = [
            "--quiet",
            "--assumeyes",
            "--nogpgcheck",
            "--releasever=8",
            "--forcearch=x86_64",
            "--disablerepo=*",
            "--setopt=module_platform_id=platform:el8",
            "--setopt=install_weak_deps=0",
            "--setopt=metadata_expire=0",
        ]
        .map(str::to_owned)
        .into();
        all.push(format!("--config={}", path("dnf.conf")));
        all.push(format!("--installroot={}", path("root")));
        for key in DIRECTORIES {
            all.push(format!("--setopt={key}={}", path(key)));
        }
        for (at, repo) in self.repos.iter().enumerate() {
            all.push(format!("--repofrompath=repo{at},file://{}", repo.display()));
        }
        all.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        output("dnf", all)
    }

    /// Runs it; it must succeed. Returns its lines.
    pub(crate) fn run(&self, arguments: &[&str]) -> Vec<String> {
        let output = self.output(arguments);
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "dnf {arguments:?}: {told}\n{said}");
        told.lines().map(str::to_owned).collect()
    }
}

/// Returns whether this user may change roots; the calling test is left out otherwise.
pub(crate) fn is_root() -> bool {
    let is_root = run("id", ["-u"]).trim() == "0";
    if !is_root {
        left_out("dnf and rpm need the user root to install into a directory");
    }
    is_root
}
