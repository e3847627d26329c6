//! Journals: the heading of a run, then one line an event.

use std::collections::BTreeMap;

use sqlx::Row as _;

use super::{Driven, Store, StoreError, UnixMillis};
use crate::orchestrate::TaskId;

impl Store {
    /// Appends lines of events and renews the lease, in one synced transaction, with what was noted beside them:
    /// all of it is kept, or nothing. After [`StoreError::Away`] nobody knows whether they were kept; the same call again keeps
    /// them once.
    ///
    /// # Errors
    /// Another process took the run over; the database is away, full or damaged. Nothing that the
    /// lines lead to may be done then.
    pub async fn append(
        &self,
        driven: &mut Driven,
        lines: &[String],
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let mut transaction = self.writing().await?;
        let lease = sqlx::query(
            "UPDATE lease SET expires_ms = $1, requests = $2 WHERE run = $3 AND token = $4",
        );
        let lease = lease
            .bind(now.0 + driven.lease_ms)
            .bind(i64::try_from(driven.requests()).unwrap_or(i64::MAX))
            .bind(&driven.run)
            .bind(driven.token)
            .execute(&mut *transaction)
            .await?;
        if lease.rows_affected() == 0 {
            drop(transaction);
            return Err(self.fenced(&driven.run).await);
        }
        for (seq, line) in (driven.next..).zip(lines) {
            let added = sqlx::query(
                "INSERT INTO event (run, seq, line) VALUES ($1, $2, $3) \
                 ON CONFLICT (run, seq) DO NOTHING",
            );
            let added = added.bind(&driven.run).bind(seq).bind(line);
            if added.execute(&mut *transaction).await?.rows_affected() == 1 {
                continue;
            }
            let kept = sqlx::query("SELECT line FROM event WHERE run = $1 AND seq = $2");
            let kept = kept.bind(&driven.run).bind(seq).fetch_one(&mut *transaction).await?;
            if kept.try_get::<String, _>(0)? != *line {
                let reason = format!("line {seq} of run `{}` is another", driven.run);
                return Err(StoreError::Corrupt { reason });
            }
        }
        for (task, nvr) in &driven.aside.built {
            let built = sqlx::query(
                "INSERT INTO built (run, task, nvr) VALUES ($1, $2, $3) \
                 ON CONFLICT (run, task) DO NOTHING",
            );
            let built = built.bind(&driven.run).bind(i64::from(task.0)).bind(nvr);
            built.execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        driven.aside.built.clear();
        driven.next += i64::try_from(lines.len()).expect("lines are counted");
        driven.until = UnixMillis(now.0 + driven.lease_ms);
        Ok(())
    }

    /// Returns the first line of the journal of a run.
    ///
    /// # Errors
    /// There is no such run; the database is away.
    pub async fn heading(&self, run: &str) -> Result<String, StoreError> {
        let heading = sqlx::query("SELECT heading FROM run WHERE run = $1").bind(run);
        let heading = heading.fetch_optional(&self.pool).await?;
        let heading = heading.ok_or_else(|| StoreError::NoSuchRun { run: run.to_owned() })?;
        Ok(heading.try_get(0)?)
    }

    /// Returns what was decided before a run began, as [`Store::begin`] got it.
    ///
    /// # Errors
    /// There is no such run; the database is away.
    pub async fn work(&self, run: &str) -> Result<String, StoreError> {
        let work = sqlx::query("SELECT work FROM run WHERE run = $1").bind(run);
        let work = work.fetch_optional(&self.pool).await?;
        let work = work.ok_or_else(|| StoreError::NoSuchRun { run: run.to_owned() })?;
        Ok(work.try_get(0)?)
    }

    /// Returns what tasks of a run built, as name-version-release, as far as that was noted.
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn built(&self, run: &str) -> Result<BTreeMap<TaskId, String>, StoreError> {
        let rows = sqlx::query("SELECT task, nvr FROM built WHERE run = $1").bind(run);
        let mut built = BTreeMap::new();
        for row in rows.fetch_all(&self.pool).await? {
            let task: i64 = row.try_get(0)?;
            let wrong = || StoreError::Corrupt { reason: format!("{task} is not a task") };
            let task = u32::try_from(task).map_err(|_| wrong())?;
            built.insert(TaskId(task), row.try_get(1)?);
        }
        Ok(built)
    }

    /// Returns the journal of a run: its heading and every line, as [`crate::drive::journal::read`]
    /// takes them.
    ///
    /// # Errors
    /// There is no such run; the database is away, or a line is missing.
    pub async fn journal(&self, run: &str) -> Result<String, StoreError> {
        let mut text = self.heading(run).await?;
        let lines =
            sqlx::query("SELECT seq, line FROM event WHERE run = $1 ORDER BY seq").bind(run);
        for (number, row) in lines.fetch_all(&self.pool).await?.iter().enumerate() {
            let seq: i64 = row.try_get(0)?;
            if usize::try_from(seq) != Ok(number) {
                let reason = format!("line {number} of run `{run}` is missing");
                return Err(StoreError::Corrupt { reason });
            }
            text.push_str(row.try_get::<&str, _>(1)?);
        }
        Ok(text)
    }
}
