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
        Log::Command(_) | Log::Answered { .. } | Log::Event(_) | Log::Fact(_) => None,
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

/// A scenario in which people repair an hour after each mail, and no repair helps.
fn in_vain(approach: Approach, gates: Gates) -> Setup {
    let mut setup = setup(approach, ALONE);
    setup.conditions.gates = gates;
    setup.conditions.tests = Tests { false_alarm: 1.0, ..Tests::default() };
    setup.conditions.people = Some(People { fix: always(3600), waive_share: 0.0 });
    setup
}

#[test]
fn a_repair_that_does_not_help_is_told_again() {
    // Red at 100 s and after each of the three repairs that people have patience for. koji-owned
    // builds the module again, which takes 100 s more; the other has nothing to build again, as no
    // component has a defect, and tests again at once.
    let gates = Gates { component: false, module: true };
    for (approach, module_builds, at) in [
        (Approach::KojiOwned, 4, [100, 3800, 7500, 11_200]),
        (Approach::OrchestratorOwned, 1, [100, 3700, 7300, 10_900]),
    ] {
        let run = run(&in_vain(approach, gates));
        ends(&run, Outcome::Stuck, at[3]);
        assert_eq!(mails(&run), at.map(|at| (at, 1, Standing::NotPassed)), "{approach:?}");
        assert_eq!((run.tally.fixes, run.tally.tests), (3, 4));
        assert_eq!(run.figures.module_builds, module_builds);
        assert_eq!(run.figures.component_builds, module_builds);
    }
}

#[test]
fn a_repair_of_a_component_that_does_not_help_is_told_again() {
    // Each repair builds the component again, for 100 s.
    let gates = Gates { component: true, module: false };
    let run = run(&in_vain(Approach::OrchestratorOwned, gates));
    ends(&run, Outcome::Stuck, 11_100 + 100);
    let at = [100, 3800, 7500, 11_200];
    assert_eq!(mails(&run), at.map(|at| (at, 1, Standing::NotPassed)));
    assert_eq!((run.tally.fixes, run.figures.component_builds), (3, 4));
    assert_eq!(run.figures.module_builds, 1);
}

#[test]
fn a_repair_of_a_failed_build_that_does_not_help_is_told_again() {
    // No repo can be made. koji fails the module at 100 s and mails, and once more 100 s after each
    // repair. The other tries the repo again after 1, 2, 4, 8 and 16 minutes, 1860 s in all, and
    // then mails, at 1960 s; a repair an hour later has it try for 1860 s more: each 5460 s.
    for (approach, at) in [
        (Approach::KojiOwned, [100, 3800, 7500, 11_200]),
        (Approach::OrchestratorOwned, [1960, 7420, 12_880, 18_340]),
    ] {
        let mut setup = in_vain(approach, Gates::default());
        setup.conditions.faults = vec![fault(FaultKind::RepoFailure, 0, None)];
        let run = run(&setup);
        ends(&run, Outcome::Failed, at[3]);
        assert_eq!((run.tally.fixes, run.figures.mails), (3, 4), "{approach:?}");
        let told = match approach {
            Approach::KojiOwned => Vec::new(),
            Approach::OrchestratorOwned => at.map(|at| (at, 1, Standing::BuildFailed)).to_vec(),
        };
        assert_eq!(mails(&run), told);
    }
}

#[test]
fn a_repair_of_a_rejected_component_reaches_a_build_that_failed_meanwhile() {
    // p0 is built at 100 s and its test is red; p1 fails at 150 s, which gives the build up. Two mails
    // to the same people: at 100 s, and the other with the digest of 700 s. p0 is repaired at 3700 s
    // and built until 3800 s, with p1, which succeeds this time; both are green.
    let modules: &[Module<'_>] = &[(&[], &[PLAIN, &[(150, false), (100, true)]])];
    let mut found = 0;
    for seed in 0..40 {
        let mut setup = setup(Approach::OrchestratorOwned, modules);
        setup.seed = seed;
        setup.conditions.gates = Gates { component: true, module: false };
        setup.conditions.tests =
            Tests { defect_rate: 0.5, detect_component: 1.0, ..Tests::default() };
        setup.conditions.people = Some(People { fix: always(3600), waive_share: 0.0 });
        let run = run(&setup);
        let red = Log::Fact(modplan::sim::Fact::Tested {
            build: BuildId(0),
            component: Some(ComponentIx(0)),
            attempt: 1,
            passed: Some(false),
        });
        if run.log.iter().any(|row| row.what == red) {
            let is_there = run.log.iter().any(|row| {
                row.at == Timestamp(3_700_000)
                    && matches!(
                        row.what,
                        Log::Fact(modplan::sim::Fact::Submitted {
                            component: ComponentIx(0),
                            attempt: 2,
                            ..
                        })
                    )
            });
            assert!(is_there, "seed {seed}");
            assert_eq!(run.figures.outcome, Outcome::Done, "seed {seed}");
            found += 1;
        }
    }
    assert!(found > 5, "{found}");
}

#[test]
fn a_repair_that_helps_sends_one_mail_that_it_goes_on() {
    // Red at 100 s, as both components have a defect; repaired at 3700 s, built again until 3800 s and
    // green. In koji-owned another build of the module is green, and the mail is of the module.
    for approach in BOTH {
        let mut setup = gated(setup(approach, &[(&[], &[PLAIN, PLAIN])]));
        setup.conditions.tests = Tests { defect_rate: 1.0, detect_module: 1.0, ..Tests::default() };
        setup.conditions.people = Some(People { fix: always(3600), waive_share: 0.0 });
        let run = run(&setup);
        ends(&run, Outcome::Done, 3800);
        let wanted = [(100, 1, Standing::NotPassed), (3800, 1, Standing::Recovered)];
        assert_eq!(mails(&run), wanted, "{approach:?}");
    }
}
