//! A world before its first event.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};

use super::happening::Happening;
use super::testing::Testing;
use super::{Broken, World, changes, gates, pdc};
use crate::orchestrate::CallKind;
use crate::sim::Setup;
use crate::sim::koji::Koji;
use crate::sim::ledger::Ledger;
use crate::sim::log::Tally;
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
            heap: BinaryHeap::new(),
            pending: 0,
            sequence: 0,
            activity: 0,
            polls: 0,
            events: VecDeque::new(),
            unheard: Vec::new(),
            requests_held: Vec::new(),
            asks_held: Vec::new(),
            requests: 0,
            requests_to_hub: super::requests::Requests::default(),
            testing: Testing::default(),
            at_gate: gates::AtGate::default(),
            reused: Vec::new(),
            changes: changes::ChangeBook::default(),
            interventions: Vec::new(),
            broken: Broken::default(),
            missing: BTreeSet::new(),
            unfetched: BTreeSet::new(),
            lifted: BTreeSet::new(),
            taken: Vec::new(),
            journal: None,
            handled: 0,
            is_down: false,
            life: 0,
            made: [0; CallKind::ALL.len()],
            doomed: Vec::new(),
            writes: 0,
            asked: BTreeMap::new(),
            tagged: BTreeSet::new(),
            published: BTreeSet::new(),
            own_repos: BTreeMap::new(),
            mailed: BTreeSet::new(),
            rebuilt: BTreeSet::new(),
            unacknowledged: Vec::new(),
            failures: Vec::new(),
            pdc: pdc::Pdc::new(&setup.catalog),
            messages: 0,
            mails: 0,
            tally: Tally::default(),
            log: None,
        }
    }

    pub(super) fn reset(&mut self, replication: u64) {
        let catalog = &self.setup.catalog;
        self.koji.reset(replication, self.log.is_some());
        self.now = Timestamp::START;
        self.replication = replication;
        self.ledger.reset(catalog, self.log.is_some());
        self.jobs.clear();
        self.heap.clear();
        (self.pending, self.sequence) = (0, 0);
        (self.activity, self.polls) = (0, 0);
        self.events.clear();
        self.unheard.clear();
        self.requests_held.clear();
        self.asks_held.clear();
        self.requests = 0;
        self.requests_to_hub = super::requests::Requests::default();
        self.testing.reset();
        self.at_gate.reset();
        self.reused.clear();
        self.reused.resize(catalog.modules.len(), 0);
        self.changes.reset();
        self.interventions.clear();
        self.interventions.resize(catalog.modules.len(), 0);
        self.broken = Broken::default();
        self.missing.clear();
        self.unfetched.clear();
        self.lifted.clear();
        self.taken.clear();
        self.taken.resize(self.setup.conditions.faults.len(), 0);
        self.journal = self.setup.conditions.may_crash().then(Vec::new);
        self.handled = 0;
        (self.is_down, self.life) = (false, 0);
        self.made = [0; CallKind::ALL.len()];
        self.doomed.clear();
        self.writes = 0;
        self.asked.clear();
        self.tagged.clear();
        self.published.clear();
        self.own_repos.clear();
        self.mailed.clear();
        self.rebuilt.clear();
        self.unacknowledged.clear();
        self.failures.clear();
        (self.messages, self.mails) = (0, 0);
        self.tally = Tally::default();
        for fault in 0..self.setup.conditions.faults.len() {
            if self.setup.conditions.faults[fault].after.is_some() {
                continue;
            }
            let at = Timestamp::START + self.setup.conditions.faults[fault].at;
            self.schedule(at, Happening::FaultBegins(fault));
        }
        self.begin_changes();
    }
}
