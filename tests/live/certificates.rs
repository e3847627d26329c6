//! TLS client certificates against servers that demand them: right ones, expired ones, and those of another
//! authority; in the handshake, and after the request.

use std::fs;
use std::time::Duration;

use modplan::koji::calls::GetTag;
use modplan::koji::profile::Profile;
use modplan::koji::shapes::Secret;
use modplan::live::hub::{Hub, HubError, Login, Options, Patience};

use super::mock_koji::block_on;
use super::peer::Peer;

const NEEDS: &str = "no Python with cryptography in target/venv (run tests/run --setup)";

fn options(peer: &Peer, authority: &str) -> Options {
    let patience = Patience { tries_max: 2, retry_interval: Duration::ZERO, ..Patience::default() };
    Options {
        server: format!("https://127.0.0.1:{}/kojihub", peer.port),
        server_ca: Some(peer.path(authority).display().to_string()),
        login_max: Duration::from_secs(20),
        patience,
        ..Options::of(&Profile::new("koji"))
    }
}

/// Logs in with a certificate, and trusts an authority.
fn log_in(peer: &Peer, client: &str, authority: &str) -> Result<(), HubError> {
    let pem = fs::read_to_string(peer.path(client)).expect("it is there");
    let login = Login::Certificate { pem: Secret::new(pem), path: client.to_owned() };
    block_on(Hub::connect(options(peer, authority), login)).map(drop)
}

/// The client's error for a call that this server answers with an error page containing the
/// session's key.
fn said_after_log_in(server: &Peer) -> String {
    let pem = fs::read_to_string(server.path("client.pem")).expect("it is there");
    let login = Login::Certificate { pem: Secret::new(pem), path: "client.pem".to_owned() };
    block_on(async {
        let mut hub = Hub::connect(options(server, "ca.pem"), login).await.expect("it logs in");
        let call = GetTag { tag: "f99".into(), ..GetTag::default() };
        let error = hub.call(&call).await.expect_err("it is not there");
        assert!(error.to_string().contains("404"), "{error}");
        format!("{error} {error:?} {hub:?}")
    })
}

#[test]
fn a_certificate_logs_in_and_every_other_is_refused_in_words() {
    let Some(server) = Peer::start("tls_hub.py", &[], NEEDS) else { return };
    assert_eq!(log_in(&server, "client.pem", "ca.pem"), Ok(()));
    assert!(!said_after_log_in(&server).contains("7-key"), "{}", said_after_log_in(&server));
    let words = |client: &str, authority: &str| {
        let error = log_in(&server, client, authority).expect_err("it is refused");
        let text = format!("{error} {error:?}");
        assert!(!text.contains("PRIVATE KEY-----"), "{text}");
        error.to_string()
    };
    let other = words("client.pem", "other-ca.pem");
    assert!(other.contains("client.pem") && other.contains("certificate"), "{other}");
    let expired = words("expired.pem", "ca.pem");
    assert!(expired.contains("expired.pem") && expired.contains("expired"), "{expired}");
    let old = words("old.pem", "ca.pem");
    assert!(old.contains("openssl pkcs8 -topk8 -nocrypt"), "{old}");
}

#[test]
fn a_hub_whose_certificate_has_expired_or_is_of_a_stranger_is_refused_at_once() {
    let Some(server) = Peer::start("tls_hub.py", &["expired-server.pem"], NEEDS) else { return };
    let password = Secret::new("hunter2-and-more");
    let login = || Login::Password { user: "alice".to_owned(), password: password.clone() };
    let refused = |authority: &str| {
        let connected = block_on(Hub::connect(options(&server, authority), login()));
        connected.expect_err("it is refused").to_string()
    };
    let expired = refused("ca.pem");
    assert!(expired.contains("certificate has expired"), "{expired}");
    let stranger = refused("other-ca.pem");
    assert!(stranger.contains("certificate"), "{stranger}");
    for text in [expired, stranger] {
        assert!(text.starts_with("cannot log in as alice") && !text.contains("hunter2"), "{text}");
    }
}

#[test]
fn a_certificate_that_is_asked_for_after_the_request_is_shown_by_renegotiation() {
    let needs = "no openssl, or no Python with cryptography in target/venv";
    let Some(mut server) = Peer::start("late_tls_hub.py", &["-tls1_2"], needs) else { return };
    assert_eq!(log_in(&server, "client.pem", "ca.pem"), Ok(()));
    assert_eq!(server.line(), "asked alice");
}

/// TLS 1.3 knows no renegotiation, and its successor must be offered in the handshake, which native-tls cannot do: a log-in by
/// certificate is made with TLS 1.2, and a server without it is refused in words.
#[test]
fn a_log_in_by_certificate_needs_tls_1_2() {
    let needs = "no openssl, or no Python with cryptography in target/venv";
    let Some(server) = Peer::start("late_tls_hub.py", &["-tls1_3"], needs) else { return };
    let error = log_in(&server, "client.pem", "ca.pem").expect_err("it has TLS 1.3 alone");
    assert!(error.to_string().contains("protocol version"), "{error}");
}

#[test]
fn a_certificate_is_not_shown_to_a_server_without_tls() {
    let login = Login::Certificate { pem: Secret::new("pem"), path: "client.pem".to_owned() };
    let options = Options {
        server: "http://127.0.0.1:1/kojihub".to_owned(),
        ..Options::of(&Profile::new("koji"))
    };
    let error = block_on(Hub::connect(options, login)).expect_err("it is not used");
    let text = error.to_string();
    assert!(text.contains("https://") || text.contains("certificate"), "{text}");
}
