//! A mock hub with a host for the worker, a configuration, and an admin beside it.

use std::cell::RefCell;
use std::fs;
use std::time::Duration;

use modplan::koji::shapes::Task;
use modplan::koji::{Call as _, TaskState, Value, calls};
use modplan::live::hub::Hub;
use modplan::module_build::task_request::{RequestedComponent, TaskRequest};
use serde_json::{Value as Json, json};

use crate::live::mock_koji::{FARM, Mock, TRACE, alice, options};
use crate::support::program::{Running, Said};

/// The platform that modules are built on, and where they are shipped.
const PLATFORM: &str = "el8-build:el8-candidate";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
/// A client that does not wait between its tries.
const KOJI_CONF: &str = "[koji]\nretry_interval = 0\noffline_retry_interval = 0\n";
/// So often a task is looked at until it is over; a look takes a hundredth of a second at least.
const LOOKS_MAX: usize = 20_000;

/// A module that is asked for.
#[derive(Clone, Debug)]
pub(in crate::live) struct Wanted {
    pub(in crate::live) name: String,
    pub(in crate::live) version: String,
    pub(in crate::live) document: String,
    /// Components by batch.
    batches: Vec<Vec<String>>,
}

impl Wanted {
    /// A module of three components in two batches.
    pub(in crate::live) fn tool() -> Self {
        Self::of("tool", &[("base", 0), ("lib", 1), ("app", 1)])
    }

    /// A module of some components, each with its build order from 0 on.
    pub(in crate::live) fn of(name: &str, components: &[(&str, usize)]) -> Self {
        let component = |(name, order): &(&str, usize)| {
            format!("      {name}: {{rationale: It is needed., buildorder: {order}}}\n")
        };
        let rpms: String = components.iter().map(component).collect();
        let version = "8020020260101000000".to_owned();
        let document = format!(
            "document: modulemd\nversion: 2\ndata:\n  name: {name}\n  stream: '1'\n  \
             version: {version}\n  context: c0ffee00\n  static_context: true\n  summary: A tool\n  \
             description: A tool and what it needs.\n  license: {{module: [MIT]}}\n  \
             dependencies: [{{buildrequires: {{platform: [el8]}}, requires: {{platform: [el8]}}}}]\n  \
             components:\n    rpms:\n{rpms}"
        );
        let last = components.iter().map(|(_, order)| *order).max().unwrap_or(0);
        let batch = |at: usize| {
            let of = components.iter().filter(|(_, order)| *order == at);
            of.map(|(name, _)| (*name).to_owned()).collect()
        };
        Self { name: name.to_owned(), version, document, batches: (0..=last).map(batch).collect() }
    }

    /// The same in another version.
    pub(in crate::live) fn version(mut self, version: &str) -> Self {
        self.document = self.document.replace(&self.version, version);
        self.version = version.to_owned();
        self
    }

    pub(in crate::live) fn request(&self) -> TaskRequest {
        let component = |name: &String| RequestedComponent {
            name: name.clone(),
            component: None,
            url: source(name),
        };
        TaskRequest {
            name: self.name.clone(),
            stream: "1".to_owned(),
            version: self.version.clone(),
            context: "c0ffee00".to_owned(),
            platform_tag: "el8-build".to_owned(),
            arches: ["aarch64", "x86_64"].map(str::to_owned).into(),
            modulemd: self.document.clone(),
            batches: self
                .batches
                .iter()
                .map(|batch| batch.iter().map(component).collect())
                .collect(),
            source: None,
        }
    }
}

/// Returns the fixture's farm behind a hub that frees no tasks of a host that is silent: at the speed of these
/// tests, 900 s are a few hundredths of a second.
fn patient_farm() -> String {
    let text = fs::read_to_string(FARM).expect("it is there");
    let hub = "hub: {ready_timeout: 365d, assign_timeout: 365d, host_timeout: 365d, ";
    text.replace("hub: {", hub)
}

/// Returns where a component comes from.
pub(in crate::live) fn source(name: &str) -> String {
    format!("git+https://src.example.org/rpms/{name}#{COMMIT}")
}

/// A subtask.
#[derive(Debug)]
pub(in crate::live) struct Child {
    pub(in crate::live) label: String,
    pub(in crate::live) method: String,
    pub(in crate::live) state: TaskState,
    pub(in crate::live) channel: i64,
    pub(in crate::live) owner: i64,
    pub(in crate::live) priority: i64,
    pub(in crate::live) request: Vec<Value>,
}

