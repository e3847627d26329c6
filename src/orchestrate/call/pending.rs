//! The one table of calls: what was sent, what waits, and what is repeated.
//!
//! No other place in modplan repeats a call. A party that refuses is [paused](super::party): a minute,
//! doubled each time up to half an hour; calls to it are kept in the table meanwhile. After
//! [`TRIES_MAX`] refusals in a row it is reported as away and asked again with each poll, so a long
//! outage loses no call.

use super::entries::{Entries, Entry, Stage};
use super::party::{Parties, TRIES_MAX, pause};
use super::{Answer, Call, CallId, Fault, Party, Reply};

use crate::orchestrate::{Command, Timer};
use crate::time::Timestamp;

mod open;

/// How often a repo that failed is made again.
pub(in crate::orchestrate) const REPO_TRIES_MAX: u32 = 5;

/// How often an overdue test result is requested again.
pub(in crate::orchestrate) const TEST_TRIES_MAX: u32 = 3;

/// What follows from an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::orchestrate) enum Settled {
    /// The call is unknown or settled already, or still open.
    Nothing,
    /// The call is done.
    Done(Call, Reply),
    /// The call failed for good.
    Failed(Call, Fault),
    /// A look did not find the call: it is either [sent](PendingCalls::send) again or
    /// [dropped](PendingCalls::drop).
    Absent(Call),
    /// The party refused so often that it must be reported. The call stays open.
    GivenUp(Call),
}

/// Every call without an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::orchestrate) struct PendingCalls {
    entries: Entries,
    parties: Parties,
}

impl PendingCalls {
    /// Makes a table for an orchestrator that does not poll.
    pub(in crate::orchestrate) fn without_polls() -> Self {
        Self { parties: Parties::without_polls(), ..Self::default() }
    }

    /// Returns whether a party is asked nothing for now.
    pub(in crate::orchestrate) fn is_paused(&self, party: Party) -> bool {
        self.parties.is_paused(party)
    }

    /// Makes a call, or keeps it until its party answers again. A poll is never kept: it asks several
    /// parties, and learns from those that answer.
    pub(in crate::orchestrate) fn make(&mut self, call: Call, out: &mut Vec<Command>) {
        if !call.is_poll() && self.is_paused(call.party()) {
            self.entries.push(call, Stage::Kept { looks: false });
            return;
        }
        let id = self.entries.push(call.clone(), Stage::Sent);
        out.push(Command::Call { id, call });
    }

    /// Looks a call up, and makes it only if its party does not have it.
    pub(in crate::orchestrate) fn find_or_make(&mut self, call: Call, out: &mut Vec<Command>) {
        if self.is_paused(call.party()) {
            self.entries.push(call, Stage::Kept { looks: true });
            return;
        }
        let id = self.entries.push(call.clone(), Stage::Looking);
        out.push(Command::Look { id, call });
    }

    /// Makes a call for the `tries`th time, from 1, after the pause that this takes.
    pub(in crate::orchestrate) fn make_later(
        &mut self,
        call: Call,
        tries: u32,
        now: Timestamp,
        out: &mut Vec<Command>,
    ) {
        let at = now + pause(tries);
        let id = self.entries.push(call, Stage::Later(at));
        out.push(Command::Timer { at, timer: Timer::Call { id } });
    }

    /// Takes the answer to a call. A late or repeated one, to a call that is settled or not sent yet,
    /// changes nothing.
    pub(in crate::orchestrate) fn answered(
        &mut self,
        id: CallId,
        answer: &Answer,
        now: Timestamp,
        out: &mut Vec<Command>,
    ) -> Settled {
        let Some(&Entry { ref call, stage, .. }) = self.entries.get(id) else {
            return Settled::Nothing;
        };
        let party = call.party();
        match answer {
            // `Done` settles a call at every stage.
            Answer::Done(reply) => {
                let call = self.entries.take(id).expect("the call is open");
                // A hub that answers polls may still refuse every write.
                if !call.is_poll() {
                    self.parties.answered(party);
                }
                Settled::Done(call, reply.clone())
            }
            Answer::Failed(fault) => {
                let call = self.entries.take(id).expect("the call is open");
                self.parties.answered(party);
                Settled::Failed(call, *fault)
            }
            Answer::Absent if stage != Stage::Looking => Settled::Nothing,
            Answer::Absent => {
                let call = call.clone();
                self.parties.answered(party);
                Settled::Absent(call)
            }
            Answer::Unknown if stage == Stage::Sent && !call.is_read() => {
                let call = call.clone();
                self.entries.set(id, Stage::Looking);
                out.push(Command::Look { id, call });
                Settled::Nothing
            }
            Answer::Unknown | Answer::Refused => self.refused(id, now, out),
        }
    }

