//! What an orchestrator is told by koji's model of what ended while it was down. The moments are
//! those of the same run without a crash.

use super::on_hub::{TWO, farm, on_hub};
use super::*;
use crate::scenario::{Fault, FaultKind};

/// Two components, one after the other, on three builders of koji's model.
pub(super) fn two() -> Setup {
    on_hub(super::setup(&[("m", &[], TWO)], &[]), &farm(&[("x86_64", 3)]))
}

/// Returns when each event of a kind was handed over.
pub(super) fn times(run: &Run, is_it: fn(&Event) -> bool) -> Vec<Timestamp> {
    let of = |row: &LogRow| match &row.what {
        Log::Event(event) if is_it(event) => Some(row.at),
        Log::Event(_) | Log::Command(_) | Log::Fact(_) => None,
    };
    run.log.iter().filter_map(of).collect()
}

/// The orchestrator is down from a moment on, for so many seconds.
pub(super) fn down(at: Timestamp, seconds: u64) -> Fault {
    Fault {
        at: Millis(at.0),
        kind: FaultKind::OrchestratorCrash,
        builders: None,
        count: None,
        module: None,
        lasts: Some(Millis::from_secs(seconds)),
        line: 0,
    }
}

pub(super) fn secs(seconds: u64) -> Millis {
    Millis::from_secs(seconds)
}

fn is_target(event: &Event) -> bool {
    matches!(event, Event::TargetMade { .. })
}

#[test]
fn a_target_made_while_the_orchestrator_is_down_is_found_when_it_is_back() {
    let setup = two();
    let made = times(&run(&setup), is_target)[0];
    // Down from 10 s before until 20 s after: told then, and not before.
    let mut late = setup.clone();
    late.conditions.faults = vec![down(Timestamp(made.0 - 10_000), 30)];
    let late = run(&late);
    assert_eq!(times(&late, is_target), [made + secs(20)]);
    assert_eq!(late.figures.outcome, Outcome::Done);
}

#[test]
fn a_target_that_is_being_made_is_told_when_it_is_there() {
    let setup = two();
    let whole = run(&setup);
    let made = times(&whole, is_target)[0];
    // Back 70 s before it is made, the orchestrator waits for the rest.
    let mut early = setup.clone();
    early.conditions.faults = vec![down(Timestamp(made.0 - 100_000), 30)];
    let early = run(&early);
    assert_eq!(times(&early, is_target), [made]);
    assert_eq!(early.figures.makespan, whole.figures.makespan);
}
