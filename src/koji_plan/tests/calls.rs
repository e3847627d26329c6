//! Every call in order, with placeholders, and the checksum over them.

use super::*;

fn methods(run: &WorkedOut, module: &str) -> Vec<String> {
    let of_module = run.calls.iter().filter(|call| call.module.as_deref() == Some(module));
    let told = |call: &PlannedCall| match &call.component {
        Some(component) => format!("{} {component}", call.method),
        None => call.method.to_owned(),
    };
    of_module.map(told).collect()
}

#[test]
fn every_call_of_a_module_comes_in_order() {
    let (run, rounds) = Case::new().run(hub);
    let failed: Vec<&Check> = run.checks.iter().filter(|check| !check.ok).collect();
    assert!(failed.is_empty(), "{failed:?}");
    assert!(rounds <= 4, "{rounds} rounds of questions");
    assert_eq!((run.modules, run.component_builds), (2, 3));
    let upload = ["upload"; 3];
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
    let of_devel = |call: &PlannedCall| {
        serde_json::to_string(&call.params).expect("JSON").contains("perl-devel-5.30")
    };
    let (devel, own): (Vec<_>, Vec<_>) = run.calls.iter().partition(|call| of_devel(call));
    assert_eq!(devel.len(), 5, "three files, the import and its tag");
    assert!(devel.iter().all(|call| call.only_if.is_some()));
    // The package of `-devel` is let into the tag for it alone; so it is of the other module.
    assert_eq!(own.iter().filter(|call| call.only_if.is_some()).count(), 1 + 6);
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
fn a_planned_module_s_tag_is_inherited_and_the_platform_comes_last() {
    let (run, _) = Case::new().run(hub);
    let is_it = |call: &&PlannedCall| {
        call.method == "setInheritanceData" && call.module.as_deref() == Some("perl-DBI:1:c2")
    };
    let call = run.calls.iter().find(is_it).expect("it is there");
    let rows = call.params[1].as_list().expect("rows");
    let parents: Vec<&Value> = rows.iter().filter_map(|row| row.get("parent_id")).collect();
    let perl = Value::from("{tag:module-perl-5.30-820260102030405-c1}");
    assert_eq!(parents, [&perl, &Value::Int(1)]);
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

#[test]
fn koji_is_asked_for_a_dist_repo_where_the_site_wants_one() {
    let repos =
        "final_repo: {kind: koji, directory: /srv/final}\nsigning: {keys: [99f0b2eaabcd1234]}\n";
    let case = Case { site: format!("{SITE}{repos}"), ..Case::new() };
    let denied = case.failures(hub);
    assert_eq!(denied, ["permission dist-repo: kim does not have it: an admin grants it"]);
    let (run, _) = case.run(hub);
    let of_perl = run.calls.iter().filter(|call| call.module.as_deref() == Some("perl:5.30:c1"));
    let methods: Vec<&str> = of_perl.clone().map(|call| call.method).collect();
    let at = methods.iter().position(|method| *method == "distRepo").expect("it is there");
    assert_eq!((methods[at - 1], methods[at + 1]), ("CGImport", "packageListAdd"));
    let call = of_perl.clone().nth(at).expect("it is there");
    assert_eq!(call.params[1], Value::List(vec!["abcd1234".into()]));
    let check = run.checks.iter().find(|check| check.check == "final repository").expect("one");
    assert!(check.detail.contains("of the dist-repo that koji makes"), "{}", check.detail);
}