    /// Sends a call that a look did not find.
    pub(in crate::orchestrate) fn send(&mut self, id: CallId, out: &mut Vec<Command>) {
        let Some(entry) = self.entries.get(id) else { return };
        let call = entry.call.clone();
        self.entries.set(id, Stage::Sent);
        out.push(Command::Call { id, call });
    }

    /// Drops a call that a look did not find and that is no longer needed.
    pub(in crate::orchestrate) fn drop(&mut self, id: CallId) {
        self.entries.take(id);
    }

    /// The call was refused or a look got no answer: its party is paused.
    fn refused(&mut self, id: CallId, now: Timestamp, out: &mut Vec<Command>) -> Settled {
        let entry = self.entries.get(id).expect("the call is open");
        let looks = match entry.stage {
            Stage::Sent => false,
            Stage::Looking => true,
            Stage::Kept { .. } | Stage::Later(_) => return Settled::Nothing,
        };
        if entry.call.is_poll() {
            self.entries.take(id);
            return Settled::Nothing;
        }
        let call = entry.call.clone();
        let is_refused_alone = self.entries.refused(id, looks) > TRIES_MAX;
        let party = call.party();
        self.parties.refused(party, now, out);
        let is_given_up = is_refused_alone || self.parties.is_away(party);
        if is_given_up { Settled::GivenUp(call) } else { Settled::Nothing }
    }

    /// The pause of a party is over: the calls still needed are made.
    pub(in crate::orchestrate) fn party_due(
        &mut self,
        party: Party,
        now: Timestamp,
        is_needed: impl Fn(&Call) -> bool,
        out: &mut Vec<Command>,
    ) {
        if self.parties.resume(party, now) {
            self.ask_again(party, is_needed, out);
        }
    }

    /// A postponed call is due: it is made if it is still needed.
    pub(in crate::orchestrate) fn call_due(
        &mut self,
        id: CallId,
        now: Timestamp,
        is_needed: impl Fn(&Call) -> bool,
        out: &mut Vec<Command>,
    ) {
        let Some(Entry { call, stage: Stage::Later(at), .. }) = self.entries.get(id) else {
            return;
        };
        if *at > now {
            return;
        }
        let call = call.clone();
        if !is_needed(&call) {
            self.entries.take(id);
        } else if self.is_paused(call.party()) {
            self.entries.set(id, Stage::Kept { looks: false });
        } else {
            self.send(id, out);
        }
    }

    /// Asks every party that is away again, as part of a poll.
    pub(in crate::orchestrate) fn ask_the_away(
        &mut self,
        is_needed: impl Fn(&Call) -> bool,
        out: &mut Vec<Command>,
    ) {
        for party in Party::ALL {
            if self.parties.return_with_poll(party) {
                self.ask_again(party, &is_needed, out);
            }
        }
    }

    fn ask_again(
        &mut self,
        party: Party,
        is_needed: impl Fn(&Call) -> bool,
        out: &mut Vec<Command>,
    ) {
        for id in self.entries.ids() {
            let Some(entry) = self.entries.get(id).filter(|entry| entry.call.party() == party)
            else {
                continue;
            };
            let Stage::Kept { looks } = entry.stage else { continue };
            let call = entry.call.clone();
            if looks {
                self.entries.set(id, Stage::Looking);
                out.push(Command::Look { id, call });
            } else if is_needed(&call) {
                self.send(id, out);
            } else {
                self.entries.take(id);
            }
        }
    }

    /// Withdraws calls that were not sent and that `is_over` names. A call that was sent stays until it
    /// is answered.
    pub(in crate::orchestrate) fn withdraw(
        &mut self,
        is_over: impl Fn(&Call) -> bool,
    ) -> Vec<Call> {
        let is_unsent =
            |stage: Stage| matches!(stage, Stage::Kept { looks: false } | Stage::Later(_));
        let is_it = |(_, entry): &(CallId, &Entry)| is_unsent(entry.stage) && is_over(&entry.call);
        let ids: Vec<CallId> = self.entries.numbered().filter(is_it).map(|(id, _)| id).collect();
        ids.into_iter().filter_map(|id| self.entries.take(id)).collect()
    }

    /// Returns whether calls wait for a party that only a poll asks again.
    pub(in crate::orchestrate) fn need_a_poll(&self) -> bool {
        self.parties.is_any_away() && self.entries.has_kept()
    }
}
