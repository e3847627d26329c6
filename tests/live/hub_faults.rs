//! Each fault that a scenario lists for a mock hub, as modplan's client meets it.

use std::time::Duration;

use modplan::koji::calls::*;
use modplan::koji::profile::Profile;
use modplan::koji::shapes::Secret;
use modplan::koji::{Call, OneOrMany, Ref, TaskState, Value};
use modplan::live::hub::{Hub, HubError, Login, Options, Patience, Pauses};

use super::mock_koji::{Mock, block_on};

const SOURCE: &str = "git+https://src.example.org/rpms/perl-DBI#1.64-1.el8";

/// A mock hub with a scenario, and a client that is logged in there.
struct Bad {
    hub: Hub,
    _mock: Mock,
}

fn options(server: &str) -> Options {
    let options = Options::of(&Profile::new("koji"));
    let patience = Patience { tries_max: 3, ..options.patience };
    Options { server: server.to_owned(), call_max: Duration::from_secs(30), patience, ..options }
}

async fn connect(mock: &Mock, options: Options) -> Result<Hub, HubError> {
    let password = Secret::new("secret");
    let login = Login::Password { user: "alice".to_owned(), password };
    assert!(options.server == mock.server);
    Hub::connect_waiting(options, login, Pauses::instead(|_| {})).await
}

fn start(scenario: &str, speed: &str) -> Mock {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("scenario.yaml");
    std::fs::write(&path, scenario).expect("it is written");
    let path = path.to_str().expect("UTF-8");
    Mock::start(&["--scenario", path, "--speed", speed])
}

impl Bad {
    fn start(scenario: &str, speed: &str) -> Self {
        let mock = start(scenario, speed);
        let hub = block_on(connect(&mock, options(&mock.server))).expect("it logs in");
        Self { hub, _mock: mock }
    }

    fn call<C: Call>(&mut self, call: &C) -> Result<C::Answer, HubError> {
        block_on(self.hub.call(call))
    }

    fn create(&mut self, name: &str) -> Result<i64, HubError> {
        let arches = Some("x86_64".to_owned());
        self.call(&CreateTag { name: name.to_owned(), arches, ..CreateTag::default() })
    }

    fn has_tag(&mut self, name: &str) -> bool {
        let call = GetTag { tag: name.into(), ..GetTag::default() };
        self.call(&call).expect("an answer").is_some()
    }

    /// Makes the target `m` with a package.
    fn make_target(&mut self) {
        self.create("m").expect("it is made");
        self.create("m-build").expect("it is made");
        let parent = Map::from([("parent_id".to_owned(), Value::Int(self.tag("m")))]);
        let rest = serde_json::json!({"priority": 0, "maxdepth": null, "intransitive": false,
                                      "noconfig": false, "pkg_filter": ""});
        let Value::Struct(mut row) = Value::from(rest) else { unreachable!("it is one") };
        row.extend(parent);
        let rows = vec![Value::Struct(row)];
        let params = vec!["m-build".into(), Value::List(rows)];
        block_on(self.hub.call_untyped("setInheritanceData", params)).expect("it is set");
        let params = vec!["m".into(), "m-build".into(), "m".into()];
        block_on(self.hub.call_untyped("createBuildTarget", params)).expect("it is made");
        let owner = serde_json::json!({"owner": "alice", "__starstar": true});
        let params = vec!["m".into(), "perl-DBI".into(), Value::from(owner)];
        block_on(self.hub.call_untyped("packageListAdd", params)).expect("it is listed");
    }

    fn tag(&mut self, name: &str) -> i64 {
        let call = GetTag { tag: name.into(), ..GetTag::default() };
        self.call(&call).expect("an answer").expect("it is there").id
    }

    /// Polls a task until it is over.
    fn wait(&mut self, task: i64) -> TaskState {
        for _ in 0..20_000 {
            let task_id = OneOrMany::One(task);
            let call = GetTaskInfo { task_id, ..GetTaskInfo::default() };
            let OneOrMany::One(Some(info)) = self.call(&call).expect("an answer") else {
                panic!("no task {task}");
            };
            if info.state.is_final() {
                return info.state;
            }
        }
        panic!("task {task} does not end");
    }

    /// Builds, and returns the error of the task.
    fn build_fault(&mut self) -> (i64, String) {
        self.make_target();
        let params = vec![SOURCE.into(), "m".into()];
        let task = block_on(self.hub.call_untyped("build", params)).expect("it is submitted");
        let task = task.as_int().expect("a number");
        assert_eq!(self.wait(task), TaskState::Failed);
        let call = GetTaskResult { task_id: task, ..GetTaskResult::default() };
        let error = self.call(&call).expect_err("it failed");
        let fault = error.fault().expect("a fault");
        (fault.code(), fault.text.clone())
    }
}

#[test]
fn lost_requests_are_made_again() {
    let scenario = "hub_faults: [{kind: requests-lost, method: createTag, every: 2}]\n";
    let mut bad = Bad::start(scenario, "1");
    let before = bad.hub.requests();
    for name in ["one", "two", "three", "four"] {
        assert!(bad.create(name).is_ok(), "{name}");
    }
    assert_eq!(bad.hub.requests() - before, 7, "every second is lost");
}

