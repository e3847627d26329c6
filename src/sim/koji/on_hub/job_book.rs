//! What was ordered, and where each job is: with a repo, with the hub, or over.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::small;
use crate::hub::{RequestId, TaskId};
use crate::sim::koji::{Job, Order};
use crate::time::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JobState {
    /// Over, or canceled: nothing more is reported.
    Over,
    /// Waits for a repo: of a target the first, of a component one with all before it.
    Repo(RequestId),
    /// Waits to be submitted at the end of this moment.
    Due,
    /// Is in koji's hands.
    Task(TaskId),
    /// The orchestrator makes it itself, until then.
    Own(Timestamp),
    /// What it waited for is over, and its client sees that then.
    Seen(Timestamp),
}

/// What was ordered.
#[derive(Clone, Copy, Debug)]
struct JobRun {
    order: Order,
    state: JobState,
    tries: u32,
}

/// Every job of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct JobBook {
    all: Vec<JobRun>,
    /// Jobs that go to the hub at the end of this moment.
    due: Vec<u32>,
    /// Jobs that wait for a repo or are in koji's hands.
    live: BTreeSet<u32>,
    /// Jobs by the task that each became.
    of_task: BTreeMap<TaskId, Job>,
    /// Jobs by the repo that each asked for.
    waiting_for: BTreeMap<RequestId, Vec<Job>>,
}

impl JobBook {
    /// Forgets every job, and keeps the space.
    pub(super) fn clear(&mut self) {
        self.all.clear();
        self.due.clear();
        self.live.clear();
        self.of_task.clear();
        self.waiting_for.clear();
    }

    pub(super) fn add(&mut self, order: Order) -> Job {
        let job = Job(small(self.all.len()));
        self.all.push(JobRun { order, state: JobState::Over, tries: 0 });
        job
    }

    pub(super) fn order(&self, job: Job) -> Order {
        self.all[job.0 as usize].order
    }

    pub(super) fn state(&self, job: Job) -> JobState {
        self.all[job.0 as usize].state
    }

    /// Returns whether some job waits for a repo or is in koji's hands.
    pub(super) fn has_live(&self) -> bool {
        !self.live.is_empty()
    }

    /// Counts a try of a job; returns how many there were before.
    pub(super) fn tries(&self, job: Job) -> u32 {
        self.all[job.0 as usize].tries
    }

    pub(super) fn count_try(&mut self, job: Job) {
        self.all[job.0 as usize].tries += 1;
    }

    pub(super) fn close(&mut self, job: Job) {
        self.all[job.0 as usize].state = JobState::Over;
        self.live.remove(&job.0);
    }

    /// Lets a job wait for what its state says.
    pub(super) fn go_live(&mut self, job: Job, state: JobState) {
        self.live.insert(job.0);
        match state {
            JobState::Due => self.make_due(job),
            JobState::Repo(request) => {
                self.all[job.0 as usize].state = state;
                self.waiting_for.entry(request).or_default().push(job);
            }
            JobState::Own(_) | JobState::Over | JobState::Task(_) | JobState::Seen(_) => {
                self.all[job.0 as usize].state = state;
            }
        }
    }

    /// Has a job submitted at the end of this moment.
    pub(super) fn make_due(&mut self, job: Job) {
        self.all[job.0 as usize].state = JobState::Due;
        self.due.push(job.0);
    }

    /// Takes what is due, the most urgent first: koji takes equals in the order of submission.
    pub(super) fn take_due(&mut self) -> Vec<Job> {
        let mut due = std::mem::take(&mut self.due);
        let urgency = |at: &u32| match self.order(Job(*at)) {
            Order::Component { priority, .. } => priority,
            Order::Target { .. }
            | Order::Module { .. }
            | Order::Step { .. }
            | Order::Unfetched { .. }
            | Order::Repo { .. } => u32::MAX,
        };
        due.sort_by_key(|at| Reverse(urgency(at)));
        due.into_iter().map(Job).collect()
    }

    /// Notes the task that a job became.
    pub(super) fn begin(&mut self, job: Job, task: TaskId) {
        self.go_live(job, JobState::Task(task));
        self.of_task.insert(task, job);
    }

    /// Returns the job that a task is of.
    pub(super) fn of_task(&self, task: TaskId) -> Option<Job> {
        self.of_task.get(&task).copied()
    }

    /// Forgets a task that ended; returns its job, unless that was given up before.
    pub(super) fn end_task(&mut self, task: TaskId) -> Option<Job> {
        let job = self.of_task.remove(&task)?;
        (self.state(job) == JobState::Task(task)).then_some(job)
    }

    /// Takes the jobs that still wait for a repo.
    pub(super) fn take_waiting(&mut self, request: RequestId) -> Vec<Job> {
        let mut jobs = self.waiting_for.remove(&request).unwrap_or_default();
        jobs.retain(|&job| self.state(job) == JobState::Repo(request));
        jobs
    }
}
