use super::*;
use crate::name::StreamName;

/// A document of `name:stream` with more lines under `data`, indented by two.
fn document(name_stream: &str, more: &str) -> String {
    let (name, stream) = name_stream.split_once(':').expect("name:stream");
    format!(
        "---\ndocument: modulemd\nversion: 2\ndata:\n  name: {name}\n  stream: {stream}\n  version: 7\n  \
         context: c0\n  arch: x86_64\n  summary: s\n  description: d\n  license:\n    module: [MIT]\n{more}...\n"
    )
}

fn codes(snapshot: &Snapshot) -> Vec<(&'static str, u32)> {
    snapshot.findings.iter().map(|finding| (finding.code.as_str(), finding.place.line)).collect()
}

#[test]
fn a_stream_is_read_with_the_text_of_its_scalars_and_its_places() {
    let more = "  dependencies:\n  - buildrequires:\n      perl: [5.30, 5.26]\n      platform: [el8]\n    \
                requires: {platform: []}\n";
    let snapshot = parse_text("x.yaml", &document("perl-DBI:1.10", more));
    assert_eq!(codes(&snapshot), []);
    let [stream] = snapshot.streams.as_slice() else { panic!("one stream: {snapshot:?}") };
    assert_eq!(stream.stream.as_str(), "1.10");
    let perl = &stream.dependencies[0].buildrequires["perl"];
    assert_eq!(perl.streams.iter().map(StreamName::as_str).collect::<Vec<_>>(), ["5.26", "5.30"]);
    assert_eq!((perl.place.line, perl.place.column), (16, 7));
    assert!(stream.dependencies[0].requires["platform"].streams.is_empty());
    assert_eq!(snapshot.inputs[0].documents, 1);
}

#[test]
fn a_bad_document_is_told_and_the_next_one_read() {
    let good = document("b:1", "");
    let bad = [
        "---\ndocument: modulemd\nversion: 2\ndata: [\n",
        "---\ndocument: modulemd\nversion: 2\ndata: 3\n",
        "---\n",
        "---\ndocument: nonsense\nversion: 2\ndata: {}\n",
        "---\ndocument: modulemd\nversion: two\ndata: {}\n",
    ];
    for bad in bad {
        let snapshot = parse_text("x.yaml", &format!("{}{bad}{good}", document("a:1", "")));
        assert_eq!(snapshot.streams.len(), 2, "{bad}");
        assert_eq!(snapshot.findings.len(), 1, "{bad}: {:?}", snapshot.findings);
    }
}

#[test]
fn a_document_that_cannot_be_read_is_still_missed_by_name() {
    let snapshot = parse_text("x.yaml", &document("a:1", "  xmd: *alias\n"));
    assert_eq!(codes(&snapshot), [("alias", 14)]);
    let [missed] = snapshot.unreadable.as_slice() else { panic!("one: {snapshot:?}") };
    assert_eq!((missed.module.to_string().as_str(), missed.version), ("a:1", Version(7)));
}

#[test]
fn one_identity_twice_is_kept_once_and_other_content_is_told() {
    let same = document("a:1", "  xmd: {b: 1, c: 2}\n");
    let reordered = document("a:1", "  xmd: {c: 2, b: 1}\n");
    let other = document("a:1", "  xmd: {b: 2}\n");
    let snapshot = parse_text("x.yaml", &format!("{same}{reordered}"));
    assert_eq!((snapshot.streams.len(), codes(&snapshot)), (1, vec![]));
    let snapshot = parse_text("x.yaml", &format!("{same}{other}"));
    assert_eq!((snapshot.streams.len(), codes(&snapshot)), (1, vec![("duplicate", 17)]));
}

#[test]
fn circles_of_buildafter_are_told_with_their_path() {
    let more = "  components:\n    rpms:\n      a: {buildafter: [b]}\n      b: {buildafter: [c]}\n      \
                c: {buildafter: [b]}\n";
    let snapshot = parse_text("x.yaml", &document("m:1", more));
    assert_eq!(codes(&snapshot), [("buildafter-cycle", 17)]);
    assert!(snapshot.findings[0].message.ends_with("b after c after b"), "{snapshot:?}");
}

#[test]
fn defaults_are_read() {
    let text = "---\ndocument: modulemd-defaults\nversion: 1\ndata:\n  module: perl\n  modified: 3\n  \
                stream: 5.30\n  profiles:\n    5.30: [common]\n    5.26: minimal\n";
    let snapshot = parse_text("x.yaml", text);
    assert_eq!(codes(&snapshot), []);
    let defaults = &snapshot.defaults[0];
    assert_eq!(defaults.stream.as_ref().map(StreamName::as_str), Some("5.30"));
    assert!(defaults.profiles["5.26"].contains("minimal"));
}

#[test]
fn a_missing_file_is_trouble_outside_and_junk_inside_is_a_finding() {
    let missing = [std::path::PathBuf::from("no/such/file.yaml")];
    assert!(matches!(load(&missing, &Options::default()), Err(LoadError::Missing { .. })));
    let mut gatherer = Gatherer::new(&Options::default());
    gatherer.input("junk".to_owned(), source::Bytes::plain(vec![0, 159, 146, 150]));
    assert_eq!(codes(&gatherer.finish()), [("encoding", 1)]);
}

