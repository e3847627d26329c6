//! koji's own command line against the mock hub: each command of the list succeeds, and prints the
//! same as against a real one.

mod calls;
mod modules;
mod prints;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::mock_koji::Mock;
use crate::support::left_out;

/// koji's own client, of `tests/run --setup`.
struct Official {
    program: PathBuf,
    home: tempfile::TempDir,
    server: String,
    user: &'static str,
}

impl Official {
    /// Returns the client, set up for a hub and the user alice; `None` if it is not installed.
    fn new(server: &str) -> Option<Self> {
        Self::of(server, "alice")
    }

    /// Returns the client of a user.
    fn of(server: &str, user: &'static str) -> Option<Self> {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/venv/bin/koji");
        if !program.exists() {
            left_out("no koji client (run tests/run --setup)");
            return None;
        }
        let home = tempfile::tempdir().expect("a directory");
        let config = format!(
            "[koji]\nserver = {server}\nweburl = http://localhost/koji\nauthtype = password\n\
             poll_interval = 1\nmax_retries = 3\nretry_interval = 1\n"
        );
        fs::write(home.path().join("koji.conf"), config).expect("it is written");
        Some(Self { program, home, server: server.to_owned(), user })
    }

    /// Runs a command that must succeed; its output.
    fn run(&self, arguments: &[&str]) -> String {
        let (code, out, err) = self.try_run(arguments);
        assert_eq!(code, Some(0), "koji {arguments:?} at {}:\n{out}\n{err}", self.server);
        out
    }

