//! koji's own tasks of modules: the world hands each what it hears and carries out what it asks for. It
//! runs inside koji, so a hub that refuses its clients does not refuse it, and its calls are not counted
//! among those of an orchestrator. A hub that is offline hears it when it is back.
//!
//! On koji's model the process of a task is on a builder: it hears of its steps when that builder wakes it,
//! is gone with the builder, and begins again from what koji has where the task is opened next.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::calls::Caller;
use super::notices::ended;
use super::{Happening, JobPurpose, JobRecord, World};
use crate::orchestrate::{
    Answer, BuildId, Call, CallId, Command, ComponentEnd, Event, ModuleTask, Reply, TaskId,
};
use crate::sim::koji::{Job, Order, Step};
use crate::sim::log::Fact;

/// The tasks of one run.
#[derive(Debug, Default)]
pub(super) struct ModuleTasks {
    /// By module build.
    open: Vec<Open>,
    events: VecDeque<(BuildId, Event)>,
    commands: Vec<Command>,
    held_back: Vec<HeldBack>,
    has: Made,
}

/// The task of one module build, where koji has one open.
#[derive(Debug, Default)]
struct Open {
    job: Option<Job>,
    task: Option<Box<ModuleTask>>,
    /// How often it was opened: timers and answers of an earlier life are void.
    life: u32,
    /// The call that the wait for a repo answers.
    waits: Option<CallId>,
    /// What ended since the task was woken.
    ended: Vec<Event>,
}

/// What a task asks of a hub that is offline.
#[derive(Debug)]
struct HeldBack {
    build: BuildId,
    life: u32,
    command: Command,
}

/// Targets and imports of module tasks: what koji makes without a job.
#[derive(Debug, Default)]
struct Made {
    targets: BTreeSet<BuildId>,
    imported: BTreeSet<BuildId>,
}

impl ModuleTasks {
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    fn open(&mut self, build: BuildId) -> &mut Open {
        let at = build.0 as usize;
        if self.open.len() <= at {
            self.open.resize_with(at + 1, Open::default);
        }
        &mut self.open[at]
    }

    /// Returns which life of its process the task of a module build is in.
    pub(super) fn life(&self, build: BuildId) -> u32 {
        self.open[build.0 as usize].life
    }

    fn job(&self, build: BuildId) -> Job {
        self.open[build.0 as usize].job.expect("what asks for something was opened")
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
        let open = self.module_tasks.open(build);
        let begin = if open.life == 0 { ModuleTask::new } else { ModuleTask::again };
        let task = Some(Box::new(begin(Arc::clone(catalog), build, module)));
        *open = Open { job: Some(job), task, life: open.life + 1, waits: None, ended: Vec::new() };
        let module = Arc::clone(&catalog.module(module).id);
        self.tell_module_task(build, Event::Requested { request: build.0, module });
    }

    /// koji woke the task of a module build: it hears what ended.
    pub(super) fn module_wakes(&mut self, build: BuildId) {
        let ended = std::mem::take(&mut self.module_tasks.open(build).ended);
        self.module_tasks.events.extend(ended.into_iter().map(|event| (build, event)));
        self.run_module_tasks();
    }

    /// A step of a task ended.
    pub(super) fn step_ended(&mut self, build: BuildId, step: Step, end: ComponentEnd) {
        let is_ok = end == ComponentEnd::Complete;
        let open = self.module_tasks.open(build);
        let event = match step {
            Step::Component(component) => {
                Event::ComponentEnded { build, component, attempt: 1, end }
            }
            Step::Repo => Event::RepoEnded { build, attempt: 1, is_ok },
            Step::Wait { .. } => {
                let Some(call) = open.waits.take() else { return };
                Event::Answered { call, answer: ended(is_ok) }
            }
        };
        if self.koji.wakes_modules() {
            open.ended.push(event);
        } else {
            self.tell_module_task(build, event);
        }
    }

    /// A timer or a late answer reaches the process that it is for, if that is still there.
    pub(super) fn reach_module_task(&mut self, build: BuildId, life: u32, event: Event) {
        if self.is_alive(build, life) {
            self.tell_module_task(build, event);
        }
    }

    fn is_alive(&self, build: BuildId, life: u32) -> bool {
        self.module_tasks.life(build) == life && self.koji.is_running(self.module_tasks.job(build))
    }

    /// Hands a task what it hears, and carries out what follows.
    fn tell_module_task(&mut self, build: BuildId, event: Event) {
        self.module_tasks.events.push_back((build, event));
        self.run_module_tasks();
    }

