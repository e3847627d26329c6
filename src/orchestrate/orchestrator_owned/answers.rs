//! What the answers to calls mean, and which calls are still needed.

use super::{BuildId, OrchestratorOwned, Outbox, PartState, Standing, State};
use crate::orchestrate::call::{Answer, Call, CallId, Fault, Reply, Settled};
use crate::orchestrate::{Command, Party, RepoMaker, Timer};

impl OrchestratorOwned {
    /// Makes a call.
    pub(super) fn call(&mut self, call: Call, to: &mut Outbox<'_>) {
        self.calls.make(call, to.out);
    }

    /// A party answered.
    pub(super) fn answered(&mut self, id: CallId, answer: &Answer, to: &mut Outbox<'_>) {
        match self.calls.answered(id, answer, to.now, to.out) {
            Settled::Nothing => {}
            Settled::Done(call, reply) => self.done(&call, &reply, to),
            Settled::Failed(call, fault) => self.failed(&call, fault, to),
            Settled::Absent(call) if self.is_needed(&call) => self.calls.send(id, to.out),
            Settled::Absent(call) => {
                self.calls.drop(id);
                self.take_back(&call);
            }
            Settled::GivenUp(call) => self.nobody_answers(&call, to),
        }
    }

    fn done(&mut self, call: &Call, reply: &Reply, to: &mut Outbox<'_>) {
        match *call {
            Call::Fetch { build, .. } => self.fetched(build, to),
            Call::CreateTarget { build, .. } => self.target_made(build, to),
            Call::BuildComponent { build, component, attempt, .. } => {
                if let (Some(at), Reply::Task(task)) = (self.find_part(build, component), reply)
                    && self.parts[at].attempt == attempt
                {
                    self.task_of_part(at, *task);
                }
            }
            Call::TagComponent { build, component, attempt } => {
                self.component_tagged(build, component, attempt, to);
            }
            Call::AskDependants { build, .. } => {
                if let Reply::Rows(rows) = reply {
                    self.dependants(build, rows, to);
                }
            }
            // The orchestrator's own repo is made when it says so; of koji's the end is observed.
            Call::MakeRepo { build, attempt, by: RepoMaker::Orchestrator, .. } => {
                self.repo_ended(build, attempt, true, to);
            }
            Call::MakeRepo { build, attempt, .. } => {
                if let Reply::Task(task) = *reply
                    && self.awaits_repo(build, attempt)
                {
                    self.task_of_repo(build, Some(task));
                }
            }
            // How these end is observed, nobody waits for it, or others make them.
            Call::BuildModule { .. }
            | Call::WaitRepo { .. }
            | Call::Import { .. }
            | Call::EndTask { .. }
            | Call::CancelComponent { .. }
            | Call::Publish { .. }
            | Call::RequestTest { .. }
            | Call::Mail { .. }
            | Call::Poll { .. } => {}
        }
    }

    /// A call will never work as asked: what it was for fails, and people are mailed.
    fn failed(&mut self, call: &Call, _: Fault, to: &mut Outbox<'_>) {
        match *call {
            Call::Fetch { build, .. } => {
                if self.state(build) == Some(State::Fetching) {
                    self.fail(build, to);
                }
            }
            Call::CreateTarget { build, .. } => {
                if self.state(build) == Some(State::Preparing) {
                    self.fail(build, to);
                }
            }
            Call::BuildComponent { build, component, attempt, .. } => {
                self.component_refused(build, component, attempt, to);
            }
            Call::TagComponent { build, component, attempt } => {
                self.tag_refused(build, component, attempt, to);
            }
            Call::MakeRepo { build, attempt, .. } => {
                self.repo_ended(build, attempt, false, to);
            }
            Call::Publish { .. } | Call::RequestTest { .. } | Call::AskDependants { .. } => {
                self.nobody_answers(call, to);
            }
            // What cannot be canceled has ended; whole modules are asked for by the other design.
            Call::BuildModule { .. }
            | Call::WaitRepo { .. }
            | Call::Import { .. }
            | Call::EndTask { .. }
            | Call::CancelComponent { .. }
            | Call::Mail { .. }
            | Call::Poll { .. } => {}
        }
    }

    fn nobody_answers(&mut self, call: &Call, to: &mut Outbox<'_>) {
        if let Some(build) = call.build() {
            self.tell(build, None, Standing::NoAnswer, to);
        }
    }

