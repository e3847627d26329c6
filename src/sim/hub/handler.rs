//! What handlers of tasks with children do: koji's task trees, step by step.
//!
//! A handler runs from one wait to the next in no time. What takes time is work of leaves, and that
//! a parent goes on only when its builder wakes it.

use std::sync::Arc;

use super::repo::EventId;
use super::settings::TaskArch;
use super::task::{
    BuildRepo, BuildSpec, BuildStep, Job, Label, LevelStep, Levels, Tagging, Task, WaitRepo, Work,
};
use super::{Hub, Method, TagId};
use crate::koji::TaskState;

/// How a handler goes on.
enum Next {
    /// It waits for its children.
    Waits,
    /// It has more to do at once.
    Again,
    /// It is done.
    Ends(TaskState),
}

/// What the children of one step have come to.
enum Children {
    Pending,
    Closed,
    Failed,
}

impl Job {
    pub(super) fn levels(
        tag: TagId,
        levels: Arc<[Vec<Arc<BuildSpec>>]>,
        createrepo: Option<Work>,
    ) -> Self {
        Self::Levels(Levels { tag, levels, createrepo, at: 0, step: LevelStep::Start })
    }

    /// Goes back to the beginning, as a task does that was freed.
    pub(super) fn restart(&mut self) {
        match self {
            Self::Leaf { .. } => {}
            Self::Build { step, .. } => *step = BuildStep::Start,
            Self::Levels(levels) => {
                levels.at = 0;
                levels.step = LevelStep::Start;
            }
            Self::WaitRepo(wait) => wait.request = None,
            Self::NewRepo { is_begun, .. } | Self::DistRepo { is_begun, .. } => *is_begun = false,
        }
    }
}

impl Task {
    pub(super) fn work(&self) -> Option<Work> {
        match self.job {
            Job::Leaf { work, .. } => Some(work),
            Job::Build { .. }
            | Job::Levels(_)
            | Job::WaitRepo(_)
            | Job::NewRepo { .. }
            | Job::DistRepo { .. } => None,
        }
    }
}

impl Hub {
    /// Lets the handler of an open task go on until it waits again or ends.
    pub(super) fn go_on(&mut self, task: u32) {
        if let Job::WaitRepo(_) = self.tasks[task as usize].job {
            self.look(task);
            return;
        }
        let was_waiting = std::mem::take(&mut self.tasks[task as usize].is_waiting);
        loop {
            let mut job = self.tasks[task as usize].job.clone();
            let next = match &mut job {
                Job::Build { spec, step } => {
                    let spec = Arc::clone(spec);
                    self.build_step(task, &spec, step)
                }
                Job::Levels(levels) => self.level_step(task, levels),
                Job::NewRepo { tag, number, event, is_begun } => {
                    let repo = (*tag, *number);
                    self.new_repo_step(task, repo, (event, is_begun))
                }
                Job::DistRepo { arches, is_begun } => self.dist_repo_step(task, arches, is_begun),
                Job::Leaf { .. } | Job::WaitRepo(_) => unreachable!("these have no children"),
            };
            self.tasks[task as usize].job = job;
            match next {
                Next::Again => {}
                Next::Waits => {
                    self.tasks[task as usize].is_waiting = true;
                    if !was_waiting {
                        let at = self.tasks[task as usize].builder;
                        self.weigh(at);
                    }
                    return;
                }
                Next::Ends(state) => {
                    self.finish(task, state);
                    return;
                }
            }
        }
    }

