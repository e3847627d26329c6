//! Drives a run: time passes, koji is heard, what is due happens, the orchestrator handles it, and
//! its commands are carried out.

use std::sync::Arc;

use super::{Ask, Handle, World};
use crate::drive::Journal as _;
use crate::orchestrate::{Approach, Command, Event, Orchestrator, Timer};
use crate::scenario::Fault;
use crate::sim::log::{Log, LogRow};
use crate::time::Timestamp;

/// The orchestrator with how it is driven.
pub(super) struct Driven<'h> {
    pub(super) orchestrator: Orchestrator,
    pub(super) handle: &'h mut Handle<'h>,
    /// What it commands by the event that it was handed last.
    pub(super) commands: Vec<Command>,
}

impl World<'_> {
    /// Runs one replication; returns how the orchestrator stands where the run is logged.
    pub(super) fn run_to_end(&mut self, replication: u64, handle: &mut Handle<'_>) -> String {
        self.reset(replication);
        let orchestrator = self.setup.orchestrator(0);
        let mut driven = Driven { orchestrator, handle, commands: Vec::new() };
        self.begin(&mut driven);
        self.settle(&mut driven);
        while let Some(time) = self.next() {
            let before = (self.counts.activity, self.counts.polls);
            // What ended while the hub was away is reported when it is back, not before.
            let time = self.now.max(time);
            self.pass_time(time);
            self.now = time;
            self.hear_koji();
            while let Some(due) = self.pop_due() {
                self.happen(due, &mut driven);
            }
            self.settle(&mut driven);
            let is_still = self.agenda.has_only_polls() && self.koji.next().is_none();
            if is_still && self.counts.activity == before.0 && self.counts.polls > before.1 {
                // Only polls are left, and one found nothing: nothing will ever change.
                break;
            }
        }
        driven.orchestrator.check_invariants();
        if self.log.is_none() {
            return String::new();
        }
        format!("{:?}", driven.orchestrator)
    }

    fn next(&self) -> Option<Timestamp> {
        self.agenda.next().into_iter().chain(self.koji.next()).min()
    }

    /// Starts what people start: they ask koji itself, or the orchestrator.
    fn begin(&mut self, driven: &mut Driven<'_>) {
        let catalog = &self.setup.catalog;
        let starts: Vec<_> = catalog.starts(self.setup.cascade).collect();
        // A fault that begins with the run is there before anything is asked.
        while let Some(due) = self.pop_due() {
            self.happen(due, driven);
        }
        let mut builds_left = self.setup.builds_max;
        match self.setup.approach {
            Approach::KojiOwned => {
                for module in starts {
                    if builds_left == 0 {
                        self.stop();
                        break;
                    }
                    builds_left -= 1;
                    self.ask_koji(Ask { module, cause: None, tries: 0, replaces: None });
                }
            }
            Approach::OrchestratorOwned => {
                for module in starts {
                    let request = self.next_request();
                    let module = Arc::clone(&catalog.module(module).id);
                    self.request(Event::Requested { request, module });
                }
            }
        }
        driven.orchestrator = self.setup.orchestrator(builds_left);
    }

    /// Lets everything that happens at this moment happen, and only then gives builders work: what
    /// is submitted together is taken by priority, not by who came first within the moment.
    fn settle(&mut self, driven: &mut Driven<'_>) {
        self.pump(driven);
        self.koji.settle(self.now);
    }

    /// Carries out commands and hands over events until neither is left at this moment.
    fn pump(&mut self, driven: &mut Driven<'_>) {
        loop {
            // None of them leads to another at once.
            driven.commands.iter().for_each(|command| self.carry_out(command));
            driven.commands.clear();
            while self.koji.has_notice() {
                self.hear();
            }
            if self.inbox.events.is_empty() {
                return;
            }
            self.hand_over(driven);
        }
    }

    /// Logs the event that is next.
    pub(super) fn log_next_event(&mut self) {
        let Some(log) = &mut self.log else { return };
        let event = &self.inbox.events[0];
        let what = if let Event::Answered { call: id, answer } = event {
            let (call, answer) = (self.calls.asked[id].clone(), answer.clone());
            Log::Answered { id: *id, call, answer }
        } else {
            Log::Event(event.clone())
        };
        log.push(LogRow { at: self.now, what });
    }

    /// Hands one event to the orchestrator; it may crash right after.
    fn hand_over(&mut self, driven: &mut Driven<'_>) {
        if self.dies_at_write(driven) {
            return;
        }
        self.calls.to_hub.hand_over(self.inbox.events.len());
        // Read where it stands: to take it out first would copy all of it.
        let event = &self.inbox.events[0];
        let is_wait = matches!(
            event,
            Event::Timer { timer: Timer::Poll | Timer::Party { is_away: true, .. } }
                | Event::Answered { .. }
        );
        // What is asked again of who is away, and refused again, changes nothing.
        self.counts.activity += u64::from(!is_wait);
        self.counts.polls +=
            u64::from(matches!(event, Event::Timer { timer: Timer::Party { .. } }));
        self.log_next_event();
        let event = &self.inbox.events[0];
        if self.setup.approach == Approach::KojiOwned
            && matches!(event, Event::Tested { .. } | Event::Waived { component: None, .. })
        {
            self.inbox.unacknowledged.push(event.clone());
        }
        let Ok(()) = self.process.journal.append(self.now, event);
        (driven.handle)(&mut driven.orchestrator, event, self.now, &mut driven.commands);
        self.spell_out_polls(driven);
        self.inbox.events.pop_front();
        self.process.handled += 1;
        if self.setup.conditions.crash_after.binary_search(&self.process.handled).is_ok() {
            self.crash_between(None, driven);
        }
        let comes_now = |fault: &Fault| fault.after == Some(self.process.handled);
        if let Some(fault) = self.setup.conditions.faults.iter().position(comes_now) {
            self.crash_between(Some(fault), driven);
        }
    }
}
