//! What a dry run lists is what the run does: every call that changes the hub, compared whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use modplan::koji::Value;
use modplan::koji::calls::{ListTags, is_read};
use modplan::koji::codec::read_call;
use modplan::live::hub::Hub;
use serde_json::json;

use super::super::dry_run::plan_of;
use super::super::mock_koji::{alice, block_on, options};
use super::*;

/// A call as both sides have it: what only the run knows by its placeholder.
type Said = String;

/// What a dry run lists of one module.
#[derive(Default)]
struct Planned {
    /// The calls in order.
    calls: Vec<Said>,
    /// Those that are made only if there is a `-devel`.
    of_devel: BTreeSet<Said>,
}

fn said(method: &str, params: &Json) -> Said {
    format!("{method} {params}")
}

/// Returns what a dry run lists, by module.
fn planned(run: &Json) -> BTreeMap<String, Planned> {
    let mut modules: BTreeMap<String, Planned> = BTreeMap::new();
    for call in run["calls"].as_array().expect("a list") {
        let id = call["module"].as_str().expect("every call is for a module").to_owned();
        let of_module = modules.entry(id).or_default();
        let words = said(call["method"].as_str().expect("a text"), &call["params"]);
        if call["only_if"].is_string() {
            of_module.of_devel.insert(words.clone());
        }
        of_module.calls.push(words);
    }
    modules
}

/// Returns every call that a hub was changed by, as its journal has them, those of a `multiCall` each.
pub(super) fn writes(journal: &str) -> Vec<(String, Vec<Value>)> {
    let mut writes = Vec::new();
    for line in journal.lines().skip(1) {
        let entry: Json = serde_json::from_str(line).expect("JSON");
        if let Some(upload) = entry["asked"].get("Upload") {
            let text = |name: &str| Value::from(upload[name].as_str().expect("a text"));
            if upload["offset"] == 0 {
                writes.push(("upload".to_owned(), vec![text("directory"), text("name")]));
            }
            continue;
        }
        let call = entry["asked"]["Call"].as_str().expect("a call");
        let (method, params) = read_call(call).expect("a call");
        if method != "multiCall" {
            writes.push((method, params));
            continue;
        }
        for call in params[0].as_list().expect("a list") {
            let name = call.get("methodName").and_then(Value::as_str).expect("a name");
            let params = call.get("params").and_then(Value::as_list).expect("a list");
            writes.push((name.to_owned(), params.to_vec()));
        }
    }
    let is_ours = |method: &str| !is_read(method) && !["login", "logout"].contains(&method);
    writes.retain(|(method, _)| is_ours(method));
    writes
}

/// What stands in a run for the placeholders of its dry run.
struct Known {
    run: String,
    /// The component of each build.
    nvrs: BTreeMap<String, String>,
    /// The names of the tags that the run made, by koji's number.
    tags: BTreeMap<i64, String>,
    /// How many repos of each tag were asked for.
    repos: BTreeMap<String, u32>,
}

impl Known {
    fn new(site: &Site, run: &Json) -> Self {
        let modules = run["modules"].as_object().expect("a map").values();
        let parts = modules.flat_map(|module| module["components"].as_array().expect("a list"));
        let text = |part: &Json, name: &str| part[name].as_str().expect("a text").to_owned();
        let built = parts.filter(|part| part["state"] == "done");
        let nvrs = built.map(|part| (text(part, "nvr"), text(part, "component"))).collect();
        let tags = block_on(async {
            let server = &site.case.mock.server;
            let mut hub = Hub::connect(options(server), alice()).await.expect("it is there");
            hub.call(&ListTags::default()).await.expect("it answers")
        });
        let own = tags
            .into_iter()
            .filter(|tag| tag.name.starts_with("module-") || tag.name.starts_with("scrmod-"));
        Self {
            run: run["run"].as_str().expect("a text").to_owned(),
            nvrs,
            tags: own.map(|tag| (tag.id, tag.name)).collect(),
            repos: BTreeMap::new(),
        }
    }

