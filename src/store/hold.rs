//! Runs that have ended, while somebody works on what they left: the lease keeps others away meanwhile.

use super::lease::{free_for, give_lease_back, take_lease};
use super::{Driven, Holder, RunState, Store, StoreError, UnixMillis};

impl Store {
    /// Keeps others from a run that has ended. Its state and its streams stay as they are.
    ///
    /// # Errors
    /// The run is unknown, has not ended, or is held by another process; the database is unavailable, full or
    /// damaged.
    pub async fn hold(
        &self,
        run: &str,
        by: &Holder,
        now: UnixMillis,
        lease_ms: i64,
    ) -> Result<Driven, StoreError> {
        let mut transaction = self.writing().await?;
        let standing = free_for(&mut transaction, run, by, now).await?;
        if !RunState::read(&standing.state)?.is_ended() {
            return Err(StoreError::NotEnded { run: run.to_owned(), state: standing.state });
        }
        let driven =
            Driven { run: run.to_owned(), token: standing.token, next: 0, lease_ms, until: now };
        let held = take_lease(&mut transaction, driven, by, now).await?;
        let Some(held) = held else {
            drop(transaction);
            return Err(self.fenced(run).await);
        };
        transaction.commit().await?;
        Ok(held)
    }

    /// Notes how a run stands that this process has.
    ///
    /// # Errors
    /// Another process took the run over; the database is away, full or damaged.
    pub async fn set_state(&self, driven: &Driven, state: RunState) -> Result<(), StoreError> {
        let mut transaction = self.writing().await?;
        let mine = sqlx::query("UPDATE lease SET token = token WHERE run = $1 AND token = $2");
        let mine = mine.bind(&driven.run).bind(driven.token).execute(&mut *transaction).await?;
        if mine.rows_affected() == 0 {
            drop(transaction);
            return Err(self.fenced(&driven.run).await);
        }
        let set = sqlx::query("UPDATE run SET state = $1 WHERE run = $2");
        set.bind(state.as_str()).bind(&driven.run).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Gives a run back that was held. One that another process took over since is left to it.
    ///
    /// # Errors
    /// The database is away, full or damaged.
    pub async fn let_go(&self, driven: &Driven) -> Result<(), StoreError> {
        let mut transaction = self.writing().await?;
        give_lease_back(&mut transaction, driven).await?;
        transaction.commit().await?;
        Ok(())
    }
}
