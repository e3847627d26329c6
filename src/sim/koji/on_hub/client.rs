//! A client that hears nothing from a bus (`orchestrator_owned.hears: polls`), as `modplan execute --on koji`
//! drives a hub: it sees with a poll what has ended, and has tagged what it built by tasks that it asks for
//! then.
//!
//! It asks for what it waits for alone from the beginning of the wait on, once in each interval: a repo, the
//! macros package, its tag. Builds of components, and their tags, are asked for with the polls of the
//! orchestrator, whose first one is an interval after the beginning of the run.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ComponentEnd, ComponentIx, Job, JobState, Method, Millis, OnHub, Order, Request, TaskId, What,
    Work,
};
use crate::hub::{BuildSpec, EventId, Tagging, TaskArch};
use crate::koji::TaskState;
use crate::orchestrate::BuildId;
use crate::time::Timestamp;

/// What a job does once its client has seen the end of what it waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// Its repo is there, or a try of it failed: it is submitted.
    Submit,
    /// It is built, by this task: it is tagged.
    Tag(TaskId),
    /// It is tagged.
    Tagged(EventId),
    /// It is built, and waits for its gate.
    Gate(TaskId),
    /// It failed.
    Fail,
}

/// What clients that poll have not seen yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Client {
    /// When each job is continued.
    sights: BTreeSet<(Timestamp, u32)>,
    then: BTreeMap<Job, Then>,
    /// Since when each job waits.
    since: BTreeMap<Job, Timestamp>,
    /// How each job that is built is to be tagged; none: without a task.
    tagging: BTreeMap<Job, Option<Work>>,
    /// Which of its builds a component's job makes.
    nth: BTreeMap<Job, u32>,
}

impl Client {
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.sights.first().map(|&(at, _)| at)
    }

    pub(super) fn waits(&mut self, job: Job, since: Timestamp) {
        self.since.insert(job, since);
    }

    pub(super) fn builds(&mut self, job: Job, nth: u32) {
        self.nth.insert(job, nth);
    }

    pub(super) fn forget(&mut self, job: Job, sight: Timestamp) {
        self.sights.remove(&(sight, job.0));
        self.then.remove(&job);
    }

    fn see(&mut self, job: Job, at: Timestamp, then: Then) {
        self.sights.insert((at, job.0));
        self.then.insert(job, then);
    }

    /// Takes a job whose moment has come.
    fn take(&mut self, now: Timestamp) -> Option<(Job, Then)> {
        let &(at, job) = self.sights.first().filter(|&&(at, _)| at <= now)?;
        self.sights.remove(&(at, job));
        let then = self.then.remove(&Job(job)).expect("it is noted with its moment");
        Some((Job(job), then))
    }

    /// Keeps how a build is to be tagged, which then tags nothing by itself.
    pub(super) fn keep_tagging(&mut self, job: Job, spec: &mut BuildSpec) {
        let tagging = match std::mem::replace(&mut spec.tagging, Tagging::None) {
            Tagging::Task(work) => Some(work),
            Tagging::Within | Tagging::None => None,
        };
        self.tagging.insert(job, tagging);
    }
}

/// Returns the first moment of a poll from which on an end is seen.
fn poll_after(since: Timestamp, end: Timestamp, interval: Millis) -> Timestamp {
    since + Millis((end - since).0.next_multiple_of(interval.0))
}

