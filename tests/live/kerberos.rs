//! Kerberos against a KDC of MIT's on loopback.
//!
//! The client's Kerberos is configured by its environment: the tests run themselves as its process.

use std::process::Command;
use std::time::Duration;

use modplan::koji::calls::GetTag;
use modplan::koji::profile::Profile;
use modplan::live::hub::{Hub, Login, Options, Patience};

use super::mock_koji::block_on;
use super::peer::Peer;

/// The instructions for the process of a client.
const CLIENT: &str = "MODPLAN_TEST_KERBEROS_CLIENT";
const NEEDS: &str =
    "no krb5kdc, or no Python with cryptography in target/venv (run tests/run --setup)";

/// The result of a client.
struct Came {
    text: String,
    is_ok: bool,
}

/// A KDC with a hub, and the user's own Kerberos.
struct Realm(Peer);

impl Realm {
    fn start() -> Option<Self> {
        Peer::start("kerberos_hub.py", &[], NEEDS).map(Self)
    }

    fn path(&self, name: &str) -> String {
        self.0.path(name).display().to_string()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("KRB5_CONFIG", self.0.path("krb5.conf"))
            .env("KRB5CCNAME", format!("FILE:{}", self.path("default.cache")));
        command
    }

    /// Gets a ticket into the default cache.
    fn kinit(&self, principal: &str, life: &str) {
        let keytab = self.path("both.keytab");
        let done =
            self.command("kinit").args(["-k", "-t", &keytab, "-l", life, principal]).output();
        let done = done.expect("kinit runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// Logs in and reads, in a separate process; `-` marks a missing value.
    fn client(&self, principal: &str, keytab: &str) -> Came {
        let keytab = if keytab == "-" { "-".to_owned() } else { self.path(keytab) };
        let given = [&*self.0.port, &*self.path("ca.pem"), principal, &*keytab].join("|");
        let program = std::env::current_exe().expect("a test");
        let output = self
            .command(program.to_str().expect("UTF-8"))
            .args(["--exact", "live::kerberos::client_of_the_realm", "--nocapture"])
            .env(CLIENT, given)
            .output()
            .expect("it runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let text = text(&output.stdout) + &text(&output.stderr);
        assert!(text.contains("1 passed") || !output.status.success(), "{text}");
        Came { text, is_ok: output.status.success() }
    }
}

/// The process of a client: does nothing when run directly.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test that runs itself is told by its environment")]
fn client_of_the_realm() {
    let Ok(given) = std::env::var(CLIENT) else { return };
    let parts: Vec<&str> = given.split('|').collect();
    let [port, authority, principal, keytab] = parts.as_slice() else { panic!("{given}") };
    let some = |text: &str| (text != "-").then(|| text.to_owned());
    let patience = Patience { tries_max: 1, ..Patience::default() };
    let options = Options {
        server: format!("https://localhost:{port}/kojihub"),
        server_ca: Some((*authority).to_owned()),
        login_max: Duration::from_secs(30),
        patience,
        ..Options::of(&Profile::new("koji"))
    };
    let login = Login::Kerberos { principal: some(principal), keytab: some(keytab) };
    let answer = block_on(async {
        let connected = Hub::connect(options, login).await;
        let mut hub = connected.unwrap_or_else(|error| panic!("{error}"));
        // Its session has expired by then: it is renewed with a ticket that holds now.
        hub.call(&GetTag { tag: "f99".into(), ..GetTag::default() }).await
    });
    assert_eq!(answer.unwrap_or_else(|error| panic!("{error}")), None);
}

#[test]
fn a_keytab_logs_in_and_renews_whoever_has_a_ticket_in_the_default_cache() {
    let Some(mut realm) = Realm::start() else { return };
    realm.kinit("alice", "1h");
    let came = realm.client("-", "both.keytab");
    assert!(came.is_ok, "{}", came.text);
    let who = [realm.0.line(), realm.0.line()];
    assert_eq!(who, ["accepted bob@EXAMPLE.TEST", "accepted bob@EXAMPLE.TEST"]);
}

#[test]
fn a_principal_is_chosen_from_a_keytab_and_checked_against_the_ticket() {
    let Some(mut realm) = Realm::start() else { return };
    let came = realm.client("alice@EXAMPLE.TEST", "both.keytab");
    assert!(came.is_ok, "{}", came.text);
    assert_eq!(realm.0.line(), "accepted alice@EXAMPLE.TEST");
    assert_eq!(realm.0.line(), "accepted alice@EXAMPLE.TEST");
    // With the ticket of another user, logging in as alice fails.
    realm.kinit("bob", "1h");
    let came = realm.client("alice@EXAMPLE.TEST", "-");
    assert!(
        !came.is_ok && came.text.contains("cannot log in as alice@EXAMPLE.TEST"),
        "{}",
        came.text
    );
    let came = realm.client("carol@EXAMPLE.TEST", "both.keytab");
    assert!(!came.is_ok && came.text.contains("kinit"), "{}", came.text);
}

#[test]
fn a_ticket_that_has_expired_is_reported_and_a_keytab_needs_none() {
    let Some(mut realm) = Realm::start() else { return };
    realm.kinit("alice", "1h");
    let came = realm.client("-", "-");
    assert!(came.is_ok, "{}", came.text);
    assert_eq!((realm.0.line(), realm.0.line()).0, "accepted alice@EXAMPLE.TEST");
    realm.kinit("alice", "1s");
    // It holds for a second, and a little longer as clocks may differ.
    let mut tries = (0..200).map(|_| realm.client("-", "-"));
    let came = tries.find(|came| !came.is_ok).expect("it expires");
    for words in ["cannot log in as the owner of the Kerberos ticket", "expired", "kinit", "keytab"]
    {
        assert!(came.text.contains(words), "no {words} in {}", came.text);
    }
    let came = realm.client("-", "alice.keytab");
    assert!(came.is_ok, "{}", came.text);
}
