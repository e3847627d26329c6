//! What koji's own tasks of modules ask of koji, and what koji has of it.

use std::collections::BTreeSet;

use super::notices::ended;
use super::{JobPurpose, JobRecord, World};
use crate::orchestrate::{Answer, BuildId, Call, CallId, ComponentEnd, Event, Reply, TaskId};
use crate::sim::koji::{Job, Order, Step};
use crate::sim::log::Fact;

/// Targets and imports of module tasks: what koji makes without a job.
#[derive(Debug, Default)]
pub(super) struct Made {
    targets: BTreeSet<BuildId>,
    imported: BTreeSet<BuildId>,
}

impl World<'_> {
    /// Does what a task asks for; returns the answer, or none where it is given later.
    pub(super) fn do_for_task(
        &mut self,
        build: BuildId,
        id: CallId,
        call: &Call,
    ) -> Option<Answer> {
        #[expect(clippy::wildcard_enum_match_arm, reason = "a module task makes these only")]
        match *call {
            Call::CreateTarget { module, .. } => {
                self.module_tasks.made.targets.insert(build);
                self.koji.make_target(build, module);
            }
            Call::WaitRepo { batch, .. } => {
                self.module_tasks.wait_for(build, id);
                self.order_step(build, Step::Wait { batch });
                return None;
            }
            Call::BuildComponent { component, .. } => {
                return Some(self.order_step(build, Step::Component(component)));
            }
            Call::CancelComponent { component, .. } => {
                self.cancel_step(build, Step::Component(component));
            }
            Call::MakeRepo { .. } => return Some(self.order_step(build, Step::Repo)),
            Call::Import { .. } => {
                assert!(self.module_tasks.made.imported.insert(build), "a module is imported once");
            }
            Call::EndTask { is_ok, .. } => {
                let end = if is_ok { ComponentEnd::Complete } else { ComponentEnd::Failed };
                self.koji.end_module(self.module_tasks.job(build), end);
            }
            ref call => unreachable!("a module task does not ask for this: {call:?}"),
        }
        Some(Answer::Done(Reply::Nothing))
    }

    fn order_step(&mut self, build: BuildId, step: Step) -> Answer {
        let of = self.module_tasks.job(build);
        let order = Order::Step { of, build, step };
        Answer::Done(Reply::Task(TaskId(self.order(build, JobPurpose::Step(step), order).0)))
    }

    /// Returns what koji has of a call of a task, or none where it answers later; of a subtask that ended,
    /// the end is reported again.
    pub(super) fn found_for(&mut self, build: BuildId, id: CallId, call: &Call) -> Option<Answer> {
        let made = &self.module_tasks.made;
        let known = |is: bool| Some(if is { Answer::Done(Reply::Nothing) } else { Answer::Absent });
        #[expect(clippy::wildcard_enum_match_arm, reason = "a module task makes these only")]
        match *call {
            Call::CreateTarget { .. } => known(made.targets.contains(&build)),
            Call::WaitRepo { batch, .. } => match self.job_of(build, Step::Wait { batch }) {
                None => Some(Answer::Absent),
                Some((_, Some(end))) => Some(ended(end == ComponentEnd::Complete)),
                Some((_, None)) => {
                    self.module_tasks.wait_for(build, id);
                    None
                }
            },
            Call::Import { .. } => known(made.imported.contains(&build)),
            Call::BuildComponent { component, .. } => {
                let found = self.job_of(build, Step::Component(component));
                Some(self.found_step(build, found, |end| Event::ComponentEnded {
                    build,
                    component,
                    attempt: 1,
                    end,
                }))
            }
            Call::CancelComponent { component, .. } => {
                let job = self.job_of(build, Step::Component(component));
                known(job.is_none_or(|(_, end)| end.is_some()))
            }
            Call::MakeRepo { .. } => {
                let found = self.job_of(build, Step::Repo);
                Some(self.found_step(build, found, |end| Event::RepoEnded {
                    build,
                    attempt: 1,
                    is_ok: end == ComponentEnd::Complete,
                }))
            }
            Call::EndTask { .. } => known(self.job(self.module_tasks.job(build)).end.is_some()),
            ref call => unreachable!("a module task does not look for this: {call:?}"),
        }
    }

    fn found_step(
        &mut self,
        build: BuildId,
        found: Option<(Job, Option<ComponentEnd>)>,
        event: impl FnOnce(ComponentEnd) -> Event,
    ) -> Answer {
        let Some((job, end)) = found else { return Answer::Absent };
        if let Some(end) = end {
            self.answer_module_task(build, event(end));
        }
        Answer::Done(Reply::Task(TaskId(job.0)))
    }

    /// Finds the job of a step of a module build, and how it ended.
    fn job_of(&self, build: BuildId, step: Step) -> Option<(Job, Option<ComponentEnd>)> {
        let wanted = (build, JobPurpose::Step(step));
        let is_it = |record: &JobRecord| (record.build, record.purpose) == wanted;
        let at = self.jobs.iter().rposition(is_it)?;
        Some((Job(u32::try_from(at).expect("jobs are numbered so")), self.jobs[at].end))
    }

    /// Cancels a step of a module build; the bus says nothing of it.
    fn cancel_step(&mut self, build: BuildId, step: Step) {
        if let Some((job, None)) = self.job_of(build, step) {
            self.jobs[job.0 as usize].end = Some(ComponentEnd::Canceled);
            self.koji.cancel(self.now, job);
        }
    }

    /// Notes a call of a task that will never work as asked.
    pub(super) fn note_refused_for_good(&mut self, build: BuildId, call: &Call, answer: &Answer) {
        let component =
            if let Call::BuildComponent { component, .. } = *call { Some(component) } else { None };
        if let Answer::Failed(fault) = *answer {
            self.note(Fact::CallFailed { build, call: call.kind(), component, fault });
        }
    }
}
