//! A mock hub whose time stands still, an admin beside it, and the client with a faulty connection.

use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;

use modplan::koji::calls::ExclusiveSession;
use modplan::koji::shapes::Secret;
use modplan::koji::{Arguments, Value, codec};
use modplan::live::hub::{Hub, HubError, Login};
use serde_json::{Value as Json, json};
use tokio::runtime::Runtime;

use super::super::wire::{Trouble, Wire};
use super::super::{Mock, options};

/// The builder of the world, who is a user as well.
pub(super) const BUILDER: &str = "worker";

pub(super) struct World {
    runtime: Runtime,
    wire: Wire,
    admin: Hub,
    client: Option<Hub>,
    names: u32,
    state: PathBuf,
    _directory: tempfile::TempDir,
    _mock: Mock,
}

/// Reads parameters; the names of a last object with `__starstar` are names of parameters.
pub(super) fn values(params: Json) -> Vec<Value> {
    let Value::List(values) = Value::from(params) else { panic!("parameters are a list") };
    values
}

impl World {
    pub(super) fn start() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let state = directory.path().join("state");
        let path = state.display().to_string();
        let worker = format!("{BUILDER}:secret");
        let mock = Mock::start(&["--speed", "0.000001", "--state", &path, "--user", &worker]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let admin = log_in(&runtime, &mock.server, "alice");
        let wire = Wire::start(&mock.server);
        let mut world = Self {
            runtime,
            wire,
            admin,
            client: None,
            names: 0,
            state,
            _directory: directory,
            _mock: mock,
        };
        world.call("addHost", json!([BUILDER, ["x86_64"]]));
        world.call("addHostToChannel", json!([BUILDER, "module"]));
        world
    }

    /// Connects the client anew.
    pub(super) fn connect(&mut self, user: &str) {
        self.client = Some(log_in(&self.runtime, &self.wire.server, user));
    }

    /// Connects the client as the builder, with an exclusive session of its user.
    pub(super) fn connect_builder(&mut self) {
        self.connect(BUILDER);
        let client = self.client.as_mut().expect("it is connected");
        let call = client.call(&ExclusiveSession { force: Some(true) });
        self.runtime.block_on(call).expect("it is exclusive");
    }

    /// Has something go wrong with the client's next request.
    pub(super) fn trouble(&self, trouble: Trouble) {
        self.wire.trouble(trouble);
    }

    /// Makes a call as the client.
    pub(super) fn client(&mut self, method: &str, params: Vec<Value>) -> Result<Value, HubError> {
        let client = self.client.as_mut().expect("it is connected");
        self.runtime.block_on(client.call_untyped(method, params))
    }

    /// Makes a call as the client that must succeed.
    pub(super) fn by_client(&mut self, method: &str, params: Json) -> Json {
        let answer = self.client(method, values(params));
        answer.unwrap_or_else(|error| panic!("{method}: {error}")).into()
    }

