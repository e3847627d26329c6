//! Who answers and who does not: a party that refuses is paused, and reported after many refusals.

use super::Party;
use crate::orchestrate::{Command, Timer};
use crate::time::{Millis, Timestamp};

/// How often a party is asked again before it is reported as away.
pub const TRIES_MAX: u32 = 20;

/// Returns the pause before try `tries` (from 1): a minute, doubled each time up to half an hour.
#[must_use]
pub fn pause(tries: u32) -> Millis {
    Millis((60_000 << (tries - 1).min(5)).min(1_800_000))
}

/// How one party answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Standing {
    /// Refusals since its last answer.
    tries: u32,
    /// When its pause ends; it is asked nothing before.
    again_at: Option<Timestamp>,
    /// It refused so often that it was reported; it is asked again with each poll.
    is_away: bool,
}

/// How every party answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parties {
    standings: [Standing; Party::ALL.len()],
    /// Without polls a timer asks a party that is away.
    has_no_polls: bool,
}

impl Parties {
    /// Makes them for an orchestrator that does not poll.
    pub(super) fn without_polls() -> Self {
        Self { has_no_polls: true, ..Self::default() }
    }

    fn standing(&mut self, party: Party) -> &mut Standing {
        &mut self.standings[party as usize]
    }

    /// Returns whether a party is asked nothing for now.
    pub(super) fn is_paused(&self, party: Party) -> bool {
        let Standing { again_at, is_away, .. } = self.standings[party as usize];
        again_at.is_some() || is_away
    }

    /// Returns whether a party was reported as away.
    pub(super) fn is_away(&self, party: Party) -> bool {
        self.standings[party as usize].is_away
    }

    /// Returns whether any party was reported as away.
    pub(super) fn is_any_away(&self) -> bool {
        self.standings.iter().any(|standing| standing.is_away)
    }

    /// A party answered: its refusals are counted from 0 again.
    pub(super) fn answered(&mut self, party: Party) {
        self.standing(party).tries = 0;
    }

    /// Pauses a party that refused, unless it is paused already.
    pub(super) fn refused(&mut self, party: Party, now: Timestamp, out: &mut Vec<Command>) {
        if self.is_paused(party) {
            return;
        }
        let has_no_polls = self.has_no_polls;
        let standing = self.standing(party);
        standing.tries += 1;
        standing.is_away = standing.tries > TRIES_MAX;
        if !standing.is_away || has_no_polls {
            let (at, is_away) = (now + pause(standing.tries), standing.is_away);
            standing.again_at = Some(at);
            out.push(Command::Timer { at, timer: Timer::Party { party, is_away } });
        }
    }

    /// Ends the pause of a party if it is due; returns whether it was.
    pub(super) fn resume(&mut self, party: Party, now: Timestamp) -> bool {
        let standing = self.standing(party);
        let is_due = standing.again_at.is_some_and(|at| at <= now);
        if is_due {
            (standing.again_at, standing.is_away) = (None, false);
        }
        is_due
    }

    /// Ends the wait for a poll of a party that is away; returns whether it was away.
    pub(super) fn return_with_poll(&mut self, party: Party) -> bool {
        std::mem::take(&mut self.standing(party).is_away)
    }

    /// Appends the timers of pauses.
    pub(super) fn timers(&self, out: &mut Vec<Command>) {
        for party in Party::ALL {
            let Standing { again_at, is_away, .. } = self.standings[party as usize];
            if let Some(at) = again_at {
                out.push(Command::Timer { at, timer: Timer::Party { party, is_away } });
            }
        }
    }

    /// Asserts that timers ask a party again only so often.
    pub(super) fn check_invariants(&self) {
        for standing in &self.standings {
            let is_bounded = standing.tries <= TRIES_MAX || standing.again_at.is_none();
            assert!(is_bounded || self.has_no_polls, "a party is asked again with a bound");
        }
    }
}
