//! What an orchestrator knows of its run: where every module, component and call stands, and why it
//! waits. One fold over (time, event, command): the same for a run that is simulated, one that is live and
//! one that is read back from its journal.
//!
//! Hand over each event *before* the commands that it led to, in the order of the run. An event or command
//! that comes twice changes nothing. What only the world knows (builders, queues, repos under way) is not
//! here: an orchestrator does not know it.
//!
//! The states of modules and components are those of `modplan runs show --format json`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::orchestrate::{
    Answer, Approach, BuildId, Call, CallId, Catalog, Command, ComponentEnd, ComponentIx, Concern,
    Dispatch, Event, Gates, ModuleIx, Party, Reply, Standing, Tell, Timer,
};
use crate::time::Timestamp;

mod because;
mod build;
mod chain;
mod shapes;
mod trouble;
mod waiting;

pub(crate) use because::listed;
pub use build::Refused;
pub use chain::Link;
pub use shapes::{CallStatus, ComponentState, ComponentStatus, ModuleState, ModuleStatus};
pub use trouble::Trouble;

use build::Build;

/// The fold.
#[derive(Clone, Debug)]
pub struct Status {
    catalog: Arc<Catalog>,
    approach: Approach,
    gates: Gates,
    dispatch: Dispatch,
    /// By number; koji-owned knows only those whose result it heard.
    builds: BTreeMap<BuildId, Build>,
    /// The last build of each module.
    newest: BTreeMap<ModuleIx, BuildId>,
    /// Modules that koji was asked to build, without a result since (koji-owned).
    asked: BTreeMap<ModuleIx, BuildId>,
    /// Modules about which people were mailed that a call gets no answer, with the build that waits.
    unanswered: BTreeSet<(ModuleIx, BuildId)>,
    calls: BTreeMap<CallId, Asked>,
    pauses: BTreeMap<Party, Timestamp>,
}

/// A call that was sent.
#[derive(Clone, Debug)]
struct Asked {
    call: Call,
    tries: u32,
    since: Timestamp,
    /// It was looked for and is not there: it is made again, or dropped.
    is_absent: bool,
}

impl Status {
    /// Begins before the first event.
    #[must_use]
    pub fn new(
        catalog: Arc<Catalog>,
        approach: Approach,
        gates: Gates,
        dispatch: Dispatch,
    ) -> Self {
        Self {
            catalog,
            approach,
            gates,
            dispatch,
            builds: BTreeMap::new(),
            newest: BTreeMap::new(),
            asked: BTreeMap::new(),
            unanswered: BTreeSet::new(),
            calls: BTreeMap::new(),
            pauses: BTreeMap::new(),
        }
    }

    /// Returns every module that the plan rebuilds or that was built, in id order.
    #[must_use]
    pub fn modules(&self) -> Vec<ModuleStatus> {
        let of_run = (0..).map(ModuleIx).zip(&self.catalog.modules).filter(|(at, module)| {
            module.is_planned || self.newest.contains_key(at) || self.asked.contains_key(at)
        });
        let before = self.planned_before();
        let waits = |at: ModuleIx| self.waits_for(&before[at.index()]);
        let mut modules: Vec<_> = of_run.map(|(at, _)| self.module(at, &waits)).collect();
        modules.sort_by(|a, b| a.id.cmp(&b.id));
        modules
    }

    /// Returns every call without an answer, in the order in which they were made.
    #[must_use]
    pub fn calls_outstanding(&self) -> Vec<CallStatus> {
        self.calls.values().map(|asked| self.call_status(asked)).collect()
    }

    fn call_status(&self, asked: &Asked) -> CallStatus {
        CallStatus {
            call: asked.call.kind().as_str(),
            party: asked.call.party(),
            tries: asked.tries,
            since: asked.since,
            next_at: self.pauses.get(&asked.call.party()).copied(),
        }
    }

    /// koji-owned died and begins again with nothing: answers to earlier calls reach nobody.
    pub fn forget_calls(&mut self) {
        self.calls.clear();
        self.pauses.clear();
    }

