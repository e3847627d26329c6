//! What a run meets besides builds: gates, tests, people, the bus, faults. Plain data, read off a
//! scenario once.

use std::sync::Arc;

use super::Slots;
use crate::load::Place;
use crate::name::nearest;
use crate::orchestrate::{Approach, CallKind, Catalog, Gates, ModuleIx, RepoMaker};
use crate::scenario::{self, Arrival, Bus, Fault, FaultKind, Gate, Hears, People, Scenario, Tests};
use crate::time::Millis;

/// Everything a run meets besides builds; the default is a world without trouble.
#[derive(Clone, Debug, PartialEq)]
pub struct Conditions {
    /// How often a failed build is tried again.
    pub retries: u32,
    /// What must pass a test.
    pub gates: Gates,
    /// How tests go.
    pub tests: Tests,
    /// What people do; none: stuck for good.
    pub people: Option<People>,
    /// The bus.
    pub bus: Bus,
    /// How often orchestrator-owned asks for what the bus lost.
    pub poll: Millis,
    /// Who makes the repo of a module in orchestrator-owned.
    pub repo: RepoMaker,
    /// How orchestrator-owned hears of what it asked koji for.
    pub hears: Hears,
    /// Changes that come in while the run lasts.
    pub changes: Vec<Changes>,
    /// What breaks, and when.
    pub faults: Vec<Fault>,
    /// Events after which the orchestrator crashes and starts again at once, counted from 1 over
    /// the run, in rising order; the commands of that event are carried out in part.
    pub crash_after: Vec<u64>,
    /// Writes of the journal around which the process dies.
    pub torn_writes: Vec<TornWrite>,
    /// Calls that go wrong.
    pub call_faults: Vec<CallFault>,
}

/// A write of the journal around which the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TornWrite {
    /// Which write of the run, from 1.
    pub nth: u64,
    /// When it dies.
    pub when: Torn,
}

/// When the process dies around a write of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Torn {
    /// Before anything is written: the event is lost.
    Before,
    /// In the middle: the line is torn, and dropped when the journal is read.
    Amid,
    /// When it is written, before the event is handled.
    After,
}

/// A call that goes wrong once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallFault {
    /// The kind of the call.
    pub call: CallKind,
    /// Which call of its kind, from 1 over the run.
    pub nth: u32,
    /// What goes wrong.
    pub trouble: CallTrouble,
}

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallTrouble {
    /// Nothing of it is done, and the party says so.
    Refused,
    /// It will never work as asked, and the party says so: a target that cannot be made, a tag that
    /// is locked, a build of the same NVR that exists.
    Failed,
    /// The request is lost: nothing of it is done, and the caller gives up waiting.
    RequestLost,
    /// It is done, and the answer is lost: the caller gives up waiting.
    AnswerLost,
    /// It is done, and answered twice.
    AnswerDoubled,
    /// It is done, and answered when the caller has given up waiting.
    AnswerLate,
}

impl CallTrouble {
    /// Every trouble.
    pub const ALL: [Self; 6] = [
        Self::Refused,
        Self::Failed,
        Self::RequestLost,
        Self::AnswerLost,
        Self::AnswerDoubled,
        Self::AnswerLate,
    ];
}

/// Changes of one kind, which come in again and again.
#[derive(Clone, Debug, PartialEq)]
pub struct Changes {
    /// Mean time between two; they come at random, with nothing remembered.
    pub every: Millis,
    /// What is rebuilt for one.
    pub modules: Vec<ModuleIx>,
    /// What reports call them.
    pub class: Arc<str>,
    /// How soon all that follows from one must be done.
    pub within: Option<Millis>,
    /// Until when they come.
    pub lasts: Millis,
}

impl Default for Conditions {
    fn default() -> Self {
        let scenario = Scenario::default();
        Self {
            retries: 0,
            gates: Gates::default(),
            tests: Tests::default(),
            people: None,
            bus: Bus::default(),
            poll: scenario.orchestrator_owned.poll,
            repo: RepoMaker::Koji,
            hears: Hears::Bus,
            changes: Vec::new(),
            faults: Vec::new(),
            crash_after: Vec::new(),
            torn_writes: Vec::new(),
            call_faults: Vec::new(),
        }
    }
}

impl Conditions {
    /// Reads off a scenario what concerns one approach on a farm.
    ///
    /// # Errors
    /// When a fault names builders that the farm does not have, or a module that nobody builds, in
    /// words.
    pub fn of(
        scenario: &Scenario,
        approach: Approach,
        slots: &Slots,
        catalog: &Catalog,
    ) -> Result<Self, Misfit> {
        for at in 0..scenario.faults.len() {
            check(scenario, at, slots, catalog)?;
        }
        let gate = match approach {
            Approach::KojiOwned => scenario.tests.gate.koji_owned,
            Approach::OrchestratorOwned => scenario.tests.gate.orchestrator_owned,
        };
        Ok(Self {
            retries: scenario.builds.retries,
            gates: Gates {
                component: matches!(gate, Gate::Component | Gate::Both),
                module: matches!(gate, Gate::Module | Gate::Both),
            },
            tests: scenario.tests.clone(),
            people: scenario.people.clone(),
            bus: scenario.bus.clone(),
            poll: scenario.orchestrator_owned.poll,
            repo: scenario.orchestrator_owned.repo.into(),
            hears: scenario.orchestrator_owned.hears,
            changes: changes(scenario, catalog)?,
            faults: scenario.faults.clone(),
            crash_after: Vec::new(),
            torn_writes: Vec::new(),
            call_faults: Vec::new(),
        })
    }

