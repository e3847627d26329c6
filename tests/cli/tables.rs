//! Every table at 80 and at 160 columns.

use std::fmt::Write as _;

use super::planning::document;
use crate::support::program::{Program, Said};

const WORLD: &[&str] = &[
    "--trace",
    "fixtures/el8-perl/trace.csv",
    "--farm",
    "fixtures/el8-perl/farm.yaml",
    "--arches",
    "x86_64,aarch64",
];

/// A document to expand.
const DOCUMENT: &str = "document: modulemd\nversion: 2\ndata:\n  name: app\n  stream: rhel-8\n  summary: s\n  \
                        description: d\n  license: {module: [MIT]}\n  dependencies:\n  \
                        - buildrequires: {platform: [el8], perl: [-5.32], perl-DBI: []}\n    \
                        requires: {platform: [el8], perl: [-5.32]}\n  components:\n    rpms:\n      \
                        app-libs: {rationale: r}\n      app: {rationale: r, buildorder: 1}\n";

/// Modules whose names leave a table little room: `middle` builds on `base`, and `top` on `middle`.
fn long_names() -> String {
    let base = "base-libraries-of-the-language-runtime:rolling-release-2026";
    let middle = "middleware-for-application-servers:extended-support-2026.11";
    let top = "top-of-the-stack-with-everything-on-it:next-generation-preview";
    document(&format!("{base}:20261124000000:c0ffee01 el8"))
        + &document(&format!("{base}:20261124000000:c0ffee02 el8"))
        + &document(&format!("{middle}:20261124000000:c0ffee03 el8 {base}"))
        + &document(&format!("{top}:20261124000000:c0ffee04 el8 {middle}"))
}

/// The same with a requirement that lost a zero, and an end of life.
fn lost_zero() -> String {
    let lines = [
        "perl:5.30:1:c0 el8",
        "perl-DBI:1.641:1:c0 el8 perl:5.3",
        "perl-DBD:3.7:1:c0 el8 perl-DBI:1.641",
    ];
    let modules: String = lines.iter().map(|line| document(line)).collect();
    modules
        + "---\ndocument: modulemd-obsoletes\nversion: 1\ndata:\n  modified: 2020-05-01T00:00Z\n  \
           module: perl-DBI\n  stream: \"1.641\"\n  eol_date: 2021-05-01T00:00Z\n  message: use perl\n  \
           obsoleted_by: {module: perl, stream: \"5.30\"}\n...\n"
}

/// Runs a command at both widths; no line may be wider, and what it prints is kept.
fn both_widths(name: &str, command: &str, more: &[&str]) {
    both_widths_of(name, (command, more), DOCUMENT);
}

/// The same with other documents on standard input.
fn both_widths_of(name: &str, (command, more): (&str, &[&str]), input: &str) {
    let mut all = String::new();
    for width in [80, 160] {
        let arguments = command.split_whitespace().chain(more.iter().copied());
        let said = Program::new(arguments).columns(width).input(input).run();
        assert!(!said.out.is_empty(), "{command}: {}", said.err);
        for line in said.out.lines() {
            assert!(line.chars().count() <= usize::from(width), "{command}: {line}");
        }
        writeln!(all, "{width} columns: modplan {command}\n\n{}", said.out).expect("memory");
    }
    insta::assert_snapshot!(name, all);
}

#[test]
fn tables_of_plans() {
    let el8 = "plan fixtures/el8-perl/modules.yaml --changed perl-DBI:1.641";
    both_widths("plan", el8, WORLD);
    both_widths("plan_of_cycles", "plan fixtures/cycle/modules.yaml --all", &[]);
    let reuse = format!("{el8} --rebuild-strategy changed-and-after");
    both_widths("plan_with_reuse", &reuse, &["--reuse-from", "fixtures/el8-perl/modules.yaml"]);
    both_widths("plan_on_a_platform", &format!("{el8} --platform platform:el8.6.0"), &[]);
    both_widths("plan_why", &format!("{el8} --why perl-DBD-Pg:3.7"), &[]);
}

#[test]
fn a_table_of_what_differs_from_an_earlier_plan() {
    let directory = tempfile::tempdir().expect("a directory");
    let earlier = directory.path().join("earlier.json");
    let input = "fixtures/el8-perl/modules.yaml";
    let write = ["plan", input, "--changed", "perl-YAML:1.24", "--format", "json", "-o"];
    let said = Program::new(write.iter().copied().chain(earlier.to_str())).run();
    assert_eq!(said.code, 0, "{}", said.err);
    let command =
        format!("plan {input} --changed perl-App-cpanminus:1.7044 --against-plan earlier");
    for width in [80, 160] {
        let arguments = command.replace(" earlier", &format!(" {}", earlier.display()));
        let said = Program::new(arguments.split_whitespace()).columns(width).run();
        let against = said.out.split_once("against ").expect("what differs").1;
        let against = against.split_once('\n').expect("lines").1;
        assert!(
            against.lines().all(|line| line.chars().count() <= usize::from(width)),
            "{against}"
        );
        insta::assert_snapshot!(format!("plan_against_another_{width}"), against);
    }
}