    /// Takes an event that is handed to the orchestrator.
    pub fn event(&mut self, event: &Event, now: Timestamp) {
        Catalog::learn(&mut self.catalog, event);
        match *event {
            Event::Answered { call, ref answer } => self.answered(call, answer),
            Event::ComponentEnded { build, component, attempt, end } => {
                let has_gate = self.gates.component;
                self.part(build, component, |part| part.ended(attempt, end, has_gate));
            }
            Event::ComponentTested { build, component, attempt, passed } => {
                self.part(build, component, |part| part.tested(attempt, passed));
            }
            Event::Waived { build, component: Some(component), .. } => {
                self.part(build, component, |part| part.is_rejected = false);
            }
            Event::Tested { build, module, attempt, passed } => {
                self.tested(build, module, attempt, passed);
            }
            Event::Waived { build, module, component: None } => {
                if self.approach == Approach::KojiOwned {
                    self.verdict_of_koji(build, module, true);
                }
            }
            Event::Canceled { build, .. } => {
                if let Some(build) = self.builds.get_mut(&build) {
                    build.is_canceled = true;
                }
            }
            Event::Timer { ref timer } => {
                if let Timer::Party { party, .. } = timer
                    && self.pauses.get(party).is_some_and(|at| *at <= now)
                {
                    self.pauses.remove(party);
                }
            }
            Event::Requested { .. }
            | Event::Defined { .. }
            | Event::Resumed { .. }
            | Event::Restarted
            | Event::RepoEnded { .. } => {}
        }
    }

    /// Takes a command that followed from the last event.
    pub fn command(&mut self, command: &Command, now: Timestamp) {
        match command {
            Command::Call { id, call } | Command::Look { id, call } => {
                let fresh = || Asked { call: call.clone(), tries: 0, since: now, is_absent: false };
                let asked = self.calls.entry(*id).or_insert_with(fresh);
                asked.tries += 1;
                asked.is_absent = false;
                if let Command::Call { .. } = command {
                    self.called(call);
                }
            }
            Command::Tell(tell) => self.told(tell),
            Command::Timer { at, timer } => {
                if let Timer::Party { party, .. } = timer {
                    self.pauses.insert(*party, *at);
                }
            }
        }
    }

    fn part(
        &mut self,
        build: BuildId,
        component: ComponentIx,
        change: impl FnOnce(&mut build::Part),
    ) {
        let part = self.builds.get_mut(&build).and_then(|build| build.parts.get_mut(&component));
        if let Some(part) = part {
            change(part);
        }
    }

    fn tested(&mut self, build: BuildId, module: ModuleIx, attempt: u32, passed: bool) {
        if self.approach == Approach::KojiOwned {
            self.verdict_of_koji(build, module, passed);
        } else if let Some(build) = self.builds.get_mut(&build)
            && build.state == ModuleState::Testing
            && build.round == attempt
            && !passed
        {
            build.state = ModuleState::Stuck;
        }
    }

    /// koji-owned hears how a module that koji built was tested; a pass is final.
    fn verdict_of_koji(&mut self, build: BuildId, module: ModuleIx, passed: bool) {
        let entry = self.builds.entry(build).or_insert_with(|| Build::new(module));
        if entry.state != ModuleState::Ready {
            entry.state = if passed { ModuleState::Ready } else { ModuleState::Stuck };
        }
        let newest = self.newest.entry(module).or_insert(build);
        *newest = build.max(*newest);
        self.asked.remove(&module);
    }

    fn answered(&mut self, id: CallId, answer: &Answer) {
        let is_settled = matches!(answer, Answer::Done(_) | Answer::Failed(_));
        let Some(asked) = self.calls.get(&id).cloned() else { return };
        if is_settled {
            self.calls.remove(&id);
            self.pauses.remove(&asked.call.party());
        } else if asked.call.is_poll() {
            self.calls.remove(&id);
        } else if let Some(asked) = self.calls.get_mut(&id) {
            asked.is_absent = *answer == Answer::Absent;
        }
        if let &Answer::Failed(fault) = answer {
            self.refused(&asked.call, fault);
        }
        match (&asked.call, answer) {
            (Call::CreateTarget { build, .. }, Answer::Done(_)) => {
                self.step(*build, ModuleState::Building);
            }
            (
                &Call::BuildComponent { build, component, attempt, .. },
                Answer::Done(Reply::Task(task)),
            ) => {
                self.part(build, component, |part| part.has_task(attempt, *task));
            }
            (&Call::TagComponent { build, component, attempt }, Answer::Done(_)) => {
                self.part(build, component, |part| part.tagged(attempt));
            }
            _ => {}
        }
    }

