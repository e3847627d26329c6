//! A mock restarted with its journal has its former state.

use serde_json::json;

use super::super::{Asked, Credentials, Journal};
use super::setup;
use crate::koji::{Value, codec};
use crate::time::{Millis, Timestamp};

#[test]
fn a_journal_gives_back_tags_sessions_and_tasks_and_holds_no_password() {
    let directory = std::env::temp_dir().join(format!("modplan-journal-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    let path = directory.join("state");
    let (mut journal, mut mock, _) = Journal::open(&path, setup()).expect("a new journal");
    let mut credentials = Credentials::default();
    let mut ask = |seconds: u64, method: &str, params: serde_json::Value, who: &Credentials| {
        let Value::List(params) = Value::from(params) else { panic!("a list") };
        let asked = Asked::Call(codec::write_call(method, params));
        let at = Timestamp::START + Millis::from_secs(seconds);
        let (answer, is_write) = mock.answer(at, who, &asked);
        let answer = answer.expect("it works");
        if is_write {
            journal.keep(at, who, &asked).expect("it is kept");
        }
        answer
    };
    let session = ask(1, "login", json!(["alice", "secret"]), &credentials);
    credentials.id = session.get("session-id").and_then(Value::as_int);
    credentials.key = session.get("session-key").and_then(Value::as_str).map(str::to_owned);
    let tag = ask(2, "createTag", json!(["kept"]), &credentials);
    let task = ask(3, "makeTask", json!(["sleep", [60]]), &credentials);
    let seen = ask(90, "getTaskInfo", json!([Value::of(&task)]), &credentials);
    let text = std::fs::read_to_string(&path).expect("it is there");
    assert!(!text.contains("secret"), "{text}");
    assert!(!text.contains(credentials.key.as_deref().expect("a key")), "{text}");

    let (_, mut again, until) = Journal::open(&path, setup()).expect("the same journal");
    assert_eq!(until, Timestamp::START + Millis::from_secs(3));
    let mut look = |method: &str, params: Vec<Value>| {
        let asked = Asked::Call(codec::write_call(method, params));
        let at = Timestamp::START + Millis::from_secs(90);
        again.answer(at, &credentials, &asked).0.expect("it works")
    };
    assert_eq!(look("getTag", vec!["kept".into()]).get("id"), Some(&tag));
    assert_eq!(look("getTaskInfo", vec![task]), seen);
    assert_eq!(look("getLoggedInUser", Vec::new()).get("name"), Some(&"alice".into()));

    let mut other = setup();
    other.farm.builders.pop();
    let error = Journal::open(&path, other).expect_err("another farm");
    assert!(error.to_string().ends_with("started with another farm"), "{error}");
    std::fs::remove_dir_all(&directory).expect("it is ours");
}
