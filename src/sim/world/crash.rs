//! The orchestrator dies and comes back: koji-owned empty, orchestrator-owned from its journal.

use super::{Driven, JobPurpose, World};
use crate::orchestrate::{Approach, Command, ComponentEnd, Event, Orchestrator, RepoMaker};
use crate::sim::koji::Job;
use crate::sim::log::Fact;

impl World<'_> {
    /// Dies right after an event was handled: of its commands the first few are carried out, how
    /// many depends on the event's number. A fault may have it down for a time.
    pub(super) fn crash_between(&mut self, fault: Option<usize>, driven: &mut Driven<'_, '_>) {
        let commands = std::mem::take(&mut driven.commands);
        let carried = usize::try_from(self.handled).expect("counts events") % (commands.len() + 1);
        for command in commands.iter().take(carried) {
            self.carry_out(command);
        }
        while self.koji.has_notice() {
            self.hear();
        }
        if self.ledger.is_capped {
            return;
        }
        match fault {
            Some(fault) => self.fault_begins(fault),
            None => {
                self.crash();
                self.restart(driven);
            }
        }
    }

    /// Dies: answers on their way to it are gone, and so are messages; a request is made again.
    pub(super) fn crash(&mut self) {
        if self.is_down {
            return;
        }
        // No commands wait now: who crashes between events and commands has taken them.
        self.is_down = true;
        self.life += 1;
        self.tally.crashes += 1;
        self.note(Fact::Crashed);
        self.lose_own_repos();
        for event in std::mem::take(&mut self.events) {
            match event {
                Event::Requested { .. } | Event::Resumed { .. } | Event::Canceled { .. } => {
                    self.requests_held.push(event);
                }
                Event::RepoEnded { .. } if self.setup.conditions.repo == RepoMaker::Koji => {
                    self.miss(event);
                }
                Event::ComponentEnded { .. }
                | Event::ComponentTested { .. }
                | Event::Tested { .. }
                | Event::Waived { .. } => self.miss(event),
                Event::Fetched { .. }
                | Event::FetchFailed { .. }
                | Event::TargetMade { .. }
                | Event::ComponentTagged { .. }
                | Event::RepoEnded { .. }
                | Event::Dependants { .. }
                | Event::Refused { .. }
                | Event::Timer { .. } => {}
            }
        }
    }

    /// A repo that the orchestrator was making itself is lost with it; a task at koji goes on.
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

    pub(super) fn restart(&mut self, driven: &mut Driven<'_, '_>) {
        if !self.is_down {
            return;
        }
        self.is_down = false;
        self.activity += 1;
        self.note(Fact::Restarted);
        let how = (self.setup.approach, self.setup.cascade);
        match self.setup.approach {
            Approach::KojiOwned => {
                let built = u32::try_from(self.ledger.builds.len()).expect("the cap bounds builds");
                let left = self.setup.builds_max.saturating_sub(built);
                driven.orchestrator =
                    Orchestrator::new(driven.catalog, how, self.setup.limits(left));
            }
            Approach::OrchestratorOwned => {
                let limits = self.setup.limits(self.setup.builds_max);
                driven.orchestrator = Orchestrator::new(driven.catalog, how, limits);
                let commands = self.fold_journal(driven);
                self.is_reconciling = true;
                for command in &commands {
                    self.carry_out(command);
                }
                self.is_reconciling = false;
            }
        }
        self.events.extend(std::mem::take(&mut self.requests_held));
    }

    /// Folds the journal; returns the commands of its last event, some of which may never have been
    /// carried out, and those whose answers are missing.
    fn fold_journal(&mut self, driven: &mut Driven<'_, '_>) -> Vec<Command> {
        let journal = std::mem::take(&mut self.journal);
        let mut last = Vec::new();
        for (time, event) in &journal {
            last.clear();
            driven.orchestrator.handle(event, *time, &mut last);
        }
        self.journal = journal;
        let mut missing = Vec::new();
        driven.orchestrator.outstanding(&mut missing);
        missing.retain(|command| !last.contains(command));
        last.append(&mut missing);
        last
    }

    /// Gives a request of people to the orchestrator: by REST, not by the bus. Where it is down
    /// they ask again when it is back.
    pub(super) fn request(&mut self, event: Event) {
        if self.is_down {
            self.requests_held.push(event);
        } else {
            self.events.push_back(event);
        }
    }

    pub(super) fn next_request(&mut self) -> u32 {
        self.requests += 1;
        self.requests - 1
    }
}
