//! Compares line by line what koji's client prints at the mock hub with what it prints at a hub
//! that replays recorded answers of a real one. [`alike`] defines allowed differences.

mod alike;
mod replay;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use modplan::koji::codec;

use self::alike::alike;
use self::replay::Replay;
use super::super::mock_koji::Mock;
use super::super::raw_hub::{Answer, RawHub, Request};
use super::Official;
use crate::support::shared;

const BASH: &str = "git+https://127.0.0.1/rpms/bash#5.2-48947.f99";
const CHAIN: [&str; 2] = [
    "git+https://127.0.0.1/rpms/bash#6.0-48947.f99",
    "git+https://127.0.0.1/rpms/nginx#2.0-48947.f99",
];
const FTBFS: &str = "'git+https://127.0.0.1/rpms/ftbfs#1.0-48947.f99'";
const MODULE: &str = "perl-5.30-1795349319.618d7b92";
const SHIPPED: &str = "f99-modular-updates-candidate-49319";

/// Builders as recorded. A repo is new enough no matter how long a command takes.
const FARM: &str = "
model: koji
builders:
  - {name: x86, count: 1, arches: [x86_64], capacity: 4.0, channels: [default, createrepo]}
  - {name: a64, count: 1, arches: [aarch64], capacity: 4.0, channels: [default, createrepo]}
repo: {lag: 365d, createrepo: {base: 2s, per_build: 0s}}
";
const TRACE: &str = "package,method,arch,run_seconds,outcome
ftbfs,buildSRPMFromSCM,noarch,2,closed
ftbfs,buildArch,x86_64,3,failed
ftbfs,buildArch,aarch64,900,failed
other,buildSRPMFromSCM,noarch,2,closed
other,buildArch,x86_64,3,closed
other,buildArch,aarch64,3,closed
";

/// A command of both sides.
struct Step {
    /// How it is typed.
    command: &'static [&'static str],
    /// The name under which the task that it makes is known in those after it.
    makes: Option<&'static str>,
}

const fn step(command: &'static [&'static str]) -> Step {
    Step { command, makes: None }
}

