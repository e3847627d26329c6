//! What two variants allow to be said about which ends earlier.

use super::super::figures::Paired;
use super::super::sample;
use super::ends::{BY_INTERVAL, BY_ONE_RUN};
use super::*;
use crate::sim::Outcome::{self, Done, Failed};

fn variant(name: &str, runs: &[(u64, Outcome)]) -> Variant {
    let run = |&(seconds, outcome)| sample::run(seconds, 10, outcome);
    Variant { name: name.to_owned(), runs: runs.iter().map(run).collect() }
}

/// Returns the figures of a conclusion about ends.
fn ends_of(conclusion: &Conclusion) -> &EndFigures {
    let Figures::Ends(figures) = &conclusion.figures else { panic!("it is about ends") };
    figures
}

fn concluded(
    koji: &[(u64, Outcome)],
    owned: &[(u64, Outcome)],
    confounders: &[Confounder],
) -> Option<Conclusion> {
    let first = variant("koji-owned/planned", koji);
    let second = variant("orchestrator-owned/planned", owned);
    let paired = Paired::of_ends(&super::super::variant::ends(&first.runs, &second.runs));
    of(&first, &second, &paired, confounders, true)
}

fn concluded_of_one(koji: (u64, Outcome), owned: (u64, Outcome)) -> Option<Conclusion> {
    let first = variant("koji-owned/planned", &[koji]);
    let second = variant("orchestrator-owned/planned", &[owned]);
    let paired = Paired::of_ends(&super::super::variant::ends(&first.runs, &second.runs));
    of(&first, &second, &paired, &[], false)
}

fn gates() -> Vec<Confounder> {
    vec![Confounder {
        key: "tests.gate".to_owned(),
        koji_owned: "module".to_owned(),
        orchestrator_owned: "both".to_owned(),
    }]
}

#[test]
fn one_that_is_earlier_in_every_replication_is_said_to_be() {
    // Ten replications, each 100 s apart: Wilson's interval of 10 of 10 is 72.2 to 100 %.
    let koji: Vec<_> = (1..=10).map(|n| (1000 + 50 * n, Done)).collect();
    let owned: Vec<_> = (1..=10).map(|n| (900 + 50 * n, Done)).collect();
    let said = concluded(&koji, &owned, &[]).unwrap();
    assert_eq!(ends_of(&said).earlier, "orchestrator-owned/planned");
    assert_eq!((ends_of(&said).decided, ends_of(&said).saves_seconds), (10, Some(100.0)));
    assert_eq!(ends_of(&said).share_of_decided.ci95.0, Some(0.722_467));
    assert_eq!(said.rule, BY_INTERVAL);
    assert_eq!(
        said.sentence,
        "orchestrator-owned/planned ends earlier than koji-owned/planned in 100 % of 10 \
         replications, by 1m 40s on average (1m 40s to 1m 40s) where both are done."
    );
}

#[test]
fn nothing_is_said_where_the_interval_spans_a_half() {
    // Six of ten: 31.3 to 83.2 %.
    let koji: Vec<_> = (0..10).map(|n| (if n < 6 { 50 } else { 200 }, Done)).collect();
    let owned: Vec<_> = (0..10).map(|n| (100 + n, Done)).collect();
    assert_eq!(concluded(&koji, &owned, &[]), None);
    // Three of three are too few: 43.9 to 100 %.
    let three: Vec<_> = (0..3).map(|n| (50 + n, Done)).collect();
    assert_eq!(concluded(&three, &owned[..3], &[]), None);
}

#[test]
fn other_gates_leave_nothing_to_say_of_ownership() {
    let koji: Vec<_> = (1..=10).map(|n| (1000 + n, Done)).collect();
    let owned: Vec<_> = (1..=10).map(|n| (900 + n, Done)).collect();
    assert_eq!(concluded(&koji, &owned, &gates()), None);
    let said = confounded(&gates());
    assert!(said.contains("tests.gate is module for koji-owned and both for"), "{said}");
    assert!(said.contains("`modplan compare --ablate` changes"), "{said}");
}

