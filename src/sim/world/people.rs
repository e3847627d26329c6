//! People: hours after a mail they waive what a test found, or repair what is wrong.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Ask, Happening, World};
use crate::orchestrate::{Approach, BuildId, ComponentIx, Concern, Event, ModuleIx, Standing};
use crate::sim::draw::{self, Purpose};
use crate::sim::ledger::BuildState;
use crate::sim::log::Fact;

/// How often people take care of one module in one run before they give up.
pub const PATIENCE: u32 = 3;

/// What people ask for, and what they did.
#[derive(Debug, Default)]
pub(super) struct People {
    /// How many requests they made of the orchestrator.
    pub(super) requests: u32,
    /// Requests to an orchestrator that is down.
    pub(super) requests_held: Vec<Event>,
    /// What they ask koji for while its hub is away.
    pub(super) asks_held: Vec<Ask>,
    /// How often they took care of each module.
    interventions: Vec<u32>,
    /// Components that failed and were not built since, by module build.
    pub(super) failures: Vec<(BuildId, ComponentIx)>,
}

impl People {
    pub(super) fn reset(&mut self, modules: usize) {
        self.requests = 0;
        self.requests_held.clear();
        self.asks_held.clear();
        self.interventions.clear();
        self.interventions.resize(modules, 0);
        self.failures.clear();
    }

    /// Returns whether people took care of a module as often as they do.
    pub(super) fn have_given_up(&self, module: ModuleIx) -> bool {
        self.interventions[module.index()] == PATIENCE
    }
}

impl World<'_> {
    /// A mail arrives.
    pub(super) fn people_hear(&mut self, concern: Concern) {
        let Some(people) = &self.setup.conditions.people else { return };
        if matches!(concern.standing, Standing::NoAnswer | Standing::Recovered) {
            return;
        }
        let tries = &mut self.people.interventions[concern.module.index()];
        if *tries == PATIENCE {
            return;
        }
        *tries += 1;
        let key =
            self.key(self.subject(&concern), self.people.interventions[concern.module.index()]);
        let delay = draw::lognormal(key, Purpose::Fix, people.fix);
        self.schedule(self.now + delay, Happening::People(concern));
    }

    /// koji mails the people of a module that its build failed for good.
    pub(super) fn owner_hears(&mut self, build: BuildId) {
        self.counts.mails += 1;
        self.note(Fact::Mailed { build });
        let module = self.ledger.builds[build.0 as usize].module;
        let standing = Standing::BuildFailed;
        self.people_hear(Concern { build, module, component: None, standing });
    }

    fn subject(&self, concern: &Concern) -> u64 {
        let subjects = &self.setup.subjects;
        match concern.component {
            Some(component) => subjects.component(component),
            None => subjects.module(concern.module),
        }
    }

    pub(super) fn people_act(&mut self, concern: &Concern) {
        let Concern { build, component, standing, .. } = *concern;
        let state = self.ledger.builds[build.0 as usize].state;
        if state == BuildState::Passed || self.is_test_settled(concern) {
            return;
        }
        let waive_share =
            self.setup.conditions.people.as_ref().map_or(0.0, |people| people.waive_share);
        let key =
            self.key(self.subject(concern), self.people.interventions[concern.module.index()]);
        let is_test = matches!(standing, Standing::NotPassed | Standing::NoResult);
        if is_test && draw::uniform(key, Purpose::Waive) < waive_share {
            self.waive(concern);
            return;
        }
        self.counts.tally.fixes += 1;
        self.note(Fact::Fixed { build });
        if standing == Standing::BuildFailed && self.troubles.is_unfetched(build) {
            self.put_back(concern.module);
        }
        let fixed = match (component, standing) {
            (Some(component), _) => vec![component],
            (None, Standing::BuildFailed) => self.failed_components(build),
            (None, _) => self.defective_components(build),
        };
        for &component in &fixed {
            self.koji.fix(component);
        }
        self.try_again(build, fixed);
    }

    /// The repair goes in: koji-owned builds the whole module again, orchestrator-owned resumes.
    fn try_again(&mut self, build: BuildId, fixed: Vec<ComponentIx>) {
        match self.setup.approach {
            Approach::KojiOwned => {
                let entry = &self.ledger.builds[build.0 as usize];
                let (module, cause) = (entry.module, entry.cause);
                self.ask_koji(Ask { module, cause, tries: 0, replaces: Some(build) });
            }
            Approach::OrchestratorOwned => {
                let request = self.next_request();
                let fixed: Arc<[ComponentIx]> = fixed.into();
                self.request(Event::Resumed { request, build, fixed });
            }
        }
    }

    /// A waiver opens a gate without a new result; the bus says so.
    fn waive(&mut self, concern: &Concern) {
        let Concern { build, module, component, .. } = *concern;
        self.counts.tally.waivers += 1;
        self.note(Fact::Waived { build, component });
        self.waive_test(build, component);
        if let Some(component) = component {
            self.leave_gate(build, component);
        }
        if self.setup.approach == Approach::KojiOwned && component.is_none() {
            self.accept(build);
        }
        let about = (self.subject(concern).rotate_left(17), self.nth_build(build));
        self.publish(Event::Waived { build, module, component }, about);
    }

    fn failed_components(&self, build: BuildId) -> Vec<ComponentIx> {
        let of_it = self.people.failures.iter().filter(|(of, _)| *of == build);
        let failed: BTreeSet<ComponentIx> = of_it.map(|&(_, component)| component).collect();
        failed.into_iter().collect()
    }
}
