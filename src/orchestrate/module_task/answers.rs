//! What the answers to the calls of a module task mean.

use super::{ModuleTask, Part, Stage};
use crate::orchestrate::call::{Answer, Call, CallId, Reply, Settled};
use crate::orchestrate::{Command, ComponentIx};
use crate::time::Timestamp;

impl ModuleTask {
    pub(super) fn answered(
        &mut self,
        id: CallId,
        answer: &Answer,
        now: Timestamp,
        out: &mut Vec<Command>,
    ) {
        match self.calls.answered(id, answer, now, out) {
            // A party that refuses is asked again by a timer, for as long as the task is koji's to do.
            Settled::Nothing | Settled::GivenUp(_) => {}
            Settled::Done(call, reply) => self.done(&call, &reply, out),
            Settled::Failed(call, _) => self.failed(&call, out),
            Settled::Absent(call) if self.is_needed(&call) => self.calls.send(id, out),
            Settled::Absent(call) => {
                self.calls.drop(id);
                self.not_made(&call);
                self.fail_if_quiet(out);
            }
        }
    }

    fn done(&mut self, call: &Call, reply: &Reply, out: &mut Vec<Command>) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "a module task makes these only")]
        match *call {
            Call::CreateTarget { .. } if self.stage == Stage::Preparing => self.begin(out),
            Call::WaitRepo { .. } if self.stage == Stage::Waiting => self.submit(out),
            Call::BuildComponent { component, .. } => {
                let is_failing = self.stage == Stage::Failing;
                if let (Some(part), Reply::Task(task)) = (self.part(component), reply)
                    && *part == Part::Asked
                {
                    *part = Part::Running(*task);
                    if is_failing {
                        self.cancel(component, out);
                    }
                }
            }
            Call::CancelComponent { component, .. } => self.is_over_for(component),
            Call::MakeRepo { .. } => {
                if let Reply::Task(task) = *reply {
                    self.repo_task = Some(task);
                }
            }
            Call::Import { .. } if self.stage == Stage::Importing => {
                self.stage = Stage::Ending;
                self.call(Call::EndTask { build: self.build, is_ok: true }, out);
            }
            Call::EndTask { .. } => self.end(),
            _ => {}
        }
        self.fail_if_quiet(out);
    }

    /// A call will never work as asked.
    fn failed(&mut self, call: &Call, out: &mut Vec<Command>) {
        match *call {
            Call::BuildComponent { component, .. } => self.is_over_for(component),
            // What cannot be canceled has ended.
            Call::CancelComponent { component, .. } => {
                self.is_over_for(component);
                return self.fail_if_quiet(out);
            }
            // The task is not ours any more.
            Call::EndTask { .. } => return self.end(),
            Call::Poll { .. } => return,
            Call::CreateTarget { .. }
            | Call::WaitRepo { .. }
            | Call::MakeRepo { .. }
            | Call::Import { .. }
            | Call::BuildModule { .. }
            | Call::TagComponent { .. }
            | Call::Fetch { .. }
            | Call::Publish { .. }
            | Call::RequestTest { .. }
            | Call::AskDependants { .. }
            | Call::Mail { .. } => {}
        }
        if self.stage == Stage::Failing {
            self.fail_if_quiet(out);
        } else {
            self.fail(out);
        }
    }

    /// Nothing more is expected of a component.
    fn is_over_for(&mut self, component: ComponentIx) {
        if let Some(part) = self.part(component) {
            *part = Part::Over;
        }
    }

    /// A call was never made and will not be.
    pub(super) fn not_made(&mut self, call: &Call) {
        if let Call::BuildComponent { component, .. } = *call {
            self.is_over_for(component);
        }
    }

    /// Returns whether the answer to a call would still change something.
    pub(super) fn is_needed(&self, call: &Call) -> bool {
        if let Call::CancelComponent { .. } = call {
            return self.stage == Stage::Failing;
        }
        let is_end = matches!(call, Call::EndTask { .. });
        match self.stage {
            Stage::Ending => is_end,
            Stage::Failing | Stage::Over => false,
            Stage::Due
            | Stage::Preparing
            | Stage::Waiting
            | Stage::Building
            | Stage::Repo
            | Stage::Importing => !is_end,
        }
    }
}
