//! Runs that are worked out against a hub made of one function.

use serde_json::{Value as Json, json};

use super::*;
use crate::graph::{GraphOptions, ModuleGraph};
use crate::koji::{Fault, Value};
use crate::load::{Snapshot, stream_yaml};
use crate::mini;
use crate::module_build::hub_call::HubCall;
use crate::plan::{self, Given, Selection};
use crate::trace::History;

const COMMIT: &str = "0123456789012345678901234567890123456789";

const MODULES: &str = "perl:5.30:7:c1 -> platform:el8 bison:3 { perl perl-libs#1 }\n\
    perl-DBI:1:7:c2 -> platform:el8 perl:5.30 { perl-DBI!COMMIT }\n";

const SITE: &str = "platforms:\n  el8: {tag: el8-build, arches: [x86_64, aarch64], publish_to: el8-candidate}\n\
    scm: {allow: [\"https://src.example.org/\"], component: \"git+https://src.example.org/rpms/{package}#{commit}\"}\n";

/// A case: modules, a site, sources, and what is given.
pub(super) struct Case {
    earlier: Earlier,
    modules: String,
    site: String,
    sources: String,
    given: Vec<Selector>,
}

impl Case {
    pub(super) fn new() -> Self {
        Self {
            modules: MODULES.replace("COMMIT", COMMIT),
            site: SITE.to_owned(),
            sources: format!(
                "package,stream,name,url\n,,,git+https://src.example.org/rpms/{{package}}#{COMMIT}\n"
            ),
            given: vec!["bison:3".parse().expect("an id")],
            earlier: Earlier::default(),
        }
    }

    /// Works the case out against a hub, and says how many rounds of questions it took.
    pub(super) fn run(&self, hub: impl Fn(&HubCall) -> Result<Json, Fault>) -> (WorkedOut, usize) {
        let plan = planned(&mini::snapshot(&self.modules));
        let site = Site::read(self.site.as_bytes(), 0).expect("a site");
        let (sources, findings) = SourceUrls::read(self.sources.as_bytes(), 0);
        assert_eq!(findings, []);
        let request = Request {
            plan: &plan,
            site: &site,
            sources: Some(&sources),
            given: &self.given,
            submitted: "2026-01-02T03:04:05Z".parse().expect("a time"),
            earlier: &self.earlier,
        };
        let mut known = Knowledge::default();
        for round in 0..20 {
            let run = work_out(request, &mut known);
            let open = known.open();
            if open.is_empty() {
                return (run, round);
            }
            known.learn(open.iter().map(|call| hub(call).map(Value::from)).collect());
        }
        panic!("questions without an end: {:?}", known.open());
    }

    fn failures(&self, hub: impl Fn(&HubCall) -> Result<Json, Fault>) -> Vec<String> {
        let (run, _) = self.run(hub);
        let told = |check: &Check| format!("{}: {}", check.check, check.detail);
        run.checks.iter().filter(|check| !check.ok).map(told).collect()
    }
}

fn planned(snapshot: &Snapshot) -> Plan {
    let mut snapshot = snapshot.clone();
    for stream in &mut snapshot.streams {
        stream.about.format = 2;
        stream.about.summary = Some("s".into());
        stream.about.description = Some("d".into());
        stream.about.module_licenses = ["MIT".into()].into();
    }
    let graph = ModuleGraph::new(&snapshot, &GraphOptions::default());
    let asked = Selection { all: true, ..Selection::default() };
    let history = History::default();
    let mut plan =
        plan::plan(Given::new(&snapshot, &graph, &history), &asked).expect("it is planned").plan;
    for row in &mut plan.modules {
        let of_row = |stream: &&crate::load::Stream| stream.name.as_str() == row.name;
        let stream = snapshot.streams.iter().find(of_row).expect("it is there");
        row.modulemd = Some(stream_yaml(stream));
        row.platform = Some("el8".to_owned());
    }
    plan
}

fn named<'c>(call: &'c HubCall, name: &str) -> Option<&'c str> {
    call.arguments.named.get(name).and_then(Value::as_str)
}

