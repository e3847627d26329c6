//! What a scenario says to no effect in the runs that it is given to: the farm, the approaches and the
//! cascades decide.

use std::collections::BTreeSet;

use super::Setup;
use crate::orchestrate::{Approach, Cascade};
use crate::scenario::{Dispatch, Fault, FaultKind, RepoMaker, Scenario};
use crate::time::Millis;

/// Returns what is of no effect in some runs, or not all of the effect that it says: the line of the
/// scenario file, and why, in words.
#[must_use]
pub fn silent(scenario: &Scenario, setups: &[Setup]) -> Vec<(u32, String)> {
    let mut told: Vec<(u32, String)> = Vec::new();
    told.extend(waves(scenario, setups));
    told.extend(own_repos(scenario, setups));
    told.extend(unasked(scenario, setups));
    told.extend(unfetched(scenario, setups));
    told.extend(of_wires(scenario));
    for setup in setups {
        for (line, what) in builders(scenario, setup) {
            // Farms are varied: the first that has too few is told of.
            if told.iter().all(|(known, _)| *known != line) {
                told.push((line, what));
            }
        }
    }
    told.sort();
    told
}

fn is_owner(setup: &&Setup) -> bool {
    setup.approach == Approach::OrchestratorOwned
}

fn waves(scenario: &Scenario, setups: &[Setup]) -> Option<(u32, String)> {
    if scenario.orchestrator_owned.dispatch != Dispatch::Wave {
        return None;
    }
    let others: BTreeSet<&str> = setups
        .iter()
        .filter(is_owner)
        .map(|setup| setup.cascade)
        .filter(|cascade| *cascade != Cascade::Planned)
        .map(Cascade::as_str)
        .collect();
    let names: Vec<&str> = others.into_iter().collect();
    let message = format!(
        "`dispatch: wave` acts as `graph` under a {} cascade: waves are those of a plan",
        names.join(" or ")
    );
    (!names.is_empty()).then_some((scenario.orchestrator_owned.lines.0, message))
}

fn own_repos(scenario: &Scenario, setups: &[Setup]) -> Option<(u32, String)> {
    let owned = &scenario.orchestrator_owned;
    let is_told_apart =
        |fault: &Fault| matches!(fault.kind, FaultKind::HubOffline | FaultKind::HubRefusing);
    let mut owners = setups.iter().filter(is_owner).peekable();
    let is_silent = owned.repo == RepoMaker::Orchestrator
        && owners.peek().is_some()
        && owners.all(|setup| setup.hub.is_none())
        && !scenario.faults.iter().any(is_told_apart);
    let message = "`repo: self` has no effect: in the ideal model a repo takes no time";
    is_silent.then(|| (owned.lines.1, message.to_owned()))
}

/// A planned cascade asks nobody for dependants.
fn unasked(scenario: &Scenario, setups: &[Setup]) -> Vec<(u32, String)> {
    if setups.is_empty() || setups.iter().any(|setup| setup.cascade != Cascade::Planned) {
        return Vec::new();
    }
    let is_pdc = |fault: &&Fault| matches!(fault.kind, FaultKind::PdcDown | FaultKind::PdcStale);
    let message = |fault: &Fault| {
        let kind = fault.kind.as_str();
        format!("`{kind}` has no effect: a planned cascade asks nobody for dependants")
    };
    scenario.faults.iter().filter(is_pdc).map(|fault| (fault.line, message(fault))).collect()
}

/// In koji-owned the orchestrator fetches nothing.
fn unfetched(scenario: &Scenario, setups: &[Setup]) -> Vec<(u32, String)> {
    if setups.is_empty() || setups.iter().any(|setup| is_owner(&setup)) {
        return Vec::new();
    }
    let is_it = |fault: &&Fault| fault.kind == FaultKind::SourcesDown;
    let message = "`sources-down` has no effect: koji-owned fetches no modulemd";
    scenario.faults.iter().filter(is_it).map(|fault| (fault.line, message.to_owned())).collect()
}

/// Nothing lies between an orchestrator and a simulated hub.
fn of_wires(scenario: &Scenario) -> Option<(u32, String)> {
    let line = scenario.hub_faults.iter().map(|fault| fault.line).min()?;
    Some((line, "`hub_faults` have no effect here: they are for `modplan mock-koji`".to_owned()))
}

/// Faults that take more builders of a group than are there when they begin.
fn builders(scenario: &Scenario, setup: &Setup) -> Vec<(u32, String)> {
    let mut begins: Vec<&Fault> = scenario.faults.iter().collect();
    begins.sort_by_key(|fault| fault.at);
    let mut told = Vec::new();
    // What each took, in the order of their beginnings.
    let mut taken: Vec<(&Fault, u32)> = Vec::new();
    for fault in begins {
        let is_its = |name: &String| Some(name) == fault.builders.as_ref();
        let Some(group) = setup.slots.groups.iter().find(|group| is_its(&group.name)) else {
            continue;
        };
        let before = taken
            .iter()
            .filter(|(other, _)| other.builders == fault.builders && lasts_at(other, fault.at));
        let gone: u32 = before.map(|(_, count)| count).sum();
        let left = group.count - gone;
        taken.push((fault, fault.count.unwrap_or(left).min(left)));
        // All means all that are left, if any are.
        if fault.count.map_or(gone > 0 && left == 0, |count| count > left) {
            let takes = fault.count.map_or_else(|| "all".to_owned(), |count| count.to_string());
            let before = if gone > 0 { format!(", {gone} gone before") } else { String::new() };
            let (name, count) = (&group.name, group.count);
            let message = format!(
                "`builders-down` takes {takes} of {name}, which has {count}{before}: it takes {left}"
            );
            told.push((fault.line, message));
        }
    }
    told
}

/// Returns whether a fault is there at a moment; what begins then begins before another ends.
fn lasts_at(fault: &Fault, moment: Millis) -> bool {
    fault.at <= moment && fault.lasts.is_none_or(|lasts| fault.at + lasts >= moment)
}
