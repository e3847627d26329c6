//! The scenario: how builds and tests end, what people and the bus do, when changes arrive and what
//! breaks. Plain data; a missing key has the same default as without a scenario.

mod check;
mod hub_faults;
mod overlap;
mod read;

use std::collections::BTreeSet;

use crate::load::{Finding, Place};
use crate::name::Selector;
use crate::time::Millis;

pub use self::hub_faults::{HubFault, HubFaultKind};

/// The source of the outcome of a component build.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcomes {
    /// The trace; a build without a row passes.
    #[default]
    Replay,
    /// Drawn with `failure_rate`.
    Rate,
    /// Every build passes.
    AlwaysPass,
}

/// How component builds end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Builds {
    /// The source of outcomes.
    pub outcomes: Outcomes,
    /// Share of builds that fail, with [`Outcomes::Rate`].
    pub failure_rate: f64,
    /// Share of failures that another attempt does not repeat.
    pub flaky_share: f64,
    /// How often a failed build is tried again.
    pub retries: u32,
}

/// What has to pass a test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gate {
    /// Nothing: complete counts as passed at once.
    #[default]
    None,
    /// The whole module.
    Module,
    /// Each component.
    Component,
    /// Each component, then the module.
    Both,
}

impl Gate {
    /// Returns the word for it in scenario files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Module => "module",
            Self::Component => "component",
            Self::Both => "both",
        }
    }
}

/// One setting for each approach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByApproach<T> {
    /// For koji-owned.
    pub koji_owned: T,
    /// For orchestrator-owned.
    pub orchestrator_owned: T,
}

/// A lognormal time through two quantiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantiles {
    /// Half are shorter.
    pub p50: Millis,
    /// Nine in ten are shorter.
    pub p90: Millis,
}

/// Tests: a defect is drawn once a component build, and tests detect it or not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tests {
    /// What is tested.
    pub gate: ByApproach<Gate>,
    /// Share of component builds with a defect.
    pub defect_rate: f64,
    /// Share of defects that a component's test finds.
    pub detect_component: f64,
    /// Share of defects that a module's test finds.
    pub detect_module: f64,
    /// Share of tests that fail without a defect.
    pub false_alarm: f64,
    /// How long a component's test takes; default: no time.
    pub component: Option<Quantiles>,
    /// How long a module's test takes; default: no time.
    pub module: Option<Quantiles>,
    /// How many tests run at once; default: unlimited.
    pub workers: Option<u32>,
    /// Share of tests that never report a result.
    pub missing: f64,
    /// How long orchestrator-owned waits for a result before it requests it again; default: a day.
    pub timeout: Option<Millis>,
}

/// How people handle a stuck rebuild.
#[derive(Clone, Debug, PartialEq)]
pub struct People {
    /// How long a fix takes.
    pub fix: Quantiles,
    /// Share of failed tests that are waived.
    pub waive_share: f64,
}

/// The message bus.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bus {
    /// From publishing to receiving.
    pub delay: Millis,
    /// Additional delay, uniform up to this: messages overtake each other.
    pub jitter: Millis,
    /// Share of messages lost.
    pub loss: f64,
    /// Share of messages that come twice.
    pub duplicate: f64,
}

/// The order in which orchestrator-owned submits ready components.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dispatch {
    /// By the dependency graph, longest remaining path first.
    #[default]
    Graph,
    /// By batches, longest estimate first.
    Batch,
    /// By waves of modules.
    Wave,
}

/// The maker of the repo of a module in the orchestrator-owned approach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RepoMaker {
    /// koji, by a task.
    #[default]
    Koji,
    /// The orchestrator itself.
    Orchestrator,
}

/// How an orchestrator hears of what it asked koji for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hears {
    /// By messages on the bus; polls find those that were lost.
    #[default]
    Bus,
    /// By its polls alone, and it tags what it built by tasks of its own, as `modplan execute --on koji` does.
    Polls,
}