#[test]
fn the_favourite_of_the_survivors_loses() {
    // koji-owned is faster where it is done, which is 3 times in 10; the other always is.
    let koji: Vec<_> = (0..10).map(|n| (100 + n, if n < 3 { Done } else { Failed })).collect();
    let owned: Vec<_> = (0..10).map(|n| (200 + n, Done)).collect();
    // 3 against 7: 39.7 to 89.2 %, undecided; 30 against 70: 60.4 to 78.1 %.
    assert_eq!(concluded(&koji, &owned, &[]), None);
    let said = concluded(&koji.repeat(10), &owned.repeat(10), &[]).unwrap();
    assert_eq!(ends_of(&said).earlier, "orchestrator-owned/planned");
    assert_eq!(ends_of(&said).share_of_decided.share, Some(0.7));
    // Where both are done it is the slower one: no gain is claimed, in figures nor in words.
    assert_eq!(ends_of(&said).saves_seconds, None);
    assert_eq!(ends_of(&said).saves_ci95, Interval(None, None));
    // What decides is said: the other is never done.
    assert_eq!(
        said.sentence,
        "orchestrator-owned/planned ends earlier than koji-owned/planned, 70 of whose 100 runs \
         are never done, in 70 % of 100 replications."
    );
    let never: Vec<_> = (0..100).map(|n| (n, Failed)).collect();
    let said = concluded(&never, &owned.repeat(10), &[]).unwrap();
    let none = "koji-owned/planned, none of whose 100 runs is ever done, in 100 % of 100";
    assert!(said.sentence.contains(none), "{}", said.sentence);
}

#[test]
fn medians_that_point_the_other_way_and_losses_of_the_earlier_one_are_said() {
    // In 60 of 100 koji-owned ends at 900 s against 1000 s; in 36 it takes 950 s against 100 s,
    // and in 4 it fails. So half of its runs are done by 900 s, half of the others by 1000 s.
    let koji = |n: u64| match n {
        0..60 => (900, Done),
        60..96 => (950, Done),
        _ => (950, Failed),
    };
    let owned = |n: u64| (if n < 60 { 1000 } else { 100 }, Done);
    let both = || (0..100).map(koji).collect::<Vec<_>>();
    let said = concluded(&both(), &(0..100).map(owned).collect::<Vec<_>>(), &[]).unwrap();
    assert_eq!(ends_of(&said).earlier, "koji-owned/planned");
    let lost = "koji-owned/planned (4 of whose 100 runs are never done) ends earlier than";
    assert!(said.sentence.starts_with(lost), "{}", said.sentence);
    assert!(!said.sentence.contains("point the other way"), "{}", said.sentence);
    // The same pairs, but the medians are 1000 s against 100 s where they are paired otherwise.
    let first: Vec<_> = (0..100).map(|n| (if n < 40 { 10 } else { 500 }, Done)).collect();
    let second: Vec<_> = (0..100)
        .map(|n| {
            if n < 40 {
                (11, Done)
            } else if n < 70 {
                (501, Done)
            } else {
                (100, Done)
            }
        })
        .collect();
    let said = concluded(&first, &second, &[]).unwrap();
    assert_eq!(ends_of(&said).earlier, "koji-owned/planned");
    let contrary = "The medians over all runs point the other way: 8m 20s against 1m 40s.";
    assert!(said.sentence.ends_with(contrary), "{}", said.sentence);
}

#[test]
fn where_nothing_is_drawn_one_run_of_each_decides() {
    let said = concluded_of_one((300, Done), (200, Done)).unwrap();
    assert_eq!(said.rule, BY_ONE_RUN);
    assert_eq!(ends_of(&said).saves_ci95, Interval(None, None));
    assert_eq!(
        said.sentence,
        "orchestrator-owned/planned ends earlier than koji-owned/planned in the one run there \
         is, by 1m 40s."
    );
    assert_eq!(concluded_of_one((300, Done), (300, Done)), None);
    let never = concluded_of_one((300, Failed), (200, Done)).unwrap();
    assert!(never.sentence.ends_with("as the other is never done."), "{}", never.sentence);
}

#[test]
fn one_run_of_a_world_with_luck_decides_nothing() {
    assert_eq!(concluded(&[(300, Done)], &[(200, Done)], &[]), None);
    assert_eq!(concluded(&[(300, Failed)], &[(200, Done)], &[]), None);
}
