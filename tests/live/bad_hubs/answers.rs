//! Invalid answers.

use std::time::Duration;

use modplan::live::hub::Options;

use super::super::raw_hub::{Answer, Request};
use super::{hub, options, said_of};
use crate::support::within_a_minute;

const XML: &str = "Content-Type: text/xml\r\n";
const HTML: &str = "<!DOCTYPE html><html><body>Please log in to the proxy</body></html>";

type Bad = fn(&Request) -> Answer;

fn whole(body: &str) -> Answer {
    Answer::http("200 OK", XML, body)
}

/// Announces more than it sends.
fn cut(_: &Request) -> Answer {
    let body = "<?xml version='1.0'?><methodResponse><params><param><value><str";
    let head = format!("HTTP/1.1 200 OK\r\n{XML}Content-Length: {}\r\n\r\n", body.len() + 100);
    Answer::Bytes(format!("{head}{body}").into_bytes())
}

/// Every bad answer with words that its report must have.
const BAD: [(&str, Bad, &str); 13] = [
    ("malformed", |_| whole("<methodResponse><params>&</methodResponse>"), "cannot be understood"),
    ("breaks off", |_| whole("<methodResponse><params><param>"), "breaks off"),
    ("truncated", cut, "end of file before message length"),
    ("empty", |_| whole(""), "an empty text"),
    (
        "a login page",
        |_| Answer::http("200 OK", "Content-Type: text/html\r\n", HTML),
        "an HTML page",
    ),
    ("a bad gateway", |_| Answer::http("502 Bad Gateway", "", HTML), "HTTP status 502"),
    ("forbidden", |_| Answer::http("403 Forbidden", "", HTML), "HTTP status 403"),
    (
        "JSON",
        |_| Answer::http("200 OK", "Content-Type: application/json\r\n", "{\"a\": 1}"),
        "no XML-RPC",
    ),
    (
        "not UTF-8",
        |_| {
            Answer::Bytes(
                b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\n\xff\xfe\xfd"
                    .to_vec(),
            )
        },
        "not UTF-8",
    ),
    ("no HTTP", |_| Answer::Bytes(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()), "HTTP"),
    ("closed", |_| Answer::Bytes(Vec::new()), "connection"),
    ("reset", |_| Answer::Reset, "connection"),
    (
        "elsewhere",
        |_| Answer::http("302 Found", "Location: http://203.0.113.9/kojihub\r\n", ""),
        "http://203.0.113.9",
    ),
];

#[test]
fn every_bad_answer_is_reported_in_words() {
    for (name, answer, words) in BAD {
        let said = within_a_minute(name, move || {
            let hub = hub(answer);
            said_of(&hub, options(&hub.server))
        });
        for text in said {
            assert!(text.contains(words), "{name}: {text}");
        }
    }
}

#[test]
fn the_content_type_of_a_proper_answer_does_not_matter() {
    let hub = hub(|_| {
        let answer = modplan::koji::codec::write_answer(Ok(modplan::koji::Value::Nil));
        Answer::http("200 OK", "Content-Type: text/plain\r\n", &answer)
    });
    let waited = super::Waited::default();
    let answer = super::block_on(async {
        let mut client = super::connect(options(&hub.server), &waited).await.expect("it logs in");
        client.call(&super::GetTag { tag: "f99".into(), ..super::GetTag::default() }).await
    });
    assert_eq!(answer, Ok(None));
}

#[test]
fn a_redirect_is_not_followed() {
    let other = hub(|_| whole(""));
    let location = format!("Location: {}\r\n", other.server);
    let first = hub(move |_| Answer::http("307 Temporary Redirect", &location, ""));
    let said = said_of(&first, options(&first.server));
    assert!(said[0].contains("redirects are not followed"), "{said:?}");
    assert_eq!(other.seen().len(), 0, "the session key went to another server");
}

#[test]
fn a_giant_answer_is_refused_while_it_is_read() {
    let endless: Bad = |_| {
        let head = format!("HTTP/1.1 200 OK\r\n{XML}Connection: close\r\n\r\n<methodResponse>");
        Answer::Endless(head.into_bytes(), vec![b'x'; 4096])
    };
    // The announced length is too large, so the client must not wait for the body, which never
    // comes.
    let announced: Bad = |_| {
        let head = format!("HTTP/1.1 200 OK\r\n{XML}Content-Length: 1000000000000\r\n\r\n");
        Answer::Bytes(head.into_bytes())
    };
    for answer in [endless, announced] {
        let said = within_a_minute("it", move || {
            let hub = hub(answer);
            said_of(&hub, options(&hub.server))
        });
        assert!(said[0].contains("more than 1048576 bytes"), "{said:?}");
    }
}

#[test]
fn an_error_page_without_an_end_is_cut() {
    let answer: Bad = |_| {
        let head = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\nsorry ";
        Answer::Endless(head.as_bytes().to_vec(), vec![b'x'; 4096])
    };
    let said = within_a_minute("it", move || {
        let hub = hub(answer);
        said_of(&hub, options(&hub.server))
    });
    assert!(said[0].contains("HTTP status 503: sorry xxx") && said[0].len() < 1000, "{said:?}");
}

#[test]
fn a_hub_that_says_nothing_or_little_is_left_after_its_time() {
    let silent: Bad = |_| Answer::Silence;
    let trickling: Bad = |_| {
        let head = format!("HTTP/1.1 200 OK\r\n{XML}Connection: close\r\n\r\n");
        Answer::Trickle(head.into_bytes())
    };
    for answer in [silent, trickling] {
        let said = within_a_minute("it", move || {
            let hub = hub(answer);
            let call_max = Duration::from_millis(50);
            said_of(&hub, Options { call_max, ..options(&hub.server) })
        });
        assert!(said[0].contains("no complete answer in 0.05 s"), "{said:?}");
    }
}

#[test]
fn a_hub_that_is_not_there_is_reported() {
    let gone = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        format!("http://{}/kojihub", listener.local_addr().expect("it is bound"))
    };
    let waited = super::Waited::default();
    let connected = super::block_on(super::connect(options(&gone), &waited));
    let error = connected.expect_err("nobody listens").to_string();
    assert!(error.contains("login") && error.contains("3 tries"), "{error}");
    // The second try comes at once, the third after the profile's interval.
    assert_eq!(waited.all(), Duration::from_secs(20));
}
