//! Why a task does not continue: of each that is left once nothing more happens, and of a `waitrepo` at
//! the moment when it gave up. koji says only that it waited too long; what would help depends on what
//! it waited for.

use super::builder::Builder;
use super::job::WaitRepo;
use super::repo_queue::RequestState;
use super::scheduler::can_take;
use super::task::{NONE, Task};
use super::{Hub, Method, TaskId};
use crate::koji::TaskState;
use crate::name::Arch;

/// What a task waits for.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Why {
    /// The hub answers nobody.
    #[error("the hub is offline, and nothing brings it back")]
    Offline,
    /// No builder of its channel has its arch, or there is none of its channel at all.
    #[error("no builder serves channel {channel}{}", of_arches(.arches))]
    NoBuilder {
        /// The channel.
        channel: String,
        /// The arches of which one would do; none: any arch.
        arches: Vec<Arch>,
    },
    /// Builders of its channel and arch all refused it for good.
    #[error("every builder that could take it refuses {}", .method.as_str())]
    Refused {
        /// Its method.
        method: Method,
    },
    /// Builders that could take it are all lost.
    #[error("every builder that could take it is lost")]
    Lost,
    /// Builders that could take it never have room, even with nothing to do.
    #[error("no builder that could take it ever has room for a task: {}", room(*.capacity, *.least))]
    NeverFits {
        /// The most capacity that others leave one of them; `None`: they take no number of tasks.
        capacity: Option<f64>,
        /// What a task needs more than.
        least: f64,
    },
    /// Builders that could take it have no room. Their tasks are not counted: each `waitrepo` that gives up
    /// leaves one, and modules that fail by one cause are reported together.
    #[error("no builder that could take it has room{}", of_places(*.are_held))]
    NoRoom {
        /// Whether most of their tasks wait for children, or for a repo.
        are_held: bool,
    },
    /// It is open on a builder that is lost, and nobody notices.
    #[error("its builder is lost, and no other builder is left to poll")]
    OnLost,
    /// No `newRepo` is made, since as many are under way as may be.
    #[error("the limit of {under_way} under way is reached")]
    Queued {
        /// How many are.
        under_way: u32,
    },
    /// The repo manager has not come to the request.
    #[error("the repo manager has not reached it yet")]
    Unmanaged,
    /// It is at work, or about to begin.
    #[error("it is not done")]
    AtWork,
}

impl Why {
    /// Returns what would let the task continue.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Offline => "let the fault hub-offline end: give it `for`",
            Self::NoBuilder { .. } => {
                "give the farm builders of that channel and arch, or leave the arch out with --arches"
            }
            Self::Refused { .. } => "have fewer builders refuse it, or set refuses_until",
            Self::Lost | Self::OnLost => "let lost builders come back: give builders-down `for`",
            Self::NeverFits { .. } => "give builders more capacity, or fewer tasks of others",
            Self::NoRoom { .. } => {
                "give builders more max_jobs or capacity, or the farm more builders"
            }
            Self::Queued { .. } => "raise repo.tasks_max or repo.wait_timeout of the farm",
            Self::Unmanaged => {
                "see hub-offline of the scenario, repo.check_interval and repo.wait_timeout of the farm"
            }
            Self::AtWork => {
                "raise repo.wait_timeout of the farm, or see how long its createrepo takes"
            }
        }
    }
}

/// What a `waitrepo` waited for when it gave up.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}: {why}", .method.as_str())]
pub struct Late {
    /// The task that had not ended: `newRepo`, or a `createrepo` of it.
    pub method: Method,
    /// What that waited for.
    pub why: Why,
}

impl Hub {
    /// Returns what each task waits for in vain, once nothing more happens; tasks that wait for their
    /// children, or for a repo, are left out, since those say it themselves.
    #[must_use]
    pub fn stuck(&self) -> Vec<Why> {
        if self.outage.is_offline() {
            let is_left = |task: &Task| !task.state.is_final() && !task.is_waiting;
            return Vec::from_iter(self.tasks.iter().any(is_left).then_some(Why::Offline));
        }
        (0..self.tasks.count()).filter_map(|task| self.why_idle(task)).collect()
    }

    /// Returns why a `waitrepo` gave up; `None` of a task that did not, and of one whose repo was
    /// tried and failed: then that is the reason.
    #[must_use]
    pub fn late(&self, task: TaskId) -> Option<&Late> {
        self.late.get(&task.0)
    }

