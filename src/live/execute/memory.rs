//! What a driver knows of the past of its run: a fold over the rows that the orchestrator folds, so that
//! a process that comes back knows what the process before it knew.

use std::collections::BTreeMap;

use crate::orchestrate::{
    Answer, Asked, BuildId, Call, CallId, Command, ComponentIx, Event, ModuleIx, Outstanding,
    Reply, TaskId, Tell,
};

/// One try at building a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part {
    /// The module build.
    pub(super) build: BuildId,
    /// The component.
    pub(super) component: ComponentIx,
    /// Which attempt of the module build, from 1.
    pub(super) attempt: u32,
}

/// The fold.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    modules: BTreeMap<BuildId, ModuleIx>,
    parts: BTreeMap<TaskId, Part>,
    tasks: BTreeMap<Part, TaskId>,
    open: BTreeMap<CallId, Call>,
    /// How many closed gates the last poll asked about, if it asked about nothing else.
    closed: Option<usize>,
}

impl Memory {
    /// Takes an event, before the commands that follow from it.
    pub(super) fn event(&mut self, event: &Event) {
        let Event::Answered { call, answer } = event else { return };
        let is_settled = matches!(answer, Answer::Done(_) | Answer::Failed(_));
        let found = if is_settled { self.open.remove(call) } else { None };
        if let (
            Some(Call::BuildComponent { build, component, attempt, .. }),
            Answer::Done(Reply::Task(task)),
        ) = (found, answer)
        {
            let part = Part { build, component, attempt };
            self.parts.insert(*task, part);
            self.tasks.insert(part, *task);
        }
    }

    /// Takes a command.
    pub(super) fn command(&mut self, command: &Command) {
        match command {
            // Of a poll of an earlier process it is not known: the first poll of this one says it.
            Command::Call { call: Call::Poll { about: Asked::Everything { .. } }, .. } => {
                self.closed = None;
            }
            Command::Call { call: Call::Poll { about: Asked::These(about) }, .. } => {
                let is_closed =
                    |one: &Outstanding| matches!(one, Outstanding::Test { is_closed: true, .. });
                let is_all = !about.is_empty() && about.iter().all(is_closed);
                self.closed = is_all.then_some(about.len());
            }
            Command::Call { id, call } | Command::Look { id, call } if !call.is_poll() => {
                self.open.insert(*id, call.clone());
            }
            Command::Tell(Tell::Opened { build, module, .. }) => {
                self.modules.insert(*build, *module);
            }
            Command::Call { .. }
            | Command::Look { .. }
            | Command::Tell(_)
            | Command::Timer { .. } => {}
        }
    }

    /// Returns the module of a build that was opened.
    pub(super) fn module(&self, build: BuildId) -> Option<ModuleIx> {
        self.modules.get(&build).copied()
    }

    /// Returns what a task builds.
    pub(super) fn part(&self, task: TaskId) -> Option<Part> {
        self.parts.get(&task).copied()
    }

    /// Returns the task of a try, once koji has said its number.
    pub(super) fn task(&self, part: Part) -> Option<TaskId> {
        self.tasks.get(&part).copied()
    }

    /// Returns how many closed gates the run waits for, if the last poll asked about nothing else.
    pub(super) fn closed(&self) -> Option<usize> {
        self.closed
    }

    /// Returns what a call submits that has no answer yet.
    pub(super) fn submission(&self, call: CallId) -> Option<Part> {
        let &Call::BuildComponent { build, component, attempt, .. } = self.open.get(&call)? else {
            return None;
        };
        Some(Part { build, component, attempt })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PART: Part = Part { build: BuildId(0), component: ComponentIx(3), attempt: 1 };

    #[test]
    fn tasks_are_known_from_the_answers_to_submissions() {
        let mut memory = Memory::default();
        let (build, module) = (PART.build, ModuleIx(7));
        memory.command(&Command::Tell(Tell::Opened { build, module, cause: None }));
        let Part { component, attempt, .. } = PART;
        let call = Call::BuildComponent { build, component, attempt, priority: 0 };
        memory.command(&Command::Call { id: CallId(4), call });
        assert_eq!(memory.submission(CallId(4)), Some(PART));
        let answered = |answer| Event::Answered { call: CallId(4), answer };
        memory.event(&answered(Answer::Unknown));
        assert_eq!(memory.submission(CallId(4)), Some(PART), "nobody knows what came of it");
        memory.event(&answered(Answer::Done(Reply::Task(TaskId(99)))));
        assert_eq!(memory.submission(CallId(4)), None);
        assert_eq!(memory.part(TaskId(99)), Some(PART));
        assert_eq!(memory.task(PART), Some(TaskId(99)));
        assert_eq!(memory.module(build), Some(module));
        // An answer that comes twice changes nothing.
        memory.event(&answered(Answer::Done(Reply::Task(TaskId(100)))));
        assert_eq!(memory.task(PART), Some(TaskId(99)));
    }
}
