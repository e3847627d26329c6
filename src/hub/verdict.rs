//! Why nothing happens any more: what every task that is not over waits for.

use super::builder::Builder;
use super::ids::number;
use super::task::{NONE, Task};
use super::{Hub, Method};
use crate::koji::TaskState;
use crate::name::Arch;

/// What a task waits for in vain.
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
    /// Builders that could take it have no room now, and nothing ends.
    #[error(
        "no builder that could take it has room: {waiting} of their {tasks} tasks wait for others"
    )]
    NoRoom {
        /// How many tasks they have.
        tasks: u32,
        /// How many of those wait for children, or for a repo.
        waiting: u32,
    },
    /// It is open on a builder that is lost, and nobody notices.
    #[error("its builder is lost, and no other builder is left to poll")]
    OnLost,
}

impl Why {
    /// Returns what would let the task continue.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Offline => "let the fault hub-offline end: give it `for`",
            Self::NoBuilder { .. } => "give the farm builders of that channel and arch",
            Self::Refused { .. } => "have fewer builders refuse it, or set refuses_until",
            Self::Lost | Self::OnLost => "let lost builders come back: give builders-down `for`",
            Self::NeverFits { .. } => "give builders more capacity, or fewer tasks of others",
            Self::NoRoom { .. } => {
                "give builders more max_jobs or capacity, or the farm more builders"
            }
        }
    }
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
        let is_lost = |builder: u32| builder != NONE && self.builders[builder].is_lost;
        let why = |(task, entry): (u32, &Task)| match entry.state {
            TaskState::Free => Some(self.why_free(task)),
            TaskState::Assigned | TaskState::Open => is_lost(entry.builder).then_some(Why::OnLost),
            TaskState::Closed | TaskState::Canceled | TaskState::Failed => None,
        };
        (0..).zip(self.tasks.iter()).filter_map(why).collect()
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

    pub(super) fn why_free(&self, task: u32) -> Why {
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
        let waiting = open().filter(waits).count();
        Why::NoRoom { tasks: number(open().count()), waiting: number(waiting) }
    }
}

fn room(capacity: Option<f64>, least: f64) -> String {
    match capacity {
        Some(capacity) => format!("it needs more than {least}, and {capacity} is the most free"),
        None => "they take 0 tasks".to_owned(),
    }
}

fn of_arches(arches: &[Arch]) -> String {
    let names: Vec<&str> = arches.iter().map(Arch::as_str).collect();
    if names.is_empty() { String::new() } else { format!(" with {}", names.join(" or ")) }
}