    /// Makes a call as the admin that must succeed.
    pub(super) fn answer(&mut self, method: &str, params: Vec<Value>) -> Value {
        let answer = self.runtime.block_on(self.admin.call_untyped(method, params));
        answer.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    pub(super) fn call(&mut self, method: &str, params: Json) -> Json {
        self.answer(method, values(params)).into()
    }

    /// Returns how much the mock has kept of its state so far.
    pub(super) fn kept(&self) -> u64 {
        fs::metadata(&self.state).expect("the mock keeps its state").len()
    }

    /// Returns how often the hub carried out a call that changes something, after so much was kept.
    pub(super) fn done_since(&self, kept: u64, method: &str, params: &[Value]) -> usize {
        let mut file = fs::File::open(&self.state).expect("the mock keeps its state");
        file.seek(SeekFrom::Start(kept)).expect("it only grows");
        let mut text = String::new();
        file.read_to_string(&mut text).expect("it is text");
        let mut wanted = Arguments::of(params.to_vec());
        if method == "login" {
            // A password is not kept.
            wanted.positional[1] = "".into();
        }
        let is_it = |line: &&str| {
            let entry: Json = serde_json::from_str(line).expect("a line of JSON");
            let call = entry["asked"]["Call"].as_str().and_then(|text| codec::read_call(text).ok());
            call.is_some_and(|(name, own)| name == method && Arguments::of(own) == wanted)
        };
        text.lines().filter(is_it).count()
    }

    /// A name that nothing has yet.
    pub(super) fn name(&mut self) -> String {
        self.names += 1;
        format!("thing{}", self.names)
    }

    pub(super) fn tag(&mut self) -> String {
        let name = self.name();
        self.call("createTag", json!([name, {"arches": "x86_64", "__starstar": true}]));
        name
    }

    /// A target with the build tag of its name.
    pub(super) fn target(&mut self) -> String {
        let name = self.tag();
        self.call("createBuildTarget", json!([name, name, name]));
        name
    }

    /// A task of the builder's channel, which is free.
    pub(super) fn task(&mut self) -> i64 {
        let task =
            self.call("makeTask", json!(["sleep", [1], {"channel": "module", "__starstar": true}]));
        task.as_i64().expect("a number")
    }

    /// A task that the builder has open.
    pub(super) fn open_task(&mut self) -> i64 {
        let task = self.task();
        self.by_client("host.openTask", json!([task]));
        task
    }

    /// A build that the builder has reserved, after the task that it has open for it.
    pub(super) fn reserved_build(&mut self) -> (i64, i64) {
        let (task, name) = (self.open_task(), self.name());
        let data = json!({"name": name, "version": "1", "release": "1", "task_id": task});
        let build = self.by_client("host.initBuild", json!([data]));
        (task, build.as_i64().expect("a number"))
    }

    /// A repo that the builder has begun.
    pub(super) fn begun_repo(&mut self) -> i64 {
        let tag = self.tag();
        let begun = self.by_client("host.repoInit", json!([tag]));
        begun[0].as_i64().expect("a number")
    }

    /// A separate builder.
    pub(super) fn host(&mut self) -> String {
        let name = self.name();
        self.call("addHost", json!([name, ["x86_64"]]));
        name
    }

    /// A separate user: that of a builder.
    pub(super) fn user(&mut self) -> String {
        self.host()
    }

    /// The metadata of a build to import.
    pub(super) fn metadata(&mut self) -> Json {
        let name = self.name();
        json!({
            "metadata_version": 0,
            "buildroots": [{"id": 1, "content_generator": {"name": "module-build-service", "version": "3"}}],
            "build": {"name": name, "version": "1", "release": "1"},
            "output": [{"buildroot_id": 1, "filename": "modulemd.txt", "filesize": 1, "metadata_only": true}],
        })
    }

    /// A build that is complete; its name, version and release.
    pub(super) fn build(&mut self) -> String {
        let metadata = self.metadata();
        let build = self.call("CGImport", json!([metadata, ""]));
        build["nvr"].as_str().expect("a name").to_owned()
    }

    /// A build in a tag.
    pub(super) fn tagged(&mut self) -> (String, String) {
        let (tag, build) = (self.tag(), self.build());
        self.call("tagBuildBypass", json!([tag, build]));
        (tag, build)
    }

    /// A package in the list of a tag.
    pub(super) fn listed(&mut self) -> (String, String) {
        let (tag, package) = (self.tag(), self.name());
        self.call("packageListAdd", json!([tag, package, {"owner": "alice", "__starstar": true}]));
        (tag, package)
    }

    pub(super) fn external(&mut self) -> String {
        let name = self.name();
        self.call("createExternalRepo", json!([name, format!("https://example.org/{name}/")]));
        name
    }
}

fn log_in(runtime: &Runtime, server: &str, user: &str) -> Hub {
    let login = Login::Password { user: user.to_owned(), password: Secret::new("secret") };
    runtime.block_on(Hub::connect(options(server), login)).expect("it logs in")
}