#[test]
fn packed_files_are_read_by_what_they_hold_and_a_bomb_is_refused() {
    use std::io::Write;
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("a.yaml");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(document("a:1", "").as_bytes()).expect("packs");
    packed.write_all(&[b'#'; 100_000]).expect("packs");
    std::fs::write(&path, packed.finish().expect("packs")).expect("writes");
    let read = |input_bytes_max| {
        let options = Options { input_bytes_max, ..Options::default() };
        load(&[directory.path().to_owned()], &options).expect("there")
    };
    assert_eq!(read(200_000).streams.len(), 1);
    assert_eq!(codes(&read(1000)), [("too-large", 1)]);
}

fn row(name_stream: &str, version: u64, more: &str) -> String {
    let (name, stream) = name_stream.split_once(':').expect("name:stream");
    format!(
        r#"{{"uid": "{name}:{stream}:{version}:c0", "name": "{name}", "stream": "{stream}", "version": "{version}",
        "context": "c0", "active": true, "koji_tag": "t", "runtime_deps": [], "rpms": []{more}}}"#
    )
}

#[test]
fn rows_of_both_generations_become_streams_with_their_dependencies() {
    let deps = r#", "build_deps": [{"dependency": "perl", "stream": "5.26"}, {"dependency": "perl", "stream": "5.30"}]"#;
    let first = r#"{"variant_id": "b", "variant_uid": "b-f26-3", "variant_version": "f26", "variant_release": "3",
        "koji_tag": "t", "build_deps": [], "runtime_deps": [], "rpms": ["b-0:1-1.src.rpm", "b-libs-0:1-1.x86_64.rpm"]}"#;
    let snapshot = parse_text("x.json", &format!("[{},\n{first}]", row("a:1.10", 7, deps)));
    assert_eq!(codes(&snapshot), []);
    let [a, b] = snapshot.streams.as_slice() else { panic!("two: {snapshot:?}") };
    assert_eq!((a.origin, a.version, a.stream.as_str()), (Origin::Pdc, Version(7), "1.10"));
    assert_eq!(a.dependencies[0].buildrequires["perl"].streams.len(), 2);
    assert_eq!((b.name.as_str(), b.stream.as_str(), b.place.line), ("b", "f26", 3));
    assert_eq!(b.components.keys().map(|key| key.as_str()).collect::<Vec<_>>(), ["b"]);
    assert_eq!((snapshot.inputs[0].kind, snapshot.inputs[0].documents), ("pdc", 2));
}

#[test]
fn a_bad_row_and_an_unfinished_build_are_told_and_the_rest_read() {
    let unfinished = row("a:1", 9, r#", "build_deps": []"#).replace("true", "false");
    let text = format!(
        "[{},\n{{\"name\": \"x\"}},\n{unfinished}]",
        row("a:1", 7, r#", "build_deps": []"#)
    );
    let snapshot = parse_text("x.json", &text);
    assert_eq!(codes(&snapshot), [("bad-row", 3), ("inactive-row", 4)]);
    assert_eq!(snapshot.streams.len(), 1);
}

#[test]
fn modulemd_is_taken_before_a_row_and_a_disagreement_names_both_places() {
    let modulemd = document("a:1", "  dependencies:\n  - buildrequires: {perl: [5.26], go: []}\n");
    let same = row("a:1", 7, r#", "build_deps": [{"dependency": "perl", "stream": "5.26"}]"#);
    let other = row("a:1", 7, r#", "build_deps": [{"dependency": "perl", "stream": "5.30"}]"#);
    let both = |row: &str| {
        let mut gatherer = Gatherer::new(&Options::default());
        gatherer.input("p.json".to_owned(), source::Bytes::plain(format!("[{row}]").into_bytes()));
        gatherer.input("m.yaml".to_owned(), source::Bytes::plain(modulemd.clone().into_bytes()));
        gatherer.finish()
    };
    let snapshot = both(&same);
    assert_eq!(codes(&snapshot), []);
    assert_eq!((snapshot.streams.len(), snapshot.streams[0].origin), (1, Origin::Modulemd));
    let snapshot = both(&other);
    assert_eq!(codes(&snapshot), [("source-disagreement", 1)]);
    let message = &snapshot.findings[0].message;
    assert!(message.contains("[5.30] here, [5.26] at m.yaml:15:21"), "{message}");
}

#[test]
fn pages_of_a_module_build_service_become_streams_and_what_is_not_ready_is_left_out() {
    let text = r#"{"items": [
        {"id": 1, "name": "a", "stream": "1", "version": "7", "context": "c0", "state": 5, "state_name": "ready",
         "buildrequires": {"perl": {"stream": "5.30", "version": "3", "context": "c1", "ref": "x"}},
         "tasks": {"rpms": {"module-build-macros": {}, "a": {}}}},
        {"id": 2, "name": "a", "stream": "1", "version": "8", "context": "c0", "state": 4, "state_name": "failed"}],
        "meta": {"next": null}}"#;
    let snapshot = parse_text("x.json", text);
    assert_eq!(codes(&snapshot), [("inactive-row", 5)]);
    let [a] = snapshot.streams.as_slice() else { panic!("one: {snapshot:?}") };
    assert_eq!((a.origin, a.locks["perl"].version), (Origin::Mbs, Version(3)));
    assert!(a.dependencies[0].buildrequires["perl"].streams.contains("5.30"));
    assert_eq!(a.components.len(), 1);
    assert_eq!(snapshot.inputs[0].kind, "mbs");
}
