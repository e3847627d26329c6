//! The hub as a run uses it: one session that all its calls share, one after another.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard, Semaphore};

use super::pace::{FarmLoad, Spacing};
use super::stop::Stop;
use super::work::Work;
use crate::koji::calls::{GetTaskInfo, ListBuilds, ListHosts, is_read};
use crate::koji::shapes::{Build, Task};
use crate::koji::{Call, Fault, OneOrMany, TaskState, Value};
use crate::live::clock;
use crate::live::hub::{Hub, TASKS_PER_REQUEST};
use crate::module_build::hub_call::HubCall;
use crate::module_build::tagged::TaggedRpm;
use crate::name::Nsvc;
use crate::orchestrate::{Answer, TaskId};

/// What a base tag held, and after which of its changes.
#[derive(Clone, Debug)]
pub(super) struct Base {
    pub(super) event: Option<i64>,
    pub(super) rpms: Arc<[TaggedRpm]>,
}

/// The channel of koji whose builders build packages.
const BUILD_CHANNEL: &str = "default";

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
    /// What base tags held when they were last read, by tag.
    pub(super) bases: Mutex<BTreeMap<String, Base>>,
    /// How long signatures were waited for, by module: in all tries together.
    pub(super) unsigned: Mutex<BTreeMap<Nsvc, Duration>>,
    /// A permit for each repo that may be waited for.
    pub(super) repos: Semaphore,
    /// What the next submission waits for.
    pace: Mutex<(Spacing, FarmLoad)>,
    is_halted: Cell<bool>,
    is_draining: Cell<bool>,
}

impl AtHub {
    pub(super) fn new(hub: Hub, user: i64, work: Work) -> Self {
        let limits = &work.limits;
        let repos =
            usize::try_from(limits.repos_in_flight.max(1)).unwrap_or(Semaphore::MAX_PERMITS);
        let pace = (Spacing::new(limits.submit_interval_ms), FarmLoad::default());
        Self {
            hub: Mutex::new(hub),
            user,
            until_ms: Cell::new(i64::MAX),
            is_stopping: Cell::new(false),
            bases: Mutex::default(),
            unsigned: Mutex::default(),
            repos: Semaphore::new(repos),
            pace: Mutex::new(pace),
            is_halted: Cell::new(false),
            is_draining: Cell::new(false),
            work,
        }
    }

    /// From now on, nothing is written.
    pub(super) fn halt(&self) {
        self.is_halted.set(true);
    }

    /// From now on, nothing is submitted, and no repo is waited for.
    pub(super) fn drain(&self) {
        self.is_draining.set(true);
    }

    /// Refuses to begin something in a run that drains.
    pub(super) fn may_begin(&self) -> Result<(), Stop> {
        if self.is_draining.get() { Err(Stop::draining()) } else { Ok(()) }
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
        } else if is_write && self.is_halted.get() {
            return Err(Stop::halted());
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

    /// Waits until a task may be submitted: the farm is not busy, and the last submission is long enough
    /// ago. Others wait in the order in which they came.
    pub(super) async fn paced(&self) -> Result<(), Stop> {
        let mut pace = self.pace.lock().await;
        let (spacing, load) = &mut *pace;
        if let Some(max) = self.work.limits.farm_load_max {
            while self.is_busy(load, max).await? {
                self.may_begin()?;
                self.pause().await;
            }
        }
        while let Some(ms) = spacing.take(clock::now_ms()) {
            clock::wait(ms).await;
        }
        self.may_begin()
    }

    /// Returns whether the farm is busy. It is asked at most once in each poll.
    async fn is_busy(&self, load: &mut FarmLoad, max: f64) -> Result<bool, Stop> {
        let poll = u64::try_from(self.work.poll.as_millis()).unwrap_or(u64::MAX);
        if let Some(is_above) = load.is_above(clock::now_ms(), poll) {
            return Ok(is_above);
        }
        let channel_id = Some(BUILD_CHANNEL.into());
        let call = ListHosts { channel_id, enabled: Some(true), ..ListHosts::default() };
        let hosts = self.ask(&call).await?;
        let now = clock::now_ms();
        if let Some(words) = load.see(&hosts, max, now) {
            tracing::info!("{words}");
        }
        Ok(load.is_above(now, poll.max(1)).unwrap_or(false))
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
