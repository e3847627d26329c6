//! `check` and `show` as commands: what they print where, and how they end.

use crate::support::program::{Program, Said};
use modplan::load::{Options, Severity, Snapshot, load, parse_text};
use modplan::report::snapshot as report;

use crate::support;

const GOOD: &str = "---\ndocument: modulemd\nversion: 2\ndata:\n  name: a\n  stream: 1.10\n  version: 7\n  \
    context: c0\n  arch: x86_64\n  summary: s\n  description: d\n  license:\n    module: [MIT]\n  \
    dependencies:\n  - buildrequires: {perl: [5.30]}\n...\n";

fn modplan(arguments: &[&str], input: &str) -> Said {
    Program::new(arguments).input(input).run()
}

#[test]
fn check_accepts_a_good_file_and_prints_nothing_to_standard_output() {
    let Said { code, out, err } = modplan(&["check", "-"], GOOD);
    assert_eq!((code, out.as_str()), (0, ""));
    assert_eq!(err, "note: 1 input, 1 document, 0 errors, 0 warnings\n");
}

#[test]
fn check_tells_the_place_of_an_error_and_ends_with_one() {
    let Said { code, err, .. } = modplan(&["check", "-"], &GOOD.replace("[5.30]", "[5.30, -5.26]"));
    assert_eq!(code, 1);
    assert!(err.starts_with("-:15:27: error[stream-set]: the streams of `perl` mix"), "{err}");
    assert!(err.contains("\nhint: "), "{err}");
}

#[test]
fn an_empty_file_is_fine_and_a_missing_one_is_outside_trouble() {
    assert_eq!(modplan(&["check", "-"], "").code, 0);
    assert_eq!(modplan(&["check", "-"], "# nothing\n").code, 0);
    let Said { code, err, .. } = modplan(&["check", "no/such/file.yaml"], "");
    assert_eq!(code, 3);
    assert!(err.contains("cannot find `no/such/file.yaml`"), "{err}");
}

#[test]
fn strict_refuses_unknown_fields() {
    let odd = GOOD.replace("  summary: s\n", "  summary: s\n  colour: blue\n");
    assert_eq!(modplan(&["check", "-"], &odd).code, 0);
    let Said { code, err, .. } = modplan(&["check", "--strict", "-"], &odd);
    assert_eq!(code, 1);
    assert!(err.contains("-:11:3: error[unknown-field]"), "{err}");
}

#[test]
fn show_prints_a_table_json_and_modulemd() {
    let Said { code, out: table, .. } = modplan(&["show", "-"], GOOD);
    assert_eq!(code, 0);
    insta::assert_snapshot!(table);
    let Said { out: json, .. } = modplan(&["show", "--format", "json", "-"], GOOD);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let stream = &json["modules"]["a"]["streams"][0];
    assert_eq!(stream["nsvca"], "a:1.10:7:c0:x86_64");
    assert_eq!(stream["dependencies"][0]["buildrequires"]["perl"][0], "5.30");
    let Said { out: yaml, .. } = modplan(&["show", "--format", "yaml", "-"], GOOD);
    assert_eq!(modplan(&["show", "--format", "yaml", "-"], &yaml).out, yaml);
}

/// A document of format 1 is written as its upgrade; all else reads back as it was.
#[test]
fn what_show_writes_as_modulemd_reads_back_equal() {
    let Some(folder) = support::shared("data/modulemd") else { return };
    let without_format = |snapshot: &Snapshot| {
        let mut json = report::snapshot_json(snapshot, None)["modules"].take();
        let modules = json.as_object_mut().expect("modules by name");
        let streams = modules.values_mut().filter_map(|module| module["streams"].as_array_mut());
        streams.flatten().for_each(|stream| stream["mdversion"] = 2.into());
        json
    };
    let mut streams = 0;
    let cases = support::shared("cases/modulemd/cases").expect("it stands beside the data");
    let files = support::yaml_files(&folder).into_iter().chain(support::yaml_files(&cases));
    for path in files {
        let read = load(std::slice::from_ref(&path), &Options::default()).expect("there");
        let again = parse_text("again.yaml", &report::snapshot_yaml(&read));
        let name = path.display();
        assert!(again.findings.iter().all(|one| one.severity() == Severity::Warning), "{name}");
        assert_eq!(without_format(&read), without_format(&again), "{name}");
        streams += read.streams.len();
    }
    assert!(streams > 1000, "{streams}");
}

