//! Looks: whether a party has a call whose answer is missing.

use std::collections::{BTreeMap, BTreeSet};

use super::testing::Subject;
use super::{JobPurpose, World};
use crate::orchestrate::{
    Answer, BuildId, Call, CallId, ComponentEnd, ComponentIx, Event, Fault, ModuleIx, Reply,
    RepoMaker, TaskId,
};

/// What is there to be found of calls that are made once.
#[derive(Debug, Default)]
pub(super) struct Marks {
    pub(super) tagged: BTreeSet<(BuildId, ComponentIx, u32)>,
    pub(super) published: BTreeSet<(BuildId, u32)>,
    /// The calls for repos that the orchestrator makes itself.
    pub(super) own_repos: BTreeMap<(BuildId, u32), CallId>,
    pub(super) mailed: BTreeSet<CallId>,
    /// Rebuilds that koji was asked for, by cause and module.
    pub(super) rebuilt: BTreeSet<(BuildId, ModuleIx)>,
}

impl World<'_> {
    /// Answers a look. A task that is open reports its end later; for one that has ended, the end is
    /// reported again, since a look shows it.
    pub(super) fn look(&mut self, id: CallId, call: &Call) {
        if !self.reaches_its_party(id, call) {
            return;
        }
        if let Some(answer) = self.found(id, call) {
            self.give(id, answer);
        }
    }

    /// Returns what is found of a call; none where its answer is to come.
    fn found(&mut self, id: CallId, call: &Call) -> Option<Answer> {
        let known = |is: bool| Some(if is { Answer::Done(Reply::Nothing) } else { Answer::Absent });
        match *call {
            Call::BuildModule { module, cause, .. } => {
                known(self.marks.rebuilt.contains(&(cause, module)))
            }
            Call::CreateTarget { build, .. } => {
                match self.job_for(build, |purpose| purpose == JobPurpose::Target { call: id }) {
                    None => Some(Answer::Absent),
                    Some((_, None)) => None,
                    Some((_, Some(ComponentEnd::Complete))) => known(true),
                    Some((_, Some(_))) => Some(Answer::Failed(Fault::Broken)),
                }
            }
            Call::BuildComponent { build, component, attempt, .. } => {
                let wanted = JobPurpose::component(component, attempt);
                let Some((task, end)) = self.job_for(build, |purpose| purpose == wanted) else {
                    return Some(Answer::Absent);
                };
                if let Some(end) = end {
                    self.see(Event::ComponentEnded { build, component, attempt, end });
                }
                Some(Answer::Done(Reply::Task(task)))
            }
            Call::MakeRepo { build, attempt, by: RepoMaker::Orchestrator, .. } => {
                let wanted = JobPurpose::repo(attempt);
                match self.job_for(build, |purpose| purpose == wanted) {
                    None | Some((_, Some(ComponentEnd::Canceled))) => Some(Answer::Absent),
                    Some((_, None)) => None,
                    Some((_, Some(ComponentEnd::Complete))) => known(true),
                    Some((_, Some(ComponentEnd::Failed))) => Some(Answer::Failed(Fault::Broken)),
                }
            }
            Call::MakeRepo { build, attempt, by: RepoMaker::Koji, .. } => {
                let wanted = JobPurpose::repo(attempt);
                match self.job_for(build, |purpose| purpose == wanted) {
                    None => Some(Answer::Absent),
                    Some((task, end)) => {
                        if let Some(end) = end {
                            let is_ok = end == ComponentEnd::Complete;
                            self.see(Event::RepoEnded { build, attempt, is_ok });
                        }
                        Some(Answer::Done(Reply::Task(task)))
                    }
                }
            }
            Call::CancelComponent { build, component, attempt } => {
                let wanted = JobPurpose::component(component, attempt);
                let job = self.job_for(build, |purpose| purpose == wanted);
                known(job.is_none_or(|(_, end)| end.is_some()))
            }
            Call::TagComponent { build, component, attempt } => {
                known(self.marks.tagged.contains(&(build, component, attempt)))
            }
            Call::Publish { build, attempt, .. } => {
                known(self.marks.published.contains(&(build, attempt)))
            }
            Call::RequestTest { build, component, attempt } => {
                known(self.find_result(Subject { build, component, attempt }))
            }
            Call::Mail { .. } => known(self.marks.mailed.contains(&id)),
            Call::WaitRepo { .. }
            | Call::Import { .. }
            | Call::EndTask { .. }
            | Call::Fetch { .. }
            | Call::AskDependants { .. }
            | Call::Poll { .. } => Some(Answer::Absent),
        }
    }

    /// Reports what a look at a task shows.
    fn see(&mut self, event: Event) {
        self.inbox.events.push_back(event);
    }

    /// Returns the attempt of a module build that its tests are about: the last that was published, of a
    /// component the last that was submitted.
    pub(super) fn last_attempt(&self, build: BuildId, component: Option<ComponentIx>) -> u32 {
        let Some(wanted) = component else {
            let mut published = self.marks.published.range((build, 0)..=(build, u32::MAX));
            return published.next_back().map_or(1, |&(_, attempt)| attempt);
        };
        let attempt = |record: &super::JobRecord| {
            let JobPurpose::Component { component, attempt } = record.purpose else { return None };
            (record.build == build && component == wanted).then_some(attempt.get().into())
        };
        self.jobs.iter().rev().find_map(attempt).unwrap_or(1)
    }

    /// Finds the latest job of a module build for a purpose, and how it ended.
    fn job_for(
        &self,
        build: BuildId,
        is_it: impl Fn(JobPurpose) -> bool,
    ) -> Option<(TaskId, Option<ComponentEnd>)> {
        let is_it = |record: &super::JobRecord| record.build == build && is_it(record.purpose);
        let at = self.jobs.iter().rposition(is_it)?;
        Some((TaskId(u32::try_from(at).expect("jobs are numbered so")), self.jobs[at].end))
    }
}
