//! The labels of subtasks that build components: they say which component a subtask builds, so that it is never
//! made twice.

use std::collections::BTreeMap;

use crate::koji::Value;
use crate::koji::shapes::Task;
use crate::live::execute::stop::Stop;
use crate::orchestrate::TaskId;

/// Where a component stands in the plan: its batch and its place there, both from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) batch: u32,
    pub(super) index: u32,
}

/// What a label says of a subtask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) place: Place,
    /// Which try, from 1.
    pub(super) attempt: u32,
}

impl Label {
    /// Returns the label as koji keeps it. koji answers the same label with the same subtask, so another try
    /// has another one.
    pub(super) fn text(self) -> String {
        let Place { batch, index } = self.place;
        match self.attempt {
            1 => format!("build {batch},{index}"),
            attempt => format!("build {batch},{index} try {attempt}"),
        }
    }

    fn read(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("build ")?;
        let (place, attempt) = rest.split_once(" try ").unwrap_or((rest, "1"));
        let (batch, index) = place.split_once(',')?;
        let place = Place { batch: batch.parse().ok()?, index: index.parse().ok()? };
        Some(Self { place, attempt: attempt.parse().ok()? })
    }
}

/// The subtasks of a task that build components: of each component the newest try.
#[derive(Debug, Default)]
pub(super) struct Children(BTreeMap<Place, (u32, Task)>);

impl Children {
    pub(super) fn of(tasks: Vec<Task>) -> Self {
        let mut newest = Self::default();
        for task in tasks {
            let Some(label) = task.label.as_deref().and_then(Label::read) else { continue };
            let known = newest.0.get(&label.place).map(|(attempt, _)| *attempt);
            if known.is_none_or(|known| known < label.attempt) {
                newest.0.insert(label.place, (label.attempt, task));
            }
        }
        newest
    }

    pub(super) fn get(&self, place: Place) -> Option<&Task> {
        self.0.get(&place).map(|(_, task)| task)
    }

    pub(super) fn attempt(&self, place: Place) -> u32 {
        self.0.get(&place).map_or(0, |(attempt, _)| *attempt)
    }

    /// Returns the subtasks of one batch.
    pub(super) fn of_batch(&self, batch: u32) -> impl Iterator<Item = &Task> {
        let of = self.0.iter().filter(move |(place, _)| place.batch == batch);
        of.map(|(_, (_, task))| task)
    }

    /// Returns the repo that a batch was begun with, as its subtasks name it.
    pub(super) fn repo_of(&self, batch: u32) -> Option<i64> {
        self.of_batch(batch).find_map(|task| {
            let opts = task.request.as_ref()?.as_list()?.get(2)?;
            opts.get("repo_id").and_then(Value::as_int)
        })
    }
}

/// Takes koji's number of a task.
pub(super) fn number(task: i64) -> Result<TaskId, Stop> {
    let number = u32::try_from(task).map(TaskId);
    number.map_err(|_| Stop::strange("host.subtask", &format!("{task} is not a task's number")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_names_batch_place_and_try() {
        let place = Place { batch: 1, index: 12 };
        for (label, text) in [
            (Label { place, attempt: 1 }, "build 1,12"),
            (Label { place, attempt: 3 }, "build 1,12 try 3"),
        ] {
            assert_eq!(label.text(), text);
            assert_eq!(Label::read(text), Some(label));
        }
        for other in ["wait 0", "build 1", "build a,b", "build 1,2 try", "srpm", ""] {
            assert_eq!(Label::read(other), None, "{other}");
        }
    }
}
