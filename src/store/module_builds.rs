//! The module builds of the service: their numbers, and a text for each that the store does not read.
//!
//! Every change has a number. It is given out under a lock that is held until the change is there, so that
//! whoever has read up to a number has missed nothing below it.

use sqlx::{Any, Row as _, Transaction};

use super::{Store, StoreError};

/// A module build that is to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewModuleBuild {
    /// `name:stream:version:context`, of which there is one.
    pub nsvc: String,
    /// How many components it has, each with a number of its own.
    pub components: u64,
}

/// The numbers that a module build gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildNumbers {
    /// Its own.
    pub build: u64,
    /// That of its first component; the others follow.
    pub first_component: u64,
    /// That of the first build that was kept together with it.
    pub first_build: u64,
}

/// A module build as the store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildRecord {
    /// The number of its last change.
    pub change: i64,
    /// Its text.
    pub record: String,
}

impl Store {
    /// Keeps new module builds together. `first` is the lowest number that a build may get, for a service
    /// that continues another one; `record` writes each, by its place among the new ones.
    ///
    /// # Errors
    /// [`StoreError::BuildExists`]: there is one of an identity, and none of them is kept; the database is
    /// away, full or damaged.
    pub async fn add_builds(
        &self,
        new: &[NewModuleBuild],
        first: u64,
        record: impl Fn(usize, BuildNumbers) -> String,
    ) -> Result<Vec<BuildNumbers>, StoreError> {
        let mut transaction = self.writing().await?;
        let counters = counters(&mut transaction).await?;
        let [last_build, last_component, change] = counters;
        let first_build = (last_build + 1).max(first);
        let (mut build, mut component) = (first_build, last_component + 1);
        let mut numbers = Vec::with_capacity(new.len());
        for (at, one) in new.iter().enumerate() {
            let given = BuildNumbers { build, first_component: component, first_build };
            let added = sqlx::query(
                "INSERT INTO module_build (id, nsvc, change, record) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (nsvc) DO NOTHING",
            );
            let added = added
                .bind(signed(build))
                .bind(&one.nsvc)
                .bind(signed(change))
                .bind(record(at, given))
                .execute(&mut *transaction)
                .await?;
            if added.rows_affected() == 0 {
                return Err(StoreError::BuildExists { nsvc: one.nsvc.clone() });
            }
            numbers.push(given);
            build += 1;
            component += one.components;
        }
        let set = sqlx::query("UPDATE service SET last_build = $1, last_component = $2");
        let set = set.bind(signed(build - 1)).bind(signed(component - 1));
        set.execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(numbers)
    }

    /// Changes the text of a module build. `change` gets what is there and returns the new text, or `None` to
    /// leave it; nobody else changes it meanwhile. Returns whether it was changed.
    ///
    /// # Errors
    /// There is no such build; the database is away, full or damaged.
    pub async fn change_build(
        &self,
        id: u64,
        change: impl FnOnce(&str) -> Option<String>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.writing().await?;
        let [_, _, number] = counters(&mut transaction).await?;
        let row = sqlx::query("SELECT record FROM module_build WHERE id = $1").bind(signed(id));
        let row = row.fetch_optional(&mut *transaction).await?;
        let row = row.ok_or(StoreError::NoSuchBuild { id })?;
        let Some(record) = change(row.try_get::<&str, _>(0)?) else { return Ok(false) };
        let set = sqlx::query("UPDATE module_build SET record = $1, change = $2 WHERE id = $3");
        let set = set.bind(record).bind(signed(number)).bind(signed(id));
        set.execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Returns the module builds that changed after a change, in the order of their changes.
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn builds_after(&self, change: i64) -> Result<Vec<BuildRecord>, StoreError> {
        let rows = sqlx::query(
            "SELECT change, record FROM module_build WHERE change > $1 ORDER BY change, id",
        );
        let rows = rows.bind(change).fetch_all(&self.pool).await?;
        let record = |row: &sqlx::any::AnyRow| {
            Ok(BuildRecord { change: row.try_get(0)?, record: row.try_get(1)? })
        };
        rows.iter().map(record).collect()
    }
}

/// Gives out the number of a change, and keeps others from doing so until the transaction ends. Returns the
/// last number of a build, that of a component, and the new one of the change.
async fn counters(transaction: &mut Transaction<'static, Any>) -> Result<[u64; 3], StoreError> {
    let first = sqlx::query("INSERT INTO service VALUES (1, 0, 0, 0) ON CONFLICT (one) DO NOTHING");
    first.execute(&mut **transaction).await?;
    let row = sqlx::query(
        "UPDATE service SET last_change = last_change + 1 \
         RETURNING last_build, last_component, last_change",
    );
    let row = row.fetch_one(&mut **transaction).await?;
    let number = |at: usize| Ok::<_, sqlx::Error>(row.try_get::<i64, _>(at)?.unsigned_abs());
    Ok([number(0)?, number(1)?, number(2)?])
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
