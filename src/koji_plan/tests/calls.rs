//! The calls of a run, in their order, and the checksum over them.

use super::*;

#[test]
fn every_call_of_a_module_comes_in_order() {
    let (run, rounds) = Case::new().run(hub);
    let failed: Vec<&Check> = run.checks.iter().filter(|check| !check.ok).collect();
    assert!(failed.is_empty(), "{failed:?}");
    assert!(rounds <= 4, "{rounds} rounds of questions");
    assert_eq!((run.modules, run.component_builds), (2, 3));
    let upload = ["upload"; 4];
    let prepare = ["createTag"; 3]
        .into_iter()
        .chain(["setInheritanceData"])
        .chain(["packageListAdd"; 5])
        .chain(["groupListAdd"; 2])
        .chain(["createBuildTarget"]);
    let macros = [
        "upload",
        "build",
        "tagBuild",
        "groupPackageListAdd",
        "groupPackageListAdd",
        "repo.request",
    ];
    let batches = [
        "build perl",
        "tagBuild perl",
        "tagBuild perl",
        "repo.request",
        "build perl-libs",
        "tagBuild perl-libs",
        "tagBuild perl-libs",
    ];
    let import = upload.into_iter().chain(["CGImport"]);
    let publish = ["packageListAdd", "tagBuild"];
    let ending = import.clone().chain(import).chain(publish).chain(publish).chain(["deleteTag"]);
    let wanted: Vec<&str> = prepare.chain(macros).chain(batches).chain(ending).collect();
    assert_eq!(methods(&run, "perl:5.30:c1"), wanted);
    let phases: Vec<Phase> = run.calls.iter().map(|call| call.phase).collect();
    assert_eq!((phases[0], phases[phases.len() - 1]), (Phase::Prepare, Phase::Publish));
}

#[test]
fn what_only_the_run_can_know_is_a_named_placeholder() {
    let (run, _) = Case::new().run(hub);
    let text = serde_json::to_string(&run.calls).expect("JSON");
    let tag = "module-perl-5.30-820260102030405-c1";
    for placeholder in [
        "{run}".to_owned(),
        "{holder}".to_owned(),
        format!("{{repo:{tag}-build:1}}"),
        format!("{{repo:{tag}-build:2}}"),
        "{nvr:perl-libs}".to_owned(),
        format!("{{tag:{tag}}}"),
        "{metadata:perl-5.30-820260102030405.c1}".to_owned(),
        "{metadata:perl-devel-5.30-820260102030405.c1}".to_owned(),
    ] {
        assert!(text.contains(&placeholder), "{placeholder} is not in {text}");
    }
    // What is known is there: numbers of tags, dist tags, sources.
    assert!(text.contains("\"parent_id\":1"), "{text}");
    assert!(text.contains("module-build-macros-0.1-1.module+el8+1+"), "{text}");
    assert!(
        text.contains(&format!("git+https://src.example.org/rpms/perl-libs#{COMMIT}")),
        "{text}"
    );
    let lock = &run.calls[0];
    assert_eq!(
        (lock.method, lock.params[0].as_str()),
        ("createTag", Some("module-lock-perl-5.30"))
    );
}

#[test]
fn the_checksum_is_of_everything_that_a_run_would_do() {
    let (run, _) = Case::new().run(hub);
    let sum = checksum(&run, "https://hub/kojihub", SITE.as_bytes());
    assert!(sum.starts_with("sha256:") && sum.len() == 71, "{sum}");
    assert_eq!(sum, checksum(&Case::new().run(hub).0, "https://hub/kojihub", SITE.as_bytes()));
    let mut other_call = run.clone();
    other_call.calls.swap(0, 1);
    let mut other_user = run.clone();
    other_user.user = Some("lee".to_owned());
    let mut other_source = run.clone();
    other_source.sources[0].url.push('0');
    let others = [
        checksum(&run, "https://other/kojihub", SITE.as_bytes()),
        checksum(&run, "https://hub/kojihub", b"other"),
        checksum(&other_call, "https://hub/kojihub", SITE.as_bytes()),
        checksum(&other_user, "https://hub/kojihub", SITE.as_bytes()),
        checksum(&other_source, "https://hub/kojihub", SITE.as_bytes()),
    ];
    assert!(others.iter().all(|other| *other != sum), "{others:?}");
}