    fn try_run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let output = Command::new(&self.program)
            .env("HOME", self.home.path())
            .envs([("LC_ALL", "C"), ("TZ", "UTC")])
            .current_dir(self.home.path())
            .args(["-c", "koji.conf", "--authtype=password", "--password=secret"])
            .arg(format!("--user={}", self.user))
            .args(arguments)
            .output()
            .expect("it runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    }

    /// Runs a command whose output names a task; the task.
    fn task(&self, arguments: &[&str]) -> String {
        let out = self.run(arguments);
        let mut lines = out.lines().filter(|line| line.starts_with("Created task"));
        let word = lines.next().and_then(|line| line.split_whitespace().last());
        word.expect("a task was made").to_owned()
    }
}

const SOURCE: &str = "git+https://src.example.org/rpms/perl-DBI#1.64-1.el8";
const SECOND: &str = "git+https://src.example.org/rpms/perl-Digest#2.0-1.el8";

#[test]
fn every_command_succeeds_and_prints_what_a_real_hub_would() {
    let mock = Mock::start(&["--speed", "500"]);
    let Some(koji) = Official::new(&mock.server) else { return };

    assert!(koji.run(&["hello"]).contains("alice!"), "hello");
    let hosts = koji.run(&["list-hosts"]);
    assert!(hosts.contains("x86-01") && hosts.contains("x86_64"), "{hosts}");
    assert!(koji.run(&["list-channels"]).contains("createrepo"));
    koji.run(&["add-tag", "m"]);
    koji.run(&["add-tag", "m-build", "--parent=m", "--arches=x86_64 aarch64"]);
    koji.run(&["add-target", "m", "m-build", "m"]);
    koji.run(&["edit-tag", "m-build", "-x", "mock.package_manager=dnf"]);
    let info = koji.run(&["taginfo", "m-build"]);
    assert!(
        info.contains("Arches: x86_64 aarch64") && info.contains("mock.package_manager"),
        "{info}"
    );
    for package in ["perl-DBI", "perl-Digest", "perl-Blocked"] {
        koji.run(&["add-pkg", "--owner=alice", "m", package]);
    }
    koji.run(&["block-pkg", "m", "perl-Blocked"]);
    let packages = koji.run(&["list-pkgs", "--tag=m", "--show-blocked"]);
    assert!(packages.contains("perl-DBI") && packages.contains("[BLOCKED]"), "{packages}");

    let built = koji.run(&["build", "--wait", "m", SOURCE]);
    assert!(built.contains("build (m, ") && built.contains("completed successfully"), "{built}");
    for word in ["buildSRPMFromSCM", "buildArch", "tagBuild", "-> closed"] {
        assert!(built.contains(word), "no {word} in {built}");
    }
    assert!(koji.run(&["list-tagged", "m"]).contains("perl-DBI-1.64-1.el8"));
    assert!(koji.run(&["latest-build", "m", "perl-DBI"]).contains("perl-DBI-1.64-1.el8"));
    let info = koji.run(&["buildinfo", "perl-DBI-1.64-1.el8"]);
    for line in ["BUILD: perl-DBI-1.64-1.el8", "State: COMPLETE", "Built by: alice", "Tags: m"] {
        assert!(info.contains(line), "no {line} in {info}");
    }
    assert!(koji.run(&["list-builds", "--package=perl-DBI"]).contains("perl-DBI-1.64-1.el8"));

    let chain = koji.task(&["chain-build", "--nowait", "m", SECOND, ":", SOURCE]);
    let watched = koji.try_run(&["watch-task", &chain]);
    // Its second level builds an existing build.
    assert_eq!(watched.0, Some(1), "{watched:?}");
    assert!(watched.1.contains("Build already exists"), "{}", watched.1);
    let again = koji.run(&["resubmit", "--nowait", &chain]);
    assert!(again.contains(&format!("Resubmitted task {chain} as new task")), "{again}");
    let tree = koji.run(&["taskinfo", "-r", &chain]);
    assert!(tree.contains("State: failed") && tree.contains("Type: buildArch"), "{tree}");

    let sleep = koji.task(&["make-task", "sleep", "100000"]);
    assert!(koji.run(&["list-tasks"]).contains("sleep"));
    koji.run(&["cancel", &sleep]);
    assert!(koji.run(&["taskinfo", &sleep]).contains("State: canceled"));

    koji.run(&["regen-repo", "m-build"]);
    koji.run(&["wait-repo", "m-build"]);
    let call = koji.run(&["call", "--json-output", "getTag", "m"]);
    assert!(call.contains("\"name\": \"m\""), "{call}");
    assert!(koji.run(&["list-targets"]).contains("m-build"));
    assert!(koji.run(&["list-api"]).contains("createTag(name"));
    imports(&koji);
}

/// Imports a module build, as a content generator does.
fn imports(koji: &Official) {
    let text = "document: modulemd\n";
    let metadata = serde_json::json!({
        "metadata_version": 0,
        "buildroots": [{"id": 1, "host": {"arch": "x86_64", "os": "Fedora"},
            "content_generator": {"name": "module-build-service", "version": "3"},
            "container": {"arch": "x86_64", "type": "none"}, "components": [], "tools": []}],
        "build": {"name": "perl", "version": "5.30", "release": "1.c0ffee00", "owner": "alice",
            "source": "https://example.org/modules/perl?#abc",
            "start_time": 1_795_349_219, "end_time": 1_795_349_319,
            "extra": {"typeinfo": {"module": {"name": "perl", "stream": "5.30",
                "modulemd_str": text}}}},
        "output": [{"buildroot_id": 1, "arch": "noarch", "type": "file",
            "extra": {"typeinfo": {"module": {}}}, "filename": "modulemd.txt",
            "filesize": text.len(), "checksum_type": "md5",
            "checksum": "1460749ca184666345f284d54f0ee98a", "components": []}],
    });
    let directory = koji.home.path().join("content");
    fs::create_dir(&directory).expect("a directory");
    fs::write(directory.join("modulemd.txt"), text).expect("it is written");
    let path = koji.home.path().join("metadata.json");
    fs::write(&path, metadata.to_string()).expect("it is written");
    koji.run(&["import-cg", "metadata.json", "content", "--noprogress"]);
    assert!(koji.run(&["buildinfo", "perl-5.30-1.c0ffee00"]).contains("State: COMPLETE"));
    assert!(koji.run(&["list-builds", "--type=module"]).contains("perl-5.30-1.c0ffee00"));
}
