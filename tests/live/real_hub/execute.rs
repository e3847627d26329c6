//! A whole run at a real hub, as a person types it: a dry run, the run, deaths and a canceled task on the way,
//! another try, the import, a run that fails, and what both leave behind.
//!
//! `MODPLAN_KOJI_SITE` names the configuration of a site for the hub of `MODPLAN_KOJI_HUB`, with a platform `el8` and
//! without `koji`, which follows from the other variables. `MODPLAN_KOJI_SOURCES` names a file like
//! `fixtures/el8-perl/sources.csv` with sources that the hub's builders reach; without it they must take those. Where
//! the hub is on loopback, every few answers are lost. Builds cannot be deleted: they are listed.

mod site;

use std::collections::{BTreeMap, BTreeSet};

use modplan::koji::calls::{
    DeleteTag, GetBuild, GetBuildTarget, GetTag, ListBuilds, ListTags, UntagBuild,
};
use modplan::koji::shapes::Task;
use serde_json::Value as Json;

use super::real;
use crate::live::execute::component;
use crate::live::runs::answer;
use crate::support::program::{Program, Running, Said};
use site::{Case, Marker, marker};

/// A component of the first batch: in the second run its commit does not exist.
const BAD: &str = "perl-Test-Deep";
/// The components of the second batch.
const SECOND: [&str; 2] = ["perl-App-cpanminus", "perl-CPAN-Meta-Check"];

#[test]
fn real_hub_execute_builds_imports_fails_and_cleans_up_through_deaths() {
    let Some(case) = real().and_then(Case::new) else { return };
    let mut left = done(&case);
    left.extend(failed(&case));
    let (requests, lost) = case.requests();
    case.log(&format!("{requests} requests of the program, {lost} of which lost their answers"));
    nothing_is_left(&case, &left);
}

/// A run that comes to its end although its processes die and a task of it is canceled. Returns what it made.
fn done(case: &Case) -> Vec<Json> {
    let plan = case.plan("good", 0);
    let sum = case.dry_run(&plan, &case.sources);
    let mut first = Running::start(case.yes(&plan, &case.sources, &sum));
    let run = run_of(&first.line_with("resumes it"));
    let task = case.open_task(&mut first, &run, |part| !part.starts_with("module-build-macros"));
    first.signal("KILL");
    drop(first);
    case.cancel(&task);
    case.log(&format!("run {run}: killed; task {} ({}) canceled", task.id, component(&task)));
    let said = case.resumed(&run);
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.err.contains("was canceled, by somebody else"), "{}", said.err);
    case.retry(&run, &component(&task));
    let mut second = Running::start(case.resume(&run));
    let task = case.open_task(&mut second, &run, |part| SECOND.contains(&part));
    second.signal("KILL");
    drop(second);
    case.log(&format!("run {run}: killed while task {} ({}) runs", task.id, component(&task)));
    let said = case.resumed(&run);
    assert_eq!(said.code, 0, "{}", said.err);
    let answer = answer(&said);
    case.log(&format!("run {run}: {}, {}", answer["outcome"], answer["counts"]));
    let list = case.cleanup(&run, &[]);
    assert_eq!(actions(&list), ["target delete", "build-tag delete", "module-tag keep"]);
    let nvr = imported(&list);
    let tags = case.ask(&ListTags { build: Some(nvr.as_str().into()), ..ListTags::default() });
    assert!(tags.iter().any(|tag| tag.name == case.publish_to), "{nvr} is published: {tags:?}");
    let cleaned = case.cleanup(&run, &["--yes", list["checksum"].as_str().expect("a text")]);
    assert_eq!(actions(&cleaned), ["target deleted", "build-tag deleted", "module-tag keep"]);
    give_up(case, &nvr, name(&list, "module-tag"));
    vec![list]
}

/// A run with a component that fails at each try. Returns what it made.
fn failed(case: &Case) -> Vec<Json> {
    let plan = case.plan("bad", 60);
    let sources = case.sources_without(BAD);
    let sum = case.dry_run(&plan, &sources);
    let said = Program::new(case.yes(&plan, &sources, &sum)).run();
    assert_eq!(said.code, 1, "{}", said.err);
    let run = answer(&said)["run"].as_str().expect("a text").to_owned();
    has_failed(case, &run, 1);
    case.log(&format!("run {run}: {}", reason(&said)));
    case.retry(&run, BAD);
    let said = case.resumed(&run);
    assert_eq!(said.code, 1, "{}", said.err);
    has_failed(case, &run, 2);
    let list = case.cleanup(&run, &[]);
    assert_eq!(actions(&list), ["target delete", "build-tag delete", "module-tag delete"]);
    let cleaned = case.cleanup(&run, &["--yes", list["checksum"].as_str().expect("a text")]);
    assert_eq!(actions(&cleaned), ["target deleted", "build-tag deleted", "module-tag deleted"]);
    let again = case.cleanup(&run, &[]);
    assert_eq!(actions(&again), [""; 0]);
    vec![list]
}

