//! A server in Python beside a test, with a directory for its files. It ends with its input, and so with the test.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::support::left_out;

/// The server.
pub(super) struct Peer {
    child: Child,
    out: BufReader<ChildStdout>,
    directory: tempfile::TempDir,
    /// Its port.
    pub(super) port: String,
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // One that has ended already is fine.
        drop(self.child.wait());
    }
}

impl Peer {
    /// Starts a script of `tests/peers`; the test is skipped if its requirements are missing.
    pub(super) fn start(script: &str, arguments: &[&str], needs: &str) -> Option<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let directory = tempfile::tempdir().expect("a directory");
        let child = Command::new(root.join("target/venv/bin/python"))
            .arg(root.join("tests/peers").join(script))
            .arg(directory.path())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut child = child.ok();
        let out = child.as_mut().and_then(|child| child.stdout.take());
        let (Some(child), Some(out)) = (child, out) else {
            left_out(needs);
            return None;
        };
        let mut peer = Self { child, out: BufReader::new(out), directory, port: String::new() };
        peer.port = peer.line();
        if peer.port.is_empty() {
            left_out(needs);
            return None;
        }
        Some(peer)
    }

    /// Returns the next line that it says; an empty one at its end.
    pub(super) fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).expect("it speaks");
        line.trim().to_owned()
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}
