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

use super::dependants::{again, recheck};
use super::mailbox::{Concern, Mailbox, Standing};
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
    /// The last verdict on each module build: whether it passed.
    heard: BTreeMap<BuildId, bool>,
    /// Module builds whose dependants were asked for and not yet told.
    asked: BTreeSet<BuildId>,
    mailbox: Mailbox,
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
        let (heard, asked) = (BTreeMap::new(), BTreeSet::new());
        Self { catalog, cascade, fuse, unmet, heard, asked, mailbox: Mailbox::default() }
    }

    /// Advances the state by one event and appends what must now be done.
    pub fn handle(&mut self, event: &Event, now: Timestamp, out: &mut Vec<Command>) {
        match event {
            Event::Requested { .. }
            | Event::Resumed { .. }
            | Event::Canceled { .. }
            | Event::Fetched { .. }
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
            Event::Timer { timer: Timer::Digest } => self.mailbox.digest(now, out),
            Event::Timer { timer: Timer::Again { command } } => self.call(command, out),
            Event::Timer {
                timer: Timer::Poll | Timer::Hub | Timer::TestsDue { .. } | Timer::Repo { .. },
            } => {}
        }
    }

    fn is_known(&self, module: ModuleIx) -> bool {
        module.index() < self.catalog.modules.len()
    }

    fn not_passed(&mut self, build: BuildId, module: ModuleIx, to: (Timestamp, &mut Vec<Command>)) {
        if self.is_known(module) && self.heard.insert(build, false) != Some(false) {
            self.tell((build, module), Standing::NotPassed, to);
        }
    }

    fn tell(
        &mut self,
        about: (BuildId, ModuleIx),
        standing: Standing,
        to: (Timestamp, &mut Vec<Command>),
    ) {
        let concern = Concern { build: about.0, module: about.1, component: None, standing };
        self.mailbox.tell(concern, to.0, to.1);
    }

    fn passed(&mut self, build: BuildId, module: ModuleIx, to: (Timestamp, &mut Vec<Command>)) {
        if !self.is_known(module) || self.heard.insert(build, true) == Some(true) {
            return;
        }
        let (now, out) = to;
        self.tell((build, module), Standing::Recovered, (now, out));
        match self.cascade {
            Cascade::Literal | Cascade::Coalesced => {
                self.asked.insert(build);
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
        if !self.asked.remove(&build) {
            return;
        }
        let (rows, out) = to;
        for dependant in recheck(self.catalog, module, rows) {
            self.build(dependant, build, out);
        }
    }

    fn build(&mut self, module: ModuleIx, cause: BuildId, out: &mut Vec<Command>) {
        if self.fuse.take(out) {
            let unless_waiting = self.cascade == Cascade::Coalesced;
            let cause = Some(cause);
            out.push(Command::BuildModule { module, cause, unless_waiting, tries: 0 });
        }
    }

    fn call(&mut self, command: &Command, out: &mut Vec<Command>) {
        let is_stale = matches!(command, Command::AskDependants { build, .. }
            if !self.asked.contains(build));
        if !is_stale && !self.fuse.is_blown() {
            out.push(command.clone());
        }
    }

    fn refused(&mut self, command: &Command, now: Timestamp, out: &mut Vec<Command>) {
        if again(command, now, out) {
            return;
        }
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these two calls carry tries")]
        let about = match *command {
            Command::AskDependants { build, module, .. } => (build, module),
            Command::BuildModule { module, cause: Some(build), .. } => (build, module),
            _ => return,
        };
        self.tell(about, Standing::NoAnswer, (now, out));
    }
}
