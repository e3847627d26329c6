//! People who fix, waive, and are told.

use super::*;

#[test]
fn a_waived_test_unblocks_without_a_new_result() {
    // Each test is red at once, each mail is answered by a waiver after an hour. a: built 100 s,
    // mail, waived 3700 s. b: built 3800 s, mail to other people, waived 7400 s.
    for approach in BOTH {
        let mut setup = gated(setup(approach, CHAIN));
        setup.conditions.tests = Tests { false_alarm: 1.0, ..Tests::default() };
        setup.conditions.people = Some(People { fix: always(3600), waive_share: 1.0 });
        let run = run(&setup);
        ends(&run, Outcome::Done, 7400);
        assert_eq!((run.tally.tests, run.tally.waivers, run.figures.mails), (2, 2, 4));
        assert_eq!(run.modules[0].ready, Some(Timestamp(3_700_000)));
        assert_eq!(builds(&run), [1, 1]);
        assert_eq!(run.modules[0].spent.stuck, Millis::from_secs(3600));
        assert_eq!(run.modules[1].spent.waiting, Millis::from_secs(3700));
    }
}

/// Returns how many components each repair went into.
fn repairs(run: &Run) -> Vec<usize> {
    let fixed = |row: &modplan::sim::LogRow| match &row.what {
        Log::Event(Event::Resumed { fixed, .. }) => Some(fixed.len()),
        Log::Command(_) | Log::Event(_) | Log::Fact(_) => None,
    };
    run.log.iter().filter_map(fixed).collect()
}

#[test]
fn a_fix_builds_everything_again_in_koji_owned_and_one_component_in_the_other() {
    let on_seed = |approach, seed| {
        let mut setup = gated(setup(approach, &[(&[], &[PLAIN, PLAIN])]));
        setup.seed = seed;
        setup.conditions.tests = Tests { defect_rate: 0.2, detect_module: 1.0, ..Tests::default() };
        setup.conditions.people = Some(People { fix: always(3600), waive_share: 0.0 });
        run(&setup)
    };
    // Of the two components one has a defect, which the module's test finds at 100 s; an hour after
    // the mail it is repaired, and what is built again takes 100 s more.
    let has_one = |&seed: &u64| repairs(&on_seed(Approach::OrchestratorOwned, seed)) == [1];
    let seed = (0..100).find(has_one).expect("a third of all seeds have one");
    for (approach, module_builds, component_builds) in
        [(Approach::KojiOwned, 2, 4), (Approach::OrchestratorOwned, 1, 3)]
    {
        let run = on_seed(approach, seed);
        ends(&run, Outcome::Done, 3800);
        assert_eq!(run.figures.component_builds, component_builds, "{approach:?}");
        assert_eq!(run.figures.module_builds, module_builds);
        assert_eq!(run.tally.fixes, 1);
    }
}

#[test]
fn a_retry_builds_all_again_in_koji_owned_and_what_failed_in_the_other() {
    // p1 fails at 50 s, its second attempt takes 100 s. koji-owned loses the 50 s of p0 too.
    let modules: &[Module<'_>] = &[(&[], &[PLAIN, &[(50, false), (100, true)]])];
    for (approach, components, wasted) in
        [(Approach::KojiOwned, 4, 100), (Approach::OrchestratorOwned, 3, 50)]
    {
        let mut setup = setup(approach, modules);
        setup.conditions.retries = 1;
        let run = run(&setup);
        ends(&run, Outcome::Done, 150);
        assert_eq!(run.figures.component_builds, components);
        assert_eq!(run.figures.wasted, Millis::from_secs(wasted));
        assert_eq!(run.tally.retries, 1);
    }
}

#[test]
fn a_storm_of_red_tests_is_two_mails_to_each_who_looks_after_a_module() {
    // a has three components and b one, all red at 100 s: a mail at once to the people of each, and
    // the rest to those of a in a digest ten minutes later.
    let modules: &[Module<'_>] = &[(&[], &[PLAIN, PLAIN, PLAIN]), (&[], &[PLAIN])];
    let mut setup = setup(Approach::OrchestratorOwned, modules);
    setup.conditions.gates = Gates { component: true, module: false };
    setup.conditions.tests = Tests { false_alarm: 1.0, ..Tests::default() };
    let run = run(&setup);
    let red = |at, about| (at, about, Standing::NotPassed);
    assert_eq!(mails(&run), [red(100, 1), red(100, 1), red(700, 2)]);
    assert_eq!(run.figures.outcome, Outcome::Stuck);
}

#[test]
fn a_failed_build_is_stuck_only_until_another_takes_its_place() {
    // Fails at 100 s, repaired at 3700 s, built anew until 3800 s; b follows for 100 s.
    let modules: &[Module<'_>] = &[(&[1], &[&[(100, false), (100, true)]]), (&[], &[PLAIN])];
    let mut setup = setup(Approach::KojiOwned, modules);
    setup.conditions.people = Some(People { fix: always(3600), waive_share: 0.0 });
    let run = run(&setup);
    ends(&run, Outcome::Done, 3900);
    assert_eq!(run.modules[0].spent.stuck, Millis::from_secs(3600));
    assert_eq!(run.figures.mails, 1, "koji tells the people of a");
}