pub(super) fn first(call: &HubCall) -> &str {
    call.arguments.positional.first().and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn tag(id: i64, name: &str, extra: &Json) -> Json {
    json!({"id": id, "name": name, "arches": "x86_64 aarch64", "locked": false, "maven_support": false,
           "maven_include_all": false, "perm": null, "extra": extra})
}

/// A hub with what a run needs, and nothing else.
pub(super) fn hub(call: &HubCall) -> Result<Json, Fault> {
    let none = || Err(Fault::generic("No such thing"));
    match call.method {
        "_listapi" => Ok(json!([{"name": "repo.request"}])),
        "getLoggedInUser" => Ok(json!({"id": 3, "name": "kim", "status": 0, "usertype": 0})),
        "getUserPerms" => Ok(json!(["tag", "target"])),
        "listCGs" => Ok(json!({"module-build-service": {"id": 1, "users": ["kim"]}})),
        "listBTypes" => Ok(json!([{"id": 5, "name": "module"}])),
        "getTag" => match first(call) {
            "el8-build" => Ok(tag(1, "el8-build", &json!({}))),
            "el8-candidate" => Ok(tag(2, "el8-candidate", &json!({}))),
            _ => Ok(Json::Null),
        },
        "getBuild" | "getBuildTarget" => Ok(Json::Null),
        "listTagged" if first(call) == "el8-candidate" => Ok(json!([])),
        "listTaggedRPMS" => Ok(json!([[], []])),
        _ => none(),
    }
}

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
fn what_is_neither_planned_nor_shipped_nor_given_is_named() {
    let case = Case { given: Vec::new(), ..Case::new() };
    let missing = "requirements: perl:5.30:c1 needs bison:3, which is neither planned nor in \
                   el8-candidate; if el8-build has what it brings, say --given bison:3";
    assert_eq!(case.failures(hub), [missing]);
}

/// A shipped module in the answer of `listTagged`.
fn shipped(name: &str, stream: &str, version: &str, document: &str) -> Json {
    let module = json!({"name": name, "stream": stream, "version": version, "context": "c9",
                        "content_koji_tag": format!("module-{name}-{version}"), "modulemd_str": document});
    let mut row = tagged(name, "1", "1");
    row["extra"] = json!({"typeinfo": {"module": module}});
    row
}

fn tagged(package: &str, version: &str, release: &str) -> Json {
    json!({"build_id": 9, "id": 9, "name": package, "version": version, "release": release, "epoch": null,
           "nvr": format!("{package}-{version}-{release}"), "state": 1, "package_id": 1,
           "package_name": package, "owner_id": 1, "owner_name": "kim", "task_id": null, "tag_id": 2,
           "tag_name": "el8-candidate", "create_event": 1, "creation_event_id": 1, "creation_time": "",
           "start_time": null, "completion_time": null, "volume_id": 0, "volume_name": "DEFAULT",
           "draft": false, "promoter_id": null, "promoter_name": null, "promotion_time": null})
}

/// Returns a document that can be published.
fn bison(text: &str) -> crate::load::Stream {
    let mut bison = mini::snapshot(text).streams.remove(0);
    bison.about.format = 2;
    bison.about.summary = Some("s".into());
    bison.about.description = Some("d".into());
    bison.about.module_licenses = ["MIT".into()].into();
    bison
}

fn rpm(name: &str, version: &str, arch: &str) -> Json {
    json!({"id": 1, "name": name, "version": version, "release": "1", "epoch": null, "arch": arch,
           "build_id": 9, "buildroot_id": null, "buildtime": null, "size": null, "payloadhash": "00",
           "metadata_only": null, "draft": null, "extra": null})
}

#[test]
fn what_required_modules_filter_and_replace_is_kept_out() {
    let mut bison = bison("bison:3:5:c9 -> platform:el8\n");
    bison.about.filter = ["bison-runtime".into()].into();
    let document = stream_yaml(&bison);
    let with_bison = |call: &HubCall| match (call.method, first(call)) {
        ("listTagged", _) if named(call, "package") == Some("bison") => {
            Ok(json!([shipped("bison", "3", "5", &document)]))
        }
        ("getTag", "module-bison-5") => Ok(tag(77, "module-bison-5", &json!({}))),
        ("listTaggedRPMS", "module-bison-5") => {
            let names = ["bison", "bison-runtime"].map(|name| rpm(name, "3", "x86_64"));
            Ok(json!([[names[0], names[1], rpm("bison-runtime", "3", "aarch64")], []]))
        }
        ("listTaggedRPMS", "el8-build") => {
            Ok(json!([[rpm("bison", "2", "x86_64"), rpm("gcc", "8", "x86_64")], []]))
        }
        _ => hub(call),
    };
    let case = Case { given: Vec::new(), ..Case::new() };
    let (run, _) = case.run(with_bison);
    let check = run.checks.iter().find(|check| check.check == "conflicts").expect("it is there");
    let wanted =
        "2 RPMs kept out of buildroots; for 1 build more may follow from modules of this run";
    assert_eq!((check.ok, check.detail.as_str()), (true, wanted));
    let told = |id: &str| {
        let build = run.builds.iter().find(|build| build.id == id).expect("it is planned");
        let conflicts = build.kept_out.with(&[], &[]);
        let conflicts: Vec<String> = conflicts.iter().map(ToString::to_string).collect();
        (conflicts, build.kept_out.planned.iter().cloned().collect::<Vec<_>>())
    };
    let perl = ["bison = 0:2-1", "bison-runtime = 0:3-1"].map(str::to_owned).to_vec();
    assert_eq!(told("perl:5.30:c1"), (perl, Vec::new()));
    assert_eq!(told("perl-DBI:1:c2"), (Vec::new(), vec!["perl:5.30:c1".to_owned()]));
    let failures = case.failures(|call| match (call.method, first(call)) {
        ("listTaggedRPMS", "el8-build") => Err(Fault::generic("database is busy")),
        _ => with_bison(call),
    });
    assert_eq!(failures, ["conflicts: cannot list the RPMs of el8-build: database is busy"]);
}

#[test]
fn a_shipped_module_answers_with_its_tag_and_brings_what_it_requires() {
    let document = stream_yaml(&bison("bison:3:5:c9 -> platform:el8 => m4:1\n"));
    let with_bison = |call: &HubCall| match (call.method, named(call, "package")) {
        ("listTagged", Some("bison")) if named(call, "type") == Some("module") => {
            Ok(json!([shipped("bison", "3", "5", &document), shipped("bison", "4", "6", "")]))
        }
        ("getTag", _) if first(call) == "module-bison-5" => {
            Ok(tag(77, "module-bison-5", &json!({})))
        }
        _ => hub(call),
    };
    let case = Case { given: Vec::new(), ..Case::new() };
    let failures = case.failures(with_bison);
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert!(failures[0].contains("perl:5.30:c1 needs m4:1 through bison"), "{}", failures[0]);
    let case = Case { given: vec!["m4".parse().expect("an id")], ..case };
    let (run, _) = case.run(with_bison);
    assert!(run.checks.iter().all(|check| check.ok), "{:?}", run.checks);
    let call = run.calls.iter().find(|call| call.method == "setInheritanceData").expect("one");
    assert!(serde_json::to_string(&call.params).expect("JSON").contains("\"parent_id\":77"));
}

#[test]
fn the_index_is_above_what_was_shipped_and_a_release_that_falls_is_refused() {
    let with_perl = |release: &'static str| {
        move |call: &HubCall| match (call.method, named(call, "package")) {
            ("listTagged", Some("perl")) if named(call, "type") == Some("rpm") => Ok(json!([
                tagged("perl", "5.30", "1.module+el8+9+aaaa"),
                tagged("perl", "5.30", release)
            ])),
            _ => hub(call),
        }
    };
    let (run, _) = Case::new().run(with_perl("452.module+el8+646+bbbb"));
    let text = serde_json::to_string(&run.calls).expect("JSON");
    assert!(text.contains("module+el8+647+") && text.contains("module+el8+648+"), "{text}");
    let failures = Case::new().failures(with_perl("452.module+el9+1+bbbb"));
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert!(
        failures[0].starts_with("releases: perl:5.30:c1: perl-0:5.30-452.module+el8+10+"),
        "{}",
        failures[0]
    );
    assert!(
        failures[0].ends_with("the marking of the platform sorts below the shipped one"),
        "{}",
        failures[0]
    );
}

