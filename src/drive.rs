//! The engine behind every run: an event is appended to the journal, then handled, then its
//! commands are handed over. A simulation, a real run, a replay and a recovery all go through it.
//!
//! ```text
//!   world ──event──▶ step: append ─▶ handle ─▶ commands ──▶ world
//!                            │
//!                         journal ──rows──▶ recover: fold, then Event::Restarted looks
//! ```
//!
//! After a crash it is unknown which commands of the last event were carried out. [`recover`] folds
//! the journal over a new orchestrator and returns the commands of the last event. The next event
//! is then [`Event::Restarted`], on which the orchestrator looks up every outstanding call before
//! it repeats one. The engine holds no clock, no IO and no lock; a journal is anything that stores
//! rows.

pub mod journal;
mod words;

use std::sync::Arc;

use crate::orchestrate::{Catalog, Command, Event, Orchestrator, Tell};
use crate::time::Timestamp;

/// An event with the time at which it was handled.
pub type Entry = (Timestamp, Event);

/// Receives the rows of a run, in order.
pub trait Journal {
    /// Why a row could not be stored.
    type Error;

    /// Stores one row durably: when it returns, the row survives a crash.
    ///
    /// # Errors
    /// The row could not be stored, and its event must not be handled.
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

/// Keeps rows, or none if crashes are impossible.
impl<J: Journal> Journal for Option<J> {
    type Error = J::Error;

    fn append(&mut self, at: Timestamp, event: &Event) -> Result<(), Self::Error> {
        self.as_mut().map_or(Ok(()), |journal| journal.append(at, event))
    }
}

/// Appends an event to the journal, then has it handled.
///
/// # Errors
/// The row could not be stored; nothing was handled.
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

/// One row of a journal during a fold, with the resulting commands.
#[derive(Clone, Copy, Debug)]
pub struct Folded<'f> {
    /// When the event was handled.
    pub at: Timestamp,
    /// The event.
    pub event: &'f Event,
    /// The modules that are known after it.
    pub catalog: &'f Arc<Catalog>,
    /// The commands that followed from it.
    pub commands: &'f [Command],
}

/// Folds a journal over a new orchestrator, and shows every row to `see`.
pub fn fold<'e>(
    orchestrator: &mut Orchestrator,
    rows: impl IntoIterator<Item = &'e Entry>,
    mut see: impl FnMut(Folded<'_>),
) {
    let mut commands = Vec::new();
    for (at, event) in rows {
        commands.clear();
        orchestrator.handle(event, *at, &mut commands);
        let catalog = orchestrator.catalog();
        see(Folded { at: *at, event, catalog, commands: &commands });
    }
}

/// Folds a journal over a new orchestrator. Returns the commands of the last event, which may or
/// may not have been carried out.
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
