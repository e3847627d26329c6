//! Following tasks: one place that turns answers and messages of a hub into observations.
//!
//! A follower knows the tasks that are waited for. Polling asks for a hundred at once; a message
//! from the bus may come first. Either way each state is reported at least once, and a task that is
//! over is forgotten.

use std::collections::BTreeMap;

use super::{Hub, HubError};
use crate::koji::calls::GetTaskInfo;
use crate::koji::shapes::Task;
use crate::koji::{OneOrMany, TaskState};

/// So many tasks are asked for in one request.
pub const TASKS_PER_REQUEST: usize = 100;

/// An observation of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observation {
    /// It is in this state now.
    Stands {
        /// The task.
        task: i64,
        /// Its state.
        state: TaskState,
    },
    /// The hub does not know it: it was never created, or is lost.
    Missing {
        /// The task.
        task: i64,
    },
}

/// The tasks that are waited for.
#[derive(Clone, Debug, Default)]
pub struct Follower {
    /// The last report on each task.
    tasks: BTreeMap<i64, Option<TaskState>>,
}

impl Follower {
    /// Waits for a task; a task that is already waited for is reported again.
    pub fn follow(&mut self, task: i64) {
        self.tasks.insert(task, None);
    }

    /// Waits for a task no longer.
    pub fn forget(&mut self, task: i64) {
        self.tasks.remove(&task);
    }

    /// Returns how many tasks are waited for.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Returns whether nothing is waited for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Returns the tasks to ask for in one poll: a list for each request.
    #[must_use]
    pub fn requests(&self) -> Vec<Vec<i64>> {
        let tasks: Vec<i64> = self.tasks.keys().copied().collect();
        tasks.chunks(TASKS_PER_REQUEST).map(<[i64]>::to_vec).collect()
    }

    /// Notes the state of a task, from a message or an answer. Late messages, about tasks that are
    /// over or not waited for, are ignored.
    pub fn take(&mut self, task: i64, state: TaskState) -> Option<Observation> {
        let known = self.tasks.get_mut(&task)?;
        if *known == Some(state) {
            return None;
        }
        *known = Some(state);
        if state.is_final() {
            self.tasks.remove(&task);
        }
        Some(Observation::Stands { task, state })
    }

    /// Notes the answer to one request.
    pub fn take_answer(&mut self, asked: &[i64], answer: &[Option<Task>]) -> Vec<Observation> {
        let mut seen = Vec::new();
        for (&task, info) in asked.iter().zip(answer) {
            match info {
                Some(info) => seen.extend(self.take(task, info.state)),
                None if self.tasks.remove(&task).is_some() => {
                    seen.push(Observation::Missing { task });
                }
                None => {}
            }
        }
        seen
    }

    /// Asks the hub once for every task that is waited for.
    pub async fn poll(&mut self, hub: &mut Hub) -> Result<Vec<Observation>, HubError> {
        let mut seen = Vec::new();
        for asked in self.requests() {
            let task_id = OneOrMany::Many(asked.clone());
            let call = GetTaskInfo { task_id, request: None, strict: None };
            match hub.call(&call).await? {
                OneOrMany::Many(answer) if answer.len() == asked.len() => {
                    seen.extend(self.take_answer(&asked, &answer));
                }
                OneOrMany::One(_) | OneOrMany::Many(_) => {
                    let reason = format!("no list of {} tasks", asked.len());
                    return Err(HubError::Shape { method: "getTaskInfo".to_owned(), reason });
                }
            }
        }
        Ok(seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use TaskState::{Assigned, Closed, Free, Open};

    #[test]
    fn each_state_is_reported_once_and_a_task_that_is_over_is_forgotten() {
        let mut follower = Follower::default();
        follower.follow(7);
        let stands = |state| Some(Observation::Stands { task: 7, state });
        assert_eq!(follower.take(7, Free), stands(Free));
        assert_eq!(follower.take(7, Free), None);
        assert_eq!(follower.take(7, Open), stands(Open));
        assert_eq!(follower.take(7, Closed), stands(Closed));
        assert_eq!(follower.take(7, Open), None, "a late message");
        assert!(follower.is_empty());
    }

    #[test]
    fn a_task_that_the_hub_does_not_know_is_missing() {
        let mut follower = Follower::default();
        follower.follow(7);
        assert_eq!(follower.take_answer(&[7], &[None]), [Observation::Missing { task: 7 }]);
        assert!(follower.is_empty());
    }

    #[test]
    fn a_thousand_tasks_take_ten_requests_a_poll() {
        let mut follower = Follower::default();
        (1..=1000).for_each(|task| follower.follow(task));
        assert_eq!(follower.requests().len(), 10);
        follower.take(1, Assigned);
        follower.forget(2);
        assert_eq!((follower.requests().len(), follower.len()), (10, 999));
    }
}
