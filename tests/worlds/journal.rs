//! A journal cut at every event: replayed, and run on.

use modplan::drive::{self, Entry};
use modplan::orchestrate::{Approach, Command, Event, Orchestrator, Timer};
use modplan::scenario::Bus;
use modplan::sim::{Log, ModuleRun, Outcome, Run, Setup, World};
use modplan::time::Timestamp;

use super::generate;

mod echo;

use echo::Echo;

/// Returns orchestrator-owned worlds whose orchestrator does not crash by itself, and their runs;
/// those of up to eighty events, since every cut is folded from the start.
fn runs(count: usize, calm: fn(&mut Setup)) -> impl Iterator<Item = (u64, Setup, Run)> {
    (0..)
        .map(|seed| (seed, generate::world(seed).setup))
        .filter(|(_, setup)| setup.approach == Approach::OrchestratorOwned)
        .map(move |(seed, mut setup)| {
            setup.conditions.crash_after.clear();
            setup.conditions.faults.retain(|f| f.kind.as_str() != "orchestrator-crash");
            calm(&mut setup);
            let run = World::new(&setup).run_in_full(seed);
            (seed, setup, run)
        })
        .filter(|(_, _, run)| run.figures.outcome != Outcome::Capped)
        .filter(|(_, _, run)| (10..80).contains(&entries(run).len()))
        .take(count)
}

fn entries(run: &Run) -> Vec<Entry> {
    run.log
        .iter()
        .filter_map(|row| match &row.what {
            Log::Event(event) => Some((row.at, event.clone())),
            Log::Answered { id, answer, .. } => {
                Some((row.at, Event::Answered { call: *id, answer: answer.clone() }))
            }
            Log::Command(_) | Log::Fact(_) => None,
        })
        .collect()
}

/// Puts an orchestrator together from a journal.
fn folded(setup: &Setup, entries: &[Entry]) -> Orchestrator {
    let mut orchestrator = setup.orchestrator(setup.builds_max);
    drive::recover(&mut orchestrator, entries);
    orchestrator.check_invariants();
    orchestrator
}

/// How a run ended: each module's id, state, and how many builds of it and of its components there were.
/// How much of a failed module was built before it failed depends on the order of answers.
fn ending(run: &Run) -> Vec<(&str, modplan::sim::ModuleState, u32, u32)> {
    let row = |m: &'_ ModuleRun| (m.state, m.module_builds, m.component_builds);
    run.modules
        .iter()
        .map(|module| {
            let (state, builds, components) = row(module);
            let is_failed = state == modplan::sim::ModuleState::Failed;
            let components = if is_failed { 0 } else { components };
            (&*module.id, state, builds, components)
        })
        .collect()
}

/// Returns how the orchestrator stands but for how many calls it has made: a restart makes some more.
fn without_numbers(run: &Run) -> String {
    let Some((before, after)) =
        run.orchestrator.split_once("PendingCalls { entries: Entries { first: ")
    else {
        panic!("it keeps a table of calls: {}", run.orchestrator)
    };
    format!("{before}{}", after.trim_start_matches(|c: char| c.is_ascii_digit()))
}

fn calm(setup: &mut Setup) {
    setup.conditions.faults.clear();
    setup.conditions.bus = Bus::default();
}

/// Cuts the journal of a run at every event and calls `cut` with the number of events that are kept,
/// and the orchestrator that is put together from them.
fn at_every_cut(
    (seed, setup, run): (u64, &Setup, &Run),
    mut cut: impl FnMut(&[Entry], Orchestrator),
) {
    let events = entries(run);
    let mut lived = folded(setup, &[]);
    for kept in 0..=events.len() {
        let prefix = &events[..kept];
        let replayed = folded(setup, prefix);
        assert_eq!(format!("{replayed:?}"), format!("{lived:?}"), "seed {seed}, cut at {kept}");
        cut(prefix, replayed);
        if let Some((time, event)) = events.get(kept) {
            lived.handle(event, *time, &mut Vec::new());
        }
    }
    assert_eq!(format!("{lived:?}"), run.orchestrator, "seed {seed}");
}

/// Runs a world whose orchestrator dies after an event, is put together from the journal up to it, and
/// goes on.
fn finished(seed: u64, setup: &Setup, after: usize) -> Run {
    let mut setup = setup.clone();
    setup.conditions.crash_after = vec![after as u64];
    let run = World::new(&setup).run_in_full(seed);
    let broken = super::checkers::check(&generate::World { setup }, &run);
    assert!(broken.is_empty(), "seed {seed}, crash after event {after}: {broken:?}");
    run
}

/// Returns the run that crashes where the journal is cut; none where nothing had happened.
fn finished_from((seed, setup): (u64, &Setup), prefix: &[Entry]) -> Option<Run> {
    let after = prefix.len();
    (after > 0).then(|| finished(seed, setup, after))
}

