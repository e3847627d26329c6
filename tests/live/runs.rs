//! Runs of the program at the mock hub, from a dry run to the end, with what may come between.

mod cleanup;
mod crash;
mod holders;
mod refused;
mod wishes;

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::dry_run::{Case, GIVEN, SOURCES, TIME, plan};
use super::mock_koji::wire::Wire;
use crate::cli::formats::documented::Shapes;
use crate::support::left_out;
use crate::support::program::{Program, Running, Said, modplan};

/// As fast as the mock hub goes.
const SPEED: [&str; 2] = ["--speed", "20000"];
/// A client's poll at that speed, and slow enough for a test.
const POLL: [&str; 2] = ["--poll", "20ms"];
/// A module of eight components in two batches, and without dependants.
pub(super) const SMALL: &str = "perl-App-cpanminus:1.7044:2e584954";
/// What it needs.
pub(super) const SMALL_GIVEN: &str = "perl:5.30,perl-YAML:1.24,perl-libwww-perl:6.34";

/// Returns the flags that select a change.
pub(super) fn change<'a>(id: &'a str, at: &'a str) -> [&'a str; 6] {
    ["--changed", id, "--unit", "context", "--at", at]
}

/// A hub, and what is done there.
struct Site {
    case: Case,
    server: String,
    store: String,
    plan: String,
    given: &'static str,
}

impl Site {
    /// Starts a hub, plans a rebuild of all that needs perl, and keeps runs in a file.
    fn new() -> Option<Self> {
        Self::with(("perl:5.30", GIVEN), &SPEED)
    }

    /// The same for one module.
    fn small() -> Option<Self> {
        Self::with((SMALL, SMALL_GIVEN), &SPEED)
    }

    /// Without rpmbuild, which makes macros packages, the test is left out.
    fn with((id, given): (&str, &'static str), speed: &[&str]) -> Option<Self> {
        if std::process::Command::new("rpmbuild").arg("--version").output().is_err() {
            left_out("no rpmbuild (Debian's rpm)");
            return None;
        }
        let case = Case::without_plan(speed);
        let path = case.path("plan.json");
        plan(&change(id, TIME), &path);
        Some(Self {
            server: case.mock.server.clone(),
            store: format!("sqlite:{}", case.path("runs.db")),
            plan: path,
            given,
            case,
        })
    }

    /// Returns the arguments of a dry run, or of a run with a checksum.
    fn execute(&self, more: &[&str]) -> Vec<String> {
        let what = ["execute", &self.plan, "--on", "koji", "--approach", "orchestrator-owned"];
        let inputs = ["--sources", SOURCES, "--given", self.given, "--store", &self.store];
        let words = what.into_iter().chain(inputs).chain(more.iter().copied());
        words.map(str::to_owned).chain(self.case.site(&self.server)).collect()
    }

    /// Returns the arguments that resume a run.
    fn resume(&self, run: &str, more: &[&str]) -> Vec<String> {
        let what = ["runs", "resume", run, "--store", &self.store, "--format", "json"];
        let words = what.iter().chain(more).map(|&word| word.to_owned());
        words.chain(self.case.site(&self.server)).collect()
    }

    /// Makes a dry run, which must find nothing wrong; returns its checksum.
    fn checksum(&self) -> String {
        let said = Program::new(self.execute(&["--format", "json"])).run();
        let run: Json = serde_json::from_str(&said.out).expect("JSON");
        assert_eq!(said.code, 0, "{}\n{}", run["preflight"], said.err);
        run["checksum"].as_str().expect("a text").to_owned()
    }

    /// Returns the arguments that carry out what a dry run showed.
    fn yes(&self, sum: &str) -> Vec<String> {
        self.execute(&[&["--yes", sum, "--format", "json"][..], &POLL].concat())
    }

    /// Returns the runs of the store, the newest first.
    fn runs(&self) -> Vec<Json> {
        let said = modplan(&["runs", "list", "--store", &self.store, "--format", "json"]);
        let list: Json = serde_json::from_str(&said.out).unwrap_or(Json::Null);
        list["runs"].as_array().cloned().unwrap_or_default()
    }
}

/// Returns the answer of a run.
pub(super) fn answer(said: &Said) -> Json {
    serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}", said.err))
}

