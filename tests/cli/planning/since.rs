//! What differs from an older snapshot.

use serde_json::{Value, json};

use super::{Case, document, ids};

#[test]
fn since_plans_what_differs_from_an_older_snapshot() {
    let case = Case::new(
        "same:1:1:c0 el8
         newer:1:2:c0 el8
         after:1:1:c0 el8 newer:1
         came:1:1:c0 el8
         moved:1:1:c0 el8 same:1",
    );
    case.write(
        "older.yaml",
        "same:1:1:c0 el8
         newer:1:1:c0 el8
         after:1:1:c0 el8 newer:1
         went:1:1:c0 el8
         moved:1:1:c0 el8",
        "",
    );
    let plan = case.json("--since older.yaml");
    assert_eq!(ids(&plan), ["after:1:c0", "came:1:c0", "moved:1:c0", "newer:1:c0"]);
    assert_eq!(plan["roots"], serde_json::json!(["came:1", "moved:1", "newer:1"]));
    let changes: Vec<(&str, &str)> = plan["since"]
        .as_array()
        .expect("rows")
        .iter()
        .filter_map(|row| Some((row["module"].as_str()?, row["change"].as_str()?)))
        .collect();
    let expected = [
        ("came:1:c0", "new-stream"),
        ("moved:1:c0", "content"),
        ("newer:1:c0", "version"),
        ("went:1:c0", "gone-stream"),
    ];
    assert_eq!(changes, expected);
    let newer = &plan["since"][2];
    assert_eq!((&newer["from_version"], &newer["to_version"]), (&"1".into(), &"2".into()));
    assert_eq!(newer["sources"][0]["from"], "unpinned", "a branch is never called unchanged");
    assert_eq!(plan["since"][1]["dependencies"], true);
    let because =
        plan["modules"].as_array().expect("rows").iter().find(|m| m["id"] == "newer:1:c0");
    assert_eq!(because.expect("it is rebuilt")["because"][0]["kind"], "since");
    assert_eq!(plan["selection"]["since"], serde_json::json!(["older.yaml"]));
    // Nothing differs: nothing is rebuilt, and that is an answer.
    let table = case.plan("--since older.yaml").out;
    assert!(table.contains("\nsince older.yaml\n"), "{table}");
    for change in plan["since"].as_array().expect("rows") {
        let kind = change["change"].as_str().expect("a kind").replace('-', " ");
        let line = format!("  {kind:<13}{}", change["module"].as_str().expect("an id"));
        assert!(table.lines().any(|one| one.starts_with(&line)), "{line}: {table}");
    }
    let same = case.plan("--since modules.yaml").out;
    assert!(same.contains("\nnothing differs from modules.yaml\n"), "{same}");
    let said = case.plan("--since modules.yaml --format json");
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(case.plan("--since missing.yaml").code, 3);
}

/// What `--since` says of each module: its id, how it differs, and the id that it had before.
fn changes(plan: &Value) -> Vec<[Value; 3]> {
    let rows = plan["since"].as_array().expect("rows").iter();
    rows.map(|row| ["module", "change", "was"].map(|field| row[field].clone())).collect()
}

#[test]
fn a_module_built_again_with_another_context_is_one_change() {
    let arm = document("arm:1:1:c2 el8").replace("arch: x86_64", "arch: aarch64");
    let case = Case::with(
        "again:1:2:c2 el8 kept:1
         kept:1:1:c0 el8
         line:1:1:c2 el9
         two:1:2:c3 el8
         two:1:2:c4 el8",
        &arm,
    );
    case.write(
        "older.yaml",
        "again:1:1:c1 el8
         arm:1:1:c1 el8
         kept:1:1:c0 el8
         line:1:1:c1 el8
         two:1:1:c1 el8
         two:1:1:c2 el8",
        "",
    );
    let plan = case.json("--since older.yaml");
    let expected = json!([
        ["again:1:c2", "context", "again:1:c1"],
        ["arm:1:c2", "new-context", null],
        ["arm:1:c1", "gone-context", null],
        ["line:1:c2", "new-context", null],
        ["line:1:c1", "gone-context", null],
        ["two:1:c3", "new-context", null],
        ["two:1:c4", "new-context", null],
        ["two:1:c1", "gone-context", null],
        ["two:1:c2", "gone-context", null],
    ]);
    assert_eq!(json!(changes(&plan)), expected, "other arches and lines are other modules");
    let again = &plan["since"][0];
    assert_eq!((&again["from_version"], &again["to_version"]), (&"1".into(), &"2".into()));
    assert_eq!(again["dependencies"], true);
    assert_eq!(again["sources"][0]["from"], "unpinned");
    assert_eq!(plan["roots"], json!(["again:1", "arm:1", "line:1", "two:1"]));
    let table = case.plan("--since older.yaml").out;
    let words = table.split_whitespace().collect::<Vec<_>>().join(" ");
    let told = "context again:1:c2: was again:1:c1, 1 to 2, 1 component with other or unknown \
                sources, other dependencies";
    assert!(words.contains(told), "{table}");
}
