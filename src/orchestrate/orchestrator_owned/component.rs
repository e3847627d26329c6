//! One component of a module build: built, tested, tagged; retried, repaired, waived.

use super::{
    Awaited, BuildId, ComponentIx, OrchestratorOwned, Outbox, Part, PartState, Standing, State,
};
use crate::orchestrate::call::TEST_TRIES_MAX;
use crate::orchestrate::{Call, Command, ComponentEnd, Timer};
use crate::time::Timestamp;

impl OrchestratorOwned {
    /// koji says that a component ended, by the bus or when polled.
    pub(super) fn component_ended(
        &mut self,
        build: BuildId,
        component: ComponentIx,
        attempt: u32,
        end: ComponentEnd,
        to: &mut Outbox<'_>,
    ) {
        let Some(place) = self.find_part(build, component) else { return };
        let part = &mut self.parts[place];
        if part.state != PartState::Submitted || part.attempt != attempt {
            return;
        }
        self.no_longer_under_way(place);
        let part = &mut self.parts[place];
        if end == ComponentEnd::Complete {
            if self.limits.gates.component {
                part.state = PartState::Testing;
                self.awaited[place] = Awaited { since: to.now, tries: 0 };
                self.arm_tests_due(build, to);
            } else {
                self.part_done(build, component, place, to);
            }
            return;
        }
        let retries = self.limits.retries;
        part.failures = part.failures.saturating_add(1);
        if end == ComponentEnd::Failed && u32::from(part.failures) <= retries {
            part.attempt += 1;
            self.queue_one(build, component);
            return;
        }
        part.state = PartState::Failed;
        if self.build(build).state == State::Building {
            self.fail(build, to);
        }
    }

    pub(super) fn component_tested(
        &mut self,
        build: BuildId,
        component: ComponentIx,
        attempt: u32,
        passed: bool,
        to: &mut Outbox<'_>,
    ) {
        let Some(place) = self.find_part(build, component) else { return };
        let part = &mut self.parts[place];
        let is_awaited = matches!(part.state, PartState::Testing | PartState::Rejected);
        if !is_awaited || part.attempt != attempt {
            return;
        }
        if passed {
            self.validated(build, component, to);
        } else {
            part.state = PartState::Rejected;
            self.tell(build, Some(component), Standing::NotPassed, to);
        }
    }

    pub(super) fn component_waived(
        &mut self,
        build: BuildId,
        component: ComponentIx,
        to: &mut Outbox<'_>,
    ) {
        let Some(place) = self.find_part(build, component) else { return };
        if matches!(self.parts[place].state, PartState::Testing | PartState::Rejected) {
            self.validated(build, component, to);
        }
    }

    /// The gate of a component is open: it goes into the tag of its module.
    fn validated(&mut self, build: BuildId, component: ComponentIx, to: &mut Outbox<'_>) {
        let part = self.part(build, component);
        part.state = PartState::Tagging;
        let attempt = part.attempt;
        self.tell(build, Some(component), Standing::Recovered, to);
        self.call(Call::TagComponent { build, component, attempt }, to);
    }

    /// koji refuses to build a component at all: a blocked package, a build that is there already.
    /// Another try would be refused, too.
    pub(super) fn component_refused(
        &mut self,
        build: BuildId,
        component: ComponentIx,
        attempt: u32,
        to: &mut Outbox<'_>,
    ) {
        let Some(place) = self.find_part(build, component) else { return };
        let part = &mut self.parts[place];
        if part.state != PartState::Submitted || part.attempt != attempt {
            return;
        }
        part.state = PartState::Failed;
        self.no_longer_under_way(place);
        if self.build(build).state == State::Building {
            self.fail(build, to);
        }
    }

    pub(super) fn component_tagged(
        &mut self,
        build: BuildId,
        component: ComponentIx,
        attempt: u32,
        to: &mut Outbox<'_>,
    ) {
        if let Some(place) = self.find_tagging(build, component, attempt) {
            self.part_done(build, component, place, to);
        }
    }

