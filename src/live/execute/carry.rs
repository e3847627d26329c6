//! Carries out what the engine commands: calls that are made together go to the hub together, and each
//! is answered by an event.

mod gates;
mod parts;
mod polls;
mod single;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;

use gates::{Tested, Tests};
use parts::Repo;

use super::at_hub::AtHub;
use super::breaker::Breaker;
use super::canary::Canary;
use super::drain::Drain;
use super::halt::Halt;
use super::memory::{Memory, Part};
use super::stop::Stop;
use super::work::ModuleWork;
use crate::orchestrate::{
    Answer, BuildId, Call, CallId, Catalog, Command, ComponentEnd, ComponentIx, Event, Fault,
    Gates, ModuleIx, TaskId,
};

/// What carries commands out. Answers and observations leave it as events.
#[derive(Clone)]
pub(super) struct Carrier(Rc<Inner>);

struct Inner {
    hub: AtHub,
    catalog: RefCell<Arc<Catalog>>,
    memory: RefCell<Memory>,
    events: UnboundedSender<Event>,
    repos: RefCell<BTreeMap<BuildId, Repo>>,
    running: Cell<usize>,
    /// Whether a poll is under way, which also tags what it finds built.
    is_polling: Cell<bool>,
    /// Where a component has a gate, the orchestrator says when it is tagged; else it is tagged when it is
    /// built. A module with a gate is published when it has passed.
    gates: Gates,
    tests: Tests,
    breaker: RefCell<Breaker>,
    canary: Option<RefCell<Canary>>,
    drain: Drain,
}

/// Calls of one kind about one module build that were commanded together.
type Together = BTreeMap<BuildId, Vec<(CallId, Part)>>;

impl Carrier {
    pub(super) fn new(
        hub: AtHub,
        catalog: Arc<Catalog>,
        events: UnboundedSender<Event>,
        gates: Gates,
    ) -> Self {
        let breaker = RefCell::new(Breaker::new(hub.work.limits.failures));
        let canary = hub.work.canary.map(|max| RefCell::new(Canary::new(max, gates)));
        Self(Rc::new(Inner {
            hub,
            catalog: RefCell::new(catalog),
            memory: RefCell::default(),
            events,
            repos: RefCell::default(),
            running: Cell::new(0),
            is_polling: Cell::new(false),
            gates,
            tests: Tests::default(),
            breaker,
            canary,
            drain: Drain::default(),
        }))
    }

    /// Takes an event that is handed to the orchestrator.
    pub(super) fn event(&self, event: &Event, catalog: &Arc<Catalog>) {
        self.count(event);
        if let Some(canary) = &self.0.canary {
            canary.borrow_mut().event(event);
        }
        if let Event::Answered { call, answer } = event {
            self.0.drain.answered(*call, answer);
        }
        self.0.memory.borrow_mut().event(event);
        *self.0.catalog.borrow_mut() = Arc::clone(catalog);
    }

    /// Counts the builds that end. One that the hub refuses ends at once.
    fn count(&self, event: &Event) {
        let mut breaker = self.0.breaker.borrow_mut();
        match *event {
            Event::Restarted => breaker.restarted(),
            Event::ComponentEnded { build, component, attempt, end } => {
                breaker.ended(Part { build, component, attempt }, end == ComponentEnd::Complete);
            }
            Event::Answered { call, answer: Answer::Failed(_) } => {
                if let Some(part) = self.0.memory.borrow().submission(call) {
                    breaker.ended(part, false);
                }
            }
            Event::Answered { .. }
            | Event::Requested { .. }
            | Event::Defined { .. }
            | Event::Resumed { .. }
            | Event::Canceled { .. }
            | Event::ComponentTested { .. }
            | Event::RepoEnded { .. }
            | Event::Tested { .. }
            | Event::Waived { .. }
            | Event::Timer { .. } => {}
        }
    }

    /// Takes a command; nothing is done yet.
    pub(super) fn command(&self, command: &Command) {
        if let Some(canary) = &self.0.canary {
            let catalog = self.0.catalog.borrow();
            let components = |module| {
                let keys = catalog.module(module).components.clone();
                keys.filter(|&at| !catalog.is_reused(ComponentIx(at))).count()
            };
            canary.borrow_mut().command(command, components);
        }
        self.0.memory.borrow_mut().command(command);
    }

    /// Returns whether nothing is on its way.
    pub(super) fn is_idle(&self) -> bool {
        self.0.running.get() == 0
    }

    /// Returns why the run stops and waits for people, if it does: then nothing more is written. `is_quiet`
    /// says that nothing is to be heard and that nobody is asked again later, `is_answered` that no call is open.
    pub(super) fn halt(&self, is_quiet: bool, is_answered: impl Fn() -> bool) -> Option<Halt> {
        let is_still = is_quiet && self.is_idle();
        let failures = || self.0.breaker.borrow().tripped().map(Halt::from);
        let canary = || self.0.canary.as_ref()?.borrow().outcome().map(Halt::from);
        let closed = || self.0.memory.borrow().closed().map(|waiting| Halt::People { waiting });
        let halt = failures()
            .or_else(|| canary().filter(|_| is_still))
            .or_else(|| closed().filter(|_| is_still && is_answered()));
        if halt.is_some() {
            self.0.hub.halt();
        }
        halt
    }

