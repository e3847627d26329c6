//! koji's own tasks of modules: the world hands each what it hears and carries out what it asks for. It
//! runs inside koji, so a hub that refuses its clients does not refuse it, and its calls are not counted
//! among those of an orchestrator. A hub that is offline hears it when it is back.
//!
//! On koji's model the process of a task is on a builder: it hears of its steps when that builder wakes it,
//! is gone with the builder, and begins again from what koji has where the task is opened next.

use std::collections::VecDeque;
use std::sync::Arc;

use super::calls::Caller;
use super::module_calls::Made;
use super::notices::ended;
use super::{Happening, World};
use crate::orchestrate::{BuildId, CallId, Command, ComponentEnd, Event, ModuleTask};
use crate::sim::koji::{Job, Step};

/// The tasks of one run.
#[derive(Debug, Default)]
pub(super) struct ModuleTasks {
    /// By module build.
    open: Vec<Open>,
    events: VecDeque<(BuildId, Event)>,
    commands: Vec<Command>,
    held_back: Vec<HeldBack>,
    pub(super) made: Made,
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

    /// Has the wait for a repo answer a call.
    pub(super) fn wait_for(&mut self, build: BuildId, call: CallId) {
        self.open(build).waits = Some(call);
    }

    pub(super) fn job(&self, build: BuildId) -> Job {
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
        let is_woken = self.koji.is_woken(self.module_tasks.job(build));
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
        if is_woken {
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

    /// koji takes the task of a module build away, with all that is below it.
    pub(super) fn module_canceled(&mut self, build: BuildId) {
        let canceled = Event::Canceled { request: build.0, build };
        self.tell_module_task(build, canceled);
        for record in self.jobs.iter_mut().filter(|record| record.build == build) {
            record.end.get_or_insert(ComponentEnd::Canceled);
        }
    }
}
