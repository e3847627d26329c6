//! What a run meets besides builds: gates, tests, people, the bus, faults. Plain data, read off a
//! scenario once.

use super::Slots;
use crate::orchestrate::{Approach, Catalog, Gates, ModuleIx};
use crate::scenario::{Bus, Fault, FaultKind, Gate, People, Scenario, Tests};
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
    /// What breaks, and when.
    pub faults: Vec<Fault>,
    /// Events after which the orchestrator crashes and starts again at once, counted from 1 over
    /// the run, in rising order; the commands of that event are carried out in part.
    pub crash_after: Vec<u64>,
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
            faults: Vec::new(),
            crash_after: Vec::new(),
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
        on: (&Slots, &Catalog),
    ) -> Result<Self, String> {
        for fault in &scenario.faults {
            check(fault, on)?;
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
            faults: scenario.faults.clone(),
            crash_after: Vec::new(),
        })
    }

    /// Returns whether the orchestrator may have to be put together again from its journal.
    pub(super) fn may_crash(&self) -> bool {
        let crashes = |fault: &Fault| fault.kind == FaultKind::OrchestratorCrash;
        !self.crash_after.is_empty() || self.faults.iter().any(crashes)
    }
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

fn check(fault: &Fault, on: (&Slots, &Catalog)) -> Result<(), String> {
    let (slots, catalog) = on;
    let line = fault.line;
    if let Some(named) = &fault.module
        && modules_named(catalog, named).next().is_none()
    {
        return Err(format!("line {line}: `faults.module` names {named}, which is not rebuilt"));
    }
    let Some(name) = &fault.builders else { return Ok(()) };
    let Some(group) = slots.groups.iter().find(|group| group.name == *name) else {
        let known: Vec<&str> = slots.groups.iter().map(|group| group.name.as_str()).collect();
        return Err(format!(
            "line {line}: `faults.builders` names {name}, but the farm's builders are {}",
            known.join(", ")
        ));
    };
    match fault.count {
        Some(count) if count > group.count => Err(format!(
            "line {line}: `faults.count` takes {count} of {name}, which has {}",
            group.count
        )),
        Some(_) | None => Ok(()),
    }
}
