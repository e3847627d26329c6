//! Every code of the table of findings, each with an input and a command that report it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use modplan::expand::{Document, Loaded, Problem, Request, Settings, expand};
use modplan::load::{self, Code};
use modplan::plan::batch::{self, Contents};
use modplan::report::expand::{ReportInput, findings};

use crate::support::program::Program;

const HEAD: &str = "---\ndocument: modulemd\nversion: 2\ndata:\n  name: a\n  stream: \"1\"\n  version: 1\n  context: c0\n  \
                    arch: x86_64\n  summary: s\n  description: d\n  license: {module: [MIT]}\n";
const BUILT: &str = "  dependencies:\n  - buildrequires: {platform: [el8]}\n";
const TRACE: &str = "package,method,arch,run_seconds,outcome\n";
const FARM: &str = "model: koji\nbuilders:\n  - {name: x86, count: 2, arches: [x86_64]}\n";

/// The modules that documents are expanded against, and one to expand.
const AGAINST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/el8-perl/modules.yaml");
const EXPANDED: &str = "document: modulemd\nversion: 2\ndata:\n  name: app\n  stream: x\n  summary: s\n  \
                        description: d\n  license: {module: [MIT]}\n  dependencies:\n";

/// What reports a finding: files of a directory, and the command that is run there.
struct Reported {
    code: &'static str,
    command: String,
    files: Vec<(&'static str, Vec<u8>)>,
}

fn reported(code: &'static str, command: &str, files: Vec<(&'static str, Vec<u8>)>) -> Reported {
    Reported { code, command: command.to_owned(), files }
}

/// A module with more in its document.
fn module(more: &str) -> String {
    format!("{HEAD}{more}...\n")
}

/// The same of another name, stream and so on.
fn as_other(changes: &[(&str, &str)], more: &str) -> String {
    changes.iter().fold(module(more), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    })
}

/// What `check` reports of a text.
fn yaml(code: &'static str, text: String) -> Reported {
    reported(code, "check x.yaml", vec![("x.yaml", text.into())])
}

/// What `check` reports of one document as a whole.
fn of_documents() -> Vec<Reported> {
    let deep = format!("  xmd: {{a: {}{}}}\n", "[".repeat(3000), "]".repeat(3000));
    vec![
        yaml("characters", module("  xmd: {a: \"\u{1}\"}\n")),
        yaml("yaml-syntax", module("  xmd: [\n")),
        yaml("alias", module("  xmd: {a: &a 1, b: *a}\n")),
        yaml("nesting", module(&deep)),
        yaml(
            "truncated",
            format!(
                "{}{}",
                module(""),
                as_other(&[("name: a", "name: b")], "").trim_end_matches("...\n").trim_end()
            ),
        ),
        yaml("document-shape", format!("{}---\n- a list\n...\n", module(""))),
        yaml("document-type", as_other(&[("version: 2", "version: 9")], "")),
        yaml(
            "misplaced-document",
            as_other(&[("document: modulemd", "document: modulemd-packager")], ""),
        ),
        yaml("repeated-key", module("  summary: another\n")),
        yaml("equal-repeat", module("  summary: s\n")),
        yaml("missing-field", as_other(&[("  summary: s\n", "")], "")),
    ]
}