    /// koji refuses to tag a component: it is built and validated, and its module cannot have it.
    pub(super) fn tag_refused(
        &mut self,
        build: BuildId,
        component: ComponentIx,
        attempt: u32,
        to: &mut Outbox<'_>,
    ) {
        let Some(place) = self.find_tagging(build, component, attempt) else { return };
        self.parts[place].state = PartState::Failed;
        if self.build(build).state == State::Building {
            self.fail(build, to);
        }
    }

    fn find_tagging(&self, build: BuildId, component: ComponentIx, attempt: u32) -> Option<usize> {
        let place = self.find_part(build, component)?;
        let part = self.parts[place];
        (part.state == PartState::Tagging && part.attempt == attempt).then_some(place)
    }

    /// A component is in the tag: what waits for it may start.
    fn part_done(
        &mut self,
        build: BuildId,
        component: ComponentIx,
        place: usize,
        to: &mut Outbox<'_>,
    ) {
        let part = &mut self.parts[place];
        part.state = PartState::Done;
        part.failures = 0;
        let is_redone = std::mem::replace(&mut part.is_redone, false);
        let entry = &mut self.builds[build.0 as usize];
        if is_redone {
            entry.redone -= 1;
        } else {
            entry.progress.built(&self.catalog, component, &mut self.scratch);
            self.queue(build);
        }
        self.finish_if_complete(build, to);
    }

    /// Somebody repaired the source of a component: it is built again.
    pub(super) fn build_again(&mut self, build: BuildId, component: ComponentIx) {
        let module = self.build(build).module;
        self.mailbox.repaired(module, Some(component), build);
        let part = self.part(build, component);
        part.attempt += 1;
        part.failures = 0;
        if part.state == PartState::Done {
            part.is_redone = true;
            self.build(build).redone += 1;
        }
        self.queue_one(build, component);
    }

    /// Asks for a timer at which results count as overdue, unless one is running.
    pub(super) fn arm_tests_due(&mut self, build: BuildId, to: &mut Outbox<'_>) {
        let at = to.now + self.limits.test_timeout;
        self.arm_tests_due_at(build, at, to);
    }

    fn arm_tests_due_at(&mut self, build: BuildId, at: Timestamp, to: &mut Outbox<'_>) {
        let entry = self.build(build);
        if entry.tests_due_at.is_none() {
            entry.tests_due_at = Some(at);
            to.out.push(Command::Timer { at, timer: Timer::TestsDue { build } });
        }
    }

    /// Asks again for results that are overdue, and mails people about those that never come.
    pub(super) fn tests_due(&mut self, build: BuildId, to: &mut Outbox<'_>) {
        let Some(entry) = self.builds.get_mut(build.0 as usize) else { return };
        if entry.tests_due_at.is_none_or(|at| at > to.now) {
            return;
        }
        entry.tests_due_at = None;
        let module = entry.module;
        let mut waits_since = self.module_test_due(build, to);
        for at in self.catalog.module(module).components.clone() {
            let since = self.component_test_due(build, ComponentIx(at), to);
            waits_since = waits_since.into_iter().chain(since).min();
        }
        if let Some(since) = waits_since {
            self.arm_tests_due_at(build, since + self.limits.test_timeout, to);
        }
    }

    /// Returns since when the result of a component is awaited, if it still is.
    fn component_test_due(
        &mut self,
        build: BuildId,
        component: ComponentIx,
        to: &mut Outbox<'_>,
    ) -> Option<Timestamp> {
        let timeout = self.limits.test_timeout;
        let Part { state, attempt, .. } = *self.part(build, component);
        if state != PartState::Testing {
            return None;
        }
        let Awaited { since, tries } = *self.awaited(build, component);
        if since + timeout > to.now {
            return Some(since);
        }
        if tries == TEST_TRIES_MAX {
            self.part(build, component).state = PartState::Rejected;
            self.tell(build, Some(component), Standing::NoResult, to);
            return None;
        }
        *self.awaited(build, component) = Awaited { since: to.now, tries: tries + 1 };
        let component = Some(component);
        self.call(Call::RequestTest { build, component, attempt }, to);
        Some(to.now)
    }
}
