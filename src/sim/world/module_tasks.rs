//! koji's own tasks of modules: the world hands each what it hears and carries out what it asks for. It
//! runs inside koji, so a hub that refuses its clients does not refuse it, and its calls are not counted
//! among those of an orchestrator.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::calls::Caller;
use super::{Happening, JobPurpose, JobRecord, World};
use crate::orchestrate::{
    Answer, BuildId, Call, Command, ComponentEnd, ComponentIx, Event, ModuleTask, Reply, RepoMaker,
    TaskId,
};
use crate::sim::koji::{Job, Order};
use crate::sim::log::Fact;

/// The tasks of one run.
#[derive(Debug, Default)]
pub(super) struct ModuleTasks {
    /// By module build.
    open: Vec<Open>,
    events: VecDeque<(BuildId, Event)>,
    commands: Vec<Command>,
    has: Made,
}

/// The task of one module build, where koji has one open.
#[derive(Debug)]
struct Open {
    job: Job,
    task: Option<Box<ModuleTask>>,
}

/// Targets, repos and imports of module tasks: what koji makes without a job.
#[derive(Debug, Default)]
struct Made {
    targets: BTreeSet<BuildId>,
    repos: BTreeSet<(BuildId, u32)>,
    imported: BTreeSet<BuildId>,
}

impl ModuleTasks {
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    fn slot(&mut self, build: BuildId) -> Option<&mut Option<Box<ModuleTask>>> {
        self.open.get_mut(build.0 as usize).map(|open| &mut open.task)
    }
}

