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
    /// By module, then component, then build: that a module recovered concerns mails about any build
    /// of it.
    mailed: BTreeMap<(ModuleIx, Option<ComponentIx>, BuildId), Mailed>,
    by_owner: BTreeMap<Owner, MailQueue>,
}

/// What people know of one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mailed {
    standing: Standing,
    /// Whether people heard since that this build or a later one passed.
    is_over: bool,
    /// Whether somebody repaired it since: if it fails again, that is news.
    is_repaired: bool,
}

/// What concerns the same people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct MailQueue {
    last_sent: Option<Timestamp>,
    kept: Vec<Concern>,
    digest_at: Option<Timestamp>,
}

impl Mailbox {
    /// Mails people about a concern, at once or in the next digest; what they know is not repeated.
    pub(super) fn tell(
        &mut self,
        to: Owner,
        concern: Concern,
        calls: &mut PendingCalls,
        now: Timestamp,
        out: &mut Vec<Command>,
    ) {
        let key = (concern.module, concern.component, concern.build);
        let known = self.mailed.get(&key).copied();
        // That all is well is news only after a mail that said otherwise.
        let is_news = match known {
            _ if concern.standing == Standing::Recovered => {
                self.all_is_well(concern.module, concern.component, concern.build)
            }
            None => true,
            Some(mailed) => mailed.standing != concern.standing || mailed.is_repaired,
        };
        if !is_news {
            return;
        }
        let standing = concern.standing;
        let is_over = standing == Standing::Recovered;
        self.mailed.insert(key, Mailed { standing, is_over, is_repaired: false });
        let queue = self.by_owner.entry(to).or_default();
        if queue.digest_at.is_some() {
            // Include it even if the digest is due now. What failed, was repaired and failed again
            // before the digest is listed once, unless it recovered in between: the last entry about
            // each thing is true.
            let is_about_it = |kept: &&Concern| (kept.module, kept.component, kept.build) == key;
            if queue.kept.iter().rfind(is_about_it) != Some(&concern) {
                queue.kept.push(concern);
            }
            return;
        }
        match queue.last_sent.map(|sent| sent + QUIET) {
            Some(free) if free > now => {
                queue.kept.push(concern);
                queue.digest_at = Some(free);
                out.push(Command::Timer { at: free, timer: Timer::Digest { to } });
            }
            Some(_) | None => {
                queue.last_sent = Some(now);
                calls.make(Call::Mail { to, about: [concern].into() }, out);
            }
        }
    }

    /// Notes that a build passed, and returns whether people were mailed otherwise about it, or an
    /// earlier one in whose place it is: a repair that has koji build a module again helped.
    fn all_is_well(
        &mut self,
        module: ModuleIx,
        component: Option<ComponentIx>,
        build: BuildId,
    ) -> bool {
        let mut was_bad = false;
        let builds = (module, component, BuildId(0))..=(module, component, build);
        for mailed in self.mailed.range_mut(builds) {
            was_bad |= !std::mem::replace(&mut mailed.1.is_over, true);
        }
        was_bad
    }

    /// Somebody repaired what a mail was about: the next mail says that it recovered, or that it failed
    /// again, though the previous mail said the same.
    pub(super) fn repaired(
        &mut self,
        module: ModuleIx,
        component: Option<ComponentIx>,
        build: BuildId,
    ) {
        if let Some(mailed) = self.mailed.get_mut(&(module, component, build)) {
            mailed.is_repaired = mailed.standing != Standing::Recovered;
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
        let Some(queue) = self.by_owner.get_mut(&to) else { return };
        if queue.digest_at.is_none_or(|at| at > now) {
            return;
        }
        queue.digest_at = None;
        queue.last_sent = Some(now);
        let about = std::mem::take(&mut queue.kept).into();
        calls.make(Call::Mail { to, about }, out);
    }

    /// Asserts that what is kept back has its moment, after a mail that was sent.
    pub(super) fn check_invariants(&self) {
        for queue in self.by_owner.values() {
            assert_eq!(queue.kept.is_empty(), queue.digest_at.is_none(), "a digest is about some");
            assert!(
                queue.digest_at.is_none_or(|at| Some(at) == queue.last_sent.map(|s| s + QUIET)),
                "people have their quiet and no more"
            );
        }
    }

    /// Appends the timers that are running.
    pub(super) fn outstanding(&self, out: &mut Vec<Command>) {
        for (&to, queue) in &self.by_owner {
            if let Some(at) = queue.digest_at {
                out.push(Command::Timer { at, timer: Timer::Digest { to } });
            }
        }
    }
}
