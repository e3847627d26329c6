//! Bugs planted between the world and an orchestrator: each must be caught by a checker within the
//! ten thousand seeds of a normal run, or the checkers are worth nothing.

#![expect(clippy::wildcard_enum_match_arm, reason = "a bug concerns one kind of event")]

use std::collections::{BTreeMap, BTreeSet};

use modplan::orchestrate::{
    Answer, Approach, Call, Command, ComponentEnd, Event, Orchestrator, Owner,
};
use modplan::sim::World;
use modplan::time::Timestamp;

use super::{checkers, generate};

/// Runs worlds of one approach with a planted bug until a checker fires; says which world that was and
/// how to run it again, and returns what the checker says.
fn caught(
    (test, approach): (&str, Approach),
    mut bug: impl FnMut(&mut Orchestrator, &Event, Timestamp, &mut Vec<Command>),
    mut forget: impl FnMut(),
) -> String {
    for seed in seeds() {
        let world = generate::world(seed);
        if world.setup.approach != approach {
            continue;
        }
        forget();
        let run = World::new(&world.setup).run_through(seed, &mut bug);
        if let Some(complaint) = checkers::check(&world, &run).into_iter().next() {
            tell(seed, &complaint, test);
            return complaint;
        }
    }
    panic!("ten thousand worlds, and no checker fired");
}

/// Returns the seeds of a normal run, or the one that was asked for.
fn seeds() -> std::ops::Range<u64> {
    super::number("MODPLAN_SEED").map_or(0..10_000, |seed| seed..seed + 1)
}

#[expect(clippy::print_stdout, reason = "which world caught a bug is what a run shows")]
fn tell(seed: u64, complaint: &str, test: &str) {
    println!("caught in the world of seed {seed}: {complaint}");
    println!("again with: MODPLAN_SEED={seed} cargo nextest run --no-capture {test}");
}

#[test]
fn a_lost_retry_is_caught() {
    let what = caught(
        ("a_lost_retry_is_caught", Approach::OrchestratorOwned),
        |orchestrator, event, now, out| {
            orchestrator.handle(event, now, out);
            out.retain(|c| {
                !matches!(c, Command::Call { call: Call::BuildComponent { attempt: 2.., .. }, .. })
            });
        },
        || {},
    );
    // The verdict has no cause, and neither has what the module is said to wait for.
    let seen = ["every run ends", "a module that is not ready"];
    assert!(seen.iter().any(|rule| what.starts_with(rule)), "{what}");
}

#[test]
fn a_double_submit_is_caught() {
    let what = caught(
        ("a_double_submit_is_caught", Approach::OrchestratorOwned),
        |orchestrator, event, now, out| {
            orchestrator.handle(event, now, out);
            let submit = out
                .iter()
                .find(|c| matches!(c, Command::Call { call: Call::BuildComponent { .. }, .. }))
                .cloned();
            out.extend(submit);
        },
        || {},
    );
    assert!(what.starts_with("no component twice"), "{what}");
}

#[test]
fn a_pass_swallowed_as_a_duplicate_is_caught() {
    // The bug takes the pass of a second build of a module for the first one come twice.
    let heard = std::cell::RefCell::new(BTreeSet::new());
    let what = caught(
        ("a_pass_swallowed_as_a_duplicate_is_caught", Approach::KojiOwned),
        |orchestrator, event, now, out| {
            let is_second = match *event {
                Event::Tested { build, module, passed: true, .. } => {
                    let mut heard = heard.borrow_mut();
                    let is_known = heard.contains(&(module, build));
                    let is_other = heard.iter().any(|(of, other)| *of == module && *other != build);
                    heard.insert((module, build));
                    is_other && !is_known
                }
                _ => false,
            };
            if !is_second {
                orchestrator.handle(event, now, out);
            }
        },
        || heard.borrow_mut().clear(),
    );
    assert!(what.starts_with("every call has one cause"), "{what}");
}

#[test]
fn a_duplicate_acted_on_twice_is_caught() {
    let what = caught(
        ("a_duplicate_acted_on_twice_is_caught", Approach::KojiOwned),
        |orchestrator, event, now, out| {
            orchestrator.handle(event, now, out);
            if let Event::Answered { answer: Answer::Absent, .. } = event {
                let again = out.clone();
                out.extend(again);
            }
        },
        || {},
    );
    assert!(what.starts_with("what is said and asked"), "{what}");
}

#[test]
fn an_early_gate_is_caught_in_both_approaches() {
    for approach in [Approach::KojiOwned, Approach::OrchestratorOwned] {
        let what = caught(
            ("an_early_gate_is_caught_in_both_approaches", approach),
            |orchestrator, event, now, out| {
                let mut event = event.clone();
                if let Event::Tested { passed, .. } | Event::ComponentTested { passed, .. } =
                    &mut event
                {
                    *passed = true;
                }
                orchestrator.handle(&event, now, out);
            },
            || {},
        );
        assert!(what.starts_with("dependencies first"), "{what}");
    }
}

