//! Findings: ends of life, what is outside the selection, and what `--strict` lets pass.

use super::{Case, OBSOLETES, ids};
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
