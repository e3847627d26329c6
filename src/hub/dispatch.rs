//! What the scheduler works from: tasks that wait for a builder, who refused them, and when it runs.
//!
//! A run happens only inside a poll of a builder to which nothing is assigned, and at most once an
//! interval. When nothing changed since the last one, a run decides nothing, but it counts: the next
//! one is an interval later. Such runs are not carried out one by one, only their times are followed.

use std::collections::BTreeSet;

use super::agenda::Agenda;
use super::bins::Bins;
use super::builders::Builders;
use super::refusal::Refusals;
use super::scheduler::{Assignment, BuilderView, FreeTask, Scheduler};
use super::stamp::{Kind, Stamp};
use super::task::{NEVER, Turn};
use super::tasks::Tasks;
use crate::farm;
use crate::time::{Millis, Timestamp};

/// Tasks to give out, and when that is done.
#[derive(Clone, Debug)]
pub(super) struct Dispatch {
    /// In the order in which they are given out.
    free: BTreeSet<Turn>,
    pub(super) refusals: Refusals,
    scheduler: Scheduler,
    /// How many of `free` a run looks at.
    most: usize,
    /// The time between two runs: at one moment it runs once, whatever this is.
    interval: Millis,
    /// It runs in the first poll from here on.
    next_run: Timestamp,
    /// The poll on the agenda in which it runs.
    run_poll: Option<(Timestamp, u32)>,
    /// Whether something changed since it ran last.
    has_change: bool,
    /// When it has something to check next.
    wake: Timestamp,
}

impl Dispatch {
    /// Makes one that ran last so long before the start.
    pub(super) fn new(hub: &farm::Hub, run_age: Millis) -> Self {
        Self {
            free: BTreeSet::new(),
            refusals: Refusals::default(),
            scheduler: Scheduler::new(hub),
            most: hub.free_tasks_max as usize,
            interval: hub.run_interval.max(Millis(1)),
            next_run: Timestamp(hub.run_interval.saturating_sub(run_age).0),
            run_poll: None,
            has_change: false,
            wake: NEVER,
        }
    }

    /// Adds a task to give out.
    pub(super) fn add(&mut self, task: Turn) {
        self.free.insert(task);
        self.has_change = true;
    }

    /// Takes a task back; returns whether it was there.
    pub(super) fn remove(&mut self, task: Turn) -> bool {
        self.free.remove(&task)
    }

    /// Moves a task that waits to another place.
    pub(super) fn change_turn(&mut self, from: Turn, to: Turn) {
        if self.free.remove(&from) {
            self.free.insert(to);
        }
    }

    /// Notes that something changed which may let a run decide something.
    pub(super) fn change(&mut self) {
        self.has_change = true;
    }

    /// Follows the runs up to `stamp` that decided nothing.
    pub(super) fn catch_up(&mut self, stamp: Stamp, passed: Stamp, builders: &Builders) {
        while self.next_run <= stamp.time {
            let Some((time, builder)) = builders.first_run(self.next_run, passed) else {
                return;
            };
            if (Stamp { time, kind: Kind::Poll, index: builder }) >= stamp {
                return;
            }
            debug_assert!(!self.wants_run(), "a run that may decide something is carried out");
            self.next_run = time + self.interval;
        }
    }

    /// Returns whether a run may decide something.
    fn wants_run(&self) -> bool {
        self.has_change && (!self.free.is_empty() || self.wake != NEVER)
    }

    /// Puts the poll in which the scheduler runs next on the agenda, if that run may decide something.
    pub(super) fn plan_run(&mut self, builders: &Builders, agenda: &mut Agenda) {
        if !self.wants_run() {
            return;
        }
        let Some(poll) = builders.first_run(self.next_run, agenda.passed()) else { return };
        if self.run_poll != Some(poll) {
            self.run_poll = Some(poll);
            let (time, index) = poll;
            agenda.push(Stamp { time, kind: Kind::Poll, index });
        }
    }

    /// Returns whether a poll at this moment makes the scheduler run.
    pub(super) fn is_run(&self, now: Timestamp) -> bool {
        now >= self.next_run
    }

    /// Begins a run.
    pub(super) fn begin_run(&mut self, now: Timestamp) {
        self.next_run = now + self.interval;
        self.has_change = false;
        self.refusals.drop_ended(now);
    }

    /// Returns the tasks to give out, in the order in which they are.
    pub(super) fn free(&self) -> impl Iterator<Item = u32> {
        self.free.iter().map(|&(_, _, task)| task)
    }

    pub(super) fn has_free(&self) -> bool {
        !self.free.is_empty()
    }

    /// Decides who gets which task; the decisions are not carried out.
    pub(super) fn decide(
        &mut self,
        mut views: Vec<BuilderView>,
        tasks: &Tasks,
        bins: &Bins,
    ) -> Vec<Assignment> {
        let first = self.free.iter().take(self.most);
        let free: Vec<FreeTask<'_>> = first
            .map(|&(_, _, id)| FreeTask {
                id,
                bin: bins.builders(tasks[id].bin),
                refused: self.refusals.of(id),
            })
            .collect();
        let mut out = Vec::new();
        self.scheduler.assign(&mut views, &free, &mut out);
        // More than one run looks at may be free, and the next looks further.
        self.has_change |= !out.is_empty() && self.free.len() > self.most;
        out
    }

    /// Time is up for something that the scheduler checks.
    pub(super) fn wake(&mut self, now: Timestamp) {
        if self.wake <= now {
            self.has_change = true;
        }
    }

    /// Has the scheduler check again in the first run after `time`, if no earlier one is planned.
    pub(super) fn wake_after(&mut self, time: Timestamp, agenda: &mut Agenda) {
        self.set_wake(self.wake.min(time.max(agenda.now()) + Millis(1)), agenda);
    }

    /// Has the scheduler check again in the first run after `time`, and not before; `NEVER`: it has
    /// nothing to check.
    pub(super) fn plan_wake(&mut self, time: Timestamp, agenda: &mut Agenda) {
        let is_planned = time != NEVER;
        let wake = if is_planned { time.max(agenda.now()) + Millis(1) } else { NEVER };
        self.set_wake(wake, agenda);
    }

    fn set_wake(&mut self, wake: Timestamp, agenda: &mut Agenda) {
        if wake != NEVER && wake != self.wake {
            agenda.push(Stamp { time: wake, kind: Kind::Wake, index: 0 });
        }
        self.wake = wake;
    }
}
