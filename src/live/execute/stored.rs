//! The rows of a run in the store: appended by whoever holds its lease, and by nobody else.

use std::time::Duration;

use super::course::Rows;
use crate::live::clock;
use crate::store::{Driven, RunState, Store, StoreError, UnixMillis, Wished};

/// How often rows are tried to be kept while the store is away, and how long each pause is: for two
/// minutes in all.
const TRIES_MAX: u32 = 24;
const PAUSE: Duration = Duration::from_secs(5);

/// Keeps the rows of a run that this process drives.
#[derive(Debug)]
pub struct StoreRows<'s> {
    store: &'s Store,
    driven: Driven,
}

impl<'s> StoreRows<'s> {
    /// Keeps rows by the lease that [`Store::begin`] or [`Store::take`] gave.
    #[must_use]
    pub fn new(store: &'s Store, driven: Driven) -> Self {
        Self { store, driven }
    }

    /// Returns the lease, to be given back.
    #[must_use]
    pub fn driven(&self) -> &Driven {
        &self.driven
    }
}

impl Rows for StoreRows<'_> {
    type Error = StoreError;

    async fn keep(&mut self, rows: &[String]) -> Result<(), StoreError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let now = UnixMillis(clock::now_ms());
            match self.store.append(&mut self.driven, rows, now).await {
                Err(error) if error.is_transient() && tries < TRIES_MAX => {
                    tracing::warn!("rows wait for the store: {error}");
                    clock::wait(u64::try_from(PAUSE.as_millis()).unwrap_or(u64::MAX)).await;
                }
                kept => return kept,
            }
        }
    }

    /// A store that is away has no wishes: they are read again soon.
    async fn wishes(&mut self) -> Result<Vec<Wished>, StoreError> {
        match self.store.wishes(self.driven.run()).await {
            Err(error) if error.is_transient() => Ok(Vec::new()),
            wishes => wishes,
        }
    }

    /// A wish that stays open is heard twice, which changes nothing.
    async fn wish_done(&mut self, number: u32) -> Result<(), StoreError> {
        match self.store.wish_done(self.driven.run(), number).await {
            Err(error) if error.is_transient() => Ok(()),
            done => done,
        }
    }

    /// The state is only shown: a store that is away shows the state before it.
    async fn set_state(&mut self, state: RunState) -> Result<(), StoreError> {
        match self.store.set_state(&self.driven, state).await {
            Err(error) if error.is_transient() => Ok(()),
            set => set,
        }
    }

    fn until_ms(&self) -> i64 {
        self.driven.until().0
    }
}