    /// Begins nothing new from now on.
    pub(super) fn drain(&self) {
        self.0.drain.begin();
        self.0.hub.drain();
    }

    /// Returns whether the run drains and nothing that was begun is on its way.
    pub(super) fn is_drained(&self) -> bool {
        self.0.drain.is_over() && self.is_idle()
    }

    /// Takes the locks of the run again, for a process that comes back; says what keeps it from that.
    pub(super) async fn relock(&self) -> Result<(), String> {
        self.0.hub.relock().await.map_err(|stop| stop.why)
    }

    /// Gives back what only a run that is not over needs.
    pub(super) async fn end(&self) {
        self.0.hub.unlock().await;
    }

    /// Lets writes through until a moment, in milliseconds since 1970.
    pub(super) fn may_write_until(&self, until_ms: i64) {
        self.0.hub.may_write_until(until_ms);
    }

    /// Asks for nothing more, and waits until the request that is under way is answered.
    pub(super) async fn stop(&self) {
        self.0.hub.stop().await;
    }

    /// Returns the builds of tasks that completed, as far as the hub says.
    pub(super) async fn nvrs(&self, tasks: &[TaskId]) -> BTreeMap<TaskId, String> {
        self.0.hub.nvrs(tasks).await
    }

    /// Logs out, and returns how many requests went to the hub.
    pub(super) async fn leave(&self) -> u64 {
        self.0.hub.leave().await
    }

    /// Begins to carry out the calls and looks among some commands.
    pub(super) fn carry_out(&self, commands: &[Command]) {
        let (mut builds, mut finds, mut tags) = (Together::new(), Together::new(), Together::new());
        for command in commands {
            let (id, call, is_look) = match command {
                Command::Call { id, call } => (*id, call, false),
                Command::Look { id, call } => (*id, call, true),
                Command::Tell(_) | Command::Timer { .. } => continue,
            };
            let is_held = self.0.canary.as_ref().is_some_and(|canary| canary.borrow().holds(id));
            if is_held || (!is_look && self.0.drain.holds(call)) {
                continue;
            }
            self.0.drain.begins(id, call);
            let together = match (call, is_look) {
                (Call::BuildComponent { .. }, false) => &mut builds,
                (Call::BuildComponent { .. }, true) => &mut finds,
                // Tagging looks where a build is tagged before it tags it.
                (Call::TagComponent { .. }, _) => &mut tags,
                (call, is_look) => {
                    self.begin_alone(id, call.clone(), is_look);
                    continue;
                }
            };
            if let &(Call::BuildComponent { build, component, attempt, .. }
            | Call::TagComponent { build, component, attempt }) = call
            {
                together.entry(build).or_default().push((id, Part { build, component, attempt }));
            }
        }
        for (build, parts) in builds {
            self.0.spawn(move |it| async move { it.submit(build, parts).await });
        }
        for (build, parts) in finds {
            self.0.spawn(move |it| async move { it.find(build, parts).await });
        }
        for (build, parts) in tags {
            self.0.spawn(move |it| async move { it.tag(build, parts).await });
        }
    }

    /// Begins to judge the components that were built.
    pub(super) fn judge(&self, events: &[Event]) {
        for event in events {
            if let &Event::ComponentEnded { build, component, attempt, end } = event
                && end == ComponentEnd::Complete
                && self.0.gates.component
                && !self.0.drain.is_on()
            {
                self.0.test(Tested { build, component: Some(component), attempt }, false);
            }
        }
    }

    fn begin_alone(&self, id: CallId, call: Call, is_look: bool) {
        self.0.spawn(move |it| async move {
            let answer = match it.alone(id, &call, is_look).await {
                Ok(answer) => answer,
                Err(stop) => it.stopped(&call, stop),
            };
            // What would be held, nobody is to ask for again in this process.
            if answer != Answer::Refused || !it.drain.holds(&call) {
                it.answer(id, answer);
            }
        });
    }
}

impl Inner {
    fn spawn<F: Future<Output = ()> + 'static>(self: &Rc<Self>, work: impl FnOnce(Rc<Self>) -> F) {
        let inner = Rc::clone(self);
        inner.running.set(inner.running.get() + 1);
        let work = work(Rc::clone(&inner));
        tokio::task::spawn_local(async move {
            work.await;
            inner.running.set(inner.running.get() - 1);
        });
    }

    /// Gives the answer to a call. Nobody hears it after the end of the run.
    fn answer(&self, call: CallId, answer: Answer) {
        drop(self.events.send(Event::Answered { call, answer }));
    }

    /// Says why a call was not carried out, and returns what the orchestrator hears.
    fn stopped(&self, call: &Call, stop: Stop) -> Answer {
        tracing::warn!(call = call.kind().as_str(), "{}", stop.why);
        stop.answer
    }

    fn module_of(&self, build: BuildId) -> Result<&ModuleWork, Stop> {
        let module = self.memory.borrow().module(build);
        module.map_or_else(|| Err(unknown(&format!("build {}", build.0))), |at| self.module(at))
    }

    fn module(&self, module: ModuleIx) -> Result<&ModuleWork, Stop> {
        let id = Arc::clone(&self.catalog.borrow().module(module).id);
        self.hub.work.modules.get(&*id).ok_or_else(|| unknown(&id))
    }
}

fn unknown(what: &str) -> Stop {
    Stop::failed(Fault::Missing, format!("{what} is not part of this run"))
}
