//! The orchestrator dies and comes back: koji-owned empty, orchestrator-owned from its journal.

use super::{Driven, JobPurpose, World};
use crate::drive::{self, Entry, Journal as _};
use crate::orchestrate::{Approach, BuildId, Command, ComponentEnd, Event, RepoMaker};
use crate::sim::conditions::Torn;
use crate::sim::koji::Job;
use crate::sim::log::Fact;

/// The process of the orchestrator.
#[derive(Debug, Default)]
pub(super) struct Process {
    /// Every event handled, kept where the orchestrator may have to be put together again.
    pub(super) journal: Option<Vec<Entry>>,
    /// How many events it handled.
    pub(super) handled: u64,
    pub(super) is_down: bool,
    /// Counts its lives: timers of an earlier life are void.
    pub(super) life: u32,
    /// How often the journal was written.
    writes: u64,
}

impl Process {
    pub(super) fn reset(&mut self, may_crash: bool) {
        *self = Self { journal: may_crash.then(Vec::new), ..Self::default() };
    }
}

impl World<'_> {
    /// Dies right after an event was handled: of its commands the first few are carried out, how
    /// many depends on the event's number. A fault may have it down for a time.
    pub(super) fn crash_between(&mut self, fault: Option<usize>, driven: &mut Driven<'_>) {
        let commands = std::mem::take(&mut driven.commands);
        let carried =
            usize::try_from(self.process.handled).expect("counts events") % (commands.len() + 1);
        for command in commands.iter().take(carried) {
            self.carry_out(command);
        }
        while self.koji.has_notice() {
            self.hear();
        }
        match fault {
            Some(fault) => self.fault_begins(fault),
            None => {
                self.crash();
                self.restart(driven);
            }
        }
    }

    /// Counts a write of the journal, and dies where this is one to die at. What was written is
    /// recovered; what was not is as lost as if it had never come.
    pub(super) fn dies_at_write(&mut self, driven: &mut Driven<'_>) -> bool {
        if self.setup.conditions.torn_writes.is_empty() {
            return false;
        }
        self.process.writes += 1;
        let mut torn = self.setup.conditions.torn_writes.iter();
        let Some(write) = torn.find(|write| write.nth == self.process.writes) else { return false };
        if write.when == Torn::After {
            self.log_next_event();
            let event = self.inbox.events.pop_front().expect("there is one to write");
            let Ok(()) = self.process.journal.append(self.now, &event);
            if self.setup.approach == Approach::KojiOwned {
                // It has no journal: what was heard and not acted on is heard again.
                self.inbox.events.push_front(event);
            }
        }
        self.crash();
        self.restart(driven);
        true
    }

    /// Dies: answers on their way to it are gone, and so are messages; a request is made again.
    pub(super) fn crash(&mut self) {
        if self.process.is_down {
            return;
        }
        // No commands wait now: who crashes between events and commands has taken them.
        self.process.is_down = true;
        self.process.life += 1;
        self.counts.tally.crashes += 1;
        self.note(Fact::Crashed);
        self.lose_own_repos();
        let is_koji_owned = self.setup.approach == Approach::KojiOwned;
        for event in std::mem::take(&mut self.inbox.events) {
            match event {
                Event::Requested { .. }
                | Event::Defined { .. }
                | Event::Resumed { .. }
                | Event::Canceled { .. } => {
                    self.people.requests_held.push(event);
                }
                // The bus delivers again what was not acknowledged.
                Event::Tested { .. } | Event::Waived { component: None, .. } if is_koji_owned => {
                    self.inbox.unacknowledged.push(event);
                }
                // What was observed is asked for by a poll, its calls are looked for, and its timers
                // armed again.
                Event::ComponentEnded { .. }
                | Event::ComponentTested { .. }
                | Event::RepoEnded { .. }
                | Event::Tested { .. }
                | Event::Waived { .. }
                | Event::Restarted
                | Event::Answered { .. }
                | Event::Timer { .. } => {}
            }
        }
    }

    /// A repo that the orchestrator was making itself is lost with it; a task at koji continues.
    fn lose_own_repos(&mut self) {
        if self.setup.conditions.repo == RepoMaker::Koji {
            return;
        }
        for at in 0..self.jobs.len() {
            if matches!(self.jobs[at].purpose, JobPurpose::Repo { .. })
                && self.jobs[at].end.is_none()
            {
                self.jobs[at].end = Some(ComponentEnd::Canceled);
                self.koji.cancel(self.now, Job(u32::try_from(at).expect("jobs are numbered so")));
            }
        }
    }

    pub(super) fn restart(&mut self, driven: &mut Driven<'_>) {
        if !self.process.is_down {
            return;
        }
        self.process.is_down = false;
        self.counts.activity += 1;
        self.note(Fact::Restarted);
        match self.setup.approach {
            Approach::KojiOwned => {
                let built = u32::try_from(self.ledger.builds.len()).expect("the cap bounds builds");
                let left = self.setup.builds_max.saturating_sub(built);
                driven.orchestrator = self.setup.orchestrator(left);
            }
            Approach::OrchestratorOwned => {
                driven.orchestrator = self.setup.orchestrator(self.setup.builds_max);
                for tell in
                    drive::recover(&mut driven.orchestrator, self.process.journal.iter().flatten())
                {
                    self.carry_out(&Command::Tell(tell));
                }
                self.inbox.events.push_front(Event::Restarted);
            }
        }
        self.inbox.events.extend(std::mem::take(&mut self.people.requests_held));
        self.inbox.events.extend(std::mem::take(&mut self.inbox.unacknowledged));
    }

    /// koji-owned has acted on all messages about a module build.
    pub(super) fn acknowledged(&mut self, build: BuildId) {
        self.inbox.unacknowledged.retain(|message| {
            !matches!(*message, Event::Tested { build: of, .. } | Event::Waived { build: of, .. }
                if of == build)
        });
    }

    /// Gives a request of people to the orchestrator: by REST, not by the bus. Where it is down
    /// they ask again when it is back.
    pub(super) fn request(&mut self, event: Event) {
        if self.process.is_down {
            self.people.requests_held.push(event);
        } else {
            self.inbox.events.push_back(event);
        }
    }

    pub(super) fn next_request(&mut self) -> u32 {
        self.people.requests += 1;
        self.people.requests - 1
    }
}
