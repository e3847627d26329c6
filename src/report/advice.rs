//! What kept a run from ending well, and what to do about it.

use std::collections::{BTreeMap, BTreeSet};

use crate::orchestrate::Approach;
use crate::scenario::FaultKind;
use crate::sim::{Fact, Log, LogRow, Outcome, Outcomes, PATIENCE, Reason, Run, Setup};

/// Returns what kept a run from ending well and what to do about it; nothing for a run that is done.
#[must_use]
pub fn advice(setup: &Setup, run: &Run) -> Vec<(String, String)> {
    let mut advice = of_koji(run);
    if run.figures.outcome == Outcome::Capped {
        advice.push((of_cap(run), CAP_HINT.to_owned()));
    }
    let mut why: BTreeMap<(&Reason, bool), Vec<&str>> = BTreeMap::new();
    for module in &run.modules {
        if let Some(reason) = &module.reason {
            why.entry((reason, module.is_given_up)).or_default().push(&module.id);
        }
    }
    let began = |row: &LogRow| match row.what {
        Log::Fact(Fact::FaultBegan { kind, .. }) => Some(kind.as_str()),
        Log::Fact(_) | Log::Command(_) | Log::Answered { .. } | Log::Event(_) => None,
    };
    let scene = Scene { setup, faults: run.log.iter().filter_map(began).collect() };
    // What waits at koji is listed above, where koji says what for.
    let is_told = !advice.is_empty();
    for ((reason, is_given_up), ids) in why {
        let is_at_koji = matches!(reason, Reason::AtKoji(_));
        if let Some(hint) = scene.hint(reason, is_given_up).filter(|_| !(is_at_koji && is_told)) {
            advice.push((format!("{}: {reason}", named(&ids)), hint));
        }
    }
    advice
}

/// What is left at koji and cannot continue.
fn of_koji(run: &Run) -> Vec<(String, String)> {
    if run.arches_without_builder.is_empty() {
        let told = |(why, hint): &(String, &str)| {
            let what = format!("tasks left at the hub cannot continue: {why}");
            (what, (*hint).to_owned())
        };
        return run.stuck.iter().map(told).collect();
    }
    let arches: Vec<&str> = run.arches_without_builder.iter().map(|a| a.as_str()).collect();
    let arches = arches.join(", ");
    vec![(
        format!("no builder of the farm builds {arches}: its tasks wait forever"),
        "add builders of that arch to the farm, or leave the arch out with --arches".to_owned(),
    )]
}

const CAP_HINT: &str =
    "use `--cascade planned`, which builds each module once, or raise cascade.max_builds";

fn of_cap(run: &Run) -> String {
    if run.went_round.is_empty() {
        return "the cap on module builds stopped the run".to_owned();
    }
    let names: Vec<&str> = run.went_round.iter().map(|id| &**id).collect();
    let names = names.join(", ");
    format!("the cap on module builds stopped a storm; these caused their own rebuild: {names}")
}

/// Names the first few modules.
fn named(ids: &[&str]) -> String {
    const NAMED_MAX: usize = 4;
    let more = ids.len().saturating_sub(NAMED_MAX);
    let first = ids.iter().take(NAMED_MAX).copied().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{first} and {more} more") } else { first }
}

/// What of a run and its setup causes what, for hints that name nothing that is not there.
struct Scene<'a> {
    setup: &'a Setup,
    faults: BTreeSet<&'static str>,
}

