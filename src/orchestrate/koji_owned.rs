//! The orchestrator of the first design: koji owns the build, this only reacts to test results.
//!
//! The design's rule, in our words, line by line against [`KojiOwned::handle`]:
//!
//! | the design says | the code does |
//! |---|---|
//! | it listens to the bus, and there is no other way to talk to it | requests, component builds, targets and repos are for others: the first arm does nothing |
//! | on an event from taskotron: | [`Event::Tested`], and today [`Event::Waived`], by which a gate opens without a result |
//! | if the event is not about a module: return | [`Event::ComponentTested`] and a waiver of one component are in the first arm too |
//! | if the check did not pass: mail the relevant people that the rebuild is stuck; return | `not_passed` → [`Command::Mail`] |
//! | ask PDC for the dependants of the module that was just built | `passed` → [`Command::AskDependants`] |
//! | for each of them | [`Event::Dependants`], its rows checked again ([`Row`](super::Row)) |
//! | have koji schedule a rebuild of it | `build` → [`Command::BuildModule`] |
//!
//! It remembers nothing of a rebuild: no state decides what is done for an event, and a crash loses
//! none, but for calls that wait to be made again. What it holds while it lives only keeps it from
//! doing a thing twice: the verdicts on the last ten thousand module builds, so that a message that
//! comes twice is dropped, and what it mailed. A message twice comes within hours of the first; one
//! that came after ten thousand later verdicts would be acted on again, which rebuilds too often and
//! never too rarely. Under [`Cascade::Coalesced`] it asks koji not to queue a module whose build still
//! waits. [`Cascade::Planned`] is no rule of the design: there it also knows the plan, whose size
//! bounds all of this, and a crash makes it forget what passed.

use std::collections::{BTreeMap, BTreeSet};

use super::dependants::{TRIES_MAX, again, recheck};
use super::mailbox::{Concern, Mailbox, Owner, Standing};
use super::spread::Unmet;
use super::{BuildId, Cascade, Catalog, Command, Event, Fuse, ModuleIx, Row, Timer};
use crate::time::Timestamp;

/// On how many module builds the last verdict is known.
const HEARD_MAX: usize = 10_000;

/// The orchestrator that only reacts.
#[derive(Clone, Debug)]
pub struct KojiOwned<'a> {
    catalog: &'a Catalog,
    cascade: Cascade,
    fuse: Fuse,
    unmet: Unmet,
    /// The last verdict on each of the newest module builds, [`HEARD_MAX`] and those about which a
    /// call is under way: whether it passed. A pass is final.
    heard: BTreeMap<BuildId, bool>,
    /// Module builds whose dependants were asked for and not yet told, with their module.
    asked: BTreeMap<BuildId, (ModuleIx, Call)>,
    /// Rebuilds that koji was asked for, by the build whose pass was the reason and the module.
    called: BTreeMap<(BuildId, ModuleIx), Call>,
    mailbox: Mailbox,
}

/// How far a call is: an answer or a timer of an earlier try is none of this one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Call {
    /// How often nobody answered.
    tries: u32,
    /// Whether it waits for its moment to be made again.
    waits: bool,
}

impl<'a> KojiOwned<'a> {
    /// Makes one that has heard nothing yet. `fuse` is what is left of the cap after the builds
    /// that people asked koji for.
    #[must_use]
    pub fn new(catalog: &'a Catalog, cascade: Cascade, fuse: Fuse) -> Self {
        let mut unmet = Unmet::default();
        if cascade == Cascade::Planned {
            unmet.reset(catalog);
        }
        Self {
            catalog,
            cascade,
            fuse,
            unmet,
            heard: BTreeMap::new(),
            asked: BTreeMap::new(),
            called: BTreeMap::new(),
            mailbox: Mailbox::default(),
        }
    }

    /// Advances the state by one event and appends what must now be done.
    pub fn handle(&mut self, event: &Event, now: Timestamp, out: &mut Vec<Command>) {
        match event {
            Event::Requested { .. }
            | Event::Resumed { .. }
            | Event::Canceled { .. }
            | Event::Fetched { .. }
            | Event::FetchFailed { .. }
            | Event::TargetMade { .. }
            | Event::ComponentEnded { .. }
            | Event::ComponentTested { .. }
            | Event::ComponentTagged { .. }
            | Event::RepoEnded { .. }
            | Event::Waived { component: Some(_), .. } => {}
            &Event::Tested { build, module, passed: false, .. } => {
                self.not_passed(build, module, (now, out));
            }
            &(Event::Tested { build, module, passed: true, .. }
            | Event::Waived { build, module, component: None }) => {
                self.passed(build, module, (now, out));
            }
            Event::Dependants { build, module, rows } => self.rebuild(*build, *module, (rows, out)),
            Event::Refused { command } => self.refused(command, now, out),
            &Event::Timer { timer: Timer::Digest { to } } => self.mailbox.digest(to, now, out),
            Event::Timer { timer: Timer::Again { command } } => self.call_again(command, out),
            Event::Timer {
                timer: Timer::Poll | Timer::Hub | Timer::TestsDue { .. } | Timer::Repo { .. },
            } => {}
        }
    }

