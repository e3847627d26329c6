//! One test for each thing that can happen, its times computed by hand. A component takes 100 s
//! unless a test says otherwise, and modules are `a`, `b`, `c`… in catalog order.

use std::iter;
use std::sync::Arc;

use modplan::orchestrate::{
    Approach, BuildId, Call, Cascade, CatalogBuilder, ComponentEnd, ComponentIx, ComponentParts,
    Dispatch, Event, Gates, ModuleIx, ModuleParts, Orchestrator, Owner, Standing, TaskParts, Timer,
};
use modplan::scenario::{Bus, Fault, FaultKind, People, Quantiles, Tests};
use modplan::sim::{
    Conditions, DurationMode, Log, ModuleState, Outcome, Outcomes, Run, RunFigures, Setup, Slots,
    SlotsGroup, Subjects, World,
};
use modplan::time::{Millis, Timestamp};
use modplan::trace::{BUILD_ARCH, History, Row, RowOutcome, Samples};

mod bus;
mod crashes;
mod gates;
mod koji;
pub(super) mod koji_tasks;
mod pdc;
mod people;
mod sources;
mod spent;
mod unknown;

const BOTH: [Approach; 2] = [Approach::KojiOwned, Approach::OrchestratorOwned];

/// Returns a setup in which another catalog is run; all of it takes what the first component does.
fn with_catalog(builder: CatalogBuilder, setup: Setup) -> Setup {
    let catalog = builder.finish();
    let subjects = Arc::new(Subjects::new(&catalog, iter::repeat(0)));
    Setup { catalog: Arc::new(catalog), subjects, ..setup }
}

/// Returns the event that a row of a log says was heard.
fn heard_by(row: &Log) -> Option<Event> {
    match row {
        Log::Event(event) => Some(event.clone()),
        Log::Answered { id, answer, .. } => {
            Some(Event::Answered { call: *id, answer: answer.clone() })
        }
        Log::Command(_) | Log::Fact(_) => None,
    }
}

/// What a component's attempts take, in seconds, and whether they succeed.
pub(super) type Attempts<'a> = &'a [(u64, bool)];

const PLAIN: Attempts<'_> = &[(100, true)];

/// A module: who depends on it, and its components.
pub(super) type Module<'a> = (&'a [u32], &'a [Attempts<'a>]);

pub(super) const CHAIN: &[Module<'_>] = &[(&[1], &[PLAIN]), (&[], &[PLAIN])];
pub(super) const ALONE: &[Module<'_>] = &[(&[], &[PLAIN])];

pub(super) fn setup(approach: Approach, modules: &[Module<'_>]) -> Setup {
    let mut waves = vec![1; modules.len()];
    for (at, (dependants, _)) in modules.iter().enumerate() {
        for &to in *dependants {
            waves[to as usize] = waves[to as usize].max(waves[at] + 1);
        }
    }
    let mut rows = Vec::new();
    let mut builder = CatalogBuilder::default();
    for (at, (dependants, components)) in modules.iter().enumerate() {
        let part = |(number, attempts): (usize, &Attempts<'_>)| {
            rows.push(samples(attempts));
            let task = TaskParts { arch: "x86_64".into(), estimate_ms: 100_000 };
            ComponentParts::new(&format!("p{number}"), 0, Vec::new(), vec![task])
        };
        builder.push(&ModuleParts {
            id: format!("{}:1:c", char::from(b'a' + u8::try_from(at).unwrap())),
            wave: Some(waves[at]),
            is_start: waves[at] == 1,
            dependants: dependants.to_vec(),
            planned_dependants: dependants.to_vec(),
            components: components.iter().enumerate().map(part).collect(),
            ..ModuleParts::default()
        });
    }
    let catalog = builder.finish();
    Setup {
        subjects: Arc::new(Subjects::new(&catalog, 0..)),
        catalog: Arc::new(catalog),
        samples: Arc::new(rows),
        slots: Slots {
            groups: vec![SlotsGroup {
                name: "x86".to_owned(),
                count: 9,
                arches: vec!["x86_64".into()],
            }],
        },
        approach,
        cascade: Cascade::Planned,
        dispatch: Dispatch::Graph,
        submit_limit: u32::MAX,
        builds_max: 100,
        durations: DurationMode::Replay,
        outcomes: Outcomes::History,
        conditions: Conditions::default(),
        hub: None,
        seed: 1,
    }
}

fn samples(attempts: Attempts<'_>) -> Samples {
    let row = |&(seconds, is_ok): &(u64, bool)| Row {
        package: "p".into(),
        method: BUILD_ARCH.into(),
        arch: "x86_64".into(),
        run: Millis::from_secs(seconds),
        outcome: if is_ok { RowOutcome::Closed } else { RowOutcome::Failed },
        queued: None,
        started_at: None,
        module: None,
        nvr: None,
        source: None,
    };
    let history = History::from_rows(attempts.iter().map(row).collect());
    history.samples(BUILD_ARCH, &"p".into(), &"x86_64".into())
}

pub(super) fn fault(kind: FaultKind, at: u64, lasts: Option<u64>) -> Fault {
    Fault {
        at: Millis::from_secs(at),
        after: None,
        kind,
        builders: None,
        count: None,
        module: None,
        lasts: lasts.map(Millis::from_secs),
        line: 0,
    }
}

pub(super) fn always(seconds: u64) -> Quantiles {
    Quantiles { p50: Millis::from_secs(seconds), p90: Millis::from_secs(seconds) }
}

fn gated(mut setup: Setup) -> Setup {
    setup.conditions.gates = Gates { component: false, module: true };
    setup
}

fn run(setup: &Setup) -> Run {
    World::new(setup).run_in_full(0)
}

fn seconds(run: &Run) -> f64 {
    run.figures.makespan.as_secs_f64()
}

fn builds(run: &Run) -> Vec<u32> {
    run.modules.iter().map(|module| module.module_builds).collect()
}

fn states(run: &Run) -> Vec<ModuleState> {
    run.modules.iter().map(|module| module.state).collect()
}

/// Returns every mail of an orchestrator: its second, how much it is about, and how the first stands.
fn mails(run: &Run) -> Vec<(u64, usize, Standing)> {
    let mail = |row: &modplan::sim::LogRow| match &row.what {
        Log::Command(modplan::orchestrate::Command::Call {
            call: Call::Mail { about, .. },
            ..
        }) => Some((row.at.0 / 1000, about.len(), about[0].standing)),
        Log::Command(_) | Log::Answered { .. } | Log::Event(_) | Log::Fact(_) => None,
    };
    run.log.iter().filter_map(mail).collect()
}

/// Asserts the time and outcome of a run.
#[track_caller]
fn ends(run: &Run, outcome: Outcome, at: u64) {
    assert_eq!((run.figures.outcome, run.figures.makespan), (outcome, Millis::from_secs(at)));
}
