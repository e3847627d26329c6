//! A journal cut at every event: replayed, and run on.

use modplan::orchestrate::journal::{self, Entry};
use modplan::orchestrate::{Approach, Orchestrator};
use modplan::scenario::Bus;
use modplan::sim::{Log, ModuleRun, Outcome, Run, Setup, World};

use super::generate;

/// Returns orchestrator-owned worlds whose orchestrator does not crash by itself, with a plain bus,
/// and their runs; those of up to eighty events, since every cut is folded from the start.
fn runs(count: usize) -> impl Iterator<Item = (u64, Setup, Run)> {
    (0..)
        .map(|seed| (seed, generate::world(seed).setup))
        .filter(|(_, setup)| setup.approach == Approach::OrchestratorOwned)
        .map(|(seed, mut setup)| {
            setup.conditions.crash_after.clear();
            setup.conditions.faults.clear();
            setup.conditions.bus = Bus::default();
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

fn folded(setup: &Setup, parts: &[&[Entry]]) -> String {
    let how = (setup.approach, setup.cascade);
    let mut orchestrator = Orchestrator::new(&setup.catalog, how, setup.limits(setup.builds_max));
    let mut out = Vec::new();
    for (time, event) in parts.iter().copied().flatten() {
        orchestrator.handle(event, *time, &mut out);
        out.clear();
    }
    orchestrator.check_invariants();
    format!("{orchestrator:?}")
}

#[test]
fn a_journal_cut_at_every_event_of_200_runs_and_replayed_gives_the_same_state() {
    let mut cuts = 0;
    for (seed, setup, run) in runs(200) {
        let name = journal::run_name(&setup.catalog, "a test", seed);
        let text = journal::write(&name, &entries(&run));
        let whole = journal::read(&text, &name).unwrap();
        assert_eq!(folded(&setup, &[&whole]), run.orchestrator, "seed {seed}");
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        for (end, kept) in std::iter::once(0).chain(ends).zip(0..) {
            let prefix = journal::read(&text[..end], &name).unwrap();
            assert_eq!(prefix, whole[..kept], "seed {seed}, cut at {kept}");
            assert_eq!(folded(&setup, &[&prefix, &whole[kept..]]), run.orchestrator);
            cuts += 1;
        }
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
    for (seed, mut setup, whole) in runs(200) {
        for k in 1..=entries(&whole).len() as u64 {
            setup.conditions.crash_after = vec![k];
            let run = World::new(&setup).run_in_full(seed);
            assert_eq!(run.tally.crashes, 1, "seed {seed}, crash after event {k}");
            assert_eq!(ending(&run), ending(&whole), "seed {seed}, crash after event {k}");
            assert_eq!(run.figures.outcome, whole.figures.outcome);
        }
    }
}