#[test]
fn a_ref_that_is_no_full_commit_and_a_foreign_host_are_named() {
    let none = "package,stream,name,url\n".to_owned();
    let failures = Case { sources: none, ..Case::new() }.failures(hub);
    assert_eq!(failures.len(), 2, "{failures:?}");
    assert_eq!(
        failures[0],
        "full commits: perl:5.30:c1/perl: its document gives no ref: name its source with --sources FILE"
    );
    let branch = Case {
        modules: MODULES.replace("COMMIT", "main"),
        sources: "package,stream,name,url\n".to_owned(),
        ..Case::new()
    };
    let failures = branch.failures(hub);
    assert!(
        failures[2].contains("`main` is not a full commit, and branches are not resolved"),
        "{failures:?}"
    );
    let elsewhere =
        format!("package,stream,name,url\n,,,git+https://evil.example.net/{{package}}#{COMMIT}\n");
    let failures = Case { sources: elsewhere, ..Case::new() }.failures(hub);
    assert_eq!(failures.len(), 3, "{failures:?}");
    assert!(
        failures[0]
            .starts_with("source hosts: perl:5.30:c1/perl: git+https://evil.example.net/perl#")
    );
}

#[test]
fn what_the_user_may_not_is_refused() {
    let case = Case::new();
    let with = |method: &'static str, answer: Json| {
        move |call: &HubCall| if call.method == method { Ok(answer.clone()) } else { hub(call) }
    };
    let one = |method, answer| {
        let failures = case.failures(with(method, answer));
        assert_eq!(failures.len(), 1, "{failures:?}");
        failures[0].clone()
    };
    assert_eq!(
        one("getUserPerms", json!(["tag"])),
        "permission target: kim does not have it: an admin grants it"
    );
    assert_eq!(case.failures(with("getUserPerms", json!(["admin"]))), Vec::<String>::new());
    let other = json!({"module-build-service": {"id": 1, "users": ["mbs"]}});
    assert_eq!(
        one("listCGs", other),
        "content generator module-build-service: kim may not import: an admin grants it"
    );
    assert!(one("listCGs", json!({})).contains("no such content generator"));
    assert!(
        one("listBTypes", json!([])).starts_with("build type module: the hub does not know it")
    );
    assert!(one("getLoggedInUser", Json::Null).starts_with("login: nobody is logged in"));
    let failures = case.failures(with("_listapi", json!([])));
    assert_eq!(failures, ["permission repo: kim does not have it: an admin grants it"]);
}

