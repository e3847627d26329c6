//! The resolver against an oracle that tries everything, and against the order of its input.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use modplan::expand::resolve::{Limits, Resolution, Universe, Verdict, resolve};
use modplan::name::Nsvc;
use modplan::plan::platform::Platforms;
use proptest::prelude::*;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_pcg::Pcg64;

use crate::recorded::mbs::checker::{Checker, Key, Set};
use crate::support::universe::{self, Case};

fn solve(case: &Case) -> (Universe, Resolution) {
    let universe = Universe::new(case.candidates.iter().cloned(), Platforms::default());
    let resolution = resolve(&universe, &case.groups, Limits::default());
    (universe, resolution)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Exactly the keys that have a valid set get an answer; each answer is valid, and none has
    /// newer builds.
    #[test]
    fn the_resolver_finds_what_trying_everything_finds(seed in any::<u64>()) {
        let case = universe::random(seed);
        let (universe, resolution) = solve(&case);
        let checker = Checker::new(&case.candidates);
        for (group, needs) in case.groups.iter().enumerate() {
            let all = checker.all(needs);
            let mut ours: BTreeMap<Key, Set> = BTreeMap::new();
            for answer in resolution.answers.iter().filter(|answer| answer.group == group) {
                prop_assert!(answer.best);
                let nsvcs = answer.builds.iter().map(|&ix| &universe.candidate(ix).nsvc);
                let at = |nsvc: &Nsvc| case.candidates.iter().position(|build| build.nsvc == *nsvc).unwrap();
                let set: Set = nsvcs.clone().map(at).collect();
                prop_assert!(checker.is_valid(&set, needs));
                let key = nsvcs
                    .filter(|nsvc| needs.contains_key(&nsvc.name))
                    .map(|nsvc| (nsvc.name.clone(), nsvc.stream.clone()));
                prop_assert!(ours.insert(key.collect(), set).is_none(), "one answer a key");
            }
            let keys: BTreeSet<&Key> = all.keys().collect();
            prop_assert_eq!(ours.keys().collect::<BTreeSet<_>>(), keys);
            for (key, set) in &ours {
                let least = all[key].iter().map(|set| checker.index_sum(set)).min();
                prop_assert_eq!(Some(checker.index_sum(set)), least);
            }
            let refused = resolution.refusals.iter().any(|refusal| refusal.group == group);
            match &resolution.verdicts[group] {
                Verdict::Solved => prop_assert!(!ours.is_empty()),
                Verdict::Unsolvable => prop_assert!(ours.is_empty() && refused),
                Verdict::NoProvider(_) | Verdict::TooManyKeys { .. } | Verdict::Dropped => {
                    prop_assert!(ours.is_empty());
                }
            }
        }
    }
}

/// Prints a whole resolution.
fn told(case: &Case) -> String {
    let (universe, resolution) = solve(case);
    let mut text = format!("{:?}\n", resolution.verdicts);
    for answer in &resolution.answers {
        let builds: Vec<String> =
            answer.builds.iter().map(|&ix| universe.candidate(ix).nsvc.to_string()).collect();
        writeln!(text, "{} {} {}", answer.group, answer.best, builds.join(" ")).unwrap();
    }
    for refusal in &resolution.refusals {
        writeln!(text, "{} {:?} {}", refusal.group, refusal.key, refusal.conflict).unwrap();
    }
    text
}

#[test]
fn two_hundred_universes_in_ten_orders_each_give_the_same_bytes() {
    for seed in 0..200 {
        let mut case = universe::random(seed);
        let first = told(&case);
        let mut rng = Pcg64::seed_from_u64(seed);
        for _ in 0..10 {
            case.candidates.shuffle(&mut rng);
            assert_eq!(told(&case), first, "universe {seed}");
        }
    }
}

#[test]
fn a_deep_ladder_of_diamonds_and_a_runtime_cycle_are_resolved() {
    let (_, resolution) = solve(&universe::diamond(300));
    assert_eq!(resolution.verdicts, [Verdict::Solved]);
    // Both modules of every level below the top, the top itself, and the platform.
    assert_eq!(resolution.answers[0].builds.len(), 2 * 299 + 2);
    let (_, resolution) = solve(&universe::cycle());
    assert_eq!(resolution.answers[0].builds.len(), 3);
}

