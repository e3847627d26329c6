//! The loop of a live run: events are journaled, then handled, then what they lead to is carried out.
//!
//! ```text
//!   koji ──▶ events ──▶ journal (synced) ──▶ orchestrator ──▶ commands ──▶ koji
//!   time ──▶ timers ──┘
//! ```
//!
//! Nothing is asked of koji before the row that leads to it is synced. A process that dies anywhere is
//! replaced by one that folds the journal and hands [`Event::Restarted`] over. A process that is to stop
//! lets the request that is under way end, keeps its answer, and leaves the rest to the next.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::LocalSet;

use super::at_hub::AtHub;
use super::carry::Carrier;
use super::course::{Course, Rows};
use super::driven::{Driven, News, Run, Session, Watch};
use super::figures::Figures;
use super::halt::Halt;
use super::run_clock::RunClock;
use super::wish::{Granted, Wish};
use crate::drive::Folded;
use crate::live::clock;
use crate::orchestrate::{Answer, Approach, Cascade, Command, Event, TaskId, Timer};
use crate::status::{ComponentState, ModuleState, ModuleStatus};
use crate::store::{RunState, Wished};
use crate::time::Timestamp;

/// How often the loop looks whether it is to stop.
const LOOK: Duration = Duration::from_millis(200);
/// How often a sign of life is kept where nothing happens, in milliseconds.
const SIGN_OF_LIFE_MS: i64 = 30_000;
/// How often the loop looks what people want of the run, in milliseconds.
const WISHES_MS: i64 = 1000;
/// How long the request that is under way may take when the loop is to stop.
const GRACE: Duration = Duration::from_secs(10);
/// So often others may run before a loop that stops takes what they have to say.
const TURNS: usize = 16;

/// Drives a run until it is over, until it is to stop, or until it waits for people.
///
/// # Errors
/// Rows could not be kept.
///
/// # Panics
/// The heading contradicts itself, or the run is not orchestrator-owned with the planned cascade: what it
/// builds is decided once for each module.
pub async fn drive<R: Rows>(
    run: Run,
    session: Session,
    rows: &mut R,
    watch: Watch<'_>,
) -> Result<Driven, R::Error> {
    let local = LocalSet::new();
    local.run_until(Engine::new(run, session, watch).drive(rows)).await
}

struct Engine<'w> {
    course: Course,
    figures: Figures,
    carrier: Carrier,
    events: UnboundedReceiver<Event>,
    timers: BTreeMap<(Timestamp, u64), Timer>,
    timers_set: u64,
    clock: RunClock,
    kept_ms: i64,
    asked_ms: i64,
    cascade: Cascade,
    watch: Watch<'w>,
}

impl<'w> Engine<'w> {
    /// Learns from the rows what the process before knew.
    fn new(run: Run, session: Session, watch: Watch<'w>) -> Self {
        let Run { heading, entries, started_ms, work } = run;
        let catalog =
            Arc::new(heading.catalog().expect("the heading was checked when it was made"));
        let began = &heading.began;
        assert_eq!(
            (began.approach, began.cascade),
            (Approach::OrchestratorOwned, Cascade::Planned),
            "each module is built once, by its components"
        );
        let (sender, events) = unbounded_channel();
        let hub = AtHub::new(session.hub, session.user, work);
        let carrier = Carrier::new(hub, catalog, sender, began.gates);
        let mut figures = Figures::default();
        let course = Course::new(&heading, &entries, |heard| {
            learn(&carrier, heard);
            figures.heard(heard);
        });
        Self {
            clock: RunClock::new(started_ms, course.last()),
            course,
            figures,
            carrier,
            events,
            timers: BTreeMap::new(),
            timers_set: 0,
            kept_ms: clock::now_ms(),
            asked_ms: 0,
            cascade: began.cascade,
            watch,
        }
    }

