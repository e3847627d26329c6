//! Every real file loads with exactly the findings that the snapshot lists: none appears or
//! disappears unnoticed.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use modplan::load::{self, Options, Snapshot};
use serde_json::Value;

use crate::support;

/// Returns all files below a directory, in the order of their paths.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).expect("the directory is there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    paths.sort();
    let below =
        paths.into_iter().flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] });
    below.collect()
}

fn is_input(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml")
}

fn describe(out: &mut String, shown: &str, snapshot: &Snapshot) {
    let input = &snapshot.inputs[0];
    writeln!(
        out,
        "{shown}: {} {} documents, {} streams, {} defaults",
        input.kind,
        input.documents,
        snapshot.streams.len(),
        snapshot.defaults.len()
    )
    .expect("a string takes any text");
    for finding in &snapshot.findings {
        let place = finding.place;
        let message = finding.message.replace(&input.path, shown);
        writeln!(
            out,
            "  {}:{}: {}[{}]: {message}",
            place.line,
            place.column,
            finding.severity(),
            finding.code
        )
        .expect("a string takes any text");
    }
}

#[test]
fn every_modulemd_file_has_the_findings_of_the_snapshot() {
    let Some(root) = support::shared("data/modulemd") else { return };
    let mut out = String::new();
    for path in files(&root).into_iter().filter(|path| is_input(path)) {
        let shown = path.strip_prefix(&root).expect("found below it").display().to_string();
        let snapshot =
            load::load(std::slice::from_ref(&path), &Options::default()).expect("readable");
        describe(&mut out, &shown, &snapshot);
    }
    insta::assert_snapshot!(out);
}

/// Returns the answers of a server without the frame of the recording: one text per answer, and one
/// with all distinct rows of 2017, one row per line.
fn answers(root: &Path) -> Vec<(String, String)> {
    let mut answers = support::unpacked(&root.join("responses-big.tar.zst"));
    let lines = String::from_utf8(support::zstd(&root.join("records.jsonl.zst"))).expect("UTF-8");
    let record = |line: &str| {
        let wrapped: Value = serde_json::from_str(line).expect("JSON");
        wrapped["record"].to_string()
    };
    let rows: Vec<String> = lines.lines().map(record).collect();
    answers.push(("records.jsonl.zst".to_owned(), format!("[{}]", rows.join(",\n"))));
    let folders = ["responses", "recorded-server"].map(|folder| files(&root.join(folder)));
    for path in folders.concat() {
        let is_json = path.extension().is_some_and(|extension| extension == "json");
        if !is_json || path.ends_with("index.json") {
            continue;
        }
        let name = path.strip_prefix(root).expect("found below it").display().to_string();
        let text = std::fs::read_to_string(&path).expect("readable");
        let value: Value = serde_json::from_str(&text).expect("JSON");
        let body = &value["response"]["body"];
        answers.push((name, if body.is_null() { text } else { body.to_string() }));
    }
    answers
}

#[test]
fn every_answer_of_pdc_has_the_findings_of_the_snapshot() {
    let Some(root) = support::shared("data/pdc") else { return };
    let mut out = String::new();
    for (name, text) in answers(&root) {
        describe(&mut out, &name, &load::parse_text(&name, &text));
    }
    insta::assert_snapshot!(out);
}

/// Rows of 2017 came without `active` and `rpms` first, then with the one, then with both.
#[test]
fn every_field_set_of_2017_is_read() {
    let Some(root) = support::shared("data/pdc") else { return };
    let (_, rows) =
        answers(&root).into_iter().find(|(name, _)| name.starts_with("records")).unwrap();
    let values: Vec<Value> = serde_json::from_str(&rows).expect("JSON");
    let having = |field: &str| {
        values.iter().filter(|row| row[field].is_array() || row[field].is_boolean()).count()
    };
    assert_eq!((values.len(), having("active"), having("rpms")), (153, 92, 3));
    let snapshot = load::parse_text("records", &rows);
    let inactive = values.iter().filter(|row| row["active"] == false).count();
    let mut artifacts: Vec<usize> =
        snapshot.streams.iter().map(|one| one.artifacts.len()).collect();
    artifacts.sort_unstable_by(|one, other| other.cmp(one));
    // Three rows repeat builds of other rows.
    assert_eq!(snapshot.streams.len() + inactive, 150);
    assert_eq!(artifacts[..3], [5822, 5816, 0]);
}

#[test]
fn every_snapshot_of_one_repository_over_time_has_the_findings_of_the_snapshot() {
    let Some(path) = support::shared("data/modulemd/eurolinux8-history.tar.zst") else { return };
    let mut out = String::new();
    for (name, text) in support::unpacked(&path) {
        describe(&mut out, &name, &load::parse_text(&name, &text));
    }
    insta::assert_snapshot!(out);
}