    /// Returns whether what a fault breaks stays broken when it is over, because another fault breaks it too.
    pub(super) fn goes_on_after(&self, fault: usize) -> bool {
        let ended = &self.faults[fault];
        let until = |at: usize| (self.faults[at].end(), self.faults[at].at, at);
        (0..self.faults.len()).any(|at| {
            let other = &self.faults[at];
            other.is_one_with(ended) && other.at <= ended.end() && until(at) > until(fault)
        })
    }

    /// Returns whether the orchestrator may have to be put together again from its journal.
    pub(super) fn may_crash(&self) -> bool {
        let crashes = |fault: &Fault| fault.kind == FaultKind::OrchestratorCrash;
        !self.crash_after.is_empty()
            || !self.torn_writes.is_empty()
            || self.faults.iter().any(crashes)
    }
}

/// What of a scenario does not fit what is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The line of the scenario file.
    pub line: u32,
    /// The column, in characters from 1.
    pub column: u32,
    /// What it is, in words.
    pub what: String,
    /// What to do about it, in words.
    pub hint: String,
}

impl Misfit {
    /// Takes the place of a key, or the beginning of a line where nobody kept it.
    fn new(place: Option<&Option<Place>>, line: u32, what: String, hint: String) -> Self {
        let place = place.copied().flatten().unwrap_or(Place { input: 0, line, column: 1 });
        Self { line: place.line, column: place.column, what, hint }
    }
}

/// Says which module was meant, or how modules are named.
fn hint_of_module(catalog: &Catalog, named: &str) -> String {
    let ids = catalog.modules.iter().map(|module| &*module.id);
    let streams = ids.clone().filter_map(|id| id.rsplit_once(':').map(|(stream, _)| stream));
    match nearest(named, streams.chain(ids)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "name a module that is rebuilt: name:stream, or with its context".to_owned(),
    }
}

impl From<scenario::RepoMaker> for RepoMaker {
    fn from(named: scenario::RepoMaker) -> Self {
        match named {
            scenario::RepoMaker::Koji => Self::Koji,
            scenario::RepoMaker::Orchestrator => Self::Orchestrator,
        }
    }
}

/// Finds the modules that changes are about.
fn changes(scenario: &Scenario, catalog: &Catalog) -> Result<Vec<Changes>, Misfit> {
    let mut found = Vec::new();
    for (at, arrival) in scenario.arrivals.iter().enumerate() {
        let mut modules = Vec::new();
        for selector in &arrival.changed {
            let before = modules.len();
            modules.extend(modules_named(catalog, &selector.to_string()));
            if modules.len() == before {
                let what = format!("`arrivals.changed` names {selector}, which is not rebuilt");
                let hint = hint_of_module(catalog, &selector.to_string());
                let place = scenario.places.changed.get(at);
                return Err(Misfit::new(place, arrival.line, what, hint));
            }
        }
        modules.sort_unstable();
        modules.dedup();
        let class = arrival.class.as_deref().unwrap_or("change");
        let Arrival { every, within, lasts, .. } = *arrival;
        found.push(Changes { every, modules, class: class.into(), within, lasts });
    }
    Ok(found)
}

/// Returns the modules that `name:stream` or `name:stream:context` names.
pub(super) fn modules_named<'c>(
    catalog: &'c Catalog,
    named: &'c str,
) -> impl Iterator<Item = ModuleIx> + 'c {
    let is_it = move |id: &str| {
        id.strip_prefix(named).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    };
    (0..).zip(&catalog.modules).filter(move |(_, m)| is_it(&m.id)).map(|(at, _)| ModuleIx(at))
}

/// Holds a fault against the farm and the modules.
fn check(scenario: &Scenario, at: usize, slots: &Slots, catalog: &Catalog) -> Result<(), Misfit> {
    let fault = &scenario.faults[at];
    if let Some(named) = &fault.module
        && modules_named(catalog, named).next().is_none()
    {
        let what = format!("`faults.module` names {named}, which is not rebuilt");
        let hint = hint_of_module(catalog, named);
        return Err(Misfit::new(scenario.places.module.get(at), fault.line, what, hint));
    }
    let Some(name) = &fault.builders else { return Ok(()) };
    let known = || slots.groups.iter().map(|group| group.name.as_str());
    if known().all(|group| group != name) {
        let what = format!(
            "`faults.builders` names {name}, but the farm's builders are {}",
            known().collect::<Vec<_>>().join(", ")
        );
        let hint = match nearest(name, known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "name a group of builders as the farm does".to_owned(),
        };
        return Err(Misfit::new(scenario.places.builders.get(at), fault.line, what, hint));
    }
    Ok(())
}
