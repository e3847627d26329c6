//! Carries out what the engine commands: calls that are made together go to the hub together, and each
//! is answered by an event.

mod parts;
mod polls;
mod single;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;

use parts::Repo;

use super::at_hub::AtHub;
use super::memory::{Memory, Part};
use super::stop::Stop;
use super::work::ModuleWork;
use crate::orchestrate::{Answer, BuildId, Call, CallId, Catalog, Command, Event, Fault, ModuleIx};

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
    /// Whether a component has a gate: then the orchestrator says when it is tagged, else it is tagged
    /// when it is built.
    has_gate: bool,
}

/// Calls of one kind about one module build that were commanded together.
type Together = BTreeMap<BuildId, Vec<(CallId, Part)>>;

impl Carrier {
    pub(super) fn new(
        hub: AtHub,
        catalog: Arc<Catalog>,
        events: UnboundedSender<Event>,
        has_gate: bool,
    ) -> Self {
        Self(Rc::new(Inner {
            hub,
            catalog: RefCell::new(catalog),
            memory: RefCell::default(),
            events,
            repos: RefCell::default(),
            running: Cell::new(0),
            has_gate,
        }))
    }

    /// Takes an event that is handed to the orchestrator.
    pub(super) fn event(&self, event: &Event, catalog: &Arc<Catalog>) {
        self.0.memory.borrow_mut().event(event);
        *self.0.catalog.borrow_mut() = Arc::clone(catalog);
    }

    /// Takes a command; nothing is done yet.
    pub(super) fn command(&self, command: &Command) {
        self.0.memory.borrow_mut().command(command);
    }

    /// Returns whether nothing is on its way.
    pub(super) fn is_idle(&self) -> bool {
        self.0.running.get() == 0 && !self.0.memory.borrow().has_open_calls()
    }

    /// Gives back what only a run that is not over needs.
    pub(super) async fn end(&self) {
        self.0.hub.unlock().await;
    }

    /// Returns how many requests went to the hub.
    pub(super) async fn requests(&self) -> u64 {
        self.0.hub.requests().await
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
            self.spawn(move |it| async move { it.submit(build, parts).await });
        }
        for (build, parts) in finds {
            self.spawn(move |it| async move { it.find(build, parts).await });
        }
        for (build, parts) in tags {
            self.spawn(move |it| async move { it.tag(build, parts).await });
        }
    }

    fn begin_alone(&self, id: CallId, call: Call, is_look: bool) {
        self.spawn(move |it| async move {
            let answer = match it.alone(id, &call, is_look).await {
                Ok(answer) => answer,
                Err(stop) => it.stopped(&call, stop),
            };
            it.answer(id, answer);
        });
    }

    fn spawn<F: Future<Output = ()> + 'static>(&self, work: impl FnOnce(Rc<Inner>) -> F) {
        let inner = Rc::clone(&self.0);
        inner.running.set(inner.running.get() + 1);
        let work = work(Rc::clone(&inner));
        tokio::task::spawn_local(async move {
            work.await;
            inner.running.set(inner.running.get() - 1);
        });
    }
}

impl Inner {
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
