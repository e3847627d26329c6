//! Mails to the relevant people: those who look after the module that a mail is about. One for each
//! module and change of state, gathered so that a storm of trouble is one mail every ten minutes to
//! each of them and not hundreds.

use std::collections::BTreeMap;

use super::call::PendingCalls;
use super::{
    BuildId, Call, Catalog, Command, ComponentIx, Concern, ModuleIx, Owner, Standing, Timer,
};
use crate::time::{Millis, Timestamp};

/// The least time between two mails to the same people.
const QUIET: Millis = Millis::from_secs(600);

impl Owner {
    /// Returns who looks after a module.
    #[must_use]
    pub fn of(catalog: &Catalog, module: ModuleIx) -> Self {
        Self(catalog.module(module).identity.name)
    }
}

/// What was mailed and what waits to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mailbox {
    /// By module, then component, then build: who hears that a module recovered was told of any
    /// build of it.
    told: BTreeMap<(ModuleIx, Option<ComponentIx>, BuildId), Told>,
    by_owner: BTreeMap<Owner, Outbox>,
}

/// What people know of one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Told {
    standing: Standing,
    /// Whether people heard since that this build or a later one passed.
    is_over: bool,
    /// Whether somebody repaired it since: should it end badly once more, that is news.
    is_repaired: bool,
}

/// What concerns the same people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Outbox {
    last_sent: Option<Timestamp>,
    kept: Vec<Concern>,
    digest_at: Option<Timestamp>,
}

impl Mailbox {
    /// Tells people of a concern, at once or in the next digest; what they know is not told again.
    pub(super) fn tell(
        &mut self,
        to: Owner,
        concern: Concern,
        calls: &mut PendingCalls,
        now: Timestamp,
        out: &mut Vec<Command>,
    ) {
        let key = (concern.module, concern.component, concern.build);
        let known = self.told.get(&key).copied();
        // That all is well is news only to who was told otherwise.
        let is_news = match known {
            _ if concern.standing == Standing::Recovered => {
                self.all_is_well(concern.module, concern.component, concern.build)
            }
            None => true,
            Some(told) => told.standing != concern.standing || told.is_repaired,
        };
        if !is_news {
            return;
        }
        let standing = concern.standing;
        let is_over = standing == Standing::Recovered;
        self.told.insert(key, Told { standing, is_over, is_repaired: false });
        let outbox = self.by_owner.entry(to).or_default();
        if outbox.digest_at.is_some() {
            // Also where the digest is due in this very moment: it is about this, too. What failed,
            // was repaired and failed again before it is sent stands in it once, unless it went on in
            // between: the last word on each thing is true.
            let is_about_it = |kept: &&Concern| (kept.module, kept.component, kept.build) == key;
            if outbox.kept.iter().rfind(is_about_it) != Some(&concern) {
                outbox.kept.push(concern);
            }
            return;
        }
        match outbox.last_sent.map(|sent| sent + QUIET) {
            Some(free) if free > now => {
                outbox.kept.push(concern);
                outbox.digest_at = Some(free);
                out.push(Command::Timer { at: free, timer: Timer::Digest { to } });
            }
            Some(_) | None => {
                outbox.last_sent = Some(now);
                calls.make(Call::Mail { to, about: [concern].into() }, out);
            }
        }
    }

    /// Notes that a build passed, and returns whether people were told otherwise of it, or of an
    /// earlier one in whose place it is: a repair that has koji build a module again helped.
    fn all_is_well(
        &mut self,
        module: ModuleIx,
        component: Option<ComponentIx>,
        build: BuildId,
    ) -> bool {
        let mut was_bad = false;
        let builds = (module, component, BuildId(0))..=(module, component, build);
        for told in self.told.range_mut(builds) {
            was_bad |= !std::mem::replace(&mut told.1.is_over, true);
        }
        was_bad
    }

    /// Somebody repaired what a mail told of: that it goes on is told when it does, and that it does
    /// not, though the mail before said the same.
    pub(super) fn repaired(
        &mut self,
        module: ModuleIx,
        component: Option<ComponentIx>,
        build: BuildId,
    ) {
        if let Some(told) = self.told.get_mut(&(module, component, build)) {
            told.is_repaired = told.standing != Standing::Recovered;
        }
    }

    /// Sends what was kept back for some people.
    pub(super) fn digest(
        &mut self,
        to: Owner,
        calls: &mut PendingCalls,
        now: Timestamp,
        out: &mut Vec<Command>,
    ) {
        let Some(outbox) = self.by_owner.get_mut(&to) else { return };
        if outbox.digest_at.is_none_or(|at| at > now) {
            return;
        }
        outbox.digest_at = None;
        outbox.last_sent = Some(now);
        let about = std::mem::take(&mut outbox.kept).into();
        calls.make(Call::Mail { to, about }, out);
    }

    /// Asserts that what is kept back has its moment, after a mail that was sent.
    pub(super) fn check_invariants(&self) {
        for outbox in self.by_owner.values() {
            assert_eq!(
                outbox.kept.is_empty(),
                outbox.digest_at.is_none(),
                "a digest is about some"
            );
            assert!(
                outbox.digest_at.is_none_or(|at| Some(at) == outbox.last_sent.map(|s| s + QUIET)),
                "people have their quiet and no more"
            );
        }
    }

    /// Appends the timers that are running.
    pub(super) fn outstanding(&self, out: &mut Vec<Command>) {
        for (&to, outbox) in &self.by_owner {
            if let Some(at) = outbox.digest_at {
                out.push(Command::Timer { at, timer: Timer::Digest { to } });
            }
        }
    }
}
