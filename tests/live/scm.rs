//! Branches and tags of sources: looked up by git at servers of this machine, before a run.

mod servers;

use std::fs;
use std::path::Path;

use serde_json::Value as Json;

use self::servers::{Odd, Repository, daemon};
use super::dry_run::{Case, TIME, plan_of};
use crate::support::left_out;
use crate::support::program::{Program, Said};

/// Returns whether git and rpmbuild are there; the calling test is left out without.
fn has_programs() -> bool {
    let is_there =
        |program: &str| std::process::Command::new(program).arg("--version").output().is_ok();
    let are_there = is_there("git") && is_there("rpmbuild");
    if !are_there {
        left_out("no git or no rpmbuild (Debian's git and rpm)");
    }
    are_there
}

/// A module of two components, each of another branch or tag.
struct Site {
    case: Case,
}

impl Site {
    fn new(refs: [&str; 2], scheme_and_host: &str) -> Self {
        let case = Case::without_plan(&["--speed", "20000"]);
        let component = |name: &str, reference: &str| {
            format!("      {name}: {{rationale: It is needed., ref: '{reference}'}}\n")
        };
        let text = format!(
            "document: modulemd\nversion: 2\ndata:\n  name: tool\n  stream: '1'\n  version: 7\n  context: c0ffee00\n  \
             summary: A tool\n  description: A tool.\n  license: {{module: [MIT]}}\n  dependencies:\n  \
             - buildrequires: {{platform: [el8.6.0]}}\n    requires: {{platform: [el8]}}\n  \
             components:\n    rpms:\n{}{}",
            component("one", refs[0]),
            component("two", refs[1]),
        );
        let modules = case.path("modules.yaml");
        fs::write(&modules, text).expect("it is writable");
        let selection = ["--changed", "tool:1", "--at", TIME];
        plan_of(&modules, &selection, &case.path("plan.json"));
        let it = Self { case };
        it.at(scheme_and_host);
        it
    }

    /// Configures the server of the sources.
    fn at(&self, scheme_and_host: &str) {
        self.case.write_config(|text| {
            let (rest, _) = text.split_once("scm:").expect("it has sources");
            format!(
                "{rest}scm:\n  allow: [\"{scheme_and_host}/\"]\n  clone_timeout: 1s\n  \
                 component: \"{scheme_and_host}/{{package}}#{{commit}}\"\n"
            )
        });
    }

    fn arguments(&self, more: &[&str]) -> Vec<String> {
        let (plan, store) = (self.case.path("plan.json"), self.case.path("runs.db"));
        let what = ["execute", &plan, "--on", "koji", "--approach", "orchestrator-owned"];
        let store = format!("sqlite:{store}");
        let inputs = ["--format", "json", "--store", &store];
        let words = what.into_iter().chain(inputs).chain(more.iter().copied()).map(str::to_owned);
        words.chain(self.case.site(&self.case.mock.server)).collect()
    }

    fn dry_run(&self) -> (Said, Json) {
        let said = Program::new(self.arguments(&[])).run();
        let json = serde_json::from_str(&said.out);
        let json = json.unwrap_or_else(|error| panic!("{error}: {}", said.err));
        (said, json)
    }

    /// Returns what fails in a dry run.
    fn failures(&self) -> Vec<String> {
        let (said, run) = self.dry_run();
        assert_eq!(said.code, 1, "{}", run["preflight"]);
        let checks = run["preflight"].as_array().expect("a list").iter();
        let failed = checks.filter(|check| check["ok"] == false);
        failed.map(|check| check["detail"].as_str().expect("a text").to_owned()).collect()
    }
}

/// Returns the sources that are built, the macros package left out.
fn sources(run: &Json) -> Vec<String> {
    let calls = run["calls"].as_array().expect("a list").iter();
    let builds = calls.filter(|call| call["method"] == "build" && call["component"].is_string());
    builds.map(|call| call["params"][0].as_str().expect("a text").to_owned()).collect()
}

/// Two repositories of a server: what they are at.
struct Served {
    _directory: tempfile::TempDir,
    one: Repository,
    two: Repository,
    host: String,
}

impl Served {
    fn start() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let top = directory.path();
        let one = Repository::new(top, "one", "stream-1");
        let two = Repository::new(top, "two", "main");
        let host = format!("git://{}", daemon(top));
        Self { _directory: directory, one, two, host }
    }
}

