//! Hostile files: made to make a reader die, hang, or eat all memory.

use modplan::load::{Code, Severity, Snapshot, parse_text};

use crate::support::within_a_minute;

/// A document with more under `data`, indented by two.
fn document(more: &str) -> String {
    format!(
        "---\ndocument: modulemd\nversion: 2\ndata:\n  name: a\n  stream: b\n  summary: s\n  \
         license:\n    module: [MIT]\n{more}...\n"
    )
}

fn read(text: String) -> Snapshot {
    within_a_minute("a hostile text", move || parse_text("x.yaml", &text))
}

fn errors(snapshot: &Snapshot) -> Vec<Code> {
    let is_error = |finding: &&modplan::load::Finding| finding.severity() == Severity::Error;
    snapshot.findings.iter().filter(is_error).map(|finding| finding.code).collect()
}

#[test]
fn ten_megabytes_of_one_scalar_are_read() {
    let plain = "x".repeat(10_000_000);
    let quoted = format!("\"{}\"", "x ".repeat(5_000_000));
    for scalar in [plain, quoted] {
        let length = scalar.trim_matches('"').len();
        let snapshot = read(document(&format!("  description: {scalar}\n")));
        assert_eq!(errors(&snapshot), []);
        let description = snapshot.streams[0].about.description.as_ref().expect("it is kept");
        assert_eq!(description.len(), length);
    }
}

#[test]
fn a_hundred_thousand_nested_collections_are_refused_and_the_next_document_is_read() {
    let good = document("  description: d\n");
    let nests = ["[".repeat(100_000), "{a: ".repeat(100_000), "- ".repeat(100_000)];
    for nest in nests {
        let bad = document(&format!("  description: d\n  odd:\n    {nest}\n"));
        let snapshot = read(format!("{bad}{good}"));
        let codes = errors(&snapshot);
        assert!(matches!(codes.as_slice(), [Code::Nesting | Code::YamlSyntax]), "{codes:?}");
        assert_eq!(snapshot.streams.len(), 1);
    }
}

#[test]
fn maps_as_deep_as_lines_are_long_are_refused() {
    let deep: String = (0..3000).map(|depth| format!("{}a:\n", " ".repeat(depth + 2))).collect();
    let snapshot = read(document(&format!("  description: d\n{deep}")));
    assert_eq!(errors(&snapshot).len(), 1, "{:?}", snapshot.findings);
}

#[test]
fn aliases_are_never_expanded() {
    let level = |(name, last): (char, char)| {
        format!("    {name}: &{name} [*{last}, *{last}, *{last}, *{last}]\n")
    };
    let levels: String = ('b'..='k').zip('a'..).map(level).collect();
    let bomb = format!("  xmd:\n    a: &a [x, x, x, x, x, x, x, x, x, x]\n{levels}");
    let snapshot = read(document(&format!("  description: d\n{bomb}")));
    assert_eq!(errors(&snapshot), [Code::Alias]);
}

#[test]
fn a_hundred_thousand_documents_keys_and_findings_are_told_apart() {
    let many = "---\n".repeat(100_000);
    assert_eq!(errors(&read(many)).len(), 100_000);
    let keys: String = (0..100_000).map(|number| format!("    k{number}: 1\n")).collect();
    let twice = format!("  description: d\n  xmd:\n{keys}    k7: 2\n");
    assert_eq!(errors(&read(document(&twice))), [Code::RepeatedKey]);
}