    fn build_step(&mut self, task: u32, spec: &BuildSpec, step: &mut BuildStep) -> Next {
        let next = match *step {
            BuildStep::Start => match self.repo_to_wait_for(spec) {
                None => self.begin_srpm(task, spec),
                Some(least) => {
                    let wait = WaitRepo { tag: spec.tag, least: Some(least), request: None };
                    self.child((task, Label::Repo), WAIT_REPO, Job::WaitRepo(wait));
                    BuildStep::Repo
                }
            },
            BuildStep::Repo => {
                if let Some(next) = self.not_closed(task, |label| label == Label::Repo) {
                    return next;
                }
                self.begin_srpm(task, spec)
            }
            BuildStep::Srpm => {
                if let Some(next) = self.not_closed(task, |label| label == Label::Srpm) {
                    return next;
                }
                for (number, &(arch, work)) in (0..).zip(&spec.arches) {
                    let label = Label::Arch(number);
                    let child = self.child((task, label), (Method::BuildArch, arch), leaf(work));
                    let weights = &self.settings.weights;
                    let weight = weights.build_arch + weights.of_history(spec.mean_build);
                    self.tasks[child as usize].weight = weight;
                }
                BuildStep::Arches
            }
            BuildStep::Arches => {
                if let Some(next) = self.not_closed(task, |label| matches!(label, Label::Arch(_))) {
                    return next;
                }
                let work = match spec.tagging {
                    Tagging::Task(work) => work,
                    Tagging::Within => {
                        self.tagged(spec.tag, task);
                        return Next::Ends(TaskState::Closed);
                    }
                    Tagging::None => return Next::Ends(TaskState::Closed),
                };
                let job = Job::Leaf { work, tags: Some(spec.tag) };
                self.child((task, Label::Tag), (Method::TagBuild, TaskArch::Noarch), job);
                BuildStep::Tag
            }
            BuildStep::Tag => {
                return self
                    .not_closed(task, |label| label == Label::Tag)
                    .unwrap_or(Next::Ends(TaskState::Closed));
            }
        };
        *step = next;
        Next::Again
    }

    fn begin_srpm(&mut self, task: u32, spec: &BuildSpec) -> BuildStep {
        if let Some(work) = spec.srpm {
            self.child((task, Label::Srpm), (Method::BuildSrpm, TaskArch::Noarch), leaf(work));
        }
        BuildStep::Srpm
    }

    /// Returns what a build must wait for before it can begin.
    fn repo_to_wait_for(&self, spec: &BuildSpec) -> Option<EventId> {
        let least = match spec.repo {
            BuildRepo::Given => return None,
            BuildRepo::Fresh => self.repos.last_change(spec.tag),
            BuildRepo::Lagging => {
                self.repos.least_lagging(spec.tag, self.now(), &self.settings.repo)
            }
        };
        (!self.repos.has_ready(spec.tag, least)).then_some(least)
    }

    fn level_step(&mut self, task: u32, levels: &mut Levels) -> Next {
        let at = levels.at;
        let next = match levels.step {
            LevelStep::Start if at as usize == levels.levels.len() => {
                let Some(work) = levels.createrepo else { return Next::Ends(TaskState::Closed) };
                self.child((task, Label::Repo), (Method::Createrepo, TaskArch::Noarch), leaf(work));
                LevelStep::Repo
            }
            // A chain begins on the repo that is there; a module asks for one with nothing built yet.
            LevelStep::Start if at == 0 && levels.createrepo.is_none() => {
                self.level_builds(task, levels);
                LevelStep::Builds
            }
            LevelStep::Start => {
                let wait = WaitRepo { tag: levels.tag, least: None, request: None };
                self.child((task, Label::Wait(at)), WAIT_REPO, Job::WaitRepo(wait));
                LevelStep::Wait
            }
            LevelStep::Wait => {
                if let Some(next) = self.not_closed(task, |label| label == Label::Wait(at)) {
                    return next;
                }
                self.level_builds(task, levels);
                LevelStep::Builds
            }
            LevelStep::Builds => {
                let is_mine = |label| matches!(label, Label::Build(level, _) if level == at);
                if let Some(next) = self.not_closed(task, is_mine) {
                    return next;
                }
                levels.at += 1;
                LevelStep::Start
            }
            LevelStep::Repo => {
                return self
                    .not_closed(task, |label| label == Label::Repo)
                    .unwrap_or(Next::Ends(TaskState::Closed));
            }
        };
        levels.step = next;
        Next::Again
    }

    fn level_builds(&mut self, task: u32, levels: &Levels) {
        for (number, spec) in (0..).zip(&levels.levels[levels.at as usize]) {
            let job = Job::Build { spec: Arc::clone(spec), step: BuildStep::Start };
            self.child(
                (task, Label::Build(levels.at, number)),
                (Method::Build, TaskArch::Noarch),
                job,
            );
        }
    }

