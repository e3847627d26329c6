//! What sweeps refuse: in words, with what to do, and before anything is simulated or written.

use std::fs;

use crate::support::program::{Said, modplan};

const SELECT: [&str; 3] = ["fixtures/el8-perl/modules.yaml", "--changed", "perl-DBI:1.641"];
const CAPACITY: [&str; 4] = ["--vary", "x86_64=2..3", "--deadline", "4h"];

#[test]
fn what_cannot_be_swept_is_refused_in_words() {
    let cases: [(&[&str], i32, &str); 7] = [
        (&["compare", "--replications", "0"], 2, "write a whole number from 1 to 10000000"),
        (&["compare", "--shard", "3/2"], 2, "write I/N with I from 1 to N, such as 2/8"),
        (&["compare", "--variants", "nobody"], 2, "orchestrator-owned/planned"),
        (
            &["capacity", "--vary", "x86_64=2..3", "--deadline", "0h"],
            2,
            "a deadline must be above 0",
        ),
        (
            &["capacity", "--vary", "x86_64=3..2", "--deadline", "4h"],
            2,
            "the range ends at 2, below its start",
        ),
        (&["capacity", "--vary", "ppc=2..3", "--deadline", "4h"], 2, "hint: it has x86_64"),
        (&["capacity", "--deadline", "4h"], 2, "--vary"),
    ];
    for (arguments, expected, words) in cases {
        let Said { code, out, err } =
            modplan(&[&arguments[..1], &SELECT, &arguments[1..]].concat());
        assert_eq!((code, &*out), (expected, ""), "{arguments:?}: {err}");
        assert!(err.contains(words), "{arguments:?}: {err}");
    }
}

#[test]
fn a_directory_that_holds_something_is_kept_unless_that_is_forced() {
    let place = tempfile::tempdir().unwrap();
    let full = place.path().join("full");
    fs::create_dir(&full).unwrap();
    fs::write(full.join("keep"), "mine").unwrap();
    let (directory, file) = (full.to_str().unwrap(), full.join("keep"));
    for command in [&["compare"][..], &[&["capacity"][..], &CAPACITY].concat()] {
        let run = |more: &[&str]| modplan(&[&command[..1], &SELECT, &command[1..], more].concat());
        let refused = run(&["-o", directory]);
        assert_eq!(refused.code, 2, "{}", refused.err);
        let words = format!(
            "error: {directory} is not empty\nhint: name another directory, or replace what it holds with \
             --force\n"
        );
        assert!(refused.err.ends_with(&words), "{}", refused.err);
        assert_eq!(fs::read_dir(&full).unwrap().count(), 1, "nothing was written");
        let in_a_file = run(&["-o", file.to_str().unwrap()]);
        assert!(in_a_file.err.contains("is not a directory"), "{}", in_a_file.err);
        assert_eq!((in_a_file.code, fs::read_to_string(&file).unwrap()), (2, "mine".to_owned()));
        // What nobody can make is trouble outside.
        let nowhere = file.join("below");
        let nowhere = run(&["-o", nowhere.to_str().unwrap()]);
        assert_eq!(nowhere.code, 3, "{}", nowhere.err);
        assert!(nowhere.err.contains("cannot write into"), "{}", nowhere.err);
    }
    let said = modplan(&[&["compare"], &SELECT[..], &["-o", directory, "--force"]].concat());
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(full.join("report.html").is_file());
}
