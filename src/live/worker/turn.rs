//! The turns of a worker: each says that it lives, and looks which tasks came, went, or have news.

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::WorkerError;
use super::core::Core;
use super::end;
use super::job::Job;
use super::open::{Opened, open};
use crate::koji::calls::{
    GetChannel, GetTaskInfo, HostFreeTasks, HostGetHost, HostGetHostTasks, HostGetTasks,
    HostOpenTask, HostRefuseTask, HostUpdateHost, ListTasks, Map, ModuleBuild,
};
use crate::koji::shapes::{HostTask, Task};
use crate::koji::{Call, FaultKind, OneOrMany, RowsOrCount, TaskState, Value};
use crate::live::clock;
use crate::live::hub::HubError;
use crate::orchestrate::Event;

/// How often the worker looks whether it is to stop.
const LOOK: Duration = Duration::from_millis(100);

/// A worker that turns.
pub(super) struct Turns<'w> {
    core: Rc<Core>,
    jobs: BTreeMap<i64, Slot>,
    events: UnboundedReceiver<(i64, Event)>,
    /// What became of tasks that were read: where that is said, and where it is heard.
    opened: (UnboundedSender<(i64, Opened)>, UnboundedReceiver<(i64, Opened)>),
    ended: u64,
    stop: &'w AtomicBool,
    tell: &'w mut dyn FnMut(&str),
}

/// What is heard of a task.
enum Heard {
    /// Something happened to its job.
    Event(Event),
    /// It was read.
    Opened(Opened),
}

/// How far a task is.
enum Slot {
    /// It is read and checked.
    Opening,
    /// It is to be read again with the next turn.
    Due,
    /// It is built.
    Open(Box<Job>),
}

impl<'w> Turns<'w> {
    /// Makes a worker that hears of its jobs by `events`.
    pub(super) fn new(
        core: Rc<Core>,
        events: UnboundedReceiver<(i64, Event)>,
        stop: &'w AtomicBool,
        tell: &'w mut dyn FnMut(&str),
    ) -> Self {
        let opened = unbounded_channel();
        Self { core, jobs: BTreeMap::new(), events, opened, ended: 0, stop, tell }
    }

    /// Turns until the worker is to stop; returns how many tasks ended.
    pub(super) async fn run(mut self) -> Result<u64, WorkerError> {
        let poll_ms = i64::try_from(self.core.settings.poll.as_millis()).unwrap_or(i64::MAX);
        let mut next_ms = clock::now_ms();
        let mut is_first = true;
        while !self.stop.load(Ordering::Relaxed) {
            let now = clock::now_ms();
            if now >= next_ms {
                match self.turn(is_first).await {
                    Ok(()) => is_first = false,
                    Err(error) if is_robbed(&error) => return Err(WorkerError::Robbed(error)),
                    // The hub is away: the next turn looks again.
                    Err(error) => tracing::warn!("{error}"),
                }
                next_ms = clock::now_ms().saturating_add(poll_ms);
            }
            self.listen(next_ms).await;
        }
        self.leave().await;
        Ok(self.ended)
    }

    /// Hears what the jobs say, until something else is due.
    async fn listen(&mut self, until_ms: i64) {
        let due = self.jobs.values().filter_map(|slot| match slot {
            Slot::Open(job) => job.due_ms(),
            Slot::Opening | Slot::Due => None,
        });
        let until_ms = due.fold(until_ms, i64::min);
        let left = u64::try_from(until_ms - clock::now_ms()).unwrap_or(0);
        let wait = Duration::from_millis(left).min(LOOK);
        if let Ok((task, heard)) = tokio::time::timeout(wait, self.heard()).await {
            self.hears(task, heard).await;
        }
        let now_ms = clock::now_ms();
        let jobs = self.jobs.values_mut().filter_map(|slot| match slot {
            Slot::Open(job) => Some(job),
            Slot::Opening | Slot::Due => None,
        });
        jobs.for_each(|job| job.timers_due(now_ms));
        self.drop_over();
    }

    /// Waits for what is heard next.
    async fn heard(&mut self) -> (i64, Heard) {
        let (events, opened) = (&mut self.events, &mut self.opened.1);
        // This process holds a sender of both: neither ends.
        poll_fn(|context| {
            if let Poll::Ready(Some((task, event))) = events.poll_recv(context) {
                return Poll::Ready((task, Heard::Event(event)));
            }
            match opened.poll_recv(context) {
                Poll::Ready(Some((task, opened))) => Poll::Ready((task, Heard::Opened(opened))),
                Poll::Ready(None) | Poll::Pending => Poll::Pending,
            }
        })
        .await
    }

