//! Hubs that lack newer calls: the client queries their methods, and works around missing ones. And hubs that
//! read the number of a call from another header.

use modplan::koji::calls::{ListTasks, MakeTask, Map};
use modplan::koji::profile::Profile;
use modplan::koji::{Fault, RowsOrCount, Value};
use modplan::live::hub::{Hub, HubError, Login, Options, Pauses, RepoAsk};

use super::mock_koji::wire::{Trouble, Wire};
use super::mock_koji::{Mock, alice, block_on, options};
use super::raw_hub::{Answer, RawHub};

/// A hub with some methods: it lists them, and knows no others.
fn hub(methods: &'static [&'static str]) -> RawHub {
    RawHub::start(move |request| {
        let method = request.method();
        let row = |name: &&str| Value::from(serde_json::json!({"name": name, "argdesc": "()"}));
        let answer = match method.as_str() {
            "_listapi" => Ok(Value::List(methods.iter().map(row).collect())),
            known if !methods.contains(&known) => {
                Err(Fault::generic(format!("Invalid method: {known}")))
            }
            "getKojiVersion" => Ok(Value::from("1.33.1")),
            "newRepo" => Ok(Value::Int(17)),
            "repo.request" => Ok(Value::from(serde_json::json!({
                "repo": null, "duplicate": false,
                "request": {"id": 4, "active": true, "at_event": null, "min_event": 5, "opts": {},
                    "create_time": "2026-11-22 12:02:28+00:00", "create_ts": 1.0, "owner": 1,
                    "owner_name": "alice", "priority": 20, "repo_id": null, "tag_id": 3,
                    "tag_name": "f99-build", "task_id": null, "task_state": null, "tries": 0,
                    "update_time": "2026-11-22 12:02:28+00:00", "update_ts": 1.0},
            }))),
            _ => Ok(Value::Nil),
        };
        Answer::koji(answer)
    })
}

/// Queries a hub's abilities, and requests a repo.
fn asked(hub: &RawHub) -> (Option<String>, RepoAsk) {
    let options = Options { server: hub.server.clone(), ..Options::of(&Profile::new("koji")) };
    let pauses = Pauses::instead(|_| {});
    block_on(async {
        let connected = Hub::connect_waiting(options, Login::Anonymous, pauses).await;
        let mut client = connected.expect("nobody logs in");
        let abilities = client.probe().await.expect("it answers");
        let ask = client.ask_repo(&abilities, "f99-build", 5).await.expect("it answers");
        (abilities.version, ask)
    })
}

#[test]
fn repos_are_asked_for_in_the_way_that_a_hub_knows() {
    let oldest = hub(&["getRepo", "newRepo"]);
    assert_eq!(asked(&oldest), (None, RepoAsk::Task(17)), "before 1.23");
    let old = hub(&["getKojiVersion", "getRepo", "newRepo"]);
    assert_eq!(asked(&old), (Some("1.33.1".to_owned()), RepoAsk::Task(17)), "before 1.34");
    let new = hub(&["getKojiVersion", "getRepo", "newRepo", "repo.request"]);
    assert_eq!(asked(&new).1, RepoAsk::Requested(4));
    let methods: Vec<String> = new.seen().iter().map(|request| request.method()).collect();
    assert_eq!(methods, ["_listapi", "getKojiVersion", "repo.request"]);
}

#[test]
fn a_hub_that_reads_the_older_header_carries_a_write_out_once() {
    let mock = Mock::start(&[]);
    let wire = Wire::start(&mock.server);
    wire.hide("koji-session-callnum");
    block_on(async {
        let mut hub = Hub::connect(options(&wire.server), alice()).await.expect("it is there");
        let arglist = vec![Value::Int(1)];
        let call = MakeTask { method: "sleep".to_owned(), arglist, settings: Map::new() };
        hub.call(&call).await.expect("it is made");
        wire.trouble_after(0, Trouble::AnswerLost);
        let lost = hub.call(&call).await;
        assert!(matches!(lost, Err(HubError::Unknown { .. })), "{lost:?}");
        let tasks = hub.call(&ListTasks::default()).await.expect("it answers");
        let RowsOrCount::Rows(tasks) = tasks else { panic!("rows were asked for") };
        let made = tasks.iter().filter(|task| task.method == "sleep").count();
        assert_eq!(made, 2, "each call made one task");
    });
}
