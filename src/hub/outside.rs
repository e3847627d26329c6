//! What others than the one simulated client do to tags and repos of the hub, and what they can see
//! there: a hub behind XML-RPC has clients that change tags and want to know more.

use super::job::Job;
use super::repo_queue::RequestState;
use super::{ArchSet, EventId, Hub, RequestId, TagId, TaskId};
use crate::time::Timestamp;

/// How a request for a repo stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestInfo {
    /// The task that makes the repo, while there is one.
    pub task: Option<TaskId>,
    /// Whether the repo is there.
    pub is_met: bool,
    /// Whether it was given up.
    pub is_given_up: bool,
    /// How often it was tried.
    pub tries: u32,
}

impl Hub {
    /// Notes a moment in the history of tags without changing one that builds see.
    pub fn mark(&mut self) -> EventId {
        self.tags.new_event(self.agenda.now())
    }

    /// Changes a tag: repos made before are no longer what it holds.
    pub fn change_tag(&mut self, tag: TagId) -> EventId {
        let event = self.tags.change(tag, self.agenda.now());
        self.call_autoregen(tag);
        event
    }

    /// Tags what a `build` task built, with no task of its own (`tagBuildBypass`).
    pub fn tag_build(&mut self, tag: TagId, build: TaskId) -> EventId {
        self.tagged(tag, build.0);
        self.tagged_at(build).expect("it was tagged just now")
    }

    /// Sets the arches that repos of a tag are made for.
    pub fn set_tag_arches(&mut self, tag: TagId, arches: ArchSet) {
        self.tags.set_arches(tag, arches);
    }

    /// Returns the newest event.
    #[must_use]
    pub fn last_event(&self) -> EventId {
        self.tags.last_event()
    }

    /// Returns the event of the last change of a tag.
    #[must_use]
    pub fn last_change_of(&self, tag: TagId) -> EventId {
        self.tags.last_change(tag)
    }

    /// Returns when an event was; `None` for one that has not been.
    #[must_use]
    pub fn event_time(&self, event: EventId) -> Option<Timestamp> {
        let before = event.0.checked_sub(1)?;
        (event <= self.last_event()).then(|| self.tags.time_after(EventId(before)))
    }

    /// Has a repo of a tag made now, even if there is one; returns the task.
    pub fn regenerate(&mut self, tag: TagId) -> TaskId {
        let event = self.mark();
        let request = self.ask(tag, event, self.settings.hub.priority);
        let task = self.make_repo(request);
        self.plan_run();
        TaskId(task)
    }

    /// Returns how a request for a repo stands.
    #[must_use]
    pub fn repo_request(&self, request: RequestId) -> RequestInfo {
        let request = self.repos.get(request.0);
        let task = match request.state {
            RequestState::UnderWay { task } => Some(TaskId(task)),
            RequestState::Queued | RequestState::Met | RequestState::GivenUp => None,
        };
        RequestInfo {
            task,
            is_met: request.state == RequestState::Met,
            is_given_up: request.state == RequestState::GivenUp,
            tries: request.tries,
        }
    }

    /// Returns whether a task waits for those that it made.
    #[must_use]
    pub fn is_waiting(&self, task: TaskId) -> bool {
        self.tasks[task.0].is_waiting
    }

    /// Returns the tag that a regeneration is of, and its event once it has begun.
    #[must_use]
    pub fn regeneration_of(&self, task: TaskId) -> Option<(TagId, EventId)> {
        match self.tasks[task.0].job {
            Job::NewRepo { tag, event, .. } => Some((tag, event)),
            Job::Leaf { .. }
            | Job::Build { .. }
            | Job::Chain(_)
            | Job::ModuleBuild
            | Job::WaitRepo(_)
            | Job::DistRepo { .. } => None,
        }
    }
}
