//! Which calls each command of koji's client makes: those recorded at a real hub, in their order.

use std::collections::{BTreeMap, BTreeSet};

use super::super::mock_koji::Mock;
use super::super::mock_koji::wire::Wire;
use super::{Official, SECOND, SOURCE};
use crate::support::shared;

/// How a command's calls are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// All of them, in their order.
    Whole,
    /// Up to the end of its session; then it polls until the build is over.
    ThenPolls,
    /// Those about one task, which come again for each.
    PerTask,
}

/// Reads the recorded calls by command.
fn recorded(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut commands: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut at = String::new();
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("$ koji ") {
            at = command.split("   (rc=").next().unwrap_or_default().to_owned();
            commands.entry(at.clone()).or_default();
        } else if let Some(method) = line.split_whitespace().next().filter(|word| *word != "(last")
        {
            commands.entry(at.clone()).or_default().push(method.to_owned());
        }
    }
    commands
}

/// Removes repetitions: consecutive equal calls count once, also within a multicall.
fn plain(calls: &[String]) -> Vec<String> {
    let once = |call: &String| match call.strip_prefix("multiCall(") {
        Some(names) => {
            let names: BTreeSet<&str> = names.trim_end_matches(')').split(',').collect();
            format!("multiCall({})", names.into_iter().collect::<Vec<_>>().join(","))
        }
        None => call.clone(),
    };
    let mut plain: Vec<String> = calls.iter().map(once).collect();
    plain.dedup();
    plain
}

/// Returns the part of a command's calls that is compared.
fn compared(calls: &[String], kind: Kind) -> Vec<String> {
    let calls = plain(calls);
    let end = match kind {
        Kind::Whole => None,
        Kind::ThenPolls => calls.iter().position(|call| call == "logout").map(|at| at + 1),
        Kind::PerTask => {
            let is_task = |call: &&String| *call == "getTaskInfo";
            let second = calls.iter().enumerate().filter(|(_, call)| is_task(call)).nth(1);
            second.map(|(at, _)| at)
        }
    };
    calls[..end.unwrap_or(calls.len())].to_vec()
}

#[test]
#[expect(clippy::print_stdout, reason = "the count is part of the evidence")]
fn every_command_makes_the_recorded_calls() {
    let Some(path) = shared("wire/koji/cli-rpc.txt") else { return };
    let recorded = recorded(&std::fs::read_to_string(path).expect("it can be read"));
    let mock = Mock::start(&["--speed", "500"]);
    let wire = Wire::start(&mock.server);
    let Some(koji) = Official::new(&wire.server) else { return };
    let mut wrong = Vec::new();
    let mut compared_all = 0;
    let mut check = |command: &str, kind: Kind, arguments: &[&str]| -> String {
        wire.seen();
        let out = koji.run(arguments);
        let seen = wire.seen();
        let known = recorded.iter().find(|(known, _)| known.starts_with(command));
        let (_, expected) = known.unwrap_or_else(|| panic!("`{command}` was not recorded"));
        let (seen, expected) = (compared(&seen, kind), compared(expected, kind));
        if seen != expected {
            wrong.push(format!("{command}:\n  {seen:?}\n  recorded {expected:?}"));
        }
        compared_all += 1;
        out
    };
    use Kind::{PerTask, ThenPolls, Whole};
    check("hello", Whole, &["hello"]);
    check("list-hosts", Whole, &["list-hosts"]);
    check("list-channels", Whole, &["list-channels"]);
    check("add-tag", Whole, &["add-tag", "m"]);
    check("add-tag", Whole, &["add-tag", "m-build"]);
    koji.run(&["edit-tag", "m-build", "--arches=x86_64 aarch64"]);
    koji.run(&["add-tag-inheritance", "m-build", "m"]);
    check("add-target", Whole, &["add-target", "m", "m-build", "m"]);
    check("edit-tag", Whole, &["edit-tag", "m-build", "-x", "foo=bar"]);
    koji.run(&["add-pkg", "--owner=alice", "m", "perl-DBI", "perl-Digest"]);
    check("add-pkg", Whole, &["add-pkg", "--owner=alice", "m", "perl-DBI"]);
    check("list-pkgs", Whole, &["list-pkgs", "--tag=m"]);
    check("taginfo", Whole, &["taginfo", "m-build"]);
    check("list-targets", Whole, &["list-targets"]);
    let built = check("build --wait", ThenPolls, &["build", "--wait", "m", SOURCE]);
    let task = built.lines().find_map(|line| line.strip_prefix("Created task: ")).expect("a task");
    check("taskinfo -r", PerTask, &["taskinfo", "-r", task]);
    check("list-tagged", Whole, &["list-tagged", "m"]);
    check("latest-build", Whole, &["latest-build", "m", "perl-DBI"]);
    check("buildinfo", Whole, &["buildinfo", "perl-DBI-1.64-1.el8"]);
    koji.run(&["add-pkg", "--owner=alice", "modular-updates-candidate", "perl-DBI"]);
    check(
        "tag-build",
        Whole,
        &["tag-build", "--nowait", "modular-updates-candidate", "perl-DBI-1.64-1.el8"],
    );
    check("chain-build", Whole, &["chain-build", "--nowait", "m", SECOND, ":", SOURCE]);
    check("build --nowait", Whole, &["build", "--nowait", "m", SOURCE]);
    let sleep = koji.task(&["make-task", "sleep", "100000"]);
    check("list-tasks", Whole, &["list-tasks"]);
    check("cancel", Whole, &["cancel", &sleep]);
    check("resubmit", Whole, &["resubmit", "--nowait", &sleep]);
    check("request-repo", Whole, &["request-repo", "--nowait", "m-build"]);
    check("regen-repo", Whole, &["regen-repo", "--nowait", "m-build"]);
    check("wait-repo", Whole, &["wait-repo", "m-build"]);
    check("list-api", Whole, &["list-api"]);
    println!(
        "commands of koji's client that make the recorded calls: {}",
        compared_all - wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
