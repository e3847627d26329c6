//! Every flag that a sweep names in what it says is a flag of that command.

use std::collections::BTreeMap;

use super::{IDEAL, KOJI, WORLD};
use crate::support::program::{Said, modplan};

/// Different gates, builds that fail, nobody who repairs, and changes that come in.
const GATES: &str =
    "tests: {gate: {koji-owned: module, orchestrator-owned: both}, false_alarm: 0.5}\n";
const FAILING: &str = "builds: {outcomes: rate, failure_rate: 0.9}\n";
const ARRIVALS: &str = "builds: {outcomes: always-pass}\narrivals:\n\
    - {every: 2d, changed: [perl-DBI:1.641], class: security, within: 12h, for: 6d}\n";
const TROUBLE: &str = "tests: {gate: module, false_alarm: 0.1}\npeople: {fix: {p50: 1h, p90: 5h}}\n\
    faults: [{at: 1h, kind: orchestrator-crash, for: 10m}]\n";

/// Returns every flag that a text names, with the command it is of: the one that a quoted command
/// line begins with, else the one that said it.
fn flags<'t>(text: &'t str, command: &'t str) -> Vec<(&'t str, &'t str)> {
    let mut named = Vec::new();
    for (at, piece) in text.split('`').enumerate() {
        let quoted = (at % 2 == 1).then(|| piece.strip_prefix("modplan ")).flatten();
        let of = quoted.and_then(|line| line.split_whitespace().next()).unwrap_or(command);
        let words = piece.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
        let is_flag = |word: &&str| word.len() > 2 && word.starts_with("--");
        named.extend(words.filter(is_flag).map(|flag| (of, flag)));
    }
    named
}

#[test]
fn every_flag_that_is_named_is_one_of_the_command_it_is_named_for() {
    assert_eq!(
        flags("--one more; `modplan plan x --two`, `a --three`", "compare"),
        [("compare", "--one"), ("plan", "--two"), ("compare", "--three")]
    );
    let place = tempfile::tempdir().unwrap();
    let scenario = |name: &str, text: &str| {
        let path = place.path().join(name);
        std::fs::write(&path, text).unwrap();
        format!("--scenario={}", path.to_str().unwrap())
    };
    let (gates, failing) = (scenario("gates.yaml", GATES), scenario("failing.yaml", FAILING));
    let (arrivals, trouble) =
        (scenario("arrivals.yaml", ARRIVALS), scenario("trouble.yaml", TROUBLE));
    let late = ["--vary=x86=1..2", "--deadline=1m", "--replications=4"];
    let met = ["--vary=x86=4..5", "--deadline=900d", "--replications=4"];
    let few = ["--replications=4"];
    let cases: [(&str, &[&str], &[&str]); 11] = [
        ("compare", &[IDEAL, &gates], &few),
        ("compare", &[IDEAL, &trouble, "--sensitivity"], &few),
        ("compare", &[IDEAL, "--durations=replay"], &[]),
        ("compare", &[IDEAL, &arrivals], &few),
        ("compare", &["--half-width=1ms"], &few),
        ("capacity", &[IDEAL, &gates], &late),
        ("capacity", &[IDEAL, &failing], &late),
        ("capacity", &[KOJI], &late),
        ("capacity", &[IDEAL, "--sensitivity"], &met),
        ("capacity", &[IDEAL, &arrivals, "--confidence=0.1"], &met),
        ("execute", &[IDEAL, &failing, "--approach=koji-owned"], &[]),
    ];
    let mut help: BTreeMap<String, String> = BTreeMap::new();
    let mut named = BTreeMap::new();
    for (command, world, more) in cases {
        let Said { out, err, .. } = modplan(&[&[command], &WORLD[..], world, more].concat());
        for (of, flag) in flags(&(out.clone() + &err), command) {
            let known = help.entry(of.to_owned()).or_insert_with(|| modplan(&[of, "--help"]).out);
            let is_known = known.split_whitespace().any(|word| word.trim_end_matches(',') == flag);
            assert!(is_known, "{of} has no {flag}, which {command} {world:?} names: {out}{err}");
            *named.entry((of.to_owned(), flag.to_owned())).or_insert(0) += 1;
        }
    }
    for (of, flag) in [("compare", "--ablate"), ("capacity", "--vary"), ("execute", "--seed")] {
        let is_named = named.contains_key(&(of.to_owned(), flag.to_owned()));
        assert!(is_named, "{of} {flag}: {named:?}");
    }
}