impl From<Task> for Child {
    fn from(task: Task) -> Self {
        Self {
            label: task.label.unwrap_or_default(),
            method: task.method,
            state: task.state,
            channel: task.channel_id.unwrap_or_default(),
            owner: task.owner.unwrap_or_default(),
            priority: task.priority,
            request: task.request.and_then(|own| Some(own.as_list()?.to_vec())).unwrap_or_default(),
        }
    }
}

/// The hub and what is around it.
pub(in crate::live) struct Shop {
    pub(in crate::live) mock: Mock,
    directory: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
    admin: RefCell<Hub>,
}

impl Shop {
    pub(in crate::live) fn start(arguments: &[&str]) -> Self {
        Self::with_config(arguments, "")
    }

    /// The same with more in the configuration.
    pub(in crate::live) fn with_config(arguments: &[&str], more: &str) -> Self {
        let speed: &[&str] =
            if arguments.contains(&"--speed") { &[] } else { &["--speed", "4000"] };
        let directory = tempfile::tempdir().expect("a directory");
        let farm = directory.path().join("farm.yaml");
        fs::write(&farm, patient_farm()).expect("it is writable");
        let farm = farm.display().to_string();
        let users = ["--user", "alice:secret", "--user", "worker:secret"];
        let trace: &[&str] = if arguments.contains(&"--trace") { &[] } else { &["--trace", TRACE] };
        let usual = ["--platform", PLATFORM, "--farm", &farm];
        let mock = Mock::with(&[&usual[..], &users, trace, speed, arguments].concat());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let admin = runtime.block_on(Hub::connect(options(&mock.server), alice()));
        let admin = RefCell::new(admin.expect("it is there"));
        let shop = Self { mock, directory, runtime, admin };
        fs::write(shop.path("password"), "secret\n").expect("it is writable");
        fs::write(shop.path("koji.conf"), KOJI_CONF).expect("it is writable");
        for user in ["worker", "alice"] {
            let text = shop.config(user) + more;
            fs::write(shop.path(&format!("{user}.yaml")), text).expect("it is writable");
        }
        shop.call("addHost", json!(["worker", ["x86_64"]]));
        shop.call("addHostToChannel", json!(["worker", "module"]));
        shop.call("removeHostFromChannel", json!(["worker", "default"]));
        shop.call("editHost", json!(["worker", {"capacity": 100.0, "__starstar": true}]));
        shop
    }

    fn config(&self, user: &str) -> String {
        let password = self.path("password");
        format!(
            "koji: {{profile: koji, user: {user}, password_file: {password}}}\n\
             platforms:\n  el8: {{tag: el8-build, arches: [aarch64, x86_64], publish_to: el8-candidate}}\n\
             scm: {{allow: [\"https://src.example.org/\"]}}\n"
        )
    }

    pub(in crate::live) fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    /// Starts a worker.
    pub(in crate::live) fn worker(&self, more: &[&str]) -> Running {
        Running::start(self.arguments("worker", &self.mock.server, more))
    }

    /// Starts one that logs in as somebody else.
    pub(in crate::live) fn worker_as(&self, user: &str) -> Running {
        Running::start(self.arguments(user, &self.mock.server, &[]))
    }

    /// Returns the arguments of a worker at an address.
    pub(in crate::live) fn arguments(
        &self,
        user: &str,
        server: &str,
        more: &[&str],
    ) -> Vec<String> {
        let config = self.path(&format!("{user}.yaml"));
        let (koji, lock) = (self.path("koji.conf"), self.path("worker.lock"));
        let mut all = vec!["worker", "--config", &config, "--koji-config", &koji];
        all.extend(["--server", server]);
        if !more.contains(&"--lock") {
            all.extend(["--lock", &lock]);
        }
        if !more.contains(&"--poll") {
            all.extend(["--poll", "15ms"]);
        }
        all.iter().chain(more).map(|&word| word.to_owned()).collect()
    }