/// Returns how every module ended, with what was built for it.
fn states(run: &Json) -> BTreeMap<String, (String, u64)> {
    let modules = run["modules"].as_object().expect("a map").iter();
    let state = |module: &Json| module["state"].as_str().expect("a text").to_owned();
    let builds = |module: &Json| module["component_builds"].as_u64().expect("a number");
    modules.map(|(id, module)| (id.clone(), (state(module), builds(module)))).collect()
}

#[test]
fn what_a_dry_run_showed_is_carried_out_as_the_replay_has_it() {
    let Some(site) = Site::new() else { return };
    let sum = site.checksum();
    let said = Program::new(site.yes(&sum)).run();
    assert_eq!(said.code, 0, "{}", said.err);
    let run = answer(&said);
    assert_eq!((&run["on"], &run["outcome"]), (&"koji".into(), &"done".into()));
    let replay = ["execute", &site.plan, "--trace", super::mock_koji::TRACE, "--format", "json"];
    let more = ["--farm", super::mock_koji::FARM, "--approach", "orchestrator-owned"];
    let replay = answer(&modplan(&[&replay[..], &more].concat()));
    assert_eq!(states(&run), states(&replay));
    for count in ["module_builds", "component_builds"] {
        assert_eq!(run["counts"][count], replay["counts"][count], "{count}");
    }
    assert!(run["hub_calls"].as_u64() > Some(50), "{}", run["hub_calls"]);
    let components = run["modules"].as_object().expect("a map").values();
    for component in components.flat_map(|module| module["components"].as_array().expect("a list"))
    {
        let nvr = component["nvr"].as_str().unwrap_or_default();
        assert!(nvr.contains(".module+el8.6.0+"), "{component}");
        assert!(component["task_id"].as_u64() > Some(0), "{component}");
    }
    let mut shapes = Shapes::read();
    shapes.hold("koji-run", &run);
    assert_eq!(shapes.unseen("koji-run"), [""; 0]);
    let runs = site.runs();
    assert_eq!((&runs[0]["run"], &runs[0]["state"]), (&run["run"], &"done".into()));
    assert!(said.err.contains(": ready"), "{}", said.err);
    let again = Program::new(site.yes(&sum)).run();
    assert_eq!((again.code, again.out.as_str()), (1, ""));
    assert!(again.err.contains("the preflight fails: "), "{}", again.err);
    let resumed = Program::new(site.resume(run["run"].as_str().expect("a text"), &[])).run();
    assert_eq!(resumed.code, 1);
    assert!(resumed.err.contains("is done; there is nothing to resume"), "{}", resumed.err);
}

/// Returns the words of the command that a hint names.
fn hinted(err: &str) -> Vec<String> {
    let (_, rest) = err.split_once("resume it with `modplan ").expect("it says how to resume");
    let (command, _) = rest.split_once('`').expect("it ends");
    command.split(' ').map(str::to_owned).collect()
}

#[test]
fn an_interrupted_run_says_what_is_running_and_the_command_that_resumes_it() {
    let Some(site) = Site::new() else { return };
    let sum = site.checksum();
    let mut running = Running::start(site.yes(&sum));
    running.line_with(": begins");
    running.signal("INT");
    let said = running.said();
    assert_eq!(said.code, 130, "{}", said.err);
    assert!(said.err.contains("nothing more is submitted"), "{}", said.err);
    assert!(said.err.contains("is interrupted; "), "{}", said.err);
    assert_eq!(answer(&said)["outcome"], "interrupted");
    let runs = site.runs();
    let of = |name: &str| runs[0][name].clone();
    assert_eq!((of("state"), of("holder")), ("interrupted".into(), Json::Null));
    // The second time it leaves at once, wherever it is.
    let mut running = Running::start(hinted(&said.err));
    running.line_with("resumes it");
    running.signal("INT");
    running.line_with("Ctrl-C again leaves at once");
    running.signal("INT");
    assert_eq!(running.said().code, 130);
    let mut command = hinted(&said.err);
    command.extend(["--format", "json"].map(str::to_owned));
    let said = Program::new(command).run();
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(answer(&said)["outcome"], "done");
}
