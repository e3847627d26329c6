//! The loop of a live run: events are journaled, then handled, then what they lead to is carried out.
//!
//! ```text
//!   koji ──▶ events ──▶ journal (synced) ──▶ orchestrator ──▶ commands ──▶ koji
//!   time ──▶ timers ──┘
//! ```
//!
//! Nothing is asked of koji before the row that leads to it is synced. A process that dies anywhere is
//! replaced by one that folds the journal and hands [`Event::Restarted`] over.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::LocalSet;

use super::at_hub::AtHub;
use super::carry::Carrier;
use super::halt::Halt;
use super::run_clock::RunClock;
use super::work::Work;
use crate::drive::{Entry, fold, journal};
use crate::live::clock;
use crate::live::hub::Hub;
use crate::orchestrate::{Approach, Cascade, Catalog, Command, Event, Orchestrator, Timer};
use crate::status::{ModuleState, Status};
use crate::time::Timestamp;

/// How often the loop looks whether it is to stop.
const LOOK: Duration = Duration::from_millis(200);

/// Keeps the rows of a run for good.
pub trait Rows {
    /// Why rows could not be kept.
    type Error;

    /// Keeps rows, each with its line feed. When it returns, they survive a crash.
    ///
    /// # Errors
    /// They could not be kept; then nothing that they lead to is done.
    fn keep(&mut self, rows: &[String]) -> impl Future<Output = Result<(), Self::Error>>;
}

/// A run as it stands when a process begins to drive it.
#[derive(Clone, Debug)]
pub struct Run {
    /// What the run is.
    pub heading: journal::Heading,
    /// The rows that are kept already.
    pub entries: Vec<Entry>,
    /// When the run began, in milliseconds since 1970: rows count from there.
    pub started_ms: i64,
    /// What it builds.
    pub work: Work,
}

/// How a process stopped driving a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Driven {
    /// Whether the run is over; else somebody interrupted it, and it can be resumed.
    pub is_over: bool,
    /// Why the run stopped by itself and waits for people; `None`: it did not.
    pub halt: Option<Halt>,
    /// How every module stands, by `name:stream:context`.
    pub modules: BTreeMap<Arc<str>, ModuleState>,
    /// How many requests went to the hub.
    pub requests: u64,
}

impl Driven {
    /// Returns how every module stands, by `name:stream:context`.
    #[must_use]
    pub fn states(&self) -> BTreeMap<Arc<str>, ModuleState> {
        self.modules.clone()
    }
}

/// Drives a run until it is over, until `stop` is set, or until it waits for people.
///
/// # Errors
/// Rows could not be kept.
///
/// # Panics
/// The heading contradicts itself, or the run is not orchestrator-owned with the planned cascade: what it
/// builds is decided once for each module.
pub async fn drive<R: Rows>(
    run: Run,
    hub: Hub,
    user: i64,
    rows: &mut R,
    stop: &AtomicBool,
) -> Result<Driven, R::Error> {
    let local = LocalSet::new();
    local.run_until(Engine::new(run, hub, user).drive(rows, stop)).await
}

struct Engine {
    orchestrator: Orchestrator,
    status: Status,
    carrier: Carrier,
    events: UnboundedReceiver<Event>,
    timers: BTreeMap<(Timestamp, u64), Timer>,
    timers_set: u64,
    rows: u64,
    now: Timestamp,
    clock: RunClock,
    cascade: Cascade,
}

impl Engine {
    fn new(run: Run, hub: Hub, user: i64) -> Self {
        let Run { heading, entries, started_ms, work } = run;
        let catalog =
            Arc::new(heading.catalog().expect("the heading was checked when it was made"));
        let began = &heading.began;
        assert_eq!(
            (began.approach, began.cascade),
            (Approach::OrchestratorOwned, Cascade::Planned),
            "each module is built once, by its components"
        );
        let status = Status::new(Arc::clone(&catalog), began.approach, began.gates, began.dispatch);
        let (sender, events) = unbounded_channel();
        let hub = AtHub::new(hub, user, work);
        let carrier = Carrier::new(hub, Arc::clone(&catalog), sender, began.gates);
        let last = entries.last().map_or(Timestamp(0), |(at, _)| *at);
        let mut engine = Self {
            orchestrator: heading.orchestrator(&catalog),
            status,
            carrier,
            events,
            timers: BTreeMap::new(),
            timers_set: 0,
            rows: entries.len() as u64,
            now: last,
            clock: RunClock::new(started_ms, last),
            cascade: began.cascade,
        };
        engine.recover(&entries);
        engine
    }

    /// Learns from the rows what the process before knew.
    fn recover(&mut self, entries: &[Entry]) {
        let (status, carrier) = (&mut self.status, &self.carrier);
        fold(&mut self.orchestrator, entries, |heard| {
            status.event(heard.event, heard.at);
            carrier.event(heard.event, heard.catalog);
            for command in heard.commands {
                status.command(command, heard.at);
                carrier.command(command);
            }
        });
    }