    /// A call is sent: what it is for has come so far.
    fn called(&mut self, call: &Call) {
        match *call {
            Call::BuildModule { module, cause, .. } => {
                self.asked.insert(module, cause);
            }
            Call::Fetch { build, .. } | Call::CreateTarget { build, .. } => {
                self.step(build, ModuleState::Preparing);
            }
            Call::BuildComponent { build, component, attempt, .. } => {
                self.step(build, ModuleState::Building);
                self.part(build, component, |part| part.submitted(attempt));
            }
            Call::CancelComponent { build, component, attempt } => {
                self.part(build, component, |part| {
                    part.ended(attempt, ComponentEnd::Canceled, false);
                });
            }
            Call::TagComponent { build, component, attempt } => {
                self.part(build, component, |part| part.validated(attempt));
            }
            Call::MakeRepo { build, .. } => self.step(build, ModuleState::Repo),
            Call::Publish { build, attempt, .. } if self.gates.module => {
                self.await_test(build, attempt);
            }
            Call::RequestTest { build, component: None, attempt } => {
                self.await_test(build, attempt);
            }
            Call::Mail { ref about, .. } => about.iter().for_each(|concern| self.mailed(concern)),
            Call::WaitRepo { .. }
            | Call::Import { .. }
            | Call::EndTask { .. }
            | Call::Publish { .. }
            | Call::RequestTest { .. }
            | Call::AskDependants { .. }
            | Call::Poll { .. } => {}
        }
    }

    /// People are mailed how a rebuild stands.
    fn mailed(&mut self, concern: &Concern) {
        let Concern { build, module, component, standing } = *concern;
        match (standing, component) {
            (Standing::NoAnswer, _) => drop(self.unanswered.insert((module, build))),
            (Standing::NoResult, Some(component)) => {
                self.part(build, component, |part| part.is_rejected = true);
            }
            (Standing::NoResult, None) => self.step(build, ModuleState::Stuck),
            _ => {}
        }
        if standing != Standing::NoAnswer {
            self.unanswered.remove(&(module, build));
        }
    }

    fn told(&mut self, tell: &Tell) {
        match *tell {
            Tell::Opened { build, module, .. } => {
                let components = self.catalog.module(module).components.clone();
                let fresh = || Build::of(module, components.map(ComponentIx));
                self.builds.entry(build).or_insert_with(fresh);
                self.newest.insert(module, build);
            }
            Tell::Ready { build, .. } => self.end(build, ModuleState::Ready),
            Tell::Failed { build, .. } => self.end(build, ModuleState::Failed),
            Tell::Resumed { build, .. } => {
                if let Some(build) = self.builds.get_mut(&build) {
                    (build.is_canceled, build.refused) = (false, None);
                    build.state = ModuleState::Building;
                }
            }
            // Beyond the cap on module builds a call that is absent is dropped.
            Tell::Stopped { .. } | Tell::Acknowledged { .. } => {
                self.calls.retain(|_, asked| !asked.is_absent);
            }
            Tell::Caused { .. } => {}
        }
    }

    /// A module build that is not over comes to a step.
    fn step(&mut self, build: BuildId, state: ModuleState) {
        if let Some(build) = self.builds.get_mut(&build)
            && !matches!(build.state, ModuleState::Ready | ModuleState::Failed)
        {
            build.state = state;
        }
    }

    fn await_test(&mut self, build: BuildId, attempt: u32) {
        self.step(build, ModuleState::Testing);
        if let Some(build) = self.builds.get_mut(&build) {
            build.round = attempt;
        }
    }

    fn end(&mut self, build: BuildId, state: ModuleState) {
        if let Some(build) = self.builds.get_mut(&build) {
            build.state = state;
        }
    }
}