    async fn drive<R: Rows>(mut self, rows: &mut R) -> Result<Driven, R::Error> {
        self.carrier.may_write_until(rows.until_ms());
        if self.course.rows() > 0
            && let Err(why) = self.carrier.relock().await
        {
            return Ok(Driven { refused: Some(why), ..self.driven(false).await });
        }
        let first = self.first_events();
        self.handle(first, rows).await?;
        loop {
            let is_paused = self.grant_wishes(rows).await?;
            if self.is_over() {
                break;
            }
            let halt = self.halt();
            let is_paused = is_paused || self.is_drained();
            if halt.is_some() || is_paused || self.watch.stop.load(Ordering::Relaxed) {
                self.stop(rows).await?;
                return Ok(Driven { is_paused, halt, ..self.driven(false).await });
            }
            let events = self.next_events().await;
            self.handle(events, rows).await?;
            self.show_life(rows).await?;
        }
        self.carrier.end().await;
        Ok(self.driven(true).await)
    }

    /// Does what people want of the run, now and then. Returns whether it is to pause.
    async fn grant_wishes<R: Rows>(&mut self, rows: &mut R) -> Result<bool, R::Error> {
        let now = clock::now_ms();
        if now - self.asked_ms < WISHES_MS {
            return Ok(false);
        }
        self.asked_ms = now;
        let mut is_paused = false;
        for Wished { number, wish } in rows.wishes().await? {
            let (catalog, status) = (self.course.orchestrator().catalog(), self.course.status());
            match Wish::grant(&wish, number, catalog, status) {
                Granted::Events(events) => self.handle(events, rows).await?,
                Granted::Pause => is_paused = true,
                Granted::Drain => self.drain(rows).await?,
                Granted::Later => continue,
                Granted::Nothing(why) => (self.watch.tell)(News::Line(&why)),
            }
            rows.wish_done(number).await?;
        }
        Ok(is_paused)
    }

    /// Begins nothing new from now on. A drain lasts as long as its process.
    async fn drain<R: Rows>(&mut self, rows: &mut R) -> Result<(), R::Error> {
        self.carrier.drain();
        rows.set_state(RunState::Draining).await?;
        let line = "drains: nothing new is submitted, and what koji has of the run ends first";
        (self.watch.tell)(News::Line(line));
        Ok(())
    }

    /// People ask for the modules that wait for nothing; a request that was heard is heard only once. A
    /// process that comes back looks for what is outstanding.
    fn first_events(&self) -> Vec<Event> {
        let catalog = self.course.orchestrator().catalog();
        let request = |(request, module)| Event::Requested {
            request,
            module: Arc::clone(&catalog.module(module).id),
        };
        let requests = (0..).zip(catalog.starts(self.cascade)).map(request);
        let restarted = (self.course.rows() > 0).then_some(Event::Restarted);
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
        self.arrived(&mut events);
        let now = self.time();
        while let Some(entry) = self.timers.first_entry() {
            if entry.key().0 > now {
                break;
            }
            events.push(Event::Timer { timer: entry.remove() });
        }
        events
    }

    /// Takes the events that have arrived.
    fn arrived(&mut self, events: &mut Vec<Event>) {
        while let Ok(event) = self.events.try_recv() {
            events.push(event);
        }
    }

    /// Journals events, has them handled, and begins to carry out what they lead to.
    async fn handle<R: Rows>(&mut self, events: Vec<Event>, rows: &mut R) -> Result<(), R::Error> {
        let commands = self.take(&events, rows).await?;
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

    /// Journals events and has them handled; returns what they lead to.
    async fn take<R: Rows>(
        &mut self,
        events: &[Event],
        rows: &mut R,
    ) -> Result<Vec<Command>, R::Error> {
        let mut commands = Vec::new();
        if events.is_empty() {
            return Ok(commands);
        }
        let now = self.time();
        let (carrier, figures, tell) = (&self.carrier, &mut self.figures, &mut self.watch.tell);
        let see = |heard: &Folded<'_>| {
            learn(carrier, heard);
            figures.heard(heard);
            figures.log(heard);
            figures.news(heard).iter().for_each(|line| tell(News::Line(line)));
            commands.extend_from_slice(heard.commands);
        };
        self.course.step(events, now, rows, see).await?;
        self.kept(rows);
        Ok(commands)
    }

