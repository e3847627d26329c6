//! How runs end.

use super::*;

/// A run that is not done says why; and orchestrator-owned is not stopped by messages or crashes.
pub(super) fn ends_with_a_reason(setup: &Setup, run: &Run) -> Option<String> {
    let not_ready: Vec<&str> = run
        .modules
        .iter()
        .filter(|module| module.state != ModuleState::Ready)
        .map(|module| &*module.id)
        .collect();
    let ended = |wanted: &[ComponentEnd]| {
        facts(run).any(|fact| {
            matches!(fact, Fact::ComponentEnded { end, .. } | Fact::ModuleEnded { end, .. }
                if wanted.contains(&end))
        })
    };
    let outcome = run.figures.outcome;
    let is_explained = match outcome {
        Outcome::Done => not_ready.is_empty(),
        Outcome::Capped => facts(run).any(|fact| fact == Fact::Capped),
        Outcome::Failed => {
            let has_failed_repo =
                events(run).any(|event| matches!(event, Event::RepoEnded { is_ok: false, .. }));
            let has_failed_call = run
                .log
                .iter()
                .any(|row| matches!(row.what, Log::Answered { answer: Answer::Failed(_), .. }));
            ended(&[ComponentEnd::Failed, ComponentEnd::Canceled])
                || has_failed_repo
                || has_failed_call
                || events(run).any(|event| matches!(event, Event::Canceled { .. }))
                || facts(run).any(|fact| matches!(fact, Fact::NotFetched { .. }))
        }
        Outcome::Stuck => is_stuck_for_a_reason(setup, run),
    };
    (!is_explained).then(|| format!("{outcome:?} with {not_ready:?} not ready"))
}

fn is_stuck_for_a_reason(setup: &Setup, run: &Run) -> bool {
    let is_red =
        facts(run).any(|fact| matches!(fact, Fact::Tested { passed: None | Some(false), .. }));
    let lasts = |fault: &modplan::scenario::Fault| {
        fault.lasts.is_none() && fault.kind != FaultKind::OrchestratorCrash
    };
    let gave_up = commands(run).any(|command| {
        matches!(command, Command::Call { call: Call::Mail { about, .. }, .. }
            if about.iter().any(|item| item.standing == Standing::NoAnswer))
    });
    let mut reasons = vec![
        is_red,
        !run.arches_without_builder.is_empty(),
        // A hub says itself what it waits for.
        !run.stuck.is_empty(),
        setup.conditions.faults.iter().any(lasts),
        gave_up,
        // The superseded row of a stale service leaves a dependant out.
        setup.cascade != Cascade::Planned
            && setup.conditions.faults.iter().any(|fault| fault.kind == FaultKind::PdcStale),
        setup.conditions.faults.iter().any(|fault| fault.kind == FaultKind::ModuleCanceled),
    ];
    if setup.approach == Approach::KojiOwned {
        reasons.push(run.tally.messages_lost > 0 || run.tally.crashes > 0);
        // Of a task whose end the hub does not take nobody hears.
        let is_open = |fact| matches!(fact, Fact::CallFailed { call: CallKind::EndTask, .. });
        reasons.push(facts(run).any(is_open));
    }
    reasons.contains(&true)
}