/// The lines of keys of [`OrchestratorOwned`]; 0 where one is not given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OwnedLines {
    /// Of `dispatch`.
    pub dispatch: u32,
    /// Of `repo`.
    pub repo: u32,
    /// Of `hears`.
    pub hears: u32,
}

/// How the orchestrator-owned approach works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrchestratorOwned {
    /// In which order it submits.
    pub dispatch: Dispatch,
    /// How many builds it has at koji at once; default: unlimited.
    pub submit_limit: Option<u32>,
    /// How often it polls koji for lost messages: at most once a second.
    pub poll: Millis,
    /// Who makes the repo of a module.
    pub repo: RepoMaker,
    /// How it hears of what it asked koji for.
    pub hears: Hears,
    /// The lines of some keys, for later warnings that they have no effect.
    pub lines: OwnedLines,
}

/// Changes that arrive repeatedly.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrival {
    /// Mean time between two.
    pub every: Millis,
    /// The streams that change.
    pub changed: Vec<Selector>,
    /// Their name in a report.
    pub class: Option<String>,
    /// The time within which everything should be rebuilt.
    pub within: Option<Millis>,
    /// For how long they come, from the start of the run.
    pub lasts: Millis,
    /// Its line in the file, for problems found later.
    pub line: u32,
}

/// What breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Builders are gone.
    BuildersDown,
    /// The hub does not answer.
    HubOffline,
    /// The hub refuses every call that changes something; running tasks continue.
    HubRefusing,
    /// The orchestrator dies and starts again.
    OrchestratorCrash,
    /// The bus carries nothing.
    BusOutage,
    /// Repo regenerations fail.
    RepoFailure,
    /// Every build that begins fails, because something in the base system is broken.
    BasePackageBroken,
    /// The running builds of a module are canceled.
    ModuleCanceled,
    /// The dependency service does not answer.
    PdcDown,
    /// The dependency service only knows superseded versions, if there are any.
    PdcStale,
    /// The server from which the orchestrator fetches modulemd does not answer.
    SourcesDown,
    /// The modulemd of a module is missing: builds of the module do not find it.
    SourceMissing,
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// When it begins; 0 with `after`.
    pub at: Millis,
    /// The last event that the orchestrator handles before it crashes, from 1; some of its commands
    /// are carried out. For `orchestrator-crash`, instead of a time.
    pub after: Option<u64>,
    /// What breaks.
    pub kind: FaultKind,
    /// Which builders, for `builders-down`.
    pub builders: Option<String>,
    /// How many of them; default: all.
    pub count: Option<u32>,
    /// Which module, for `module-canceled` and `source-missing`: `name:stream` or with its context.
    pub module: Option<String>,
    /// How long it lasts; default: for ever, except that a crashed orchestrator is restarted at
    /// once.
    pub lasts: Option<Millis>,
    /// The line of the scenario file; 0 without a file.
    pub line: u32,
}

/// The places of names in a scenario file that only the farm and the plan know; empty if there are
/// none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// The key `changed` of each arrival.
    pub changed: Vec<Option<Place>>,
    /// The key `builders` of each fault.
    pub builders: Vec<Option<Place>>,
    /// The key `module` of each fault.
    pub module: Vec<Option<Place>>,
}

/// A whole scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// How builds end.
    pub builds: Builds,
    /// How tests go.
    pub tests: Tests,
    /// What people do; without people, a stuck rebuild stays stuck.
    pub people: Option<People>,
    /// The bus.
    pub bus: Bus,
    /// Number of builds after which a spreading rebuild is stopped.
    pub builds_max: u64,
    /// How orchestrator-owned works.
    pub orchestrator_owned: OrchestratorOwned,
    /// Changes over weeks; if empty, one batch.
    pub arrivals: Vec<Arrival>,
    /// What breaks, and when.
    pub faults: Vec<Fault>,
    /// Additional faults of a mock hub.
    pub hub_faults: Vec<HubFault>,
    /// The places of modules and builders in its file.
    pub places: Places,
    /// The keys in its file: `tests.gate`, `orchestrator_owned.poll`.
    pub given: BTreeSet<String>,
    /// Settings of its file without effect, in the order of the file.
    pub remarks: Vec<Finding>,
}

