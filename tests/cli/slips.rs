//! Slips of input and of the keyboard, and what the commands make of them.

use std::fs;

use crate::support::program::{Program, Said, modplan};

const EL8: &str = "fixtures/el8-perl/modules.yaml";

fn document(more: &str) -> String {
    format!(
        "---\ndocument: modulemd\nversion: 2\ndata:\n  name: a\n  stream: \"1\"\n  version: 1\n  \
         context: c0\n  arch: x86_64\n  summary: s\n  description: d\n  license: {{module: [MIT]}}\n\
         {more}"
    )
}

fn check(text: &str) -> Said {
    Program::new(["check", "-"]).input(text).run()
}

#[test]
fn a_key_that_stands_again_with_an_equal_value_is_a_warning() {
    let equal = check(&document("  xmd:\n    a: {b: [1, 2]}\n    a: {b: [1, 2]}\n  summary: s\n"));
    assert_eq!(equal.code, 0, "{}", equal.err);
    assert!(
        equal.err.contains(":16:3: warning[equal-repeat]: `summary` occurs twice"),
        "{}",
        equal.err
    );
    let other = check(&document("  summary: another\n"));
    assert_eq!(other.code, 1);
    assert!(other.err.contains("error[repeated-key]: `summary` occurs twice"), "{}", other.err);
}

#[test]
fn what_bzip2_and_zchunk_packed_is_named() {
    for (bytes, kind) in [
        (&b"BZh91AY&SY\x00\x01\x02"[..], "bzip2"),
        (b"\0ZCK1\x00\x01", "zchunk"),
        (b"\0ZHR1\x00\x01", "zchunk"),
    ] {
        let said = Program::new(["check", "-"]).input(bytes).run();
        assert_eq!(said.code, 1);
        assert!(
            said.err.contains(&format!("error[compression]: {kind} is not supported")),
            "{}",
            said.err
        );
    }
    // A text may begin like that.
    let said = check("BZh9: a text\n");
    assert!(!said.err.contains("bzip2"), "{}", said.err);
}

#[test]
fn a_directory_of_which_nothing_is_read_is_reported_and_a_repodata_folder_is_a_repository() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("notes.txt"), "nothing").unwrap();
    let path = directory.path().to_str().unwrap();
    let said = modplan(&["check", path]);
    assert!(
        said.err.contains("warning[empty-directory]: nothing to read in this directory"),
        "{}",
        said.err
    );
    let said = modplan(&["trace", path]);
    assert!(
        said.err.contains("[empty-directory]: nothing to read in this directory"),
        "{}",
        said.err
    );
    let repodata = directory.path().join("repodata");
    fs::create_dir(&repodata).unwrap();
    fs::write(repodata.join("modules.yaml"), document("")).unwrap();
    fs::write(repodata.join("stray.yaml"), "document: stray\n").unwrap();
    let index =
        "<repomd><data type=\"modules\"><location href=\"repodata/modules.yaml\"/></data></repomd>";
    fs::write(repodata.join("repomd.xml"), index).unwrap();
    let said = modplan(&["check", repodata.to_str().unwrap()]);
    assert!(
        said.err.contains("repomd.xml:1:9: error[repository]: the entry `modules` has no checksum"),
        "{}",
        said.err
    );
    assert!(!said.err.contains("stray"), "only what the index names is read: {}", said.err);
}

#[test]
fn a_bad_header_of_a_trace_is_one_error() {
    for (text, message) in [
        (
            "package,method\nperl,buildArch\n",
            "columns are missing: `arch`, `run_seconds`, `outcome`",
        ),
        ("package,method,arch,outcome\n", "column `run_seconds` is missing"),
        ("a,b,c\n1,2,3\n", "this is neither JSON nor a trace"),
        ("[{'id': 1, 'method': 'build'}]\n", "not valid JSON"),
    ] {
        let said = Program::new(["trace", "-"]).input(text).run();
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{text}");
        assert_eq!(said.err.matches("error[").count(), 1, "{text}: {}", said.err);
        assert!(said.err.contains(message), "{text}: {}", said.err);
    }
}

#[test]
fn ids_come_with_commas_or_by_repeating() {
    let rows = |flags: &[&str]| {
        let said = modplan(&[&["plan", EL8, "--format", "csv"], flags].concat());
        assert_eq!(said.code, 0, "{}", said.err);
        said.out
    };
    let repeated = rows(&["--changed", "perl-DBD-Pg:3.7", "--changed", "perl-DBI:1.641"]);
    assert_eq!(rows(&["--changed", "perl-DBD-Pg:3.7,perl-DBI:1.641"]), repeated);
    let repeated = rows(&["--all", "--arches", "x86_64", "--arches", "aarch64"]);
    assert_eq!(rows(&["--all", "--arches", "x86_64,aarch64"]), repeated);
}

#[test]
fn an_identity_in_the_place_of_an_input_is_a_usage_error_that_names_the_flag() {
    for command in ["plan", "compare"] {
        let said = modplan(&[command, EL8, "perl:5.30"]);
        assert_eq!(said.code, 2, "{}", said.err);
        assert!(said.err.contains("hint: did you mean `--changed perl:5.30`?"), "{}", said.err);
    }
    assert_eq!(modplan(&["plan", EL8, "perl.yaml"]).code, 3, "a file that is not there");
}