#[test]
fn a_component_before_its_batch_is_caught() {
    // The bug takes the first component of a module as built when it is submitted.
    let mut seen = BTreeSet::new();
    let mut run = |orchestrator: &mut Orchestrator, event: &Event, now, out: &mut Vec<Command>| {
        orchestrator.handle(event, now, out);
        let first = out.iter().find_map(|command| match *command {
            Command::Call {
                call: Call::BuildComponent { build, component, attempt, .. }, ..
            } => Some(Event::ComponentEnded {
                build,
                component,
                attempt,
                end: ComponentEnd::Complete,
            }),
            _ => None,
        });
        if let (Event::Answered { .. }, Some(event)) = (event, first) {
            orchestrator.handle(&event, now, out);
        }
    };
    const RULE: &str = "inside a module what is waited for comes first";
    for seed in seeds() {
        let world = generate::world(seed);
        if world.setup.approach == Approach::OrchestratorOwned {
            let run = World::new(&world.setup).run_through(seed, &mut run);
            let told = checkers::check(&world, &run).into_iter();
            seen.extend(told.filter_map(|what| what.split(':').next().map(str::to_owned)));
        }
        if seen.contains(RULE) {
            tell(seed, RULE, "a_component_before_its_batch_is_caught");
            return;
        }
    }
    panic!("only these fired: {seen:?}");
}

#[test]
fn a_mail_to_the_wrong_people_is_caught() {
    for approach in [Approach::KojiOwned, Approach::OrchestratorOwned] {
        let what = caught(
            ("a_mail_to_the_wrong_people_is_caught", approach),
            |orchestrator, event, now, out| {
                orchestrator.handle(event, now, out);
                for command in out.iter_mut() {
                    if let Command::Call { call: Call::Mail { to, .. }, .. } = command {
                        *to = Owner(to.0 + 1);
                    }
                }
            },
            || {},
        );
        assert!(what.starts_with("every mail has one cause"), "{what}");
    }
}

#[test]
fn a_lost_request_is_caught() {
    let what = caught(
        ("a_lost_request_is_caught", Approach::OrchestratorOwned),
        |orchestrator, event, now, out| {
            if !matches!(event, Event::Requested { request: 3.., .. }) {
                orchestrator.handle(event, now, out);
            }
        },
        || {},
    );
    assert!(what.starts_with("every request is served"), "{what}");
}

#[test]
fn a_build_after_the_cap_is_caught() {
    // The bug asks koji for whatever is not there, also when the cap is reached.
    let looked = std::cell::RefCell::new(BTreeMap::new());
    let what = caught(
        ("a_build_after_the_cap_is_caught", Approach::KojiOwned),
        |orchestrator, event, now, out| {
            orchestrator.handle(event, now, out);
            for command in out.iter() {
                if let Command::Look { id, call } = command {
                    looked.borrow_mut().insert(*id, call.clone());
                }
            }
            if let Event::Answered { call: id, answer: Answer::Absent } = event {
                let is_asked = |c: &Command| matches!(c, Command::Call { id: of, .. } if of == id);
                if !out.iter().any(is_asked) {
                    let call = looked.borrow()[id].clone();
                    out.push(Command::Call { id: *id, call });
                }
            }
        },
        || looked.borrow_mut().clear(),
    );
    assert!(what.starts_with("nothing is submitted after"), "{what}");
}

#[test]
fn a_question_asked_twice_is_caught() {
    for approach in [Approach::KojiOwned, Approach::OrchestratorOwned] {
        let what = caught(
            ("a_question_asked_twice_is_caught", approach),
            |orchestrator, event, now, out| {
                orchestrator.handle(event, now, out);
                let asked = out
                    .iter()
                    .find(|c| matches!(c, Command::Call { call: Call::AskDependants { .. }, .. }))
                    .cloned();
                out.extend(asked);
            },
            || {},
        );
        assert!(what.starts_with("what is said and asked"), "{what}");
    }
}

#[test]
fn a_silence_after_a_repair_is_caught() {
    // The bug takes what ends badly after a repair for what is known already.
    let is_repaired = std::cell::Cell::new(false);
    let what = caught(
        ("a_silence_after_a_repair_is_caught", Approach::OrchestratorOwned),
        |orchestrator, event, now, out| {
            is_repaired.set(is_repaired.get() || matches!(event, Event::Resumed { .. }));
            orchestrator.handle(event, now, out);
            out.retain(|c| {
                !is_repaired.get() || !matches!(c, Command::Call { call: Call::Mail { .. }, .. })
            });
        },
        || is_repaired.set(false),
    );
    assert!(what.starts_with("what ends badly is told"), "{what}");
}