/// Packager documents are written in the form they were read in, those of format 1 as its upgrade.
#[test]
fn what_show_writes_of_a_packager_document_reads_back_equal() {
    let Some(folder) = support::shared("cases/modulemd") else { return };
    let index = std::fs::read_to_string(folder.join("index.json")).expect("readable");
    let index: serde_json::Value = serde_json::from_str(&index).expect("JSON");
    let options = Options { is_packager: true, ..Options::default() };
    let directory = tempfile::tempdir().expect("a directory");
    let again = directory.path().join("again.yaml");
    let shown = |path: &std::path::Path| {
        let read = load(&[path.to_owned()], &options).expect("there");
        let document = read.packagers.into_iter().next()?;
        // Whether the whole can be converted is told of both by the same findings.
        let mut json = report::packager_json(&document, &Snapshot::default());
        if json["stream"].is_object() {
            json["stream"]["mdversion"] = 2.into();
        }
        Some((report::packager_yaml(&document), json))
    };
    let mut documents = 0;
    for case in index.as_array().expect("a list").iter().filter(|case| case["modplan"] == "ok") {
        let path = folder.join(case["file"].as_str().expect("a path"));
        let Some((yaml, json)) = shown(&path) else { continue };
        std::fs::write(&again, &yaml).expect("writable");
        assert_eq!(shown(&again), Some((yaml.clone(), json)), "{}\n{yaml}", path.display());
        documents += 1;
    }
    assert!(documents > 15, "{documents}");
}

#[test]
fn builds_known_from_rows_alone_are_left_out_of_modulemd_and_counted() {
    let row = r#"{"uid": "b:1:7:c0", "koji_tag": "t", "build_deps": []}"#;
    let modulemd = serde_json::to_string(GOOD).expect("JSON");
    let full = format!(
        r#"{{"uid": "a:1.10:7:c0", "koji_tag": "t", "build_deps": [{{"dependency": "perl", "stream": "5.30"}}], "modulemd": {modulemd}}}"#
    );
    let Said { code, out: yaml, err } =
        modplan(&["show", "--format", "yaml", "-"], &format!("[{row},\n{full}]"));
    assert_eq!(code, 0);
    assert!(
        err.starts_with("-:1:2: warning[no-document]: 1 build is known from rows alone"),
        "{err}"
    );
    let again = parse_text("again.yaml", &yaml);
    assert_eq!((again.findings.as_slice(), again.streams.len()), (&[][..], 1));
    assert_eq!(report::snapshot_yaml(&again), yaml);
}

#[test]
fn check_tells_where_the_documents_of_one_build_differ_between_arches() {
    let other = GOOD.replace("x86_64", "aarch64").replace("[5.30]", "[5.26]");
    let Said { code, err, .. } = modplan(&["check", "-"], &format!("{GOOD}{other}"));
    assert_eq!(code, 0);
    let told = "-:31:21: warning[arch-drift]: a:1.10:7:c0: buildrequires of perl: [5.26] here, [5.30] for x86_64 at -:15:21";
    assert!(err.starts_with(told), "{err}");
}

#[test]
fn an_end_of_life_with_a_date_needs_the_time() {
    let obsolete = "---\ndocument: modulemd-obsoletes\nversion: 1\ndata:\n  module: a\n  stream: 1.10\n  \
        modified: 2020-01-01T00:00Z\n  message: gone\n  eol_date: 2021-01-01T00:00Z\n...\n";
    let both = format!("{obsolete}{GOOD}");
    assert!(!modplan(&["show", "-"], &both).out.contains(" obsolete "));
    let Said { out: table, .. } = modplan(&["show", "--now", "2022-01-01T00:00Z", "-"], &both);
    assert!(table.contains(" obsolete "), "{table}");
    assert_eq!(modplan(&["show", "--now", "soon", "-"], &both).code, 2);
}

#[test]
fn a_packager_document_is_read_where_it_is_asked_for() {
    let packager = "document: modulemd-packager\nversion: 3\ndata:\n  name: a\n  stream: b\n  summary: s\n  \
        description: d\n  configurations:\n  - {context: A1, platform: f32}\n";
    assert_eq!(modplan(&["check", "-"], packager).code, 1);
    assert_eq!(modplan(&["check", "--packager", "-"], packager).code, 0);
    let Said { out: json, .. } =
        modplan(&["show", "--packager", "--format", "json", "-"], packager);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["index"]["modules"]["a"]["streams"][0]["nsvca"], "a:b::A1");
}