    fn new_repo_step(
        &mut self,
        task: u32,
        repo: (TagId, u32),
        state: (&mut EventId, &mut bool),
    ) -> Next {
        let ((tag, number), (event, is_begun)) = (repo, state);
        if !*is_begun {
            *is_begun = true;
            *event = self.repos.new_event(self.passed.time);
            for arch in self.repos.arches_of(tag).iter() {
                let job = leaf(self.repos.createrepo(tag, number, arch));
                self.child((task, Label::Arch(arch)), (Method::Createrepo, TaskArch::Noarch), job);
            }
            return Next::Again;
        }
        self.not_closed(task, |label| matches!(label, Label::Arch(_)))
            .unwrap_or(Next::Ends(TaskState::Closed))
    }

    fn dist_repo_step(&mut self, task: u32, arches: &[Work], is_begun: &mut bool) -> Next {
        if !*is_begun {
            *is_begun = true;
            for (number, &work) in (0..).zip(arches) {
                let what = (Method::CreateDistRepo, TaskArch::Noarch);
                self.child((task, Label::Arch(number)), what, leaf(work));
            }
        }
        self.not_closed(task, |label| matches!(label, Label::Arch(_)))
            .unwrap_or(Next::Ends(TaskState::Closed))
    }

    /// Returns how to go on while some child of this step is not closed; one that failed has the
    /// others canceled.
    fn not_closed(&mut self, task: u32, is_awaited: impl Fn(Label) -> bool) -> Option<Next> {
        match self.children(task, &is_awaited) {
            Children::Closed => None,
            Children::Pending => Some(Next::Waits),
            Children::Failed => {
                let mine = self.tasks[task as usize].children.clone();
                for (_, child) in mine.into_iter().filter(|&(label, _)| is_awaited(label)) {
                    self.cancel_tree(child);
                }
                Some(Next::Ends(TaskState::Failed))
            }
        }
    }

    fn children(&self, task: u32, is_awaited: impl Fn(Label) -> bool) -> Children {
        // In its first run what is not over is all of this step, and many components are not counted
        // at every poll.
        let entry = &self.tasks[task as usize];
        if !entry.begins_again && entry.pending > 0 && !entry.has_failed {
            return Children::Pending;
        }
        let mut all = Children::Closed;
        let mine = self.tasks[task as usize].children.iter();
        for &(_, child) in mine.filter(|&&(label, _)| is_awaited(label)) {
            match self.tasks[child as usize].state {
                TaskState::Closed => {}
                TaskState::Failed | TaskState::Canceled => return Children::Failed,
                TaskState::Free | TaskState::Assigned | TaskState::Open => all = Children::Pending,
            }
        }
        all
    }

    /// Returns the child of a label that an earlier run of the same task made; a task in its first run
    /// makes each once, and a module of many components is not searched for every one of them.
    fn existing(&self, task: u32, label: Label) -> Option<u32> {
        if !self.tasks[task as usize].begins_again {
            return None;
        }
        let mine = self.tasks[task as usize].children.iter();
        mine.filter(|(known, _)| *known == label).map(|&(_, child)| child).next()
    }

    /// Makes a child, or finds the one that an earlier run of the same parent made.
    fn child(&mut self, at: (u32, Label), what: (Method, TaskArch), job: Job) -> u32 {
        let (parent, label) = at;
        if let Some(child) = self.existing(parent, label) {
            return child;
        }
        let (method, arch) = what;
        let priority =
            self.tasks[parent as usize].priority.saturating_add(self.settings.hub.child_priority);
        let created = self.now();
        let subject = match &job {
            Job::Build { spec, .. } => spec.subject,
            Job::Leaf { .. }
            | Job::Levels(_)
            | Job::WaitRepo(_)
            | Job::NewRepo { .. }
            | Job::DistRepo { .. } => self.tasks[parent as usize].subject,
        };
        let child = Task { priority, parent, created, subject, ..Task::new(method, job) };
        let child = self.new_task(child, arch);
        self.tasks[parent as usize].children.push((label, child));
        self.tasks[parent as usize].pending += 1;
        self.release(child);
        child
    }
}

const WAIT_REPO: (Method, TaskArch) = (Method::WaitRepo, TaskArch::Noarch);

fn leaf(work: Work) -> Job {
    Job::Leaf { work, tags: None }
}