const fn making(task: &'static str, command: &'static [&'static str]) -> Step {
    Step { command, makes: Some(task) }
}

/// Commands while builds are running.
const MOVING: &[Step] = &[
    step(&["hello"]),
    step(&["list-hosts"]),
    step(&["list-channels"]),
    step(&["add-pkg", "--owner=kojiadmin", "m48947", "bash", "nginx", "ftbfs"]),
    step(&["list-pkgs", "--tag=m48947"]),
    step(&["call", "getTag", "m48947-build"]),
    step(&["call", "--json-output", "getBuildTarget", "m48947"]),
    step(&["regen-repo", "m48947-build"]),
    step(&["wait-repo", "m48947-build"]),
    making("build", &["build", "--wait", "--background", "m48947", BASH]),
    step(&["list-tagged", "m48947"]),
    step(&["latest-build", "m48947", "bash"]),
    step(&["buildinfo", "bash-5.2-48947.f99"]),
    step(&["list-builds", "--package=bash"]),
    step(&["list-builds", "--buildid=bash-5.2-48947.f99"]),
    step(&["taskinfo", "{build}"]),
    step(&["taskinfo", "-r", "{build}"]),
    step(&["watch-task", "{build}"]),
    step(&["watch-task", "{failed}"]),
    making(
        "chain",
        &["chain-build", "--nowait", "--background", "m48947", CHAIN[0], ":", CHAIN[1]],
    ),
    step(&["watch-task", "{chain}"]),
    step(&["import-cg", "metadata.json", "content", "--noprogress"]),
    step(&["list-builds", "--type=module"]),
];

/// Commands while the hub's time stands still.
const STILL: &[Step] = &[
    step(&["buildinfo", MODULE]),
    step(&["list-tasks"]),
    making("again", &["resubmit", "--nowait", "{failed}"]),
    step(&["cancel", "{again}"]),
    step(&["watch-task", "{again}"]),
];

/// Commands without matching recorded answers, with their output according to koji-protocol.
const EXPECTED: &[(&[&str], &str)] = &[
    (&["add-tag", "m48947"], ""),
    (&["add-tag", "m48947-build", "--parent=m48947", "--arches=x86_64 aarch64"], ""),
    (
        &[
            "edit-tag",
            "m48947-build",
            "-x",
            "mock.package_manager=dnf",
            "-x",
            "repo.auto=False",
            "-x",
            "rpm.macro.dist=.module+el9",
            "-x",
            "mock.module_setup_commands=[[\"enable\", \"perl:5.30\"]]",
        ],
        "",
    ),
    (&["add-target", "m48947", "m48947-build", "m48947"], ""),
    (
        &["add-pkg", "--owner=kojiadmin", "m48947", "bash", "nginx", "ftbfs"],
        "Adding 3 packages to tag m48947",
    ),
    (&["add-pkg", "--owner=kojiadmin", "f99", "ftbfs"], "Adding 1 packages to tag f99"),
    (&["block-pkg", "f99", "ftbfs"], ""),
    (&["list-pkgs", "--tag=f99", "--show-blocked", "--quiet"], "ftbfs f99 kojiadmin [BLOCKED]"),
];

/// One side of the comparison.
struct Side {
    koji: Official,
    /// The tasks that commands made.
    tasks: BTreeMap<&'static str, String>,
}

impl Side {
    fn new(server: &str) -> Option<Self> {
        let koji = Official::of(server, "kojiadmin")?;
        Some(Self { koji, tasks: BTreeMap::new() })
    }

    /// Runs a command; returns the parts of its lines that must not differ.
    fn run(&mut self, command: &[&str], task: Option<&'static str>) -> Vec<String> {
        let filled: Vec<String> = command
            .iter()
            .map(|word| {
                let known = self.tasks.iter().find(|(name, _)| *word == format!("{{{name}}}"));
                known.map_or_else(|| (*word).to_owned(), |(_, id)| id.clone())
            })
            .collect();
        let words: Vec<&str> = filled.iter().map(String::as_str).collect();
        let (code, out, trouble) = self.koji.try_run(&words);
        if let Some(name) = task {
            let made = |line: &str| {
                let number = line.rsplit(' ').next().unwrap_or_default();
                let is_it = line.starts_with("Created task: ") || line.contains(" as new task ");
                is_it.then(|| number.to_owned())
            };
            let id = out.lines().find_map(made);
            self.tasks.insert(name, id.unwrap_or_else(|| panic!("{words:?}: {out}{trouble}")));
        }
        let mut lines = alike(&(out + &trouble), &self.koji.server);
        lines.push(format!("exit code {code:?}"));
        lines
    }
}

/// Writes files in the place of those of the module build that was imported, with their sums.
fn write_content(home: &Path, metadata: &Path) {
    let text = fs::read_to_string(metadata).expect("it was recorded");
    let mut metadata: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let directory = home.join("content");
    fs::create_dir(&directory).expect("a directory");
    for output in metadata["output"].as_array_mut().expect("files") {
        let size = output["filesize"].as_u64().and_then(|size| usize::try_from(size).ok());
        let content = "x".repeat(size.expect("a size"));
        let name = output["filename"].as_str().expect("a name");
        fs::write(directory.join(name), &content).expect("it is written");
        // The recorded sum is that of the recorded file.
        output["checksum_type"] = "sha256".into();
        output["checksum"] = modplan::load::sha256(content.as_bytes()).into();
    }
    fs::write(home.join("metadata.json"), metadata.to_string()).expect("it is written");
}

/// Starts a hub that answers with the recordings.
fn start_replay(recordings: &Path) -> (RawHub, Arc<Replay>) {
    let replay = Arc::new(Replay::read(recordings));
    let of_hub = Arc::clone(&replay);
    let hub = RawHub::start(move |request: &Request| {
        let name = request.head.split_once("filename=").map(|(_, rest)| rest);
        if let Some(name) = name.and_then(|rest| rest.split(['&', ' ']).next()) {
            return Answer::koji(Ok(of_hub.upload(name, request.body.as_bytes())));
        }
        let (method, params) = codec::read_call(&request.body).expect("a call");
        Answer::koji(of_hub.answer(&method, &params))
    });
    (hub, replay)
}

/// Starts the mock with the recorded builders and user; its state survives.
fn start_mock(directory: &Path, speed: &str) -> Mock {
    let path = |name: &str, text: &str| {
        let path = directory.join(name);
        fs::write(&path, text).expect("it is written");
        path.display().to_string()
    };
    let (trace, farm) = (path("trace.csv", TRACE), path("farm.yaml", FARM));
    let state = directory.join("state").display().to_string();
    Mock::with(&[
        "--trace",
        &trace,
        "--farm",
        &farm,
        "--state",
        &state,
        "--user",
        "kojiadmin:secret",
        "--speed",
        speed,
    ])
}

#[test]
#[expect(clippy::print_stdout, reason = "the list is part of the evidence")]
fn every_command_prints_what_it_prints_of_a_real_hubs_answers() {
    let Some(recordings) = shared("wire/koji") else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let (hub, replay) = start_replay(&recordings);
    let mock = start_mock(directory.path(), "200");
    let (Some(mut there), Some(mut here)) = (Side::new(&hub.server), Side::new(&mock.server))
    else {
        return;
    };
    for side in [&there, &here] {
        write_content(side.koji.home.path(), &recordings.join("cg-module-metadata.json"));
    }
    let mut wrong = Vec::new();
    here.koji.run(&["add-tag", "f99"]);
    for (command, expected) in EXPECTED {
        let (_, out, trouble) = here.koji.try_run(command);
        let words = (out + &trouble).split_whitespace().collect::<Vec<_>>().join(" ");
        if words != *expected {
            wrong.push(format!("{command:?}:\n{words}\n--- expected:\n{expected}"));
        }
    }
    // As recorded: by a direct call, not by the command, which makes more calls.
    let failed =
        here.koji.run(&["call", "--python", "build", FTBFS, "'m48947'", "{'fail_fast': True}"]);
    here.tasks.insert("failed", failed.trim().to_owned());
    there.tasks.insert("failed", "51".to_owned());
    // It waits for the first repo. A change of its tag then makes another one worth asking for.
    here.run(&["watch-task", "{failed}"], None);
    here.koji.run(&["add-group", "m48947-build", "build"]);
    let mut compared = 0;
    let mut unknown: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut compare = |there: &mut Side, here: &mut Side, steps: &[Step]| {
        for Step { command, makes } in steps {
            let (own, recorded) =
                (without_module(here.run(command, *makes)), there.run(command, *makes));
            unknown.entry(command[0]).or_default().extend(replay.unknown());
            compared += 1;
            if own != recorded {
                let (own, recorded) = (own.join("\n"), recorded.join("\n"));
                wrong.push(format!("{command:?} at the mock:\n{own}\n--- a real hub:\n{recorded}"));
            }
        }
    };
    compare(&mut there, &mut here, MOVING);
    here.koji.run(&["add-tag", SHIPPED]);
    here.koji.run(&["call", "tagBuildBypass", SHIPPED, MODULE]);
    // The same hub again, and no builder gets anywhere.
    drop(mock);
    let mock = start_mock(directory.path(), "0.000001");
    let still = Side::new(&mock.server).expect("the client is installed");
    let mut here = Side { tasks: here.tasks, ..still };
    here.koji.run(&["build", "--nowait", "--background", "m48947", BASH]);
    compare(&mut there, &mut here, STILL);
    println!(
        "commands that print what they print of a real hub's answers: {}",
        compared - wrong.len()
    );
    println!("commands held against what koji-protocol says: {}", EXPECTED.len());
    for (command, calls) in unknown.iter().filter(|(_, calls)| !calls.is_empty()) {
        println!(
            "answered from koji-protocol, as no recording has them: {command}: {}",
            calls.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
        );
    }
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n\n"));
}

/// Ignores the channel that only the mock starts with: a site adds it for the worker of modules.
fn without_module(mut lines: Vec<String>) -> Vec<String> {
    lines.retain(|line| !line.starts_with("module 0 0 0"));
    lines
}
