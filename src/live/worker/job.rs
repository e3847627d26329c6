//! One task that the worker has open: koji's module task as a state machine, and what carries its calls out.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::steps::Steps;
use crate::koji::shapes::HostTask;
use crate::orchestrate::{Catalog, Command, Event, ModuleTask, Timer};
use crate::time::Timestamp;

/// A task that is open.
pub(super) struct Job {
    steps: Rc<Steps>,
    machine: ModuleTask,
    timers: BTreeMap<(Timestamp, u64), Timer>,
    timers_set: u64,
    /// When this process began it, in milliseconds since 1970: times of its events count from there.
    began_ms: i64,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job").field("module", &self.id()).finish_non_exhaustive()
    }
}

impl Job {
    /// Makes a job. A task that koji frees is opened anew, by this worker or by another: any of its steps may have
    /// been made before, and each is looked for.
    pub(super) fn new(steps: Steps, catalog: Arc<Catalog>) -> Self {
        Self {
            steps: Rc::new(steps),
            machine: ModuleTask::again(catalog, Steps::BUILD, Steps::MODULE),
            timers: BTreeMap::new(),
            timers_set: 0,
            began_ms: 0,
        }
    }

    /// Returns `name:stream:version:context`.
    pub(super) fn id(&self) -> String {
        self.steps.module.nsvc.to_string()
    }

    pub(super) fn begin(&mut self, now_ms: i64) {
        self.began_ms = now_ms;
        let module = self.id().into();
        self.handle(&Event::Requested { request: 0, module }, now_ms);
    }

    /// Hands an event to the machine, and begins to carry out what follows.
    pub(super) fn handle(&mut self, event: &Event, now_ms: i64) {
        let now = self.time(now_ms);
        let mut commands = Vec::new();
        self.machine.handle(event, now, &mut commands);
        self.machine.check_invariants();
        for command in &commands {
            if let Command::Timer { at, timer } = command {
                self.timers_set += 1;
                self.timers.insert((*at, self.timers_set), timer.clone());
            }
        }
        self.steps.carry_out(&commands);
    }

    fn time(&self, now_ms: i64) -> Timestamp {
        Timestamp(u64::try_from(now_ms - self.began_ms).unwrap_or(0))
    }

    /// Returns when the next timer is due, in milliseconds since 1970.
    pub(super) fn due_ms(&self) -> Option<i64> {
        let (at, _) = self.timers.keys().next()?;
        Some(self.began_ms.saturating_add(i64::try_from(at.0).unwrap_or(i64::MAX)))
    }

    pub(super) fn timers_due(&mut self, now_ms: i64) {
        let now = self.time(now_ms);
        while let Some(entry) = self.timers.first_entry() {
            if entry.key().0 > now {
                return;
            }
            let timer = entry.remove();
            self.handle(&Event::Timer { timer }, now_ms);
        }
    }

    /// Takes what the hub says of the open task, once in each turn.
    pub(super) fn stands(&mut self, row: &HostTask) {
        let is_alerted = row.alert == Some(true);
        self.steps.look_at_children(row.waiting == Some(true), is_alerted);
    }

    /// Returns how the task ended, in words, once nothing more is to be done.
    pub(super) fn outcome(&self) -> Option<String> {
        self.machine.is_over().then(|| self.steps.outcome())
    }

    /// Asks for nothing more.
    pub(super) fn stop(&mut self) {
        self.steps.stop();
    }
}
