//! koji's own task of a module (`moduleBuild`), as a pure state machine: the other half of the first
//! design, in which koji owns the build.
//!
//! ```text
//! Due ─▶ Preparing ─▶ Waiting ─▶ Building ─▶ Repo ─▶ Importing ─▶ Ending ─▶ Over
//!                        ▲          │
//!                        └──────────┘ batch by batch        Failing ─▶ Ending ─▶ Over
//! ```
//!
//! The task makes tag and target, waits for a repo with all that is built so far, and submits the next
//! batch as labelled subtasks. When every component is built it makes the repo with the modulemd inside,
//! imports the module, and ends. The repo comes before the import: an import cannot be taken back, and a
//! second task of the module could not import the same build again. The first failure of any step cancels
//! the subtasks that run, waits for what is unanswered, and fails the task.
//!
//! koji keeps the state of the task: its request, the labels of its subtasks, the tag, the build. So a
//! process that comes back begins again at the top ([`ModuleTask::again`]) and looks for each step before
//! it makes it. One that kept a journal folds it and handles [`Event::Restarted`]. Either way a call whose
//! answer is unknown is looked for, and made at most once after that.
//!
//! koji wakes the task when subtasks end, so it never polls but after a restart. A task that koji or
//! somebody else took away ([`Event::Canceled`]) asks for nothing more: koji cancels what is below it.

use std::sync::Arc;

use super::call::{Asked, Outstanding, PendingCalls};
use super::{
    BuildId, Call, Catalog, Command, ComponentEnd, ComponentIx, Event, ModuleIx, Order, Progress,
    RepoMaker, TaskId, Timer,
};
use crate::time::Timestamp;

mod answers;

/// Which try of a component or repo: a task makes each once, and a resubmitted module is another task.
const ATTEMPT: u32 = 1;

/// One task that builds a module.
#[derive(Clone, Debug)]
pub struct ModuleTask {
    catalog: Arc<Catalog>,
    build: BuildId,
    module: ModuleIx,
    stage: Stage,
    progress: Progress,
    /// How many batches were begun.
    batches: u32,
    /// By place in the module.
    parts: Vec<Part>,
    /// The components of the batch that waits for its repo.
    due: Vec<ComponentIx>,
    repo_task: Option<TaskId>,
    /// Whether koji may have what is asked for from an earlier life of this process.
    looks_first: bool,
    calls: PendingCalls,
}

/// How far a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Due,
    Preparing,
    Waiting,
    Building,
    Repo,
    Importing,
    Failing,
    Ending,
    Over,
}

/// How far one component is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Waiting,
    /// koji was asked for its subtask.
    Asked,
    /// Its subtask has a number.
    Running(TaskId),
    /// It is built, or will not be.
    Over,
}

impl ModuleTask {
    /// Makes the task of a module build, to be begun by [`Event::Requested`].
    #[must_use]
    pub fn new(catalog: Arc<Catalog>, build: BuildId, module: ModuleIx) -> Self {
        let components = catalog.module(module).components.len();
        Self {
            catalog,
            build,
            module,
            stage: Stage::Due,
            progress: Progress::default(),
            batches: 0,
            parts: vec![Part::Waiting; components],
            due: Vec::new(),
            repo_task: None,
            looks_first: false,
            calls: PendingCalls::without_polls(),
        }
    }

    /// The same for a task that koji had open before: an earlier life of this process, or another
    /// process, may have made any of its steps.
    #[must_use]
    pub fn again(catalog: Arc<Catalog>, build: BuildId, module: ModuleIx) -> Self {
        Self { looks_first: true, ..Self::new(catalog, build, module) }
    }

    /// Returns whether nothing more is to be done.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// Advances the state by one event and appends what must now be done.
    pub fn handle(&mut self, event: &Event, now: Timestamp, out: &mut Vec<Command>) {
        match *event {
            Event::Requested { .. } if self.stage == Stage::Due => {
                let Self { build, module, .. } = *self;
                self.stage = Stage::Preparing;
                self.call(Call::CreateTarget { build, module }, out);
            }
            Event::Answered { call, ref answer } => self.answered(call, answer, now, out),
            Event::ComponentEnded { build, component, attempt: ATTEMPT, end }
                if build == self.build =>
            {
                self.component_ended(component, end, out);
            }
            Event::RepoEnded { build, attempt: ATTEMPT, is_ok }
                if build == self.build && self.stage == Stage::Repo =>
            {
                self.repo_ended(is_ok, out);
            }
            Event::Canceled { build, .. } if build == self.build => self.end(),
            Event::Restarted => self.restarted(out),
            Event::Timer { timer: Timer::Party { party, .. } } => {
                let mut calls = std::mem::take(&mut self.calls);
                calls.party_due(party, now, |call| self.is_needed(call), out);
                self.calls = calls;
            }
            // Tests, people and other builds are not its business; nor is what comes twice or late.
            Event::Requested { .. }
            | Event::Defined { .. }
            | Event::Resumed { .. }
            | Event::Canceled { .. }
            | Event::ComponentEnded { .. }
            | Event::ComponentTested { .. }
            | Event::RepoEnded { .. }
            | Event::Tested { .. }
            | Event::Waived { .. }
            | Event::Timer { .. } => {}
        }
    }

