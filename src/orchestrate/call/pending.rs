//! The one table of calls: what is outstanding, what waits to be asked again, who is away.
//!
//! No other place in modplan retries a call. A party that refuses is paused: a minute, doubled each
//! time up to half an hour; what is asked of it meanwhile waits in the table. After [`TRIES_MAX`]
//! refusals in a row people are told, and the party is asked again with each poll, so that nothing is
//! given up for good only because somebody was away for long.

use std::collections::VecDeque;

use super::{Answer, Call, CallId, Fault, Party, Reply};
use crate::orchestrate::{Command, Timer};
use crate::time::{Millis, Timestamp};

/// How often a party is asked again before people are told.
pub const TRIES_MAX: u32 = 20;

/// How often the repo of a module that could not be made is made again.
pub(in crate::orchestrate) const REPO_TRIES_MAX: u32 = 5;

/// How often a test result that is overdue is asked for again.
pub(in crate::orchestrate) const TEST_TRIES_MAX: u32 = 3;

/// Returns how long to wait before try `tries` (from 1): a minute, doubled each time up to half an
/// hour.
#[must_use]
pub fn pause(tries: u32) -> Millis {
    Millis((60_000 << (tries - 1).min(5)).min(1_800_000))
}

/// How far a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The party was asked and has not answered.
    Sent,
    /// The party was asked what it has of the call.
    Looking,
    /// It waits for the party's pause to end; then it is looked for or sent.
    Kept { looks: bool },
    /// It waits for a moment of its own.
    Later(Timestamp),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    call: Call,
    stage: Stage,
    /// How often it was refused.
    tries: u32,
}

impl Entry {
    fn new(call: Call, stage: Stage) -> Self {
        Self { call, stage, tries: 0 }
    }
}

/// How a party answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Standing {
    /// Refusals since its last answer.
    tries: u32,
    /// When it is asked again; nothing is asked of it before.
    again_at: Option<Timestamp>,
    /// It refused so often that people were told; it is asked again with each poll.
    is_away: bool,
}

impl Standing {
    fn is_paused(self) -> bool {
        self.again_at.is_some() || self.is_away
    }
}

/// What an answer came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::orchestrate) enum Settled {
    /// The answer is to no call that is outstanding, or changes nothing yet.
    Nothing,
    /// The call is done.
    Done(Call, Reply),
    /// The call failed for good.
    Failed(Call, Fault),
    /// A look found nothing of the call: whoever still needs it has it [sent](PendingCalls::send),
    /// else it is [dropped](PendingCalls::drop).
    Absent(Call),
    /// The party refused so often that people must hear of it. The call stays outstanding.
    GivenUp(Call),
}

/// Everything that was asked of others and not answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::orchestrate) struct PendingCalls {
    /// The number of the first entry.
    first: u32,
    entries: VecDeque<Option<Entry>>,
    /// How many entries are kept back by a pause.
    kept: u32,
    parties: [Standing; Party::ALL.len()],
    /// Whether nobody polls: who is away is asked again by a timer.
    has_no_polls: bool,
}

impl PendingCalls {
    /// Makes a table for an orchestrator that does not poll.
    pub(in crate::orchestrate) fn without_polls() -> Self {
        Self { has_no_polls: true, ..Self::default() }
    }

    /// Returns whether a party is asked nothing for now.
    pub(in crate::orchestrate) fn is_paused(&self, party: Party) -> bool {
        self.parties[party as usize].is_paused()
    }

    /// Makes a call, or keeps it until its party answers again. A poll is never kept back: it asks more
    /// than one party, and what it hears of one that is paused is welcome.
    pub(in crate::orchestrate) fn make(&mut self, call: Call, out: &mut Vec<Command>) {
        if call != Call::Poll && self.is_paused(call.party()) {
            self.kept += 1;
            self.push(Entry::new(call, Stage::Kept { looks: false }));
            return;
        }
        let id = self.push(Entry::new(call.clone(), Stage::Sent));
        out.push(Command::Call { id, call });
    }

    /// Makes a call unless its party has it already: a look comes first.
    pub(in crate::orchestrate) fn find_or_make(&mut self, call: Call, out: &mut Vec<Command>) {
        if self.is_paused(call.party()) {
            self.kept += 1;
            self.push(Entry::new(call, Stage::Kept { looks: true }));
            return;
        }
        let id = self.push(Entry::new(call.clone(), Stage::Looking));
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
        let id = self.push(Entry::new(call, Stage::Later(at)));
        out.push(Command::Timer { at, timer: Timer::Call { id } });
    }

    fn push(&mut self, entry: Entry) -> CallId {
        let at = self.first + u32::try_from(self.entries.len()).expect("a run makes 2^32 calls");
        self.entries.push_back(Some(entry));
        CallId(at)
    }

    fn entry(&mut self, id: CallId) -> Option<&mut Entry> {
        let at = id.0.checked_sub(self.first)?;
        self.entries.get_mut(at as usize)?.as_mut()
    }

