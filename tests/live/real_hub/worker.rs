//! The worker at a real hub that has the plug-in: a module is asked for, the worker dies and comes back, answers are
//! lost, a task is canceled and resubmitted, and a hostile plan changes nothing.
//!
//! `MODPLAN_KOJI_SITE` names the configuration of a site for the hub of `MODPLAN_KOJI_HUB`, with a platform `el8` and
//! without `koji`; `MODPLAN_KOJI_HOST` and `MODPLAN_KOJI_HOST_PASSWORD` log in as a host of the channel `module`, and
//! the user may ask for modules. `MODPLAN_KOJI_SOURCES` names a file like `fixtures/el8-perl/sources.csv` with sources
//! that the hub's builders reach. Where the hub is on loopback, answers are lost. Builds cannot be deleted.

use std::cell::RefCell;
use std::fs;

use modplan::koji::{TaskState, Value};
use modplan::live::hub::Hub;
use modplan::site::Site;
use serde_json::{Value as Json, json};

use super::{Real, real};
use crate::live::dry_run::SOURCES;
use crate::live::mock_koji::wire::{Trouble, Wire};
use crate::support::left_out;
use crate::support::program::Running;

/// The components, by batch.
const BATCHES: [&[&str]; 2] = [&["perl-Test-Deep"], &["perl-App-cpanminus", "perl-CPAN-Meta-Check"]];
const MODULE: &str = "modplan-test";
/// So often a task is looked at, ten times a second.
const LOOKS_MAX: usize = 18_000;

struct Case {
    site: Site,
    directory: tempfile::TempDir,
    wire: Option<Wire>,
    server: String,
    runtime: tokio::runtime::Runtime,
    hub: RefCell<Hub>,
    began: jiff::Timestamp,
}

#[expect(clippy::disallowed_methods, reason = "tests find the site by these variables")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[expect(clippy::disallowed_methods, reason = "the versions at a real hub must be new")]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

