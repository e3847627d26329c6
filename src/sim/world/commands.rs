//! Carries out what an orchestrator commands.

use super::testing::Subject;
use super::{Ask, Happening, JobPurpose, JobRecord, World, number};
use crate::orchestrate::{
    Answer, Approach, BuildId, Call, CallId, Command, ComponentEnd, ComponentIx, Event, Fault,
    ModuleIx, Reply, RepoMaker, TaskId, Tell,
};
use crate::sim::koji::{Job, Order};
use crate::sim::ledger::BuildState;
use crate::sim::log::{Fact, Log};

impl World<'_> {
    pub(super) fn carry_out(&mut self, command: &Command) {
        let is_silent = matches!(
            command,
            Command::Call { call: Call::Poll { .. }, .. } | Command::Timer { .. }
        );
        if !is_silent {
            self.note_with(|| Log::Command(command.clone()));
        }
        match command {
            Command::Call { id, call } => self.make_call(*id, call),
            Command::Look { id, call } => self.look(*id, call),
            Command::Tell(tell) => {
                self.counts.activity += 1;
                self.take_note(tell);
            }
            Command::Timer { at, timer } => {
                let (life, timer) = (self.process.life, timer.clone());
                self.schedule((*at).max(self.now), Happening::Timer { life, timer });
            }
        }
    }

    /// Does what is asked; returns the answer, or none where it is given later.
    pub(super) fn do_it(&mut self, id: CallId, call: &Call) -> Option<Answer> {
        let done = Some(Answer::Done(Reply::Nothing));
        match *call {
            Call::BuildModule { module, cause, unless_waiting } => {
                self.build_module(module, cause, unless_waiting);
                done
            }
            Call::WaitRepo { .. } | Call::Import { .. } | Call::EndTask { .. } => {
                unreachable!("these are calls of koji's own task of a module")
            }
            Call::Fetch { build, module } => Some(self.fetch(build, module)),
            Call::CreateTarget { build, module } => {
                self.order(build, JobPurpose::Target { call: id }, Order::Target { build, module });
                None
            }
            Call::BuildComponent { build, component, attempt, priority } => {
                let job = self.build_component(build, component, attempt, priority);
                Some(Answer::Done(Reply::Task(TaskId(job.0))))
            }
            Call::CancelComponent { build, component, attempt } => {
                self.cancel(build, JobPurpose::component(component, attempt));
                done
            }
            Call::TagComponent { build, component, attempt } => {
                if self.marks.tagged.insert((build, component, attempt)) {
                    self.koji.tag(build, component);
                }
                done
            }
            Call::MakeRepo { build, module, attempt, by } => {
                self.reopen(build);
                let order = Order::Repo { build, module, by };
                let job = self.order(build, JobPurpose::repo(attempt), order);
                if by == RepoMaker::Orchestrator {
                    self.marks.own_repos.insert((build, attempt), id);
                    return None;
                }
                Some(Answer::Done(Reply::Task(TaskId(job.0))))
            }
            Call::Publish { build, attempt, .. } => {
                self.marks.published.insert((build, attempt));
                self.done(build, attempt);
                done
            }
            Call::RequestTest { build, component, attempt } => {
                self.ask_for_test(Subject { build, component, attempt });
                done
            }
            Call::AskDependants { module, .. } => {
                Some(Answer::Done(Reply::Rows(self.dependant_rows(module))))
            }
            Call::Mail { ref about, .. } => {
                self.counts.mails += 1;
                self.marks.mailed.insert(id);
                for concern in about.iter() {
                    self.people_hear(concern.clone());
                }
                done
            }
            Call::Poll { ref about } => {
                self.poll(about);
                done
            }
        }
    }

    /// Takes note of what the orchestrator says; it may say the same again after a restart.
    fn take_note(&mut self, tell: &Tell) {
        match *tell {
            Tell::Opened { build, module, cause } => {
                if (build.0 as usize) < self.ledger.builds.len() {
                    return;
                }
                let opened = self.ledger.open(&self.setup.catalog, module, cause, self.now);
                assert_eq!(opened, build, "the orchestrator and the books number builds alike");
                self.attribute(build, false);
                self.ledger.last_change = self.now;
            }
            Tell::Caused { build, cause } => {
                let module = self.ledger.builds[build.0 as usize].module;
                self.attribute_more(build, module, cause);
            }
            Tell::Ready { build, .. } => {
                if !self.stands(build, BuildState::Passed) {
                    self.accept(build);
                }
            }
            Tell::Failed { build, .. } => {
                if !self.stands(build, BuildState::Failed) {
                    self.counts.messages += 1;
                    self.reopen(build);
                    self.ledger.close(build, BuildState::Failed, self.now);
                }
            }
            Tell::Resumed { build, .. } => {
                if !self.stands(build, BuildState::Live) {
                    self.counts.messages += 1;
                    self.reopen(build);
                }
            }
            Tell::Acknowledged { build } => self.acknowledged(build),
            Tell::Stopped { .. } => self.stop(),
        }
    }

    fn stands(&self, build: BuildId, state: BuildState) -> bool {
        self.ledger.builds[build.0 as usize].state == state
    }

    /// koji-owned asks for a module, unless a build of it waits for its first builder.
    fn build_module(&mut self, module: ModuleIx, cause: BuildId, unless_waiting: bool) {
        self.marks.rebuilt.insert((cause, module));
        let waiting = if unless_waiting { self.waiting_build(module) } else { None };
        let cause = Some(cause);
        match waiting {
            Some(build) => self.attribute_more(build, module, cause),
            None => self.begin_module(Ask { module, cause, tries: 0, replaces: None }),
        }
    }

    fn fetch(&mut self, build: BuildId, module: ModuleIx) -> Answer {
        if self.troubles.is_missing(build, module) {
            self.note(Fact::NotFetched { build });
            return Answer::Failed(Fault::Missing);
        }
        Answer::Done(Reply::Nothing)
    }

    fn build_component(
        &mut self,
        build: BuildId,
        component: ComponentIx,
        attempt: u32,
        priority: u32,
    ) -> Job {
        self.reopen(build);
        self.leave_gate(build, component);
        self.counts.tally.retries += u64::from(attempt > 1);
        self.note(Fact::Submitted { build, component, attempt });
        let attempt = number(attempt);
        let purpose = JobPurpose::Component { component, attempt };
        self.order(build, purpose, Order::Component { build, component, attempt, priority })
    }

    /// A module build that was given up, or waits at its gate, continues.
    fn reopen(&mut self, build: BuildId) {
        self.ledger.reopen(build, self.now);
    }

    pub(super) fn order(&mut self, build: BuildId, purpose: JobPurpose, order: Order) -> Job {
        self.jobs.push(JobRecord { build, purpose, end: None });
        let job = self.koji.order(self.now, order);
        assert_eq!(job.0 as usize + 1, self.jobs.len(), "koji and the books number jobs alike");
        job
    }

    /// People ask koji for a module build: at once, or when its hub is back.
    pub(super) fn ask_koji(&mut self, ask: Ask) {
        if self.troubles.is_hub_away() {
            self.people.asks_held.push(ask);
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
        let build = self.ledger.open(&self.setup.catalog, module, cause, self.now);
        self.attribute(build, tries > 0 || replaces.is_some());
        self.ledger.last_change = self.now;
        self.ledger.builds[build.0 as usize].tries = tries;
        self.counts.tally.retries += u64::from(tries > 0);
        self.note(Fact::ModuleBegan { build, module, cause });
        let order = match self.troubles.is_missing(build, module) {
            true => Order::Unfetched { build },
            false => Order::Module { build, module },
        };
        self.order(build, JobPurpose::Module, order);
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
            self.module_canceled(build);
            self.counts.messages += 1;
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

    /// The cap: nothing more is submitted. What koji owns already runs to its end.
    pub(super) fn stop(&mut self) {
        if !self.ledger.is_capped {
            self.note(Fact::Capped);
        }
        self.ledger.is_capped = true;
    }
}
