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
//! It remembers nothing that survives it: it restarts empty. While it lives it knows which
//! verdicts it acted on, so that a message that comes twice is dropped, and what it mailed. Under
//! [`Cascade::Coalesced`] it asks koji not to queue a module whose build still waits; under
//! [`Cascade::Planned`] it also knows the plan, and a crash makes it forget what passed.

use std::collections::{BTreeMap, BTreeSet};

use super::dependants::{TRIES_MAX, again, recheck};
use super::mailbox::{Concern, Mailbox, Owner, Standing};
use super::spread::Unmet;
use super::{BuildId, Cascade, Catalog, Command, Event, Fuse, ModuleIx, Row, Timer};
use crate::time::Timestamp;

/// The orchestrator that only reacts.
#[derive(Clone, Debug)]
pub struct KojiOwned<'a> {
    catalog: &'a Catalog,
    cascade: Cascade,
    fuse: Fuse,
    unmet: Unmet,
    /// The last verdict on each module build: whether it passed. A pass is final.
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
