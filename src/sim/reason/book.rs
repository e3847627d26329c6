//! What the log of a run says of each module build.

use std::collections::{BTreeMap, BTreeSet};

use crate::orchestrate::{
    Answer, BuildId, Call, CallKind, Catalog, Command, ComponentEnd, ComponentIx, Event, Fault,
    ModuleIx, Standing, Tell,
};
use crate::sim::Setup;
use crate::sim::log::{Fact, Log, LogRow};

/// A call that failed for good: its kind, the component it was about, and why.
pub(super) type Refused = (CallKind, Option<ComponentIx>, Fault);

/// What the log says of one module build.
#[derive(Default)]
pub(super) struct Build {
    pub(super) is_canceled: bool,
    pub(super) is_fetch_failed: bool,
    /// The last call for it that failed for good, with the component it was about.
    pub(super) refused: Option<Refused>,
    pub(super) failed: BTreeSet<ComponentIx>,
    pub(super) running: BTreeSet<ComponentIx>,
    /// The last attempt of each component.
    attempts: BTreeMap<ComponentIx, u32>,
    /// Which test of the module counts, where the orchestrator says so; 0: none, it is being built.
    round: Option<u32>,
    /// The result of each test that counts and that nobody waived; of the module itself under none.
    pub(super) tests: BTreeMap<Option<ComponentIx>, Option<bool>>,
    /// Whether the orchestrator heard that the module passed.
    pub(super) is_pass_heard: bool,
    pub(super) is_ended: bool,
}

impl Build {
    /// A component is built, perhaps anew, and with it the module is tested anew.
    fn submitted(&mut self, component: ComponentIx, attempt: u32) {
        self.failed.remove(&component);
        self.running.insert(component);
        self.attempts.insert(component, attempt);
        self.tests.remove(&Some(component));
        self.is_ended = false;
        self.await_test(0);
    }

    fn await_test(&mut self, round: u32) {
        if self.round != Some(round) {
            self.tests.remove(&None);
        }
        self.round = Some(round);
    }

    /// Returns whether a result is one of what is built, and not of what it took the place of.
    fn counts(&self, component: Option<ComponentIx>, attempt: u32) -> bool {
        let awaited = match component {
            Some(component) => self.attempts.get(&component).copied(),
            None => self.round,
        };
        awaited.is_none_or(|awaited| awaited == attempt)
    }
}

/// What the log of a run says.
pub(super) struct Book<'a> {
    pub(super) setup: &'a Setup,
    pub(super) catalog: &'a Catalog,
    pub(super) newest: BTreeMap<ModuleIx, BuildId>,
    pub(super) builds: BTreeMap<BuildId, Build>,
    /// Modules that nobody answered about, by the build that waits for the answer.
    pub(super) unanswered: BTreeSet<(ModuleIx, BuildId)>,
    pub(super) is_capped: bool,
}

impl<'a> Book<'a> {
    pub(super) fn read(setup: &'a Setup, log: &[LogRow]) -> Self {
        let (newest, builds) = (BTreeMap::new(), BTreeMap::new());
        let unanswered = BTreeSet::new();
        let catalog = &*setup.catalog;
        let mut book = Self { setup, catalog, newest, builds, unanswered, is_capped: false };
        for row in log {
            match &row.what {
                Log::Fact(fact) => book.fact(*fact),
                Log::Command(command) => book.command(command),
                Log::Event(event) => book.event(event),
                Log::Answered { call, answer, .. } => book.answer(call, answer),
            }
        }
        book
    }

    fn build(&mut self, build: BuildId) -> &mut Build {
        self.builds.entry(build).or_default()
    }

    fn fact(&mut self, fact: Fact) {
        match fact {
            Fact::ModuleBegan { build, module, .. } => {
                self.newest.insert(module, build);
            }
            Fact::ModuleEnded { build, end } => {
                self.build(build).is_ended = true;
                self.build(build).is_canceled |= end == ComponentEnd::Canceled;
            }
            Fact::Submitted { build, component, attempt } => {
                self.build(build).submitted(component, attempt);
            }
            Fact::ComponentEnded { build, component, end } => {
                let entry = self.build(build);
                entry.running.remove(&component);
                if end == ComponentEnd::Failed {
                    entry.failed.insert(component);
                }
            }
            Fact::Tested { build, component, attempt, passed } => {
                if self.build(build).counts(component, attempt) {
                    self.build(build).tests.insert(component, passed);
                }
            }
            Fact::Waived { build, component } => {
                self.build(build).tests.insert(component, Some(true));
            }
            Fact::CallFailed { build, call, component, fault } => {
                self.build(build).refused = Some((call, component, fault));
            }
            Fact::NotFetched { build } => self.build(build).is_fetch_failed = true,
            Fact::Capped => self.is_capped = true,
            Fact::MessageLost { .. }
            | Fact::Fixed { .. }
            | Fact::Mailed { .. }
            | Fact::FaultBegan { .. }
            | Fact::FaultEnded { .. }
            | Fact::Crashed
            | Fact::Restarted => {}
        }
    }

    fn command(&mut self, command: &Command) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these say how a module stands")]
        match command {
            Command::Tell(Tell::Opened { build, module, .. }) => {
                self.newest.insert(*module, *build);
            }
            Command::Call { call: Call::Fetch { build, .. }, .. } => {
                self.build(*build).is_fetch_failed = false;
            }
            Command::Call { call: Call::Publish { build, attempt, .. }, .. } => {
                self.build(*build).is_ended = true;
                self.build(*build).await_test(*attempt);
            }
            Command::Call {
                call: Call::RequestTest { build, component: None, attempt }, ..
            } => {
                self.build(*build).await_test(*attempt);
            }
            Command::Tell(Tell::Resumed { build, .. }) => {
                self.build(*build).is_canceled = false;
                self.build(*build).refused = None;
            }
            Command::Tell(Tell::Ready { build, .. }) => self.build(*build).is_pass_heard = true,
            Command::Call { call: Call::Mail { about, .. }, .. } => {
                for concern in about.iter() {
                    let of = (concern.module, concern.build);
                    if concern.standing == Standing::NoAnswer {
                        self.unanswered.insert(of);
                    } else {
                        self.unanswered.remove(&of);
                    }
                }
            }
            _ => {}
        }
    }

    fn answer(&mut self, call: &Call, answer: &Answer) {
        let (Some(build), Answer::Failed(fault)) = (call.build(), answer) else { return };
        if let Call::MakeRepo { .. } = call {
            return;
        }
        let component = match *call {
            Call::BuildComponent { component, .. } | Call::TagComponent { component, .. } => {
                Some(component)
            }
            Call::BuildModule { .. }
            | Call::WaitRepo { .. }
            | Call::Import { .. }
            | Call::EndTask { .. }
            | Call::CreateTarget { .. }
            | Call::CancelComponent { .. }
            | Call::MakeRepo { .. }
            | Call::Fetch { .. }
            | Call::Publish { .. }
            | Call::RequestTest { .. }
            | Call::AskDependants { .. }
            | Call::Mail { .. }
            | Call::Poll { .. } => None,
        };
        self.build(build).refused = Some((call.kind(), component, *fault));
    }

    fn event(&mut self, event: &Event) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these say how a module stands")]
        match *event {
            Event::Tested { build, attempt, passed: true, .. } => {
                let entry = self.build(build);
                entry.is_pass_heard |= entry.counts(None, attempt);
            }
            Event::Waived { build, component: None, .. } => self.build(build).is_pass_heard = true,
            Event::Canceled { build, .. } => self.build(build).is_canceled = true,
            _ => {}
        }
    }
}
