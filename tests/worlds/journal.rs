//! A journal cut at every event: replayed, and run on.

use modplan::orchestrate::journal::{self, Entry, Heading, Inputs};
use modplan::orchestrate::{Approach, Command, Orchestrator};
use modplan::scenario::Bus;
use modplan::sim::{Log, ModuleRun, Outcome, Run, Setup, World};

use super::generate;

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

/// Returns what a journal up to some moment leaves to be asked again and was never asked.
fn never_asked(orchestrator: &Orchestrator<'_>, asked: &[Command]) -> Vec<Command> {
    let mut outstanding = Vec::new();
    orchestrator.outstanding(&mut outstanding);
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

#[test]
fn a_journal_cut_at_every_event_of_200_runs_and_replayed_gives_the_same_state() {
    let mut cuts = 0;
    for (seed, setup, run) in runs(200, |_| {}) {
        let name = journal::run_name(&setup.catalog, "a test", seed);
        let events = entries(&run);
        let heading = Heading::new(name, Inputs::default());
        let text = journal::write(&heading, &events);
        let (mut lived, _) = folded(&setup, &[]);
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        for (end, kept) in ends.zip(0..) {
            let prefix = journal::read(&text.as_bytes()[..end], &heading).unwrap();
            let (replayed, asked) = folded(&setup, &prefix);
            let what = format!("seed {seed}, cut at {kept}");
            assert_eq!(format!("{replayed:?}"), format!("{lived:?}"), "{what}");
            assert_eq!(never_asked(&replayed, &asked), [], "{what}");
            if let Some((time, event)) = events.get(prefix.len()).filter(|_| prefix.len() == kept) {
                lived.handle(event, *time, &mut Vec::new());
            }
            cuts += 1;
        }
        let whole = journal::read(text.as_bytes(), &heading).unwrap();
        assert_eq!(whole, events, "seed {seed}");
        assert_eq!(format!("{:?}", folded(&setup, &whole).0), run.orchestrator, "seed {seed}");
    }
    assert!(cuts > 4000, "{cuts}");
}

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

#[test]
fn a_crash_after_every_event_of_200_runs_changes_no_ending() {
    // On a bus that loses and delays nothing, and without faults, a restart costs nothing. Times may
    // differ where answers come back in another order than they were asked for, and one builder or
    // one test worker takes the first of those.
    let (mut same, mut all) = (0, 0);
    let calm = |setup: &mut Setup| {
        setup.conditions.faults.clear();
        setup.conditions.bus = Bus::default();
    };
    for (seed, mut setup, whole) in runs(200, calm) {
        for k in 1..=entries(&whole).len() as u64 {
            setup.conditions.crash_after = vec![k];
            let run = World::new(&setup).run_in_full(seed);
            let what = format!("seed {seed}, crash after event {k}");
            assert_eq!(run.tally.crashes, 1, "{what}");
            assert_eq!(ending(&run), ending(&whole), "{what}");
            assert_eq!(run.figures.outcome, whole.figures.outcome, "{what}");
            let took = |run: &Run| (run.figures.makespan, run.figures.mails);
            same += u32::from(took(&run) == took(&whole));
            all += 1;
        }
    }
    assert!(same * 100 > all * 95, "{same} of {all} take as long");
}

#[test]
fn a_crash_after_every_event_of_200_troubled_runs_leaves_nothing_forgotten() {
    // Messages are lost and late, the hub refuses, repos fail: a restart may cost time and so meet
    // other luck, but what was open is carried on: whatever ends, ends for a reason of its own.
    let mut crashes = 0;
    for (seed, mut setup, whole) in runs(200, |_| {}) {
        for k in 1..=entries(&whole).len() as u64 {
            setup.conditions.crash_after = vec![k];
            let run = World::new(&setup).run_in_full(seed);
            let world = generate::World { setup: setup.clone() };
            let broken = super::checkers::check(&world, &run);
            assert!(broken.is_empty(), "seed {seed}, crash after event {k}: {broken:?}");
            crashes += run.tally.crashes;
        }
    }
    assert!(crashes > 4000, "{crashes}");
}
