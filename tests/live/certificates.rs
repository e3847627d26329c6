//! TLS client certificates against a server that demands them: right ones, expired ones, and those of
//! another authority.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use modplan::koji::profile::Profile;
use modplan::koji::shapes::Secret;
use modplan::live::hub::{Hub, HubError, Login, Options, Patience};

use super::mock_koji::block_on;
use crate::support::left_out;

/// A server with its certificates.
struct Server {
    child: Child,
    directory: tempfile::TempDir,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended already is fine.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Server {
    fn start() -> Option<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let directory = tempfile::tempdir().expect("a directory");
        let child = Command::new(root.join("target/venv/bin/python"))
            .arg(root.join("tests/peers/tls_hub.py"))
            .arg(directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut line = String::new();
        let child = child.ok().and_then(|mut child| {
            let out = child.stdout.as_mut().expect("it is piped");
            BufReader::new(out).read_line(&mut line).expect("it speaks");
            (!line.is_empty()).then_some(child)
        });
        let Some(child) = child else {
            left_out("no Python with cryptography in target/venv (run tests/run --setup)");
            return None;
        };
        let address = format!("https://127.0.0.1:{}/kojihub", line.trim());
        Some(Self { child, directory, address })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Logs in with a certificate, and trusts an authority.
    fn log_in(&self, client: &str, authority: &str) -> Result<(), HubError> {
        let pem = fs::read_to_string(self.path(client)).expect("it is there");
        let login = Login::Certificate { pem: Secret::new(pem), path: client.to_owned() };
        let options = Options {
            server: self.address.clone(),
            server_ca: Some(self.path(authority).display().to_string()),
            login_max: Duration::from_secs(20),
            patience: Patience {
                tries_max: 2,
                retry_interval: Duration::ZERO,
                ..Patience::default()
            },
            ..Options::of(&Profile::new("koji"))
        };
        block_on(Hub::connect(options, login)).map(drop)
    }
}

#[test]
fn a_certificate_logs_in_and_every_other_is_refused_in_words() {
    let Some(server) = Server::start() else { return };
    assert_eq!(server.log_in("client.pem", "ca.pem"), Ok(()));
    let words = |client: &str, authority: &str| {
        let error = server.log_in(client, authority).expect_err("it is refused");
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