    /// A call that was never made is not made any more.
    pub(super) fn take_back(&mut self, call: &Call) {
        let Call::BuildComponent { build, component, attempt, .. } = *call else { return };
        let place = self.part_at(build, component);
        let part = &mut self.parts[place];
        if part.state == PartState::Submitted && part.attempt == attempt {
            part.state = PartState::Ready;
            self.no_longer_under_way(place);
        }
    }

    /// The pause of a party is over.
    pub(super) fn party_due(&mut self, party: Party, to: &mut Outbox<'_>) {
        let mut calls = std::mem::take(&mut self.calls);
        calls.party_due(party, to.now, |call| self.is_needed(call), to.out);
        self.calls = calls;
    }

    /// The moment of a call that was put off is here.
    pub(super) fn call_due(&mut self, id: CallId, to: &mut Outbox<'_>) {
        let mut calls = std::mem::take(&mut self.calls);
        calls.call_due(id, to.now, |call| self.is_needed(call), to.out);
        self.calls = calls;
    }

    /// A poll asks every party that was reported as away.
    pub(super) fn ask_the_away(&mut self, to: &mut Outbox<'_>) {
        let mut calls = std::mem::take(&mut self.calls);
        calls.ask_the_away(|call| self.is_needed(call), to.out);
        self.calls = calls;
    }

    /// Returns whether the answer to a call would still change something.
    pub(super) fn is_needed(&self, call: &Call) -> bool {
        match *call {
            Call::Fetch { build, .. } => self.state(build) == Some(State::Fetching),
            Call::CreateTarget { build, .. } => self.state(build) == Some(State::Preparing),
            Call::BuildComponent { build, component, attempt, .. } => {
                self.state(build) == Some(State::Building)
                    && self.find_part(build, component).is_some_and(|at| {
                        let part = self.parts[at];
                        part.state == PartState::Submitted && part.attempt == attempt
                    })
            }
            Call::CancelComponent { build, component, attempt } => {
                // Also where the next attempt is due already: the earlier one still runs at koji, and
                // must end before.
                self.find_part(build, component).is_some_and(|at| {
                    let part = self.parts[at];
                    part.state == PartState::Failed || part.attempt > attempt
                })
            }
            Call::TagComponent { build, component, attempt } => {
                self.find_part(build, component).is_some_and(|at| {
                    let part = self.parts[at];
                    part.state == PartState::Tagging && part.attempt == attempt
                })
            }
            Call::MakeRepo { build, attempt, .. } => self.awaits_repo(build, attempt),
            Call::Publish { build, attempt, .. } => self.awaits_publication(build, attempt),
            Call::RequestTest { build, component: None, attempt } => {
                self.state(build) == Some(State::Testing)
                    && self.builds[build.0 as usize].round == attempt
            }
            Call::RequestTest { build, component: Some(component), attempt } => {
                self.find_part(build, component).is_some_and(|at| {
                    let part = self.parts[at];
                    part.state == PartState::Testing && part.attempt == attempt
                })
            }
            Call::AskDependants { .. } => !self.limits.budget.is_spent(),
            Call::Mail { .. } => true,
            Call::BuildModule { .. }
            | Call::WaitRepo { .. }
            | Call::Import { .. }
            | Call::EndTask { .. }
            | Call::Poll { .. } => false,
        }
    }

    fn awaits_publication(&self, build: BuildId, attempt: u32) -> bool {
        let Some(entry) = self.builds.get(build.0 as usize) else { return false };
        let is_newest = entry.published == attempt && entry.round == attempt;
        // A gate that opened says that the tests heard of it.
        let is_unheard = match entry.state {
            State::Testing | State::Stuck => true,
            State::Passed => !self.limits.gates.module,
            State::Fetching | State::Preparing | State::Building | State::Repo | State::Failed => {
                false
            }
        };
        is_newest && is_unheard
    }

    /// The process was restarted: calls are looked for, timers armed again, and a poll finds what was
    /// observed meanwhile.
    pub(super) fn restarted(&mut self, to: &mut Outbox<'_>) {
        self.calls.restarted(to.out);
        if let Some(at) = self.poll_at {
            to.out.push(Command::Timer { at, timer: Timer::Poll });
        }
        for (number, entry) in (0..).zip(&self.builds) {
            if let Some(at) = entry.tests_due_at {
                let timer = Timer::TestsDue { build: BuildId(number) };
                to.out.push(Command::Timer { at, timer });
            }
        }
        self.mailbox.outstanding(to.out);
        if self.open > 0 {
            self.poll(to);
        }
    }
}
