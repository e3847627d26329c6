//! Polls: what the bus may have lost is asked for, by the numbers that koji gave and the attempts that
//! wait for a test.

use super::{BuildId, ModuleBuild, OrchestratorOwned, Outbox, Part, PartState, State};
use crate::orchestrate::call::Outstanding;
use crate::orchestrate::{Call, ComponentIx};

impl OrchestratorOwned {
    /// Asks how all that is outstanding stands.
    pub(super) fn poll(&mut self, to: &mut Outbox<'_>) {
        let mut about = Vec::new();
        for (number, build) in (0..).zip(&self.builds) {
            self.outstanding_of(BuildId(number), build, &mut about);
        }
        self.call(Call::Poll { about: about.into() }, to);
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