impl FaultKind {
    /// Every kind with its name in scenario files.
    pub const ALL: [(&'static str, Self); 12] = [
        ("builders-down", Self::BuildersDown),
        ("hub-offline", Self::HubOffline),
        ("hub-refusing", Self::HubRefusing),
        ("orchestrator-crash", Self::OrchestratorCrash),
        ("bus-outage", Self::BusOutage),
        ("repo-failure", Self::RepoFailure),
        ("base-package-broken", Self::BasePackageBroken),
        ("module-canceled", Self::ModuleCanceled),
        ("pdc-down", Self::PdcDown),
        ("pdc-stale", Self::PdcStale),
        ("sources-down", Self::SourcesDown),
        ("source-missing", Self::SourceMissing),
    ];

    /// Returns the name in scenario files.
    ///
    /// # Panics
    /// Never: [`FaultKind::ALL`] has every kind.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        let entry = Self::ALL.iter().find(|(_, kind)| *kind == self);
        entry.expect("every kind has a word").0
    }
}

impl Default for OrchestratorOwned {
    fn default() -> Self {
        Self {
            dispatch: Dispatch::Graph,
            submit_limit: None,
            poll: Millis::from_secs(600),
            repo: RepoMaker::Koji,
            hears: Hears::Bus,
            lines: OwnedLines::default(),
        }
    }
}

impl Scenario {
    /// Returns the values that matter but are not in the file, with their defaults.
    #[must_use]
    pub fn not_given(&self) -> Vec<(&'static str, String)> {
        let gates = [self.tests.gate.koji_owned, self.tests.gate.orchestrator_owned];
        let has = |of: Gate| gates.iter().any(|gate| *gate == of || *gate == Gate::Both);
        let is_gated = has(Gate::Component) || has(Gate::Module);
        let limit = self.orchestrator_owned.submit_limit;
        let values = [
            ("builds.retries", self.builds.retries.to_string(), true),
            ("tests.gate", "none".to_owned(), true),
            ("tests.defect_rate", self.tests.defect_rate.to_string(), is_gated),
            ("tests.false_alarm", self.tests.false_alarm.to_string(), is_gated),
            ("tests.component", "no time".to_owned(), has(Gate::Component)),
            ("tests.module", "no time".to_owned(), has(Gate::Module)),
            ("tests.workers", "any number".to_owned(), is_gated),
            ("people", "nobody: what is stuck stays stuck".to_owned(), true),
            ("bus.delay", self.bus.delay.to_string(), true),
            ("bus.loss", self.bus.loss.to_string(), true),
            ("orchestrator_owned.poll", self.orchestrator_owned.poll.to_string(), true),
            (
                "orchestrator_owned.submit_limit",
                limit.map_or_else(|| "any number".to_owned(), |limit| limit.to_string()),
                true,
            ),
            ("faults", "none".to_owned(), true),
        ];
        let is_assumed =
            |(key, _, concerns): &(&str, String, bool)| *concerns && !self.given.contains(*key);
        values.into_iter().filter(is_assumed).map(|(key, value, _)| (key, value)).collect()
    }

    /// Returns whether the dependency service lags behind at some time.
    #[must_use]
    pub fn has_stale_pdc(&self) -> bool {
        self.faults.iter().any(|fault| fault.kind == FaultKind::PdcStale)
    }
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            builds: Builds::default(),
            tests: Tests::default(),
            people: None,
            bus: Bus::default(),
            builds_max: 10_000,
            orchestrator_owned: OrchestratorOwned::default(),
            arrivals: Vec::new(),
            faults: Vec::new(),
            hub_faults: Vec::new(),
            places: Places::default(),
            given: BTreeSet::new(),
            remarks: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
