//! A journal cut at every event: replayed, and run on.

use modplan::orchestrate::journal::{self, Entry, Heading, Inputs};
use modplan::orchestrate::{Approach, Command, Orchestrator, Timer};
use modplan::scenario::Bus;
use modplan::sim::{Log, ModuleRun, Outcome, Run, Setup, World};
use modplan::time::Timestamp;

use super::generate;

mod echo;

use echo::{Echo, is_poll};

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
            Log::Command(_) | Log::Fact(_) => None,
        })
        .collect()
}

/// Puts an orchestrator together from a journal; returns it with all that it asked for.
fn folded<'s>(setup: &'s Setup, entries: &[Entry]) -> (Orchestrator<'s>, Vec<Command>) {
    let how = (setup.approach, setup.cascade);
    let mut orchestrator = Orchestrator::new(&setup.catalog, how, setup.limits(setup.builds_max));
    let mut asked = Vec::new();
    for (time, event) in entries {
        orchestrator.handle(event, *time, &mut asked);
    }
    orchestrator.check_invariants();
    (orchestrator, asked)
}

/// Returns what a driver does first when it is back: the commands of the last event, which may never
/// have been carried out, then what is outstanding. Also returns the latter alone.
fn to_do(
    setup: &Setup,
    entries: &[Entry],
    orchestrator: &Orchestrator<'_>,
) -> (Vec<Command>, Vec<Command>) {
    let mut outstanding = Vec::new();
    orchestrator.outstanding(&mut outstanding);
    let mut commands = Vec::new();
    if let Some(((time, event), before)) = entries.split_last() {
        folded(setup, before).0.handle(event, *time, &mut commands);
    }
    let missing = outstanding.iter().filter(|command| !commands.contains(command)).cloned();
    let missing: Vec<Command> = missing.collect();
    commands.extend(missing);
    (commands, outstanding)
}

/// Returns what a journal up to some moment leaves to be asked again and was never asked.
fn never_asked(mut outstanding: Vec<Command>, asked: &[Command]) -> Vec<Command> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "all others are asked as they are")]
    let is_known = |command: &Command| match *command {
        // A message began the test.
        Command::RequestTest { .. } => true,
        // One that waits for its next try is asked at once.
        Command::AskDependants { build, .. } => asked
            .iter()
            .any(|c| matches!(c, Command::AskDependants { build: of, .. } if *of == build)),
        ref command => asked.contains(command),
    };
    outstanding.retain(|command| !is_known(command));
    outstanding
}

/// How a run ended: each module's id, state, and how many builds of it and of its components there were.
fn ending(run: &Run) -> Vec<(&str, modplan::sim::ModuleState, u32, u32)> {
    let row = |m: &'_ ModuleRun| (m.state, m.module_builds, m.component_builds);
    run.modules
        .iter()
        .map(|module| {
            let (state, builds, components) = row(module);
            (&*module.id, state, builds, components)
        })
        .collect()
}

fn calm(setup: &mut Setup) {
    setup.conditions.faults.clear();
    setup.conditions.bus = Bus::default();
}

