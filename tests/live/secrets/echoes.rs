//! Hubs and proxies that repeat requests in their answers.

use std::time::Duration;

use modplan::koji::calls::{CgRefundBuild, CreateTag, GetTag};
use modplan::koji::profile::Profile;
use modplan::koji::shapes::Secret;
use modplan::koji::{Fault, Value};
use modplan::live::hub::{Hub, Login, Options, Patience};

use super::super::mock_koji::block_on;
use super::super::raw_hub::{Answer, RawHub, Request};
use super::Written;

const PASSWORD: &str = "p<ass&word's \"own\" text";
const KEY: &str = "7-AbCdEfGhIjKlMnOpQrS";
const TOKEN: &str = "e4d909c290d0fb1ca068ffaddf22cbd0";
const SECRETS: [&str; 3] = [PASSWORD, KEY, TOKEN];

/// How a request is repeated.
type Echo = fn(&Request) -> Answer;

fn html(request: &Request) -> Answer {
    let text = request.text().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let page =
        format!("<html><h1>Bad gateway</h1><pre>{}</pre></html>", text.replace('"', "&quot;"));
    Answer::http("502 Bad Gateway", "Content-Type: text/html\r\n", &page)
}

fn plain(request: &Request) -> Answer {
    Answer::http("400 Bad Request", "Content-Type: text/plain\r\n", &request.text())
}

fn key_first(request: &Request) -> Answer {
    let lines = request.head.lines().filter(|line| line.to_lowercase().contains("-key"));
    let text = lines.chain([request.body.as_str()]).collect::<Vec<_>>().join(" ");
    Answer::http("200 OK", "Content-Type: text/plain\r\n", &text)
}

fn json(request: &Request) -> Answer {
    let text = serde_json::json!({"request": request.text()}).to_string();
    Answer::http("200 OK", "Content-Type: application/json\r\n", &text)
}

fn fault(request: &Request) -> Answer {
    Answer::koji(Err(Fault::new(1, format!("cannot handle {}", request.text()))))
}

fn cut_fault(request: &Request) -> Answer {
    let text = request.text();
    let at = [PASSWORD, KEY, TOKEN].iter().find_map(|secret| text.find(secret)).unwrap_or(0);
    let end = (at + 12).min(text.len());
    Answer::koji(Err(Fault::new(1000, format!("cannot handle {}", &text[at..end]))))
}

fn value(request: &Request) -> Answer {
    Answer::koji(Ok(Value::Text(request.text())))
}

fn faults_of_many(request: &Request) -> Answer {
    let fault =
        serde_json::json!({"faultCode": 1000, "faultString": request.text(), "traceback": []});
    Answer::koji(Ok(Value::List(vec![Value::from(fault)])))
}

fn redirect(request: &Request) -> Answer {
    let url = |text: &str| -> String {
        text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat()
    };
    let location = format!("https://sso.example.org/{KEY}?to={}", url(&request.text()));
    Answer::http("302 Found", &format!("Location: {location}\r\n"), "")
}

const ECHOES: [(&str, Echo); 9] = [
    ("an HTML page", html),
    ("a refusal as text", plain),
    ("a text with the key first", key_first),
    ("JSON", json),
    ("a fault", fault),
    ("a fault with a part of a secret", cut_fault),
    ("a value", value),
    ("faults of several calls", faults_of_many),
    ("a redirect", redirect),
];

fn options(server: &str) -> Options {
    let patience = Patience {
        tries_max: 2,
        retry_interval: Duration::ZERO,
        offline_interval: Duration::ZERO,
        ..Patience::default()
    };
    Options {
        server: server.to_owned(),
        call_max: Duration::from_secs(20),
        login_max: Duration::from_secs(20),
        patience,
        ..Options::of(&Profile::new("koji"))
    }
}

fn alice() -> Login {
    Login::Password { user: "alice".to_owned(), password: Secret::new(PASSWORD) }
}

/// Makes calls of each kind; all fail, and each failure is recorded.
async fn calls(hub: &mut Hub, written: &Written) {
    let get = GetTag { tag: "f99".into(), ..GetTag::default() };
    let create = CreateTag { name: "f99".to_owned(), ..CreateTag::default() };
    let token = Secret::new(TOKEN);
    let refund = CgRefundBuild { build_id: 1, token, ..CgRefundBuild::default() };
    written.add(&format!("{refund:?}"));
    let write = |what: &str, failed: Option<String>| {
        written.add(&format!("{what}: {}\n", failed.expect("no such answer is right")));
    };
    let shown = |error: modplan::live::hub::HubError| format!("{error} {error:?}");
    write("get", hub.call(&get).await.err().map(shown));
    write("create", hub.call(&create).await.err().map(shown));
    write("refund", hub.call(&refund).await.err().map(shown));
    let many = hub.call_all(std::slice::from_ref(&refund)).await;
    write("many", Some(format!("{many:?}")));
    written.add(&format!("{hub:?}"));
}

#[test]
fn what_a_server_repeats_of_a_request_is_not_shown() {
    for (name, echo) in ECHOES {
        let hub = RawHub::start(move |request| match request.method().as_str() {
            "login" => Answer::session(KEY),
            _ => echo(request),
        });
        let written = Written::default();
        written.logging(|| {
            block_on(async {
                let options = options(&hub.server);
                written.add(&format!("{options:?} {:?}", alice()));
                let mut client = Hub::connect(options, alice()).await.expect("it logs in");
                calls(&mut client, &written).await;
            });
        });
        let sent: String = hub.seen().iter().map(Request::text).collect();
        assert!(sent.contains(KEY) && sent.contains(TOKEN), "nothing was there to repeat");
        written.holds_none_of(&SECRETS);
        let text = written.text();
        assert!(text.contains("getTag: "), "{name}: {text}");
    }
}

#[test]
fn what_a_server_repeats_of_a_log_in_is_not_shown() {
    for (name, echo) in ECHOES {
        let hub = RawHub::start(echo);
        let written = Written::default();
        let error = written.logging(|| {
            block_on(Hub::connect(options(&hub.server), alice())).expect_err("it repeats")
        });
        written.add(&format!("{error} {error:?}"));
        let sent: String = hub.seen().iter().map(Request::text).collect();
        assert!(sent.contains("<string>p&lt;ass&amp;word"), "{name}: {sent}");
        written.holds_none_of(&[PASSWORD, "p&lt;ass&amp;word", "%70%3C%61%73"]);
    }
}

#[test]
fn a_key_that_nobody_knows_yet_is_not_shown() {
    let text = format!("{{\"session-id\": 7, \"session-key\": \"{KEY}\"}}");
    let answers: [Box<dyn Fn() -> Answer + Send + Sync>; 4] = [
        Box::new({
            let text = text.clone();
            move || Answer::http("200 OK", "Content-Type: application/json\r\n", &text)
        }),
        Box::new({
            let text = text.clone();
            move || Answer::http("503 Service Unavailable", "", &text)
        }),
        Box::new({
            let text = text.clone();
            move || Answer::koji(Err(Fault::new(1, format!("cannot keep {text}"))))
        }),
        Box::new(move || Answer::koji(Ok(Value::Text(text.clone())))),
    ];
    for answer in answers {
        let hub = RawHub::start(move |_| answer());
        let written = Written::default();
        let error = written.logging(|| {
            block_on(Hub::connect(options(&hub.server), alice())).expect_err("no session")
        });
        written.add(&format!("{error} {error:?}"));
        written.holds_none_of(&[KEY]);
    }
}