impl OnHub<'_> {
    /// Returns how often the orchestrator polls, where it hears nothing else of what it asked for.
    pub(super) fn polls(&self) -> Option<Millis> {
        self.setup.hears_by_polls()
    }

    /// Continues a job when its own wait is asked about next.
    pub(super) fn see_end_of_wait(&mut self, job: Job, then: Then) {
        let since = self.client.since.get(&job).copied().unwrap_or(self.now);
        self.see_from(job, since, then);
    }

    /// Continues a job with the next poll of the orchestrator.
    pub(super) fn see_with_poll(&mut self, job: Job, then: Then) {
        self.see_from(job, Timestamp::START, then);
    }

    fn see_from(&mut self, job: Job, since: Timestamp, then: Then) {
        let interval = self.polls().expect("only then anything is seen");
        let at = poll_after(since, self.now, interval);
        self.jobs.go_live(job, JobState::Seen(at));
        self.client.see(job, at, then);
    }

    /// Continues all whose moment has come; a hub that is offline is asked again an interval later.
    pub(super) fn see(&mut self) {
        while let Some((job, then)) = self.client.take(self.now) {
            if self.hub.is_offline() {
                let interval = self.polls().expect("only then anything is seen");
                let at = self.now + interval;
                self.jobs.go_live(job, JobState::Seen(at));
                self.client.see(job, at, then);
                continue;
            }
            match self.jobs.order(job) {
                Order::Target { build, .. } => self.target_seen(job, build, then),
                Order::Component { build, component, .. } => {
                    self.component_seen(job, (build, component), then);
                }
                Order::Module { .. }
                | Order::Step { .. }
                | Order::Unfetched { .. }
                | Order::Repo { .. } => unreachable!("only these are asked about by polls"),
            }
        }
    }

    fn target_seen(&mut self, job: Job, build: BuildId, then: Then) {
        match then {
            Then::Submit => self.jobs.make_due(job),
            Then::Tag(task) => {
                self.client.waits(job, self.now);
                if let Some(event) = self.begin_tagging(job, build, task) {
                    self.target_seen(job, build, Then::Tagged(event));
                }
            }
            Then::Tagged(event) => {
                self.builds.tag_macros(build, event);
                self.jobs.close(job);
                self.tell(build, job, What::TargetMade { is_ok: true });
            }
            Then::Gate(_) | Then::Fail => self.target_broken(job, build),
        }
    }

    fn component_seen(&mut self, job: Job, of: (BuildId, ComponentIx), then: Then) {
        let (build, component) = of;
        match then {
            Then::Submit => self.jobs.make_due(job),
            Then::Tag(task) => {
                // A task for the tag of the module, too: nothing waits for it alone.
                if let Some(Some(work)) = self.client.tagging.get(&job).copied() {
                    let (method, arch) = (Method::TagBuild, TaskArch::Noarch);
                    self.hub.submit(Request::Task { method, arch, work }, 0);
                }
                if let Some(event) = self.begin_tagging(job, build, task) {
                    self.component_seen(job, of, Then::Tagged(event));
                }
            }
            Then::Tagged(event) => {
                self.is_in_tag(build, component, event);
                self.component_told(job, of, ComponentEnd::Complete);
            }
            Then::Gate(task) => {
                self.untagged.insert(of, task);
                self.component_told(job, of, ComponentEnd::Complete);
            }
            Then::Fail => self.component_told(job, of, ComponentEnd::Failed),
        }
    }

    /// Has what a job built tagged by a task; returns the event where that takes none.
    fn begin_tagging(&mut self, job: Job, build: BuildId, task: TaskId) -> Option<EventId> {
        let tag = self.builds.tag(build).expect("made before anything is built in it");
        let Some(work) = self.client.tagging.get(&job).copied().flatten() else {
            return Some(self.hub.tag_build(tag, task));
        };
        let task = self.hub.submit(Request::TagBuild { tag, work }, 0);
        self.jobs.begin(job, task);
        None
    }

    fn component_told(
        &mut self,
        job: Job,
        (build, component): (BuildId, ComponentIx),
        end: ComponentEnd,
    ) {
        let nth = self.client.nth.get(&job).copied().unwrap_or(1);
        let attempt = self.jobs.order(job).attempt();
        self.jobs.close(job);
        self.tell(build, job, What::ComponentEnded { component, nth, attempt, end });
    }

    /// A task of a job ended that a poll will see: the build of a component or of the macros package, or what
    /// tags it.
    pub(super) fn end_to_see(&mut self, job: Job, task: TaskId, state: TaskState) {
        let is_tagging = self.hub.task(task).method == Method::TagBuild;
        let is_ok = state == TaskState::Closed;
        let then = match is_ok {
            true if is_tagging => self.hub.tagged_at(task).map_or(Then::Fail, Then::Tagged),
            true if self.setup.has_component_gate() => Then::Gate(task),
            true => Then::Tag(task),
            false => Then::Fail,
        };
        match self.jobs.order(job) {
            Order::Target { .. } => {
                let is_again = !is_ok
                    && !is_tagging
                    && self.jobs.tries(job) < self.farm.settings.hub.macros_tries;
                let then = match then {
                    Then::Gate(task) => Then::Tag(task),
                    Then::Fail if is_again => Then::Submit,
                    then => then,
                };
                self.see_end_of_wait(job, then);
            }
            Order::Component { .. } => self.see_with_poll(job, then),
            Order::Module { .. }
            | Order::Step { .. }
            | Order::Unfetched { .. }
            | Order::Repo { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_seen_by_the_first_poll_that_is_not_before_it() {
        let seen =
            |since: u64, end: u64| poll_after(Timestamp(since), Timestamp(end), Millis(60)).0;
        assert_eq!([seen(0, 0), seen(0, 1), seen(0, 60), seen(0, 61)], [0, 60, 60, 120]);
        assert_eq!([seen(50, 50), seen(50, 60), seen(50, 111)], [50, 110, 170]);
    }
}
