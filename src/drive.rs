//! The engine that both worlds pump: an event is appended to the journal, then handled, then its
//! commands are handed over. A simulation, a real run, a replay and a recovery all go through it.
//!
//! ```text
//!   world ──event──▶ step: append ─▶ handle ─▶ commands ──▶ world
//!                            │
//!                         journal ──rows──▶ recover: fold, then Event::Restarted looks
//! ```
//!
//! After a crash nobody knows which commands of the last event were carried out. [`recover`] folds the
//! journal over a new orchestrator and returns what the orchestrator said by its last event; the next
//! event is then [`Event::Restarted`], by which it looks for every call that is outstanding before it
//! repeats one. The engine holds no clock, no IO and no lock; a journal is anything that keeps rows.

pub mod journal;
mod words;

use crate::orchestrate::{Command, Event, Orchestrator, Tell};
use crate::time::Timestamp;

/// An event with the time at which it was handled.
pub type Entry = (Timestamp, Event);

/// Takes the rows of a run, in order.
pub trait Journal {
    /// Why a row could not be kept.
    type Error;

    /// Keeps one row for good. When it returns, the row survives a crash.
    ///
    /// # Errors
    /// The row could not be kept. Its event must not be handled then.
    fn append(&mut self, at: Timestamp, event: &Event) -> Result<(), Self::Error>;
}

/// Keeps rows in memory.
impl Journal for Vec<Entry> {
    type Error = std::convert::Infallible;

    fn append(&mut self, at: Timestamp, event: &Event) -> Result<(), Self::Error> {
        self.push((at, event.clone()));
        Ok(())
    }
}

/// Keeps rows, or none if no crash can come.
impl<J: Journal> Journal for Option<J> {
    type Error = J::Error;

    fn append(&mut self, at: Timestamp, event: &Event) -> Result<(), Self::Error> {
        self.as_mut().map_or(Ok(()), |journal| journal.append(at, event))
    }
}

/// Appends an event to the journal, then has it handled.
///
/// # Errors
/// The journal did not take the row; nothing was handled.
pub fn step<J: Journal>(
    orchestrator: &mut Orchestrator,
    journal: &mut J,
    event: &Event,
    now: Timestamp,
    out: &mut Vec<Command>,
) -> Result<(), J::Error> {
    journal.append(now, event)?;
    orchestrator.handle(event, now, out);
    Ok(())
}

/// Folds a journal over an orchestrator that has heard nothing yet. Returns what it said by the last
/// event, of which nobody knows whether it was noted.
pub fn recover<'e>(
    orchestrator: &mut Orchestrator,
    rows: impl IntoIterator<Item = &'e Entry>,
) -> Vec<Tell> {
    let mut last = Vec::new();
    for (time, event) in rows {
        last.clear();
        orchestrator.handle(event, *time, &mut last);
    }
    let said = |command| match command {
        Command::Tell(tell) => Some(tell),
        Command::Call { .. } | Command::Look { .. } | Command::Timer { .. } => None,
    };
    last.into_iter().filter_map(said).collect()
}
