//! Unknown numbers, and the mock's list of its calls.

use std::collections::BTreeSet;

use serde_json::json;

use super::{Client, setup};
use crate::koji::calls;

#[test]
fn a_number_that_nothing_has_is_no_panic_anywhere() {
    let mut client = Client::new(setup());
    client.make_target("m", &["bash"]);
    let source = "git+https://src.example.org/rpms/bash#5.2-1.f99";
    let task = client.call("build", json!([source, "m"]));
    assert_eq!(client.wait(&task), 2);
    let mut asked = 0;
    for entry in calls::all().filter(|entry| entry.method != "logout") {
        for number in [0, -1, 1, 4711, i64::from(i32::MIN), i64::MIN, i64::MAX] {
            for count in 1..=entry.parameters.len() {
                // Refused or answered, it only has to end.
                drop(client.ask(entry.method, json!(vec![number; count])));
                asked += 1;
            }
        }
    }
    assert!(asked > 1000, "{asked}");
    let none = client.call("getBuild", json!([-1]));
    assert_eq!(none, json!(null));
    assert_eq!(client.fault("tagBuild", json!(["m", 0])).0, 1000);
}

#[test]
fn what_is_listed_is_answered() {
    let mut client = Client::new(setup());
    let rows = client.call("_listapi", json!([]));
    let names: BTreeSet<String> = rows
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["name"].as_str().expect("a name").to_owned())
        .collect();
    assert!(names.contains("createTag") && names.contains("host.initBuild"));
    for entry in calls::all() {
        let unknown = format!("Invalid method: {}", entry.method);
        let answer = client.ask(entry.method, json!([]));
        let is_unknown = answer.is_err_and(|fault| fault.text == unknown);
        assert_eq!(names.contains(entry.method), !is_unknown, "{}", entry.method);
        if entry.method == "logout" {
            client.log_in();
        }
    }
}
