//! The hub as a run uses it: one session that all its calls share, one after another.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::{Mutex, MutexGuard};

use super::stop::Stop;
use super::work::Work;
use crate::koji::calls::{GetTaskInfo, ListBuilds, is_read};
use crate::koji::shapes::{Build, Task};
use crate::koji::{Call, Fault, OneOrMany, TaskState, Value};
use crate::live::clock;
use crate::live::hub::{Hub, TASKS_PER_REQUEST};
use crate::module_build::hub_call::HubCall;
use crate::orchestrate::{Answer, TaskId};

/// The hub, the user there, and what is built.
#[derive(Debug)]
pub(super) struct AtHub {
    hub: Mutex<Hub>,
    /// koji's number of the user whose session it is.
    pub(super) user: i64,
    /// What is built.
    pub(super) work: Work,
    /// Until when this process may write: then its lease has passed, and another may drive the run.
    until_ms: Cell<i64>,
    /// Whether nothing more is to be asked.
    is_stopping: Cell<bool>,
}

impl AtHub {
    pub(super) fn new(hub: Hub, user: i64, work: Work) -> Self {
        let (until_ms, is_stopping) = (Cell::new(i64::MAX), Cell::new(false));
        Self { hub: Mutex::new(hub), user, work, until_ms, is_stopping }
    }

    /// Lets writes through until a moment, in milliseconds since 1970.
    pub(super) fn may_write_until(&self, until_ms: i64) {
        self.until_ms.set(until_ms);
    }

    /// Lets nothing through any more, and waits until the request that is under way is answered.
    pub(super) async fn stop(&self) {
        self.is_stopping.set(true);
        drop(self.hub.lock().await);
    }

    /// Logs out, and returns how many requests were made. A hub that is busy is left alone.
    pub(super) async fn leave(&self) -> u64 {
        let Ok(mut hub) = self.hub.try_lock() else { return 0 };
        hub.end_session().await;
        hub.requests()
    }

    /// Waits for a turn at the hub, for a request that writes or only reads.
    async fn turn(&self, is_write: bool) -> Result<MutexGuard<'_, Hub>, Stop> {
        let hub = self.hub.lock().await;
        let why = if self.is_stopping.get() {
            "the process is to stop"
        } else if is_write && clock::now_ms() >= self.until_ms.get() {
            "the lease of this process has passed: another may drive the run"
        } else {
            return Ok(hub);
        };
        Err(Stop { answer: Answer::Refused, why: why.to_owned() })
    }

    /// Makes a call.
    pub(super) async fn ask<C: Call>(&self, call: &C) -> Result<C::Answer, Stop> {
        Ok(self.turn(!is_read(C::METHOD)).await?.call(call).await?)
    }

    /// Makes planned calls together; each has an answer or a fault. None take no request.
    pub(super) async fn each(&self, calls: &[HubCall]) -> Result<Vec<Result<Value, Fault>>, Stop> {
        let is_write = calls.iter().any(HubCall::is_write);
        Ok(self.turn(is_write).await?.call_together(calls).await?)
    }

    /// Returns the builds of tasks that completed, as far as the hub says.
    pub(super) async fn nvrs(&self, tasks: &[TaskId]) -> BTreeMap<TaskId, String> {
        let look = |task: &TaskId| {
            let task_id = Some(i64::from(task.0));
            HubCall::look(&ListBuilds { task_id, ..ListBuilds::default() })
        };
        let looks: Vec<HubCall> = tasks.iter().map(look).collect();
        let answers = match self.each(&looks).await {
            Ok(answers) => answers,
            Err(stop) => {
                tracing::warn!("the names of builds are unknown: {}", stop.why);
                return BTreeMap::new();
            }
        };
        let build = |answer: Result<Value, Fault>| {
            let builds: Vec<Build> = read(ListBuilds::METHOD, answer.ok()?).ok()?;
            Some(builds.into_iter().next()?.nvr)
        };
        tasks.iter().zip(answers).filter_map(|(task, one)| Some((*task, build(one)?))).collect()
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
        Ok(self.turn(true).await?.upload(directory, name, bytes).await?)
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
