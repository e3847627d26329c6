//! A koji that refuses to do anything twice.

use std::collections::{BTreeMap, BTreeSet};

use super::BUILD;
use crate::orchestrate::{Answer, Call, ComponentEnd, ComponentIx, Event, Reply, TaskId};

/// What koji has of the task.
#[derive(Debug, Default)]
pub(super) struct Koji {
    pub(super) has_target: bool,
    pub(super) repos: BTreeSet<u32>,
    pub(super) subtasks: BTreeMap<u32, Option<ComponentEnd>>,
    pub(super) last_repo: Option<bool>,
    pub(super) imports: u32,
    pub(super) ended: Option<bool>,
}

impl Koji {
    /// Does what is asked. What is there already is never asked for again.
    pub(super) fn write(&mut self, call: &Call) -> Reply {
        assert!(self.ended.is_none(), "nothing is asked of a task that ended: {call:?}");
        #[expect(clippy::wildcard_enum_match_arm, reason = "a module task makes these only")]
        match *call {
            Call::CreateTarget { .. } => {
                assert!(!std::mem::replace(&mut self.has_target, true), "made twice");
            }
            Call::WaitRepo { batch, .. } => {
                assert!(self.has_target && self.repos.insert(batch), "asked for twice: {batch}");
            }
            Call::BuildComponent { component, attempt: 1, .. } => {
                let before = self.subtasks.insert(component.0, None);
                assert_eq!(before, None, "built twice: {component:?}");
                return Reply::Task(TaskId(component.0));
            }
            Call::CancelComponent { component, .. } => {
                let end = self.subtasks.get_mut(&component.0).expect("what is there is canceled");
                end.get_or_insert(ComponentEnd::Canceled);
            }
            Call::MakeRepo { .. } => {
                assert_eq!(self.last_repo.replace(false), None, "made twice");
                let all = [0, 1, 2].map(|at| self.subtasks[&at]);
                assert_eq!(all, [Some(ComponentEnd::Complete); 3], "a repo of what is built");
                return Reply::Task(TaskId(99));
            }
            Call::Import { .. } => {
                assert_eq!(self.last_repo, Some(true), "imported with its repo");
                self.imports += 1;
            }
            Call::EndTask { is_ok, .. } => self.ended = Some(is_ok),
            ref other => unreachable!("no call of a module task: {other:?}"),
        }
        Reply::Nothing
    }

    pub(super) fn look(&self, call: &Call) -> Answer {
        let known = |is: bool| if is { Answer::Done(Reply::Nothing) } else { Answer::Absent };
        #[expect(clippy::wildcard_enum_match_arm, reason = "a module task makes these only")]
        match *call {
            Call::CreateTarget { .. } => known(self.has_target),
            Call::WaitRepo { batch, .. } => known(self.repos.contains(&batch)),
            Call::BuildComponent { component, .. } => {
                match self.subtasks.contains_key(&component.0) {
                    true => Answer::Done(Reply::Task(TaskId(component.0))),
                    false => Answer::Absent,
                }
            }
            Call::CancelComponent { component, .. } => {
                known(self.subtasks.get(&component.0).is_none_or(Option::is_some))
            }
            Call::MakeRepo { .. } => match self.last_repo {
                Some(_) => Answer::Done(Reply::Task(TaskId(99))),
                None => Answer::Absent,
            },
            Call::Import { .. } => known(self.imports > 0),
            Call::EndTask { .. } => known(self.ended.is_some()),
            ref other => unreachable!("no call of a module task: {other:?}"),
        }
    }

    /// What koji says of all that ended.
    pub(super) fn ends(&self) -> Vec<Event> {
        let component = |(&at, end): (&u32, &Option<ComponentEnd>)| {
            let (build, component) = (BUILD, ComponentIx(at));
            end.map(|end| Event::ComponentEnded { build, component, attempt: 1, end })
        };
        let repo = self.last_repo.filter(|is_ok| *is_ok);
        let repo = repo.map(|is_ok| Event::RepoEnded { build: BUILD, attempt: 1, is_ok });
        self.subtasks.iter().filter_map(component).chain(repo).collect()
    }
}
