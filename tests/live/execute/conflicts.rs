//! What a module filters cannot be installed where a later module of the same run is built: the macros
//! package that was made for it conflicts, to rpm and to dnf.

use std::fs;
use std::path::{Path, PathBuf};

use modplan::koji::calls::ListTaggedRpms;
use modplan::live::execute::Decided;
use modplan::load::{parse_text, stream_yaml};
use modplan::name::PackageName;

use super::whole::{decided, work_case};
use super::*;
use crate::live::dry_run::Case as DryCase;
use crate::support::rpms::{Dnf, files, has, is_root, output, query, rpmbuild, run};

/// Has a module that another one of the run requires filter the RPM of one of its components. Returns
/// where the other one is in the run, the id of the first, and the RPM.
fn filter_one(decided: &mut Decided) -> (usize, String, PackageName) {
    let found =
        decided.builds.iter().enumerate().find_map(|(at, build)| {
            build.kept_out.planned.first().map(|first| (at, first.clone()))
        });
    let (at, id) = found.expect("some module requires another of the run");
    let first = decided.builds.iter_mut().find(|build| build.id == id).expect("it is planned");
    let package = first.parts.values().next().expect("it has components").package.clone();
    let mut stream = parse_text(&id, &first.document).streams.remove(0);
    stream.about.filter.insert(package.clone());
    first.document = stream_yaml(&stream);
    (at, id, package)
}

/// Has a package built that holds nothing; returns its RPM.
fn plain_rpm(directory: &Path, (name, version, release): (&str, &str, &str)) -> PathBuf {
    let spec = format!(
        "Name: {name}\nVersion: {version}\nRelease: {release}\nSummary: s\nLicense: MIT\n\
         BuildArch: noarch\n%description\nd\n%files\n"
    );
    rpmbuild(directory, None, &["-bb"], &spec).remove(0)
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

#[test]
fn what_a_module_filters_cannot_be_installed_where_the_next_one_is_built() {
    if !has(&["rpmbuild", "createrepo_c", "dnf"]) || !is_root() {
        return;
    }
    let dry = DryCase::new(&["--speed", "20000"]);
    let directory = tempfile::tempdir().expect("a directory");
    let directory = directory.path();
    let (plan, mut decided) = decided(&dry);
    let (at, id, package) = filter_one(&mut decided);
    let before = format!("macros-{at}");
    let case = work_case(&plan, &decided, directory, dry.mock);
    let spec = || {
        let spec = directory.join(&before).join("module-build-macros.spec");
        fs::read_to_string(spec).expect("it was made")
    };
    let wanted = format!("\nConflicts: {package} = ");
    assert!(!spec().contains(&wanted), "the module is not built yet");
    assert!(case.drive(None).expect("it lives").is_over);
    assert!(spec().contains(&wanted), "{}", spec());

    // The builder's work: the source RPM of the run becomes the package in the buildroot.
    let made = files(&directory.join(&before));
    let is_source = |path: &&PathBuf| path.to_string_lossy().ends_with(".src.rpm");
    let source = made.iter().find(is_source).expect("it was made");
    let topdir = format!("_topdir {}", text(&directory.join("built")));
    run("rpmbuild", ["--rebuild", "--define", &topdir, &text(source)]);
    let built = files(&directory.join("built"));
    let macros =
        built.iter().find(|path| text(path).ends_with(".noarch.rpm")).expect("it is built");

    let tag = case.work.modules[&id].tags.tag.as_str();
    let call = ListTaggedRpms { tag: tag.into(), ..ListTaggedRpms::default() };
    let (rows, _) = block_on(async { case.hub().await.call(&call).await.expect("it answers") });
    let row = rows.iter().find(|rpm| rpm.name == package.as_str()).expect("it is built");
    let (version, release) = (row.version.as_str(), row.release.as_str());
    let filtered = plain_rpm(&directory.join("one"), (package.as_str(), version, release));
    let older = plain_rpm(&directory.join("two"), (package.as_str(), "0", "1.el8"));
    refused_by_rpm(directory, macros, &filtered, &older);
    refused_by_dnf(directory, &[macros, &filtered, &older], package.as_str());
}

/// rpm refuses the filtered RPM beside the installed macros package, and takes the one of the base.
fn refused_by_rpm(directory: &Path, macros: &Path, filtered: &Path, older: &Path) {
    let root = text(&directory.join("rpm-root"));
    let install = |package: &Path| output("rpm", ["--root", &root, "--install", &text(package)]);
    assert!(install(macros).status.success());
    let refused = install(filtered);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success(), "it was installed");
    assert!(said.contains("conflicts with (installed) module-build-macros"), "{said}");
    let taken = install(older);
    assert!(taken.status.success(), "{}", String::from_utf8_lossy(&taken.stderr));
}

/// dnf, to which the filtered RPM is the newest, installs that of the base beside the macros package.
fn refused_by_dnf(directory: &Path, packages: &[&Path], name: &str) {
    let repo = directory.join("repo");
    fs::create_dir_all(&repo).expect("it can be made");
    for package in packages {
        let file = package.file_name().expect("it has a name");
        fs::copy(package, repo.join(file)).expect("it can be copied");
    }
    run("createrepo_c", ["--quiet", &text(&repo)]);
    let newest = query(packages[1], "%{NEVRA}");
    let dnf = Dnf::new(&directory.join("dnf"), &[repo]);
    assert_eq!(
        dnf.run(&[
            "repoquery",
            "--latest-limit=1",
            "--qf=%{name}-%{version}-%{release}.%{arch}",
            name
        ]),
        [&*newest]
    );
    // As in koji's buildroots: the repo has RPMs of modules and no modulemd.
    let hotfixes = "--setopt=repo0.module_hotfixes=1";
    let refused = dnf.output(&[hotfixes, "install", "module-build-macros", &newest]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("conflicts"), "{said}");
    dnf.run(&[hotfixes, "install", "module-build-macros", name]);
    let root = text(&directory.join("dnf/root"));
    let installed = run("rpm", ["--root", &root, "-q", "--qf", "%{VERSION}-%{RELEASE}", name]);
    assert_eq!(installed, "0-1.el8");
}
