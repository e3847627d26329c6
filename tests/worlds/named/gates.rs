//! Tests of components and modules, and what they find.

use super::*;

#[test]
fn an_escaped_defect_is_counted() {
    for approach in BOTH {
        let mut setup = gated(setup(approach, ALONE));
        setup.conditions.tests = Tests { defect_rate: 1.0, ..Tests::default() };
        let run = run(&setup);
        ends(&run, Outcome::Done, 100);
        assert_eq!(run.tally.defects_escaped, 1);
    }
}

#[test]
fn test_workers_are_a_resource() {
    for approach in BOTH {
        let mut setup = gated(setup(approach, &[(&[], &[PLAIN]), (&[], &[PLAIN])]));
        setup.conditions.tests = Tests { module: Some(always(100)), ..Tests::default() };
        ends(&run(&setup), Outcome::Done, 200);
        setup.conditions.tests.workers = Some(1);
        let run = run(&setup);
        ends(&run, Outcome::Done, 300);
        assert_eq!(run.modules[1].spent.testing, Millis::from_secs(200));
    }
}

#[test]
fn a_result_that_never_comes_is_asked_for_three_times_and_then_told() {
    // The module is published at 100 s; asked again every hour; given up after the fourth.
    let mut setup = gated(setup(Approach::OrchestratorOwned, ALONE));
    setup.conditions.tests =
        Tests { missing: 1.0, timeout: Some(Millis::from_secs(3600)), ..Tests::default() };
    let run = run(&setup);
    assert_eq!(run.figures.outcome, Outcome::Stuck);
    assert_eq!((run.tally.tests, run.figures.mails), (4, 1));
    assert_eq!(mails(&run), [(14_500, 1, Standing::NoResult)]);
}

#[test]
fn koji_owned_ignores_what_is_not_about_a_module() {
    // Components are tested, and red; the module has no gate.
    let mut setup = setup(Approach::KojiOwned, CHAIN);
    setup.conditions.gates = Gates { component: true, module: false };
    setup.conditions.tests = Tests { false_alarm: 1.0, ..Tests::default() };
    let run = run(&setup);
    ends(&run, Outcome::Done, 200);
    assert_eq!((run.tally.tests, run.figures.mails), (2, 0));
}

#[test]
fn a_red_component_keeps_what_waits_for_it_until_it_is_waived() {
    let mut setup = setup(Approach::OrchestratorOwned, ALONE);
    setup.conditions.gates = Gates { component: true, module: false };
    setup.conditions.tests = Tests { false_alarm: 1.0, ..Tests::default() };
    ends(&run(&setup), Outcome::Stuck, 100);
    setup.conditions.people = Some(People { fix: always(3600), waive_share: 1.0 });
    ends(&run(&setup), Outcome::Done, 3700);
}

#[test]
fn time_at_the_gate_of_a_component_is_no_time_in_a_queue() {
    // Built at 100 s, tested for 600 s and red, repaired 3600 s later, built for 100 s and tested for
    // 600 s: 200 s of building, 1200 s of testing, 3600 s stuck.
    let mut setup = setup(Approach::OrchestratorOwned, ALONE);
    setup.conditions.gates = Gates { component: true, module: false };
    setup.conditions.tests = Tests {
        component: Some(always(600)),
        defect_rate: 1.0,
        detect_component: 1.0,
        ..Tests::default()
    };
    setup.conditions.people = Some(People { fix: always(3600), waive_share: 0.0 });
    let run = run(&setup);
    ends(&run, Outcome::Done, 5000);
    let spent = run.modules[0].spent;
    let spans = [spent.waiting, spent.queued, spent.building, spent.testing, spent.stuck];
    assert_eq!(spans, [0, 0, 200, 1200, 3600].map(Millis::from_secs));
}
