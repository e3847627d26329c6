//! Git servers on this machine: git's own daemon, and servers that do what no server should.

use std::fs;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::live::mock_koji::wire::message;

/// Runs git in a repository, as nobody in particular; returns what it writes.
fn git(directory: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(directory).args(arguments).env("HOME", "/dev/null");
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    for (name, value) in [("NAME", "kim"), ("EMAIL", "kim@example.org")] {
        command.env(format!("GIT_AUTHOR_{name}"), value);
        command.env(format!("GIT_COMMITTER_{name}"), value);
    }
    let output = command.output().expect("git starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "git {arguments:?}: {said}");
    String::from_utf8(output.stdout).expect("it is text").trim().to_owned()
}

/// A repository that a daemon serves.
pub(super) struct Repository(PathBuf);

impl Repository {
    /// Makes one with a commit on a branch.
    pub(super) fn new(top: &Path, name: &str, branch: &str) -> Self {
        let path = top.join(name);
        fs::create_dir_all(&path).expect("it can be made");
        git(&path, &["init", "--quiet", &format!("--initial-branch={branch}")]);
        let it = Self(path);
        it.commit();
        it
    }

    /// Adds a commit to the branch; returns it.
    pub(super) fn commit(&self) -> String {
        git(&self.0, &["commit", "--quiet", "--allow-empty", "-m", "A change"]);
        git(&self.0, &["rev-parse", "HEAD"])
    }

    /// Makes a tag with a message of its own.
    pub(super) fn tag(&self, name: &str) {
        git(&self.0, &["tag", "-a", "-m", "A release", name]);
    }
}

/// Serves everything below a directory by git's own daemon, a process for each connection; returns the address.
pub(super) fn daemon(top: &Path) -> SocketAddr {
    let top = top.display().to_string();
    serve(move |stream| {
        let end = || Stdio::from(OwnedFd::from(stream.try_clone().expect("a socket")));
        let mut command = Command::new("git");
        command.args(["daemon", "--inetd", "--export-all", &format!("--base-path={top}")]);
        command.arg("--informative-errors").arg(&top);
        command.stdin(end()).stdout(end()).stderr(Stdio::null());
        drop(command.status());
    })
}

/// A server that answers each HTTP request with the same, or never; it counts the connections.
pub(super) struct Odd {
    pub(super) address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Odd {
    pub(super) fn start(answer: Option<&str>) -> Self {
        let connections = Arc::new(AtomicUsize::new(0));
        let address = serve({
            let (connections, answer) = (Arc::clone(&connections), answer.map(str::to_owned));
            move |mut stream| {
                connections.fetch_add(1, Ordering::Relaxed);
                while message(&mut stream).is_some() {
                    // Without an answer the client waits.
                    if let Some(answer) = &answer
                        && stream.write_all(answer.as_bytes()).is_err()
                    {
                        return;
                    }
                }
            }
        });
        Self { address, connections }
    }

    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

fn serve(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = Arc::clone(&serve);
            thread::spawn(move || serve(stream));
        }
    });
    address
}
