//! Modules left out because a file lost a zero, and the alias that brings them.

use std::fs;

use serde_json::Value;

use super::{Case, LOST_ZERO, ids};
use crate::support::program::Program;
use crate::support::shared;

#[test]
fn what_a_lost_zero_leaves_out_is_listed_by_name() {
    let case = Case::new(LOST_ZERO);
    let plan = case.json("--changed perl:5.30 -q");
    assert_eq!(ids(&plan), ["perl-YAML:1.24:c0", "perl:5.30:c0"]);
    let rows = plan["left_out"].as_array().expect("rows");
    assert_eq!(rows.len(), 1, "perl-DBD is left out because perl-DBI is");
    assert_eq!(rows[0]["module"], "perl-DBI:1.641:c0");
    assert_eq!(
        (&rows[0]["requires"], &rows[0]["perhaps"]),
        (&"perl:5.3".into(), &"perl:5.30".into())
    );
    let text = fs::read_to_string(case.0.path().join("modules.yaml")).expect("text");
    let number = rows[0]["line"].as_u64().and_then(|line| usize::try_from(line).ok());
    let line = text.lines().nth(number.expect("a line") - 1);
    assert_eq!(line.map(str::trim), Some("perl: [\"5.3\"]"));
    assert_eq!(plan["left_out_brings"], 2);
    for quiet in ["", "-q"] {
        let said = case.plan(&format!("--changed perl:5.30 {quiet}"));
        assert!(said.out.contains("perl-DBI:1.641:c0"), "{}", said.out);
        assert!(said.err.contains("warning[left-out]"), "{}", said.err);
        let hint = "`--alias perl:5.3=perl:5.30` would bring 2 more modules";
        assert!(said.err.contains(hint), "{}", said.err);
    }
    // What runs the same rebuild leaves out the same.
    for command in ["execute modules.yaml --approach orchestrator-owned", "compare modules.yaml"] {
        let said = case.run(&format!("{command} --changed perl:5.30 -q"));
        assert_eq!(said.code, 0, "{}", said.err);
        assert!(said.err.contains("warning[left-out]"), "{command}: {}", said.err);
    }
    let said = case.run("show modules.yaml --dependants perl:5.30");
    assert!(said.err.contains("`--alias perl:5.3=perl:5.30`"), "{}", said.err);
}

#[test]
fn an_alias_repairs_a_requirement() {
    let case = Case::new(LOST_ZERO);
    for alias in ["perl:5.3=perl:5.30", "perl:5.3=5.30"] {
        let plan = case.json(&format!("--changed perl:5.30 --alias {alias}"));
        let all = ["perl-DBD:3.7:c0", "perl-DBI:1.641:c0", "perl-YAML:1.24:c0", "perl:5.30:c0"];
        assert_eq!(ids(&plan), all);
        assert_eq!(plan["left_out"], Value::Array(vec![]));
        assert_eq!(plan["aliases"][0]["written"], "perl:5.3");
        assert_eq!(plan["aliases"][0]["meant"], "perl:5.30");
    }
    let said = case.plan("--all --alias perl:5.3=perl:5.31");
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(said.err.contains("did you mean `perl:5.30`?"), "{}", said.err);
    let said = case.plan("--all --alias perl:5.4=perl:5.30");
    assert_eq!(said.code, 0);
    assert!(said.err.contains("nothing requires `perl:5.4`"), "{}", said.err);
    assert_eq!(case.plan("--all --alias perl:5.3").code, 2);
}

#[test]
fn x86_64_appstream_says_which_modules_its_lost_zero_leaves_out() {
    let Some(root) = shared("data/modulemd/eurolinux8") else { return };
    let file = root.join("x86_64-appstream.modules.yaml");
    let file = file.to_str().expect("UTF-8");
    let plan = |more: &[&str]| -> Value {
        let arguments = ["plan", file, "--changed", "perl:5.30", "--unit", "context"];
        let said = Program::new(arguments.iter().chain(&["--format", "json"]).chain(more)).run();
        assert_eq!(said.code, 0, "{}", said.err);
        serde_json::from_str(&said.out).expect("JSON")
    };
    let plain = plan(&[]);
    assert_eq!(ids(&plain).len(), 4);
    let left_out = plain["left_out"].as_array().expect("rows");
    assert!(!left_out.is_empty() && left_out.iter().all(|row| row["requires"] == "perl:5.3"));
    let mended = plan(&["--alias", "perl:5.3=perl:5.30"]);
    assert_eq!(ids(&mended).len(), 10, "as on aarch64, whose file spells it right");
    assert_eq!(plain["left_out_brings"], 6);
}
