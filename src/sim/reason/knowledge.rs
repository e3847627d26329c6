//! What is known of each module build at the end of a run: by the orchestrator, and by koji and the
//! tests alone.

use std::collections::BTreeMap;

use crate::orchestrate::{Approach, BuildId, CallKind, ComponentEnd, ComponentIx, Event, Fault};
use crate::sim::Setup;
use crate::sim::log::{Fact, Log, LogRow};
use crate::status::{Refused, Status, Trouble};

/// What koji and the tests know of a module build.
#[derive(Default)]
pub(super) struct Observed {
    /// What went wrong, where koji owns the build.
    trouble: Trouble,
    /// The last result of each test that counted when it came, with its attempt; of the module
    /// itself under none.
    tests: BTreeMap<Option<ComponentIx>, (u32, Option<bool>)>,
    pub(super) is_ended: bool,
}

/// What is known of a run.
pub(super) struct Knowledge<'a> {
    setup: &'a Setup,
    /// What the orchestrator knows. koji-owned forgets it in a crash; here the results stay that it
    /// heard before.
    pub(super) known: Status,
    observed: BTreeMap<BuildId, Observed>,
}

impl<'a> Knowledge<'a> {
    pub(super) fn read(setup: &'a Setup, log: &[LogRow]) -> Self {
        let (catalog, gates) = (setup.catalog.clone(), setup.conditions.gates);
        let known = Status::new(catalog, setup.approach, gates, setup.dispatch);
        let mut knowledge = Self { setup, known, observed: BTreeMap::new() };
        for row in log {
            match &row.what {
                Log::Fact(fact) => knowledge.fact(*fact),
                Log::Command(command) => knowledge.known.command(command, row.at),
                Log::Event(event) => knowledge.known.event(event, row.at),
                Log::Answered { id, answer, .. } => {
                    let event = Event::Answered { call: *id, answer: answer.clone() };
                    knowledge.known.event(&event, row.at);
                }
            }
        }
        knowledge
    }

    pub(super) fn observed(&self, build: BuildId) -> Option<&Observed> {
        self.observed.get(&build)
    }

    /// Returns what went wrong with a module build, as its owner knows.
    pub(super) fn trouble(&self, build: BuildId) -> Trouble {
        match self.setup.approach {
            Approach::OrchestratorOwned => self.known.trouble(build),
            Approach::KojiOwned => self
                .observed(build)
                .map_or_else(Trouble::default, |observed| observed.trouble.clone()),
        }
    }

    /// Returns the results that count of the tests of a module build: `None` where one gave none.
    pub(super) fn tests(&self, build: BuildId) -> BTreeMap<Option<ComponentIx>, Option<bool>> {
        let all = self.observed(build).into_iter().flat_map(|observed| &observed.tests);
        let counts = |of, attempt| self.known.test_due(build, of).is_none_or(|due| due == attempt);
        all.filter(|&(&of, &(attempt, _))| counts(of, attempt))
            .map(|(&of, &(_, passed))| (of, passed))
            .collect()
    }

    fn fact(&mut self, fact: Fact) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these say how a module stands")]
        match fact {
            Fact::ModuleEnded { build, end } => {
                let observed = self.observed.entry(build).or_default();
                observed.is_ended = true;
                observed.trouble.is_canceled |= end == ComponentEnd::Canceled;
            }
            Fact::ComponentEnded { build, component, end: ComponentEnd::Failed } => {
                self.observed.entry(build).or_default().trouble.failed.insert(component);
            }
            Fact::Tested { build, component, attempt, passed }
                if self.known.test_due(build, component).is_none_or(|due| due == attempt) =>
            {
                self.observed.entry(build).or_default().tests.insert(component, (attempt, passed));
            }
            Fact::Waived { build, component } => {
                let due = self.known.test_due(build, component).unwrap_or(0);
                self.observed.entry(build).or_default().tests.insert(component, (due, Some(true)));
            }
            Fact::CallFailed { build, call, component, fault } => {
                let refused = Some(Refused { call, component, fault });
                self.observed.entry(build).or_default().trouble.refused = refused;
            }
            Fact::NotFetched { build } => {
                let (call, fault) = (CallKind::Fetch, Fault::Missing);
                let refused = Some(Refused { call, component: None, fault });
                self.observed.entry(build).or_default().trouble.refused = refused;
            }
            Fact::Crashed if self.setup.approach == Approach::KojiOwned => {
                self.known.forget_calls();
            }
            _ => {}
        }
    }
}
