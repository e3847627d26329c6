//! Lists: every filter, orders and pages, on builds in memory.

use modplan::serve::api::{self, Get, Path, Query, Rules};
use modplan::serve::{Book, ModuleBuild, State};
use serde_json::{Value as Json, json};

fn build(id: u64, change: impl FnOnce(&mut ModuleBuild)) -> ModuleBuild {
    let row = json!({
        "id": id, "submission": id, "run": null, "name": "perl", "stream": "5.30",
        "version": 8_000_020_200_101_000_300_u64 + id, "context": "c0ffee00", "state": "ready",
        "state_reason": null, "owner": "kim", "scmurl": null, "scratch": false,
        "rebuild_strategy": "all", "submitted": 1_500_000_000 + id, "modified": 1_600_000_000 + id,
        "completed": null, "koji_tag": "module-perl", "cg_build_koji_tag": null, "buildrequires": {},
        "build_context": "b0", "build_context_no_bms": null, "runtime_context": null,
        "virtual_streams": [], "stream_version": null, "base_modules": [1], "arches": [],
        "components": [], "trace": [], "messages": [], "modulemd": "",
    });
    let mut build: ModuleBuild = serde_json::from_value(row).expect("a build");
    change(&mut build);
    build
}

fn component(id: u64, package: &str, nvr: Option<&str>) -> modplan::serve::ComponentBuild {
    let state = nvr.map(|_| "COMPLETE");
    let row = json!({
        "id": id, "component": package, "package": package, "batch": 2, "task_id": 7, "state": state,
        "state_reason": null, "nvr": nvr, "trace": [],
    });
    serde_json::from_value(row).expect("a component")
}

fn book() -> Book {
    let mut book = Book::default();
    book.put(build(1, |platform| {
        platform.name = "platform".to_owned();
        platform.stream = "el8.1.0".to_owned();
        (platform.version, platform.context) = (2, "00000000".to_owned());
        platform.virtual_streams = vec!["el8".to_owned()];
        platform.stream_version = Some(80_100.0);
        platform.base_modules.clear();
    }));
    book.put(build(2, |two| {
        two.components = vec![
            component(5, "perl", Some("perl-5.30-1.module+el8+2+abcd1234")),
            component(6, "perl-DBI", None),
        ];
        two.completed = Some(1_600_000_100);
    }));
    book.put(build(3, |three| {
        (three.state, three.owner) = (State::Failed, "alex".to_owned());
        three.state_reason = Some("Canceled by alex.".to_owned());
        three.base_modules.clear();
    }));
    book.put(build(10, |ten| {
        (ten.name, ten.stream) = ("nodejs".to_owned(), "10".to_owned());
        (ten.version, ten.state) = (9, State::Build);
        ten.scmurl = Some("https://src.example.org/modules/nodejs?#1".to_owned());
    }));
    book
}

fn ask(path: &str) -> Json {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let query = Query::read(query);
    let (version, path) = Path::read(&format!("/module-build-service/2/{path}")).expect("a path");
    let get = Get { version, path, query: &query, host: "https://mbs.example.org" };
    match api::read(get, &book(), &Rules::default()) {
        Ok(body) => body,
        Err(refusal) => refusal.json(),
    }
}

fn ids(path: &str) -> Vec<u64> {
    let body = ask(path);
    let items = body["items"].as_array().unwrap_or_else(|| panic!("{path}: {body}"));
    items.iter().map(|item| item["id"].as_u64().expect("a number")).collect()
}