#[test]
fn what_is_there_and_not_ours_is_refused_and_what_is_ours_is_used() {
    let own = "module-perl-5.30-820260102030405-c1";
    let case = Case::new();
    let with_tag = |name: &'static str, answer: Json| {
        move |call: &HubCall| match call.method {
            "getTag" if first(call) == name => Ok(answer.clone()),
            "listPackages" if named(call, "tagID") == Some(name) => Ok(json!([])),
            _ => hub(call),
        }
    };
    let mine = json!({"modplan": {"run": "r1", "module": "perl:5.30:820260102030405:c1"}});
    let failures = case.failures(with_tag(own, tag(5, own, &json!({}))));
    assert_eq!(
        failures,
        [format!(
            "tags and targets: perl:5.30:c1: the tag {own} was made by somebody else: it has another marker in its extra"
        )]
    );
    let mut locked = tag(5, own, &mine);
    locked["locked"] = json!(true);
    assert_eq!(
        case.failures(with_tag(own, locked)),
        [format!("tags and targets: perl:5.30:c1: the tag {own} is locked")]
    );
    let (run, _) = case.run(with_tag(own, tag(5, own, &mine)));
    assert!(run.checks.iter().all(|check| check.ok), "{:?}", run.checks);
    let made = run
        .calls
        .iter()
        .filter(|call| call.method == "createTag" && call.params[0].as_str() == Some(own));
    assert_eq!(made.count(), 0, "it is there");
    let lock = json!({"modplan": {"run": "r7", "holder": "host:12"}});
    let failures =
        case.failures(with_tag("module-lock-perl-5.30", tag(6, "module-lock-perl-5.30", &lock)));
    assert_eq!(
        failures,
        [
            "locks: perl:5.30 is being rebuilt by the run r7 of host:12: the tag module-lock-perl-5.30 is there"
        ]
    );
    let mut shut = tag(2, "el8-candidate", &json!({}));
    shut["locked"] = json!(true);
    assert_eq!(
        case.failures(with_tag("el8-candidate", shut)),
        ["publish tag el8-candidate: it is locked"]
    );
    let mut narrow = tag(1, "el8-build", &json!({}));
    narrow["arches"] = json!("x86_64");
    let failures = case.failures(with_tag("el8-build", narrow));
    assert_eq!(
        failures,
        ["platform tag el8-build: it has x86_64, and the platform is configured with aarch64"]
    );
}

