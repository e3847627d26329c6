//! A module build as a whole: its repo, its gate, its end, and what follows from it.

use super::{BuildId, ComponentIx, OrchestratorOwned, Outbox, PartState, Standing, State};
use crate::orchestrate::call::{REPO_TRIES_MAX, TEST_TRIES_MAX};
use crate::orchestrate::dependants::recheck;
use crate::orchestrate::{Call, Cascade, Command, Row, Tell};
use crate::time::Timestamp;

impl OrchestratorOwned {
    pub(super) fn finish_if_complete(&mut self, build: BuildId, to: &mut Outbox<'_>) {
        let entry = self.build(build);
        if entry.state == State::Building && entry.progress.is_complete() && entry.redone == 0 {
            entry.repo_tries = 0;
            self.set_state(build, State::Repo);
            let call = self.next_repo(build);
            self.call(call, to);
        }
    }

    /// Returns the call for the next try of a module's repo.
    fn next_repo(&mut self, build: BuildId) -> Call {
        let by = self.limits.repo;
        let entry = self.build(build);
        entry.repo_attempt += 1;
        let (module, attempt) = (entry.module, entry.repo_attempt);
        self.task_of_repo(build, None);
        Call::MakeRepo { build, module, attempt, by }
    }

    pub(super) fn repo_ended(
        &mut self,
        build: BuildId,
        attempt: u32,
        is_ok: bool,
        to: &mut Outbox<'_>,
    ) {
        if !self.awaits_repo(build, attempt) {
            return;
        }
        if is_ok {
            self.publish(build, to);
            return;
        }
        let entry = self.build(build);
        entry.repo_tries += 1;
        if entry.repo_tries > REPO_TRIES_MAX {
            self.fail(build, to);
            return;
        }
        let tries = entry.repo_tries;
        let call = self.next_repo(build);
        self.calls.make_later(call, tries, to.now, to.out);
    }

    /// An end counts once, for the last try.
    pub(super) fn awaits_repo(&self, build: BuildId, attempt: u32) -> bool {
        self.builds
            .get(build.0 as usize)
            .is_some_and(|entry| entry.state == State::Repo && entry.repo_attempt == attempt)
    }

    /// The module is built, with its repo: it is published as done, and its gate decides.
    fn publish(&mut self, build: BuildId, to: &mut Outbox<'_>) {
        let entry = self.build(build);
        entry.published = entry.round;
        let (module, attempt) = (entry.module, entry.round);
        self.call(Call::Publish { build, module, attempt }, to);
        if self.limits.gates.module {
            self.await_test(build, to);
        } else {
            self.passed(build, to);
        }
    }

    fn await_test(&mut self, build: BuildId, to: &mut Outbox<'_>) {
        self.set_state(build, State::Testing);
        let entry = self.build(build);
        entry.since = to.now;
        entry.test_tries = 0;
        self.arm_tests_due(build, to);
    }

    pub(super) fn tested(
        &mut self,
        build: BuildId,
        attempt: u32,
        passed: bool,
        to: &mut Outbox<'_>,
    ) {
        let Some(entry) = self.builds.get(build.0 as usize) else { return };
        if !matches!(entry.state, State::Testing | State::Stuck) || entry.round != attempt {
            return;
        }
        if passed {
            self.passed(build, to);
        } else {
            self.set_state(build, State::Stuck);
            self.tell(build, None, Standing::NotPassed, to);
            self.build_ended(build, to);
        }
    }

    pub(super) fn waived(&mut self, build: BuildId, to: &mut Outbox<'_>) {
        if matches!(self.state(build), Some(State::Testing | State::Stuck)) {
            self.passed(build, to);
        }
    }

    /// Returns since when the result of the module is awaited, if it still is.
    pub(super) fn module_test_due(
        &mut self,
        build: BuildId,
        to: &mut Outbox<'_>,
    ) -> Option<Timestamp> {
        let timeout = self.limits.test_timeout;
        let entry = self.build(build);
        if entry.state != State::Testing {
            return None;
        }
        if entry.since + timeout > to.now {
            return Some(entry.since);
        }
        if entry.test_tries == TEST_TRIES_MAX {
            self.set_state(build, State::Stuck);
            self.tell(build, None, Standing::NoResult, to);
            self.build_ended(build, to);
            return None;
        }
        entry.test_tries += 1;
        entry.since = to.now;
        let attempt = entry.round;
        self.call(Call::RequestTest { build, component: None, attempt }, to);
        Some(to.now)
    }

    /// A failure that no retry mends: nothing more of the module is submitted, running tasks continue.
    pub(super) fn fail(&mut self, build: BuildId, to: &mut Outbox<'_>) {
        let module = self.build(build).module;
        let is_defined = self.catalog.module(module).is_defined;
        let standing = if is_defined { Standing::BuildFailed } else { Standing::NotDefined };
        self.tell(build, None, standing, to);
        self.give_up(build, to);
    }

    fn give_up(&mut self, build: BuildId, to: &mut Outbox<'_>) {
        self.set_state(build, State::Failed);
        let module = self.build(build).module;
        to.out.push(Command::Tell(Tell::Failed { build, module }));
        // What is asked for anew when it is resumed. What a component is due all the same stays.
        let is_its = |call: &Call| match *call {
            Call::Fetch { build: of, .. }
            | Call::CreateTarget { build: of, .. }
            | Call::BuildComponent { build: of, .. }
            | Call::MakeRepo { build: of, .. }
            | Call::Publish { build: of, .. } => of == build,
            Call::BuildModule { .. }
            | Call::WaitRepo { .. }
            | Call::Import { .. }
            | Call::EndTask { .. }
            | Call::CancelComponent { .. }
            | Call::TagComponent { .. }
            | Call::RequestTest { .. }
            | Call::AskDependants { .. }
            | Call::Mail { .. }
            | Call::Poll { .. } => false,
        };
        for call in self.calls.withdraw(is_its) {
            self.take_back(&call);
        }
        for (held, cause) in self.waves.lost(&self.catalog, module) {
            self.start(held, cause, to);
        }
        self.build_ended(build, to);
    }

