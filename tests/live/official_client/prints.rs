//! What koji's client prints at the mock hub, beside what it prints of a real hub's recorded answers: the same labels and
//! tables with as many columns. Names, numbers, times and how many rows there are may differ.

use std::collections::BTreeMap;
use std::path::Path;

use modplan::koji::{Fault, Value, codec};

use super::super::mock_koji::Mock;
use super::super::raw_hub::{Answer, RawHub, Request};
use super::{Official, SOURCE};
use crate::support::shared;

type Answered = Result<Value, Fault>;

/// Answers that are about one thing alone: those of another do not stand in for them.
const OWN: [&str; 2] = ["listArchives", "listTaskOutput"];

/// The recorded answers: by the whole call, and the first good one of each method.
#[derive(Default)]
struct Recorded {
    by_call: BTreeMap<String, Answered>,
    by_method: BTreeMap<String, Answered>,
}

impl Recorded {
    fn read(directory: &Path) -> Self {
        let text = |name: &str| std::fs::read_to_string(directory.join(name)).ok();
        let index = text("index.json").expect("an index");
        let index: serde_json::Value = serde_json::from_str(&index).expect("JSON");
        let mut recorded = Self::default();
        for row in index.as_array().expect("rows") {
            let file = |key: &str| row[key].as_str().and_then(text);
            let (Some(asked), Some(answer)) = (file("req_file"), file("resp_file")) else {
                continue;
            };
            let (Ok((method, params)), Ok(answer)) =
                (codec::read_call(&asked), codec::read_answer(&answer))
            else {
                continue;
            };
            let key = codec::write_call(&method, params);
            if answer.is_ok() {
                recorded.by_method.entry(method).or_insert_with(|| answer.clone());
            }
            recorded.by_call.entry(key).or_insert(answer);
        }
        recorded
    }

    fn answer(&self, method: &str, params: Vec<Value>) -> Answered {
        if method == "multiCall" {
            let calls = params.first().and_then(Value::as_list).unwrap_or_default().iter();
            let answers = calls.map(|call| {
                let method = call.get("methodName").and_then(Value::as_str).unwrap_or_default();
                let params = call.get("params").and_then(Value::as_list).unwrap_or_default();
                let answer = self.answer(method, params.to_vec());
                Value::List(vec![answer.unwrap_or_default()])
            });
            return Ok(Value::List(answers.collect()));
        }
        let whole = self.by_call.get(&codec::write_call(method, params));
        // The RPMs of a build were recorded by another name of the same call.
        let method = if method == "listRPMs" { "listBuildRPMs" } else { method };
        let same = || self.by_method.get(method).filter(|_| !OWN.contains(&method));
        let answer = whole.or_else(same);
        answer.cloned().unwrap_or_else(|| nothing(method))
    }
}

/// What a hub answers to methods that were not recorded: that it has nothing of the kind, or a name.
fn nothing(method: &str) -> Answered {
    match method {
        "getMavenBuild" | "getWinBuild" => Ok(Value::Nil),
        "mavenEnabled" => Ok(Value::Bool(false)),
        "listBuildroots" | "listArchives" | "getAllPerms" | "queryRPMSigs" => {
            Ok(Value::List(Vec::new()))
        }
        "getPackageID" => Ok(Value::Int(1)),
        "getUser" => Ok(Value::from(serde_json::json!({"id": 1, "name": "kojiadmin"}))),
        "listTaskOutput" => Ok(Value::Struct(BTreeMap::new())),
        _ => Err(Fault::generic(format!("{method} was not recorded"))),
    }
}

/// Returns what a line is like: its label, or how many words its row has.
fn like(line: &str) -> String {
    let label = line.split_once(':').map(|(label, _)| label);
    let is_label = |label: &&str| {
        !label.is_empty() && !label.chars().any(|c| c.is_ascii_digit()) && label.len() < 30
    };
    match label.filter(is_label) {
        Some(label) => format!("{label}:"),
        // One of many greetings.
        None if line.ends_with('!') => "hello".to_owned(),
        None if line.starts_with("---") => "---".to_owned(),
        None => format!("{} words", line.split_whitespace().count()),
    }
}

fn shape(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().filter(|line| !line.is_empty()).map(like).collect();
    lines.dedup();
    lines
}

#[test]
#[expect(clippy::print_stdout, reason = "the count is part of the evidence")]
fn what_is_printed_has_the_form_of_a_real_hubs() {
    let Some(directory) = shared("wire/koji") else { return };
    let recorded = Recorded::read(&directory);
    let replay = RawHub::start(move |request: &Request| {
        let (method, params) = codec::read_call(&request.body).expect("a call");
        Answer::koji(recorded.answer(&method, params))
    });
    let mock = Mock::start(&["--speed", "500"]);
    let (Some(real), Some(koji)) = (Official::new(&replay.server), Official::new(&mock.server))
    else {
        return;
    };
    for setup in [
        &["add-tag", "f99x"][..],
        &["add-tag", "f99x-build", "--parent=f99x", "--arches=x86_64 aarch64"],
        &["edit-tag", "f99x-build", "-x", "mock.package_manager=dnf"],
        &["add-target", "f99x", "f99x-build", "f99x"],
        &["add-pkg", "--owner=alice", "f99x", "perl-DBI"],
    ] {
        koji.run(setup);
    }
    let built = koji.run(&["build", "--wait", "--noprogress", "f99x", SOURCE]);
    let task = built.lines().find_map(|line| line.strip_prefix("Created task: ")).expect("a task");
    let commands: [(&[&str], &[&str]); 10] = [
        (&["hello"], &["hello"]),
        (&["list-channels"], &["list-channels"]),
        (&["list-hosts"], &["list-hosts"]),
        (&["list-targets"], &["list-targets"]),
        (&["list-tagged", "f99"], &["list-tagged", "f99x"]),
        (&["latest-build", "f99", "bash"], &["latest-build", "f99x", "perl-DBI"]),
        (&["list-pkgs", "--tag=f99"], &["list-pkgs", "--tag=f99x"]),
        (&["buildinfo", "bash-5.2-1.f99"], &["buildinfo", "perl-DBI-1.64-1.el8"]),
        (&["taskinfo", "46"], &["taskinfo", task]),
        (&["list-builds", "--package=bash"], &["list-builds", "--package=perl-DBI"]),
    ];
    let mut wrong = Vec::new();
    for (there, here) in commands {
        let (_, there_text, trouble) = real.try_run(there);
        let (there_text, here_text) = (there_text + &trouble, koji.run(here));
        if shape(&there_text) != shape(&here_text) {
            wrong.push(format!("{there:?}:\n{there_text}\n--- the mock:\n{here_text}"));
        }
    }
    println!("commands that print what they print of a real hub: {}", commands.len() - wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
