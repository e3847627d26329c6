//! `modplan runs` on stores that tests filled.

use serde_json::{Value, json};

use super::course::{fixture, of_fixture};
use super::*;
use crate::cli::formats::documented::Shapes;
use crate::support::program::modplan;

/// Fills a store: a run that this process drives, half way; one whose process died; one that ended.
async fn filled(url: &str) -> String {
    let (text, kept) = fixture();
    let store = Store::open(url).await.expect("it opens");
    let me = Holder::this_process();
    let begun = store.begin(&of_fixture(&kept, "r1"), &me, NOW, LEASE).await;
    let rows: Vec<String> =
        text.split_inclusive('\n').skip(1).take(25).map(str::to_owned).collect();
    store.append(&mut begun.expect("it begins"), &rows, NOW).await.expect("they are kept");
    let died = NewRun { streams: Vec::new(), ..of_fixture(&kept, "r2") };
    store.begin(&died, &dead(), later(1000), LEASE).await.expect("it begins");
    let ended = NewRun { streams: Vec::new(), ..of_fixture(&kept, "r3") };
    let ended = store.begin(&ended, &me, later(2000), LEASE).await.expect("it begins");
    store.release(&ended, RunState::Done, later(62_000)).await.expect("it ends");
    text.split_inclusive('\n').take(26).collect()
}

fn json_of(arguments: &[&str]) -> Value {
    let said = modplan(arguments);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    serde_json::from_str(&said.out).expect("JSON")
}

#[test]
fn runs_are_listed_shown_and_exported() {
    on_both(async |url| {
        let journal = filled(url).await;
        let me = Holder::this_process().to_string();
        let list = json_of(&["runs", "list", "--store", url, "--format", "json"]);
        let row = |run, state, holder: Value, second, ended: Value| {
            json!({"run": run, "approach": "orchestrator-owned", "state": state, "holder": holder,
                   "started": format!("2027-01-15T08:00:0{second}Z"), "ended": ended})
        };
        let rows = json!([
            row("r3", "done", Value::Null, 2, json!("2027-01-15T08:01:02Z")),
            row("r2", "interrupted", Value::Null, 1, Value::Null),
            row("r1", "running", json!(me), 0, Value::Null),
        ]);
        assert_eq!(list, json!({"format": 1, "runs": rows}));
        let show = json_of(&["runs", "show", "r1", "--store", url, "--format", "json"]);
        assert_eq!((&show["run"], &show["state"]), (&json!("r1"), &json!("running")));
        let ids: Vec<&str> =
            show["modules"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap()).collect();
        let id = |context| format!("perl-DBD-Pg:3.7:{context}");
        assert_eq!(ids, [id("66cd6814"), id("e46b129e"), id("e5d39b47")]);
        let mut shapes = Shapes::read();
        shapes.hold("runs", &list);
        shapes.hold("durable-run", &show);
        assert_eq!(shapes.unseen("durable-run"), [""; 0]);
        let export = modplan(&["runs", "export", "r1", "--store", url]);
        assert_eq!((export.code, export.out), (0, journal));
        let table = modplan(&["runs", "list", "--store", url]).out;
        let states: Vec<_> = table.lines().filter_map(|l| l.split_whitespace().nth(2)).collect();
        assert_eq!(states, ["STATE", "done", "interrupted", "running"]);
        let shown = modplan(&["runs", "show", "r1", "--store", url]).out;
        assert!(shown.starts_with(&format!("r1: orchestrator-owned, running, driven by {me}")));
        assert!(shown.contains("perl-DBD-Pg:3.7:66cd6814"), "{shown}");
    });
}

#[test]
fn runs_that_are_not_there_are_refused_in_words() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("runs.db");
    let url = format!("sqlite:{}", path.display());
    let missing = modplan(&["runs", "list", "--store", &url]);
    assert_eq!((missing.code, missing.out.as_str()), (3, ""));
    assert!(missing.err.contains("no run was kept") && missing.err.contains("--store"));
    assert!(!path.exists(), "nothing is made by reading");
    block_on(async { drop(Store::open(&url).await.expect("it opens")) });
    let none = modplan(&["runs", "show", "r9", "--store", &url]);
    assert_eq!((none.code, none.out.as_str()), (2, ""));
    assert!(none.err.contains("no run `r9` in the store"), "{}", none.err);
    let list = modplan(&["runs", "list", "--store", &url]);
    assert_eq!((list.code, list.out.as_str()), (0, "no runs\n"));
    let bad = modplan(&["runs", "list", "--store", "mysql://root:secret@host/db"]);
    assert_eq!(bad.code, 2);
    assert!(bad.err.contains("invalid store") && !bad.err.contains("secret"), "{}", bad.err);
}
