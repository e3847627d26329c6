//! The dependency service is down or behind, and how a rebuild spreads.

use super::*;

#[test]
fn a_superseded_row_is_dropped_unless_a_stale_service_shows_nothing_newer() {
    // c was once built with a, and no more; b is.
    for approach in BOTH {
        let mut setup = setup(approach, &[(&[1], &[PLAIN]), (&[], &[PLAIN]), (&[], &[PLAIN])]);
        let mut catalog = (*setup.catalog).clone();
        catalog.modules[0].superseded_dependants = vec![modplan::orchestrate::ModuleIx(2)];
        catalog.modules[2].is_start = false;
        catalog.modules[2].is_planned = false;
        setup.catalog = Arc::new(catalog);
        setup.cascade = Cascade::Literal;
        assert_eq!(builds(&run(&setup)), [1, 1]);
        setup.conditions.faults = vec![fault(FaultKind::PdcStale, 0, None)];
        assert_eq!(builds(&run(&setup)), [1, 1, 1]);
    }
}

#[test]
fn a_stale_service_hides_who_came_to_depend_on_a_module() {
    // c is built with a now, and was with b before: the row of the newest version is missing.
    let mut setup =
        setup(Approach::KojiOwned, &[(&[2], &[PLAIN]), (&[], &[PLAIN]), (&[], &[PLAIN])]);
    let mut catalog = (*setup.catalog).clone();
    catalog.modules[1].superseded_dependants = vec![modplan::orchestrate::ModuleIx(2)];
    setup.catalog = Arc::new(catalog);
    setup.cascade = Cascade::Literal;
    ends(&run(&setup), Outcome::Done, 200);
    setup.conditions.faults = vec![fault(FaultKind::PdcStale, 50, Some(100))];
    let run = run(&setup);
    // b's old dependant is taken for a new one, so c is built once all the same: by the wrong cause.
    assert_eq!(builds(&run), [1, 1, 1]);
    let cause = run.log.iter().find_map(|row| match row.what {
        Log::Command(modplan::orchestrate::Command::Call {
            call: Call::BuildModule { cause, .. },
            ..
        }) => Some(cause),
        Log::Command(_) | Log::Answered { .. } | Log::Event(_) | Log::Fact(_) => None,
    });
    assert_eq!(cause, Some(modplan::orchestrate::BuildId(1)));
}

#[test]
fn a_dependency_service_that_is_down_is_asked_again() {
    // Asked at 100 s, again after a minute, and after two more: b runs from 280 s.
    for approach in BOTH {
        let mut setup = setup(approach, CHAIN);
        setup.cascade = Cascade::Literal;
        setup.conditions.faults = vec![fault(FaultKind::PdcDown, 0, Some(180))];
        let run = run(&setup);
        ends(&run, Outcome::Done, 380);
        assert_eq!(run.tally.calls_refused, 2);
    }
}

#[test]
fn a_dependency_service_that_stays_down_is_told_once_and_asked_for_as_long_as_it_takes() {
    // Both ask once and twenty times more; then once more with the poll, or after half an hour by who
    // does not poll, which finds the world still.
    for approach in BOTH {
        let mut setup = setup(approach, CHAIN);
        setup.cascade = Cascade::Literal;
        setup.conditions.faults = vec![fault(FaultKind::PdcDown, 0, None)];
        let run = run(&setup);
        ends(&run, Outcome::Stuck, 100);
        assert_eq!((run.tally.calls_refused, run.figures.mails), (22, 1));
        let told: Vec<Standing> =
            mails(&run).into_iter().map(|(_, _, standing)| standing).collect();
        assert_eq!(told, [Standing::NoAnswer]);
    }
}

#[test]
fn a_dependant_that_waits_already_is_not_queued_twice() {
    // d follows b and c. Both pass at 200 s: coalesced builds d once, literal twice. Where c takes
    // 10 s more, d is under way when c passes, and is built again.
    let diamond = |c: Attempts<'static>, approach, cascade| {
        let modules: &[Module<'_>] =
            &[(&[1, 2], &[PLAIN]), (&[3], &[PLAIN]), (&[3], &[c]), (&[], &[PLAIN])];
        let mut setup = setup(approach, modules);
        setup.cascade = cascade;
        builds(&run(&setup))
    };
    for approach in BOTH {
        assert_eq!(diamond(PLAIN, approach, Cascade::Literal), [1, 1, 1, 2]);
        assert_eq!(diamond(PLAIN, approach, Cascade::Coalesced), [1, 1, 1, 1]);
        assert_eq!(diamond(&[(110, true)], approach, Cascade::Coalesced), [1, 1, 1, 2]);
    }
}
