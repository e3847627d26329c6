//! Rows of services, alone and beside modulemd.

use super::*;

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

/// Reads modulemd beside JSON rows.
fn beside(modulemd: &str, rows: &str) -> Snapshot {
    let mut gatherer = Gatherer::new(&Options::default());
    for (path, text) in [("m.yaml", modulemd), ("r.json", rows)] {
        gatherer.input(path.to_owned(), source::Bytes::plain(text.as_bytes().to_vec()));
    }
    gatherer.finish()
}

#[test]
fn only_what_a_source_states_can_disagree() {
    let modulemd = document(
        "a:1",
        "  dependencies:\n  - buildrequires: {perl: [5.26], go: []}\n    requires: {platform: [el8]}\n",
    );
    let built = |with: &str| {
        format!(
            r#"{{"items": [{{"name": "a", "stream": "1", "version": "7", "context": "c0", "state_name": "ready",
            "buildrequires": {{{with}}}}}], "meta": {{}}}}"#
        )
    };
    let pinned = |module: &str, stream: &str| {
        format!(r#""{module}": {{"stream": "{stream}", "version": "3", "context": "c1"}}"#)
    };
    let (perl, platform) = (pinned("perl", "5.26"), pinned("platform", "el8"));
    // Additional modules in the buildroot are not a disagreement, and neither is a missing
    // `requires`.
    assert_eq!(codes(&beside(&modulemd, &built(&format!("{perl}, {platform}")))), []);
    for (with, shown) in [(pinned("perl", "5.30"), "[5.30] here"), (platform, "nothing here")] {
        let snapshot = beside(&modulemd, &built(&with));
        assert_eq!(codes(&snapshot), [("source-disagreement", 1)]);
        let message = &snapshot.findings[0].message;
        assert!(
            message.contains(&format!("buildrequires of perl: {shown}, [5.26] at m.yaml:15:21")),
            "{message}"
        );
    }
    let deps = r#""build_deps": [{"dependency": "perl", "stream": "5.26"}]"#;
    let short = format!(r#"[{{"uid": "a:1:7:c0", {deps}}}]"#);
    assert_eq!(codes(&beside(&modulemd, &short)), []);
    let full = format!(r#"[{{"uid": "a:1:7:c0", {deps}, "runtime_deps": []}}]"#);
    let snapshot = beside(&modulemd, &full);
    assert_eq!(codes(&snapshot), [("source-disagreement", 1)]);
    assert!(snapshot.findings[0].message.contains("requires of platform: nothing here"));
}

#[test]
fn an_identity_that_stands_in_the_uid_alone_is_taken_from_there() {
    let rows = r#"[{"uid": "a:1.10:7:c0", "build_deps": []}, {"variant_uid": "b-c-f26-3", "build_deps": []},
        {"variant_uid": "b:f26:3", "variant_context": "00000000", "build_deps": []}, {"uid": "d", "build_deps": []}]"#;
    let snapshot = parse_text("x.json", rows);
    let names: Vec<String> = snapshot.streams.iter().filter_map(Stream::nsvca).collect();
    assert_eq!(names, ["a:1.10:7:c0", "b-c:f26:3", "b:f26:3:00000000"]);
    assert_eq!(codes(&snapshot), [("bad-row", 2)]);
}

#[test]
fn rows_of_every_service_are_known_outside_of_its_pages() {
    let build = |id: u32, state: &str| {
        format!(
            r#"{{"id": {id}, "name": "a", "stream": "1", "version": "{id}", "context": "c0", "state_name": "{state}", "buildrequires": {{}}}}"#
        )
    };
    let (ready, init) = (build(7, "ready"), build(8, "init"));
    for text in [format!("[{ready}, {init}]"), format!("{ready}\n{init}")] {
        let snapshot = parse_text("x.json", &text);
        let names: Vec<String> = snapshot.streams.iter().filter_map(Stream::nsvca).collect();
        assert_eq!((names, snapshot.inputs[0].kind), (vec!["a:1:7:c0".to_owned()], "mbs"));
        assert_eq!(snapshot.findings[0].code, Code::InactiveRow);
    }
    let modulemd = serde_json::to_string(&document("a:1", "")).expect("JSON");
    let koji = |state: u32| {
        format!(
            r#"{{"build_id": 3, "name": "a", "version": "1", "release": "7.c0", "state": {state}, "extra": {{"typeinfo":
            {{"module": {{"name": "a", "stream": "1", "version": "7", "context": "c0", "modulemd_str": {modulemd}}}}}}}}}"#
        )
    };
    for text in [koji(1), format!("[{}]", koji(1)), format!(r#"{{"build": {}}}"#, koji(1))] {
        let snapshot = parse_text("x.json", &text);
        assert_eq!((codes(&snapshot), snapshot.inputs[0].kind), (vec![], "koji"));
        assert_eq!(snapshot.streams[0].about.summary.as_deref(), Some("s"));
    }
    let snapshot = parse_text("x.json", &koji(3));
    assert_eq!((codes(&snapshot), snapshot.streams.len()), (vec![("inactive-row", 1)], 0));
}

#[test]
fn a_row_may_have_no_name_that_a_document_may_not() {
    let deps = |pair: &str| format!(r#""build_deps": [{pair}]"#);
    let row = |name: &str, stream: &str, deps: &str| {
        format!(
            r#"[{{"uid": "u", "name": "{name}", "stream": "{stream}", "version": "7", {deps}}}]"#
        )
    };
    let none = deps("");
    let empty = deps(r#"{"dependency": "", "stream": ""}"#);
    let dash = deps(r#"{"dependency": "b", "stream": "-"}"#);
    for (text, code, streams) in [
        (row("a:b", "1", &none), Code::BadName, 0),
        (row("a\\u0001", "1", &none), Code::BadName, 0),
        (row("a", "-x", &none), Code::DashedStream, 1),
        (row("a", "1", &empty), Code::StreamSet, 0),
        (row("a", "1", &dash), Code::StreamSet, 0),
    ] {
        let snapshot = parse_text("x.json", &text);
        let found: Vec<Code> = snapshot.findings.iter().map(|finding| finding.code).collect();
        assert_eq!((found, snapshot.streams.len()), (vec![code], streams), "{text}");
    }
}

#[test]
fn a_field_of_a_row_with_the_wrong_type_is_named() {
    for (row, wrong) in [
        (
            r#"{"uid": "a:1:7:c", "name": 3}"#,
            "cannot read a PDC row: `name`: invalid type: integer `3`, expected a string",
        ),
        (
            r#"{"uid": "a:1:7:c", "build_deps": [{"dependency": "b"}]}"#,
            "cannot read a PDC row: `build_deps`: missing field `stream`",
        ),
        (
            r#"{"state_name": "ready", "name": []}"#,
            "cannot read an MBS item: `name`: invalid type: sequence, expected a string",
        ),
        ("3", "cannot read a PDC row: invalid type: integer `3`, expected struct Row"),
    ] {
        let snapshot = parse_text("x.json", &format!("[{{}},\n {row}]"));
        let last = snapshot.findings.last().expect("one");
        assert_eq!((last.message.as_str(), last.place.line, last.place.column), (wrong, 2, 2));
    }
}
