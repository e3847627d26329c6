//! The orchestrator of the first design: koji owns the build, this only reacts to test results.
//!
//! The design's rule, in our words, line by line against [`KojiOwned::handle`]:
//!
//! | the design says | the code does |
//! |---|---|
//! | it listens to the bus, and there is no other way to talk to it | requests, component builds and repos are for others: the first arm does nothing |
//! | on an event from taskotron: | [`Event::Tested`], and today [`Event::Waived`], by which a gate opens without a result |
//! | if the event is not about a module: return | [`Event::ComponentTested`] and a waiver of one component are in the first arm too |
//! | if the check did not pass: mail the relevant people that the rebuild is stuck; return | `not_passed` → [`Call::Mail`] |
//! | ask PDC for the dependants of the module that was just built | `passed` → [`Call::AskDependants`] |
//! | for each of them | its answer, each row checked again ([`Row`](super::Row)) |
//! | have koji schedule a rebuild of it | `build` → [`Call::BuildModule`] |
//!
//! It remembers nothing of a rebuild: no state decides what is done for an event. A message is
//! acknowledged ([`Tell::Acknowledged`]) only when everything that it asks for is done, so the bus
//! delivers it again after a crash; a rebuild is looked for by its marker (cause and module) before
//! koji is asked for it, so acting on a message again asks for nothing twice. What a crash does lose
//! is what it mailed (a mail may come twice) and, under [`Cascade::Planned`], which is not a rule
//! of the design, what had passed.
//!
//! While it lives it knows the verdicts on the last ten thousand module builds, so that a message that
//! comes twice is dropped. Under [`Cascade::Coalesced`] it asks koji not to queue a module whose build
//! still waits.
//!
//! A dependant outside the plan is handled like any other: koji is asked for it by its name, and fetches
//! what it is made of.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::call::{Call, PendingCalls};
use super::mailbox::Mailbox;
use super::spread::Unmet;
use super::{
    BuildBudget, BuildId, Cascade, Catalog, Command, Concern, Event, Learned, ModuleIx, Owner,
    Standing, Tell, Timer,
};
use crate::time::Timestamp;

mod answers;
#[cfg(test)]
mod tests;

/// On how many module builds the last verdict is known.
const HEARD_MAX: usize = 10_000;

/// The orchestrator that only reacts.
#[derive(Clone, Debug)]
pub struct KojiOwned {
    catalog: Arc<Catalog>,
    cascade: Cascade,
    budget: BuildBudget,
    unmet: Unmet,
    /// The last verdict on each of the newest module builds, [`HEARD_MAX`] and those about which a
    /// call is under way: whether it passed. A pass is final.
    heard: BTreeMap<BuildId, bool>,
    /// Module builds whose message is not acknowledged yet, with how many calls it waits for.
    acting: BTreeMap<BuildId, u32>,
    calls: PendingCalls,
    mailbox: Mailbox,
}

impl KojiOwned {
    /// Makes one that has heard nothing yet. `fuse` is what is left of the cap after the builds
    /// that people asked koji for.
    #[must_use]
    pub fn new(catalog: Arc<Catalog>, cascade: Cascade, budget: BuildBudget) -> Self {
        let mut unmet = Unmet::default();
        if cascade == Cascade::Planned {
            unmet.reset(&catalog);
        }
        Self {
            catalog,
            cascade,
            budget,
            unmet,
            heard: BTreeMap::new(),
            acting: BTreeMap::new(),
            calls: PendingCalls::without_polls(),
            mailbox: Mailbox::default(),
        }
    }

    /// Returns the modules that it knows.
    pub(super) fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// Advances the state by one event and appends what must now be done.
    pub fn handle(&mut self, event: &Event, now: Timestamp, out: &mut Vec<Command>) {
        let learned = Catalog::learn(&mut self.catalog, event);
        if learned != Learned::Nothing && self.cascade == Cascade::Planned {
            self.unmet.grow(&self.catalog);
        }
        match event {
            Event::Requested { .. }
            | Event::Defined { .. }
            | Event::Resumed { .. }
            | Event::Canceled { .. }
            | Event::Restarted
            | Event::ComponentEnded { .. }
            | Event::ComponentTested { .. }
            | Event::RepoEnded { .. }
            | Event::Waived { component: Some(_), .. } => {}
            &Event::Tested { build, module, passed: false, .. } => {
                self.not_passed(build, module, now, out);
            }
            &(Event::Tested { build, module, passed: true, .. }
            | Event::Waived { build, module, component: None }) => {
                self.passed(build, module, now, out);
            }
            Event::Answered { call, answer } => self.answered(*call, answer, now, out),
            &Event::Timer { timer: Timer::Digest { to } } => {
                self.mailbox.digest(to, &mut self.calls, now, out);
            }
            &Event::Timer { timer: Timer::Party { party, .. } } => self.party_due(party, now, out),
            Event::Timer { timer: Timer::Poll | Timer::Call { .. } | Timer::TestsDue { .. } } => {}
        }
    }

