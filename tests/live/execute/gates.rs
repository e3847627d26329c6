//! A gate that is a command: it judges components before they are tagged, and modules before they are published.

use std::path::Path;

use modplan::live::execute::{GateCommand, Halt};

use super::*;

/// Has a script judge: it writes down what it is asked, in a directory.
fn gated(case: &mut Case, directory: &Path, script: &str) {
    case.heading.began.gates = Gates { component: true, module: true };
    let script = format!("cd '{}'; echo \"$*\" >> asked; {script}", directory.display());
    let command = ["/bin/sh", "-c", &script, "gate"].map(str::to_owned).into();
    case.work.gate = Some(GateCommand { command, timeout_ms: 60_000 });
}

fn asked(directory: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(directory.join("asked")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

const NSVC: &str = "tool:1:8020020260101000000:c0ffee00";

#[test]
fn what_passes_is_tagged_and_published() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut case = Case::start(0, &[]);
    gated(&mut case, directory.path(), "exit 0");
    case.is_done_once(&case.drive(None).expect("it lives"));
    let asked = asked(directory.path());
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert!(asked[0].starts_with(&format!("component {NSVC} lib lib-")), "{asked:?}");
    assert!(asked[1].starts_with(&format!("component {NSVC} tool tool-")), "{asked:?}");
    assert_eq!(asked[2], format!("module {NSVC}"));
}

#[test]
fn a_component_that_does_not_pass_is_not_tagged_and_waits_for_people() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut case = Case::start(0, &[]);
    gated(&mut case, directory.path(), "exit 1");
    let driven = case.drive(None).expect("it lives");
    assert!(!driven.is_over);
    assert_eq!(driven.halt, Some(Halt::People { waiting: 1 }));
    assert_eq!(asked(directory.path()).len(), 1, "it is asked once");
    let tags = &case.work.modules[TOOL].tags;
    assert_eq!(case.tagged(&tags.build_tag), ["module-build-macros"]);
    assert_eq!(case.tagged(&tags.tag), [""; 0]);
}

#[test]
fn a_module_that_does_not_pass_is_not_published() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut case = Case::start(0, &[]);
    gated(&mut case, directory.path(), "test \"$1\" = component");
    let driven = case.drive(None).expect("it lives");
    assert_eq!(driven.states()[TOOL], ModuleState::Stuck);
    assert_eq!(case.tagged("modular-updates-candidate"), [""; 0]);
}

#[test]
fn a_gate_without_a_verdict_is_asked_again_with_a_bound() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut case = Case::start(0, &[]);
    gated(&mut case, directory.path(), "test $(grep -c lib asked) -ge 3 || exit 7");
    case.is_done_once(&case.drive(None).expect("it lives"));
    assert_eq!(asked(directory.path()).len(), 5, "twice there was no verdict");

    let directory = tempfile::tempdir().expect("a directory");
    let mut case = Case::start(0, &[]);
    gated(&mut case, directory.path(), "exit 7");
    case.heading.began.test_timeout_ms = 300;
    // The result is overdue, three times, and then people are told.
    let driven = case.drive(None).expect("it lives");
    assert!(!driven.is_over);
    assert_eq!(driven.halt, Some(Halt::People { waiting: 1 }));
    let times = asked(directory.path()).len();
    assert!(
        (1..=20).contains(&times),
        "five, and five for each time that it is asked for: {times}"
    );
    let tags = &case.work.modules[TOOL].tags;
    assert_eq!(case.tagged(&tags.build_tag), ["module-build-macros"]);
}

#[test]
fn a_process_that_comes_back_judges_what_has_no_verdict_and_nothing_else() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut whole = Case::start(0, &[]);
    gated(&mut whole, directory.path(), "exit 0");
    whole.drive(None).expect("it lives");
    let rows = whole.rows.take();
    let places = rows.iter().enumerate().filter(|(_, row)| !row.contains("poll"));
    for at in places.map(|(at, _)| at).step_by(3) {
        let directory = tempfile::tempdir().expect("a directory");
        let mut case = Case::start(0, &[]);
        gated(&mut case, directory.path(), "exit 0");
        let first = case.drive(Some(at));
        case.is_done_once(&first.or_else(|Died| case.drive(None)).expect("it lives"));
        let times = asked(directory.path()).len();
        assert!((3..=4).contains(&times), "row {at}: {times}");
    }
}
