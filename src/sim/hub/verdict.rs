//! Why nothing goes on: what every task that is not over waits for.

use super::task::NONE;
use super::{Hub, TaskId};
use crate::koji::TaskState;
use crate::name::Arch;

/// A task that will not go on by itself, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    /// The task.
    pub task: TaskId,
    /// What it waits for in vain.
    pub why: Why,
}

/// What a task waits for in vain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// No builder of its channel has its arch.
    #[error("no builder serves channel {channel}{}", of_arches(.arches))]
    NoBuilder {
        /// The channel.
        channel: String,
        /// The arches of which one would do; none: any.
        arches: Vec<Arch>,
    },
    /// Builders that could take it are all lost.
    #[error("every builder that could take it is lost")]
    Lost,
    /// Builders that could take it have no room, now or ever.
    #[error(
        "no builder that could take it has room: {waiting} of their {tasks} tasks wait for others"
    )]
    NoRoom {
        /// How many tasks they have.
        tasks: u32,
        /// How many of those wait for children.
        waiting: u32,
    },
    /// It is open on a builder that is lost, and nobody notices.
    #[error("its builder is lost, and no other builder is left to poll")]
    OnLost,
}

impl Hub {
    /// Returns what is stuck once nothing more happens; tasks that wait for their children, or for
    /// a repo, are left out, since those are told themselves.
    #[must_use]
    pub fn stuck(&self) -> Vec<Stuck> {
        let mut all = Vec::new();
        for (task, entry) in (0..).zip(&self.tasks) {
            let why = match entry.state {
                TaskState::Free => Some(self.why_free(task)),
                TaskState::Assigned | TaskState::Open if entry.builder != NONE => {
                    self.builders[entry.builder as usize].is_lost.then_some(Why::OnLost)
                }
                TaskState::Assigned
                | TaskState::Open
                | TaskState::Closed
                | TaskState::Canceled
                | TaskState::Failed => None,
            };
            all.extend(why.map(|why| Stuck { task: TaskId(task), why }));
        }
        all
    }

    fn why_free(&self, task: u32) -> Why {
        let bin = self.tasks[task as usize].bin;
        let builders = &self.bins[bin as usize];
        if builders.is_empty() {
            let key = self.bin_keys.iter().find(|(_, number)| **number == bin);
            let (key, _) = key.expect("every bin has a key");
            let channel = self.settings.channels[key.channel as usize].clone();
            let arches = key.arches.unwrap_or_default().iter();
            let arches = arches.map(|arch| self.settings.arches[arch as usize].clone()).collect();
            return Why::NoBuilder { channel, arches };
        }
        if builders.iter().all(|&at| self.builders[at as usize].is_lost) {
            return Why::Lost;
        }
        let open = || builders.iter().flat_map(|&at| &self.builders[at as usize].open);
        let count = |number: usize| u32::try_from(number).expect("tasks are numbered by u32");
        let waiting = open().filter(|task| self.tasks[**task as usize].is_waiting).count();
        Why::NoRoom { tasks: count(open().count()), waiting: count(waiting) }
    }
}

fn of_arches(arches: &[Arch]) -> String {
    let names: Vec<&str> = arches.iter().map(Arch::as_str).collect();
    if names.is_empty() { String::new() } else { format!(" with {}", names.join(" or ")) }
}
