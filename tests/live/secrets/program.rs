//! The program itself, at maximum verbosity.

use std::fs;
use std::path::Path;

use super::super::mock_koji::Mock;
use super::super::raw_hub::{Answer, RawHub};
use super::Written;
use crate::support::program::Program;

const PASSWORD: &str = "hunter2-and-more";

/// Runs the program with a profile file, at maximum verbosity, in a directory that keeps its
/// output.
fn record(config: &str, more: &[&str], written: &Written) -> i32 {
    let home = tempfile::tempdir().expect("a directory");
    fs::write(home.path().join("koji.conf"), config).expect("it is written");
    let mut code = 0;
    for log in ["text", "json"] {
        let given = ["-vv", "--log-format", log, "record", "koji", "--koji-config", "koji.conf"];
        let rest = ["--since", "2026-01-01", "--attempts", "1", "--pause", "0", "-o", "out"];
        let said = Program::new(given.iter().chain(&rest).chain(more)).within(home.path()).run();
        written.add(&said.out);
        written.add(&said.err);
        code = said.code;
    }
    add_files(&home.path().join("out"), written);
    code
}

fn add_files(directory: &Path, written: &Written) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            add_files(&path, written);
        } else {
            written.add(&String::from_utf8_lossy(&fs::read(&path).expect("it can be read")));
        }
    }
}

#[test]
fn addresses_and_profiles_with_passwords_are_refused_without_them() {
    let servers = [
        "https://user:PASSWORD@koji.example.org/kojihub",
        "https://user:PASSWORD@",
        "https://user:PASSWORD@[bad/kojihub",
        "https://user:PASSWORD@koji.example.org:port/kojihub",
        "ftp://user:PASSWORD@koji.example.org/kojihub",
        "user:PASSWORD@koji.example.org",
    ];
    for server in servers {
        let server = server.replace("PASSWORD", PASSWORD);
        let written = Written::default();
        let profile = format!("[koji]\nserver = {server}\n");
        assert_eq!(record(&profile, &[], &written), 2, "{server}");
        assert_eq!(record("[koji]\n", &["--server", &server], &written), 2, "{server}");
        assert!(written.text().contains("address"), "{}", written.text());
        written.holds_none_of(&[PASSWORD]);
    }
    let profiles = [
        format!("password = {PASSWORD}\n[koji]\n"),
        format!("[koji]\n{PASSWORD}\n"),
        format!("[koji\n[{PASSWORD}\n[koji]\n"),
        format!("[koji]\npassword = %({PASSWORD})s\n"),
        format!("[koji]\npassword = {PASSWORD}%\n"),
    ];
    for profile in profiles {
        let written = Written::default();
        assert_eq!(record(&profile, &[], &written), 2, "{profile}");
        assert!(written.text().contains("koji.conf:"), "{}", written.text());
        written.holds_none_of(&[PASSWORD]);
    }
}

#[test]
fn a_recording_writes_no_password_of_its_profile() {
    let mock = Mock::start(&[]);
    let profile =
        format!("[koji]\nserver = {}\nuser = alice\npassword = {PASSWORD}\n", mock.server);
    let written = Written::default();
    assert_eq!(record(&profile, &[], &written), 0, "{}", written.text());
    written.holds_none_of(&[PASSWORD]);
    let proxy = RawHub::start(|request| {
        Answer::http("502 Bad Gateway", "Content-Type: text/html\r\n", &request.text())
    });
    let profile = format!("[koji]\nserver = {}\npassword = {PASSWORD}\n", proxy.server);
    assert_eq!(record(&profile, &[], &written), 3, "{}", written.text());
    written.holds_none_of(&[PASSWORD]);
}

#[test]
fn a_mock_hub_says_no_password_and_keeps_none() {
    let written = Written::default();
    let world =
        ["--trace", super::super::mock_koji::TRACE, "--farm", super::super::mock_koji::FARM];
    for user in [format!(":{PASSWORD}"), PASSWORD.to_owned()] {
        let given = ["-vv", "mock-koji", "--user", &user];
        let said = Program::new(given.iter().chain(&world)).run();
        assert_eq!(said.code, 2, "{}", said.err);
        assert!(said.err.contains("NAME:PASSWORD"), "{}", said.err);
        written.add(&said.out);
        written.add(&said.err);
    }
    written.holds_none_of(&[PASSWORD]);
}