/// Checks that one component failed at a try, and that the others of its batch were built once.
fn has_failed(case: &Case, run: &str, attempt: u64) {
    let said = case.runs("show", run, &["--format", "json"]);
    let show: Json = serde_json::from_str(&said.out).expect("JSON");
    for part in show["modules"][0]["components"].as_array().expect("a list") {
        let of = |field: &str| part[field].as_str().expect("a text").to_owned();
        let (name, state) = (of("component"), of("state"));
        match name.as_str() {
            BAD => assert_eq!((&*state, part["attempt"].as_u64()), ("failed", Some(attempt))),
            second if SECOND.contains(&second) => assert_eq!(part["task_id"], Json::Null),
            _ => assert_eq!((&*state, part["attempt"].as_u64()), ("done", Some(1)), "{name}"),
        }
    }
    let why = case.runs("why", run, &[&format!("perl-App-cpanminus/{BAD}")]);
    assert!(why.out.starts_with(&format!("{BAD} is failed: ")), "{}{}", why.out, why.err);
}

/// Does what the program never does: deletes the tag of an imported module, which only a test gives up.
fn give_up(case: &Case, nvr: &str, tag: &str) {
    for nvr in [nvr.to_owned(), nvr.replacen("perl-App-cpanminus", "perl-App-cpanminus-devel", 1)] {
        if let Some(build) = case.ask(&GetBuild { build: nvr.as_str().into(), strict: None }) {
            case.log(&format!("remains: module {} {:?}", build.nvr, build.state));
        }
        let tags =
            case.ask_if(&ListTags { build: Some(nvr.as_str().into()), ..ListTags::default() });
        for tag in tags.unwrap_or_default() {
            let untag = UntagBuild {
                tag: tag.id.into(),
                build: nvr.as_str().into(),
                ..UntagBuild::default()
            };
            case.ask(&untag);
            case.log(&format!("the test untags {nvr} from {}", tag.name));
        }
    }
    case.ask(&DeleteTag { tag: tag.into() });
    case.log(&format!("the test deletes {tag}, the tag of an imported module"));
}

/// Checks that nothing lives at the hub that these runs made; what remains is listed.
fn nothing_is_left(case: &Case, left: &[Json]) {
    let runs: BTreeSet<&str> = left.iter().filter_map(|list| list["run"].as_str()).collect();
    for thing in left.iter().flat_map(|list| list["things"].as_array().expect("a list")) {
        let name = thing["name"].as_str().expect("a text");
        let is_there = match thing["kind"].as_str() {
            Some("target") => {
                let call = GetBuildTarget { target: name.into(), ..GetBuildTarget::default() };
                case.ask(&call).is_some()
            }
            _ => case.ask(&GetTag { tag: name.into(), ..GetTag::default() }).is_some(),
        };
        assert!(!is_there, "{thing}");
    }
    let pattern = Some(format!("{}*", case.tag_prefix));
    for tag in case.ask(&ListTags { pattern, ..ListTags::default() }) {
        let found = case.ask(&GetTag { tag: tag.id.into(), ..GetTag::default() });
        let extra = found.and_then(|found| found.extra).unwrap_or_default();
        let run = extra.get("modplan").and_then(|mark| mark.get("run")?.as_str());
        assert!(run.is_none_or(|run| !runs.contains(run)), "{} is left", tag.name);
    }
    let tasks: Vec<Task> = case.tasks().into_iter().filter(is_of(&runs)).collect();
    assert!(tasks.iter().all(|task| task.state.is_final()), "{tasks:?}");
    let mut states: BTreeMap<String, usize> = BTreeMap::new();
    for task in &tasks {
        *states.entry(task.state.to_string()).or_default() += 1;
    }
    case.log(&format!("build tasks: {states:?}"));
    let once: BTreeSet<Marker> = tasks.iter().filter_map(marker).collect();
    assert_eq!(once.len(), tasks.len(), "no try of anything was submitted twice");
    for task in &tasks {
        for build in case.ask(&ListBuilds { task_id: Some(task.id), ..ListBuilds::default() }) {
            case.log(&format!("remains: build {} {:?}", build.nvr, build.state));
        }
    }
}

fn is_of<'r>(runs: &'r BTreeSet<&'r str>) -> impl Fn(&Task) -> bool + 'r {
    |task| marker(task).is_some_and(|of| runs.contains(&*of.run))
}

fn run_of(line: &str) -> String {
    let (_, rest) = line.split_once("run ").expect("it names the run");
    rest.split(';').next().expect("it ends").to_owned()
}

/// Returns what koji said of the component that failed.
fn reason(said: &Said) -> String {
    let line = said.err.lines().find(|line| line.contains(" failed: "));
    line.map_or_else(|| panic!("koji's words: {}", said.err), |line| line.trim().to_owned())
}

fn actions(list: &Json) -> Vec<String> {
    let text = |thing: &Json, name: &str| thing[name].as_str().unwrap_or_default().to_owned();
    let one = |thing: &Json| format!("{} {}", text(thing, "kind"), text(thing, "action"));
    list["things"].as_array().expect("a list").iter().map(one).collect()
}

fn name<'l>(list: &'l Json, kind: &str) -> &'l str {
    let mut things = list["things"].as_array().expect("a list").iter();
    let found = things.find(|thing| thing["kind"] == kind).expect("it is listed");
    found["name"].as_str().expect("a text")
}

/// Returns the build of the module that keeps its tag.
fn imported(list: &Json) -> String {
    let mut things = list["things"].as_array().expect("a list").iter();
    let why = things.find_map(|thing| thing["because"].as_str()).expect("one stays");
    let nvr = why.strip_prefix("the module ").and_then(|rest| rest.split(' ').next());
    assert!(why.ends_with(" was imported from it"), "{why}");
    nvr.expect("it is named").to_owned()
}
