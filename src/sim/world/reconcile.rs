//! After a restart: what a driver finds when it looks before it acts. A command that was carried
//! out already is not carried out again; where its answer is known it is given again.

use super::testing::Subject;
use super::{JobPurpose, World};
use crate::orchestrate::{BuildId, Command, ComponentEnd, Event};
use crate::sim::ledger::BuildState;

impl World<'_> {
    /// Returns whether a command needs nothing more to be done.
    pub(super) fn is_done_already(&mut self, command: &Command) -> bool {
        match *command {
            Command::OpenModule { build, .. } => (build.0 as usize) < self.ledger.builds.len(),
            Command::CreateTarget { build, .. } => match self.found(build, JobPurpose::Target) {
                Some(Some(_)) => {
                    self.events.push_back(Event::TargetMade { build });
                    true
                }
                // It is being made, and its end will be told.
                Some(None) => true,
                None => false,
            },
            Command::BuildComponent { build, component, attempt, .. } => {
                let Some(end) = self.found(build, JobPurpose::component(component, attempt)) else {
                    return false;
                };
                if let Some(end) = end {
                    let event = Event::ComponentEnded { build, component, attempt, end };
                    self.no_longer_missed(&event);
                    self.events.push_back(event);
                }
                true
            }
            Command::MakeRepo { build, attempt, .. } => {
                match self.found(build, JobPurpose::repo(attempt)) {
                    // The orchestrator's own was lost with it.
                    None | Some(Some(ComponentEnd::Canceled)) => false,
                    Some(None) => true,
                    Some(Some(end)) => {
                        let is_ok = end == ComponentEnd::Complete;
                        let event = Event::RepoEnded { build, attempt, is_ok };
                        self.no_longer_missed(&event);
                        self.events.push_back(event);
                        true
                    }
                }
            }
            Command::Publish { build, attempt, .. } => {
                let subject = Subject { build, component: None, attempt };
                self.setup.conditions.gates.module && self.find_result(subject)
            }
            Command::RequestTest { build, component, attempt } => {
                self.find_result(Subject { build, component, attempt })
            }
            Command::Ready { build, .. } => self.stands(build) == BuildState::Passed,
            Command::FailModule { build, .. } => self.stands(build) == BuildState::Failed,
            Command::ResumeModule { build, .. } => self.stands(build) == BuildState::Live,
            Command::Mail { ref about, .. } => about.iter().all(|item| self.mailed.contains(item)),
            Command::JoinModule { .. } => self.joined.contains(command),
            Command::BuildModule { .. }
            | Command::CancelComponent { .. }
            | Command::Fetch { .. }
            | Command::TagComponent { .. }
            | Command::AskDependants { .. }
            | Command::Poll
            | Command::Timer { .. }
            | Command::Stop { .. } => false,
        }
    }

    fn stands(&self, build: BuildId) -> BuildState {
        self.ledger.builds[build.0 as usize].state
    }

    /// Finds the latest job for a purpose, and how it ended.
    fn found(&self, build: BuildId, purpose: JobPurpose) -> Option<Option<ComponentEnd>> {
        let is_it = |record: &&super::JobRecord| record.build == build && record.purpose == purpose;
        self.jobs.iter().rev().find(is_it).map(|record| record.end)
    }
}