#[test]
fn every_filter_lets_pass_what_it_says() {
    let table: &[(&str, &[u64])] = &[
        ("", &[10, 3, 2, 1]),
        ("name=perl", &[3, 2]),
        ("name=perl&owner=alex", &[3]),
        ("name=perl&name=nodejs", &[]),
        ("stream=10", &[10]),
        ("version=9", &[10]),
        ("context=00000000", &[1]),
        ("koji_tag=module-perl&state=build", &[10]),
        ("state=4", &[3]),
        ("state=failed&state=build", &[10, 3]),
        ("state_reason=Canceled+by+alex.", &[3]),
        ("scmurl=https%3A%2F%2Fsrc.example.org%2Fmodules%2Fnodejs%3F%231", &[10]),
        ("scratch=true", &[]),
        ("build_context=b0&name=platform", &[1]),
        ("batch=2", &[2]),
        ("nsvc=perl", &[3, 2]),
        ("nsvc=perl:5.30:8000020200101000302", &[2]),
        ("nsvc=perl:5.30::c0ffee00", &[3, 2]),
        ("nsvc=perl:5.30:1:c:x86_64", &[]),
        ("rpm=perl-libs-5.30-1.module%2Bel8%2B2%2Babcd1234.x86_64.rpm", &[2]),
        ("rpm=perl-5.30-1.module%2Bel8%2B2%2Bffff0000.x86_64", &[]),
        ("virtual_stream=el8&virtual_stream=f28", &[1]),
        ("virtual_stream=f28", &[]),
        ("stream_version_lte=80200", &[1]),
        ("stream_version_lte=80000", &[]),
        ("stream_version_lte=90000", &[]),
        ("base_module_br=platform:el8.1.0:2:00000000", &[10, 2]),
        ("base_module_br_name=platform&base_module_br_stream=el8.1.0&name=perl", &[2]),
        ("base_module_br_stream_version=80100", &[10, 2]),
        ("base_module_br_stream_version_gte=80200", &[]),
        ("base_module_br_stream_version_lte=80100", &[10, 2]),
        ("submitted_before=2017-07-14T02:40:02Z", &[2, 1]),
        ("submitted_after=2017-07-14T02:40:03Z", &[10, 3]),
        ("modified_after=2020-09-13T12:26:50Z", &[10]),
        ("completed_before=2030-01-01T00:00:00Z", &[2]),
        ("unknown=parameter", &[10, 3, 2, 1]),
    ];
    for (query, wanted) in table {
        assert_eq!(ids(&format!("module-builds/?{query}")), *wanted, "{query}");
    }
}

#[test]
fn components_are_filtered_too() {
    assert_eq!(ids("component-builds/"), [6, 5]);
    assert_eq!(ids("component-builds/?package=perl-DBI"), [6]);
    assert_eq!(ids("component-builds/?state=COMPLETE"), [5]);
    assert_eq!(ids("component-builds/?state=1&module_build=2&task_id=7"), [5]);
    assert_eq!(ids("component-builds?order_by=package"), [5, 6]);
    assert_eq!(ask("component-builds/5?verbose=1")["batch"], 2);
    assert_eq!(ask("component-builds/99")["message"], "No such component found.");
}

#[test]
fn orders_compare_numbers_as_numbers() {
    assert_eq!(ids("module-builds/?order_by=version"), [1, 10, 2, 3]);
    assert_eq!(ids("module-builds/?order_desc_by=id&per_page=2"), [10, 3]);
    assert_eq!(ids("module-builds/?order_by=name&order_by=id"), [10, 2, 3, 1]);
    assert_eq!(ask("module-builds/?order_by=nonsense")["status"], 400);
}

#[test]
fn pages_are_linked_with_every_parameter() {
    let body =
        ask("module-builds/?verbose=true&state=5&order_desc_by=id&verbose=True&per_page=1&page=2");
    assert_eq!(body["items"][0]["id"], 1);
    let meta = &body["meta"];
    assert_eq!((&meta["page"], &meta["pages"], &meta["total"]), (&json!(2), &json!(2), &json!(2)));
    assert_eq!(meta["next"], Json::Null);
    let link = "https://mbs.example.org/module-build-service/2/module-builds/?page=1&per_page=1&\
        verbose=true&state=5&order_desc_by=id&verbose=True";
    assert_eq!(meta["prev"], link);
    let empty = ask("module-builds/?name=none");
    assert_eq!((&empty["meta"]["pages"], &empty["meta"]["total"]), (&json!(0), &json!(0)));
    assert!(ids("module-builds/?page=99999999999999999").is_empty());
}

#[test]
fn paths_outside_the_api_are_not_found() {
    for path in [
        "/module-build-service/",
        "/module-build-service/2/",
        "/module-build-service/2/x/",
        "/module-build-service/2/module-builds/x",
        "/module-build-service/2/module-builds/-1",
        "/",
    ] {
        assert_eq!(Path::read(path).expect_err(path).status.number(), 404, "{path}");
    }
    assert!(
        Path::read("/module-build-service/1/about").is_ok(),
        "a slash at the end may be left out"
    );
}
