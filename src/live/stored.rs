//! Runs of a store as somebody sees them who does not drive one: read without `async` around.

use crate::store::{Folded, Opening, RunRow, RunState, Store, StoreError, fold};

/// Returns every run of the store at an address, the newest first.
///
/// # Errors
/// Nothing was ever kept there; the store is away, damaged or of a newer format.
///
/// # Panics
/// When no runtime can be made.
pub fn stored_runs(url: &str) -> Result<Vec<RunRow>, StoreError> {
    block_on(async {
        let store = open(url).await?;
        Ok(store.runs().await?.into_iter().map(seen).collect())
    })
}

/// Returns a run of the store, folded from its journal.
///
/// # Errors
/// As [`stored_runs`]; there is no such run, or its journal cannot be read.
///
/// # Panics
/// When no runtime can be made.
pub fn stored_run(url: &str, run: &str) -> Result<(RunRow, Folded), StoreError> {
    block_on(async {
        let store = open(url).await?;
        let row = seen(store.run(run).await?);
        Ok((row, fold(run, &store.journal(run).await?)?))
    })
}

/// Returns the journal of a run as it is kept, a heading and one line an event.
///
/// # Errors
/// As [`stored_runs`]; there is no such run, or a line is missing.
///
/// # Panics
/// When no runtime can be made.
pub fn stored_journal(url: &str, run: &str) -> Result<String, StoreError> {
    block_on(async { open(url).await?.journal(run).await })
}

async fn open(url: &str) -> Result<Store, StoreError> {
    Store::open_with(url, Opening { makes: false, ..Opening::default() }).await
}

/// A run whose process has died is interrupted, and nobody holds it.
fn seen(mut row: RunRow) -> RunRow {
    if row.holder.as_ref().is_some_and(crate::store::Holder::is_dead) {
        row.holder = None;
        if row.state == RunState::Running {
            row.state = RunState::Interrupted;
        }
    }
    row
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime of this one thread starts").block_on(work)
}