#[test]
fn spans_have_several_units_and_shares_a_percent_sign() {
    let capacity = |deadline: &str, confidence: &str| {
        let farm = "--farm=fixtures/el8-perl/farm.yaml";
        let fixed = ["capacity", EL8, "--changed=perl-DBD-Pg:3.7", farm, "--vary=x86=1..1"];
        let more = ["--replications=5", "--format=json", "--deadline", deadline, "--confidence"];
        modplan(&[&fixed[..], &more, &[confidence]].concat())
    };
    let said = capacity("1d12h", "90%");
    let json: serde_json::Value = serde_json::from_str(&said.out).expect(&said.err);
    assert_eq!(json["deadline_seconds"], 129_600.0);
    assert_eq!(json["confidence"], 0.9);
    for wrong in ["0%", "101%", "%", "9O%"] {
        let said = capacity("1d", wrong);
        assert_eq!(said.code, 2, "{}", said.err);
        assert!(said.err.contains("such as 0.9 or 90%"), "{}", said.err);
    }
}

#[test]
fn each_slip_in_a_document_has_its_code_and_place() {
    for (more, finding) in [
        ("  xmd: {a: \"\u{1}\"}\n", ":13:13: error[characters]: "),
        ("  static_context: maybe\n", ":13:19: error[bad-value]: "),
        ("  artifacts: {rpms: [perl]}\n", ":13:22: error[bad-nevra]: "),
        (
            "  components: {rpms: {p: {rationale: r, buildorder: 99999999999}}}\n",
            ":13:53: warning[wide-buildorder]: ",
        ),
        (
            "  components: {rpms: {p: {rationale: r, buildorder: 1, buildafter: [p]}}}\n",
            ":13:23: error[build-order]: ",
        ),
        (
            "  buildopts: {arches: [x86_64]}\n  components: {rpms: {p: {rationale: r, arches: \
             [s390x]}}}\n",
            ":14:23: error[component-arch]: ",
        ),
    ] {
        let said = check(&document(more));
        assert!(said.err.contains(finding), "{more}: {}", said.err);
    }
    let said = check(&document("").replace("version: 2", "version: 9"));
    assert!(said.err.contains(":3:10: error[document-type]: "), "{}", said.err);
    let two = document("").repeat(2);
    let said = Program::new(["check", "--packager", "-"]).input(two).run();
    assert!(said.err.contains(":1:1: error[packager-file]: "), "{}", said.err);
}

#[test]
fn a_time_that_is_not_one_says_how_to_write_it() {
    for arguments in [["plan", EL8, "--all"], ["expand", EL8, "--against"]] {
        let more = if arguments[0] == "expand" { vec![EL8] } else { vec![] };
        let said = modplan(&[&arguments[..], &more, &["--at", "noon"]].concat());
        assert_eq!(said.code, 2, "{}", said.err);
        let told = "invalid value 'noon' for '--at <TIME>': write a date and a time";
        assert!(said.err.contains(told), "{}", said.err);
        assert!(said.err.contains("such as 2026-11-24T00:00:00Z"), "{}", said.err);
    }
    let said = modplan(&["plan", EL8, "--all", "--at", "2026-11-24T01:00:00+01:00"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let said = modplan(&["plan", EL8, "--all", "--effort", "soon"]);
    assert!(
        said.err.contains("`soon` is not a duration: write whole numbers with"),
        "{}",
        said.err
    );
    let said = modplan(&["show", EL8, "--now", "noon"]);
    assert!(said.err.contains("such as 2026-11-24T00:00Z"), "{}", said.err);
}

#[test]
fn an_identity_where_a_file_is_wanted_names_the_flag_that_is_meant() {
    let said = modplan(&["plan", EL8, "--since", "perl:5.30"]);
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(said.err.contains("`perl:5.30` is an identity, not a file\n"), "{}", said.err);
    assert!(said.err.contains("did you mean `--changed perl:5.30`?"), "{}", said.err);
    let more = ["--rebuild-strategy", "only-changed", "--reuse-from", "perl:5.30"];
    let said = modplan(&[&["plan", EL8, "--all"], &more[..]].concat());
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(said.err.contains("hint: --reuse-from takes inputs"), "{}", said.err);
    let said = modplan(&["plan", EL8, "--all", "--against-plan", "perl:5.30"]);
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(said.err.contains("hint: --against-plan takes what"), "{}", said.err);
    let said = modplan(&["check", EL8, "perl:5.30"]);
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(said.err.contains("`modplan show INPUT perl:5.30` shows a part"), "{}", said.err);
    // A name alone may be a file's.
    assert_eq!(modplan(&["plan", EL8, "--since", "perl"]).code, 3);
}

#[test]
fn what_is_changed_and_excluded_is_said_to_be_left_out() {
    let said = modplan(&["plan", EL8, "--changed", "perl:5.30,httpd", "--exclude", "perl"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(
        said.err.contains("--exclude leaves out `perl:5.30`, which is changed"),
        "{}",
        said.err
    );
    assert!(said.err.contains("hint: `--built perl:5.30` rebuilds"), "{}", said.err);
    assert!(!said.err.contains("leaves out `httpd`"), "{}", said.err);
    let said = modplan(&["plan", EL8, "--changed", "perl", "--exclude", "perl:5.30"]);
    assert!(!said.err.contains("--exclude leaves out"), "a part of it is rebuilt: {}", said.err);
}