    /// Writes a call with placeholders for what only the run knows.
    fn told(&mut self, method: &str, params: &[Value]) -> Said {
        let mut params = Json::from(Value::List(params.to_vec()));
        match method {
            "setInheritanceData" => {
                for row in params[1].as_array_mut().expect("rows") {
                    let id = row["parent_id"].as_i64().expect("a number");
                    if let Some(name) = self.tags.get(&id) {
                        row["parent_id"] = json!(format!("{{tag:{name}}}"));
                    }
                }
            }
            "tagBuild" => {
                if let Some(component) = self.nvrs.get(params[1].as_str().expect("an NVR")) {
                    params[1] = json!(format!("{{nvr:{component}}}"));
                }
            }
            "repo.request" => {
                let tag = params[0].as_str().expect("a name").to_owned();
                let count = self.repos.entry(tag.clone()).or_default();
                *count += 1;
                params[1]["min_event"] = json!(format!("{{repo:{tag}:{count}}}"));
            }
            "CGImport" => {
                let build = &params[0]["build"];
                let part = |name: &str| build[name].as_str().expect("a text").to_owned();
                let nvr = format!("{}-{}-{}", part("name"), part("version"), part("release"));
                params[0] = json!(format!("{{metadata:{nvr}}}"));
            }
            "createTag" => {
                let holder = params.as_array_mut().expect("a list").iter_mut();
                for extra in holder.filter_map(|one| one.get_mut("extra")) {
                    if extra["modplan"]["holder"].is_string() {
                        extra["modplan"]["holder"] = json!("{holder}");
                    }
                }
            }
            _ => {}
        }
        said(method, &params).replace(&self.run, "{run}")
    }
}

/// Returns the place of each call of a module in its dry run. Calls of a kind that follow each other share it:
/// their order is the run's own.
fn places(calls: &[Said]) -> BTreeMap<&str, usize> {
    let kind = |call: &str| {
        let method = call.split(' ').next().unwrap_or_default().to_owned();
        // A package comes into the list of its tag right before its build is tagged there; and of a long batch, the
        // first components are tagged while the last are not submitted.
        if ["build", "packageListAdd"].contains(&&*method) { "tagBuild".to_owned() } else { method }
    };
    let (mut places, mut place, mut last) = (BTreeMap::new(), 0, String::new());
    for call in calls {
        let kind = kind(call);
        if kind != last {
            (place, last) = (place + 1, kind);
        }
        places.insert(call.as_str(), place);
    }
    places
}

/// Asserts that a run did what its dry run listed; returns how many modules had a `-devel`.
fn agrees(planned: &BTreeMap<String, Planned>, done: &[Said]) -> usize {
    let mut open: BTreeMap<&str, usize> = BTreeMap::new();
    for call in done {
        *open.entry(call).or_default() += 1;
    }
    let mut with_devel = 0;
    for (id, module) in planned {
        let has_devel = module.of_devel.iter().any(|call| open.contains_key(call.as_str()));
        with_devel += usize::from(has_devel);
        let places = places(&module.calls);
        let is_left_out = |call: &Said| !has_devel && module.of_devel.contains(call);
        for call in module.calls.iter().filter(|call| !is_left_out(call)) {
            let left = open.get_mut(call.as_str()).filter(|left| **left > 0);
            *left.unwrap_or_else(|| panic!("{id}: the run did not {call}")) -= 1;
        }
        let own = done.iter().filter_map(|call| Some((places.get(call.as_str())?, call)));
        let own: Vec<_> = own.collect();
        let late = own.windows(2).find(|two| two[0].0 > two[1].0);
        assert!(late.is_none(), "{id}: the run has another order: {late:#?}");
    }
    open.retain(|_, left| *left > 0);
    assert!(open.is_empty(), "the dry run did not list {open:#?}");
    with_devel
}