    fn take(&mut self, id: CallId) -> Option<Call> {
        let at = id.0.checked_sub(self.first)?;
        let entry = self.entries.get_mut(at as usize)?.take()?;
        self.kept -= u32::from(matches!(entry.stage, Stage::Kept { .. }));
        while let Some(None) = self.entries.front() {
            self.entries.pop_front();
            self.first += 1;
        }
        Some(entry.call)
    }

    /// Hears the answer to a call. One to a call that is settled, or that waits to be made, is late
    /// or came twice, and changes nothing.
    pub(in crate::orchestrate) fn answered(
        &mut self,
        id: CallId,
        answer: &Answer,
        now: Timestamp,
        out: &mut Vec<Command>,
    ) -> Settled {
        let Some(&mut Entry { ref call, ref mut stage, .. }) = self.entry(id) else {
            return Settled::Nothing;
        };
        let party = call.party();
        match answer {
            // Whatever it waits for: who says that it is done knows.
            Answer::Done(reply) => {
                let call = self.take(id).expect("it was found");
                // Who answers a poll may still refuse whatever changes something.
                if call != Call::Poll {
                    self.parties[party as usize].tries = 0;
                }
                Settled::Done(call, reply.clone())
            }
            Answer::Failed(fault) => {
                let call = self.take(id).expect("it was found");
                self.parties[party as usize].tries = 0;
                Settled::Failed(call, *fault)
            }
            Answer::Absent if *stage != Stage::Looking => Settled::Nothing,
            Answer::Absent => {
                let call = call.clone();
                self.parties[party as usize].tries = 0;
                Settled::Absent(call)
            }
            Answer::Unknown if *stage == Stage::Sent && !call.is_read() && *call != Call::Poll => {
                *stage = Stage::Looking;
                let call = call.clone();
                out.push(Command::Look { id, call });
                Settled::Nothing
            }
            Answer::Unknown | Answer::Refused => self.refused(id, now, out),
        }
    }

    /// Makes an outstanding call of which its party has nothing.
    pub(in crate::orchestrate) fn send(&mut self, id: CallId, out: &mut Vec<Command>) {
        let Some(entry) = self.entry(id) else { return };
        entry.stage = Stage::Sent;
        let call = entry.call.clone();
        out.push(Command::Call { id, call });
    }

    /// Forgets an outstanding call of which its party has nothing and that nobody needs.
    pub(in crate::orchestrate) fn drop(&mut self, id: CallId) {
        self.take(id);
    }

    /// Nothing of a call was done, or nobody says whether: its party is paused.
    fn refused(&mut self, id: CallId, now: Timestamp, out: &mut Vec<Command>) -> Settled {
        let entry = self.entry(id).expect("it was found");
        let looks = match entry.stage {
            Stage::Sent => false,
            Stage::Looking => true,
            Stage::Kept { .. } | Stage::Later(_) => return Settled::Nothing,
        };
        if entry.call == Call::Poll {
            self.take(id);
            return Settled::Nothing;
        }
        entry.stage = Stage::Kept { looks };
        entry.tries += 1;
        let (call, is_refused_alone) = (entry.call.clone(), entry.tries > TRIES_MAX);
        self.kept += 1;
        let party = call.party();
        let has_no_polls = self.has_no_polls;
        let standing = &mut self.parties[party as usize];
        if !standing.is_paused() {
            standing.tries += 1;
            standing.is_away = standing.tries > TRIES_MAX;
            if !standing.is_away || has_no_polls {
                let at = now + pause(standing.tries);
                standing.again_at = Some(at);
                let is_away = standing.is_away;
                out.push(Command::Timer { at, timer: Timer::Party { party, is_away } });
            }
        }
        let is_given_up = is_refused_alone || self.parties[party as usize].is_away;
        if is_given_up { Settled::GivenUp(call) } else { Settled::Nothing }
    }

    /// The pause of a party is over: what is still needed is asked again.
    pub(in crate::orchestrate) fn party_due(
        &mut self,
        party: Party,
        now: Timestamp,
        is_needed: impl Fn(&Call) -> bool,
        out: &mut Vec<Command>,
    ) {
        let standing = &mut self.parties[party as usize];
        if standing.again_at.is_some_and(|at| at <= now) {
            standing.again_at = None;
            standing.is_away = false;
            self.ask_again(party, is_needed, out);
        }
    }

    /// The moment of a call that was put off is here; returns the call where it is not needed.
    pub(in crate::orchestrate) fn call_due(
        &mut self,
        id: CallId,
        now: Timestamp,
        is_needed: impl Fn(&Call) -> bool,
        out: &mut Vec<Command>,
    ) {
        let Some(Entry { call, stage: Stage::Later(at), .. }) = self.entry(id).cloned() else {
            return;
        };
        if at > now {
            return;
        }
        if !is_needed(&call) {
            self.take(id);
            return;
        }
        let is_paused = self.is_paused(call.party());
        let entry = self.entry(id).expect("it was found");
        if is_paused {
            entry.stage = Stage::Kept { looks: false };
            self.kept += 1;
        } else {
            entry.stage = Stage::Sent;
            out.push(Command::Call { id, call });
        }
    }

