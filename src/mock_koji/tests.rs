//! The mock hub as a pure machine: calls at given moments, and their answers.

mod builders;
mod builds;
mod numbers;
mod restart;

use serde_json::{Value as Json, json};

use super::{Asked, Credentials, Mock, MockSetup, Platform};
use crate::farm::{BuilderGroup, Farm, Model};
use crate::koji::shapes::Secret;
use crate::koji::{Arguments, Fault, Value, codec};
use crate::scenario::Scenario;
use crate::time::{Millis, Timestamp};
use crate::trace::History;

/// 2026-11-22 12:00:00 UTC.
const EPOCH: i64 = 1_795_348_800_000;

const TRACE: &str = "package,method,arch,run_seconds,outcome\n\
    bash,buildSRPMFromSCM,noarch,10,closed\nbash,buildArch,x86_64,100,closed\n\
    bash,buildArch,aarch64,200,closed\nbash,tagBuild,noarch,2,closed\n\
    ftbfs,buildSRPMFromSCM,noarch,10,closed\nftbfs,buildArch,x86_64,50,failed\n\
    ftbfs,buildArch,aarch64,60,closed\nftbfs,tagBuild,noarch,2,closed\n";

/// A hub with a client that is logged in.
pub(super) struct Client {
    pub(super) mock: Mock,
    credentials: Credentials,
    /// The simulated time.
    pub(super) seconds: u64,
}

pub(super) fn setup() -> MockSetup {
    let group = |name: &str, arch: &str| BuilderGroup {
        channels: vec!["default".to_owned(), "createrepo".to_owned()],
        capacity: 4.0,
        ..BuilderGroup::new(name, 2, vec![arch.into()])
    };
    MockSetup {
        epoch: EPOCH,
        farm: Farm {
            model: Model::Koji,
            builders: vec![group("x86", "x86_64"), group("arm", "aarch64")],
            ..Farm::default()
        },
        history: History::read(&[("trace.csv", TRACE.as_bytes())]),
        scenario: Scenario::default(),
        platforms: vec![Platform {
            tag: "f99-build".to_owned(),
            arches: Vec::new(),
            publish_to: Some("f99".to_owned()),
        }],
        users: vec![("alice".to_owned(), Secret::new("secret"))],
    }
}

impl Client {
    pub(super) fn new(setup: MockSetup) -> Self {
        let mut client =
            Self { mock: Mock::new(setup), credentials: Credentials::default(), seconds: 0 };
        client.log_in();
        client
    }

    pub(super) fn log_in(&mut self) {
        self.log_in_as("alice");
    }

    pub(super) fn log_in_as(&mut self, user: &str) {
        self.credentials = Credentials::default();
        let session = self.call("login", json!([user, "secret"]));
        self.credentials = Credentials {
            id: session["session-id"].as_i64(),
            key: session["session-key"].as_str().map(str::to_owned),
            number: None,
        };
    }

    pub(super) fn credentials(&self) -> Credentials {
        self.credentials.clone()
    }

    pub(super) fn set_credentials(&mut self, credentials: Credentials) {
        self.credentials = credentials;
    }

    pub(super) fn upload(&mut self, directory: &str, name: &str, bytes: &[u8]) {
        let (directory, name) = (directory.to_owned(), name.to_owned());
        let asked = Asked::Upload { directory, name, offset: 0, bytes: bytes.to_vec() };
        let at = Timestamp::START + Millis::from_secs(self.seconds);
        self.mock.answer(at, &self.credentials, &asked).0.expect("it is stored");
    }

    pub(super) fn set_number(&mut self, number: u64) {
        self.credentials.number = Some(number);
    }

    /// Makes a call; a last object in the parameters holds named ones.
    pub(super) fn ask(&mut self, method: &str, params: Json) -> Result<Json, Fault> {
        let mut values = match Value::from(params) {
            Value::List(values) => values,
            other => panic!("parameters are a list, not {other:?}"),
        };
        if let Some(Value::Struct(named)) = values.last().cloned()
            && named.contains_key("__starstar")
        {
            values.pop();
            let named = named.into_iter().filter(|(name, _)| name != "__starstar").collect();
            values = Arguments { positional: values, named }.into_params();
        }
        let asked = Asked::Call(codec::write_call(method, values));
        let at = Timestamp::START + Millis::from_secs(self.seconds);
        self.mock.answer(at, &self.credentials, &asked).0.map(Json::from)
    }

    pub(super) fn call(&mut self, method: &str, params: Json) -> Json {
        self.ask(method, params).unwrap_or_else(|fault| panic!("{method}: {fault}"))
    }

    /// Makes a call that must be refused.
    pub(super) fn fault(&mut self, method: &str, params: Json) -> (i64, String) {
        let fault = self.ask(method, params).expect_err("it is refused");
        (fault.code(), fault.text)
    }

