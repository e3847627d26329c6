//! The entries of the table of calls, by number, with the stage of each.

use std::collections::VecDeque;

use super::{Call, CallId};
use crate::time::Timestamp;

/// The stage of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The party was asked and has not answered.
    Sent,
    /// The party was asked whether it has the call.
    Looking,
    /// It waits for the party's pause to end; then it is looked up or sent.
    Kept { looks: bool },
    /// It is postponed.
    Later(Timestamp),
}

impl Stage {
    fn is_kept(self) -> bool {
        matches!(self, Self::Kept { .. })
    }
}

/// A call that is not settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) call: Call,
    pub(super) stage: Stage,
    /// How often it was refused.
    pub(super) tries: u32,
}

/// Calls that are not settled, in the order of their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entries {
    /// The number of the first.
    first: u32,
    list: VecDeque<Option<Entry>>,
    /// How many of them are kept.
    kept: u32,
}

impl Entries {
    /// Adds a call; returns its number.
    pub(super) fn push(&mut self, call: Call, stage: Stage) -> CallId {
        let id = CallId(self.next());
        self.kept += u32::from(stage.is_kept());
        self.list.push_back(Some(Entry { call, stage, tries: 0 }));
        id
    }

    /// Returns the number of the next call.
    fn next(&self) -> u32 {
        let len = u32::try_from(self.list.len()).ok();
        len.and_then(|len| self.first.checked_add(len)).expect("a run makes fewer than 2^32 calls")
    }

    /// Returns the numbers of all calls as they are now, settled ones among them.
    pub(super) fn ids(&self) -> impl Iterator<Item = CallId> + use<> {
        (self.first..self.next()).map(CallId)
    }

    fn place(&self, id: CallId) -> Option<usize> {
        id.0.checked_sub(self.first).map(|place| place as usize)
    }

    /// Returns a call that is not settled.
    pub(super) fn get(&self, id: CallId) -> Option<&Entry> {
        self.list.get(self.place(id)?)?.as_ref()
    }

    /// Moves a call to another stage; nothing if it is settled.
    pub(super) fn set(&mut self, id: CallId, stage: Stage) {
        let place = self.place(id);
        if let Some(Some(entry)) = place.and_then(|place| self.list.get_mut(place)) {
            self.kept = self.kept + u32::from(stage.is_kept()) - u32::from(entry.stage.is_kept());
            entry.stage = stage;
        }
    }

    /// Keeps a call that was refused; returns how often it was.
    pub(super) fn refused(&mut self, id: CallId, looks: bool) -> u32 {
        self.set(id, Stage::Kept { looks });
        let place = self.place(id).expect("the call is not settled");
        let entry = self.list[place].as_mut().expect("the call is not settled");
        entry.tries += 1;
        entry.tries
    }

    /// Removes a call; returns it.
    pub(super) fn take(&mut self, id: CallId) -> Option<Call> {
        let place = self.place(id)?;
        let entry = self.list.get_mut(place)?.take()?;
        self.kept -= u32::from(entry.stage.is_kept());
        while let Some(None) = self.list.front() {
            self.list.pop_front();
            self.first += 1;
        }
        Some(entry.call)
    }

    /// Returns every call that is not settled, with its number.
    pub(super) fn numbered(&self) -> impl Iterator<Item = (CallId, &Entry)> {
        let numbered = (self.first..).map(CallId).zip(&self.list);
        numbered.filter_map(|(id, entry)| Some((id, entry.as_ref()?)))
    }

    /// Returns whether any call is kept.
    pub(super) fn has_kept(&self) -> bool {
        self.kept > 0
    }

    /// Asserts that kept calls are counted and that settled ones are dropped.
    pub(super) fn check_invariants(&self) {
        let kept = self.numbered().filter(|(_, entry)| entry.stage.is_kept()).count();
        assert_eq!(kept, self.kept as usize, "kept calls are counted");
        assert!(self.list.front().is_none_or(Option::is_some), "settled calls are dropped");
    }
}
