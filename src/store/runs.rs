//! Runs: what each is, and how it stands.

use std::fmt;

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{Holder, Store, StoreError, UnixMillis};

/// A run before its first event.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// Its name in the store.
    pub run: String,
    /// The address of the hub that it drives, without a user.
    pub hub: String,
    /// `koji-owned` or `orchestrator-owned`.
    pub approach: String,
    /// The first line of its journal.
    pub heading: String,
    /// What was decided before it began, as text that the store does not read.
    pub work: String,
    /// Every `name:stream` that it builds.
    pub streams: Vec<String>,
    /// The highest index of the dist tags of each stream.
    pub indexes: Vec<(String, u64)>,
}

/// How a run stands. The words are those of `runs show`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// It is driven, or was when its process died.
    Running,
    /// Nothing is submitted until somebody resumes it.
    Paused,
    /// What runs is finished, nothing new is submitted.
    Draining,
    /// Somebody interrupted it; it can be resumed.
    Interrupted,
    /// Every module is ready.
    Done,
    /// A module failed for good.
    Failed,
    /// Nothing more can happen without people.
    Stuck,
    /// Somebody canceled it.
    Canceled,
}

impl RunState {
    const ALL: [Self; 8] = [
        Self::Running,
        Self::Paused,
        Self::Draining,
        Self::Interrupted,
        Self::Done,
        Self::Failed,
        Self::Stuck,
        Self::Canceled,
    ];

    /// Returns its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Draining => "draining",
            Self::Interrupted => "interrupted",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Stuck => "stuck",
            Self::Canceled => "canceled",
        }
    }

    /// Returns whether the run has ended: its streams are free then. A stuck one may still be waived.
    #[must_use]
    pub fn is_ended(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Canceled)
    }

    pub(super) fn read(text: &str) -> Result<Self, StoreError> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| StoreError::Corrupt { reason: format!("a run is `{text}`") })
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A run as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    /// Its name.
    pub run: String,
    /// The hub that it drives.
    pub hub: String,
    /// `koji-owned` or `orchestrator-owned`.
    pub approach: String,
    /// How it stands.
    pub state: RunState,
    /// Who drives it; `None`: nobody.
    pub holder: Option<Holder>,
    /// When it began.
    pub started: UnixMillis,
    /// When it ended.
    pub ended: Option<UnixMillis>,
}

impl RunRow {
    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            run: row.try_get("run")?,
            hub: row.try_get("hub")?,
            approach: row.try_get("approach")?,
            state: RunState::read(&row.try_get::<String, _>("state")?)?,
            holder: holder(row)?,
            started: UnixMillis(row.try_get("started_ms")?),
            ended: row.try_get::<Option<i64>, _>("ended_ms")?.map(UnixMillis),
        })
    }
}

/// Reads the holder of a row that a lease was joined to; `None` where there is no lease.
pub(super) fn holder(row: &AnyRow) -> Result<Option<Holder>, StoreError> {
    let Some(host) = row.try_get::<Option<String>, _>("host")? else {
        return Ok(None);
    };
    let pid = u32::try_from(row.try_get::<i64, _>("pid")?);
    let pid =
        pid.map_err(|_| StoreError::Corrupt { reason: "a lease without a process".into() })?;
    Ok(Some(Holder { host, pid, birth: row.try_get("birth")? }))
}

impl Store {
    /// Returns every run, the newest first.
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn runs(&self) -> Result<Vec<RunRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT run.run, hub, approach, state, started_ms, ended_ms, host, pid, birth FROM run \
             LEFT JOIN lease ON lease.run = run.run ORDER BY started_ms DESC, run.run DESC",
        );
        rows.fetch_all(&self.pool).await?.iter().map(RunRow::read).collect()
    }

    /// Returns one run.
    ///
    /// # Errors
    /// There is no such run; the database is away or damaged.
    pub async fn run(&self, run: &str) -> Result<RunRow, StoreError> {
        let row = sqlx::query(
            "SELECT run.run, hub, approach, state, started_ms, ended_ms, host, pid, birth FROM run \
             LEFT JOIN lease ON lease.run = run.run WHERE run.run = $1",
        );
        let row = row.bind(run).fetch_optional(&self.pool).await?;
        row.as_ref()
            .map_or_else(|| Err(StoreError::NoSuchRun { run: run.to_owned() }), RunRow::read)
    }
}
