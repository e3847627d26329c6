//! Settings of a scenario without effect in the runs that it is given to: the farm, the approaches and
//! the cascades decide.

use std::collections::BTreeSet;

use super::Setup;
use crate::orchestrate::{Approach, Cascade};
use crate::scenario::{Dispatch, Fault, FaultKind, Hears, RepoMaker, Scenario};
use crate::time::Millis;

/// Returns what is of no effect in some runs, or not all of the effect that it says: the line of the
/// scenario file, and why, in words.
#[must_use]
pub fn unused_settings(scenario: &Scenario, setups: &[Setup]) -> Vec<(u32, String)> {
    let mut unused: Vec<(u32, String)> = Vec::new();
    unused.extend(waves(scenario, setups));
    unused.extend(own_repos(scenario, setups));
    unused.extend(hears(scenario, setups));
    unused.extend(faults_without_calls(scenario, setups));
    // Nothing lies between an orchestrator and a simulated hub.
    unused.extend(scenario.hub_faults.iter().map(|fault| fault.line).min().map(|line| {
        (line, "`hub_faults` have no effect here: they are for `modplan mock-koji`".to_owned())
    }));
    for setup in setups {
        for (line, what) in builders(scenario, setup) {
            // Farms are varied: the first that has too few is named.
            if unused.iter().all(|(known, _)| *known != line) {
                unused.push((line, what));
            }
        }
    }
    unused.sort();
    unused
}

fn is_owner(setup: &Setup) -> bool {
    setup.approach == Approach::OrchestratorOwned
}

fn waves(scenario: &Scenario, setups: &[Setup]) -> Option<(u32, String)> {
    if scenario.orchestrator_owned.dispatch != Dispatch::Wave {
        return None;
    }
    let others = setups.iter().filter(|setup| is_owner(setup)).map(|setup| setup.cascade);
    let others: BTreeSet<&str> =
        others.filter(|cascade| *cascade != Cascade::Planned).map(Cascade::as_str).collect();
    let names: Vec<&str> = others.into_iter().collect();
    let message = format!(
        "`dispatch: wave` acts as `graph` under a {} cascade: waves are those of a plan",
        names.join(" or ")
    );
    (!names.is_empty()).then_some((scenario.orchestrator_owned.lines.dispatch, message))
}

fn own_repos(scenario: &Scenario, setups: &[Setup]) -> Option<(u32, String)> {
    let owned = &scenario.orchestrator_owned;
    let is_told_apart =
        |fault: &Fault| matches!(fault.kind, FaultKind::HubOffline | FaultKind::HubRefusing);
    let mut owners = setups.iter().filter(|setup| is_owner(setup)).peekable();
    let is_unused = owned.repo == RepoMaker::Orchestrator
        && owners.peek().is_some()
        && owners.all(|setup| setup.hub.is_none())
        && !scenario.faults.iter().any(is_told_apart);
    let message = "`repo: self` has no effect: in the ideal model a repo takes no time";
    is_unused.then(|| (owned.lines.repo, message.to_owned()))
}

fn hears(scenario: &Scenario, setups: &[Setup]) -> Option<(u32, String)> {
    let owned = &scenario.orchestrator_owned;
    let mut owners = setups.iter().filter(|setup| is_owner(setup)).peekable();
    let is_unused = owned.hears == Hears::Polls
        && owners.peek().is_some()
        && owners.all(|setup| setup.hub.is_none());
    let message = "`hears: polls` has no effect: in the ideal model nobody polls koji's tasks";
    is_unused.then(|| (owned.lines.hears, message.to_owned()))
}

/// Faults of parties that no run asks for anything.
fn faults_without_calls(scenario: &Scenario, setups: &[Setup]) -> Vec<(u32, String)> {
    let is_in_none = |is_it: fn(&Setup) -> bool| !setups.is_empty() && !setups.iter().any(is_it);
    let is_planned = is_in_none(|setup| setup.cascade != Cascade::Planned);
    let is_koji_owned = is_in_none(is_owner);
    let told = |fault: &Fault| {
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these are of such a party")]
        let why = match fault.kind {
            FaultKind::PdcDown | FaultKind::PdcStale if is_planned => {
                "a planned cascade asks nobody for dependants"
            }
            FaultKind::SourcesDown if is_koji_owned => "koji-owned fetches no modulemd",
            _ => return None,
        };
        Some((fault.line, format!("`{}` has no effect: {why}", fault.kind.as_str())))
    };
    scenario.faults.iter().filter_map(told).collect()
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
