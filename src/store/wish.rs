//! What people want of a run that another process drives: kept here until that process, or the next one,
//! reads it.

use sqlx::Row as _;

use super::{RunState, Store, StoreError, UnixMillis};

/// Something that somebody wants of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wished {
    /// Its number within the run, from 1.
    pub number: u32,
    /// What is wanted, as whoever drives the run reads it.
    pub wish: String,
}

impl Store {
    /// Keeps what somebody wants of a run, and returns its number within the run.
    ///
    /// # Errors
    /// There is no such run, or it is done or canceled; the database is away, full or damaged.
    pub async fn wish(&self, run: &str, wish: &str, now: UnixMillis) -> Result<u32, StoreError> {
        let mut transaction = self.writing().await?;
        // Changes nothing, and has two who wish at once come one after the other.
        let state = sqlx::query("UPDATE run SET state = state WHERE run = $1 RETURNING state");
        let state = state.bind(run).fetch_optional(&mut *transaction).await?;
        let state: String = match state {
            Some(row) => row.try_get(0)?,
            None => return Err(StoreError::NoSuchRun { run: run.to_owned() }),
        };
        if [RunState::Done, RunState::Canceled].iter().any(|ended| ended.as_str() == state) {
            return Err(StoreError::Ended { run: run.to_owned(), state });
        }
        let next = sqlx::query("SELECT COALESCE(MAX(seq), 0) + 1 FROM wish WHERE run = $1");
        let next: i64 = next.bind(run).fetch_one(&mut *transaction).await?.try_get(0)?;
        let new = sqlx::query(
            "INSERT INTO wish (run, seq, wish, made_ms, done) VALUES ($1, $2, $3, $4, 0)",
        );
        new.bind(run).bind(next).bind(wish).bind(now.0).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(number(next))
    }

    /// Returns what people want of a run and nobody has seen to yet, in the order in which they said it.
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn wishes(&self, run: &str) -> Result<Vec<Wished>, StoreError> {
        let rows =
            sqlx::query("SELECT seq, wish FROM wish WHERE run = $1 AND done = 0 ORDER BY seq");
        let rows = rows.bind(run).fetch_all(&self.pool).await?;
        let wished = |row: &sqlx::any::AnyRow| {
            Ok(Wished { number: number(row.try_get(0)?), wish: row.try_get(1)? })
        };
        rows.iter().map(wished).collect()
    }

    /// Notes that somebody has seen to a wish.
    ///
    /// # Errors
    /// The database is away, full or damaged.
    pub async fn wish_done(&self, run: &str, number: u32) -> Result<(), StoreError> {
        let mut transaction = self.writing().await?;
        let done = sqlx::query("UPDATE wish SET done = 1 WHERE run = $1 AND seq = $2");
        done.bind(run).bind(i64::from(number)).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// Nobody says so many things of one run that it matters.
fn number(seq: i64) -> u32 {
    u32::try_from(seq).unwrap_or(u32::MAX)
}
