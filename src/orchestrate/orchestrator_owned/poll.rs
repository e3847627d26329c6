//! Polls: what the bus may have lost is asked for, by the numbers that koji gave and the attempts that
//! wait for a test.
//!
//! A run of a hundred thousand components polls hundreds of times. So tasks are counted as they come and go,
//! and listed only for a driver that has something to ask.

use super::{BuildId, ModuleBuild, OrchestratorOwned, Outbox, Part, PartState, State};
use crate::orchestrate::call::{Asked, Outstanding};
use crate::orchestrate::{Call, Command, ComponentIx, TaskId};

impl OrchestratorOwned {
    /// Asks how all that is outstanding stands.
    pub(super) fn poll(&mut self, to: &mut Outbox<'_>) {
        self.call(Call::Poll { about: Asked::Everything { tasks: self.tasks_known } }, to);
    }

    /// Lists in polls what is outstanding.
    pub(crate) fn spell_out(&self, commands: &mut [Command]) {
        for about in commands.iter_mut().filter_map(Command::asked) {
            *about = Asked::These(self.everything().into());
        }
    }

    pub(super) fn everything(&self) -> Vec<Outstanding> {
        let mut about = Vec::new();
        for (number, build) in (0..).zip(&self.builds) {
            self.outstanding_of(BuildId(number), build, &mut about);
        }
        about
    }

    /// koji said the number of a component's task.
    pub(super) fn task_of_part(&mut self, place: usize, task: TaskId) {
        let part = &mut self.parts[place];
        if part.task.replace(task).is_none() && part.state == PartState::Submitted {
            self.tasks_known += 1;
        }
    }

    /// A component leaves the state in which koji builds it.
    pub(super) fn no_longer_under_way(&mut self, place: usize) {
        self.under_way -= 1;
        self.tasks_known -= u32::from(self.parts[place].task.is_some());
    }

    /// koji said the number of the task that makes the repo of a module build, or another try is due.
    pub(super) fn task_of_repo(&mut self, build: BuildId, task: Option<TaskId>) {
        let known = u32::from(task.is_some());
        let before = std::mem::replace(&mut self.build(build).repo_task, task);
        self.tasks_known = self.tasks_known + known - u32::from(before.is_some());
    }

    /// Appends what is outstanding of a module build. A task whose number koji has not said yet is in
    /// the table of calls, and looked for from there.
    fn outstanding_of(&self, number: BuildId, build: &ModuleBuild, about: &mut Vec<Outstanding>) {
        let is_closed = build.state == State::Stuck;
        match build.state {
            // What was under way when a build was given up still ends.
            State::Building | State::Failed => self.outstanding_parts(number, build, about),
            State::Repo => about.extend(build.repo_task.map(|task| Outstanding::Task { task })),
            State::Testing | State::Stuck => about.push(Outstanding::Test {
                build: number,
                component: None,
                attempt: build.round,
                is_closed,
            }),
            State::Fetching | State::Preparing | State::Passed => {}
        }
    }

    fn outstanding_parts(
        &self,
        number: BuildId,
        build: &ModuleBuild,
        about: &mut Vec<Outstanding>,
    ) {
        let components = self.catalog.module(build.module).components.clone();
        let parts = &self.parts[build.first_part as usize..][..components.len()];
        for (part, component) in parts.iter().zip(components.map(ComponentIx)) {
            let Part { state, attempt, task, .. } = *part;
            let test = |is_closed| Outstanding::Test {
                build: number,
                component: Some(component),
                attempt,
                is_closed,
            };
            match state {
                PartState::Submitted => {
                    about.extend(task.map(|task| Outstanding::Task { task }));
                }
                PartState::Testing => about.push(test(false)),
                PartState::Rejected => about.push(test(true)),
                PartState::Waiting
                | PartState::Ready
                | PartState::Tagging
                | PartState::Done
                | PartState::Failed => {}
            }
        }
    }
}