impl Case {
    fn new(real: &Real) -> Option<Self> {
        let names = ["MODPLAN_KOJI_SITE", "MODPLAN_KOJI_HOST", "MODPLAN_KOJI_HOST_PASSWORD"];
        let [Some(path), Some(host), Some(password)] = names.map(variable) else {
            left_out("real hub: left out, no site or no host");
            return None;
        };
        let given = fs::read_to_string(&path).expect("the site's configuration is there");
        let site = given.clone() + "koji: {profile: koji}\n";
        let site = Site::read(site.as_bytes(), 0);
        let site = site.unwrap_or_else(|findings| panic!("{path}: {findings:?}"));
        let directory = tempfile::tempdir().expect("a directory");
        let write = |name: &str, text: &str| {
            fs::write(directory.path().join(name), text).expect("it is writable");
        };
        let user = (real.user.as_str(), real.password.reveal());
        for (who, (user, password)) in [("user", user), ("host", (&host, &password))] {
            write(&format!("{who}.password"), password);
            let file = directory.path().join(format!("{who}.password"));
            let koji = format!("koji: {{user: {user}, password_file: {}}}\n", file.display());
            write(&format!("{who}.yaml"), &(given.clone() + &koji));
        }
        write("koji.conf", "[koji]\nretry_interval = 0\n");
        let server = &real.options.server;
        let wire = server.starts_with("http://127.0.0.1:").then(|| Wire::start(server));
        let server = wire.as_ref().map_or(server, |wire| &wire.server).clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let hub = RefCell::new(runtime.block_on(real.hub()));
        let case = Self { site, directory, wire, server, runtime, hub, began: now() };
        case.write_sources();
        Some(case)
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    #[expect(clippy::print_stdout, reason = "the log is the evidence")]
    fn log(&self, line: &str) {
        let seconds = now().duration_since(self.began).as_secs();
        println!("real hub worker: {seconds:4} s: {line}");
    }

    /// Writes where each component comes from, whatever module it is built for.
    fn write_sources(&self) {
        let path = variable("MODPLAN_KOJI_SOURCES").unwrap_or_else(|| SOURCES.to_owned());
        let text = fs::read_to_string(path).expect("the sources are there");
        let wanted = |line: &&str| {
            BATCHES.iter().copied().flatten().any(|name| line.starts_with(&format!("{name},")))
        };
        let row = |line: &str| {
            let (package, url) = (line.split(',').next(), line.rsplit(',').next());
            format!("{},,,{}\n", package.expect("a package"), url.expect("an address"))
        };
        let rows: String = text.lines().filter(wanted).map(row).collect();
        fs::write(self.path("sources.csv"), "package,stream,name,url\n".to_owned() + &rows)
            .expect("it is writable");
    }

    fn component(name: &str, order: usize) -> String {
        format!("      {name}: {{rationale: It is needed., buildorder: {order}}}\n")
    }

    fn document(&self) -> String {
        let components: String = (0..)
            .zip(BATCHES)
            .flat_map(|(order, batch)| batch.iter().map(move |name| Self::component(name, order)))
            .collect();
        let text = format!(
            "document: modulemd\nversion: 2\ndata:\n  name: {MODULE}\n  stream: worker\n  summary: A \
             test\n  description: Three packages in two batches.\n  license: {{module: [MIT]}}\n  \
             dependencies: [{{buildrequires: {{platform: [el8]}}, requires: {{platform: [el8]}}}}]\n  \
             components:\n    rpms:\n{components}"
        );
        fs::write(self.path("document.yaml"), text).expect("it is writable");
        self.path("document.yaml")
    }

    /// Starts a program that speaks of koji.
    fn start(&self, who: &str, arguments: &[&str]) -> Running {
        let (config, koji) = (self.path(&format!("{who}.yaml")), self.path("koji.conf"));
        let site = ["--config", &config, "--koji-config", &koji, "--server", &self.server];
        Running::start([arguments, &site].concat())
    }

    fn worker(&self) -> Running {
        let lock = self.path("worker.lock");
        let mut worker = self.start("host", &["worker", "--poll", "1s", "--lock", &lock]);
        worker.line_with("serves the channel");
        worker
    }

    /// Asks for the module, in a version so many seconds from now.
    fn ask(&self, later: i64, more: &[&str]) -> (Running, i64) {
        let (document, sources) = (self.document(), self.path("sources.csv"));
        let against = "fixtures/el8-perl/modules.yaml";
        let at = (now() + jiff::SignedDuration::from_secs(later)).to_string();
        let all = ["module-build", &document, "--against", against, "--sources", &sources];
        let how = ["--at", &at, "--format", "json"];
        let mut asked = self.start("user", &[&all[..], &how, more].concat());
        let line = asked.line_with("Created task: ");
        let (_, rest) = line.split_once("Created task: ").expect("it is there");
        let task = rest.split_whitespace().next().expect("a number").parse().expect("a number");
        self.log(&rest.replace('(', "is asked for: ").replace(')', ""));
        (asked, task)
    }

    fn call(&self, method: &str, params: Json) -> Json {
        self.try_call(method, params).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    fn try_call(&self, method: &str, params: Json) -> Result<Json, String> {
        let Value::List(params) = Value::from(params) else { panic!("a list of parameters") };
        let mut hub = self.hub.borrow_mut();
        let answer = self.runtime.block_on(hub.call_untyped(method, params));
        answer.map(Json::from).map_err(|error| error.to_string())
    }

    fn until<T>(&self, what: &str, look: impl Fn() -> Option<T>) -> T {
        for _ in 0..LOOKS_MAX {
            if let Some(found) = look() {
                return found;
            }
            let wait = tokio::time::sleep(std::time::Duration::from_millis(100));
            self.runtime.block_on(wait);
        }
        panic!("never: {what}");
    }

    fn state(&self, task: i64) -> TaskState {
        let info = self.call("getTaskInfo", json!([task]));
        TaskState::from_number(info["state"].as_i64().expect("a number")).expect("a state")
    }

    fn end_of(&self, task: i64) -> TaskState {
        self.until("the task ends", || Some(self.state(task)).filter(|state| state.is_final()))
    }

    /// Returns the subtasks that build components: label and state.
    fn builds(&self, task: i64) -> Vec<(String, TaskState)> {
        let children = self.call("getTaskChildren", json!([task]));
        let children = children.as_array().expect("a list").iter();
        let builds = children.filter(|child| child["method"] == "build");
        let mut builds: Vec<_> = builds
            .map(|child| {
                let state = child["state"].as_i64().and_then(TaskState::from_number);
                (child["label"].as_str().unwrap_or_default().to_owned(), state.expect("a state"))
            })
            .collect();
        builds.sort();
        builds
    }

    /// Waits until a component is being built.
    fn building(&self, task: i64, label: &str) {
        let is_there = || self.builds(task).into_iter().find(|(known, _)| known == label);
        self.until(label, is_there);
    }

    /// Says what a task took, in koji's times.
    fn times(&self, task: i64) -> String {
        let info = self.call("getTaskInfo", json!([task]));
        let time = |name: &str| info[name].as_f64().expect("a time");
        let (open, whole) = (
            time("start_ts") - time("create_ts"),
            time("completion_ts") - time("create_ts"),
        );
        format!("opened after {open:.1} s, over after {whole:.1} s")
    }

    fn lose(&self, method: &str) {
        self.wire.iter().for_each(|wire| wire.trouble_on(method, Trouble::AnswerLost));
    }

    /// Does what the program never does: takes the module out of where it was shipped, and deletes its tags.
    fn give_up(&self, result: &Json) {
        let tag = result["tag"].as_str().expect("a tag");
        let publish_to = &self.site.platforms["el8"].publish_to;
        self.call("untagBuild", json!([publish_to, result["nvr"]]));
        self.call("deleteBuildTarget", json!([tag]));
        for tag in [format!("{tag}-build"), tag.to_owned()] {
            self.call("deleteTag", json!([tag]));
        }
        self.log(&format!("remains: module {}, and its components {}", result["nvr"], result["components"]));
    }
}

fn all(state: TaskState) -> Vec<(String, TaskState)> {
    ["build 0,0", "build 1,0", "build 1,1"].map(|label| (label.to_owned(), state)).into()
}

#[test]
fn real_hub_worker_builds_through_deaths_and_cancels_and_takes_no_hostile_plan() {
    let Some(case) = real().and_then(|real| Case::new(&real)) else { return };
    let mut worker = case.worker();
    let first = built_through_deaths(&case, &mut worker);
    let second = canceled_and_resubmitted(&case);
    hostile(&case, second);
    worker.signal("TERM");
    let said = worker.said();
    assert_eq!(said.code, 0, "{}", said.err);
    let requests = case.wire.as_ref().map_or(0, |wire| wire.seen().len());
    case.log(&format!("{requests} requests of all processes, where they were counted"));
    for task in [first, second] {
        case.give_up(&case.call("getTaskResult", json!([task])));
    }
}

/// Has a module built although its worker dies twice and answers are lost. Returns the task.
fn built_through_deaths(case: &Case, worker: &mut Running) -> i64 {
    for method in ["host.subtask", "CGImport", "host.closeTask"] {
        case.lose(method);
    }
    let (asked, task) = case.ask(0, &["--watch", "--poll", "1s"]);
    for label in ["build 0,0", "build 1,0"] {
        case.building(task, label);
        worker.signal("KILL");
        case.log(&format!("the worker is killed while {label} is built"));
        *worker = case.worker();
    }
    let said = asked.said();
    assert_eq!(said.code, 0, "{}", said.err);
    let answer: Json = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(answer["tasks"][0]["state"], "CLOSED");
    assert_eq!(case.builds(task), all(TaskState::Closed));
    let shipped = case.call("listTagged", json!([case.site.platforms["el8"].publish_to]));
    let nvr = &answer["tasks"][0]["nvr"];
    assert!(shipped.as_array().expect("rows").iter().any(|row| row["nvr"] == *nvr), "{nvr}");
    case.log(&case.times(task));
    task
}

/// Has a task canceled while it builds, and built by another try. Returns the task of that.
fn canceled_and_resubmitted(case: &Case) -> i64 {
    let (asked, task) = case.ask(60, &[]);
    assert_eq!(asked.said().code, 0);
    case.building(task, "build 0,0");
    case.call("cancelTask", json!([task]));
    assert_eq!(case.end_of(task), TaskState::Canceled);
    let is_over = || case.builds(task).iter().all(|(_, state)| state.is_final()).then_some(());
    case.until("all below it is over", is_over);
    let again = case.call("resubmitTask", json!([task])).as_i64().expect("a number");
    case.log(&format!("task {task} is canceled, and resubmitted as {again}"));
    let end = case.end_of(again);
    assert_eq!(end, TaskState::Closed, "{:?}", case.try_call("getTaskResult", json!([again])));
    assert_eq!(case.builds(again).len() + adopted(case, task), 3);
    case.log(&case.times(again));
    again
}

/// Returns how many components an earlier task finished.
fn adopted(case: &Case, task: i64) -> usize {
    case.builds(task).iter().filter(|(_, state)| *state == TaskState::Closed).count()
}

/// Asks for what no worker may build: each task fails, and nothing is made.
fn hostile(case: &Case, like: i64) {
    let info = case.call("getTaskInfo", json!([like, true]));
    let plan = info["request"][0].to_string().replace(MODULE, "modplan-hostile");
    let plan: Json = serde_json::from_str(&plan).expect("JSON");
    let elsewhere = "git+https://evil.example.net/rpms/bash#0123456789abcdef0123456789abcdef01234567";
    type Change<'a> = (&'a str, &'a dyn Fn(&mut Json));
    let changes: [Change<'_>; 4] = [
        ("its platform", &|plan| plan["platform_tag"] = "module-somebody-elses-build".into()),
        ("a source", &|plan| plan["batches"][0][0]["url"] = elsewhere.into()),
        ("its name", &|plan| plan["name"] = "bash".into()),
        ("its context", &|plan| plan["context"] = "deadbeef".into()),
    ];
    for (what, change) in changes {
        let mut plan = plan.clone();
        change(&mut plan);
        let task = case.call("moduleBuild", json!([plan])).as_i64().expect("a number");
        assert_eq!(case.end_of(task), TaskState::Failed, "{what}");
        let fault = case.try_call("getTaskResult", json!([task])).expect_err("it failed");
        assert!(fault.contains("this worker does not build"), "{what}: {fault}");
        assert_eq!(case.builds(task), []);
        let word = |name: &str| plan[name].as_str().unwrap_or_default().to_owned();
        let words = ["name", "stream", "version", "context"].map(word);
        let tag = format!("module-{}", words.join("-"));
        assert_eq!(case.call("getTag", json!([tag])), Json::Null, "{tag}");
        case.log(&format!("{what} is refused: {fault}"));
    }
}