    /// Somebody stops a module build: what runs of it is canceled, nothing more is submitted.
    pub(super) fn canceled(&mut self, build: BuildId, to: &mut Outbox<'_>) {
        if !self.state(build).is_some_and(State::is_open) {
            return;
        }
        self.cancel_components(build, to);
        self.give_up(build, to);
    }

    /// Cancels what koji has of a module build.
    pub(super) fn cancel_components(&mut self, build: BuildId, to: &mut Outbox<'_>) {
        let module = self.build(build).module;
        for component in self.catalog.module(module).components.clone().map(ComponentIx) {
            let place = self.part_at(build, component);
            let part = &mut self.parts[place];
            if part.state == PartState::Submitted {
                part.state = PartState::Failed;
                let attempt = part.attempt;
                self.no_longer_under_way(place);
                self.call(Call::CancelComponent { build, component, attempt }, to);
            }
        }
    }

    pub(super) fn passed(&mut self, build: BuildId, to: &mut Outbox<'_>) {
        self.set_state(build, State::Passed);
        let module = self.build(build).module;
        to.out.push(Command::Tell(Tell::Ready { build, module }));
        self.tell(build, None, Standing::Recovered, to);
        match self.cascade {
            Cascade::Literal | Cascade::Coalesced => {
                self.call(Call::AskDependants { build, module }, to);
            }
            Cascade::Planned => {
                let mut due = Vec::new();
                self.unmet.passed(&self.catalog, module, |dependant| due.push(dependant));
                for dependant in due {
                    self.start(dependant, Some(build), to);
                }
                for (held, cause) in self.waves.ended(&self.catalog, module) {
                    self.start(held, cause, to);
                }
            }
        }
        self.build_ended(build, to);
    }

    /// A build no longer continues without people: one that was queued after it starts.
    fn build_ended(&mut self, build: BuildId, to: &mut Outbox<'_>) {
        let module = self.build(build).module;
        let standings = &mut self.modules[module.index()];
        if standings.live > 0 {
            return;
        }
        // The first opens a build, which the others join.
        for cause in std::mem::take(&mut standings.again) {
            self.start(module, cause, to);
        }
    }

    /// The dependency service named who depends on a module that passed.
    pub(super) fn dependants(&mut self, build: BuildId, rows: &[Row], to: &mut Outbox<'_>) {
        let module = self.build(build).module;
        for dependant in recheck(&self.catalog, module, rows) {
            self.start(dependant, Some(build), to);
        }
    }

    /// Somebody repaired what stopped a build. What is done stays done.
    pub(super) fn resumed(&mut self, build: BuildId, fixed: &[ComponentIx], to: &mut Outbox<'_>) {
        let Some(state) = self.state(build) else { return };
        let module = self.build(build).module;
        let newest = self.modules[module.index()].newest;
        // A superseded build stays as it is.
        let is_superseded = self.cascade != Cascade::Literal && newest != Some(build);
        if is_superseded {
            return;
        }
        match state {
            State::Failed => {
                self.mailbox.repaired(module, None, build);
                to.out.push(Command::Tell(Tell::Resumed { build, module }));
                self.resume_failed(build, fixed, to);
            }
            State::Stuck if fixed.is_empty() => {
                self.mailbox.repaired(module, None, build);
                self.build(build).round += 1;
                let attempt = self.build(build).round;
                self.await_test(build, to);
                self.call(Call::RequestTest { build, component: None, attempt }, to);
            }
            State::Stuck => {
                self.mailbox.repaired(module, None, build);
                self.build(build).round += 1;
                self.set_state(build, State::Building);
                for &component in fixed {
                    if self.find_part(build, component).is_some()
                        && self.part(build, component).state == PartState::Done
                    {
                        self.build_again(build, component);
                    }
                }
                self.finish_if_complete(build, to);
            }
            State::Building => {
                for &component in fixed {
                    if self.find_part(build, component).is_some()
                        && self.part(build, component).state == PartState::Rejected
                    {
                        self.build_again(build, component);
                    }
                }
            }
            State::Fetching | State::Preparing | State::Repo | State::Testing | State::Passed => {}
        }
    }

    fn resume_failed(&mut self, build: BuildId, fixed: &[ComponentIx], to: &mut Outbox<'_>) {
        if !self.build(build).progress.is_started() {
            // It was given up before it had a target: all of it begins again.
            self.set_state(build, State::Fetching);
            let module = self.build(build).module;
            self.call(Call::Fetch { build, module }, to);
            return;
        }
        self.set_state(build, State::Building);
        let entry = self.build(build);
        if entry.published == entry.round {
            // It was canceled at its gate: published again, it is tested again.
            entry.round += 1;
        }
        let module = self.build(build).module;
        let components = self.catalog.module(module).components.clone();
        for component in components.map(ComponentIx) {
            match self.part(build, component).state {
                PartState::Failed => self.build_again(build, component),
                // Its test found it first, and then another one failed the build.
                PartState::Rejected if fixed.contains(&component) => {
                    self.build_again(build, component);
                }
                PartState::Ready => self.queue_one(build, component),
                PartState::Waiting
                | PartState::Submitted
                | PartState::Testing
                | PartState::Rejected
                | PartState::Tagging
                | PartState::Done => {}
            }
        }
        self.finish_if_complete(build, to);
    }
}