    /// Makes a call as an admin, which must work.
    pub(in crate::live) fn call(&self, method: &str, params: Json) -> Json {
        self.try_call(method, params).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    pub(in crate::live) fn try_call(&self, method: &str, params: Json) -> Result<Json, String> {
        let Value::List(params) = Value::from(params) else { panic!("a list of parameters") };
        let mut admin = self.admin.borrow_mut();
        let answer = self.runtime.block_on(admin.call_untyped(method, params));
        answer.map(Json::from).map_err(|error| error.to_string())
    }

    /// Asks for a module; returns the task.
    pub(in crate::live) fn ask(&self, wanted: &Wanted) -> i64 {
        self.ask_for(&wanted.request())
    }

    pub(in crate::live) fn ask_for(&self, request: &TaskRequest) -> i64 {
        let plan = Json::from(Value::Struct(request.to_map()));
        self.call("moduleBuild", json!([plan])).as_i64().expect("a number")
    }

    pub(in crate::live) fn state_of(&self, task: i64) -> TaskState {
        let info = self.call("getTaskInfo", json!([task]));
        TaskState::from_number(info["state"].as_i64().expect("a number")).expect("a state")
    }

    /// Waits until a task is over.
    pub(in crate::live) fn end_of(&self, task: i64) -> TaskState {
        for _ in 0..LOOKS_MAX {
            let state = self.state_of(task);
            if state.is_final() {
                return state;
            }
            self.wait_a_little();
        }
        panic!("the task {task} does not end: {:?}", self.tree(task));
    }

    /// Waits until something holds.
    pub(in crate::live) fn until(&self, what: &str, holds: impl Fn() -> bool) {
        for _ in 0..LOOKS_MAX {
            if holds() {
                return;
            }
            self.wait_a_little();
        }
        panic!("never: {what}");
    }

    /// Lets the processes around have the machine.
    fn wait_a_little(&self) {
        let never = std::future::pending::<()>();
        let wait = async { tokio::time::timeout(Duration::from_millis(10), never).await };
        self.runtime.block_on(wait).expect_err("it waits");
    }

    /// Waits until a worker has checked in so often.
    pub(in crate::live) fn turns(&self, _worker: &Running, count: usize) {
        let seen =
            || self.call("getLastHostUpdate", json!(["worker", {"ts": true, "__starstar": true}]));
        for _ in 0..count {
            let before = seen();
            self.until("the worker checks in", || seen() != before);
        }
    }

    /// Returns what a task failed with; nothing where it did not.
    pub(in crate::live) fn fault_of(&self, task: i64) -> String {
        self.try_call("getTaskResult", json!([task])).err().unwrap_or_default()
    }

    /// Returns the subtasks of a task, in the order in which they were made.
    pub(in crate::live) fn tree(&self, task: i64) -> Vec<Child> {
        let call = calls::GetTaskChildren { task_id: task, request: Some(true), strict: None };
        let mut admin = self.admin.borrow_mut();
        let tasks = self.runtime.block_on(admin.call(&call)).expect(calls::GetTaskChildren::METHOD);
        tasks.into_iter().map(Child::from).collect()
    }

    /// Returns the packages in a tag.
    pub(in crate::live) fn tagged(&self, tag: &str) -> Vec<String> {
        let rows = self.call("listTagged", json!([tag]));
        let rows = rows.as_array().expect("rows").iter();
        let mut names: Vec<String> =
            rows.map(|row| row["package_name"].as_str().expect("a name").to_owned()).collect();
        names.sort();
        names
    }

    /// Returns what every `build` task of alice's builds, whatever became of it.
    pub(in crate::live) fn builds(&self) -> Vec<String> {
        self.builds_of("")
    }

    /// The same of one module, by the beginning of its name.
    pub(in crate::live) fn builds_of(&self, module: &str) -> Vec<String> {
        let opts = json!({"method": "build", "owner": self.user("alice"), "decode": true});
        let rows = self.call("listTasks", json!([opts]));
        let rows = rows.as_array().expect("rows").iter();
        let mut names: Vec<String> = rows
            .map(|row| &row["request"][2]["custom_user_metadata"]["modplan"])
            .filter(|mark| mark["module"].as_str().is_some_and(|id| id.starts_with(module)))
            .map(|mark| mark["component"].as_str().expect("it is marked").to_owned())
            .collect();
        names.sort();
        names
    }

    pub(in crate::live) fn user(&self, name: &str) -> i64 {
        self.call("getUser", json!([name]))["id"].as_i64().expect("a number")
    }
}

/// Has a worker stop.
pub(in crate::live) fn stopped(worker: Running) -> Said {
    worker.signal("TERM");
    worker.said()
}