#[test]
fn many_open_streams_give_one_answer_a_key() {
    let (_, resolution) = solve(&universe::independent(20, 4, 2));
    assert_eq!(resolution.answers.len(), 2 * 3_usize.pow(4));
    assert!(resolution.refusals.is_empty());
}

#[test]
fn many_contexts_of_a_stream_keep_the_best_buildroot_proven() {
    for contexts in [8, 16] {
        let (_, resolution) = solve(&universe::independent(20, 6, contexts));
        assert_eq!(resolution.answers.len(), 2 * 3_usize.pow(6));
        assert!(resolution.answers.iter().all(|answer| answer.best), "{contexts} contexts");
    }
}

#[test]
fn builds_on_another_platform_do_not_weaken_the_bound_of_modules_that_need_each_other() {
    // All modules need the same one, so that nothing falls apart and the search has to bound itself.
    let mut case = universe::independent(8, 6, 8);
    let on = |platform: &str| vec![[universe::need("platform", &[platform])].into()];
    for platform in ["f28", "f29"] {
        case.candidates.push(universe::build(
            ["common", "1", "1", platform],
            on(platform),
            Some(platform),
        ));
    }
    for candidate in &mut case.candidates {
        if candidate.nsvc.name.as_str().starts_with('m') {
            candidate.requires[0].extend([universe::need("common", &["1"])]);
        }
    }
    let (_, resolution) = solve(&case);
    assert_eq!(resolution.answers.len(), 2 * 3_usize.pow(6));
    assert!(resolution.answers.iter().all(|answer| answer.best));
}

#[test]
fn one_conflict_is_told_once_whatever_the_other_modules_leave_open() {
    let (_, resolution) = solve(&universe::pigeonholes(6, 5, 8));
    assert_eq!(resolution.verdicts, [Verdict::Unsolvable]);
    let [refusal] = resolution.refusals.as_slice() else { panic!("{:?}", resolution.refusals) };
    assert!(!refusal.conflict.undecided, "{}", refusal.conflict);
    assert!(refusal.key.iter().all(|pin| !pin.name.as_str().starts_with('m')), "{:?}", refusal.key);
}

#[test]
fn an_explosion_of_keys_is_bounded_and_counted() {
    let case = universe::independent(20, 12, 1);
    let (_, resolution) = solve(&case);
    assert!(resolution.answers.is_empty() && resolution.refusals.is_empty());
    let [Verdict::TooManyKeys { streams }] = resolution.verdicts.as_slice() else {
        panic!("{:?}", resolution.verdicts);
    };
    assert!(streams.contains(&("m0".into(), 3)), "{streams:?}");
}

#[test]
fn a_conflict_says_who_requires_what_and_how_it_came_in() {
    let f29 = Some("f29");
    let on = |name: &str, stream: &str| vec![[universe::need(name, &[stream])].into()];
    let case = Case {
        candidates: vec![
            universe::build(["platform", "f29", "1", "00000000"], Vec::new(), None),
            universe::build(["gtk", "1", "1", "c1"], on("bar", "1"), f29),
            universe::build(["foo", "1", "1", "c3"], on("baz", "1"), f29),
            universe::build(["baz", "1", "1", "c4"], on("bar", "2"), f29),
            universe::build(["bar", "1", "0", "c2"], Vec::new(), f29),
            universe::build(["bar", "2", "0", "c5"], Vec::new(), f29),
        ],
        groups: vec![[universe::need("foo", &["1"]), universe::need("gtk", &["1"])].into()],
    };
    let (_, resolution) = solve(&case);
    assert_eq!(resolution.verdicts, [Verdict::Unsolvable]);
    let text = resolution.refusals[0].conflict.to_string();
    assert_eq!(
        text,
        "baz:1:1:c4 (needed by foo:1:1:c3) requires bar:2, satisfied by bar:2:0:c5; \
         gtk:1:1:c1 requires bar:1, satisfied by bar:1:0:c2"
    );
}
