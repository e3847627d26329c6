//! Mails to the relevant people: one for each module and change of state, gathered so that a storm
//! of trouble is one mail every ten minutes and not hundreds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{BuildId, Command, ComponentIx, ModuleIx, Timer};
use crate::time::{Millis, Timestamp};

/// The least time between two mails.
const QUIET: Millis = Millis::from_secs(600);

/// How the rebuild of a module stands, as a mail says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// A test did not pass: the rebuild is stuck.
    NotPassed,
    /// A test gave no result in time, however often it was asked for.
    NoResult,
    /// A build failed, and no retry is left.
    BuildFailed,
    /// Nobody answered a call, however often it was made.
    NoAnswer,
    /// It goes on: what a mail told before is over.
    Recovered,
}

/// One thing that a mail is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Concern {
    /// The module build.
    pub build: BuildId,
    /// The module.
    pub module: ModuleIx,
    /// The component, where it is about one.
    pub component: Option<ComponentIx>,
    /// How it stands.
    pub standing: Standing,
}

/// What was mailed and what waits to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mailbox {
    told: BTreeMap<(BuildId, Option<ComponentIx>), Standing>,
    last_sent: Option<Timestamp>,
    kept: Vec<Concern>,
    digest_at: Option<Timestamp>,
}

impl Mailbox {
    /// Tells people of a concern, at once or in the next digest; what they know is not told again.
    pub(super) fn tell(&mut self, concern: Concern, now: Timestamp, out: &mut Vec<Command>) {
        let key = (concern.build, concern.component);
        let known = self.told.get(&key).copied();
        // That all is well is news only to who was told otherwise.
        let is_first_and_well = known.is_none() && concern.standing == Standing::Recovered;
        if is_first_and_well || known == Some(concern.standing) {
            return;
        }
        self.told.insert(key, concern.standing);
        match self.last_sent.map(|sent| sent + QUIET) {
            Some(free) if free > now => {
                self.kept.push(concern);
                if self.digest_at.is_none() {
                    self.digest_at = Some(free);
                    out.push(Command::Timer { at: free, timer: Timer::Digest });
                }
            }
            Some(_) | None => {
                self.last_sent = Some(now);
                out.push(Command::Mail { about: vec![concern] });
            }
        }
    }

    /// Sends what was kept back.
    pub(super) fn digest(&mut self, now: Timestamp, out: &mut Vec<Command>) {
        if self.digest_at.is_none_or(|at| at > now) {
            return;
        }
        self.digest_at = None;
        self.last_sent = Some(now);
        out.push(Command::Mail { about: std::mem::take(&mut self.kept) });
    }

    /// Appends the timer that is running.
    pub(super) fn outstanding(&self, out: &mut Vec<Command>) {
        if let Some(at) = self.digest_at {
            out.push(Command::Timer { at, timer: Timer::Digest });
        }
    }
}