    /// Asks, with a poll, everyone whom people were told to be away.
    pub(in crate::orchestrate) fn ask_the_away(
        &mut self,
        is_needed: impl Fn(&Call) -> bool,
        out: &mut Vec<Command>,
    ) {
        for party in Party::ALL {
            if std::mem::replace(&mut self.parties[party as usize].is_away, false) {
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
        for at in 0..self.entries.len() {
            let id = CallId(self.first + u32::try_from(at).expect("a run makes 2^32 calls"));
            let Some(Entry { call, stage, .. }) = &mut self.entries[at] else { continue };
            let Stage::Kept { looks } = *stage else { continue };
            if call.party() != party {
                continue;
            }
            self.kept -= 1;
            let call = call.clone();
            if looks {
                *stage = Stage::Looking;
                out.push(Command::Look { id, call });
            } else if is_needed(&call) {
                *stage = Stage::Sent;
                out.push(Command::Call { id, call });
            } else {
                self.entries[at] = None;
            }
        }
        self.drop_settled();
    }

    fn drop_settled(&mut self) {
        while let Some(None) = self.entries.front() {
            self.entries.pop_front();
            self.first += 1;
        }
    }

    /// Takes back the calls that `is_over` says nobody waits for, of those that were not sent. A call
    /// that was sent stays until it is answered.
    pub(in crate::orchestrate) fn withdraw(
        &mut self,
        is_over: impl Fn(&Call) -> bool,
    ) -> Vec<Call> {
        let mut withdrawn = Vec::new();
        for at in 0..self.entries.len() {
            let Some(Entry { call, stage, .. }) = &self.entries[at] else { continue };
            let is_unsent = matches!(stage, Stage::Kept { looks: false } | Stage::Later(_));
            if is_unsent && is_over(call) {
                self.kept -= u32::from(matches!(stage, Stage::Kept { .. }));
                withdrawn.extend(self.entries[at].take().map(|entry| entry.call));
            }
        }
        self.drop_settled();
        withdrawn
    }

    /// Returns whether anyone is away for whom only a poll asks again.
    pub(in crate::orchestrate) fn need_a_poll(&self) -> bool {
        self.parties.iter().any(|standing| standing.is_away) && self.kept > 0
    }

    /// Returns every call that is not settled, in the order in which they were made.
    pub(in crate::orchestrate) fn open(&self) -> impl Iterator<Item = (CallId, &Call)> {
        let numbered = (self.first..).zip(&self.entries);
        numbered.filter_map(|(id, entry)| Some((CallId(id), &entry.as_ref()?.call)))
    }

    /// Appends every call without an answer.
    pub(in crate::orchestrate) fn outstanding(&self, out: &mut Vec<Command>) {
        out.extend(self.open().map(|(id, call)| Command::Call { id, call: call.clone() }));
    }

    /// After a restart nobody knows which calls were made: each that was not kept back is looked for,
    /// or made again where it only reads, and what waits gets its timers back.
    pub(in crate::orchestrate) fn restarted(&mut self, out: &mut Vec<Command>) {
        for (id, entry) in (self.first..).zip(&mut self.entries) {
            let (id, Some(Entry { call, stage, .. })) = (CallId(id), entry) else { continue };
            match *stage {
                Stage::Sent if call.is_read() => out.push(Command::Call { id, call: call.clone() }),
                Stage::Sent | Stage::Looking => {
                    *stage = Stage::Looking;
                    out.push(Command::Look { id, call: call.clone() });
                }
                Stage::Kept { .. } | Stage::Later(_) => {}
            }
        }
        self.timers(out);
    }

    /// Appends the timers that are running.
    pub(in crate::orchestrate) fn timers(&self, out: &mut Vec<Command>) {
        for (id, entry) in (self.first..).zip(&self.entries) {
            if let Some(Entry { stage: Stage::Later(at), .. }) = *entry {
                out.push(Command::Timer { at, timer: Timer::Call { id: CallId(id) } });
            }
        }
        for party in Party::ALL {
            let Standing { again_at, is_away, .. } = self.parties[party as usize];
            if let Some(at) = again_at {
                out.push(Command::Timer { at, timer: Timer::Party { party, is_away } });
            }
        }
    }

    /// Asserts that pauses are bounded and that what is kept back is counted.
    pub(in crate::orchestrate) fn check_invariants(&self) {
        let kept = self.entries.iter().flatten();
        let kept = kept.filter(|entry| matches!(entry.stage, Stage::Kept { .. }));
        for entry in kept.clone() {
            let standing = self.parties[entry.call.party() as usize];
            assert!(standing.is_paused(), "what is kept back waits for a party that is paused");
        }
        assert_eq!(kept.count(), self.kept as usize, "what is kept back is counted");
        for standing in &self.parties {
            let is_bounded = standing.tries <= TRIES_MAX || standing.again_at.is_none();
            assert!(is_bounded || self.has_no_polls, "a party is asked again with a bound");
        }
        assert!(self.entries.front().is_none_or(Option::is_some), "what is settled is dropped");
    }
}
