//! What kept a run from ending well, and what to do about it.

use std::collections::{BTreeMap, BTreeSet};

use crate::orchestrate::{Approach, CallKind};
use crate::scenario::FaultKind::{
    self, BasePackageBroken, BuildersDown, BusOutage, HubOffline, HubRefusing, ModuleCanceled,
    OrchestratorCrash, PdcDown, PdcStale, RepoFailure, SourceMissing, SourcesDown,
};
use crate::sim::{Fact, Log, LogRow, Outcome, Outcomes, PATIENCE, Reason, Run, Setup};
use crate::status::listed;

const CAP_HINT: &str =
    "use `--cascade planned`, which builds each module once, or raise cascade.max_builds";
const SOME_FAULT: &str = "see the faults of the scenario";

/// Returns what kept a run from ending well and what to do about it; nothing for a run that is done.
#[must_use]
pub fn advice(setup: &Setup, run: &Run) -> Vec<(String, String)> {
    let left = |(why, hint): &(String, &str)| {
        (format!("tasks left at koji cannot continue: {why}"), (*hint).to_owned())
    };
    let mut advice: Vec<(String, String)> = run.stuck.iter().map(left).collect();
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
            advice.push((format!("{}: {reason}", listed(&ids, ids.len())), hint));
        }
    }
    advice
}

fn of_cap(run: &Run) -> String {
    if run.went_round.is_empty() {
        return "the cap on module builds stopped the run".to_owned();
    }
    let names: Vec<&str> = run.went_round.iter().map(|id| &**id).collect();
    let names = names.join(", ");
    format!("the cap on module builds stopped a storm; these caused their own rebuild: {names}")
}

/// What of a run and its setup causes what, for hints that name nothing that is not there.
struct Scene<'a> {
    setup: &'a Setup,
    faults: BTreeSet<&'static str>,
}

impl Scene<'_> {
    /// Says what to do about a reason; none where it follows from another, or is shown by itself.
    fn hint(&self, reason: &Reason, is_given_up: bool) -> Option<String> {
        let repair = |what: &str| self.repair(what, is_given_up);
        let is_owner = self.setup.approach == Approach::OrchestratorOwned;
        let of_owner = |its: &str, other: &str| if is_owner { its } else { other }.to_owned();
        let (cause, advice) = match reason {
            Reason::Capped | Reason::DependsOn(_) => return None,
            Reason::RepoLate { hint, .. } => return Some((*hint).to_owned()),
            Reason::NotAsked => {
                return Some(self.causes(&[PdcStale], "the orchestrator died in between"));
            }
            Reason::AtKoji(_) => (
                self.causes(&[HubOffline, HubRefusing, BuildersDown], SOME_FAULT),
                "with `for` it ends, and what waits continues".to_owned(),
            ),
            Reason::BuildFailed(_) => (self.why_fails(), repair("repairs it") + self.again()),
            Reason::RepoFailed => {
                let rows = "rows of createrepo in the trace that failed";
                (self.causes(&[RepoFailure], rows), repair("has it made again"))
            }
            Reason::CallFailed(CallKind::Fetch, ..) => {
                (self.causes(&[SourceMissing], SOME_FAULT), repair("puts it back"))
            }
            Reason::CallFailed(..) => {
                let other = "a macros package that failed";
                (self.causes(&[RepoFailure], other), repair("has it made again"))
            }
            Reason::Canceled => (
                self.causes(&[ModuleCanceled], SOME_FAULT),
                "nobody is mailed, and it stays canceled".to_owned(),
            ),
            Reason::TestNotPassed(_) => (
                "see tests.defect_rate and tests.false_alarm of the scenario".to_owned(),
                repair("repairs or waives it"),
            ),
            Reason::NoResult(_) => (
                "see tests.missing and tests.timeout of the scenario".to_owned(),
                repair("waives it"),
            ),
            Reason::NoAnswer => (
                self.causes(&[HubRefusing, HubOffline, PdcDown, SourcesDown], SOME_FAULT),
                of_owner(
                    "with `for` it ends, and a poll asks again",
                    "koji-owned remembers nothing and does not ask again",
                ),
            ),
            Reason::Unheard => (
                self.why_unheard(),
                of_owner(
                    "a poll finds what the bus lost",
                    "koji-owned hears a message once or never",
                ),
            ),
        };
        Some(format!("{cause}; {advice}"))
    }

    /// Names those of some faults that the run had, else what causes the same.
    fn causes(&self, kinds: &[FaultKind], other: &str) -> String {
        of_scenario(&self.had(kinds), other)
    }

    fn had(&self, kinds: &[FaultKind]) -> Vec<&'static str> {
        let words = kinds.iter().map(|kind| kind.as_str());
        words.filter(|word| self.faults.contains(word)).collect()
    }

    fn why_fails(&self) -> String {
        let by_outcome = match self.setup.outcomes {
            Outcomes::Rate { .. } => "builds.failure_rate of the scenario",
            Outcomes::History => "a failure in the trace",
            Outcomes::AlwaysPass => "a step of koji failed",
        };
        // A build at a hub fails with the repo that it waits for.
        match self.setup.hub.is_some() {
            true => self.causes(&[RepoFailure, BasePackageBroken], by_outcome),
            false => self.causes(&[BasePackageBroken], by_outcome),
        }
    }

    fn again(&self) -> &'static str {
        match self.setup.conditions.retries {
            0 => ", and builds.retries would try it again",
            _ => "",
        }
    }

    fn why_unheard(&self) -> String {
        let mut had = self.had(&[BusOutage, OrchestratorCrash]);
        if self.setup.conditions.bus.loss > 0.0 {
            had.insert(0, "bus.loss");
        }
        of_scenario(&had, SOME_FAULT)
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

fn of_scenario(had: &[&str], other: &str) -> String {
    if had.is_empty() { other.to_owned() } else { format!("{} of the scenario", had.join(" and ")) }
}