    fn run_module_tasks(&mut self) {
        while let Some((build, event)) = self.module_tasks.events.pop_front() {
            let Some(mut task) = self.module_tasks.open(build).task.take() else { continue };
            let mut commands = std::mem::take(&mut self.module_tasks.commands);
            task.handle(&event, self.now, &mut commands);
            if !task.is_over() {
                self.module_tasks.open(build).task = Some(task);
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
            Command::Call { .. } | Command::Look { .. } if self.troubles.is_hub_offline() => {
                let life = self.module_tasks.life(build);
                self.module_tasks.held_back.push(HeldBack { build, life, command });
            }
            Command::Call { id, call } => self.ask_party(Caller::ModuleTask(build), id, &call),
            Command::Look { id, call } => {
                if let Some(answer) = self.found_for(build, id, &call) {
                    self.reply(Caller::ModuleTask(build), id, answer);
                }
            }
            Command::Timer { at, timer } => {
                let life = self.module_tasks.life(build);
                self.schedule(at.max(self.now), Happening::TaskTimer { build, life, timer });
            }
            Command::Tell(_) => {}
        }
    }

    /// The hub is back: it is asked what it could not be asked.
    pub(super) fn ask_held_back(&mut self) {
        for HeldBack { build, life, command } in std::mem::take(&mut self.module_tasks.held_back) {
            if self.is_alive(build, life) {
                self.carry_out_for(build, command);
            }
        }
        self.run_module_tasks();
    }

    /// Does what a task asks for; returns the answer, or none where it is given later.
    pub(super) fn do_for_task(
        &mut self,
        build: BuildId,
        id: CallId,
        call: &Call,
    ) -> Option<Answer> {
        #[expect(clippy::wildcard_enum_match_arm, reason = "a module task makes these only")]
        match *call {
            Call::CreateTarget { module, .. } => {
                self.module_tasks.has.targets.insert(build);
                self.koji.make_target(build, module);
            }
            Call::WaitRepo { batch, .. } => {
                self.module_tasks.open(build).waits = Some(id);
                self.order_step(build, Step::Wait { batch });
                return None;
            }
            Call::BuildComponent { component, .. } => {
                return Some(self.order_step(build, Step::Component(component)));
            }
            Call::CancelComponent { component, .. } => {
                self.cancel_step(build, Step::Component(component));
            }
            Call::MakeRepo { .. } => return Some(self.order_step(build, Step::Repo)),
            Call::Import { .. } => {
                assert!(self.module_tasks.has.imported.insert(build), "a module is imported once");
            }
            Call::EndTask { is_ok, .. } => {
                let end = if is_ok { ComponentEnd::Complete } else { ComponentEnd::Failed };
                self.koji.end_module(self.module_tasks.job(build), end);
            }
            ref call => unreachable!("a module task does not ask for this: {call:?}"),
        }
        Some(Answer::Done(Reply::Nothing))
    }

    fn order_step(&mut self, build: BuildId, step: Step) -> Answer {
        let of = self.module_tasks.job(build);
        let order = Order::Step { of, build, step };
        Answer::Done(Reply::Task(TaskId(self.order(build, JobPurpose::Step(step), order).0)))
    }

    /// Returns what koji has of a call of a task, or none where it answers later; of a subtask that ended,
    /// the end is reported again.
    fn found_for(&mut self, build: BuildId, id: CallId, call: &Call) -> Option<Answer> {
        let has = &self.module_tasks.has;
        let known = |is: bool| Some(if is { Answer::Done(Reply::Nothing) } else { Answer::Absent });
        #[expect(clippy::wildcard_enum_match_arm, reason = "a module task makes these only")]
        match *call {
            Call::CreateTarget { .. } => known(has.targets.contains(&build)),
            Call::WaitRepo { batch, .. } => match self.job_of(build, Step::Wait { batch }) {
                None => Some(Answer::Absent),
                Some((_, Some(end))) => Some(ended(end == ComponentEnd::Complete)),
                Some((_, None)) => {
                    self.module_tasks.open(build).waits = Some(id);
                    None
                }
            },
            Call::Import { .. } => known(has.imported.contains(&build)),
            Call::BuildComponent { component, .. } => {
                let found = self.job_of(build, Step::Component(component));
                Some(self.found_step(build, found, |end| Event::ComponentEnded {
                    build,
                    component,
                    attempt: 1,
                    end,
                }))
            }
            Call::CancelComponent { component, .. } => {
                let job = self.job_of(build, Step::Component(component));
                known(job.is_none_or(|(_, end)| end.is_some()))
            }
            Call::MakeRepo { .. } => {
                let found = self.job_of(build, Step::Repo);
                Some(self.found_step(build, found, |end| Event::RepoEnded {
                    build,
                    attempt: 1,
                    is_ok: end == ComponentEnd::Complete,
                }))
            }
            Call::EndTask { .. } => known(self.job(self.module_tasks.job(build)).end.is_some()),
            ref call => unreachable!("a module task does not look for this: {call:?}"),
        }
    }

    fn found_step(
        &mut self,
        build: BuildId,
        found: Option<(Job, Option<ComponentEnd>)>,
        event: impl FnOnce(ComponentEnd) -> Event,
    ) -> Answer {
        let Some((job, end)) = found else { return Answer::Absent };
        if let Some(end) = end {
            self.answer_module_task(build, event(end));
        }
        Answer::Done(Reply::Task(TaskId(job.0)))
    }

    /// Finds the job of a step of a module build, and how it ended.
    fn job_of(&self, build: BuildId, step: Step) -> Option<(Job, Option<ComponentEnd>)> {
        let wanted = (build, JobPurpose::Step(step));
        let is_it = |record: &JobRecord| (record.build, record.purpose) == wanted;
        let at = self.jobs.iter().rposition(is_it)?;
        Some((Job(u32::try_from(at).expect("jobs are numbered so")), self.jobs[at].end))
    }

    /// Cancels a step of a module build; the bus says nothing of it.
    fn cancel_step(&mut self, build: BuildId, step: Step) {
        if let Some((job, None)) = self.job_of(build, step) {
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
