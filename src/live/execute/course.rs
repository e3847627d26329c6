//! What a process knows of its run: the orchestrator and where everything stands. Each event is kept, then
//! handled; what follows from it comes out only then.

use std::sync::Arc;

use crate::drive::{Entry, Folded, fold, journal};
use crate::orchestrate::{Catalog, Event, Orchestrator};
use crate::status::Status;
use crate::store::{RunState, Wished};
use crate::time::Timestamp;

/// Keeps the rows of a run for good.
pub trait Rows {
    /// Why rows could not be kept.
    type Error;

    /// Keeps rows, each with its line feed. When it returns, they survive a crash. None are a sign of life.
    ///
    /// # Errors
    /// They could not be kept; then nothing that they lead to is done.
    fn keep(&mut self, rows: &[String]) -> impl Future<Output = Result<(), Self::Error>>;

    /// Returns what people want of the run and nobody has seen to yet.
    ///
    /// # Errors
    /// What keeps the rows cannot be read.
    fn wishes(&mut self) -> impl Future<Output = Result<Vec<Wished>, Self::Error>> {
        async { Ok(Vec::new()) }
    }

    /// Notes that somebody has seen to a wish.
    ///
    /// # Errors
    /// As [`Rows::wishes`].
    fn wish_done(&mut self, _number: u32) -> impl Future<Output = Result<(), Self::Error>> {
        async { Ok(()) }
    }

    /// Notes how the run stands while this process drives it.
    ///
    /// # Errors
    /// As [`Rows::keep`].
    fn set_state(&mut self, _state: RunState) -> impl Future<Output = Result<(), Self::Error>> {
        async { Ok(()) }
    }

    /// Returns until when this process may drive the run without keeping rows, in milliseconds since 1970.
    fn until_ms(&self) -> i64 {
        i64::MAX
    }
}

/// A run as a process knows it.
#[derive(Clone, Debug)]
pub struct Course {
    orchestrator: Orchestrator,
    status: Status,
    rows: u64,
    last: Timestamp,
}

impl Course {
    /// Stands where the rows end that are kept already; `see` gets each of them.
    ///
    /// # Panics
    /// The heading contradicts itself: it is checked when it is made and when it is read.
    pub fn new(
        heading: &journal::Heading,
        entries: &[Entry],
        mut see: impl FnMut(&Folded<'_>),
    ) -> Self {
        let catalog = Arc::new(heading.catalog().expect("the heading was checked"));
        let began = &heading.began;
        let mut orchestrator = heading.orchestrator(&catalog);
        let mut status = Status::new(catalog, began.approach, began.gates, began.dispatch);
        fold(&mut orchestrator, entries, |heard| {
            take(&mut status, &heard);
            see(&heard);
        });
        let last = entries.last().map_or(Timestamp(0), |(at, _)| *at);
        Self { orchestrator, status, rows: entries.len() as u64, last }
    }

    /// Keeps events in one go, then has them handled; `see` gets each with what follows from it.
    ///
    /// # Errors
    /// They could not be kept. Nothing was handled, and the same step may be taken again.
    pub async fn step<R: Rows>(
        &mut self,
        events: &[Event],
        at: Timestamp,
        rows: &mut R,
        mut see: impl FnMut(&Folded<'_>),
    ) -> Result<(), R::Error> {
        let mut catalog = Arc::clone(self.orchestrator.catalog());
        let mut lines = Vec::with_capacity(events.len());
        for (number, event) in (self.rows..).zip(events) {
            lines.push(journal::row(number, at, event, &catalog));
            Catalog::learn(&mut catalog, event);
        }
        rows.keep(&lines).await?;
        self.rows += lines.len() as u64;
        self.last = at;
        let mut commands = Vec::new();
        for event in events {
            commands.clear();
            self.orchestrator.handle(event, at, &mut commands);
            self.orchestrator.spell_out(&mut commands);
            let catalog = self.orchestrator.catalog();
            let heard = Folded { at, event, catalog, commands: &commands };
            take(&mut self.status, &heard);
            see(&heard);
        }
        Ok(())
    }

    /// Returns the orchestrator.
    #[must_use]
    pub fn orchestrator(&self) -> &Orchestrator {
        &self.orchestrator
    }

    /// Returns where every module, component and call stands.
    #[must_use]
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// Returns how many rows are kept.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Returns when the last event was handled, since the beginning of the run.
    #[must_use]
    pub fn last(&self) -> Timestamp {
        self.last
    }
}

/// Has the status take an event and what follows from it.
fn take(status: &mut Status, heard: &Folded<'_>) {
    status.event(heard.event, heard.at);
    heard.commands.iter().for_each(|command| status.command(command, heard.at));
}
