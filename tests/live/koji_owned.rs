//! `execute --on koji --approach koji-owned`: a plan's modules are tasks of the mock hub, which a worker carries
//! out.

use std::collections::BTreeMap;

use modplan::koji::Value;
use serde_json::{Value as Json, json};

use super::dry_run::{GIVEN, SOURCES, plan};
use super::mock_koji::wire::{Trouble, Wire};
use super::worker::shop::Shop;
use crate::cli::formats::documented::Shapes;
use crate::support::program::{Program, Running, Said, modplan};

/// perl-DBI in one context, and what is built with it.
const SMALL: &[&str] = &["--changed", "perl-DBI:1.641", "--unit", "context"];
/// perl in one stream, and everything that is built with it.
const WHOLE: &[&str] = &["--changed", "perl:5.30", "--unit", "context"];
const TIME: &[&str] = &["--at", "2026-01-02T03:04:05Z"];

/// A plan, a hub, and what a user types.
struct Case {
    shop: Shop,
}

impl Case {
    fn new(selection: &[&str]) -> Self {
        // What the plan needs and does not make stands in the platform's tag.
        let given: Vec<String> = GIVEN.split(',').map(|id| format!("\"{id}\"")).collect();
        let given = format!("worker: {{given: [{}]}}\n", given.join(", "));
        let shop = Shop::with_config(&[], &given);
        plan(&[selection, TIME].concat(), &shop.path("plan.json"));
        Self { shop }
    }

    /// Returns the arguments of a run at an address.
    fn arguments(&self, server: &str, more: &[&str]) -> Vec<String> {
        let shop = &self.shop;
        let (plan, config, koji) =
            (shop.path("plan.json"), shop.path("alice.yaml"), shop.path("koji.conf"));
        let store = format!("sqlite:{}", shop.path("runs.db"));
        let all = ["execute", &plan, "--on", "koji", "--approach", "koji-owned", "--config"];
        let hub = [&config, "--koji-config", &koji, "--server", server, "--store", &store];
        let given = ["--sources", SOURCES, "--given", GIVEN];
        all.iter().chain(&hub).chain(&given).chain(more).map(|&word| word.to_owned()).collect()
    }

    fn run_at(&self, server: &str, more: &[&str]) -> Said {
        let arguments = self.arguments(server, more);
        Program::new(arguments.iter().map(String::as_str)).run()
    }

    fn run(&self, more: &[&str]) -> Said {
        self.run_at(&self.shop.mock.server, more)
    }

    /// Works out what would be asked, which must be fine; the document.
    fn dry_run(&self, more: &[&str]) -> Json {
        let said = self.run(&[&["--format", "json"], more].concat());
        assert_eq!(said.code, 0, "{}\n{}", said.err, said.out);
        json(&said)
    }

    fn checksum(&self, more: &[&str]) -> String {
        self.dry_run(more)["checksum"].as_str().expect("a text").to_owned()
    }

    /// Runs the same plan in virtual time.
    fn replayed(&self, cascade: &str) -> Json {
        let plan = self.shop.path("plan.json");
        let all = ["execute", &plan, "--approach", "koji-owned", "--cascade", cascade];
        let said = modplan(&[&all[..], &["--format", "json"]].concat());
        assert_eq!(said.code, 0, "{}", said.err);
        json(&said)
    }

    fn tasks(&self) -> usize {
        let rows = self.shop.call("listTasks", json!([{"method": "moduleBuild"}]));
        rows.as_array().expect("rows").len()
    }
}

fn json(said: &Said) -> Json {
    let json = serde_json::from_str(&said.out);
    json.unwrap_or_else(|error| panic!("{error}: {}\n{}", said.out, said.err))
}

/// Returns what became of each module, with the numbers of its module and component builds.
fn became(run: &Json) -> BTreeMap<String, Json> {
    let modules = run["modules"].as_object().expect("a map").iter();
    let figures = |one: &Json| json!([one["state"], one["module_builds"], one["component_builds"]]);
    modules.map(|(id, one)| (id.clone(), figures(one))).collect()
}

/// Carries a plan out at the hub, and holds it against the same run in virtual time.
fn ends_as_the_replay(case: &Case, cascade: &str) {
    let _worker = case.shop.worker(&[]);
    let how = ["--cascade", cascade];
    let sum = case.checksum(&how);
    let all = [&how[..], &["--yes", &sum, "--poll", "10ms", "--format", "json"]].concat();
    let said = case.run(&all);
    assert_eq!(said.code, 0, "{}\n{}", said.err, said.out);
    let run = json(&said);
    let replayed = case.replayed(cascade);
    assert_eq!(became(&run), became(&replayed));
    assert_eq!((&run["outcome"], &run["cascade"]), (&json!("done"), &json!(cascade)));
    assert_eq!(run["approach"], "koji-owned");
    for count in ["module_builds", "component_builds"] {
        assert_eq!(run["counts"][count], replayed["counts"][count], "{count}");
    }
    Shapes::read().hold("koji-run", &run);
    let builds = run["counts"]["component_builds"].as_u64().expect("a number");
    assert_eq!(case.shop.builds().len() as u64, builds, "what koji was asked to build");
    let shipped = case.shop.tagged("el8-candidate").len() as u64;
    assert_eq!(run["counts"]["module_builds"], shipped, "each build is published");
    // The same command finds that everything is there.
    let tasks = case.tasks();
    let again = case.run(&all);
    assert_eq!(again.code, 0, "{}", again.err);
    assert_eq!((became(&json(&again)), case.tasks()), (became(&run), tasks));
}

