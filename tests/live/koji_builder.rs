//! koji's own builder code at the mock hub: it logs in as a builder, opens its tasks, and ends
//! them.

use std::path::Path;
use std::process::Command;

use modplan::koji::Value;
use modplan::koji::profile::Profile;
use modplan::koji::shapes::Secret;
use modplan::live::hub::{Hub, Login, Options};

use super::mock_koji::{Mock, block_on};
use crate::support::left_out;

#[test]
fn kojis_own_builder_runs_leaf_tasks_at_the_mock() {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/venv/bin/python");
    if !python.exists() {
        left_out("no koji client (run tests/run --setup)");
        return;
    }
    let mock = Mock::start(&["--speed", "60", "--user", "builder.example.org:secret"]);
    let options = Options { server: mock.server.clone(), ..Options::of(&Profile::new("koji")) };
    let login = Login::Password { user: "alice".to_owned(), password: Secret::new("secret") };
    let mut hub = block_on(Hub::connect(options, login)).expect("it logs in");
    let mut call = |method: &str, params: serde_json::Value| {
        let Value::List(params) = Value::from(params) else { panic!("no list of parameters") };
        block_on(hub.call_untyped(method, params)).unwrap_or_else(|error| panic!("{error}"))
    };
    call("addHost", serde_json::json!(["builder.example.org", ["x86_64"]]));
    call("addHostToChannel", serde_json::json!(["builder.example.org", "module"]));
    call("removeHostFromChannel", serde_json::json!(["builder.example.org", "default"]));
    let mut task = |method: &str, argument: serde_json::Value| {
        let opts = serde_json::json!({"channel": "module", "__starstar": true});
        let params = serde_json::json!([method, [argument], opts]);
        call("makeTask", params).as_int().expect("a number")
    };
    let refused = task("noSuchHandler", serde_json::json!(0));
    let tasks = [
        task("sleep", serde_json::json!(0)),
        // An invalid number of seconds is an exception in koji's code, and a fault of the task.
        task("sleep", serde_json::json!("soon")),
    ];
    let output = Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/koji_builder.py"))
        .args([&*mock.server, "builder.example.org", "secret"])
        .args(tasks.iter().map(i64::to_string))
        .output()
        .expect("it runs");
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    let mut lines: Vec<&str> = out.lines().collect();
    lines.sort_unstable();
    let expected = [format!("{} CLOSED True", tasks[0]), format!("{} FAILED True", tasks[1])];
    assert_eq!(lines, expected, "{err}");
    let mut result = |task: i64| {
        let params = vec![Value::Int(task)];
        block_on(hub.call_untyped("getTaskResult", params))
    };
    assert_eq!(result(tasks[0]), Ok(Value::Nil));
    let error = result(tasks[1]).expect_err("it failed");
    assert!(error.to_string().contains("TypeError"), "{error}");
    // It refuses tasks without a handler, which wait for another builder.
    let info = block_on(hub.call_untyped("getTaskInfo", vec![Value::Int(refused)]));
    let info = info.expect("an answer");
    assert_eq!((info.get("state"), info.get("host_id")), (Some(&Value::Int(0)), Some(&Value::Nil)));
}