/// What `check` reports of the fields of documents.
fn of_fields() -> Vec<Reported> {
    let component =
        |what: &str| module(&format!("  components: {{rpms: {{p: {{rationale: r, {what}}}}}}}\n"));
    vec![
        yaml("wrong-shape", module("  artifacts: {rpms: {a: b}}\n")),
        yaml("bad-value", module("  static_context: maybe\n")),
        yaml("bad-name", as_other(&[("name: a", "name: \"a:b\"")], "")),
        yaml("bad-nevra", module("  artifacts: {rpms: [perl]}\n")),
        yaml("stream-set", module("  dependencies:\n  - buildrequires: {perl: [a, -b]}\n")),
        yaml("build-order", component("buildorder: 1, buildafter: [p]")),
        yaml(
            "buildafter-cycle",
            module(
                "  components:\n    rpms:\n      p: {rationale: r, buildafter: [q]}\n      q: {rationale: r, buildafter: [p]}\n",
            ),
        ),
        yaml(
            "component-arch",
            module(
                "  buildopts: {arches: [x86_64]}\n  components: {rpms: {p: {rationale: r, arches: [s390x]}}}\n",
            ),
        ),
        yaml(
            "duplicate",
            format!("{}{}", module(""), as_other(&[("summary: s", "summary: t")], "")),
        ),
        yaml("wide-buildorder", component("buildorder: 99999999999")),
        yaml("wrapped-buildorder", component("buildorder: 18446744073709551615")),
        yaml("dashed-stream", as_other(&[("stream: \"1\"", "stream: \"-1\"")], "")),
        yaml(
            "lost-zero",
            module(BUILT)
                + &as_other(&[("name: a", "name: b"), ("stream: \"1\"", "stream: \"1.10\"")], "")
                + &as_other(
                    &[("name: a", "name: c")],
                    "  dependencies:\n  - buildrequires: {platform: [el8], b: [1.1]}\n",
                ),
        ),
        yaml(
            "arch-drift",
            module("  components: {rpms: {p: {rationale: r}}}\n")
                + &as_other(
                    &[("arch: x86_64", "arch: aarch64")],
                    "  components: {rpms: {q: {rationale: r}}}\n",
                ),
        ),
    ]
}

