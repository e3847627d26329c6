//! A world before its first event.

use super::bus::Inbox;
use super::calls::Calls;
use super::crash::Process;
use super::faults::Troubles;
use super::happening::{Agenda, Happening};
use super::module_tasks::ModuleTasks;
use super::people::People;
use super::reconcile::Marks;
use super::result::Counts;
use super::testing::Testing;
use super::{World, changes, gates, pdc};
use crate::sim::Setup;
use crate::sim::koji::Koji;
use crate::sim::ledger::Ledger;
use crate::time::Timestamp;

impl<'a> World<'a> {
    /// Prepares a world.
    #[must_use]
    pub fn new(setup: &'a Setup) -> Self {
        Self {
            setup,
            koji: Koji::new(setup),
            now: Timestamp::START,
            replication: 0,
            ledger: Ledger::default(),
            jobs: Vec::new(),
            agenda: Agenda::default(),
            inbox: Inbox::default(),
            process: Process::default(),
            calls: Calls::default(),
            module_tasks: ModuleTasks::default(),
            marks: Marks::default(),
            testing: Testing::default(),
            at_gate: gates::AtGate::default(),
            changes: changes::ChangeBook::default(),
            people: People::default(),
            troubles: Troubles::default(),
            pdc: pdc::Pdc::new(&setup.catalog),
            counts: Counts::default(),
            log: None,
        }
    }

    pub(super) fn reset(&mut self, replication: u64) {
        let Setup { catalog, conditions, .. } = self.setup;
        let modules = catalog.modules.len();
        self.koji.reset(replication, self.log.is_some());
        self.now = Timestamp::START;
        self.replication = replication;
        self.ledger.reset(catalog, self.log.is_some());
        self.jobs.clear();
        self.agenda.reset();
        self.inbox.reset();
        self.process.reset(conditions.may_crash());
        self.calls.reset();
        self.module_tasks.reset();
        self.marks = Marks::default();
        self.testing.reset();
        self.at_gate.reset();
        self.changes.reset();
        self.people.reset(modules);
        self.troubles.reset(conditions.faults.len());
        self.counts.reset(modules);
        for (fault, entry) in conditions.faults.iter().enumerate() {
            if entry.after.is_none() {
                self.schedule(Timestamp::START + entry.at, Happening::FaultBegins(fault));
            }
        }
        self.begin_changes();
    }
}
