//! Random small worlds with random faults, judged by checkers written apart from the code.
//!
//! A failure prints the seed and the command that runs it again. `MODPLAN_SEEDS` asks for more
//! seeds than the ten thousand of a normal run (`MODPLAN_HUB_SEEDS` of those on koji's model),
//! `MODPLAN_SEED` for one.

mod arrivals;
mod checkers;
mod enumerated;
mod generate;
mod journal;
mod named;
mod open;
mod planted;
mod status;

use modplan::sim::{Run, World};

/// Returns a number from the environment.
#[expect(clippy::disallowed_methods, reason = "how many seeds run is the caller's choice")]
fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Runs a world in full; what must hold between two events is asserted after each.
fn run_watched(world: &mut World<'_>, seed: u64) -> Run {
    world.run_through(seed, &mut |orchestrator, event, now, out| {
        orchestrator.handle(event, now, out);
        orchestrator.check_invariants();
    })
}

/// Runs the world of a seed and returns what the checkers find.
fn judge(seed: u64) -> Vec<String> {
    let judged = std::panic::catch_unwind(|| {
        let world = generate::world(seed);
        let run = run_watched(&mut World::new(&world.setup), seed);
        checkers::check(&world, &run)
    });
    judged.unwrap_or_else(|_| vec!["an assertion of the code itself failed".to_owned()])
}

/// The same for the world whose builds go through a hub.
fn judge_on_hub(seed: u64) -> Vec<String> {
    let judged = std::panic::catch_unwind(|| {
        let world = generate::world_on_hub(seed);
        let mut used = World::new(&world.setup);
        let run = run_watched(&mut used, seed);
        let mut complaints = checkers::check(&world, &run);
        // In this model a builder has many places; the hub's own tests bound them.
        complaints.retain(|told| !told.starts_with("no builder does two things at once"));
        if used.run(seed) != run.figures {
            complaints.push("another run of the same world comes to other figures".to_owned());
        }
        complaints
    });
    judged.unwrap_or_else(|_| vec!["an assertion of the code itself failed".to_owned()])
}

fn fail(seed: u64, complaints: &[String], (test, run): (&str, &Run)) -> ! {
    let log: Vec<String> =
        run.log.iter().map(|row| format!("{:>12} {:?}", row.at.0, row.what)).collect();
    panic!(
        "seed {seed}: {}\nagain with: MODPLAN_SEED={seed} cargo nextest run {test}\n{}",
        complaints.join("\n"),
        log.join("\n")
    );
}

/// Judges the worlds of many seeds on two threads; the first that fails is told with the command that
/// runs it again.
fn judge_all(seeds: u64, judge: fn(u64) -> Vec<String>, test: &str) {
    let threads = 2;
    let mut failing: Vec<u64> = std::thread::scope(|scope| {
        let part = |first: u64| {
            move || {
                let part = (first..seeds).step_by(threads);
                part.filter(|&seed| !judge(seed).is_empty()).take(5).collect::<Vec<u64>>()
            }
        };
        let running: Vec<_> = (0..threads as u64).map(|first| scope.spawn(part(first))).collect();
        running.into_iter().flat_map(|thread| thread.join().expect("panics are caught")).collect()
    });
    failing.sort_unstable();
    if let Some(&seed) = failing.first() {
        panic!(
            "{failing:?} fail; seed {seed}: {}\nagain with: MODPLAN_SEED={seed} cargo nextest run \
             {test}",
            judge(seed).join("\n")
        );
    }
}

#[test]
fn no_checker_fires_in_ten_thousand_worlds() {
    const NAME: &str = "in_ten_thousand_worlds";
    if let Some(seed) = number("MODPLAN_SEED") {
        let world = generate::world(seed);
        let run = World::new(&world.setup).run_in_full(seed);
        let complaints = checkers::check(&world, &run);
        if !complaints.is_empty() {
            fail(seed, &complaints, (NAME, &run));
        }
        return;
    }
    judge_all(number("MODPLAN_SEEDS").unwrap_or(10_000), judge, NAME);
}

#[test]
fn no_checker_fires_in_ten_thousand_worlds_on_koji_s_model() {
    const NAME: &str = "worlds_on_koji_s_model";
    if let Some(seed) = number("MODPLAN_SEED") {
        let complaints = judge_on_hub(seed);
        if !complaints.is_empty() {
            let world = generate::world_on_hub(seed);
            let run = World::new(&world.setup).run_in_full(seed);
            fail(seed, &complaints, (NAME, &run));
        }
        return;
    }
    judge_all(number("MODPLAN_HUB_SEEDS").unwrap_or(10_000), judge_on_hub, NAME);
}

#[test]
fn a_run_in_figures_alone_is_the_run_in_full_and_worlds_can_be_used_again() {
    for seed in 0..300 {
        let world = generate::world(seed);
        let mut used = World::new(&world.setup);
        let figures = used.run(seed);
        assert_eq!(figures, used.run_in_full(seed).figures, "seed {seed}");
        assert_eq!(figures, World::new(&world.setup).run(seed), "seed {seed}");
    }
}

#[test]
fn the_worlds_meet_every_fault_and_every_ending() {
    use modplan::sim::{Fact, Log, Outcome};
    let mut outcomes = std::collections::BTreeMap::new();
    let mut facts = std::collections::BTreeSet::new();
    for seed in 0..2000 {
        let world = generate::world(seed);
        let run = World::new(&world.setup).run_in_full(seed);
        let both = (world.setup.approach, run.figures.outcome);
        *outcomes.entry(both).or_insert(0) += 1;
        for row in &run.log {
            if let Log::Fact(fact) = row.what {
                facts.insert(match fact {
                    Fact::FaultBegan { kind, .. } => kind.as_str(),
                    Fact::Waived { .. } => "waived",
                    Fact::Fixed { .. } => "fixed",
                    Fact::MessageLost { .. } => "lost",
                    Fact::Tested { passed: None, .. } => "silent",
                    Fact::Tested { passed: Some(false), .. } => "red",
                    Fact::Crashed => "crashed",
                    Fact::Mailed { .. } => "mailed",
                    Fact::NotFetched { .. } => "not fetched",
                    Fact::CallFailed { .. } => "refused",
                    Fact::Tested { .. }
                    | Fact::ModuleBegan { .. }
                    | Fact::ModuleEnded { .. }
                    | Fact::Submitted { .. }
                    | Fact::ComponentEnded { .. }
                    | Fact::FaultEnded { .. }
                    | Fact::Capped
                    | Fact::Restarted => "other",
                });
            }
        }
    }
    for approach in [
        modplan::orchestrate::Approach::KojiOwned,
        modplan::orchestrate::Approach::OrchestratorOwned,
    ] {
        for outcome in [Outcome::Done, Outcome::Failed, Outcome::Stuck, Outcome::Capped] {
            let seen = outcomes.get(&(approach, outcome)).copied().unwrap_or_default();
            assert!(seen >= 10, "{approach:?} {outcome:?} came up {seen} times");
        }
    }
    let kinds = modplan::scenario::FaultKind::ALL.iter().map(|(word, _)| *word);
    let others = ["waived", "fixed", "mailed", "lost", "silent", "red", "crashed", "not fetched"];
    for wanted in kinds.chain(others) {
        assert!(facts.contains(wanted), "no world showed {wanted}");
    }
}