    /// Lets time pass until a task is over; its state.
    pub(super) fn wait(&mut self, task: &Json) -> i64 {
        for _ in 0..2000 {
            let state = self.call("getTaskInfo", json!([task]))["state"].as_i64().expect("a state");
            if matches!(state, 2 | 3 | 5) {
                return state;
            }
            self.seconds += 5;
        }
        panic!("task {task} does not end");
    }

    /// Makes a tag, its build tag and a target for packages.
    pub(super) fn make_target(&mut self, name: &str, packages: &[&str]) {
        let build = format!("{name}-build");
        let tag = self.call("createTag", json!([name]));
        let arches = json!({"arches": "x86_64 aarch64", "__starstar": true});
        self.call("createTag", json!([build, arches]));
        let rows = json!([
            {"parent_id": tag, "priority": 0, "maxdepth": null, "intransitive": false,
             "noconfig": false, "pkg_filter": ""}
        ]);
        self.call("setInheritanceData", json!([build, rows]));
        self.call("createBuildTarget", json!([name, build, name]));
        for package in packages {
            let owner = json!({"owner": "alice", "__starstar": true});
            self.call("packageListAdd", json!([name, package, owner]));
        }
    }
}

#[test]
fn a_session_is_checked_and_its_numbers_grow() {
    let mut client = Client::new(setup());
    client.set_number(0);
    client.call("createTag", json!(["one"]));
    let retry = client.fault("createTag", json!(["one"]));
    assert_eq!(retry.0, 1009);
    assert!(retry.1.starts_with("unable to retry call 0 (method createTag) for session"));
    client.set_number(7);
    client.call("createTag", json!(["two"]));
    client.set_number(3);
    assert_eq!(client.fault("getTag", json!(["two"])).0, 1008);
    client.set_number(8);
    assert_eq!(
        client.fault("createTag", json!(["two"])),
        (1000, "A tag with the name 'two' already exists".to_owned())
    );
    // A call that faults does not use its number up.
    client.call("createTag", json!(["three"]));
    client.credentials.key = Some("1-wrong".to_owned());
    assert_eq!(
        client.fault("getAPIVersion", json!([])),
        (1002, "Invalid session or bad credentials".to_owned())
    );
    client.credentials = Credentials::default();
    assert_eq!(client.fault("login", json!(["alice", "no"])).0, 1002);
    assert_eq!(
        client.fault("createTag", json!(["four"])),
        (1004, "you must be logged in for this operation".to_owned())
    );
}

#[test]
fn an_old_session_expires_and_is_renewed_with_its_number() {
    let mut client = Client::new(setup());
    client.seconds += 1441 * 60;
    assert_eq!(client.fault("getLoggedInUser", json!([])).0, 1007);
    let renew = json!({"renew": true, "__starstar": true});
    let session = client.call("login", json!(["alice", "secret", renew]));
    assert_eq!(session["session-id"].as_i64(), client.credentials.id);
    client.credentials.key = session["session-key"].as_str().map(str::to_owned);
    assert_eq!(client.call("getLoggedInUser", json!([]))["name"], "alice");
}

#[test]
fn what_was_not_found_is_nil_and_a_fault_where_it_must_be_there() {
    let mut client = Client::new(setup());
    assert_eq!(client.call("getTag", json!(["nosuch"])), Json::Null);
    let strict = || json!({"strict": true, "__starstar": true});
    assert_eq!(
        client.fault("getTag", json!(["nosuch", strict()])),
        (1000, "No such tagInfo: 'nosuch'".to_owned())
    );
    assert_eq!(
        client.fault("getTaskInfo", json!([4711, strict()])),
        (1000, "query returned no rows".to_owned())
    );
    assert_eq!(
        client.fault("noSuchMethod", json!([])),
        (1000, "Invalid method: noSuchMethod".to_owned())
    );
    let unknown = json!({"nonsense": 1, "__starstar": true});
    assert_eq!(client.fault("getTag", json!(["f99", unknown])).0, 1019);
}

#[test]
fn several_calls_are_answered_one_by_one() {
    let mut client = Client::new(setup());
    let calls = json!([[
        {"methodName": "getTag", "params": ["f99"]},
        {"methodName": "getTag", "params": ["nosuch", {"strict": true, "__starstar": true}]},
        {"methodName": "createTag", "params": ["made"]},
    ]]);
    let answers = client.call("multiCall", calls);
    assert_eq!(answers[0][0]["name"], "f99");
    assert_eq!(answers[1]["faultCode"], 1000);
    assert!(answers[2][0].is_i64());
}

#[test]
fn every_call_of_the_table_has_a_handler() {
    let mut client = Client::new(setup());
    for entry in crate::koji::calls::all() {
        let unknown = format!("Invalid method: {}", entry.method);
        let answer = client.ask(entry.method, json!([]));
        let is_unknown = answer.is_err_and(|fault| fault.text == unknown);
        assert!(!is_unknown, "{}", entry.method);
        if entry.method == "logout" {
            client.log_in();
        }
    }
}