    /// Notes what a `waitrepo` waits for that gives up now.
    pub(super) fn note_late(&mut self, task: u32, wait: WaitRepo) {
        let Some(request) = wait.request else { return };
        let request = *self.repos.get(request);
        let late = match request.state {
            RequestState::Queued if request.tries == 0 => {
                let under_way = self.repos.in_flight();
                let is_full = self.has_all_repos_under_way();
                let why = if is_full { Why::Queued { under_way } } else { Why::Unmanaged };
                Late { method: Method::NewRepo, why }
            }
            RequestState::UnderWay { task } if request.tries == 1 => self.why_unmade(task),
            RequestState::Queued
            | RequestState::UnderWay { .. }
            | RequestState::Met
            | RequestState::GivenUp => return,
        };
        self.late.insert(task, late);
    }

    /// Says what keeps a `newRepo` that is not over: it, or the first of its tasks that no builder takes.
    fn why_unmade(&self, new_repo: u32) -> Late {
        let below = self.tasks[new_repo].children.iter().map(|&(_, child)| child);
        let kept = std::iter::once(new_repo).chain(below).find_map(|task| {
            let why = self.why_idle(task).filter(|_| !self.may_be_given(task))?;
            Some(Late { method: self.tasks[task].method, why })
        });
        kept.unwrap_or(Late { method: Method::NewRepo, why: Why::AtWork })
    }

    /// Returns whether a task is free and the next run of the scheduler could give it out.
    fn may_be_given(&self, task: u32) -> bool {
        let least = self.settings.hub.least_room();
        let refused = self.dispatch.refusals.of(task);
        let mut bin = self.bins.builders(self.tasks[task].bin).iter();
        self.tasks[task].state == TaskState::Free
            && bin.any(|&at| !refused.contains(&at) && can_take(&self.view(at), least))
    }

    /// Returns what a task waits for that is neither at work nor over.
    fn why_idle(&self, task: u32) -> Option<Why> {
        let entry = &self.tasks[task];
        let is_lost = || entry.builder != NONE && self.builders[entry.builder].is_lost;
        match entry.state {
            TaskState::Free => Some(self.why_free(task)),
            TaskState::Assigned | TaskState::Open => is_lost().then_some(Why::OnLost),
            TaskState::Closed | TaskState::Canceled | TaskState::Failed => None,
        }
    }

    fn why_free(&self, task: u32) -> Why {
        let bin = self.tasks[task].bin;
        let builders = self.bins.builders(bin);
        if builders.is_empty() {
            return self.no_builder(bin);
        }
        let takes = |at: &&u32| !self.dispatch.refusals.is_for_good(task, **at);
        let builders: Vec<u32> = builders.iter().filter(takes).copied().collect();
        if builders.is_empty() {
            return Why::Refused { method: self.tasks[task].method };
        }
        let there = || builders.iter().map(|&at| &self.builders[at]);
        if there().all(|builder| builder.is_lost) {
            return Why::Lost;
        }
        let least = self.settings.hub.least_room();
        let mut rooms = there().filter(|builder| !builder.is_lost).map(Builder::room);
        if !rooms.clone().flatten().any(|room| room > least) {
            let capacity = rooms.by_ref().flatten().reduce(f64::max);
            return Why::NeverFits { capacity, least };
        }
        let open = || builders.iter().flat_map(|&at| &self.builders[at].open);
        let waits = |task: &&u32| self.tasks[**task].waits_for_others();
        Why::NoRoom { are_held: open().filter(waits).count() > open().count() / 2 }
    }

    fn no_builder(&self, bin: u32) -> Why {
        let key = self.bins.key(bin);
        let channel = self.settings.channels[key.channel as usize].clone();
        let serves = |builder: &Builder| builder.settings.channels.contains(&key.channel);
        let arches = if self.builders.iter().any(serves) { key.arches } else { None };
        let arches = arches.unwrap_or_default().iter();
        let arches = arches.map(|arch| self.settings.arches[arch as usize].clone()).collect();
        Why::NoBuilder { channel, arches }
    }
}

fn room(capacity: Option<f64>, least: f64) -> String {
    match capacity {
        Some(capacity) => format!("it needs more than {least}, and {capacity} is the most free"),
        None => "they take 0 tasks".to_owned(),
    }
}

fn of_places(are_held: bool) -> &'static str {
    if are_held { ", as tasks that wait for others hold their places" } else { "" }
}

fn of_arches(arches: &[Arch]) -> String {
    let names: Vec<&str> = arches.iter().map(Arch::as_str).collect();
    if names.is_empty() { String::new() } else { format!(" with {}", names.join(" or ")) }
}
