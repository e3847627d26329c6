//! Submissions from a git server on the loopback interface.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::json;

use super::client::{Service, Site, document};
use crate::support::left_out;

/// A git server with the module `app` and the packages `app` and `applib`.
pub(super) struct Server {
    directory: tempfile::TempDir,
    port: u16,
    daemon: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended already is fine.
        drop(self.daemon.kill());
        drop(self.daemon.wait());
    }
}

fn git(directory: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(directory).args(arguments).stdin(Stdio::null());
    for who in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{who}_NAME"), "kim")
            .env(format!("GIT_{who}_EMAIL"), "kim@example.org");
        command.env(format!("GIT_{who}_DATE"), "2026-01-02T03:04:05Z");
    }
    let output = command.output().expect("git is there");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
}

fn repository(base: &Path, path: &str, file: &str, text: &str) -> String {
    let directory = base.join(path);
    std::fs::create_dir_all(&directory).expect("it is made");
    git(&directory, &["init", "--quiet", "--initial-branch=main"]);
    std::fs::write(directory.join(file), text).expect("it is written");
    git(&directory, &["add", "."]);
    git(&directory, &["commit", "--quiet", "-m", "first"]);
    git(&directory, &["rev-parse", "HEAD"])
}

impl Server {
    /// Starts it; without git's daemon the test is left out. Returns it with the commit of the module.
    pub(super) fn start() -> Option<(Self, String)> {
        let path = Command::new("git").arg("--exec-path").output().ok();
        let path = path.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        if !path.is_some_and(|path| Path::new(&path).join("git-daemon").exists()) {
            left_out("no git daemon (Debian's git)");
            return None;
        }
        let directory = tempfile::tempdir().expect("a directory");
        let text = document("app", "1", "", &["app", "applib"]);
        let on_branch = text.replace("0123456789abcdef0123456789abcdef01234567", "main");
        let nameless = on_branch.replace("  name: app\n  stream: \"1\"\n", "");
        let commit = repository(directory.path(), "modules/app", "app.yaml", &nameless);
        for package in ["app", "applib"] {
            repository(directory.path(), &format!("rpms/{package}"), "x.spec", package);
        }
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let daemon = Command::new("git")
            .args(["daemon", "--listen=127.0.0.1", "--reuseaddr", "--export-all"])
            .arg(format!("--port={port}"))
            .arg(format!("--base-path={}", directory.path().display()))
            .arg(directory.path())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::yield_now();
        }
        Some((Self { directory, port, daemon }, commit))
    }

    pub(super) fn url(&self, rest: &str) -> String {
        format!("git://127.0.0.1:{}/{rest}", self.port)
    }

    /// Has the site take its documents and sources from here.
    pub(super) fn serve(&self, site: &Site) -> Service {
        site.case.write_config(|text| {
            let own = self.url("");
            text.replace("[\"https://src.example.org/\"]", &format!("[\"{own}\"]"))
                .replace("git+https://src.example.org/", &format!("git+{own}"))
                .replace("scm:\n", "scm:\n  clone_timeout: 20s\n")
                + "serve: {auth: none, yaml: true}\n"
        });
        site.serve(&[])
    }
}

#[test]
fn a_commit_is_fetched_built_and_the_same_one_is_not_built_twice() {
    let Some((server, commit)) = Server::start() else { return };
    let Some(site) = Site::new(&[]) else { return };
    let service = server.serve(&site);
    let body = json!({"scmurl": server.url(&format!("modules/app?#{commit}")), "branch": "f40"});
    let answer = service.post("module-builds/", &body);
    assert_eq!(answer.status, 201, "{}", answer.body);
    let build = answer.json()[0].clone();
    assert_eq!((&build["name"], &build["stream"]), (&json!("app"), &json!("f40")));
    assert_eq!(build["version"], "820260102030405", "the time of the commit");
    assert!(build["modulemd"].as_str().is_some_and(|text| text.contains(&commit)), "{build}");
    let again = service.post("module-builds/", &body);
    assert_eq!(again.status, 409, "{}", again.body);
    let id = build["id"].as_u64().expect("a number");
    service.build_in(id, &["ready"]);
    let again = service.post("module-builds/", &body);
    assert_eq!(again.status, 409, "{}", again.body);
    assert_eq!(service.get("module-builds/?name=app")["meta"]["total"], 1);
}

#[test]
fn a_canceled_build_is_built_again_by_the_same_submission() {
    let Some((server, commit)) = Server::start() else { return };
    let Some(site) = Site::new(&["--speed", "50"]) else { return };
    let service = server.serve(&site);
    let body = json!({"scmurl": server.url(&format!("modules/app?#{commit}")), "branch": "f40"});
    let id = service.post("module-builds/", &body).json()[0]["id"].as_u64().expect("a number");
    service.build_in(id, &["build"]);
    let path = format!("/module-build-service/2/module-builds/{id}");
    assert_eq!(service.ask("PATCH", &path, Some(&json!({"state": "failed"}))).status, 200);
    let again = service.post("module-builds/", &body);
    assert_eq!(again.status, 201, "{}", again.body);
    assert_eq!(again.json()[0]["id"], id);
    loop {
        let build = service.get(&format!("module-builds/{id}?verbose=1"));
        if build["state_name"] == "ready" {
            break;
        }
        std::thread::yield_now();
    }
}

#[test]
fn what_git_cannot_give_is_said() {
    let Some((server, commit)) = Server::start() else { return };
    let Some(site) = Site::new(&[]) else { return };
    let service = server.serve(&site);
    let refused = |rest: &str| {
        let body = json!({"scmurl": server.url(rest), "branch": "f40"});
        let answer = service.post("module-builds/", &body);
        (answer.status, answer.json()["message"].as_str().expect("a text").to_owned())
    };
    let missing = "f".repeat(40);
    let (status, message) = refused(&format!("modules/app?#{missing}"));
    assert!(status == 422 && message.contains(&format!("has no revision {missing}")), "{message}");
    let (status, message) = refused(&format!("modules/none?#{commit}"));
    assert!(status == 422 && message.contains("git cannot read"), "{message}");
    let (status, message) = refused(&format!("rpms/app?#{}", "main"));
    assert!(status == 422 && message.contains("has no app.yaml"), "{message}");
    let inside = server.directory.path().join("modules/app").display().to_string();
    let body = json!({"scmurl": format!("file://{inside}?#{commit}"), "branch": "f40"});
    assert_eq!(service.post("module-builds/", &body).status, 403);
    // A server that takes the connection and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("an address").port();
    site.case.write_config(|text| {
        let own = format!("git://127.0.0.1:{port}/");
        text.replace("[\"https://src.example.org/\"]", &format!("[\"{own}\"]"))
            .replace("git+https://src.example.org/", &format!("git+{own}"))
            .replace("scm:\n", "scm:\n  clone_timeout: 1s\n")
            + "serve: {auth: none}\n"
    });
    let service = site.serve(&[]);
    let body =
        json!({"scmurl": format!("git://127.0.0.1:{port}/modules/app?#{commit}"), "branch": "f40"});
    let answer = service.post("module-builds/", &body);
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(answer.body.contains("gave no answer within 1 s"), "{}", answer.body);
}