/// Cuts the journal of a run at every event and calls `cut` with the number of events that are kept,
/// the orchestrator that is put together from them, and all that it asked for.
fn at_every_cut<'s>(
    (seed, setup, run): (u64, &'s Setup, &Run),
    mut cut: impl FnMut(&[Entry], Orchestrator<'s>, &[Command]),
) {
    let name = journal::run_name(&setup.catalog, "a test", seed);
    let heading = Heading::new(name, Inputs::default());
    let events = entries(run);
    let text = journal::write(&heading, &events);
    let (mut lived, _) = folded(setup, &[]);
    for ((end, _), kept) in text.match_indices('\n').zip(0..) {
        let prefix = journal::read(&text.as_bytes()[..=end], &heading).unwrap();
        assert_eq!(prefix, events[..kept], "seed {seed}");
        let (replayed, asked) = folded(setup, &prefix);
        assert_eq!(format!("{replayed:?}"), format!("{lived:?}"), "seed {seed}, cut at {kept}");
        cut(&prefix, replayed, &asked);
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

/// Asserts that nothing is outstanding that was never asked for, and returns the run that crashes
/// where the journal is cut; none where nothing had happened.
fn finished_from(
    (seed, setup): (u64, &Setup),
    prefix: &[Entry],
    replayed: &Orchestrator<'_>,
    asked: &[Command],
) -> Option<Run> {
    let mut outstanding = Vec::new();
    replayed.outstanding(&mut outstanding);
    let after = prefix.len();
    assert_eq!(never_asked(outstanding, asked), [], "seed {seed}, cut at {after}");
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
        at_every_cut((seed, &setup, &whole), |prefix, replayed, asked| {
            let Some(run) = finished_from((seed, &setup), prefix, &replayed, asked) else { return };
            let what = format!("seed {seed}, crash after event {}", prefix.len());
            assert_eq!(run.tally.crashes, 1, "{what}");
            assert_eq!(ending(&run), ending(&whole), "{what}");
            assert_eq!(run.figures.outcome, whole.figures.outcome, "{what}");
            let took = |run: &Run| (run.figures.makespan, run.figures.mails);
            all += 1;
            same += u32::from(took(&run) == took(&whole));
            alike += u32::from(run.orchestrator == whole.orchestrator);
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
        at_every_cut((seed, &setup, &whole), |prefix, replayed, asked| {
            let Some(run) = finished_from((seed, &setup), prefix, &replayed, asked) else { return };
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

/// Returns what is left to be asked when all that is to be done is, but for what `is_dropped` says.
fn left(
    (setup, prefix): (&Setup, &[Entry]),
    commands: &[Command],
    is_dropped: impl Fn(&Command) -> bool,
) -> Vec<Command> {
    let (orchestrator, _) = folded(setup, prefix);
    let now = prefix.last().map_or(Timestamp(0), |(time, _)| *time);
    let kept: Vec<Command> = commands.iter().filter(|c| !is_dropped(c)).cloned().collect();
    Echo::new(setup, orchestrator, now).finish(&kept, kept.len() == commands.len())
}

/// Returns the timer by which a call is made in any case: a result of the tests that is overdue, or a
/// try that waits for its moment and after a restart is made at once.
fn stand_in(command: &Command) -> Option<Timer> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "only these have one")]
    match *command {
        Command::Publish { build, .. } | Command::RequestTest { build, .. } => {
            Some(Timer::TestsDue { build })
        }
        Command::AskDependants { .. } => Some(Timer::Again { command: Box::new(command.clone()) }),
        _ => None,
    }
}

/// Returns the other command that asks for the same test as a publication.
fn another_way(command: &Command) -> Option<Command> {
    let &Command::Publish { build, attempt, .. } = command else { return None };
    Some(Command::RequestTest { build, component: None, attempt })
}

#[test]
fn what_is_outstanding_is_all_that_is_missing_and_nothing_of_it_can_be_left_out() {
    // From every cut, with everything answered, nothing is left to be asked; with one thing forgotten,
    // that is left for ever. A forgotten request for a test is found when its result is overdue, and a
    // question that was refused has a moment to be asked again, so their timers are left out too. A poll finds what is lost, and here nothing is.
    // Where all goes well more is built than where it did not: no cap stops it.
    let (mut cuts, mut dropped) = (0, 0);
    for (seed, setup, whole) in runs(200, |setup| setup.builds_max = 1000) {
        at_every_cut((seed, &setup, &whole), |prefix, replayed, _| {
            let what = format!("seed {seed}, cut at {}", prefix.len());
            let (commands, outstanding) = to_do(&setup, prefix, &replayed);
            let on = (&setup, prefix);
            assert_eq!(left(on, &commands, |_| false), [], "{what}");
            cuts += 1;
            // One cut in three: each is run once for each thing outstanding.
            if prefix.len() % 3 != 0 {
                return;
            }
            for forgotten in outstanding.iter().filter(|command| !is_poll(command)) {
                let late = stand_in(forgotten);
                let is_late = |command: &Command| matches!(command, Command::Timer { timer, .. } if Some(timer) == late.as_ref());
                let again = another_way(forgotten);
                let is_dropped = |command: &Command| {
                    command == forgotten || is_late(command) || Some(command) == again.as_ref()
                };
                let left = left(on, &commands, is_dropped);
                assert!(left.contains(forgotten), "{what}: {forgotten:?} is not missed");
                dropped += 1;
            }
        });
    }
    assert!(cuts > 4000 && dropped > 2000, "{cuts} {dropped}");
}