    async fn hears(&mut self, task: i64, heard: Heard) {
        match heard {
            Heard::Event(event) => {
                if let Some(Slot::Open(job)) = self.jobs.get_mut(&task) {
                    job.handle(&event, clock::now_ms());
                }
            }
            Heard::Opened(Opened::Job(mut job)) => {
                if self.jobs.contains_key(&task) {
                    (self.tell)(&format!("task {task}: {} begins", job.id()));
                    job.begin(clock::now_ms());
                    self.jobs.insert(task, Slot::Open(job));
                }
            }
            Heard::Opened(Opened::Refused(fault)) => {
                (self.tell)(&format!("task {task}: refused: {}", fault.text));
                match end::fail(&self.core, task, &fault).await {
                    Ok(()) => {
                        self.jobs.remove(&task);
                        self.ended += 1;
                    }
                    // The next turn finds it open, and reads it again.
                    Err(error) => {
                        tracing::warn!("task {task}: {error}");
                        self.jobs.remove(&task);
                    }
                }
            }
            Heard::Opened(Opened::Later) => {
                if let Some(slot) = self.jobs.get_mut(&task) {
                    *slot = Slot::Due;
                }
            }
        }
        self.drop_over();
    }

    /// Forgets the jobs that are over.
    fn drop_over(&mut self) {
        let (ended, tell) = (&mut self.ended, &mut self.tell);
        self.jobs.retain(|task, slot| {
            let Slot::Open(job) = slot else { return true };
            let Some(outcome) = job.outcome() else { return true };
            tell(&format!("task {task}: {} {outcome}", job.id()));
            *ended += 1;
            job.stop();
            false
        });
    }

    async fn turn(&mut self, is_first: bool) -> Result<(), HubError> {
        let rows = self.core.hub().await.call(&HostGetHostTasks::default()).await?;
        self.lost(&rows).await?;
        for row in &rows {
            self.stands(row, is_first).await?;
        }
        self.check_in(&rows).await?;
        let given = self.core.hub().await.call(&HostGetTasks::default()).await?;
        for row in &given {
            self.given(row).await?;
        }
        self.open_free().await
    }

    /// Drops the jobs whose tasks the host has open no more: they were canceled, freed, or given to another
    /// host. Nothing more is written for them.
    async fn lost(&mut self, rows: &[HostTask]) -> Result<(), HubError> {
        let open: BTreeSet<i64> = rows.iter().map(|row| row.id).collect();
        let gone: Vec<i64> =
            self.jobs.keys().copied().filter(|task| !open.contains(task)).collect();
        for task in gone {
            let call = GetTaskInfo { task_id: OneOrMany::One(task), ..GetTaskInfo::default() };
            let info = match self.core.hub().await.call(&call).await? {
                OneOrMany::One(info) => info,
                OneOrMany::Many(_) => None,
            };
            // Between the two questions it may have been opened for this host again.
            if info.as_ref().is_some_and(|info| self.is_ours(info)) {
                continue;
            }
            let state = info.map_or("gone".to_owned(), |info| info.state.to_string());
            self.drop_job(task, &state);
        }
        Ok(())
    }

    /// Drops a job whose task is not this host's any more.
    fn drop_job(&mut self, task: i64, state: &str) {
        if let Some(Slot::Open(mut job)) = self.jobs.remove(&task) {
            job.stop();
            (self.tell)(&format!("task {task}: {} is taken away: {state}", job.id()));
        }
    }

    fn is_ours(&self, info: &Task) -> bool {
        info.state == TaskState::Open && info.host_id == Some(self.core.host)
    }

    /// Takes what the hub says of an open task. One that the worker does not know is left over from an earlier
    /// life, and is continued.
    async fn stands(&mut self, row: &HostTask, is_first: bool) -> Result<(), HubError> {
        match self.jobs.get_mut(&row.id) {
            Some(Slot::Open(job)) => {
                job.stands(row);
                Ok(())
            }
            Some(Slot::Opening) => Ok(()),
            Some(Slot::Due) => {
                self.begin(row.id);
                Ok(())
            }
            None => {
                if is_first {
                    (self.tell)(&format!("task {}: was open before", row.id));
                }
                self.found(row.id).await
            }
        }
    }

    /// Continues a task, or gives back what is no module build.
    async fn found(&mut self, task: i64) -> Result<(), HubError> {
        let call = GetTaskInfo { task_id: OneOrMany::One(task), ..GetTaskInfo::default() };
        let answer = self.core.hub().await.call(&call).await?;
        match answer {
            OneOrMany::One(Some(info)) if info.method == ModuleBuild::METHOD => {
                self.begin(task);
                Ok(())
            }
            OneOrMany::One(_) | OneOrMany::Many(_) => {
                (self.tell)(&format!("task {task}: is no module build, and is given back"));
                self.core.hub().await.call(&HostFreeTasks { tasks: vec![task] }).await
            }
        }
    }

    /// Reads and checks a task.
    fn begin(&mut self, task: i64) {
        self.jobs.insert(task, Slot::Opening);
        let (core, opened) = (Rc::clone(&self.core), self.opened.0.clone());
        tokio::task::spawn_local(async move {
            // Nobody hears it after the end of the worker.
            drop(opened.send((task, open(&core, task).await)));
        });
    }