impl World<'_> {
    /// koji opened the task of a module build.
    pub(super) fn module_opens(&mut self, build: BuildId, job: Job) {
        if self.job(job).end.is_some() {
            return;
        }
        let catalog = &self.setup.catalog;
        let module = self.ledger.builds[build.0 as usize].module;
        let tasks = &mut self.module_tasks.open;
        if tasks.len() <= build.0 as usize {
            tasks.resize_with(build.0 as usize + 1, || Open { job, task: None });
        }
        let task = ModuleTask::new(Arc::clone(catalog), build, module);
        tasks[build.0 as usize] = Open { job, task: Some(Box::new(task)) };
        let module = Arc::clone(&catalog.module(module).id);
        self.tell_module_task(build, Event::Requested { request: build.0, module });
    }

    /// Hands a task what it hears, and carries out what follows.
    pub(super) fn tell_module_task(&mut self, build: BuildId, event: Event) {
        self.module_tasks.events.push_back((build, event));
        while let Some((build, event)) = self.module_tasks.events.pop_front() {
            let slot = self.module_tasks.slot(build).and_then(Option::take);
            let Some(mut task) = slot else { continue };
            let mut commands = std::mem::take(&mut self.module_tasks.commands);
            task.handle(&event, self.now, &mut commands);
            if !task.is_over() {
                *self.module_tasks.slot(build).expect("it was there") = Some(task);
            }
            for command in commands.drain(..) {
                self.carry_out_for(build, command);
            }
            self.module_tasks.commands = commands;
        }
    }

    /// Queues the answer to a call of a task. The task gets it after the current event.
    pub(super) fn answer_module_task(&mut self, build: BuildId, event: Event) {
        self.module_tasks.events.push_back((build, event));
    }

    fn carry_out_for(&mut self, build: BuildId, command: Command) {
        match command {
            Command::Call { id, call } => self.ask_party(Caller::ModuleTask(build), id, &call),
            Command::Look { id, call } => {
                let answer = self.found_for(build, &call);
                self.reply(Caller::ModuleTask(build), id, answer);
            }
            Command::Timer { at, timer } => {
                self.schedule(at.max(self.now), Happening::TaskTimer { build, timer });
            }
            Command::Tell(_) => {}
        }
    }

    /// Does what a task asks for.
    pub(super) fn do_for_task(&mut self, build: BuildId, call: &Call) -> Answer {
        #[expect(clippy::wildcard_enum_match_arm, reason = "a module task makes these only")]
        match *call {
            Call::CreateTarget { .. } => {
                self.module_tasks.has.targets.insert(build);
            }
            Call::WaitRepo { batch, .. } => {
                self.module_tasks.has.repos.insert((build, batch));
            }
            Call::BuildComponent { component, .. } => {
                let purpose = JobPurpose::Part { component };
                let job = self.order(build, purpose, Order::Part { build, component });
                return Answer::Done(Reply::Task(TaskId(job.0)));
            }
            Call::CancelComponent { component, .. } => self.cancel_part(build, component),
            Call::MakeRepo { module, .. } => {
                let order = Order::Repo { build, module, by: RepoMaker::Koji };
                let job = self.order(build, JobPurpose::ModuleRepo, order);
                return Answer::Done(Reply::Task(TaskId(job.0)));
            }
            Call::Import { .. } => {
                assert!(self.module_tasks.has.imported.insert(build), "a module is imported once");
            }
            Call::EndTask { is_ok, .. } => {
                let end = if is_ok { ComponentEnd::Complete } else { ComponentEnd::Failed };
                self.koji.end_module(self.module_tasks.open[build.0 as usize].job, end);
            }
            ref call => unreachable!("a module task does not ask for this: {call:?}"),
        }
        Answer::Done(Reply::Nothing)
    }

    /// Returns what koji has of a call of a task; of a subtask that ended, the end is reported again.
    fn found_for(&mut self, build: BuildId, call: &Call) -> Answer {
        let has = &self.module_tasks.has;
        let known = |is: bool| if is { Answer::Done(Reply::Nothing) } else { Answer::Absent };
        #[expect(clippy::wildcard_enum_match_arm, reason = "a module task makes these only")]
        match *call {
            Call::CreateTarget { .. } => known(has.targets.contains(&build)),
            Call::WaitRepo { batch, .. } => known(has.repos.contains(&(build, batch))),
            Call::Import { .. } => known(has.imported.contains(&build)),
            Call::BuildComponent { component, .. } => {
                let Some((job, end)) = self.job_of(build, JobPurpose::Part { component }) else {
                    return Answer::Absent;
                };
                if let Some(end) = end {
                    let ended = Event::ComponentEnded { build, component, attempt: 1, end };
                    self.answer_module_task(build, ended);
                }
                Answer::Done(Reply::Task(TaskId(job.0)))
            }
            Call::CancelComponent { component, .. } => {
                let job = self.job_of(build, JobPurpose::Part { component });
                known(job.is_none_or(|(_, end)| end.is_some()))
            }
            Call::MakeRepo { .. } => {
                let Some((job, end)) = self.job_of(build, JobPurpose::ModuleRepo) else {
                    return Answer::Absent;
                };
                if let Some(end) = end {
                    let is_ok = end == ComponentEnd::Complete;
                    self.answer_module_task(build, Event::RepoEnded { build, attempt: 1, is_ok });
                }
                Answer::Done(Reply::Task(TaskId(job.0)))
            }
            Call::EndTask { .. } => {
                known(self.job(self.module_tasks.open[build.0 as usize].job).end.is_some())
            }
            ref call => unreachable!("a module task does not look for this: {call:?}"),
        }
    }

    /// Finds the latest job of a module build for a purpose, and how it ended.
    fn job_of(&self, build: BuildId, purpose: JobPurpose) -> Option<(Job, Option<ComponentEnd>)> {
        let is_it = |record: &JobRecord| (record.build, record.purpose) == (build, purpose);
        let at = self.jobs.iter().rposition(is_it)?;
        Some((Job(u32::try_from(at).expect("jobs are numbered so")), self.jobs[at].end))
    }

    /// Cancels one part of a module build; the bus says nothing of it.
    fn cancel_part(&mut self, build: BuildId, component: ComponentIx) {
        if let Some((job, None)) = self.job_of(build, JobPurpose::Part { component }) {
            self.jobs[job.0 as usize].end = Some(ComponentEnd::Canceled);
            self.koji.cancel(self.now, job);
        }
    }

    /// koji takes the task of a module build away, with all that is below it.
    pub(super) fn module_canceled(&mut self, build: BuildId) {
        let canceled = Event::Canceled { request: build.0, build };
        self.tell_module_task(build, canceled);
        for record in self.jobs.iter_mut().filter(|record| record.build == build) {
            record.end.get_or_insert(ComponentEnd::Canceled);
        }
    }

    /// Notes a call of a task that will never work as asked.
    pub(super) fn note_refused_for_good(&mut self, build: BuildId, call: &Call, answer: &Answer) {
        let component =
            if let Call::BuildComponent { component, .. } = *call { Some(component) } else { None };
        if let Answer::Failed(fault) = *answer {
            self.note(Fact::CallFailed { build, call: call.kind(), component, fault });
        }
    }
}
