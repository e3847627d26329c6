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
        assert_eq!(codes, [Code::Nesting], "{:?}", snapshot.findings);
        assert_eq!(snapshot.streams.len(), 1);
    }
}

#[test]
fn maps_as_deep_as_lines_are_long_are_refused() {
    let deep: String = (0..3000).map(|depth| format!("{}a:\n", " ".repeat(depth + 2))).collect();
    let snapshot = read(document(&format!("  description: d\n{deep}")));
    assert_eq!(errors(&snapshot), [Code::Nesting], "{:?}", snapshot.findings);
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

/// A document of one identity, which any of its parts may leave open.
fn identified(identity: &str) -> String {
    document(&format!("  description: d\n{identity}"))
}

#[test]
fn sixty_thousand_rows_on_one_line_know_their_columns() {
    let row = |number: u32| {
        format!(
            r#"{{"uid":"é:1:{number}:c","name":"é","stream":"1","version":"{number}","context":"c","koji_tag":"t","build_deps":[]}}"#
        )
    };
    let rows: Vec<String> = (1..=60_000).map(row).collect();
    let snapshot = read(format!("[{}]", rows.join(",")));
    assert_eq!(errors(&snapshot), []);
    let last = rows.last().expect("rows").chars().count();
    let all: usize = rows.iter().map(|row| row.chars().count() + 1).sum();
    let place = snapshot.streams.last().expect("streams").place;
    assert_eq!((place.line, place.column as usize), (1, all - last + 1));
}

#[test]
fn thirty_thousand_documents_that_leave_parts_of_their_identity_open_are_told_apart() {
    let many = |identity: &dyn Fn(u32) -> String| {
        let text: String = (0..30_000).map(|number| identified(&identity(number))).collect();
        read(text)
    };
    for identity in [
        &(|number| format!("  context: c{number}\n")) as &dyn Fn(u32) -> String,
        &|number| format!("  arch: a{number}\n"),
        &|number| format!("  version: {}\n", number + 1),
    ] {
        let snapshot = many(identity);
        assert_eq!((errors(&snapshot), snapshot.streams.len()), (vec![], 30_000));
    }
    // A document without these parts matches all of them.
    let open = (0..20_000).map(|number| identified(&format!("  context: c{number}\n")));
    let text: String = open.chain([identified("")]).collect();
    assert_eq!(errors(&read(text)), [Code::Duplicate]);
}

#[test]
fn a_hundred_thousand_ends_of_life_are_found_by_what_they_are_about() {
    let end = |number: u32| {
        format!(
            "---\ndocument: modulemd-obsoletes\nversion: 1\ndata:\n  module: a\n  stream: b\n  \
             context: c{number}\n  modified: 2020-01-01T00:00Z\n  message: gone\n...\n"
        )
    };
    let built = |number: u32| identified(&format!("  version: 1\n  context: c{number}\n"));
    let text: String = (0..120_000).map(end).chain((0..5000).map(built)).collect();
    let obsolete = within_a_minute("ends of life", move || {
        let snapshot = parse_text("x.yaml", &text);
        assert_eq!((errors(&snapshot), snapshot.obsoletes.len()), (vec![], 120_000));
        let table = modplan::report::snapshot::table(&snapshot, None, 200);
        table.lines().filter(|line| line.split_whitespace().any(|word| word == "obsolete")).count()
    });
    assert_eq!(obsolete, 5000);
}

#[test]
fn a_ring_of_a_hundred_thousand_components_is_walked_once() {
    const LENGTH: u32 = 100_000;
    let after =
        |number: u32| format!("      k{number}: {{buildafter: [k{}]}}\n", (number + 1) % LENGTH);
    let ring: String = (0..LENGTH).map(after).collect();
    let text = identified(&format!("  components:\n    rpms:\n{ring}"));
    assert_eq!(errors(&read(text)), [Code::BuildAfterCycle]);
}