#[test]
fn a_lost_answer_leaves_a_write_unknown_and_done_once() {
    let scenario = "hub_faults: [{kind: answers-lost, method: createTag, every: 2}]\n";
    let mut bad = Bad::start(scenario, "1");
    assert!(bad.create("one").is_ok());
    let two = bad.create("two");
    assert!(matches!(two, Err(HubError::Unknown { .. })), "{two:?}");
    assert!(bad.has_tag("two"));
    // Reads are repeated.
    let scenario = "hub_faults: [{kind: answers-lost, method: getTag, every: 2}]\n";
    let mut bad = Bad::start(scenario, "1");
    assert!(!bad.has_tag("none") && !bad.has_tag("none") && !bad.has_tag("none"));
}

#[test]
fn a_doubled_write_is_done_once() {
    let mut bad = Bad::start("hub_faults: [{kind: calls-doubled, method: createTag}]\n", "1");
    let made = bad.create("one");
    assert!(matches!(made, Err(HubError::Unknown { .. })), "{made:?}");
    assert!(bad.has_tag("one"));
    let tags = block_on(bad.hub.call_untyped("listTags", Vec::new())).expect("an answer");
    let tags = tags.as_list().expect("a list").iter();
    let ones = tags.filter(|tag| tag.get("name").and_then(Value::as_str) == Some("one"));
    assert_eq!(ones.count(), 1);
}

#[test]
fn a_late_answer_is_waited_for_up_to_the_limit() {
    let mock = start("hub_faults: [{kind: calls-delayed, method: getTag, delay: 1h}]\n", "1");
    let short = Options { call_max: Duration::from_millis(300), ..options(&mock.server) };
    let error = block_on(async {
        let mut hub = connect(&mock, short).await.expect("it logs in");
        let call = GetTag { tag: "one".into(), ..GetTag::default() };
        hub.call(&call).await.expect_err("it comes in an hour")
    });
    assert!(error.to_string().contains("no complete answer in 0.3 s"), "{error}");
    let mut bad =
        Bad::start("hub_faults: [{kind: calls-delayed, method: getTag, delay: 1s}]\n", "1000");
    assert!(!bad.has_tag("none"));
}

#[test]
fn a_hub_that_is_offline_is_said_to_be() {
    let mock = start("faults: [{at: 0s, kind: hub-offline}]\n", "1");
    let error = block_on(connect(&mock, options(&mock.server))).expect_err("it is offline");
    assert!(error.to_string().contains("offline"), "{error}");
}

/// A momentary fault, repeated: a single moment may pass before a client connects.
fn again_and_again(kind: &str) -> String {
    let faults = (1..600).map(|nth| format!("- {{at: {}s, kind: {kind}}}\n", nth * 100));
    format!("hub_faults:\n{}", faults.collect::<String>())
}

#[test]
fn expired_sessions_are_renewed() {
    let mut bad = Bad::start(&again_and_again("sessions-expired"), "1000");
    let (before, mut calls) = (bad.hub.requests(), 0);
    while bad.hub.requests() - before == calls {
        assert!(calls < 100_000, "no session expired");
        let user = bad.call(&GetLoggedInUser::default()).expect("it is renewed");
        assert_eq!(user.expect("somebody").name, "alice");
        calls += 1;
    }
}

#[test]
fn tasks_that_an_admin_cancels_end_canceled() {
    let mut bad = Bad::start(&again_and_again("tasks-canceled"), "1000");
    let params = vec!["sleep".into(), Value::List(vec![Value::Int(10_000_000)])];
    let task = block_on(bad.hub.call_untyped("makeTask", params)).expect("it is made");
    assert_eq!(bad.wait(task.as_int().expect("a number")), TaskState::Canceled);
}

#[test]
fn builds_that_exist_blocked_packages_and_locked_tags_fail_as_at_a_real_hub() {
    let exists = "hub_faults: [{kind: build-exists, nvr: perl-DBI-1.64-1.el8}]\n";
    let (code, text) = Bad::start(exists, "2000").build_fault();
    assert!(code == 1000 && text.starts_with("Build already exists (id="), "{code} {text}");
    let blocked = "hub_faults: [{kind: package-blocked, package: perl-DBI, tag: m}]\n";
    let fault = Bad::start(blocked, "2000").build_fault();
    assert_eq!(fault, (1005, "package perl-DBI is blocked for tag m".to_owned()));
    let mut bad = Bad::start("hub_faults: [{kind: tag-locked, tag: m}]\n", "2000");
    assert_eq!(bad.build_fault(), (1004, "tag is locked".to_owned()));
    // The build is there, in no tag.
    let (tag, build) = (Ref::from("m"), Ref::from("perl-DBI-1.64-1.el8"));
    let call = TagBuildBypass { tag, build, ..TagBuildBypass::default() };
    let error = bad.call(&call).expect_err("it is locked");
    assert_eq!(error.fault().map(modplan::koji::Fault::code), Some(1004), "{error}");
}
