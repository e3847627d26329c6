//! The engine over the store: what an event leads to comes out when its line is kept.
//!
//! ```text
//!   event ──▶ LiveRun::event: line and commands are held back    (pure)
//!               ⋮
//!             LiveRun::commit: lines into the store, synced      (async)
//!                         └──▶ commands come out
//! ```

use std::convert::Infallible;
use std::sync::Arc;

use crate::drive::{self, journal};
use crate::orchestrate::{Catalog, Command, Event, Orchestrator, Tell};
use crate::status::Status;
use crate::time::Timestamp;

use super::fold::{Folded, fold};
use super::{Driven, Holder, NewRun, Store, StoreError, UnixMillis};

/// A run that this process drives, with the orchestrator in it.
#[derive(Clone, Debug)]
pub struct LiveRun {
    orchestrator: Orchestrator,
    status: Status,
    lines: Lines,
    held_back: Vec<Command>,
    driven: Driven,
}

/// Lines that are not in the store yet.
#[derive(Clone, Debug)]
struct Lines {
    pending: Vec<String>,
    /// The number of the next one.
    next: u64,
    /// Everything that can be named after the events so far.
    catalog: Arc<Catalog>,
}

impl drive::Journal for Lines {
    type Error = Infallible;

    fn append(&mut self, at: Timestamp, event: &Event) -> Result<(), Infallible> {
        self.pending.push(journal::row(self.next, at, event, &self.catalog));
        self.next += 1;
        Catalog::learn(&mut self.catalog, event);
        Ok(())
    }
}

impl LiveRun {
    /// Begins a run: its heading is in the store when this returns.
    ///
    /// # Errors
    /// As [`Store::begin`]; or the heading cannot be read.
    pub async fn begin(
        store: &Store,
        new: &NewRun,
        by: &Holder,
        now: UnixMillis,
        lease_ms: i64,
    ) -> Result<Self, StoreError> {
        let folded = fold(&new.run, &new.heading)?;
        let driven = store.begin(new, by, now, lease_ms).await?;
        Ok(Self::of(folded, driven))
    }

    /// Takes a run over and folds its journal. Returns as well what was said by its last event, of which
    /// nobody knows whether it was heard. The next event is [`Event::Restarted`], by which the
    /// orchestrator looks for every call that is outstanding.
    ///
    /// # Errors
    /// As [`Store::take`]; or a line cannot be read: of a heading that cannot be read nothing is taken.
    pub async fn resume(
        store: &Store,
        run: &str,
        by: &Holder,
        now: UnixMillis,
        lease_ms: i64,
    ) -> Result<(Self, Vec<Tell>), StoreError> {
        fold(run, &store.heading(run).await?)?;
        let driven = store.take(run, by, now, lease_ms).await?;
        let mut folded = fold(run, &store.journal(run).await?)?;
        let said = std::mem::take(&mut folded.said);
        Ok((Self::of(folded, driven), said))
    }

    fn of(folded: Folded, driven: Driven) -> Self {
        let catalog = Arc::clone(folded.orchestrator.catalog());
        let lines = Lines { pending: Vec::new(), next: folded.rows, catalog };
        let Folded { orchestrator, status, .. } = folded;
        Self { orchestrator, status, lines, held_back: Vec::new(), driven }
    }

    /// Has an event handled. Its line and the commands that follow from it are held back until
    /// [`LiveRun::commit`].
    pub fn event(&mut self, event: &Event, at: Timestamp) {
        let before = self.held_back.len();
        let Ok(()) =
            drive::step(&mut self.orchestrator, &mut self.lines, event, at, &mut self.held_back);
        self.status.event(event, at);
        self.held_back[before..].iter().for_each(|command| self.status.command(command, at));
    }

    /// Keeps the lines of all events since the last time, in one synced transaction that renews the
    /// lease, and then returns what is to be done.
    ///
    /// # Errors
    /// As [`Store::append`]. Nothing comes out then, and nothing is lost: after
    /// [`StoreError::Away`] or [`StoreError::Full`] the same call may succeed.
    pub async fn commit(
        &mut self,
        store: &Store,
        now: UnixMillis,
    ) -> Result<Vec<Command>, StoreError> {
        store.append(&mut self.driven, &self.lines.pending, now).await?;
        self.lines.pending.clear();
        Ok(std::mem::take(&mut self.held_back))
    }

    /// Returns where every module, component and call stands.
    #[must_use]
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// Returns the orchestrator.
    #[must_use]
    pub fn orchestrator(&self) -> &Orchestrator {
        &self.orchestrator
    }

    /// Returns the lease, to be given back with [`Store::release`].
    #[must_use]
    pub fn driven(&self) -> &Driven {
        &self.driven
    }
}