/// What `check` reports of rows of services, and of bytes that are no text.
fn of_rows_and_bytes() -> Vec<Reported> {
    let json = |code, text: &str| reported(code, "check x.json", vec![("x.json", text.into())]);
    vec![
        json("json-syntax", "[{},"),
        json("json-shape", r#"{"detail": "Invalid page."}"#),
        json("bad-row", r#"[{"name": "x"}]"#),
        json("inactive-row", r#"[{"uid": "a:1:7:c0", "active": false, "build_deps": []}]"#),
        json("incomplete-dump", r#"{"next": "https://x.example/?page=2", "results": []}"#),
        json("unknown-dependencies", r#"[{"uid": "a:1:7:c0"}]"#),
        json(
            "embedded-modulemd",
            r#"[{"uid": "a:1:7:c0", "build_deps": [], "modulemd": "nothing"}]"#,
        ),
        reported(
            "encoding",
            "check x.yaml",
            vec![("x.yaml", [HEAD.as_bytes(), b"  xmd: {a: \xff}\n"].concat())],
        ),
        reported(
            "compression",
            "check x.yaml",
            vec![("x.yaml", b"BZh91AY&SY\x00\x01\x02".to_vec())],
        ),
        reported(
            "too-large",
            "check x.yaml --max-input-bytes 9",
            vec![("x.yaml", module("").into())],
        ),
        reported(
            "unknown-field",
            "check x.yaml --strict",
            vec![("x.yaml", module("  colour: red\n").into())],
        ),
        reported(
            "packager-file",
            "check --packager x.yaml",
            vec![("x.yaml", module("").repeat(2).into())],
        ),
    ]
}

/// What stands in several files, or in a directory or repository.
fn of_several_files() -> Vec<Reported> {
    let other = as_other(&[("summary: s", "summary: t")], "");
    let defaults = |more: &str| {
        format!(
            "---\ndocument: modulemd-defaults\nversion: 1\ndata:\n  module: a\n  modified: 202001010000\n{more}...\n"
        )
    };
    let disagree = |code, [one, other]: [&str; 2]| {
        let files = vec![("x.yaml", defaults(one).into()), ("y.yaml", defaults(other).into())];
        reported(code, "check x.yaml y.yaml", files)
    };
    let index = |data: &str| format!("<repomd>{data}</repomd>").into_bytes();
    let entry = "<data type=\"modules\"><checksum type=\"sha256\">00</checksum><location href=\"repodata/modules.yaml\"/></data>";
    let row = r#"[{"uid": "a:1:1:c0", "build_deps": [{"dependency": "perl", "stream": "5.30"}]}]"#;
    vec![
        disagree("default-stream", ["  stream: \"1\"\n", "  stream: \"2\"\n"]),
        disagree("defaults-conflict", ["  profiles: {\"1\": [x]}\n", "  profiles: {\"1\": [y]}\n"]),
        reported(
            "duplicate-input",
            "check x.yaml y.yaml",
            vec![("x.yaml", module("").into()), ("y.yaml", other.into())],
        ),
        reported(
            "source-disagreement",
            "check x.yaml y.json",
            vec![
                ("x.yaml", module("  dependencies:\n  - buildrequires: {perl: [5.26]}\n").into()),
                ("y.json", row.into()),
            ],
        ),
        reported(
            "other-file",
            "check .",
            vec![("x.yaml", module("").into()), ("notes.yaml", b"- a list\n".to_vec())],
        ),
        reported("empty-directory", "check .", vec![("notes.txt", b"text".to_vec())]),
        reported(
            "no-modules",
            "check .",
            vec![("repodata/repomd.xml", index("<data type=\"primary\"/>"))],
        ),
        reported("repository", "check .", vec![("repodata/repomd.xml", b"<repomd>".to_vec())]),
        reported(
            "checksum",
            "check .",
            vec![
                ("repodata/repomd.xml", index(entry)),
                ("repodata/modules.yaml", module("").into()),
            ],
        ),
        reported("no-document", "show x.json --format yaml", vec![("x.json", row.into())]),
    ]
}

/// A component of a document.
fn components(what: &str) -> String {
    format!("  components: {{rpms: {{p: {{rationale: r{what}}}}}}}\n")
}

/// A module with a component that builds on others.
fn built(name: &str, on: &str) -> String {
    let requires = format!("  dependencies:\n  - buildrequires: {{{on}}}\n{}", components(""));
    as_other(&[("name: a", &format!("name: {name}"))], &requires)
}

/// What `plan` reports of documents.
fn of_plan() -> Vec<Reported> {
    let plan =
        |code, text: String| reported(code, "plan x.yaml --all", vec![("x.yaml", text.into())]);
    let including = module(
        "  components:\n    rpms: {p: {rationale: r}}\n    modules: {b: {rationale: r, ref: \"1\"}}\n",
    );
    let newer = as_other(&[("version: 1", "version: 2"), ("summary: s", "summary: [s]")], "");
    let eol = "---\ndocument: modulemd-obsoletes\nversion: 1\ndata:\n  module: a\n  stream: \"1\"\n  \
               modified: 2020-01-01T00:00Z\n  message: gone\n  eol_date: 2021-01-01T00:00Z\n...\n";
    let repeated = including.clone() + &as_other(&[("name: a", "name: b")], &components(""));
    vec![
        plan("newest-unreadable", module(&components("")) + &newer),
        plan("component-order", repeated),
        plan("included-module", including),
        plan("no-arch-left", module(&components(", arches: [s390x]"))),
        plan("cycle", built("a", "b: [\"1\"]") + &built("b", "a: [\"1\"]")),
        plan("dangling", built("a", "b: [\"1\"]")),
        plan("several-platforms", built("a", "platform: [f35]") + &built("b", "platform: [f36]")),
        plan("end-of-life", module(&components("")) + eol),
    ]
}

/// What `plan` reports of a selection, a farm, and a file of sources.
fn of_plan_with_more() -> Vec<Reported> {
    let base = built("b", "platform: [el8]").replace("stream: \"1\"", "stream: \"1.10\"");
    let short = base + &built("c", "platform: [el8], b: [1.1]");
    let other_arch = as_other(&[("arch: x86_64", "arch: aarch64")], &components(""));
    let both = module(&components("")) + &other_arch;
    let farm = b"builders: [{name: x, count: 1, arches: [x86_64]}]\n".to_vec();
    let sources = b"a,b\n1,2\n".to_vec();
    let with = |code, command: &str, text: String, more: Vec<(&'static str, Vec<u8>)>| {
        let files = [vec![("x.yaml", text.into())], more].concat();
        reported(code, &format!("plan x.yaml {command}"), files)
    };
    vec![
        with("left-out", "--changed b:1.10", short, vec![]),
        with("unserved-arch", "--all --farm f.yaml", both, vec![("f.yaml", farm)]),
        with(
            "source-urls",
            "--all --sources s.csv",
            module(&components("")),
            vec![("s.csv", sources)],
        ),
    ]
}

/// What `expand` reports of the dependencies of a document.
fn of_expand() -> Vec<Reported> {
    let expand = |code, flags: &str, dependencies: &str| {
        let command = format!("expand x.yaml --against {AGAINST} {flags}");
        reported(code, &command, vec![("x.yaml", format!("{EXPANDED}{dependencies}").into())])
    };
    let two = "  - buildrequires: {platform: [el8], perl: [-5.32], perl-DBI: []}\n";
    let on = |requires: &str| format!("  - buildrequires: {{platform: [el8.6.0]{requires}}}\n");
    vec![
        expand("unknown-module", "", &on(", pearl: []")),
        expand(
            "unknown-runtime-module",
            "",
            &format!("{}    requires: {{nosuch: [\"1\"]}}\n", on("")),
        ),
        expand("all-streams-negated", "", &on(", perl: [-5.24, -5.26, -5.30, -5.32]")),
        expand("ambiguous-stream", "--refuse-ambiguous", two),
        expand("no-base-module", "", "  - buildrequires: {perl: [5.30]}\n"),
        expand("not-convertible", "", &on(", perl: [5.30, -5.26]")),
        expand("no-build", "", &on(", perl: [5.3]")),
        expand("too-many-keys", "--max-documents 1", two),
        expand("dropped-group", "", &format!("{}  - buildrequires: {{}}\n", on(""))),
        expand("same-context", "", &format!("{}  - buildrequires: {{platform: []}}\n", on(""))),
    ]
}

/// What `expand` reports of builds that do not go together.
fn of_expand_against() -> Vec<Reported> {
    let base = |stream: &str, more: &str| {
        as_other(
            &[("name: a", "name: platform"), ("stream: \"1\"", &format!("stream: {stream}"))],
            more,
        )
    };
    let apart = |name: &str, stream: &str, requires: &str| {
        as_other(
            &[
                ("name: a", &format!("name: {name}")),
                ("stream: \"1\"", &format!("stream: \"{stream}\"")),
            ],
            &format!(
                "  dependencies: [{{buildrequires: {{platform: [f29]}}, requires: {{platform: [f29]{requires}}}}}]\n"
            ),
        )
    };
    let against = [
        apart("gtk", "1", ", bar: ['1']"),
        apart("foo", "1", ", bar: ['2']"),
        apart("bar", "1", ""),
        apart("bar", "2", ""),
    ]
    .concat();
    let conflict = |code| {
        reported(
            code,
            "expand x.yaml --against y.yaml",
            vec![
                (
                    "x.yaml",
                    format!(
                        "{EXPANDED}  - buildrequires: {{platform: [f29], gtk: ['1'], foo: ['1']}}\n"
                    )
                    .into(),
                ),
                ("y.yaml", against.clone().into()),
            ],
        )
    };
    vec![
        conflict("refused-streams"),
        conflict("unsolvable"),
        reported(
            "stream-not-xyz",
            "expand x.yaml --against y.yaml",
            vec![
                ("x.yaml", format!("{EXPANDED}  - buildrequires: {{platform: [el8]}}\n").into()),
                ("y.yaml", base("el8", "  xmd: {mbs: {virtual_streams: [el8]}}\n").into()),
            ],
        ),
    ]
}

/// What is wrong with a farm, a scenario or a trace.
fn of_settings() -> Vec<Reported> {
    let input = || {
        (
            "x.yaml",
            module(&format!("{BUILT}  components: {{rpms: {{p: {{rationale: r}}}}}}\n"))
                .into_bytes(),
        )
    };
    let farm = |code, text: &str| {
        reported(code, "plan x.yaml --all --farm f.yaml", vec![input(), ("f.yaml", text.into())])
    };
    let trace = |code, text: &str| reported(code, "trace t.csv", vec![("t.csv", text.into())]);
    let clock = r#"[{"id": 1, "method": "buildArch", "arch": "x86_64", "state": 2, "start_time": "2026-11-22 12:01:00", "completion_time": "2026-11-22 12:00:00", "request": ["p-1-1.src.rpm"]}]"#;
    let row = "perl,buildArch,x86_64,1,closed,2026-11-22T12:00:00Z\n";
    vec![
        farm("setting-syntax", "builders: [\n"),
        farm("setting-unknown", &format!("{FARM}colour: red\n")),
        farm("setting-value", &FARM.replace("count: 2", "count: many")),
        farm(
            "farm-idle",
            &format!("{FARM}  - {{name: idle, count: 1, arches: [x86_64], channels: [other]}}\n"),
        ),
        farm("farm-full", &FARM.replace("count: 2", "count: 2, max_jobs: 1")),
        reported(
            "setting-unused",
            "execute x.yaml --all --approach orchestrator-owned --cascade literal --scenario s.yaml",
            vec![input(), ("s.yaml", b"orchestrator_owned: {dispatch: wave}\n".to_vec())],
        ),
        trace("trace-column", "package,method,arch,outcome\n"),
        trace("trace-column-unknown", &TRACE.replace("outcome", "outcome,colour")),
        trace("trace-row", &format!("{TRACE}perl,buildArch\n")),
        trace("trace-time", &format!("{TRACE}perl,buildArch,x86_64,-3,closed\n")),
        trace("trace-outcome", &format!("{TRACE}perl,buildArch,x86_64,3,exploded\n")),
        trace("trace-method", &format!("{TRACE}perl,buildarch,x86_64,3,closed\n")),
        trace(
            "trace-duplicate",
            &format!("{}{row}{row}", TRACE.replace("outcome", "outcome,started_at")),
        ),
        trace("trace-clock", clock),
        trace(
            "trace-package",
            r#"[{"id": 1, "method": "buildArch", "arch": "x86_64", "state": 2, "start_time": "2026-11-22 12:00:00", "completion_time": "2026-11-22 12:01:00"}]"#,
        ),
        trace("trace-shape", "[1]"),
        reported("trace-text", "trace t.csv", vec![("t.csv", b"package\n\xff\xfe".to_vec())]),
    ]
}

/// Returns the codes that are reported of an expansion whose search was cut short, and of one that lacks a
/// build: no input of a reasonable size brings a command there.
fn of_the_library() -> BTreeSet<&'static str> {
    let against = load::load(&[AGAINST.into()], &load::Options::default()).expect("a fixture");
    let two = "  - buildrequires: {platform: [el8], perl: [-5.32], perl-DBI: []}\n";
    let source = load::parse_text("x.yaml", &format!("{EXPANDED}{two}"));
    let settings = Settings::default();
    let loaded = Loaded::new(&against, &settings.platforms);
    let mut document = Document::of(&source.streams[0]).expect("it can be built");
    document
        .apply(&Request::default(), &loaded.collection, &settings)
        .expect("nothing is overridden");
    let mut expansion = expand(&document, &loaded.collection, &settings);
    let context = expansion.documents[0].context.clone();
    expansion.problems.extend([
        Problem::NotProvenBest { context },
        Problem::NoProvider { group: 0, names: vec!["perl".into()] },
    ]);
    let ordered = batch::order(Contents::from(&source.streams[0]), &|_| None);
    let told = ReportInput {
        path: "x.yaml",
        streams: &source.streams,
        document: &document,
        expansion: &expansion,
        loaded: &loaded,
        inputs: &against.inputs,
        settings: &settings,
        ordered: ordered.as_ref(),
        build_id: None,
        is_scratch: false,
        explanations: &[],
    };
    findings(told).into_iter().map(|finding| finding.code.as_str()).collect()
}

#[test]
fn every_documented_code_is_reported_by_some_input() {
    let cases = [
        of_documents(),
        of_fields(),
        of_rows_and_bytes(),
        of_several_files(),
        of_plan(),
        of_plan_with_more(),
        of_expand(),
        of_expand_against(),
        of_settings(),
    ];
    let cases: Vec<Reported> = cases.into_iter().flatten().collect();
    let mut missing: Vec<String> = cases.iter().filter_map(missed).collect();
    let codes: BTreeSet<&str> =
        cases.iter().map(|case| case.code).chain(of_the_library()).collect();
    let documented: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    missing.extend(documented.difference(&codes).map(|code| format!("{code}: no case")));
    missing.extend(codes.difference(&documented).map(|code| format!("{code}: not documented")));
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// Runs a case; returns what came instead where its code did not.
fn missed(case: &Reported) -> Option<String> {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, content) in &case.files {
        write(&directory.path().join(name), content);
    }
    let said = Program::new(case.command.split_whitespace()).within(directory.path()).run();
    let is_reported = said.err.contains(&format!("[{}]: ", case.code));
    (!is_reported).then(|| format!("{}: `{}`: {}", case.code, case.command, said.err))
}

fn write(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().expect("a directory")).expect("made");
    fs::write(path, content).expect("written");
}