    /// Asserts what must hold between two events, of the little that it knows while it lives.
    ///
    /// # Panics
    /// When it does not: a bug.
    pub fn check_invariants(&self) {
        let has_passed = |build: &BuildId| self.heard.get(build) == Some(&true);
        for (build, (_, call)) in &self.asked {
            assert!(has_passed(build), "dependants are asked for of what passed");
            assert!(self.cascade != Cascade::Planned, "a plan knows its dependants");
            assert!(call.tries <= TRIES_MAX + 1, "calls are made again with a bound");
        }
        for ((build, _), call) in &self.called {
            assert!(has_passed(build), "what passed is the reason of a rebuild");
            assert!(!self.asked.contains_key(build), "who is rebuilt is known by then");
            assert!(call.tries <= TRIES_MAX + 1, "calls are made again with a bound");
        }
        if self.cascade == Cascade::Planned {
            let modules: BTreeSet<ModuleIx> = self.called.keys().map(|(_, m)| *m).collect();
            assert_eq!(modules.len(), self.called.len(), "a plan rebuilds a module once");
        }
        self.unmet.check_invariants(self.catalog);
        self.mailbox.check_invariants();
    }

    fn is_known(&self, module: ModuleIx) -> bool {
        module.index() < self.catalog.modules.len()
    }

    fn not_passed(&mut self, build: BuildId, module: ModuleIx, to: (Timestamp, &mut Vec<Command>)) {
        // One that comes after a pass is older and was late.
        if self.is_known(module) && !self.heard.contains_key(&build) {
            self.heard.insert(build, false);
            self.forget_the_oldest(build);
            self.tell((build, module), Standing::NotPassed, to);
        }
    }

    fn tell(
        &mut self,
        (build, module): (BuildId, ModuleIx),
        standing: Standing,
        (now, out): (Timestamp, &mut Vec<Command>),
    ) {
        let concern = Concern { build, module, component: None, standing };
        self.mailbox.tell((Owner::of(self.catalog, module), concern), now, out);
    }

    fn passed(&mut self, build: BuildId, module: ModuleIx, to: (Timestamp, &mut Vec<Command>)) {
        if !self.is_known(module) || self.heard.insert(build, true) == Some(true) {
            return;
        }
        self.forget_the_oldest(build);
        let (now, out) = to;
        self.tell((build, module), Standing::Recovered, (now, out));
        match self.cascade {
            Cascade::Literal | Cascade::Coalesced => {
                self.asked.insert(build, (module, Call::default()));
                out.push(Command::AskDependants { build, module, tries: 0 });
            }
            Cascade::Planned => {
                let mut due = Vec::new();
                self.unmet.passed(self.catalog, module, |dependant| due.push(dependant));
                for dependant in due {
                    self.build(dependant, build, out);
                }
            }
        }
    }

    /// Forgets what it did about the oldest module build about which no call is under way, where more
    /// are known than need be; not about the one it just heard of.
    fn forget_the_oldest(&mut self, just_heard: BuildId) {
        if self.heard.len() <= HEARD_MAX || self.cascade == Cascade::Planned {
            return;
        }
        let is_over = |build: &BuildId| {
            let is_given_up = |call: &Call| call.tries > TRIES_MAX;
            let mut calls = self.called.range(calls_for(*build)).map(|(_, call)| call);
            self.asked.get(build).is_none_or(|(_, call)| is_given_up(call))
                && calls.all(|call| !call.waits || is_given_up(call))
                && *build != just_heard
        };
        let Some(oldest) = self.heard.keys().copied().find(is_over) else { return };
        self.heard.remove(&oldest);
        self.asked.remove(&oldest);
        while let Some((&of, _)) = self.called.range(calls_for(oldest)).next() {
            self.called.remove(&of);
        }
    }

