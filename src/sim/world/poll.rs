//! Polls: koji and the tests say how the things stand that they are asked about, and nothing else.

use super::testing::Subject;
use super::{JobPurpose, World};
use crate::orchestrate::{ComponentEnd, Event, Outstanding, TaskId};

impl World<'_> {
    /// Answers a poll by an event for each thing that has come to an end. A message that is late comes
    /// later all the same, and says what is known.
    pub(super) fn poll(&mut self, about: &[Outstanding]) {
        self.counts.polls += 1;
        for asked in about {
            let event = match *asked {
                Outstanding::Task { task } => self.end_of(task),
                Outstanding::Test { build, component, attempt, is_closed } => {
                    self.verdict_on(Subject { build, component, attempt }, is_closed)
                }
            };
            self.inbox.events.extend(event);
        }
    }

    /// Returns how a task ended, if it did and koji is there to say so.
    fn end_of(&self, task: TaskId) -> Option<Event> {
        if self.troubles.is_hub_offline() {
            return None;
        }
        let job = self.jobs.get(task.0 as usize)?;
        let (build, end) = (job.build, job.end?);
        match job.purpose {
            JobPurpose::Component { component, attempt } => {
                let attempt = attempt.get().into();
                Some(Event::ComponentEnded { build, component, attempt, end })
            }
            JobPurpose::Repo { attempt } => {
                let is_ok = end == ComponentEnd::Complete;
                Some(Event::RepoEnded { build, attempt: attempt.get().into(), is_ok })
            }
            JobPurpose::Target { .. } | JobPurpose::Module | JobPurpose::Step(_) => None,
        }
    }
}
