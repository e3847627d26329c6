//! Every recorded history in a known format is read and described as in the snapshots.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use modplan::load;
use modplan::report::trace::{describe, table};
use modplan::trace::History;

use crate::support;

/// Reads files or directories below the shared data; paths are reported relative to it.
fn history(inputs: &[&str]) -> Option<History> {
    let paths: Option<Vec<PathBuf>> = inputs.iter().map(|input| support::shared(input)).collect();
    let paths = paths?;
    let root = shared_root(&paths[0], inputs[0]);
    let mut files = load::raw_files(&paths, &[".json", ".jsonl", ".csv"]).expect("readable");
    // Lists of a folder's files are not records.
    files.retain(|file| !file.path.ends_with("/index.json"));
    let shown = |path: &str| {
        let path = Path::new(path).strip_prefix(&root).expect("found below it");
        path.to_str().expect("plain names").to_owned()
    };
    let named: Vec<(String, &[u8])> =
        files.iter().map(|file| (shown(&file.path), file.content.as_slice())).collect();
    let named: Vec<(&str, &[u8])> = named.iter().map(|(path, bytes)| (&**path, *bytes)).collect();
    Some(History::read(&named))
}

fn shared_root(path: &Path, input: &str) -> PathBuf {
    let depth = Path::new(input).components().count();
    path.ancestors().nth(depth).expect("it is that deep").to_owned()
}

fn described(inputs: &[&str]) -> Option<String> {
    let history = history(inputs)?;
    let mut text = String::new();
    for finding in &history.findings {
        let place = finding.place;
        let path = &history.files[place.input as usize].path;
        let (severity, code) = (finding.severity(), finding.code);
        let at = format!("{path}:{}:{}", place.line, place.column);
        writeln!(text, "{at}: {severity}[{code}]: {}", finding.message).expect("memory");
    }
    Some(text + &table(&describe(&history.fitted()), 160))
}

/// Compares the description of a history with its snapshot.
fn check(name: &str, inputs: &[&str]) {
    if let Some(text) = described(inputs) {
        insta::assert_snapshot!(name, text);
    }
}

#[test]
fn recorded_answers_of_a_hub_are_described() {
    check("koji_answers", &["data/traces/koji-tests"]);
}

#[test]
fn schedules_recorded_at_a_hub_are_described() {
    for trace in ["koji-trace-A", "koji-trace-B", "koji-trace-C-defaults"] {
        check(trace, &[&format!("data/traces/koji-scheduler/{trace}.json")]);
    }
}

#[test]
fn builds_of_a_tag_are_described() {
    check("brew_build_tag", &["data/traces/brew-build-tag"]);
}

#[test]
fn captured_messages_are_described() {
    check("bus_fixtures", &["data/traces/bus-fixtures"]);
    check("fedmsg", &["data/traces/fedmsg"]);
}

#[test]
fn recorded_messages_and_pages_are_described() {
    check("plugin_messages", &["wire/koji/bus-samples.json"]);
    check("fedora_messaging_lines", &["wire/bus/recorded-by-fedora-messaging-record.jsonl"]);
}

#[test]
fn both_shapes_of_pages_hold_the_same_builds() {
    let page = |name| history(&[&format!("wire/datagrepper/{name}.sample.json")]);
    let (Some(old), Some(new)) = (page("raw"), page("v2-search")) else { return };
    assert_eq!(old.rows(), new.rows());
    assert_eq!(old.rows().len(), 1, "{:?}", old.rows());
}

#[test]
fn every_history_reads_back_from_the_csv_it_is_written_to() {
    let all = ["data/traces/koji-tests", "data/traces/koji-scheduler", "data/traces/bus-fixtures"];
    let Some(history) = history(&all) else { return };
    let csv = history.to_csv();
    let again = History::read(&[("trace.csv", csv.as_bytes())]);
    let wrong: Vec<_> =
        again.findings.iter().filter(|f| f.code.as_str() != "trace-method").collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert_eq!(again.rows(), history.rows());
    assert_eq!(again.to_csv(), csv);
}

#[test]
fn other_formats_are_refused_in_words() {
    let others = [
        "copr-llvm",
        "koschei",
        "pkgsrc-bob/depgraph.zst",
        "pkgsrc-bob/depgraph-mutt.zst",
        "pkgsrc-bob/history-mutt.zst",
        "wfcommons-nextflow/INDEX.tsv",
        "wfcommons-nextflow/instances.tar.zst",
        "yast-obs/yast_deps.yaml",
    ];
    for other in others {
        let Some(history) = history(&[&format!("data/traces/{other}")]) else { return };
        assert!(history.is_wrong(), "{other}");
        assert!(history.rows().is_empty(), "{other}");
    }
}