#[test]
fn tables_of_one_run() {
    let run = "execute fixtures/el8-perl/modules.yaml --changed perl-DBI:1.641 --approach";
    both_widths("execute", &format!("{run} orchestrator-owned"), WORLD);
    let scenario = ["--scenario", "fixtures/el8-perl/scenario.yaml"];
    both_widths("execute_with_gates", &format!("{run} koji-owned"), &[WORLD, &scenario].concat());
}

#[test]
fn tables_of_inputs() {
    both_widths("show", "show fixtures/cycle/modules.yaml", &[]);
    both_widths("show_neighbours", "show fixtures/cycle/modules.yaml --dependants ant:1.10", &[]);
    let dependencies = "show fixtures/cycle/modules.yaml --dependencies ant:1.10";
    both_widths("show_dependencies", dependencies, &[]);
    both_widths("show_packager", "show - --packager", &[]);
    both_widths("trace", "trace fixtures/el8-perl/trace.csv", &[]);
    let expand = "expand - --against fixtures/el8-perl/modules.yaml";
    both_widths("expand", &format!("{expand} --at 2026-01-02T03:04:05Z --build-id 7"), &[]);
    both_widths("expand_explained", &format!("{expand} --explain"), &[]);
}

#[test]
fn tables_of_sweeps() {
    let input = "fixtures/el8-perl/modules.yaml --changed perl-DBI:1.641 --replications 20";
    both_widths("compare", &format!("compare {input} --ablate --sensitivity"), WORLD);
    let gates = ["--scenario", "fixtures/el8-perl/scenario-gate.yaml"];
    both_widths("compare_with_gates", &format!("compare {input}"), &[WORLD, &gates].concat());
    both_widths("compare_without_luck", &format!("compare {input}"), &[]);
    let capacity = format!("capacity {input} --vary x86=2..8:2 --deadline 4h");
    both_widths("capacity", &format!("{capacity} --sensitivity"), WORLD);
    both_widths("capacity_no_answer", &capacity.replace("4h", "10m"), WORLD);
}

#[test]
fn a_table_of_what_differs_from_an_older_snapshot() {
    let old = "fixtures/cycle/modules.yaml";
    both_widths("plan_since", &format!("plan fixtures/el8-perl/modules.yaml --since {old}"), &[]);
    let built = "plan fixtures/el8-perl/modules.yaml --built platform:el8.6.0";
    both_widths("plan_built_on_a_platform", built, &[]);
}

#[test]
fn tables_of_long_names() {
    let input = long_names();
    let of = |name: &str, command: &str| both_widths_of(name, (command, &[]), &input);
    of("show_of_long_names", "show -");
    of("show_long_neighbours", "show - --dependants base-libraries-of-the-language-runtime");
    let top = "top-of-the-stack-with-everything-on-it";
    of("show_long_dependencies", &format!("show - --dependencies {top}"));
    of("plan_of_long_names", "plan - --all");
    of("plan_why_of_long_names", &format!("plan - --all --why {top}"));
}

#[test]
fn tables_of_a_lost_zero_and_of_an_end_of_life() {
    let input = lost_zero();
    let of = |name: &str, command: &str| both_widths_of(name, (command, &[]), &input);
    of("plan_left_out", "plan - --changed perl:5.30");
    of("plan_with_an_alias", "plan - --changed perl:5.30 --alias perl:5.3=perl:5.30");
    of("plan_without_the_retired", "plan - --all --skip-eol --now 2026-01-01T00:00Z");
    of("show_obsoletes", "show - --now 2026-01-01T00:00Z");
}

#[test]
fn what_check_prints_is_broken_at_no_width() {
    let input = lost_zero().replace("  summary: s\n", "  summary: s\n  summary: s\n")
        + &document("perl:5.36:1:c0 el8,-el9");
    let at = |width: u16| -> Said {
        Program::new(["check", "-"]).columns(width).input(input.as_str()).run()
    };
    let (narrow, wide) = (at(80), at(160));
    assert_eq!((narrow.code, narrow.out.as_str()), (1, ""));
    assert_eq!(narrow.err, wide.err, "a finding is a line, as compilers print theirs");
    insta::assert_snapshot!("check", narrow.err);
}

#[test]
fn a_table_of_what_happened_to_one_module() {
    let run =
        "execute fixtures/el8-perl/modules.yaml --changed perl-DBI:1.641 --approach koji-owned";
    let scenario = ["--scenario", "fixtures/el8-perl/scenario.yaml"];
    let more = [WORLD, &scenario].concat();
    both_widths("execute_explained", &format!("{run} --explain perl-DBI:1.641"), &more);
    both_widths("execute_in_full", &format!("{run} --story all"), &more);
}