    /// Appends everything that is outstanding while it lives: each call without an answer, and each
    /// timer. After a crash none of it is known.
    pub fn outstanding(&self, out: &mut Vec<Command>) {
        self.calls.outstanding(out);
        self.calls.timers(out);
        self.mailbox.outstanding(out);
    }

    /// Asserts what must hold between two events, of the little that it knows while it lives.
    ///
    /// # Panics
    /// When it does not: a bug.
    pub fn check_invariants(&self) {
        for (build, calls) in &self.acting {
            assert!(self.heard.contains_key(build), "what is acted on was heard");
            assert!(*calls > 0, "a message that waits for nothing is acknowledged");
        }
        let mut waits: BTreeMap<BuildId, u32> = BTreeMap::new();
        for (_, call) in self.calls.open() {
            call.build().into_iter().for_each(|build| *waits.entry(build).or_default() += 1);
        }
        assert_eq!(waits, self.acting, "calls are counted by the message that they are made for");
        if self.cascade == Cascade::Planned {
            let modules: Vec<ModuleIx> = self.rebuilds().collect();
            let distinct: BTreeSet<ModuleIx> = modules.iter().copied().collect();
            assert_eq!(modules.len(), distinct.len(), "a plan rebuilds a module once");
        }
        self.calls.check_invariants();
        self.unmet.check_invariants(&self.catalog);
        self.mailbox.check_invariants();
    }

    /// Returns the modules that koji is being asked for.
    fn rebuilds(&self) -> impl Iterator<Item = ModuleIx> + '_ {
        self.calls.open().filter_map(|(_, call)| {
            if let Call::BuildModule { module, .. } = *call { Some(module) } else { None }
        })
    }

    fn is_known(&self, module: ModuleIx) -> bool {
        module.index() < self.catalog.modules.len()
    }

    fn not_passed(
        &mut self,
        build: BuildId,
        module: ModuleIx,
        now: Timestamp,
        out: &mut Vec<Command>,
    ) {
        // A failure after a pass is a delayed older verdict.
        if self.is_known(module) && !self.heard.contains_key(&build) {
            self.heard.insert(build, false);
            self.forget_the_oldest(build);
            self.tell(build, module, Standing::NotPassed, now, out);
        }
        self.acknowledge(build, out);
    }

    fn tell(
        &mut self,
        build: BuildId,
        module: ModuleIx,
        standing: Standing,
        now: Timestamp,
        out: &mut Vec<Command>,
    ) {
        let concern = Concern { build, module, component: None, standing };
        let owner = Owner::of(&self.catalog, module);
        self.mailbox.tell(owner, concern, &mut self.calls, now, out);
    }

    fn passed(&mut self, build: BuildId, module: ModuleIx, now: Timestamp, out: &mut Vec<Command>) {
        if !self.is_known(module) || self.heard.insert(build, true) == Some(true) {
            self.acknowledge(build, out);
            return;
        }
        self.forget_the_oldest(build);
        self.tell(build, module, Standing::Recovered, now, out);
        match self.cascade {
            Cascade::Literal | Cascade::Coalesced => {
                self.calls.make(Call::AskDependants { build, module }, out);
                *self.acting.entry(build).or_default() += 1;
            }
            Cascade::Planned => {
                let mut due = Vec::new();
                self.unmet.passed(&self.catalog, module, |dependant| due.push(dependant));
                for dependant in due {
                    self.build(dependant, build, out);
                }
            }
        }
        self.acknowledge(build, out);
    }

    /// Says that the message about a module build can be acknowledged, where nothing is left to do
    /// for it.
    fn acknowledge(&mut self, build: BuildId, out: &mut Vec<Command>) {
        if !self.acting.contains_key(&build) {
            out.push(Command::Tell(Tell::Acknowledged { build }));
        }
    }

    /// Forgets the verdict on the oldest module build whose message is acknowledged, where more are
    /// known than need be; not the one just heard.
    fn forget_the_oldest(&mut self, just_heard: BuildId) {
        if self.heard.len() <= HEARD_MAX || self.cascade == Cascade::Planned {
            return;
        }
        let is_over = |build: &BuildId| !self.acting.contains_key(build) && *build != just_heard;
        if let Some(oldest) = self.heard.keys().copied().find(is_over) {
            self.heard.remove(&oldest);
        }
    }
}
