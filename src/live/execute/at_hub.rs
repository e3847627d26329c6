//! The hub as a run uses it: one session that all its calls share, one after another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use super::stop::Stop;
use super::work::Work;
use crate::koji::calls::GetTaskInfo;
use crate::koji::shapes::Task;
use crate::koji::{Call, Fault, OneOrMany, TaskState, Value};
use crate::live::clock;
use crate::live::hub::{Hub, TASKS_PER_REQUEST};
use crate::module_build::hub_call::HubCall;
use crate::module_build::tagged::TaggedRpm;
use crate::name::Nsvc;

/// What a base tag held, and after which of its changes.
#[derive(Clone, Debug)]
pub(super) struct Base {
    pub(super) event: Option<i64>,
    pub(super) rpms: Arc<[TaggedRpm]>,
}

/// The hub, the user there, and what is built.
#[derive(Debug)]
pub(super) struct AtHub {
    hub: Mutex<Hub>,
    /// koji's number of the user whose session it is.
    pub(super) user: i64,
    /// What is built.
    pub(super) work: Work,
    /// What base tags held when they were last read, by tag.
    pub(super) bases: Mutex<BTreeMap<String, Base>>,
    /// How long signatures were waited for, by module: in all tries together.
    pub(super) unsigned: Mutex<BTreeMap<Nsvc, Duration>>,
}

impl AtHub {
    pub(super) fn new(hub: Hub, user: i64, work: Work) -> Self {
        let (bases, unsigned) = (Mutex::default(), Mutex::default());
        Self { hub: Mutex::new(hub), user, work, bases, unsigned }
    }

    /// Returns how many requests were made.
    pub(super) async fn requests(&self) -> u64 {
        self.hub.lock().await.requests()
    }

    /// Makes a call.
    pub(super) async fn ask<C: Call>(&self, call: &C) -> Result<C::Answer, Stop> {
        Ok(self.hub.lock().await.call(call).await?)
    }

    /// Makes planned calls together; each has an answer or a fault. None take no request.
    pub(super) async fn each(&self, calls: &[HubCall]) -> Result<Vec<Result<Value, Fault>>, Stop> {
        Ok(self.hub.lock().await.call_together(calls).await?)
    }

    /// Makes planned calls together, all of which must work.
    pub(super) async fn all(&self, calls: &[HubCall]) -> Result<Vec<Value>, Stop> {
        let mut answers = Vec::with_capacity(calls.len());
        for (call, answer) in calls.iter().zip(self.each(calls).await?) {
            answers.push(answer.map_err(|fault| Stop::of_fault(call.method, &fault))?);
        }
        Ok(answers)
    }

    /// Makes one planned call and reads its answer.
    pub(super) async fn one<T: serde::de::DeserializeOwned>(
        &self,
        call: &HubCall,
    ) -> Result<T, Stop> {
        let mut answers = self.all(std::slice::from_ref(call)).await?;
        read(call.method, answers.pop().unwrap_or_default())
    }

    /// Uploads a file.
    pub(super) async fn upload(
        &self,
        directory: &str,
        name: &str,
        bytes: &[u8],
    ) -> Result<(), Stop> {
        Ok(self.hub.lock().await.upload(directory, name, bytes).await?)
    }

    /// Returns how tasks stand; those that the hub does not know are left out.
    pub(super) async fn tasks(&self, tasks: &[i64]) -> Result<BTreeMap<i64, Task>, Stop> {
        let mut found = BTreeMap::new();
        for asked in tasks.chunks(TASKS_PER_REQUEST) {
            let task_id = OneOrMany::Many(asked.to_vec());
            let call = GetTaskInfo { task_id, request: None, strict: None };
            let rows = match self.ask(&call).await? {
                OneOrMany::Many(rows) => rows,
                OneOrMany::One(row) => vec![row],
            };
            found.extend(rows.into_iter().flatten().map(|task| (task.id, task)));
        }
        Ok(found)
    }

    /// Waits until tasks are over, and returns how each ended. One that the hub does not know any more
    /// counts as canceled.
    pub(super) async fn ends(&self, tasks: &[i64]) -> Result<BTreeMap<i64, TaskState>, Stop> {
        let mut open: BTreeSet<i64> = tasks.iter().copied().collect();
        let mut ends = BTreeMap::new();
        while !open.is_empty() {
            let asked: Vec<i64> = open.iter().copied().collect();
            let found = self.tasks(&asked).await?;
            for task in asked {
                let state = found.get(&task).map_or(TaskState::Canceled, |task| task.state);
                if state.is_final() {
                    open.remove(&task);
                    ends.insert(task, state);
                }
            }
            if !open.is_empty() {
                self.pause().await;
            }
        }
        Ok(ends)
    }

    /// Waits before the next look.
    pub(super) async fn pause(&self) {
        clock::wait(u64::try_from(self.work.poll.as_millis()).unwrap_or(u64::MAX)).await;
    }
}

/// Reads the answer to a planned call.
pub(super) fn read<T: serde::de::DeserializeOwned>(method: &str, answer: Value) -> Result<T, Stop> {
    answer.read().map_err(|mismatch| Stop::strange(method, &mismatch.0))
}
