//! Two processes of the service on one PostgreSQL.

use serde_json::json;

use super::client::{Site, document};
use crate::support::postgres::Postgres;

#[test]
fn two_processes_share_the_work_and_one_takes_over_what_the_other_left() {
    let Some(mut site) = Site::new(&["--speed", "2000"]) else { return };
    let Some(postgres) = Postgres::start() else { return };
    site.store = postgres.url();
    let (one, other) = (site.serve(&[]), site.serve(&[]));
    let mut ids = Vec::new();
    for (at, service) in [&one, &other, &one, &other].into_iter().enumerate() {
        let text = document(&format!("app{at}"), "1", "", &["app", "tool"]);
        let answer = service.post("module-builds/", &json!({"modulemd": text}));
        assert_eq!(answer.status, 201, "{}", answer.body);
        ids.push(answer.json()[0]["id"].as_u64().expect("a number"));
    }
    let mut sorted = ids.clone();
    sorted.dedup();
    assert_eq!(sorted.len(), 4, "every build has a number of its own");
    assert_eq!(other.get(&format!("module-builds/{}", ids[0]))["name"], "app0");
    one.build_in(ids[0], &["wait", "build", "done", "ready"]);
    drop(one);
    for id in ids {
        let build = other.build_in(id, &["ready"]);
        let trace = build["state_trace"].as_array().expect("a list");
        assert_eq!(trace.iter().filter(|step| step["state_name"] == "ready").count(), 1);
    }
}
