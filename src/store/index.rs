//! The counters of dist tags, and the plans that dry runs showed.

use std::collections::BTreeMap;

use sqlx::Row as _;

use super::{Store, StoreError, UnixMillis};

/// How long a plan that was shown may be carried out: 24 hours.
const PLAN_KEPT_MS: i64 = 24 * 3_600_000;

impl Store {
    /// Takes the next index of the dist tags of a stream: one above the highest that was taken, and not
    /// below `floor`, the first that sorts above everything shipped. It never goes back, so that what
    /// is built later is newer by RPM's order.
    ///
    /// # Errors
    /// The database is away, full or damaged.
    pub async fn take_index(&self, hub: &str, stream: &str, floor: i64) -> Result<i64, StoreError> {
        let row = sqlx::query(
            "INSERT INTO dist_index (hub, stream, taken) VALUES ($1, $2, $3) \
             ON CONFLICT (hub, stream) DO UPDATE SET taken = CASE \
             WHEN dist_index.taken >= excluded.taken THEN dist_index.taken + 1 \
             ELSE excluded.taken END RETURNING taken",
        );
        let row = row.bind(hub).bind(stream).bind(floor).fetch_one(&self.pool).await?;
        Ok(row.try_get(0)?)
    }

    /// Returns the highest index of dist tags that was taken for each stream of a hub.
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn indexes_used(&self, hub: &str) -> Result<BTreeMap<String, u64>, StoreError> {
        let rows = sqlx::query("SELECT stream, taken FROM dist_index WHERE hub = $1").bind(hub);
        let mut used = BTreeMap::new();
        for row in rows.fetch_all(&self.pool).await? {
            let taken: i64 = row.try_get("taken")?;
            used.insert(row.try_get("stream")?, u64::try_from(taken).unwrap_or_default());
        }
        Ok(used)
    }

    /// Keeps the plan that a dry run showed, by its checksum, and forgets those that are too old.
    ///
    /// # Errors
    /// The database is away, full or damaged.
    pub async fn keep_plan(
        &self,
        checksum: &str,
        plan: &str,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let mut transaction = self.writing().await?;
        let old = sqlx::query("DELETE FROM dry_run WHERE made_ms < $1");
        old.bind(now.0 - PLAN_KEPT_MS).execute(&mut *transaction).await?;
        let new = sqlx::query(
            "INSERT INTO dry_run (checksum, plan, made_ms) VALUES ($1, $2, $3) \
             ON CONFLICT (checksum) DO UPDATE SET plan = excluded.plan, made_ms = excluded.made_ms",
        );
        new.bind(checksum).bind(plan).bind(now.0).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Returns the plan of a checksum, if a dry run showed it within the last 24 hours.
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn kept_plan(
        &self,
        checksum: &str,
        now: UnixMillis,
    ) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("SELECT plan FROM dry_run WHERE checksum = $1 AND made_ms >= $2");
        let row = row.bind(checksum).bind(now.0 - PLAN_KEPT_MS).fetch_optional(&self.pool).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }
}
