//! What differs from an older snapshot.

use super::{Case, ids};

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