#[test]
fn a_stream_that_somebody_else_builds_is_refused() {
    let task = |id: i64, target: &str| {
        json!({"id": id, "method": "build", "state": 1, "arch": "noarch", "channel_id": 1, "host_id": 1,
               "owner": 2, "owner_name": "mbs", "parent": null, "label": null, "priority": 20, "weight": 0.2,
               "waiting": null, "awaited": null, "create_time": "", "create_ts": 0.0, "start_time": null,
               "start_ts": null, "completion_time": null, "completion_ts": null,
               "request": ["git+https://a/perl#0", target, {}]})
    };
    let with_tasks = |call: &HubCall| match call.method {
        "listTasks" => Ok(json!([
            task(7, "module-perl-5.30-7-c1"),
            task(8, "module-perl-5.3-7-c1"),
            task(9, "el8")
        ])),
        _ => hub(call),
    };
    let failures = Case::new().failures(with_tasks);
    let wanted =
        "open builds: perl:5.30 is being built: the task 7 of mbs builds for module-perl-5.30-7-c1";
    assert_eq!(failures, [wanted]);
}

#[test]
fn names_that_are_taken_and_blocked_packages_are_refused() {
    let case = Case::new();
    let blocked = |call: &HubCall| match (call.method, named(call, "tagID"), named(call, "pkgID")) {
        ("listPackages", Some("el8-build"), Some("perl-DBI")) => {
            Ok(json!([{"package_id": 1, "package_name": "perl-DBI", "blocked": true}]))
        }
        _ => hub(call),
    };
    assert_eq!(case.failures(blocked), ["blocked packages: perl-DBI is blocked in el8-build"]);
    let taken = |call: &HubCall| match call.method {
        "getBuild" if first(call).starts_with("perl-devel-5.30-") => {
            let mut build = tagged("perl-devel", "5.30", "820260102030405.c1");
            for key in ["creation_ts", "start_ts", "completion_ts", "promotion_ts", "source"] {
                build[key] = Json::Null;
            }
            build["creation_ts"] = json!(0.0);
            build["extra"] = Json::Null;
            Ok(build)
        }
        _ => hub(call),
    };
    let failures = case.failures(taken);
    assert_eq!(
        failures,
        [
            "new names: perl-devel-5.30-820260102030405.c1 is there already: a build without module data, owned by kim"
        ]
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

#[test]
fn a_platform_that_the_site_lacks_and_too_many_builds_are_refused() {
    let other = Case { site: SITE.replace("el8:", "el9:"), ..Case::new() };
    let (run, _) = other.run(hub);
    assert_eq!(run.calls, []);
    assert!(run.checks.iter().any(|check| {
        check.detail == "perl:5.30:c1: the configuration has no platform el8, only el9"
    }));
    let few = Case { site: format!("{SITE}limits: {{max_builds: 1}}\n"), ..Case::new() };
    let failures = few.failures(hub);
    let wanted = "builds: plan has 2 builds, limit 1: select fewer modules, or raise `limits.max_builds` in the configuration";
    assert_eq!(failures, [wanted]);
}

#[test]
fn a_gate_that_a_run_cannot_ask_is_refused() {
    let gate = |text: &str| Case { site: format!("{SITE}gate: {text}\n"), ..Case::new() };
    let failures = gate("{kind: resultsdb, url: \"https://r/\", required: [a]}").failures(hub);
    let wanted = "gate: `gate.kind: resultsdb` is not supported yet: use `script` with a command that asks it, or `none`";
    assert_eq!(failures, [wanted]);
    let greenwave = "{kind: greenwave, url: \"https://g/\", context: c, product_version: p}";
    assert!(gate(greenwave).failures(hub)[0].starts_with("gate: `gate.kind: greenwave`"));
    let (run, _) = gate("{kind: script, command: [/usr/bin/judge, -v]}").run(hub);
    let check = run.checks.iter().find(|check| check.check == "gate").expect("it is checked");
    let words = "/usr/bin/judge judges each component and each module";
    assert_eq!((check.ok, check.detail.as_str()), (true, words));
}
