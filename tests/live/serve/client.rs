//! The service as a program, with a mock hub, and a client of HTTP that hides nothing.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value as Json;

use crate::live::dry_run::Case;
use crate::support::left_out;
use crate::support::program::Serving;

/// A mock hub, and a configuration of a site with it.
pub(super) struct Site {
    pub(super) case: Case,
    pub(super) store: String,
}

/// What the service answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

impl Site {
    /// Starts a hub; without rpmbuild, which makes macros packages, the test is left out.
    pub(super) fn new(hub: &[&str]) -> Option<Self> {
        if std::process::Command::new("rpmbuild").arg("--version").output().is_err() {
            left_out("no rpmbuild (Debian's rpm)");
            return None;
        }
        let usual: &[&str] = if hub.contains(&"--speed") { &[] } else { &["--speed", "20000"] };
        let directory = tempfile::tempdir().expect("a directory");
        let scenario = directory.path().join("scenario.yaml");
        std::fs::write(&scenario, "builds: {outcomes: always-pass}\n").expect("it is written");
        let scenario = scenario.display().to_string();
        let case = Case::without_plan(&[usual, hub, &["--scenario", &scenario]].concat());
        case.write_config(|text| text + "serve: {auth: none, yaml: true}\n");
        let store = format!("sqlite:{}", case.path("runs.db"));
        Some(Self { case, store })
    }

    /// Starts a process of the service.
    pub(super) fn serve(&self, more: &[&str]) -> Service {
        let mut arguments: Vec<String> =
            ["serve", "--listen", "127.0.0.1:0", "--poll", "20ms", "--store", &self.store]
                .map(str::to_owned)
                .into();
        arguments.extend(more.iter().map(|&word| word.to_owned()));
        arguments.extend(self.case.site(&self.case.mock.server));
        let serving = Serving::start(&arguments, 1);
        let address = serving.lines[0].strip_prefix("listening on http://").expect("the address");
        Service { address: address.to_owned(), _serving: serving }
    }
}

/// A process of the service. It is killed where this is dropped.
pub(super) struct Service {
    pub(super) address: String,
    _serving: Serving,
}

impl Service {
    /// Sends a request as it is, and returns the answer.
    pub(super) fn raw(&self, bytes: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        // A server may answer before it has read everything.
        drop(stream.write_all(bytes));
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer));
        let text = String::from_utf8(answer).expect("UTF-8");
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Answer { status: status.unwrap_or(0), head: head.to_owned(), body: body.to_owned() }
    }

    pub(super) fn ask(&self, method: &str, path: &str, body: Option<&Json>) -> Answer {
        let body = body.map(ToString::to_string).unwrap_or_default();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        self.raw((head + &body).as_bytes())
    }

    pub(super) fn get(&self, path: &str) -> Json {
        let answer = self.ask("GET", &format!("/module-build-service/2/{path}"), None);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }

    pub(super) fn post(&self, path: &str, body: &Json) -> Answer {
        self.ask("POST", &format!("/module-build-service/2/{path}"), Some(body))
    }

    /// Waits until a build is in one of some states; returns it.
    pub(super) fn build_in(&self, id: u64, states: &[&str]) -> Json {
        loop {
            let build = self.get(&format!("module-builds/{id}?verbose=true"));
            let state = build["state_name"].as_str().expect("a state");
            if states.contains(&state) {
                return build;
            }
            let over = ["ready", "failed", "garbage"];
            assert!(!over.contains(&state), "it is {state}: {build}");
            std::thread::yield_now();
        }
    }
}

/// Returns a document with components of full commits, each of a batch of its own.
pub(super) fn document(name: &str, stream: &str, needs: &str, components: &[&str]) -> String {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let rpms: String = (0..)
        .zip(components)
        .map(|(order, component)| {
            format!("{component}: {{rationale: r, ref: {commit}, buildorder: {order}}}, ")
        })
        .collect();
    format!(
        "document: modulemd\nversion: 2\ndata:\n  name: {name}\n  stream: \"{stream}\"\n  summary: s\n  \
         description: d\n  license: {{module: [MIT]}}\n  dependencies:\n  - buildrequires: {{platform: [el8]{needs}}}\n    \
         requires: {{platform: [el8]{needs}}}\n  components:\n    rpms: {{{rpms}}}\n"
    )
}