    /// Says that the worker lives, and whether it takes more.
    async fn check_in(&mut self, rows: &[HostTask]) -> Result<(), HubError> {
        let is_running = |row: &&HostTask| row.waiting != Some(true);
        let load: f64 = rows.iter().filter(is_running).map(|row| row.weight).sum();
        let methods = Value::List(vec![ModuleBuild::METHOD.into()]);
        let max = i64::from(self.core.settings.site.worker.tasks);
        let data =
            Map::from([("methods".to_owned(), methods), ("maxjobs".to_owned(), Value::Int(max))]);
        // No tasks at all weigh minus zero.
        let call =
            HostUpdateHost { task_load: load + 0.0, ready: self.has_room(), data: Some(data) };
        settled(self.core.hub().await.call(&call).await)
    }

    fn has_room(&self) -> bool {
        self.jobs.len() < self.core.settings.site.worker.tasks as usize
    }

    /// Opens a task that koji assigned, or refuses it.
    async fn given(&mut self, row: &Map) -> Result<(), HubError> {
        let Some(task) = row.get("id").and_then(Value::as_int) else { return Ok(()) };
        let method = row.get("method").and_then(Value::as_str).unwrap_or_default();
        if method != ModuleBuild::METHOD {
            return self.refuse(task, false, format!("no handler for {method}")).await;
        }
        if !self.has_room() {
            return self.refuse(task, true, "enough module builds are open".to_owned()).await;
        }
        self.take(task).await
    }

    async fn refuse(&mut self, task: i64, is_soft: bool, why: String) -> Result<(), HubError> {
        (self.tell)(&format!("task {task}: is not taken: {why}"));
        let call = HostRefuseTask { task_id: task, soft: Some(is_soft), msg: Some(why) };
        settled(self.core.hub().await.call(&call).await)
    }

    /// Opens a task. If the answer is lost, the next turn finds it among the open ones.
    async fn take(&mut self, task: i64) -> Result<(), HubError> {
        // It may have been freed and assigned anew since it was last looked at.
        self.drop_job(task, "ASSIGNED");
        let opened = self.core.hub().await.call(&HostOpenTask { task_id: task }).await;
        match opened {
            Ok(Some(_)) => {
                self.begin(task);
                Ok(())
            }
            Ok(None) | Err(HubError::Unknown { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Opens free tasks of the channel, most urgent first, where the site wants that and nobody drains host or
    /// channel.
    async fn open_free(&mut self) -> Result<(), HubError> {
        let worker = &self.core.settings.site.worker;
        if !worker.opens_free || !self.has_room() {
            return Ok(());
        }
        let channel = GetChannel { channel: worker.channel.as_str().into(), strict: None };
        let Some(channel) = self.core.hub().await.call(&channel).await? else { return Ok(()) };
        let host = self.core.hub().await.call(&HostGetHost::default()).await?;
        if !host.enabled || !channel.enabled {
            return Ok(());
        }
        for task in self.free_tasks(channel.id).await? {
            if !self.has_room() {
                break;
            }
            self.take(task).await?;
        }
        Ok(())
    }

    async fn free_tasks(&self, channel: i64) -> Result<Vec<i64>, HubError> {
        let opts = Map::from([
            ("method".to_owned(), Value::from(ModuleBuild::METHOD)),
            ("state".to_owned(), Value::List(vec![Value::Int(TaskState::Free as i64)])),
            ("channel_id".to_owned(), Value::Int(channel)),
        ]);
        let order = Map::from([("order".to_owned(), Value::from("priority,create_time"))]);
        let call = ListTasks { opts: Some(opts), query_opts: Some(order) };
        Ok(match self.core.hub().await.call(&call).await? {
            RowsOrCount::Rows(rows) => rows.into_iter().map(|task| task.id).collect(),
            RowsOrCount::Count(_) => Vec::new(),
        })
    }

    /// Takes no more tasks, and leaves those that are open to the next worker.
    async fn leave(&mut self) {
        for slot in self.jobs.values_mut() {
            if let Slot::Open(job) = slot {
                job.stop();
            }
        }
        let mut hub = self.core.hub().await;
        let call = HostUpdateHost { task_load: 0.0, ready: false, data: None };
        if let Err(error) = hub.call(&call).await {
            tracing::warn!("{error}");
        }
        hub.end_session().await;
        let open: Vec<String> = self.jobs.keys().map(i64::to_string).collect();
        let left = match open.is_empty() {
            true => "stops; no task is open".to_owned(),
            false => format!("stops; the next worker continues the tasks {}", open.join(", ")),
        };
        (self.tell)(&left);
    }
}

/// A write whose answer is lost was done, or is done again by the next turn.
fn settled(answer: Result<(), HubError>) -> Result<(), HubError> {
    match answer {
        Err(HubError::Unknown { .. }) => Ok(()),
        other => other,
    }
}

/// Returns whether the session of the host is gone: somebody else has it.
fn is_robbed(error: &HubError) -> bool {
    match error {
        HubError::Login { .. } | HubError::Locked { .. } => true,
        HubError::Fault { fault, .. } => fault.kind == FaultKind::Auth,
        HubError::Unknown { .. }
        | HubError::GaveUp { .. }
        | HubError::Offline { .. }
        | HubError::Shape { .. }
        | HubError::Redirected { .. }
        | HubError::TooLarge { .. }
        | HubError::Setup(_) => false,
    }
}
