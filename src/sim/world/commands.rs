//! Carries out what an orchestrator commands.

use super::testing::Subject;
use super::{Ask, Happening, JobPurpose, JobRecord, World, number};
use crate::orchestrate::{
    Approach, BuildId, Command, ComponentEnd, ComponentIx, Event, ModuleIx, RepoMaker, Timer,
};
use crate::sim::koji::{Job, Order};
use crate::sim::ledger::BuildState;
use crate::sim::log::{Fact, Log};

impl World<'_> {
    pub(super) fn carry_out(&mut self, command: &Command) {
        let is_poll = matches!(command, Command::Poll | Command::Timer { timer: Timer::Poll, .. });
        if !is_poll {
            self.note_with(|| Log::Command(command.clone()));
        }
        if self.ledger.is_capped {
            return;
        }
        if self.is_reconciling && self.is_done_already(command) {
            return;
        }
        if self.is_refused(command) {
            self.tally.calls_refused += 1;
            self.events.push_back(Event::Refused { command: Box::new(command.clone()) });
            return;
        }
        self.activity += u64::from(!is_poll);
        self.do_it(command);
    }

    /// Returns whether nobody answers a call, or the answer is a fault.
    fn is_refused(&self, command: &Command) -> bool {
        #[expect(clippy::wildcard_enum_match_arm, reason = "these are the calls that change koji")]
        match command {
            Command::BuildModule { .. }
            | Command::CreateTarget { .. }
            | Command::BuildComponent { .. }
            | Command::CancelComponent { .. }
            | Command::TagComponent { .. }
            | Command::MakeRepo { by: RepoMaker::Koji, .. } => {
                self.broken.hub_offline + self.broken.hub_refusing > 0
            }
            Command::AskDependants { .. } => self.broken.pdc_down > 0,
            Command::Fetch { .. } => self.broken.sources > 0,
            _ => false,
        }
    }

    fn do_it(&mut self, command: &Command) {
        match *command {
            Command::BuildModule { module, cause, unless_waiting, .. } => {
                self.build_module(unless_waiting, (module, cause));
            }
            Command::OpenModule { build, module, cause } => {
                let opened = self.ledger.open((&self.setup.catalog, self.now), module, cause);
                assert_eq!(opened, build, "the orchestrator and the books number builds alike");
                self.attribute(build, false);
                self.ledger.last_change = self.now;
            }
            Command::JoinModule { build, module, cause } => {
                self.attribute_more(build, (module, cause));
                self.joined.push(command.clone());
            }
            Command::Fetch { build, module } => self.fetch(build, module),
            Command::CreateTarget { build, module } => {
                self.order(build, JobPurpose::Target, Order::Target { build, module });
            }
            Command::BuildComponent { build, component, attempt, priority } => {
                self.build_component(build, (component, attempt), priority);
            }
            Command::CancelComponent { build, component, attempt } => {
                self.cancel(build, JobPurpose::component(component, attempt));
            }
            Command::TagComponent { build, component } => {
                self.events.push_back(Event::ComponentTagged { build, component });
            }
            Command::MakeRepo { build, module, attempt, by } => {
                self.reopen(build);
                self.order(build, JobPurpose::repo(attempt), Order::Repo { build, module, by });
            }
            Command::Publish { build, attempt, .. } => self.done(build, attempt),
            Command::RequestTest { build, component, attempt } => {
                self.ask_for_test(Subject { build, component, attempt });
            }
            Command::Ready { build, .. } => self.accept(build),
            Command::FailModule { build, .. } => {
                self.messages += 1;
                self.reopen(build);
                self.ledger.close(build, BuildState::Failed, self.now);
            }
            Command::ResumeModule { build, .. } => {
                self.messages += 1;
                self.reopen(build);
            }
            Command::AskDependants { build, module, .. } => {
                let rows = self.dependant_rows(module);
                self.events.push_back(Event::Dependants { build, module, rows });
            }
            Command::Mail { ref about, .. } => {
                self.mails += 1;
                self.mailed.extend(about.iter().cloned());
                for concern in about {
                    self.people_hear(concern.clone());
                }
            }
            Command::Poll => self.poll(),
            Command::Timer { at, ref timer } => {
                let (life, timer) = (self.life, timer.clone());
                self.schedule(at.max(self.now), Happening::Timer { life, timer });
            }
            Command::Stop { .. } => self.stop(),
        }
    }

    /// koji-owned asks for a module, unless a build of it waits for its first builder.
    fn build_module(&mut self, unless_waiting: bool, of: (ModuleIx, Option<BuildId>)) {
        let (module, cause) = of;
        let waiting = if unless_waiting { self.waiting_build(module) } else { None };
        match waiting {
            Some(build) => self.attribute_more(build, (module, cause)),
            None => self.begin_module(Ask { module, cause, tries: 0, replaces: None }),
        }
    }

    fn fetch(&mut self, build: BuildId, module: ModuleIx) {
        if self.is_missing((build, module)) {
            self.note(Fact::NotFetched { build });
            self.events.push_back(Event::FetchFailed { build });
        } else {
            self.events.push_back(Event::Fetched { build });
        }
    }

    fn build_component(&mut self, build: BuildId, what: (ComponentIx, u32), priority: u32) {
        let (component, attempt) = what;
        self.reopen(build);
        self.leave_gate(build, component);
        self.tally.retries += u64::from(attempt > 1);
        self.note(Fact::Submitted { build, component, attempt });
        let attempt = number(attempt);
        let purpose = JobPurpose::Component { component, attempt };
        self.order(build, purpose, Order::Component { build, component, attempt, priority });
    }

    /// A module build that was given up, or waits at its gate, goes on.
    fn reopen(&mut self, build: BuildId) {
        self.ledger.reopen(build, self.now);
    }

    fn order(&mut self, build: BuildId, purpose: JobPurpose, order: Order) -> Job {
        self.jobs.push(JobRecord { build, purpose, end: None });
        let job = self.koji.order(self.now, order);
        assert_eq!(job.0 as usize + 1, self.jobs.len(), "koji and the books number jobs alike");
        job
    }

    /// People ask koji for a module build: at once, or when its hub is back.
    pub(super) fn ask_koji(&mut self, ask: Ask) {
        if self.broken.hub_offline + self.broken.hub_refusing > 0 {
            self.asks_held.push(ask);
        } else {
            self.begin_module(ask);
        }
    }

    /// koji begins a whole module build.
    pub(super) fn begin_module(&mut self, ask: Ask) {
        let Ask { module, cause, tries, replaces } = ask;
        let builds = self.ledger.builds.len();
        if self.ledger.is_capped || builds >= self.setup.builds_max as usize {
            // Whoever asks, the cap holds.
            self.stop();
            return;
        }
        if let Some(old) = replaces
            && self.ledger.builds[old.0 as usize].state == BuildState::Live
        {
            self.ledger.close(old, BuildState::Failed, self.now);
        }
        let build = self.ledger.open((&self.setup.catalog, self.now), module, cause);
        self.attribute(build, tries > 0 || replaces.is_some());
        self.ledger.last_change = self.now;
        self.ledger.builds[build.0 as usize].tries = tries;
        self.tally.retries += u64::from(tries > 0);
        self.note(Fact::ModuleBegan { build, module, cause });
        let order = match self.is_missing((build, module)) {
            true => Order::Unfetched { build },
            false => Order::Module { build, module },
        };
        self.order(build, JobPurpose::Module, order);
    }

    /// Notes whether a module build finds the modulemd where it should be, and returns whether not.
    fn is_missing(&mut self, of: (BuildId, ModuleIx)) -> bool {
        let (build, module) = of;
        let is_missing = self.missing.iter().any(|&(missing, _)| missing == module);
        if is_missing {
            self.unfetched.insert(build);
        } else {
            self.unfetched.remove(&build);
        }
        is_missing
    }

    /// Cancels a job that has not ended.
    fn cancel(&mut self, build: BuildId, purpose: JobPurpose) {
        let is_it = |record: &JobRecord| {
            (record.build, record.purpose, record.end) == (build, purpose, None)
        };
        if let Some(at) = self.jobs.iter().rposition(is_it) {
            self.jobs[at].end = Some(ComponentEnd::Canceled);
            if let JobPurpose::Component { component, .. } = purpose {
                let end = ComponentEnd::Canceled;
                self.note(Fact::ComponentEnded { build, component, end });
            }
            self.koji.cancel(self.now, Job(u32::try_from(at).expect("jobs are numbered so")));
        }
    }

    /// People cancel every build of a module that runs.
    pub(super) fn cancel_module(&mut self, module: ModuleIx) {
        for at in 0..self.ledger.builds.len() {
            let entry = &self.ledger.builds[at];
            if entry.module != module || entry.state != BuildState::Live {
                continue;
            }
            let build = BuildId(u32::try_from(at).expect("the cap bounds builds"));
            match self.setup.approach {
                Approach::OrchestratorOwned => {
                    let request = self.next_request();
                    self.request(Event::Canceled { request, build });
                }
                Approach::KojiOwned => self.cancel_at_koji(build),
            }
        }
    }

    /// A module build that waits at its gate has ended for koji, and cannot be canceled.
    fn cancel_at_koji(&mut self, build: BuildId) {
        let is_running = self.jobs.iter().any(|record| {
            (record.build, record.purpose, record.end) == (build, JobPurpose::Module, None)
        });
        if is_running {
            self.cancel(build, JobPurpose::Module);
            self.messages += 1;
            self.note(Fact::ModuleEnded { build, end: ComponentEnd::Canceled });
            self.ledger.close(build, BuildState::Failed, self.now);
        }
    }

    /// Returns a build of a module that waits for its first builder.
    fn waiting_build(&self, module: ModuleIx) -> Option<BuildId> {
        let is_it = |&(at, record): &(u32, &JobRecord)| {
            record.purpose == JobPurpose::Module
                && record.end.is_none()
                && self.ledger.builds[record.build.0 as usize].module == module
                && self.koji.is_waiting(Job(at))
        };
        (0..).zip(&self.jobs).find(is_it).map(|(_, record)| record.build)
    }

    /// The cap: nothing more is submitted, what runs is canceled.
    pub(super) fn stop(&mut self) {
        if !self.ledger.is_capped {
            self.note(Fact::Capped);
        }
        self.ledger.is_capped = true;
        self.events.clear();
        self.heap.clear();
        self.pending = 0;
        self.koji.cancel_all(self.now);
    }
}