#[test]
fn a_dry_run_asks_for_each_module_and_changes_nothing() {
    let case = Case::new(SMALL);
    let run = case.dry_run(&[]);
    let calls = run["calls"].as_array().expect("a list");
    assert_eq!(run["modules"], calls.len());
    assert!(calls.iter().all(|call| call["method"] == "moduleBuild"), "{calls:?}");
    assert!(calls.iter().all(|call| call["permission"] == "module-build"), "{calls:?}");
    let checks = run["preflight"].as_array().expect("a list");
    let names: Vec<&str> = checks.iter().filter_map(|check| check["check"].as_str()).collect();
    for name in ["method moduleBuild", "permission module-build", "requirements", "full commits"] {
        assert!(names.contains(&name), "no {name}: {names:?}");
    }
    assert_eq!(case.tasks(), 0);
    Shapes::read().hold("dry-run", &run);
}

#[test]
fn a_hub_without_the_method_fails_the_dry_run() {
    let case = Case::new(SMALL);
    let Value::List(methods) = Value::from(case.shop.call("_listapi", json!([]))) else {
        panic!("a list of methods")
    };
    let is_other = |one: &Value| one.get("name").and_then(Value::as_str) != Some("moduleBuild");
    let wire = Wire::start(&case.shop.mock.server);
    wire.instead("_listapi", Ok(Value::List(methods.into_iter().filter(is_other).collect())));
    let said = case.run_at(&wire.server, &[]);
    assert_eq!(said.code, 1, "{}", said.out);
    assert!(said.out.contains("method moduleBuild"), "{}", said.out);
    assert!(said.out.contains("koji-plugin/"), "{}", said.out);
}

#[test]
fn a_planned_cascade_ends_as_the_replay() {
    ends_as_the_replay(&Case::new(WHOLE), "planned");
}

#[test]
fn a_literal_cascade_ends_as_the_replay() {
    ends_as_the_replay(&Case::new(SMALL), "literal");
}

#[test]
fn a_run_that_was_killed_is_taken_up_and_asks_for_nothing_twice() {
    let case = Case::new(SMALL);
    let sum = case.checksum(&[]);
    let wire = Wire::start(&case.shop.mock.server);
    let how = ["--yes", &sum, "--poll", "10ms"];
    let mut first = Running::start(case.arguments(&wire.server, &how));
    first.line_with("run koji-");
    first.line_with(": task ");
    first.signal("KILL");
    assert_eq!(first.said().code, -1);
    let before = case.tasks();
    assert!(before >= 1);
    let _worker = case.shop.worker(&[]);
    wire.trouble_on("moduleBuild", Trouble::AnswerLost);
    let said = case.run_at(&wire.server, &[&how[..], &["--format", "json"]].concat());
    assert_eq!(said.code, 0, "{}\n{}", said.err, said.out);
    let run = json(&said);
    assert_eq!(run["counts"]["module_builds"], case.tasks());
    assert!(!wire.is_waiting_for("moduleBuild"));
}

#[test]
fn a_module_that_fails_holds_up_what_waits_for_it_and_nothing_else() {
    let case = Case::new(SMALL);
    let sum = case.checksum(&["--cascade", "planned"]);
    // The worker's site has no such module: the first task fails.
    let config = case.shop.path("worker.yaml");
    let text = std::fs::read_to_string(&config).expect("it is there");
    let others = text.lines().filter(|line| !line.starts_with("worker: "));
    let others = others.map(|line| format!("{line}\n")).collect::<String>();
    std::fs::write(&config, others).expect("it is writable");
    let _worker = case.shop.worker(&[]);
    let how = ["--cascade", "planned", "--yes", &sum, "--poll", "10ms", "--format", "json"];
    let said = case.run(&how);
    assert_eq!(said.code, 1, "{}\n{}", said.err, said.out);
    let run = json(&said);
    let states = became(&run);
    assert!(states.values().any(|one| one[0] == "failed"), "{states:?}");
    assert!(states.values().all(|one| one[0] != "ready"), "{states:?}");
    assert_eq!(run["counts"]["component_builds"], 0);
    let modules = run["modules"].as_object().expect("a map");
    let reasons: Vec<&str> = modules.values().filter_map(|one| one["reason"].as_str()).collect();
    assert!(reasons.iter().any(|why| why.contains("requirements: ")), "{reasons:?}");
}

#[test]
fn what_this_approach_does_not_heed_is_refused() {
    let case = Case::new(SMALL);
    let sum = case.checksum(&[]);
    let said = case.run(&["--yes", &sum, "--canary", "1"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("--canary is for --approach orchestrator-owned"), "{}", said.err);
}
