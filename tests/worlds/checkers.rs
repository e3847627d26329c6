//! What must hold in every run, judged from its log and the scenario alone. Nothing here asks the
//! orchestrators; each rule is written from its sentence.

#![expect(clippy::wildcard_enum_match_arm, reason = "a rule names what it is about, and no more")]

use std::collections::{BTreeMap, BTreeSet};

use modplan::orchestrate::{
    Answer, Approach, BuildId, Call, CallId, CallKind, Cascade, Command, ComponentEnd, ComponentIx,
    Dispatch, Event, ModuleIx, Owner, RepoMaker, Standing, Tell, Timer,
};
use modplan::scenario::FaultKind;
use modplan::sim::{Fact, Log, LogRow, ModuleState, Outcome, Run, Setup};

use super::generate::World;

mod at_once;
mod ends;
mod order;
mod reasons;
mod said;
mod served;
mod spent;
mod told;

/// Says where a run breaks a sentence.
type Rule = fn(&Setup, &Run) -> Option<String>;

/// Returns every sentence that a run breaks.
pub(super) fn check(world: &World, run: &Run) -> Vec<String> {
    let setup = &world.setup;
    let rules: [(&str, Rule); 16] = [
        ("dependencies first, and only what is green counts", order::green_first),
        ("inside a module what is waited for comes first", order::inside_first),
        ("no component twice at once within one module build", at_once::never_twice),
        ("no builder does two things at once", at_once::one_task_a_builder),
        ("at most one live build of a module", at_once::one_live_build),
        ("nothing is submitted after what stops it", served::nothing_after_a_stop),
        ("no more is under way than the limit allows", at_once::within_the_limit),
        ("every mail has one cause", said::mails_have_a_cause),
        ("every call has one cause, and every pass has its consequences", said::calls_have_a_cause),
        ("what is said and asked is said and asked once", said::said_once),
        ("what ends badly is told, after a repair too", told::bad_ends_are_told),
        ("every request is served by a build that begins after it", served::requests_are_served),
        ("what may be retried is retried, and no more", served::retries_are_made),
        ("every run ends with a verdict and a reason", ends::ends_with_a_reason),
        ("every moment of a module counts once", spent::every_moment_counts_once),
        ("a module that is not ready says why, and so it was", reasons::are_given_and_true),
    ];
    let broken = rules
        .iter()
        .filter_map(|(rule, check)| check(setup, run).map(|what| format!("{rule}: {what}")));
    broken.collect()
}

fn events(run: &Run) -> impl Iterator<Item = &Event> {
    run.log.iter().filter_map(|row| match &row.what {
        Log::Event(event) => Some(event),
        Log::Command(_) | Log::Answered { .. } | Log::Fact(_) => None,
    })
}

fn facts(run: &Run) -> impl Iterator<Item = Fact> + '_ {
    run.log.iter().filter_map(|row| match row.what {
        Log::Fact(fact) => Some(fact),
        Log::Command(_) | Log::Answered { .. } | Log::Event(_) => None,
    })
}

fn commands(run: &Run) -> impl Iterator<Item = &Command> {
    run.log.iter().filter_map(|row| match &row.what {
        Log::Command(command) => Some(command),
        Log::Event(_) | Log::Answered { .. } | Log::Fact(_) => None,
    })
}