    /// Keeps a sign of life where no row was kept for a while: it renews the lease.
    async fn show_life<R: Rows>(&mut self, rows: &mut R) -> Result<(), R::Error> {
        let now = clock::now_ms();
        let left = rows.until_ms().saturating_sub(now);
        let lease = rows.until_ms().saturating_sub(self.kept_ms);
        if now - self.kept_ms >= SIGN_OF_LIFE_MS || left < lease / 2 {
            rows.keep(&[]).await?;
            self.kept(rows);
        }
        Ok(())
    }

    fn kept<R: Rows>(&mut self, rows: &R) {
        self.kept_ms = clock::now_ms();
        self.carrier.may_write_until(rows.until_ms());
    }

    /// Lets the request that is under way end, and keeps what was answered. What was not asked, nobody
    /// needs to know.
    async fn stop<R: Rows>(&mut self, rows: &mut R) -> Result<(), R::Error> {
        if tokio::time::timeout(GRACE, self.carrier.stop()).await.is_err() {
            tracing::warn!(
                "the hub did not answer in time: the next process looks what came of it"
            );
        }
        for _ in 0..TURNS {
            tokio::task::yield_now().await;
        }
        let mut events = Vec::new();
        self.arrived(&mut events);
        events.retain(
            |event| !matches!(event, Event::Answered { answer, .. } if !is_settled(answer)),
        );
        self.take(&events, rows).await.map(drop)
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

    /// Returns whether nothing can happen any more: no module is under way, koji has no task of one that
    /// failed, nothing is on its way, and nobody waits for an answer.
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
        let modules = self.course.status().modules();
        self.carrier.is_idle()
            && self.events.is_empty()
            && modules.iter().all(|module| is_still(module.state))
            && !has_tasks(&modules)
            && !self.awaits_answers()
    }

    /// Returns whether a run that drains is done with it: koji has nothing of it any more, and what came of
    /// everything is kept.
    fn is_drained(&self) -> bool {
        self.carrier.is_drained()
            && self.events.is_empty()
            && !has_tasks(&self.course.status().modules())
    }

    /// Returns whether a call waits for its answer, or is to be made again.
    fn awaits_answers(&self) -> bool {
        let mut outstanding = Vec::new();
        self.course.orchestrator().outstanding(&mut outstanding);
        let is_call = |command: &Command| match command {
            Command::Call { call, .. } | Command::Look { call, .. } => !call.is_poll(),
            Command::Tell(_) | Command::Timer { .. } => false,
        };
        outstanding.iter().any(is_call)
    }

    async fn driven(&self, is_over: bool) -> Driven {
        let modules = self.course.status().modules();
        let nvrs =
            if is_over { self.carrier.nvrs(&tasks(&modules)).await } else { BTreeMap::new() };
        let requests = self.carrier.leave().await;
        let figures = self.figures.clone();
        Driven {
            is_over,
            is_paused: false,
            halt: None,
            refused: None,
            modules,
            figures,
            nvrs,
            requests,
        }
    }
}

fn is_settled(answer: &Answer) -> bool {
    matches!(answer, Answer::Done(_) | Answer::Failed(_))
}

/// Has what carries commands out learn of an event and what follows from it.
fn learn(carrier: &Carrier, heard: &Folded<'_>) {
    carrier.event(heard.event, heard.catalog);
    heard.commands.iter().for_each(|command| carrier.command(command));
}

/// Returns whether koji has a task of a component that has not ended for all that is known.
fn has_tasks(modules: &[ModuleStatus]) -> bool {
    let mut parts = modules.iter().flat_map(|module| &module.components);
    parts.any(|part| part.state == ComponentState::Building)
}

/// Returns the tasks of components that are built.
fn tasks(modules: &[ModuleStatus]) -> Vec<TaskId> {
    let parts = modules.iter().flat_map(|module| &module.components);
    parts
        .filter(|part| part.state == ComponentState::Done)
        .filter_map(|part| part.task_id)
        .collect()
}
