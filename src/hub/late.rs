//! Why a `waitrepo` gave up: what stood between it and its repo at that moment. koji says only that
//! it waited too long; what would help depends on what it waited for.

use std::collections::BTreeMap;

use super::job::WaitRepo;
use super::repo_queue::RequestState;
use super::scheduler::can_take;
use super::task::NONE;
use super::verdict::Why;
use super::{Hub, Method, TaskId};
use crate::koji::TaskState;

/// What a `waitrepo` task waited for when it gave up.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Late {
    /// No `newRepo` was made for it, since as many are under way as may be.
    #[error("no newRepo is made for it: the limit of {under_way} under way is reached")]
    Queued {
        /// How many are.
        under_way: u32,
    },
    /// The repo manager has not come to it.
    #[error("the repo manager has not reached it yet")]
    Unmanaged,
    /// Its `newRepo`, or a `createrepo` of that, is on no builder that could do it.
    #[error("{} waits for a builder, and {}", .method.as_str(), keeps(.why))]
    NoBuilder {
        /// Which of both.
        method: Method,
        /// Why none takes it.
        why: Why,
    },
    /// Its `newRepo` is at work, or about to begin.
    #[error("newRepo is not done")]
    Running,
}

impl Late {
    /// Returns what would have the repo there in time.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Queued { .. } => "raise repo.tasks_max or repo.wait_timeout of the farm",
            Self::Unmanaged => {
                "see hub-offline of the scenario, repo.check_interval and repo.wait_timeout of the farm"
            }
            Self::NoBuilder { why, .. } => why.hint(),
            Self::Running => {
                "raise repo.wait_timeout of the farm, or see how long its createrepo takes"
            }
        }
    }
}

/// Says what keeps a task from a builder. Places that are taken are not counted: each `waitrepo`
/// that gives up leaves one, and modules that fail by one cause are reported together.
fn keeps(why: &Why) -> String {
    match *why {
        Why::NoRoom { tasks, waiting } if waiting > tasks / 2 => {
            "tasks that wait for others hold the places of those that could take it".to_owned()
        }
        Why::NoRoom { .. } => "no builder that could take it has room".to_owned(),
        Why::Offline
        | Why::NoBuilder { .. }
        | Why::Refused { .. }
        | Why::Lost
        | Why::NeverFits { .. }
        | Why::OnLost => why.to_string(),
    }
}

/// Why `waitrepo` tasks gave up.
#[derive(Clone, Debug, Default)]
pub(super) struct LateBook {
    by_task: BTreeMap<u32, Late>,
}

impl Hub {
    /// Returns why a `waitrepo` gave up; `None` of a task that did not, and of one whose repo was
    /// tried and failed: then that is the reason.
    #[must_use]
    pub fn late(&self, task: TaskId) -> Option<&Late> {
        self.late.by_task.get(&task.0)
    }

    /// Notes what a `waitrepo` waits for that gives up now.
    pub(super) fn note_late(&mut self, task: u32, wait: WaitRepo) {
        let Some(request) = wait.request else { return };
        let request = *self.repos.get(request);
        let late = match request.state {
            RequestState::Queued if request.tries == 0 => match self.has_all_repos_under_way() {
                true => Late::Queued { under_way: self.repos.in_flight() },
                false => Late::Unmanaged,
            },
            RequestState::UnderWay { task } if request.tries == 1 => self.why_unmade(task),
            RequestState::Queued
            | RequestState::UnderWay { .. }
            | RequestState::Met
            | RequestState::GivenUp => return,
        };
        self.late.by_task.insert(task, late);
    }

    /// Says what keeps a `newRepo` that is not over: it, or the first of its tasks that no builder takes.
    fn why_unmade(&self, new_repo: u32) -> Late {
        let below = self.tasks[new_repo].children.iter().map(|&(_, child)| child);
        let kept = std::iter::once(new_repo).chain(below).find_map(|task| {
            let method = self.tasks[task].method;
            Some(Late::NoBuilder { method, why: self.why_kept(task)? })
        });
        kept.unwrap_or(Late::Running)
    }

    /// Returns what keeps a task that is not at work.
    fn why_kept(&self, task: u32) -> Option<Why> {
        let entry = &self.tasks[task];
        let is_lost = || entry.builder != NONE && self.builders[entry.builder].is_lost;
        match entry.state {
            TaskState::Free => (!self.may_be_given(task)).then(|| self.why_free(task)),
            TaskState::Assigned | TaskState::Open => is_lost().then_some(Why::OnLost),
            TaskState::Closed | TaskState::Canceled | TaskState::Failed => None,
        }
    }

    /// Returns whether the next run of the scheduler could give a task out.
    fn may_be_given(&self, task: u32) -> bool {
        let least = self.settings.hub.least_room();
        let refused = self.dispatch.refusals.of(task);
        let mut bin = self.bins.builders(self.tasks[task].bin).iter();
        bin.any(|&at| !refused.contains(&at) && can_take(&self.view(at), least))
    }
}
