//! Runs of a store as somebody sees them who does not drive one: read without `async` around.

use super::clock;
use super::execute::{Decided, Wish};
use crate::koji_plan::PlannedBuild;
use crate::store::{Folded, Opening, RunRow, RunState, Store, StoreError, UnixMillis, fold};

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

/// A run as its store has it.
#[derive(Clone, Debug)]
pub struct StoredRun {
    /// What the store lists of it.
    pub row: RunRow,
    /// Its journal.
    pub folded: Folded,
    /// Its module builds, as they were decided before it began; none where that cannot be read.
    pub builds: Vec<PlannedBuild>,
}

/// Returns a run of the store, folded from its journal.
///
/// # Errors
/// As [`stored_runs`]; there is no such run, or its journal cannot be read.
///
/// # Panics
/// When no runtime can be made.
pub fn stored_run(url: &str, run: &str) -> Result<StoredRun, StoreError> {
    block_on(async {
        let store = open(url).await?;
        let row = seen(store.run(run).await?);
        let folded = fold(run, &store.journal(run).await?)?;
        let decided = serde_json::from_str::<Decided>(&store.work(run).await?);
        let builds = decided.map(|decided| decided.builds).unwrap_or_default();
        Ok(StoredRun { row, folded, builds })
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

/// Keeps what somebody wants of a run. Returns the run, and who drives it hears of it soon; where nobody does,
/// the next one hears it.
///
/// # Errors
/// As [`stored_runs`]; there is no such run, or it is done or canceled.
///
/// # Panics
/// When no runtime can be made.
pub fn stored_wish(url: &str, run: &str, wish: &Wish) -> Result<RunRow, StoreError> {
    block_on(async {
        let store = open(url).await?;
        store.wish(run, &wish.text(), UnixMillis(clock::now_ms())).await?;
        Ok(seen(store.run(run).await?))
    })
}

async fn open(url: &str) -> Result<Store, StoreError> {
    Store::open_with(url, Opening { makes: false, ..Opening::default() }).await
}

/// A run whose process has died is interrupted, and nobody holds it.
fn seen(mut row: RunRow) -> RunRow {
    if row.holder.as_ref().is_some_and(crate::store::Holder::is_dead) {
        row.holder = None;
        if matches!(row.state, RunState::Running | RunState::Draining) {
            row.state = RunState::Interrupted;
        }
    }
    row
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime of this one thread starts").block_on(work)
}