#[test]
fn branches_and_tags_become_commits_and_a_run_takes_those_that_were_shown() {
    if !has_programs() {
        return;
    }
    let served = Served::start();
    let shown = served.one.commit();
    let released = served.two.commit();
    served.two.tag("v1.0");
    served.two.commit();
    let site = Site::new(["stream-1", "v1.0"], &served.host);
    let (said, run) = site.dry_run();
    assert_eq!(said.code, 0, "{}", run["preflight"]);
    let host = &served.host;
    let wanted = [format!("{host}/one#{shown}"), format!("{host}/two#{released}")];
    assert_eq!(sources(&run), wanted, "a tag is at the commit that it names");
    // The branch goes on. What was shown is what is built; another dry run shows the new commit.
    let later = served.one.commit();
    let sum = run["checksum"].as_str().expect("a text");
    let said = Program::new(site.arguments(&["--yes", sum, "--poll", "20ms"])).run();
    assert_eq!(said.code, 0, "{}", said.err);
    let state = fs::read_to_string(site.case.path("state.jsonl")).expect("it is there");
    assert!(state.contains(&shown) && !state.contains(&later), "the commit that was shown");
}

#[test]
fn a_ref_that_is_missing_or_ambiguous_is_named() {
    if !has_programs() {
        return;
    }
    let served = Served::start();
    served.two.tag("main");
    served.two.commit();
    let site = Site::new(["no-such-branch", "main"], &served.host);
    let failures = site.failures();
    assert_eq!(failures.len(), 2, "{failures:?}");
    assert!(
        failures[0].contains("there is no such branch or tag; name the commit"),
        "{failures:?}"
    );
    let words = "there is a branch and a tag of this name: write refs/heads/main or refs/tags/main";
    assert!(failures[1].contains(words), "{failures:?}");
    let full = Site::new(["stream-1", "refs/heads/main"], &served.host);
    assert_eq!(full.dry_run().0.code, 0);
}

/// Runs a dry run after a shell's preparations.
fn after(script: &str, site: &Site) -> Json {
    let said = Program::after(script, site.arguments(&[])).run();
    serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}", said.err))
}

#[test]
fn the_user_s_own_git_configuration_does_not_count() {
    if !has_programs() {
        return;
    }
    let served = Served::start();
    let commit = served.one.commit();
    let site = Site::new(["stream-1", "main"], &served.host);
    // It would send git elsewhere, by every way that git has for it.
    let home = site.case.path("home");
    fs::create_dir(&home).expect("it can be made");
    let elsewhere = format!("url.git://127.0.0.1:9/.insteadOf={}/", served.host);
    let (key, value) = elsewhere.split_once('=').expect("a key and a value");
    let config = format!("[url \"git://127.0.0.1:9/\"]\n\tinsteadOf = {}/\n", served.host);
    fs::write(Path::new(&home).join(".gitconfig"), config).expect("it is writable");
    let trace = site.case.path("trace");
    let script = format!(
        "export HOME={home} GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0='{key}' GIT_CONFIG_VALUE_0='{value}'\n\
         export GIT_CONFIG_PARAMETERS=\"'{key}'='{value}'\" GIT_TRACE={trace} GIT_DIR=/nowhere"
    );
    let run = after(&script, &site);
    assert!(sources(&run)[0].ends_with(&format!("/one#{commit}")), "{}", run["preflight"]);
    assert!(!Path::new(&trace).exists(), "nothing is traced");
}

#[test]
fn a_server_that_never_answers_is_asked_once() {
    if !has_programs() {
        return;
    }
    let silent = Odd::start(None);
    for scheme in ["git", "http"] {
        let before = silent.connections();
        let site = Site::new(["main", "other"], &format!("{scheme}://{}", silent.address));
        let failures = site.failures();
        assert_eq!(failures.len(), 2, "{failures:?}");
        let words = "the server did not answer within 1 s (`scm.clone_timeout`)";
        assert!(failures[0].contains(words), "{failures:?}");
        assert!(failures[1].contains("did not answer in time before"), "{failures:?}");
        assert_eq!(silent.connections() - before, 1, "{scheme}");
    }
}

#[test]
fn a_server_that_sends_elsewhere_or_wants_a_password_is_refused() {
    if !has_programs() {
        return;
    }
    let other = Odd::start(Some("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    let location = format!("http://{}/one/info/refs?service=git-upload-pack", other.address);
    let moved = format!("HTTP/1.1 301 Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
    let locked =
        "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n";
    for (answer, words) in [(moved.as_str(), "git says: "), (locked, "terminal prompts disabled")] {
        let server = Odd::start(Some(answer));
        let site = Site::new(["main", "main"], &format!("http://{}", server.address));
        let failures = site.failures();
        assert_eq!(failures.len(), 2, "{failures:?}");
        assert!(failures.iter().all(|one| one.contains(words)), "{failures:?}");
        assert!(server.connections() > 0);
    }
    assert_eq!(other.connections(), 0, "nobody followed");
}
