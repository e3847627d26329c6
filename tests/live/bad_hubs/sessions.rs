//! Sessions that are refused or end, hubs that are offline, and clocks that are set.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use modplan::koji::calls::{CreateTag, GetTag};
use modplan::koji::{Fault, Value};
use modplan::live::hub::HubError;

use super::super::mock_koji::block_on;
use super::super::raw_hub::{Answer, RawHub, Request};
use super::{KEY, PASSWORD, Waited, connect, hub, options};
use crate::support::program::Program;

fn create() -> CreateTag {
    CreateTag { name: "f99".to_owned(), ..CreateTag::default() }
}

fn fault(code: i64, text: &str) -> Answer {
    Answer::koji(Err(Fault::new(code, text)))
}

/// The number that a request has in its session.
fn number(request: &Request) -> Option<String> {
    let lines = request.head.lines().map(str::to_lowercase);
    lines.filter_map(|line| Some(line.strip_prefix("koji-session-callnum: ")?.to_owned())).next()
}

#[test]
fn a_wrong_password_is_said_once() {
    let hub = RawHub::start(|_| fault(1002, "invalid username or password"));
    let waited = Waited::default();
    let error = block_on(connect(options(&hub.server), &waited)).expect_err("it is wrong");
    let text = format!("{error} {error:?}");
    assert!(text.contains("cannot log in as alice: invalid username or password"), "{text}");
    assert!(!text.contains(PASSWORD));
    assert_eq!((hub.seen().len(), waited.all()), (1, Duration::ZERO), "it is not tried again");
}

#[test]
fn a_session_that_expires_in_mid_run_is_renewed_and_the_write_made_once() {
    let asked = AtomicUsize::new(0);
    let hub = hub(move |_| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => fault(1007, "session \"7\" has expired"),
        _ => Answer::koji(Ok(Value::Int(4))),
    });
    let waited = Waited::default();
    let answer = block_on(async {
        let mut client = connect(options(&hub.server), &waited).await.expect("it logs in");
        client.call(&create()).await
    });
    assert_eq!(answer, Ok(4));
    let seen = hub.seen();
    let methods: Vec<String> = seen.iter().map(Request::method).collect();
    assert_eq!(methods, ["login", "createTag", "login", "createTag"]);
    assert!(seen[2].body.contains("<name>renew</name>"), "{}", seen[2].body);
    let numbers: Vec<Option<String>> = seen.iter().map(number).collect();
    assert_eq!(numbers, [None, Some("0".into()), Some("1".into()), Some("2".into())]);
}

#[test]
fn a_session_that_cannot_be_renewed_is_reported() {
    let logins = AtomicUsize::new(0);
    let hub = RawHub::start(move |request| match request.method().as_str() {
        "login" if logins.fetch_add(1, Ordering::SeqCst) == 0 => Answer::session(KEY),
        "login" => fault(1002, "invalid username or password"),
        _ => fault(1007, "session \"7\" has expired"),
    });
    let waited = Waited::default();
    let error = block_on(async {
        let mut client = connect(options(&hub.server), &waited).await.expect("it logs in");
        client.call(&create()).await.expect_err("its user is gone")
    });
    assert!(matches!(error, HubError::Login { .. }), "{error:?}");
    assert_eq!(hub.seen().len(), 3);
}

/// Offline for an hour, with a clock that jumps back and forth by years.
fn offline_for(polls: usize) -> RawHub {
    let asked = AtomicUsize::new(0);
    hub(move |_| {
        let nth = asked.fetch_add(1, Ordering::SeqCst);
        let year = if nth.is_multiple_of(2) { 1999 } else { 2055 };
        let date = format!("Content-Type: text/xml\r\nDate: Fri, 01 Jan {year} 00:00:00 GMT\r\n");
        let answer = if nth < polls {
            Err(Fault::new(1014, "database is down for maintenance"))
        } else {
            Ok(Value::Int(4))
        };
        Answer::http("200 OK", &date, &modplan::koji::codec::write_answer(answer))
    })
}

#[test]
fn a_hub_that_is_offline_for_an_hour_is_waited_for() {
    let hub = offline_for(180);
    let waited = Waited::default();
    let answer = block_on(async {
        let mut client = connect(options(&hub.server), &waited).await.expect("it logs in");
        client.call(&create()).await
    });
    assert_eq!(answer, Ok(4));
    assert_eq!(waited.all(), Duration::from_secs(3600));
    let numbers: Vec<_> = hub.seen().iter().filter_map(number).collect();
    assert!(numbers.iter().all(|number| number == "0"), "one call has one number: {numbers:?}");
}

#[test]
fn a_hub_that_stays_offline_is_given_up_and_nothing_was_done() {
    let hub = offline_for(usize::MAX);
    let waited = Waited::default();
    let error = block_on(async {
        let mut client = connect(options(&hub.server), &waited).await.expect("it logs in");
        client.call(&create()).await.expect_err("it stays offline")
    });
    assert!(matches!(error, HubError::Offline { waited_seconds: 7200, .. }), "{error:?}");
    assert!(error.to_string().contains("maintenance"), "{error}");
}

#[test]
fn a_network_that_is_down_for_ten_minutes_is_waited_for() {
    let asked = AtomicUsize::new(0);
    let hub = hub(move |_| match asked.fetch_add(1, Ordering::SeqCst) {
        0..30 => Answer::Reset,
        _ => Answer::koji(Ok(Value::Nil)),
    });
    let waited = Waited::default();
    let mut patient = options(&hub.server);
    patient.patience.tries_max = 31;
    let answer = block_on(async {
        let mut client = connect(patient, &waited).await.expect("it logs in");
        client.call(&GetTag { tag: "f99".into(), ..GetTag::default() }).await
    });
    assert_eq!(answer, Ok(None));
    assert_eq!(waited.all(), Duration::from_secs(29 * 20));
}

#[test]
fn profile_files_with_errors_are_reported_with_every_line() {
    let home = tempfile::tempdir().expect("a directory");
    let config = "server = x\n[koji]\nserver\ntimeout = soon\nauthtype = magic\n";
    std::fs::write(home.path().join("koji.conf"), config).expect("it is written");
    let given = ["record", "koji", "--koji-config", "koji.conf", "--since", "30d", "-o", "out"];
    let said = Program::new(given).within(home.path()).run();
    assert_eq!(said.code, 2, "{}", said.err);
    for words in
        ["koji.conf:1:", "koji.conf:3:", "koji.conf:4: `timeout`", "koji.conf:5: `authtype`"]
    {
        assert!(said.err.contains(words), "no {words} in {}", said.err);
    }
    assert!(!home.path().join("out").exists(), "nothing was recorded");
}