#[test]
fn a_journal_cut_at_every_event_of_200_calm_runs_replayed_and_finished_ends_in_the_same_state() {
    // On a bus that loses and delays nothing, and without faults, a restart costs nothing: all modules
    // end alike, and wherever the run takes as long the orchestrator ends in the same state to the last
    // bit. Times may differ where answers come back in another order than they were asked for, and one
    // builder or one test worker takes the first of those.
    let (mut same, mut alike, mut all) = (0, 0, 0);
    for (seed, setup, whole) in runs(200, calm) {
        at_every_cut((seed, &setup, &whole), |prefix, _| {
            let Some(run) = finished_from((seed, &setup), prefix) else { return };
            let what = format!("seed {seed}, crash after event {}", prefix.len());
            assert_eq!(run.tally.crashes, 1, "{what}");
            assert_eq!(ending(&run), ending(&whole), "{what}");
            assert_eq!(run.figures.outcome, whole.figures.outcome, "{what}");
            let took = |run: &Run| (run.figures.makespan, run.figures.mails);
            all += 1;
            same += u32::from(took(&run) == took(&whole));
            alike += u32::from(without_numbers(&run) == without_numbers(&whole));
        });
    }
    assert!(all > 4000, "{all}");
    assert!(same * 100 > all * 95, "{same} of {all} take as long");
    assert!(alike * 100 > all * 90, "{alike} of {all} end in the same state to the last bit");
}

#[test]
fn a_journal_cut_at_every_event_of_200_troubled_runs_replayed_and_finished_forgets_nothing() {
    // Messages are lost and late, the hub refuses, repos fail. What was open is carried on: whatever
    // ends, ends for a reason of its own. A restart looks at what a poll would have found later, and so
    // meets faults at other moments: in a few runs that changes how one ends.
    let (mut same, mut all) = (0, 0);
    for (seed, setup, whole) in runs(200, |_| {}) {
        at_every_cut((seed, &setup, &whole), |prefix, _| {
            let Some(run) = finished_from((seed, &setup), prefix) else { return };
            let states = |run: &Run| -> Vec<_> {
                run.modules.iter().map(|module| (module.id.clone(), module.state)).collect()
            };
            let is_same = run.figures.outcome == whole.figures.outcome;
            all += 1;
            same += u32::from(is_same && states(&run) == states(&whole));
        });
    }
    assert!(all > 4000, "{all}");
    assert!(same * 100 > all * 90, "{same} of {all} end with the same outcome and states");
}

/// Returns what is left to be asked when a restart has looked for all that was outstanding, but for
/// what `is_dropped` says.
fn left(setup: &Setup, prefix: &[Entry], is_dropped: impl Fn(&Command) -> bool) -> Vec<Command> {
    let mut orchestrator = folded(setup, prefix);
    let now = prefix.last().map_or(Timestamp(0), |(time, _)| *time);
    let mut commands = Vec::new();
    orchestrator.handle(&Event::Restarted, now, &mut commands);
    let all = commands.len();
    commands.retain(|command| !is_dropped(command));
    let is_whole = commands.len() == all;
    Echo::new(setup, orchestrator, now).finish(&commands, is_whole)
}

#[test]
fn what_is_outstanding_is_all_that_is_missing_and_nothing_of_it_can_be_left_out() {
    // From every cut, with everything looked for and answered, nothing is left to be asked; with one
    // call forgotten, that call is left for ever. A poll finds what is lost, and here nothing is.
    // Where all goes well more is built than where it did not: no cap stops it.
    let (mut cuts, mut dropped) = (0, 0);
    for (seed, setup, whole) in runs(200, |setup| setup.builds_max = 1000) {
        at_every_cut((seed, &setup, &whole), |prefix, replayed| {
            let what = format!("seed {seed}, cut at {}", prefix.len());
            assert_eq!(left(&setup, prefix, |_| false), [], "{what}");
            cuts += 1;
            // One cut in three: each is run once for each thing outstanding.
            if prefix.len() % 3 != 0 {
                return;
            }
            let now = prefix.last().map_or(Timestamp(0), |(time, _)| *time);
            let mut asked = Vec::new();
            let mut restarted = replayed;
            restarted.handle(&Event::Restarted, now, &mut asked);
            for forgotten in asked {
                let (Command::Call { id, ref call } | Command::Look { id, ref call }) = forgotten
                else {
                    continue;
                };
                // The next one is due anyway.
                if call.is_poll() {
                    continue;
                }
                let is_dropped = |command: &Command| match *command {
                    Command::Call { id: of, .. } | Command::Look { id: of, .. } => of == id,
                    Command::Timer { timer: Timer::Call { id: of }, .. } => of == id,
                    Command::Timer { .. } | Command::Tell(_) => false,
                };
                let left = left(&setup, prefix, is_dropped);
                let is_it = |c: &Command| matches!(c, Command::Call { id: of, .. } if *of == id);
                assert!(left.iter().any(is_it), "{what}: {forgotten:?} is not missed");
                dropped += 1;
            }
        });
    }
    assert!(cuts > 4000 && dropped > 2000, "{cuts} {dropped}");
}
