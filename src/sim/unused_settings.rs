//! Settings of a scenario without effect in the runs that it is given to: the farm, the approaches and
//! the cascades decide.

use std::collections::BTreeSet;

use super::Setup;
use crate::orchestrate::{Approach, Cascade};
use crate::scenario::{Dispatch, Fault, FaultKind, RepoMaker, Scenario};

/// Returns what is of no effect in some runs, or not all of the effect that it says: the line of the
/// scenario file, and why, in words.
#[must_use]
pub fn unused_settings(scenario: &Scenario, setups: &[Setup]) -> Vec<(u32, String)> {
    let mut unused: Vec<(u32, String)> = Vec::new();
    unused.extend(waves(scenario, setups));
    unused.extend(own_repos(scenario, setups));
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
    (!names.is_empty()).then_some((scenario.orchestrator_owned.lines.0, message))
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
    is_unused.then(|| (owned.lines.1, message.to_owned()))
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

/// Faults that take more builders of a group than it has.
fn builders(scenario: &Scenario, setup: &Setup) -> Vec<(u32, String)> {
    let told = |fault: &Fault| {
        let mut groups = setup.slots.groups.iter();
        let group = groups.find(|group| Some(&group.name) == fault.builders.as_ref())?;
        let (name, all) = (&group.name, group.count);
        let count = fault.count.filter(|count| *count > all)?;
        let message =
            format!("`builders-down` takes {count} of {name}, which has {all}: it takes {all}");
        Some((fault.line, message))
    };
    scenario.faults.iter().filter_map(told).collect()
}
