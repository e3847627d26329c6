//! Debian's rpm as the judge: the order of versions, and the macros package.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use modplan::module_build::conflicts::Conflict;
use modplan::module_build::macros::{
    INSTALLED_AS, MACRO_FILE, MacrosPackage, RPMBUILD_DEFINES, SPEC_FILE,
};
use modplan::module_build::rpm_order::compare;
use modplan::name::{Nsvc, Version};
use rand::{Rng as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

use crate::support::left_out;

const DIST: &str = "module+el8.2.0+7+9d3673aa";

/// Returns whether a program of rpm's is there; the calling test is left out without.
fn has(program: &str) -> bool {
    let has = Command::new(program).arg("--version").output().is_ok();
    if !has {
        left_out(&format!("no {program} (Debian's package rpm)"));
    }
    has
}

/// Runs a program that must succeed; returns its output.
fn run<A: AsRef<OsStr>>(program: &str, arguments: impl IntoIterator<Item = A>) -> String {
    let output = output(program, arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program}: {said}");
    String::from_utf8(output.stdout).expect("it is text")
}

fn output<A: AsRef<OsStr>>(program: &str, arguments: impl IntoIterator<Item = A>) -> Output {
    Command::new(program).args(arguments).env("LC_ALL", "C").output().expect("it starts")
}

/// Makes a version of pieces that meet every rule.
fn version(random: &mut Pcg64Mcg) -> String {
    const PIECES: [&str; 16] = [
        "0", "1", "01", "10", "2", "a", "b", "rc", "el8", "fc31", ".", "+", "~", "^", "module", "_",
    ];
    let count = 1 + random.next_u64() % 6;
    (0..count).map(|_| PIECES[usize::try_from(random.next_u64() % 16).expect("small")]).collect()
}

#[test]
fn versions_compare_as_rpm_compares_them() {
    if !has("rpm") {
        return;
    }
    let mut random = Pcg64Mcg::seed_from_u64(20_261_128);
    let pairs: Vec<_> = (0..2000).map(|_| (version(&mut random), version(&mut random))).collect();
    // Lua's long strings take every character literally.
    let ask =
        |(one, other): &(String, String)| format!("print(rpm.vercmp([[{one}]], [[{other}]]), ' ')");
    let script: String = pairs.iter().map(ask).collect::<Vec<_>>().join("\n");
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("compare.lua");
    fs::write(&path, script).expect("it can be written");
    let load = format!("%{{lua: dofile('{}')}}", path.display());
    let said = run("rpm", ["--eval", &load]);
    let answers: Vec<i32> =
        said.split_whitespace().map(|order| order.parse().expect("a number")).collect();
    assert_eq!(answers.len(), pairs.len(), "{said}");
    for ((one, other), order) in pairs.iter().zip(answers) {
        assert_eq!(compare(one, other), order.cmp(&0), "{one} {other}");
        assert_eq!(compare(other, one), 0.cmp(&order), "{other} {one}");
    }
    assert!(
        pairs.iter().any(|(one, other)| compare(one, other) == Ordering::Equal && one != other)
    );
}

fn nsvc() -> Nsvc {
    let (name, context) = ("perl".into(), "9d367344".into());
    Nsvc { name, stream: "5.30".into(), version: Version(8_020_020_200_101), context }
}

/// Writes the two files of the package and lets rpmbuild make a source RPM; returns its path.
fn source_rpm(directory: &Path, conflicts: &BTreeSet<Conflict>) -> PathBuf {
    let nsvc = nsvc();
    let package = MacrosPackage {
        nsvc: &nsvc,
        dist: DIST,
        author: Some("%perl_bootstrap 1\n%with_docs %{?rhel:0}%{!?rhel:1}\n"),
        conflicts,
        committed: "2020-01-01T12:00:00Z".parse().expect("a time"),
    };
    fs::create_dir_all(directory).expect("it can be made");
    fs::write(directory.join(SPEC_FILE), package.spec().expect("plain names")).expect("written");
    let macro_file = package.macro_file().expect("plain names");
    fs::write(directory.join(MACRO_FILE), macro_file).expect("written");
    rpmbuild(directory, "-bs", SPEC_FILE);
    directory.join(package.source_rpm())
}

/// Runs rpmbuild with everything in one directory.
fn rpmbuild(directory: &Path, what: &str, spec: &str) {
    let mut arguments = vec![what.to_owned()];
    let places = ["_topdir", "_sourcedir", "_srcrpmdir", "_rpmdir", "_builddir"];
    let places = places.map(|place| format!("{place} {}", directory.display()));
    let defines = RPMBUILD_DEFINES.iter().map(|define| (*define).to_owned());
    for define in places.into_iter().chain(defines) {
        arguments.extend(["--define".to_owned(), define]);
    }
    arguments.push(directory.join(spec).display().to_string());
    run("rpmbuild", arguments);
}

fn conflict(name: &str) -> Conflict {
    let (epoch, version, release) = (0, "5.0".to_owned(), "1.fc31".to_owned());
    Conflict { name: name.to_owned(), epoch, version, release }
}

#[test]
fn rpmbuild_makes_the_same_source_rpm_of_the_macros_twice() {
    if !has("rpmbuild") {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let conflicts = [conflict("bash"), conflict("zsh")].into();
    let [one, two] =
        ["one", "two"].map(|name| source_rpm(&directory.path().join(name), &conflicts));
    assert_eq!(one.file_name(), two.file_name());
    let query = "%{NAME} %{VERSION} %{RELEASE} %{MODULARITYLABEL} %{LICENSE} %{SOURCE}";
    let told = run("rpm", ["-qp", "--qf", query, &one.display().to_string()]);
    let label = "perl:5.30:8020020200101:9d367344";
    assert_eq!(told, format!("module-build-macros 0.1 1.{DIST} {label} MIT macros.modules"));
    let [one, two] = [one, two].map(|path| fs::read(path).expect("it was made"));
    assert!(one == two, "the two source RPMs differ");
}

/// Has a package built that holds nothing; returns its RPM.
fn plain_rpm(directory: &Path, name: &str, release: &str) -> PathBuf {
    let spec = format!(
        "Name: {name}\nVersion: 5.0\nRelease: {release}\nSummary: s\nLicense: MIT\n\
         BuildArch: noarch\n%description\nd\n%files\n"
    );
    let file = format!("{name}-{release}.spec");
    fs::write(directory.join(&file), spec).expect("written");
    let mut arguments = vec!["-bb".to_owned()];
    for place in ["_topdir", "_rpmdir", "_builddir"] {
        arguments.extend(["--define".to_owned(), format!("{place} {}", directory.display())]);
    }
    arguments.push(directory.join(file).display().to_string());
    run("rpmbuild", arguments);
    directory.join("noarch").join(format!("{name}-5.0-{release}.noarch.rpm"))
}

#[test]
fn rpm_refuses_what_the_macros_conflict_with_and_takes_the_module_s_own() {
    if !has("rpmbuild") {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let directory = directory.path();
    let source = source_rpm(directory, &[conflict("bash")].into());
    rpmbuild(directory, "-bb", SPEC_FILE);
    assert!(source.exists());
    let macros =
        directory.join("noarch").join(format!("module-build-macros-0.1-1.{DIST}.noarch.rpm"));
    let listed =
        run("rpm", ["-qp", "--qf", "[%{FILENAMES} %{FILEMODES:octal}\\n]", &text(&macros)]);
    assert_eq!(listed, format!("{INSTALLED_AS} 100644\n"));
    let label = run("rpm", ["-qp", "--qf", "%{MODULARITYLABEL}", &text(&macros)]);
    assert_eq!(label, "perl:5.30:8020020200101:9d367344");
    let base = plain_rpm(directory, "bash", "1.fc31");
    let own = plain_rpm(directory, "bash", "1.module+el8.2.0+7+9d3673aa");
    let install = |other: &Path| {
        let root = directory.join("root");
        let packages = [text(&macros), text(other)];
        let mut arguments = vec!["--root".to_owned(), text(&root)];
        arguments.extend(["-i", "--test", "--justdb"].map(str::to_owned));
        output("rpm", arguments.into_iter().chain(packages))
    };
    let refused = install(&base);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success(), "{said}");
    assert!(said.contains("bash = 0:5.0-1.fc31 conflicts with module-build-macros"), "{said}");
    let taken = install(&own);
    let said = String::from_utf8_lossy(&taken.stderr).into_owned();
    assert!(taken.status.success(), "{said}");
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