    fn rebuild(&mut self, build: BuildId, module: ModuleIx, to: (&[Row], &mut Vec<Command>)) {
        if self.asked.get(&build).is_none_or(|(asked, _)| *asked != module) {
            return;
        }
        self.asked.remove(&build);
        let (rows, out) = to;
        for dependant in recheck(self.catalog, module, rows) {
            self.build(dependant, build, out);
        }
    }

    fn build(&mut self, module: ModuleIx, cause: BuildId, out: &mut Vec<Command>) {
        if self.fuse.take(out) {
            self.called.insert((cause, module), Call::default());
            let unless_waiting = self.cascade == Cascade::Coalesced;
            let cause = Some(cause);
            out.push(Command::BuildModule { module, cause, unless_waiting, tries: 0 });
        }
    }

    /// Returns how a call stands, and what it is about; none for what was never asked or is answered.
    fn call(&mut self, command: &Command) -> Option<((BuildId, ModuleIx), u32, &mut Call)> {
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these two calls carry tries")]
        match *command {
            Command::AskDependants { build, module, tries } => {
                let (_, call) = self.asked.get_mut(&build).filter(|(asked, _)| *asked == module)?;
                Some(((build, module), tries, call))
            }
            Command::BuildModule { module, cause: Some(build), tries, .. } => {
                Some(((build, module), tries, self.called.get_mut(&(build, module))?))
            }
            _ => None,
        }
    }

    fn call_again(&mut self, command: &Command, out: &mut Vec<Command>) {
        let Some((_, tries, call)) = self.call(command) else { return };
        if *call == (Call { tries, waits: true }) {
            call.waits = false;
            if !self.fuse.is_blown() {
                out.push(command.clone());
            }
        }
    }

    fn refused(&mut self, command: &Command, now: Timestamp, out: &mut Vec<Command>) {
        let Some((about, tries, call)) = self.call(command) else { return };
        if *call != (Call { tries, waits: false }) {
            return;
        }
        *call = Call { tries: tries + 1, waits: true };
        if !again(command, now, out) {
            self.tell(about, Standing::NoAnswer, (now, out));
        }
    }
}

/// Returns where the calls stand of which a module build is the reason.
fn calls_for(build: BuildId) -> std::ops::RangeInclusive<(BuildId, ModuleIx)> {
    (build, ModuleIx(0))..=(build, ModuleIx(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orchestrate::{CatalogBuilder, ModuleParts};

    const A: ModuleIx = ModuleIx(0);

    fn passed(build: u32) -> Event {
        Event::Tested { build: BuildId(build), module: A, attempt: 1, passed: true }
    }

    fn asks(out: &[Command]) -> usize {
        out.iter().filter(|c| matches!(c, Command::AskDependants { .. })).count()
    }

    /// The answer that b was built with a.
    fn answer(catalog: &Catalog, build: u32) -> Event {
        let requires = [catalog.module(A).identity].into();
        let rows = [Row { module: ModuleIx(1), version: 1, requires }].into();
        Event::Dependants { build: BuildId(build), module: A, rows }
    }

    #[test]
    fn it_knows_no_more_verdicts_than_a_message_that_comes_twice_needs() {
        let mut builder = CatalogBuilder::default();
        for id in ["a:1:c", "b:1:c"] {
            builder.push(&ModuleParts { id: id.to_owned(), ..ModuleParts::default() });
        }
        let catalog = builder.finish();
        let mut koji = KojiOwned::new(&catalog, Cascade::Literal, Fuse::new(u32::MAX));
        let mut hear = |event: &Event| {
            let mut out = Vec::new();
            koji.handle(event, Timestamp(0), &mut out);
            (asks(&out), koji.heard.len(), koji.called.len(), koji.asked.len())
        };
        // Nobody answers about build 0; all others pass, and b is rebuilt for each.
        assert_eq!(hear(&passed(0)), (1, 1, 0, 1));
        for build in 1..10_000 {
            hear(&passed(build));
            hear(&answer(&catalog, build));
        }
        assert_eq!(hear(&passed(9999)), (0, 10_000, 9999, 1), "a message that comes twice");
        for build in 10_000..10_005 {
            assert_eq!(hear(&passed(build)), (1, 10_000, 9998, 2));
            assert_eq!(hear(&answer(&catalog, build)), (0, 10_000, 9999, 1));
        }
        // Builds 1 to 5 are forgotten, 6 is not, and neither is 0, which is waited for.
        assert_eq!(hear(&passed(6)).0, 0);
        assert_eq!(hear(&passed(0)).0, 0);
        assert_eq!(hear(&passed(5)).0, 1);
        koji.check_invariants();
    }
}
