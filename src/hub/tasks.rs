//! All tasks of a hub.

use std::ops::{Index, IndexMut};

use super::ids::number;
use super::task::Task;
use crate::koji::TaskState;
use crate::time::Timestamp;

/// Every task so far, in the order of creation.
#[derive(Clone, Debug, Default)]
pub(super) struct Tasks {
    all: Vec<Task>,
    /// How many are not over.
    live: u32,
}

impl Index<u32> for Tasks {
    type Output = Task;

    fn index(&self, task: u32) -> &Task {
        &self.all[task as usize]
    }
}

impl IndexMut<u32> for Tasks {
    fn index_mut(&mut self, task: u32) -> &mut Task {
        &mut self.all[task as usize]
    }
}

impl Tasks {
    pub(super) fn add(&mut self, task: Task) -> u32 {
        let id = self.count();
        self.all.push(task);
        self.live += 1;
        id
    }

    pub(super) fn count(&self) -> u32 {
        number(self.all.len())
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Task> {
        self.all.iter()
    }

    pub(super) fn get(&self, task: u32) -> Option<&Task> {
        self.all.get(task as usize)
    }

    /// Returns how many are not over.
    pub(super) fn live(&self) -> u32 {
        self.live
    }

    /// Ends a task.
    pub(super) fn end(&mut self, task: u32, state: TaskState, now: Timestamp) {
        self.live -= 1;
        self[task].end(state, now);
    }
}
