//! Carries out what the engine commands: calls that are made together go to the hub together, and each
//! is answered by an event.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;

use super::at_hub::AtHub;
use super::mail::{self, Mail};
use super::memory::{Memory, Part};
use super::stop::Stop;
use super::submit::Try;
use super::work::ModuleWork;
use crate::koji::calls::CancelTask;
use crate::orchestrate::{
    Answer, BuildId, Call, CallId, Catalog, Command, ComponentEnd, Event, Fault, ModuleIx,
    Outstanding, Reply, TaskId,
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
    /// Whether a component has a gate: then the orchestrator says when it is tagged, else it is tagged
    /// when it is built.
    has_gate: bool,
}

/// The newest repo that a module's components are built in.
#[derive(Clone, Copy, Debug, Default)]
struct Repo {
    /// Whether it has everything that is tagged.
    is_fresh: bool,
    /// Counts what was tagged.
    tagged: u64,
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
            is_polling: Cell::new(false),
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

    fn tries<'p>(&self, parts: impl IntoIterator<Item = &'p Part>) -> Vec<Try> {
        let catalog = self.catalog.borrow();
        let one = |part: &Part| Try {
            component: catalog.key(part.component).clone(),
            attempt: part.attempt,
        };
        parts.into_iter().map(one).collect()
    }

    async fn submit(&self, build: BuildId, parts: Vec<(CallId, Part)>) {
        let answers = async {
            let module = self.module_of(build)?;
            self.repo(build, module).await?;
            self.hub.submit(module, &self.tries(parts.iter().map(|(_, part)| part))).await
        };
        let answers = answers.await.map(|each| {
            let task = |task| Answer::Done(Reply::Task(task));
            each.into_iter().map(|answer| answer.map(task)).collect()
        });
        self.answer_all(&parts, "build-component", answers);
    }

    async fn find(&self, build: BuildId, parts: Vec<(CallId, Part)>) {
        let answers = async {
            let module = self.module_of(build)?;
            self.hub.find(module, &self.tries(parts.iter().map(|(_, part)| part))).await
        };
        let answers = answers.await.map(|each| {
            let found = |task: Option<TaskId>| match task {
                Some(task) => Answer::Done(Reply::Task(task)),
                None => Answer::Absent,
            };
            each.into_iter().map(|answer| answer.map(found)).collect()
        });
        self.answer_all(&parts, "build-component", answers);
    }

    async fn tag(&self, build: BuildId, calls: Vec<(CallId, Part)>) {
        let parts: Vec<Part> = calls.iter().map(|(_, part)| *part).collect();
        let tagged = self.tag_each(build, &parts).await;
        let answers = tagged.into_iter().map(|one| one.map(|()| Answer::Done(Reply::Nothing)));
        self.answer_all(&calls, "tag-component", Ok(answers.collect()));
    }

    /// Tags what was built, together; one that cannot be tagged does not keep the others out.
    async fn tag_each(&self, build: BuildId, parts: &[Part]) -> Vec<Result<(), Stop>> {
        let all = self.tag_together(build, parts).await;
        if parts.len() == 1 || !matches!(&all, Err(Stop { answer: Answer::Failed(_), .. })) {
            return vec![all; parts.len()];
        }
        let mut each = Vec::with_capacity(parts.len());
        for part in parts {
            each.push(self.tag_together(build, std::slice::from_ref(part)).await);
        }
        each
    }

    async fn tag_together(&self, build: BuildId, parts: &[Part]) -> Result<(), Stop> {
        let module = self.module_of(build)?;
        let mut tasks = Vec::with_capacity(parts.len());
        for (part, one) in parts.iter().zip(self.tries(parts)) {
            let task = self.memory.borrow().task(*part);
            let task = task.ok_or_else(|| unknown(&format!("the task of {}", one.component)))?;
            tasks.push((one.component, task));
        }
        self.hub.tag_parts(module, &tasks).await?;
        let mut repos = self.repos.borrow_mut();
        let repo = repos.entry(build).or_default();
        *repo = Repo { is_fresh: false, tagged: repo.tagged + 1 };
        Ok(())
    }

    /// Waits for a repo with everything that is tagged, unless there is one.
    async fn repo(&self, build: BuildId, module: &ModuleWork) -> Result<(), Stop> {
        let known = self.repos.borrow().get(&build).copied().unwrap_or_default();
        if !known.is_fresh {
            self.hub.wait_repo(module).await?;
            self.has_repo(build, known.tagged);
        }
        Ok(())
    }

    /// Takes note of a repo, unless something was tagged since it was asked for.
    fn has_repo(&self, build: BuildId, tagged: u64) {
        let mut repos = self.repos.borrow_mut();
        let repo = repos.entry(build).or_default();
        repo.is_fresh = repo.tagged == tagged;
    }

    fn answer_all(
        &self,
        parts: &[(CallId, Part)],
        kind: &'static str,
        answers: Result<Vec<Result<Answer, Stop>>, Stop>,
    ) {
        let answers = answers.unwrap_or_else(|stop| vec![Err(stop); parts.len()]);
        for ((id, _), answer) in parts.iter().zip(answers) {
            let answer = answer.unwrap_or_else(|stop| {
                tracing::warn!(call = kind, "{}", stop.why);
                stop.answer
            });
            self.answer(*id, answer);
        }
    }

    /// Carries out one call, or looks what came of it. Most steps look by themselves before they write, so
    /// a look for them answers that nothing is there, and the call that follows finds what is.
    async fn alone(&self, id: CallId, call: &Call, is_look: bool) -> Result<Answer, Stop> {
        let nothing = Ok(Answer::Done(Reply::Nothing));
        match call {
            Call::Mail { to, about } => {
                let catalog = Arc::clone(&self.catalog.borrow());
                let mail = Mail { id, to: *to, about, catalog: &catalog };
                mail::send(&mail, self.hub.work.spool.as_deref())?;
                nothing
            }
            Call::Poll { about } => self.poll(about).await,
            Call::Fetch { module, .. } => self.module(*module).and(nothing),
            Call::CancelComponent { build, component, attempt } => {
                let part = Part { build: *build, component: *component, attempt: *attempt };
                let task = self.memory.borrow().task(part);
                if let Some(task) = task {
                    self.cancel(i64::from(task.0)).await?;
                }
                nothing
            }
            _ if is_look => Ok(Answer::Absent),
            Call::CreateTarget { build, module } => {
                self.hub.prepare(self.module(*module)?).await?;
                self.has_repo(*build, 0);
                nothing
            }
            Call::MakeRepo { module, .. } => {
                self.hub.finish(self.module(*module)?).await?;
                nothing
            }
            Call::Publish { module, .. } => {
                self.hub.publish(self.module(*module)?).await?;
                nothing
            }
            Call::BuildComponent { .. }
            | Call::TagComponent { .. }
            | Call::BuildModule { .. }
            | Call::WaitRepo { .. }
            | Call::Import { .. }
            | Call::EndTask { .. }
            | Call::AskDependants { .. }
            | Call::RequestTest { .. } => Err(unknown(call.kind().as_str())),
        }
    }

    /// Cancels a task that is not over.
    async fn cancel(&self, task: i64) -> Result<(), Stop> {
        let found = self.hub.tasks(&[task]).await?;
        if found.get(&task).is_some_and(|task| !task.state.is_final()) {
            self.hub.ask(&CancelTask { task_id: task, recurse: Some(true) }).await?;
        }
        Ok(())
    }

    /// Polls, unless a poll is under way: two would tag the same builds, and the next one sees what is new.
    async fn poll(&self, about: &[Outstanding]) -> Result<Answer, Stop> {
        if self.is_polling.replace(true) {
            return Ok(Answer::Done(Reply::Nothing));
        }
        let polled = self.poll_alone(about).await;
        self.is_polling.set(false);
        polled
    }

    async fn poll_alone(&self, about: &[Outstanding]) -> Result<Answer, Stop> {
        let mut built: BTreeMap<BuildId, Vec<Part>> = BTreeMap::new();
        for (task, end) in self.hub.observe(about).await? {
            match (self.memory.borrow().part(task), end) {
                (Some(part), ComponentEnd::Complete) if !self.has_gate => {
                    built.entry(part.build).or_default().push(part);
                }
                (Some(part), end) => self.ended(part, end),
                (None, _) => {}
            }
        }
        for (build, parts) in built {
            for (part, tagged) in parts.iter().zip(self.tag_each(build, &parts).await) {
                match tagged {
                    Ok(()) => self.ended(*part, ComponentEnd::Complete),
                    Err(stop) => self.not_tagged(*part, &stop),
                }
            }
        }
        Ok(Answer::Done(Reply::Nothing))
    }

    fn ended(&self, part: Part, end: ComponentEnd) {
        let Part { build, component, attempt } = part;
        drop(self.events.send(Event::ComponentEnded { build, component, attempt, end }));
    }

    /// A component without a gate is not done before it is tagged. If another try may tag it, the next
    /// poll finds it again.
    fn not_tagged(&self, part: Part, stop: &Stop) {
        tracing::warn!(call = "tag-component", "{}", stop.why);
        if matches!(stop.answer, Answer::Failed(_)) {
            self.ended(part, ComponentEnd::Failed);
        }
    }
}

fn unknown(what: &str) -> Stop {
    Stop::failed(Fault::Missing, format!("{what} is not part of this run"))
}