impl Scene<'_> {
    /// Says what to do about a reason; none where it follows from another, or is shown by itself.
    fn hint(&self, reason: &Reason, is_given_up: bool) -> Option<String> {
        Some(match reason {
            Reason::Capped | Reason::DependsOn(_) => return None,
            Reason::RepoLate { hint, .. } => (*hint).to_owned(),
            Reason::AtKoji(_) => self.of_faults(
                &[FaultKind::HubOffline, FaultKind::HubRefusing, FaultKind::BuildersDown],
                "with `for` it ends, and what waits continues",
            ),
            Reason::BuildFailed(_) => {
                let again = match self.setup.conditions.retries {
                    0 => ", and builds.retries would try it again",
                    _ => "",
                };
                let repair = self.repair("repairs it", is_given_up);
                format!("{}; {repair}{again}", self.why_fails())
            }
            Reason::RepoFailed => {
                let rows = "rows of createrepo in the trace that failed";
                let cause = self.fault_or(FaultKind::RepoFailure, rows);
                format!("{cause}; {}", self.repair("has it made again", is_given_up))
            }
            Reason::CallFailed(..) => {
                let cause = self.fault_or(FaultKind::RepoFailure, "a macros package that failed");
                format!("{cause}; {}", self.repair("has it made again", is_given_up))
            }
            Reason::NotFetched => {
                let repair = self.repair("puts it back", is_given_up);
                format!("source-missing of the scenario; {repair}")
            }
            Reason::Canceled => {
                "module-canceled of the scenario: nobody is mailed, and it stays canceled"
                    .to_owned()
            }
            Reason::TestNotPassed(_) => {
                let repair = self.repair("repairs or waives it", is_given_up);
                format!("see tests.defect_rate and tests.false_alarm of the scenario; {repair}")
            }
            Reason::NoResult(_) => {
                let repair = self.repair("waives it", is_given_up);
                format!("see tests.missing and tests.timeout of the scenario; {repair}")
            }
            Reason::NoAnswer => self.of_faults(
                &[
                    FaultKind::HubRefusing,
                    FaultKind::HubOffline,
                    FaultKind::PdcDown,
                    FaultKind::SourcesDown,
                ],
                match self.setup.approach {
                    Approach::KojiOwned => "koji-owned remembers nothing and does not ask again",
                    Approach::OrchestratorOwned => "with `for` it ends, and a poll asks again",
                },
            ),
            Reason::Unheard => self.why_unheard(),
            Reason::NotAsked => {
                let died = "the orchestrator died in between".to_owned();
                match self.faults.contains(FaultKind::PdcStale.as_str()) {
                    true => "the dependency service did not name it: pdc-stale".to_owned(),
                    false => died,
                }
            }
        })
    }

    /// Names those of some faults that the run had.
    fn of_faults(&self, kinds: &[FaultKind], what: &str) -> String {
        let had = kinds.iter().map(|kind| kind.as_str()).filter(|kind| self.faults.contains(kind));
        let had: Vec<&str> = had.collect();
        match had[..] {
            [] => format!("see the faults of the scenario: {what}"),
            _ => format!("{} of the scenario: {what}", had.join(" and ")),
        }
    }

    fn fault_or(&self, kind: FaultKind, other: &str) -> String {
        match self.faults.contains(kind.as_str()) {
            true => format!("{} of the scenario", kind.as_str()),
            false => other.to_owned(),
        }
    }

    fn why_fails(&self) -> String {
        let by_outcome = match self.setup.outcomes {
            Outcomes::Rate { .. } => "builds.failure_rate of the scenario",
            Outcomes::History => "a failure in the trace",
            Outcomes::AlwaysPass => "a step of koji failed",
        };
        let by_rule = self.fault_or(FaultKind::BasePackageBroken, by_outcome);
        // A build at a hub fails with the repo that it waits for.
        match self.setup.hub.is_some() {
            true => self.fault_or(FaultKind::RepoFailure, &by_rule),
            false => by_rule,
        }
    }

    fn why_unheard(&self) -> String {
        let bus = self.setup.conditions.bus.loss > 0.0;
        let mut causes = Vec::from_iter(bus.then_some("bus.loss"));
        let kinds = [FaultKind::BusOutage, FaultKind::OrchestratorCrash].map(FaultKind::as_str);
        causes.extend(kinds.into_iter().filter(|kind| self.faults.contains(kind)));
        let causes = causes.join(" and ");
        match self.setup.approach {
            Approach::KojiOwned => {
                format!("{causes} of the scenario: koji-owned hears a message once or never")
            }
            Approach::OrchestratorOwned => {
                format!("{causes} of the scenario: a poll finds what the bus lost")
            }
        }
    }

    /// Says what people did, or would.
    fn repair(&self, what: &str, is_given_up: bool) -> String {
        match (&self.setup.conditions.people, is_given_up) {
            (None, _) => format!("nobody {what}: give the scenario people"),
            (Some(_), true) => format!("people gave up after {PATIENCE} repairs"),
            (Some(_), false) => "nobody was mailed, or a repair did not help".to_owned(),
        }
    }
}
