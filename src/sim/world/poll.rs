//! Polls: koji and the tests say how the things stand that they are asked about, and nothing else.
//!
//! Where nothing can get lost on the way, a poll brings no news, and what it asks about is only counted.

use super::testing::Subject;
use super::{Driven, JobPurpose, World};
use crate::orchestrate::{Asked, Call, Command, ComponentEnd, Event, Outstanding, TaskId};
use crate::scenario::Bus;
use crate::sim::conditions::Conditions;

impl World<'_> {
    /// Answers a poll by an event for each thing that has come to an end. A message that is late comes
    /// later all the same, and says what is known.
    pub(super) fn poll(&mut self, about: &Asked) {
        self.counts.polls += 1;
        let Asked::These(about) = about else { return };
        for asked in about.iter() {
            let event = self.news_of(asked);
            self.inbox.events.extend(event);
        }
    }

    /// Has polls list what they ask about, where that may bring news.
    pub(super) fn spell_out_polls(&self, driven: &mut Driven<'_>) {
        if self.may_miss_news() {
            driven.orchestrator.spell_out(&mut driven.commands);
        } else if cfg!(debug_assertions) {
            self.assert_no_news(driven);
        }
    }

    /// Returns whether anything may happen in this world that the orchestrator does not hear of at once.
    fn may_miss_news(&self) -> bool {
        let Conditions { bus, faults, crash_after, torn_writes, call_faults, .. } =
            &self.setup.conditions;
        let is_sound = faults.is_empty()
            && crash_after.is_empty()
            && torn_writes.is_empty()
            && call_faults.is_empty();
        !is_sound || *bus != Bus::default()
    }

    /// Asserts that a poll that is not spelled out would bring nothing but what is here already.
    fn assert_no_news(&self, driven: &Driven<'_>) {
        let is_poll =
            |command: &&Command| matches!(command, Command::Call { call: Call::Poll { .. }, .. });
        let mut polls: Vec<Command> = driven.commands.iter().filter(is_poll).cloned().collect();
        driven.orchestrator.spell_out(&mut polls);
        for about in polls.iter_mut().filter_map(Command::asked) {
            let Asked::These(about) = about else { continue };
            for event in about.iter().filter_map(|asked| self.news_of(asked)) {
                assert!(self.inbox.events.contains(&event), "the orchestrator missed {event:?}");
            }
        }
    }

    fn news_of(&self, asked: &Outstanding) -> Option<Event> {
        match *asked {
            Outstanding::Task { task } => self.end_of(task),
            Outstanding::Test { build, component, attempt, is_closed } => {
                self.verdict_on(Subject { build, component, attempt }, is_closed)
            }
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
