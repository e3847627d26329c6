//! The report of a wrong field: once, at its place, with its name and value.

use super::*;

/// Returns all findings of a document as `line:column message`.
fn told(kind: &str, data: &str) -> Vec<String> {
    let version = if kind == "modulemd" { 2 } else { 1 };
    let text = format!("document: {kind}\nversion: {version}\ndata:\n{data}");
    let snapshot = parse_text("x.yaml", &text);
    let findings = snapshot.findings.iter();
    findings.map(|one| format!("{}:{} {}", one.place.line, one.place.column, one.message)).collect()
}

/// A stream with some of its fields replaced, and more at its end: line 4 is `name`.
fn stream(replaced: &[(&str, &str)], more: &str) -> String {
    let fields = [
        ("name", "a"),
        ("stream", "b"),
        ("summary", "s"),
        ("description", "d"),
        ("license", "{module: [MIT]}"),
    ];
    let value = |field: &str, usual: &str| {
        let own = replaced.iter().find(|(name, _)| *name == field);
        own.map_or(usual, |(_, value)| value).to_owned()
    };
    let lines = fields.iter().map(|(field, usual)| format!("  {field}: {}\n", value(field, usual)));
    lines.collect::<String>() + more
}

#[test]
fn a_wrong_field_of_a_stream_is_told_once_at_its_place() {
    for (replaced, more, expected) in [
        (("license", "MIT"), "", "8:12 `license` must be a map, not `MIT`"),
        (("license", "{module: []}"), "", "8:21 `license.module` is empty"),
        (("license", "{content: [MIT]}"), "", "8:12 `license.module` is missing"),
        (("stream", "{}"), "", "5:11 `stream` must be a text, not a map"),
        (("stream", "''"), "", "5:11 `stream` is empty"),
        (
            ("name", "a:b"),
            "",
            "4:9 the name `a:b` contains a colon, which separates the parts of an identity",
        ),
        (("stream", "-x"), "", "5:11 the stream `-x` starts with a dash"),
        (("summary", "[]"), "", "6:12 `summary` must be a text, not a list"),
        (
            ("", ""),
            "  static_context: true\n  context: a.b\n",
            "10:12 with static_context the context must be 1 to 13 of A-Z, a-z, 0-9 and _, not `a.b`",
        ),
        (
            ("", ""),
            "  filter:\n    rpms: {}\n",
            "10:11 `filter.rpms` must be a list of texts, not a map",
        ),
        (
            ("", ""),
            "  api:\n    rpms: [[]]\n",
            "10:12 an item of `api.rpms` must be a text, not a list",
        ),
        (("", ""), "  profiles:\n    p: x\n", "10:8 `profiles.p` must be a map, not `x`"),
        (
            ("", ""),
            "  dependencies:\n  - {}\n  - x\n",
            "11:5 `dependencies[1]` must be a map, not `x`",
        ),
        (("", ""), "  dependencies: x\n", "9:17 `dependencies` must be a list of maps, not `x`"),
    ] {
        assert_eq!(told("modulemd", &stream(&[replaced], more)), [expected]);
    }
}

#[test]
fn what_is_written_wrongly_is_not_missing_as_well() {
    let obsoletes = "  module: a\n  stream: b\n  modified: 2018-02-31T00:00Z\n  message: gone\n";
    let [only] = &told("modulemd-obsoletes", obsoletes)[..] else { panic!("one") };
    assert!(only.starts_with("6:13 `modified` is not written YYYY-MM-DDTHH:MMZ"), "{only}");
    let by = format!("{}  obsoleted_by: x\n", obsoletes.replace("31", "28"));
    assert_eq!(told("modulemd-obsoletes", &by), ["8:17 `obsoleted_by` must be a map, not `x`"]);
    let nothing = told("modulemd-obsoletes", "  module: a\n  stream: ''\n  message: m\n");
    assert_eq!(nothing, ["4:3 `modified` is missing", "5:11 `stream` is empty"]);

    let texts = "  module: a\n  stream: b\n  modified: x\n  translations:\n    de: x\n";
    assert_eq!(
        told("modulemd-translations", texts),
        [
            "6:13 `modified` must be a whole number of 0 to 2^64 - 1, not `x`",
            "8:9 `translations.de` must be a map, not `x`"
        ]
    );
    assert_eq!(
        told("modulemd-defaults", "  module: []\n"),
        ["4:11 `module` must be a text, not a list"]
    );
}
