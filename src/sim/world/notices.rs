//! Hears what koji says of its jobs, and passes it on to whom it concerns.

use std::num::NonZeroU16;

use super::testing::Subject;
use super::{Ask, JobPurpose, World};
use crate::orchestrate::{
    Answer, Approach, BuildId, ComponentEnd, ComponentIx, Event, Fault, Reply, RepoMaker,
};
use crate::sim::koji::{Job, Notice, What};
use crate::sim::ledger::{BuildState, Stage};
use crate::sim::log::Fact;

impl World<'_> {
    /// Lets koji do what is due, and hears it. Where tasks of modules are to act first, the rest follows.
    pub(super) fn hear_koji(&mut self) {
        self.koji.advance(self.now);
        loop {
            while self.koji.has_notice() {
                self.hear();
            }
            if !self.koji.is_stopped() {
                return;
            }
            self.koji.resume(self.now);
        }
    }

    /// Hears the next thing that koji says and passes it on to whom it concerns.
    pub(super) fn hear(&mut self) {
        let Some(Notice { build, job, what }) = self.koji.notice() else { return };
        self.counts.activity += 1;
        match what {
            What::TargetMade { is_ok } => {
                let end = if is_ok { ComponentEnd::Complete } else { ComponentEnd::Failed };
                self.jobs[job.0 as usize].end = Some(end);
                let JobPurpose::Target { call } = self.job(job).purpose else { return };
                self.answer(Event::Answered { call, answer: ended(is_ok) });
            }
            What::RepoEnded { is_ok } => {
                let end = if is_ok { ComponentEnd::Complete } else { ComponentEnd::Failed };
                self.jobs[job.0 as usize].end = Some(end);
                if let JobPurpose::Step(step) = self.job(job).purpose {
                    self.step_ended(build, step, end);
                } else {
                    self.repo_ended(build, job, is_ok);
                }
            }
            What::ComponentEnded { component, nth, attempt, end } => {
                self.jobs[job.0 as usize].end = Some(end);
                self.component_ended(build, component, nth, attempt, end);
                if let JobPurpose::Step(step) = self.job(job).purpose {
                    self.step_ended(build, step, end);
                }
            }
            What::ModuleOpened => self.module_opens(build, job),
            What::ModuleWoken => self.module_wakes(build),
            What::ModuleEnded { end } => {
                self.jobs[job.0 as usize].end = Some(end);
                self.module_ended(build, end);
            }
        }
    }

    /// Gives an orchestrator the answer to a call; one that is down asks again when it is back.
    fn answer(&mut self, event: Event) {
        if !self.process.is_down {
            self.inbox.events.push_back(event);
        }
    }

    /// A repo is made, or could not be. koji says so on the bus, as of every task; the orchestrator
    /// knows how its own ended.
    fn repo_ended(&mut self, build: BuildId, job: Job, is_ok: bool) {
        let JobPurpose::Repo { attempt } = self.job(job).purpose else { return };
        let attempt = u32::from(attempt.get());
        if self.setup.conditions.repo == RepoMaker::Orchestrator {
            let call = self.marks.own_repos[&(build, attempt)];
            self.answer(Event::Answered { call, answer: ended(is_ok) });
            return;
        }
        let event = Event::RepoEnded { build, attempt, is_ok };
        self.counts.messages += 1;
        let setup = self.setup;
        if setup.hears_by_polls().is_some() {
            return;
        }
        let module = self.ledger.builds[build.0 as usize].module;
        let nth = self.nth_build(build);
        // Some hundreds of tries of one build are as many as people have patience for.
        let about = || (setup.subjects.module(module).rotate_left(47), nth * 512 + attempt);
        self.carry(|| event, about);
    }

    /// A component ended: the bus says so to the tests and to who listens for it.
    fn component_ended(
        &mut self,
        build: BuildId,
        component: ComponentIx,
        nth: u32,
        ordered: Option<NonZeroU16>,
        end: ComponentEnd,
    ) {
        self.counts.messages += 1;
        self.ledger.last_change = self.now;
        self.note(Fact::ComponentEnded { build, component, end });
        let attempt = ordered.map_or(1, |ordered| ordered.get().into());
        if end == ComponentEnd::Complete {
            self.reach_gate(build, component);
            if self.setup.catalog.is_reused(component) {
                let module = self.ledger.builds[build.0 as usize].module;
                self.counts.reused[module.index()] += 1;
            }
            self.draw_defect(build, component, nth);
            self.people.failures.retain(|failure| *failure != (build, component));
        } else {
            self.people.failures.push((build, component));
        }
        let setup = self.setup;
        let about = || (setup.subjects.component(component), nth);
        if ordered.is_some() && setup.hears_by_polls().is_some() {
            // A poll has seen it.
            self.answer(Event::ComponentEnded { build, component, attempt, end });
        } else if ordered.is_some() {
            self.carry(|| Event::ComponentEnded { build, component, attempt, end }, about);
        }
        if end == ComponentEnd::Complete && self.setup.conditions.gates.component {
            self.carry_to_tests(Subject { build, component: Some(component), attempt }, about());
        }
    }

    /// koji's own module build ended. One that failed is submitted again as often as may be, and
    /// then koji mails its owner; without a modulemd to submit it again as it is would not help.
    fn module_ended(&mut self, build: BuildId, end: ComponentEnd) {
        let is_unfetched = self.troubles.is_unfetched(build);
        if is_unfetched {
            self.note(Fact::NotFetched { build });
        }
        self.note(Fact::ModuleEnded { build, end });
        if end == ComponentEnd::Complete {
            self.done(build, 1);
            return;
        }
        self.counts.messages += 1;
        self.ledger.close(build, BuildState::Failed, self.now);
        let entry = &self.ledger.builds[build.0 as usize];
        let (module, cause, tries) = (entry.module, entry.cause, entry.tries + 1);
        let ask = Ask { module, cause, tries, replaces: None };
        if ask.tries <= self.setup.conditions.retries && !is_unfetched {
            self.ask_koji(ask);
        } else {
            self.owner_hears(build);
        }
    }

    /// A module is built, with its repo, and the bus says so. Without a gate complete counts as
    /// passed at once; koji-owned hears it from the bus, the other knows.
    pub(super) fn done(&mut self, build: BuildId, attempt: u32) {
        self.counts.messages += 1;
        let module = self.ledger.builds[build.0 as usize].module;
        let about = (self.setup.subjects.module(module), self.nth_build(build));
        if self.setup.conditions.gates.module {
            self.ledger.stage(build, Stage::Testing, self.now);
            self.carry_to_tests(Subject { build, component: None, attempt }, about);
        } else if self.setup.approach == Approach::KojiOwned {
            self.accept(build);
            self.carry(|| Event::Tested { build, module, attempt, passed: true }, || about);
        }
    }

    /// Returns which build of its module a build is, from 1.
    pub(super) fn nth_build(&self, build: BuildId) -> u32 {
        self.ledger.builds[build.0 as usize].nth
    }

    /// A module passed its gate.
    pub(super) fn accept(&mut self, build: BuildId) {
        self.ledger.reopen(build, self.now);
        self.ledger.close(build, BuildState::Passed, self.now);
    }
}

/// Returns the answer to a call that took its time.
pub(super) fn ended(is_ok: bool) -> Answer {
    if is_ok { Answer::Done(Reply::Nothing) } else { Answer::Failed(Fault::Broken) }
}
