//! Paths between modules: `--why`, and what `show` lists around one.

use std::fs;

use serde_json::Value;

use super::{Case, DIAMOND};

#[test]
fn why_prints_every_path_with_file_and_line() {
    let case = Case::new(DIAMOND);
    let said = case.plan("--changed a:1 --why d:1");
    assert!(said.out.starts_with("d:1:c0 is rebuilt on 2 paths\n"), "{}", said.out);
    assert_eq!(said.out.matches("changed").count(), 2, "{}", said.out);
    let text = fs::read_to_string(case.0.path().join("modules.yaml")).expect("text");
    for line in said.out.lines().filter(|line| line.contains("modules.yaml:")) {
        let number: usize = line
            .rsplit_once(':')
            .and_then(|(_, n)| n.trim_end_matches(')').parse().ok())
            .expect("a line");
        let named = text.lines().nth(number - 1).expect("it is there").trim();
        let on = line
            .split("builds on ")
            .nth(1)
            .and_then(|rest| rest.split(':').next())
            .expect("a name");
        assert!(named.starts_with(&format!("{on}: ")), "{line}: {named}");
    }
    let plan = case.json("--changed a:1 --why d:1");
    assert_eq!(plan["why"][0]["paths"].as_array().expect("paths").len(), 2);
    assert_eq!(plan["why"][0]["complete"], true);
    assert_eq!(case.plan("--changed d:1 --why a:1").code, 1);
    assert_eq!(case.plan("--changed a:1 --why x:1").code, 2);
}

#[test]
fn show_lists_dependants_dependencies_single_ids_and_the_newest() {
    let case = Case::new(&format!("{DIAMOND}\n    a:1:2:c0 el8"));
    let said = case.run("show modules.yaml --dependants a:1 --format json");
    let json: Value = serde_json::from_str(&said.out).expect("JSON");
    let rows: Vec<(String, u64)> = json["modules"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| {
            (
                row["id"].as_str().expect("an id").to_owned(),
                row["distance"].as_u64().expect("a number"),
            )
        })
        .collect();
    let row = |id: &str, distance: u64| (id.to_owned(), distance);
    assert_eq!(rows, [row("b:1:c0", 1), row("c:1:c0", 1), row("d:1:c0", 2)]);
    let said = case.run("show modules.yaml --dependencies d:1");
    assert!(said.out.contains("3 modules are built before d:1:c0"), "{}", said.out);
    let count = |arguments: &str| {
        let said = case.run(&format!("show modules.yaml {arguments}"));
        assert_eq!(said.code, 0, "{}", said.err);
        said.out.lines().last().expect("a line").split(' ').next().expect("a number").to_owned()
    };
    assert_eq!(count(""), "5");
    assert_eq!(count("--newest"), "4");
    assert_eq!(count("a:1"), "2");
    assert_eq!(count("a:1:2 d"), "2");
    assert_eq!(count("--newest a:1"), "1");
    let said = case.run("show modules.yaml e:1");
    assert_eq!(said.code, 2);
    assert!(said.err.contains("did you mean"), "{}", said.err);
    assert_eq!(case.run("show missing.yaml").code, 3, "a path is not an identity");
    assert_eq!(case.run("show a:1").code, 2, "no input is named");
}