/// Makes a dry run, carries it out, and compares the two; returns the answer of the run, and how many modules had
/// a `-devel`.
pub(super) fn carried_out(site: &Site, more: &[&str]) -> (Json, usize) {
    let before = journal(site).len();
    let said = Program::new(site.execute(&[&["--format", "json"], more].concat())).run();
    assert_eq!(said.code, 0, "{}\n{}", said.out, said.err);
    let dry: Json = serde_json::from_str(&said.out).expect("JSON");
    let said = Program::new(site.yes(dry["checksum"].as_str().expect("a text"))).run();
    assert_eq!(said.code, 0, "{}", said.err);
    let run = answer(&said);
    let mut known = Known::new(site, &run);
    let done = journal(site).split_off(before);
    let done: Vec<Said> = done.iter().map(|(method, params)| known.told(method, params)).collect();
    let with_devel = agrees(&planned(&dry), &done);
    (run, with_devel)
}

pub(super) fn journal(site: &Site) -> Vec<(String, Vec<Value>)> {
    writes(&fs::read_to_string(site.case.path("state.jsonl")).expect("it is there"))
}

#[test]
fn a_run_makes_exactly_the_calls_of_its_dry_run() {
    let Some(site) = Site::new() else { return };
    // One module does not ship what is built for it: it has a `-devel`.
    let modules = fs::read_to_string("fixtures/el8-perl/modules.yaml").expect("it is there");
    let (before, after) = modules.split_once("context: \"2e584954\"").expect("it is there");
    let filter = "  filter:\n    rpms: [perl-Test-Deep]\n  components:";
    let own = after.replacen("  components:", filter, 1);
    let path = site.case.path("modules.yaml");
    fs::write(&path, format!("{before}context: \"2e584954\"{own}")).expect("it is writable");
    plan_of(&path, &change("perl:5.30", TIME), &site.plan);
    let (run, with_devel) = carried_out(&site, &[]);
    assert_eq!(run["modules"].as_object().expect("a map").len(), 10);
    assert_eq!(with_devel, 1);
}

/// Has a plan take over the earlier builds of a module's components, all but some.
fn take_over(plan: &str, but: &[&str]) {
    let text = fs::read_to_string(plan).expect("it is there");
    let mut json: Json = serde_json::from_str(&text).expect("JSON");
    for batch in json["modules"][0]["batches"].as_array_mut().expect("a list") {
        for component in batch["components"].as_array_mut().expect("a list") {
            if !but.iter().any(|name| component["component"] == *name) {
                component["reused"] = json!(true);
                component["tasks"] = json!([]);
            }
        }
    }
    fs::write(plan, json.to_string()).expect("it is writable");
}

#[test]
fn earlier_builds_are_taken_over_from_the_shipped_module() {
    let Some(site) = Site::small() else { return };
    take_over(&site.plan, &["perl-App-cpanminus"]);
    let said = Program::new(site.execute(&[])).run();
    assert_eq!(said.code, 1, "{}", said.err);
    let words = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("has no build of it to take components from"), "{words}");

    plan(&change(SMALL, TIME), &site.plan);
    let (first, _) = carried_out(&site, &[]);
    assert_eq!(
        (&first["counts"]["component_builds"], &first["counts"]["reused"]),
        (&json!(8), &json!(0))
    );
    let nvr = |run: &Json, at: usize| run["modules"][SMALL]["components"][at]["nvr"].clone();
    // Of the next rebuild one component is built, then none.
    for (at, but, built) in
        [("2026-01-03T03:04:05Z", &["perl-App-cpanminus"][..], 1), ("2026-01-04T03:04:05Z", &[], 0)]
    {
        plan(&change(SMALL, at), &site.plan);
        take_over(&site.plan, but);
        let (run, _) = carried_out(&site, &[]);
        let counts = &run["counts"];
        assert_eq!(counts["component_builds"], built, "{counts}");
        assert_eq!(counts["reused"], 8 - built, "{counts}");
        assert_eq!(nvr(&run, 1), nvr(&first, 1), "the very same build");
        assert_eq!(nvr(&run, 0) == nvr(&first, 0), false, "it was built anew once");
    }
}
