//! A builder that logs in and runs a module task.

use serde_json::{Value as Json, json};

use super::{Client, setup};
use crate::koji::shapes::Secret;
use crate::koji::{Value, codec};

/// Sets up a builder of the channel `module`, and logs in as it.
fn worker() -> Client {
    let mut with_worker = setup();
    with_worker.users.push(("worker".to_owned(), Secret::new("secret")));
    let mut client = Client::new(with_worker);
    client.call("addHost", json!(["worker", ["x86_64"]]));
    client.call("addHostToChannel", json!(["worker", "module"]));
    client.call("removeHostFromChannel", json!(["worker", "default"]));
    client.make_target("m", &["bash"]);
    client
}

fn plan() -> Json {
    json!({"name": "perl", "stream": "5.30", "version": "1", "context": "c0ffee00",
           "arches": ["x86_64"], "platform_tag": "f99-build", "batches": []})
}

fn ready(client: &mut Client) {
    let data = json!({"methods": ["moduleBuild"], "maxjobs": 50});
    client.call("host.updateHost", json!([0.0, true, {"data": data, "__starstar": true}]));
}

fn log_in_as_worker(client: &mut Client) {
    client.log_in_as("worker");
    assert_eq!(
        client.fault("host.getID", json!([])),
        (1002, "This method requires an exclusive session".to_owned())
    );
    client.call("exclusiveSession", json!([]));
    ready(client);
}

#[test]
fn a_worker_is_given_a_module_task_makes_its_builds_and_closes_it() {
    let mut client = worker();
    let task = client.call("moduleBuild", json!([plan()]));
    log_in_as_worker(&mut client);
    let given = client.call("host.getTasks", json!([]));
    assert_eq!(given[0]["id"], task);
    let open = client.call("host.openTask", json!([task]));
    let request = open["request"].as_str().expect("XML");
    assert!(request.contains("<methodName>moduleBuild</methodName>"), "{request}");
    assert_eq!(client.call("host.openTask", json!([task])), json!(null));
    client.call("host.setTaskWeight", json!([task, 0.1]));
    let source = "git+https://src.example.org/rpms/bash#5.2-1.f99";
    let sub = json!({"method": "build", "arglist": [source, "m", {}], "parent": task,
                     "label": "build 0,0", "channel": "default", "arch": "noarch",
                     "__starstar": true});
    let child = client.call("host.subtask", json!([sub.clone()]));
    assert_eq!(client.call("host.subtask", json!([sub])), child, "the label finds it again");
    client.call("host.taskSetWait", json!([task, [child]]));
    assert_eq!(client.call("host.taskWait", json!([task])), json!([[], [child]]));
    assert_eq!(client.call("host.getHostTasks", json!([]))[0]["waiting"], true);
    assert_eq!(client.wait(&child), 2);
    ready(&mut client);
    assert_eq!(client.call("host.getHostTasks", json!([]))[0]["alert"], true);
    assert_eq!(client.call("host.taskWait", json!([task])), json!([[child], []]));
    assert_eq!(client.call("host.taskWaitResults", json!([task, [child]])), json!([[child, null]]));
    let info = client.call("getTaskInfo", json!([child]));
    assert_eq!((&info["priority"], &info["parent"]), (&json!(19), &task));
    let text = "<methodResponse><params><param><value><string>done</string></value></param></params>\
                </methodResponse>";
    assert_eq!(client.fault("host.closeTask", json!([task, "done"])).0, 1);
    client.call("host.closeTask", json!([task, text]));
    assert_eq!(client.call("getTaskResult", json!([task])), json!("done"));
    assert_eq!(client.fault("host.closeTask", json!([task, text])).0, 1004);
}

#[test]
fn a_task_waits_until_all_that_it_waits_for_are_over() {
    let mut client = worker();
    let task = client.call("moduleBuild", json!([plan()]));
    log_in_as_worker(&mut client);
    client.call("host.openTask", json!([task]));
    let child = |client: &mut Client, name: &str| {
        let sub = json!({"method": "sleep", "arglist": [1], "parent": task, "label": name,
                         "channel": "module", "__starstar": true});
        client.call("host.subtask", json!([sub]))
    };
    let (first, second) = (child(&mut client, "one"), child(&mut client, "two"));
    client.call("host.taskSetWait", json!([task, [first, second]]));
    let close = |client: &mut Client, child: &Json| {
        client.call("host.openTask", json!([child]));
        let nil = codec::write_answer(Ok(Value::Nil));
        client.call("host.closeTask", json!([child, nil]));
    };
    let row = |client: &mut Client| {
        let rows = client.call("host.getHostTasks", json!([]));
        rows.as_array().expect("rows").iter().find(|row| row["id"] == task).expect("it").clone()
    };
    close(&mut client, &first);
    assert_eq!(row(&mut client)["alert"], true);
    assert_eq!(client.call("host.taskWait", json!([task])), json!([[first], [second]]));
    // The builder slept on: only a task that is still waiting is alerted when the other ends.
    assert_eq!(row(&mut client)["waiting"], true);
    assert_eq!(row(&mut client)["alert"], json!(null));
    close(&mut client, &second);
    assert_eq!(row(&mut client)["alert"], true);
    assert_eq!(client.call("host.taskWait", json!([task])), json!([[second], []]));
    assert_eq!(row(&mut client)["waiting"], true);
    client.call("host.taskWaitResults", json!([task, null]));
    assert_eq!(row(&mut client)["waiting"], false);
}

#[test]
fn a_free_task_may_be_opened_without_being_given() {
    let mut client = worker();
    let task = client.call("moduleBuild", json!([plan()]));
    log_in_as_worker(&mut client);
    assert!(client.call("host.openTask", json!([task]))["id"].is_i64());
    // Silent for long: a task opened while it was free stays with its builder.
    client.seconds += 3600;
    ready(&mut client);
    client.call("host.getTasks", json!([]));
    assert_eq!(client.call("getTaskInfo", json!([task]))["state"], 1);
}

#[test]
fn what_was_given_to_a_silent_worker_is_free_again() {
    let mut client = worker();
    let task = client.call("moduleBuild", json!([plan()]));
    log_in_as_worker(&mut client);
    client.call("host.getTasks", json!([]));
    client.call("host.openTask", json!([task]));
    client.seconds += 901;
    client.log_in();
    client.call("scheduler.doRun", json!([true]));
    assert_eq!(client.call("getTaskInfo", json!([task]))["state"], 0);
}

#[test]
fn a_second_exclusive_session_is_refused_or_takes_over() {
    let mut client = worker();
    log_in_as_worker(&mut client);
    let first = client.credentials();
    client.log_in_as("worker");
    assert_eq!(client.fault("exclusiveSession", json!([])).0, 1006);
    assert_eq!(client.fault("getLoggedInUser", json!([])).0, 1006);
    client.call("exclusiveSession", json!([{"force": true, "__starstar": true}]));
    client.set_credentials(first);
    assert_eq!(client.fault("host.getID", json!([])).0, 1002);
}

#[test]
fn a_module_task_needs_a_whole_plan() {
    let mut client = worker();
    let (code, text) = client.fault("moduleBuild", json!([{"name": "x"}]));
    assert_eq!(code, 1019);
    assert!(text.contains("stream"), "{text}");
}
