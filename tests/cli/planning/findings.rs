//! Findings: ends of life, what is outside the selection, and what `--strict` lets pass.

use super::{Case, OBSOLETES, document, ids};
use crate::support::program::Program;
use crate::support::shared;

#[test]
fn streams_at_the_end_of_their_life_are_told_and_left_out() {
    let lines = "a:1:1:c0 el8\nold:1:1:c0 el8\nafter:1:1:c0 el8 old:1";
    let case = Case::with(lines, OBSOLETES);
    let plan = case.json("--all");
    assert_eq!(plan["retired"][0]["stream"], "old:1");
    assert_eq!(plan["retired"][0]["eol_date"], "2021-05-01T00:00Z");
    assert_eq!(plan["retired"][0]["obsoleted_by"], "a:1");
    let said = case.plan("--all");
    assert!(said.err.contains("warning[end-of-life]"), "{}", said.err);
    assert!(said.out.contains("old:1 (2021-05-01T00:00Z, use a:1)"), "{}", said.out);
    let skip = |now: &str| ids(&case.json(&format!("--all --skip-eol {now}")));
    let all = ["a:1:c0", "after:1:c0", "old:1:c0"];
    assert_eq!(skip("--now 2022-01-01T00:00Z"), ["a:1:c0", "after:1:c0"]);
    assert_eq!(skip("--now 2021-01-01T00:00Z"), all);
    assert_eq!(skip(""), all, "without a time, one with a date has not come");
    let said = case.plan("--changed old:1 --only old:1 --skip-eol --now 2022-01-01T00:00Z");
    assert_eq!(said.code, 2);
    assert!(said.err.contains("--skip-eol"), "{}", said.err);
}

#[test]
fn findings_outside_the_selection_are_counted_in_one_line() {
    let case = Case::new("a:1:1:c0 el8\nb:1:1:c0 el8 c:1.3\nc:1.30:1:c0 el8");
    let said = case.plan("--changed a:1");
    assert!(!said.err.contains("warning[lost-zero]"), "{}", said.err);
    assert!(
        said.err.contains("outside the selection: 1 lost-zero; `modplan check`"),
        "{}",
        said.err
    );
    let said = case.plan("--all");
    assert!(said.err.contains("warning[lost-zero]"), "{}", said.err);
}

#[test]
fn strict_passes_with_what_is_allowed() {
    let case = Case::new("a:1:1:c0 el8\nb:1:1:c0 el8 c:1.3\nc:1.30:1:c0 el8");
    assert_eq!(case.plan("--all --strict").code, 1);
    assert_eq!(case.plan("--all --strict --allow lost-zero").code, 1, "it dangles too");
    assert_eq!(case.plan("--all --strict --allow lost-zero --allow dangling").code, 0);
    assert_eq!(case.plan("--all --strict --allow lost-zero,dangling").code, 0);
    let said = case.plan("--all --allow lost-zeros");
    assert_eq!(said.code, 2);
    assert!(said.err.contains("did you mean `lost-zero`?"), "{}", said.err);
}

#[test]
fn strict_can_pass_on_a_real_repository() {
    let Some(root) = shared("data/modulemd/eurolinux8") else { return };
    let file = root.join("x86_64-appstream.modules.yaml");
    let run = |more: &[&str]| {
        let arguments = ["plan", file.to_str().expect("UTF-8"), "--all", "--strict"];
        Program::new(arguments.iter().chain(more)).run().code
    };
    assert_eq!(run(&[]), 1);
    let known = "lost-zero,dangling,several-platforms,no-arch-left,wrapped-buildorder";
    assert_eq!(run(&["--allow", known]), 0);
}

#[test]
fn show_counts_what_is_wrong_with_what_it_does_not_show() {
    let twice =
        |line: &str| document(line).replace("  summary: s\n", "  summary: s\n  summary: s\n");
    let broken = document("c:1:2:c0 el8,-el9");
    let repeat = document("b:1:1:c0 el8");
    let more = twice("a:1:1:c0 el8") + &twice("b:1:1:c0 el8 a:1") + &broken + &repeat;
    let case = Case::with("c:1:1:c0 el8\nd:1:1:c0 el8", &more);
    let of = |code: &str, said: &str| said.matches(&format!("[{code}]")).count();
    // How often each is printed, and which are counted.
    let expected = [
        ("", [2, 1, 1], ""),
        ("a:1", [1, 0, 0], "1 duplicate, 1 equal-repeat, 1 stream-set"),
        ("b:1", [1, 0, 1], "1 equal-repeat, 1 stream-set"),
        ("c", [0, 1, 0], "1 duplicate, 2 equal-repeat"),
        ("d:1", [0, 0, 0], "1 duplicate, 2 equal-repeat, 1 stream-set"),
        ("--newest", [2, 1, 1], ""),
        ("--newest a d", [1, 0, 0], "1 duplicate, 1 equal-repeat, 1 stream-set"),
        ("--dependants a:1", [2, 0, 1], "1 newest-unreadable, 1 stream-set"),
        ("--dependencies b:1", [2, 0, 1], "1 newest-unreadable, 1 stream-set"),
        (
            "--dependants d:1",
            [0, 0, 0],
            "1 duplicate, 2 equal-repeat, 1 newest-unreadable, 1 stream-set",
        ),
        // What is wrong may be why nothing is found.
        ("--dependants e:1", [2, 1, 1], ""),
        ("e:1", [2, 1, 1], ""),
    ];
    for (arguments, printed, counted) in expected {
        let said = case.run(&format!("show modules.yaml {arguments}"));
        let found = ["equal-repeat", "stream-set", "duplicate"].map(|code| of(code, &said.err));
        assert_eq!(found, printed, "{arguments}: {}", said.err);
        let line = format!(
            "findings about documents that are not shown: {counted}; `modplan check` lists them"
        );
        let is_counted = said.err.contains("that are not shown");
        assert_eq!(is_counted, !counted.is_empty(), "{arguments}: {}", said.err);
        assert!(!is_counted || said.err.contains(&line), "{arguments}: {}", said.err);
    }
}

#[test]
fn show_prints_a_lost_zero_that_it_is_about() {
    // The finding stands at the first of the two that require it.
    let case = Case::new("a:1:1:c0 el8 p:5.3\nb:1:1:c0 el8 p:5.3\np:5.30:1:c0 el8\nq:1:1:c0 el8");
    for (id, is_printed) in [("a:1", true), ("b:1", true), ("p:5.30", true), ("q:1", false)] {
        for flag in ["--dependants", "--dependencies"] {
            let said = case.run(&format!("show modules.yaml {flag} {id}"));
            let found = said.err.contains("warning[lost-zero]");
            assert_eq!(found, is_printed, "{flag} {id}: {}", said.err);
            assert_eq!(said.err.contains("1 lost-zero;"), !is_printed, "{}", said.err);
        }
    }
}