    async fn drive<R: Rows>(mut self, rows: &mut R, stop: &AtomicBool) -> Result<Driven, R::Error> {
        let first = self.first_events();
        self.handle(first, rows).await?;
        while !self.is_over() {
            let halt = self.halt();
            if halt.is_some() || stop.load(Ordering::Relaxed) {
                return Ok(Driven { halt, ..self.driven(false).await });
            }
            let events = self.next_events().await;
            self.handle(events, rows).await?;
        }
        self.carrier.end().await;
        Ok(self.driven(true).await)
    }

    /// People ask for the modules that wait for nothing; a request that was heard is heard only once. A
    /// process that comes back looks for what is outstanding.
    fn first_events(&self) -> Vec<Event> {
        let catalog = self.orchestrator.catalog();
        let request = |(request, module)| Event::Requested {
            request,
            module: Arc::clone(&catalog.module(module).id),
        };
        let requests = (0..).zip(catalog.starts(self.cascade)).map(request);
        let restarted = (self.rows > 0).then_some(Event::Restarted);
        restarted.into_iter().chain(requests).collect()
    }

    /// Waits for what happens next: answers, observations and timers that are due.
    async fn next_events(&mut self) -> Vec<Event> {
        let now = self.time();
        let until = self.timers.keys().next().map(|(at, _)| at.0.saturating_sub(now.0));
        let wait = until.map_or(LOOK, |ms| Duration::from_millis(ms).min(LOOK));
        let mut events = Vec::new();
        if let Ok(Some(event)) = tokio::time::timeout(wait, self.events.recv()).await {
            events.push(event);
        }
        while let Ok(event) = self.events.try_recv() {
            events.push(event);
        }
        let now = self.time();
        while let Some(entry) = self.timers.first_entry() {
            if entry.key().0 > now {
                break;
            }
            events.push(Event::Timer { timer: entry.remove() });
        }
        events
    }

    /// Journals events, has them handled, and begins to carry out what they lead to.
    async fn handle<R: Rows>(&mut self, events: Vec<Event>, rows: &mut R) -> Result<(), R::Error> {
        if events.is_empty() {
            return Ok(());
        }
        self.now = self.time();
        let mut catalog = Arc::clone(self.orchestrator.catalog());
        let mut lines = Vec::with_capacity(events.len());
        for (number, event) in (self.rows..).zip(&events) {
            lines.push(journal::row(number, self.now, event, &catalog));
            Catalog::learn(&mut catalog, event);
        }
        rows.keep(&lines).await?;
        self.rows += lines.len() as u64;
        let mut commands = Vec::new();
        for event in &events {
            let first = commands.len();
            self.orchestrator.handle(event, self.now, &mut commands);
            self.status.event(event, self.now);
            self.carrier.event(event, self.orchestrator.catalog());
            for command in &commands[first..] {
                self.status.command(command, self.now);
                self.carrier.command(command);
            }
        }
        for command in &commands {
            if let Command::Timer { at, timer } = command {
                self.timers_set += 1;
                self.timers.insert((*at, self.timers_set), timer.clone());
            }
        }
        self.carrier.carry_out(&commands);
        self.carrier.judge(&events);
        Ok(())
    }

    /// Returns the time of the run.
    fn time(&mut self) -> Timestamp {
        self.clock.at(clock::now_ms())
    }

    /// Returns why the run stops and waits for people, if it does.
    fn halt(&self) -> Option<Halt> {
        let is_asked_again = self.timers.values().any(|timer| matches!(timer, Timer::Party { .. }));
        self.carrier.halt(self.events.is_empty() && !is_asked_again, || !self.awaits_answers())
    }

    /// Returns whether nothing can happen any more: no module is under way, nothing is on its way, and
    /// nobody waits for an answer.
    fn is_over(&self) -> bool {
        let is_still = |state: ModuleState| match state {
            ModuleState::Waiting
            | ModuleState::Ready
            | ModuleState::Failed
            | ModuleState::Stuck
            | ModuleState::Canceled => true,
            ModuleState::Preparing
            | ModuleState::Building
            | ModuleState::Repo
            | ModuleState::Testing => false,
        };
        self.carrier.is_idle()
            && self.events.is_empty()
            && self.status.modules().iter().all(|module| is_still(module.state))
            && !self.awaits_answers()
    }

    /// Returns whether a call waits for its answer, or is to be made again.
    fn awaits_answers(&self) -> bool {
        let mut outstanding = Vec::new();
        self.orchestrator.outstanding(&mut outstanding);
        let is_call = |command: &Command| match command {
            Command::Call { call, .. } | Command::Look { call, .. } => !call.is_poll(),
            Command::Tell(_) | Command::Timer { .. } => false,
        };
        outstanding.iter().any(is_call)
    }

    async fn driven(&self, is_over: bool) -> Driven {
        let modules =
            self.status.modules().into_iter().map(|module| (module.id, module.state)).collect();
        Driven { is_over, halt: None, modules, requests: self.carrier.requests().await }
    }
}