    /// Asserts what must hold between two events.
    ///
    /// # Panics
    /// When it does not: a bug.
    pub fn check_invariants(&self) {
        self.calls.check_invariants();
        let is_open = self.parts.iter().any(|part| *part != Part::Over);
        let is_past = matches!(self.stage, Stage::Repo | Stage::Importing);
        assert!(!is_past || !is_open, "a repo is made of what is built");
        let is_quiet = matches!(self.stage, Stage::Due | Stage::Over);
        assert!(!is_quiet || self.calls.open().next().is_none(), "what is over asks for nothing");
    }

    fn call(&mut self, call: Call, out: &mut Vec<Command>) {
        if self.looks_first && !call.is_read() {
            self.calls.find_or_make(call, out);
        } else {
            self.calls.make(call, out);
        }
    }

    fn part(&mut self, component: ComponentIx) -> Option<&mut Part> {
        let components = self.catalog.module(self.module).components.clone();
        let place = component.0.checked_sub(components.start)?;
        self.parts.get_mut(place as usize)
    }

    /// Tag and target are there.
    fn begin(&mut self, out: &mut Vec<Command>) {
        self.progress.start(&self.catalog, self.module, Order::Batch, &mut self.due);
        self.next_step(out);
    }

    /// Waits for the repo of the next batch, or makes the last one when all is built.
    fn next_step(&mut self, out: &mut Vec<Command>) {
        let Self { build, module, .. } = *self;
        if self.progress.is_complete() {
            self.stage = Stage::Repo;
            let by = RepoMaker::Koji;
            self.call(Call::MakeRepo { build, module, attempt: ATTEMPT, by }, out);
        } else {
            self.stage = Stage::Waiting;
            let batch = self.batches;
            self.batches += 1;
            self.call(Call::WaitRepo { build, module, batch }, out);
        }
    }

    /// Submits a batch, in the order of keys.
    fn submit(&mut self, out: &mut Vec<Command>) {
        self.stage = Stage::Building;
        let mut due = std::mem::take(&mut self.due);
        due.sort_unstable_by_key(|&at| self.catalog.component(at).place_by_key);
        for component in due.drain(..) {
            *self.part(component).expect("it is one of the module") = Part::Asked;
            let (build, priority) = (self.build, 0);
            let call = Call::BuildComponent { build, component, attempt: ATTEMPT, priority };
            self.call(call, out);
        }
        self.due = due;
    }

    fn component_ended(
        &mut self,
        component: ComponentIx,
        end: ComponentEnd,
        out: &mut Vec<Command>,
    ) {
        let Some(part) = self.part(component) else { return };
        if !matches!(part, Part::Asked | Part::Running(_)) {
            return;
        }
        *part = Part::Over;
        if self.stage != Stage::Building {
            self.fail_if_quiet(out);
        } else if end == ComponentEnd::Complete {
            self.progress.built(&self.catalog, component, &mut self.due);
            if !self.due.is_empty() || self.progress.is_complete() {
                self.next_step(out);
            }
        } else {
            self.fail(out);
        }
    }

    fn repo_ended(&mut self, is_ok: bool, out: &mut Vec<Command>) {
        if !is_ok {
            return self.fail(out);
        }
        self.stage = Stage::Importing;
        let Self { build, module, .. } = *self;
        self.call(Call::Import { build, module }, out);
    }

    /// A step failed: what runs is canceled, what was not asked for is dropped.
    fn fail(&mut self, out: &mut Vec<Command>) {
        self.stage = Stage::Failing;
        for call in self.calls.withdraw(|_| true) {
            self.not_made(&call);
        }
        let first = self.catalog.module(self.module).components.start;
        for (component, at) in (first..).map(ComponentIx).zip(0..self.parts.len()) {
            if matches!(self.parts[at], Part::Running(_)) {
                self.cancel(component, out);
            }
        }
        self.fail_if_quiet(out);
    }

    fn cancel(&mut self, component: ComponentIx, out: &mut Vec<Command>) {
        let build = self.build;
        self.call(Call::CancelComponent { build, component, attempt: ATTEMPT }, out);
    }

    /// The task fails when nothing of it is unanswered any more.
    fn fail_if_quiet(&mut self, out: &mut Vec<Command>) {
        let is_quiet = self.calls.open().all(|(_, call)| call.is_poll());
        if self.stage == Stage::Failing && is_quiet {
            self.stage = Stage::Ending;
            self.call(Call::EndTask { build: self.build, is_ok: false }, out);
        }
    }

    fn end(&mut self) {
        self.stage = Stage::Over;
        self.calls = PendingCalls::without_polls();
    }

    /// The process came back with its journal: what was asked for is looked for, and what may have ended
    /// meanwhile is asked about.
    fn restarted(&mut self, out: &mut Vec<Command>) {
        self.calls.restarted(out);
        let tasks = self.parts.iter().filter_map(|part| match *part {
            Part::Running(task) => Some(task),
            Part::Waiting | Part::Asked | Part::Over => None,
        });
        let repo = self.repo_task.filter(|_| self.stage == Stage::Repo);
        let about: Arc<[Outstanding]> =
            tasks.chain(repo).map(|task| Outstanding::Task { task }).collect();
        if !about.is_empty() && self.stage != Stage::Over {
            self.calls.make(Call::Poll { about: Asked::These(about) }, out);
        }
    }
}

#[cfg(test)]
mod tests;
