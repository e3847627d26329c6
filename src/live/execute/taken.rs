//! A run of the store that this process takes over.

use std::collections::BTreeMap;

use super::begin::Decided;
use crate::drive::Entry;
use crate::drive::journal::Heading;
use crate::orchestrate::TaskId;
use crate::store::{Driven, Holder, Store, StoreError, UnixMillis, read};

/// A run that this process drives from now on.
#[derive(Debug)]
pub struct Taken {
    /// Its lease.
    pub driven: Driven,
    /// What the run is.
    pub heading: Heading,
    /// The rows that are kept.
    pub entries: Vec<Entry>,
    /// When it began, in milliseconds since 1970.
    pub started_ms: i64,
    /// What was decided before it began.
    pub decided: Decided,
    /// What is known of what its tasks built, as name-version-release.
    pub nvrs: BTreeMap<TaskId, String>,
}

/// Takes a run over whose process is dead, or whose lease has passed. A run that this modplan cannot read is
/// not taken.
///
/// # Errors
/// As [`Store::take`]; or what is kept of the run cannot be read.
pub async fn take(
    store: &Store,
    run: &str,
    by: &Holder,
    now: UnixMillis,
    lease_ms: i64,
) -> Result<Taken, StoreError> {
    let row = store.run(run).await?;
    read(run, &store.heading(run).await?)?;
    let unreadable = |error: serde_json::Error| StoreError::Work {
        run: run.to_owned(),
        reason: error.to_string(),
    };
    let decided: Decided = serde_json::from_str(&store.work(run).await?).map_err(unreadable)?;
    let driven = store.take(run, by, now, lease_ms).await?;
    let journal = read(run, &store.journal(run).await?)?;
    Ok(Taken {
        driven,
        heading: journal.heading,
        entries: journal.entries,
        started_ms: row.started.0,
        decided,
        nvrs: store.built(run).await?,
    })
}
