//! Who drives a run: leases, and the claims of a run on what it builds.

use std::collections::BTreeSet;

use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};

use super::runs::holder;
use super::{Holder, NewRun, RunState, Store, StoreError, UnixMillis};

/// A run that this process drives, from [`Store::begin`] or [`Store::take`] on.
#[derive(Clone, Debug)]
pub struct Driven {
    pub(super) run: String,
    /// Rises with every process that takes the run over.
    pub(super) token: i64,
    /// The number of the next line.
    pub(super) next: i64,
    pub(super) lease_ms: i64,
    /// When the lease passes, unless it is renewed.
    pub(super) until: UnixMillis,
}

impl Driven {
    /// Returns the name of the run.
    #[must_use]
    pub fn run(&self) -> &str {
        &self.run
    }

    /// Returns when the lease passes, unless it is renewed.
    #[must_use]
    pub fn until(&self) -> UnixMillis {
        self.until
    }

    /// Returns whether half of the time has passed until the lease is over.
    #[must_use]
    pub fn is_half_over(&self, now: UnixMillis) -> bool {
        self.until.0 - now.0 < self.lease_ms / 2
    }

    /// Returns how many lines of events the journal has.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.next.unsigned_abs()
    }
}

/// What is known of a run that is not ended.
pub(super) struct Standing {
    holder: Option<Holder>,
    pub(super) token: i64,
    expires: UnixMillis,
    pub(super) state: String,
    hub: String,
    streams: String,
}

impl Standing {
    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            holder: holder(row)?,
            token: row.try_get("token")?,
            expires: UnixMillis(row.try_get("expires_ms")?),
            state: row.try_get("state")?,
            hub: row.try_get("hub")?,
            streams: row.try_get("streams")?,
        })
    }

    /// Returns who drives the run for all that is known; `None`: nobody, it may be taken over.
    pub(super) fn driver(&self, now: UnixMillis) -> Option<&Holder> {
        self.holder.as_ref().filter(|holder| self.expires > now && !holder.is_dead())
    }
}

fn named(holder: Option<&Holder>) -> String {
    holder.map_or_else(|| "nobody".to_owned(), ToString::to_string)
}

impl Store {
    /// Begins a run that this process drives. A stream that a run claims which nobody drives any more is
    /// taken from it: that run is interrupted, and cannot be resumed before this one has ended.
    ///
    /// # Errors
    /// There is such a run, one of its streams is being built, or an earlier run used the index of one of its
    /// dist tags; the database is away, full or damaged.
    pub async fn begin(
        &self,
        new: &NewRun,
        by: &Holder,
        now: UnixMillis,
        lease_ms: i64,
    ) -> Result<Driven, StoreError> {
        let mut transaction = self.writing().await?;
        let made = sqlx::query(
            "INSERT INTO run (run, hub, approach, state, heading, work, streams, started_ms) \
             VALUES ($1, $2, $3, 'running', $4, $5, $6, $7) ON CONFLICT (run) DO NOTHING",
        );
        let made = made
            .bind(&new.run)
            .bind(&new.hub)
            .bind(&new.approach)
            .bind(&new.heading)
            .bind(&new.work)
            .bind(new.streams.join("\n"))
            .bind(now.0)
            .execute(&mut *transaction)
            .await?;
        if made.rows_affected() == 0 {
            return Err(StoreError::RunExists { run: new.run.clone() });
        }
        let lease = sqlx::query(
            "INSERT INTO lease (run, host, pid, birth, token, expires_ms) \
             VALUES ($1, $2, $3, $4, 1, $5)",
        );
        lease
            .bind(&new.run)
            .bind(&by.host)
            .bind(i64::from(by.pid))
            .bind(&by.birth)
            .bind(now.0 + lease_ms)
            .execute(&mut *transaction)
            .await?;
        for stream in &new.streams {
            claim(&mut transaction, &new.hub, stream, &new.run, now).await?;
        }
        for (stream, index) in &new.indexes {
            use_index(&mut transaction, &new.hub, stream, *index).await?;
        }
        transaction.commit().await?;
        let until = UnixMillis(now.0 + lease_ms);
        Ok(Driven { run: new.run.clone(), token: 1, next: 0, lease_ms, until })
    }

    /// Takes over a run that is not ended and that nobody drives: its process is dead, or its lease has
    /// passed.
    ///
    /// # Errors
    /// There is no such run, somebody drives it, or another run builds one of its streams by now; it
    /// has ended; the database is away, full or damaged.
    pub async fn take(
        &self,
        run: &str,
        by: &Holder,
        now: UnixMillis,
        lease_ms: i64,
    ) -> Result<Driven, StoreError> {
        let mut transaction = self.writing().await?;
        let standing = free_for(&mut transaction, run, by, now).await?;
        let ended = [RunState::Done, RunState::Canceled];
        if ended.iter().any(|state| state.as_str() == standing.state) {
            return Err(StoreError::Ended { run: run.to_owned(), state: standing.state });
        }
        let driven =
            Driven { run: run.to_owned(), token: standing.token, next: 0, lease_ms, until: now };
        let Some(driven) = take_lease(&mut transaction, driven, by, now).await? else {
            drop(transaction);
            return Err(self.fenced(run).await);
        };
        for stream in standing.streams.lines() {
            claim(&mut transaction, &standing.hub, stream, run, now).await?;
        }
        let set = sqlx::query("UPDATE run SET state = 'running', ended_ms = NULL WHERE run = $1");
        set.bind(run).execute(&mut *transaction).await?;
        let next = sqlx::query("SELECT COALESCE(MAX(seq) + 1, 0) FROM event WHERE run = $1");
        let next = next.bind(run).fetch_one(&mut *transaction).await?.try_get(0)?;
        transaction.commit().await?;
        Ok(Driven { next, ..driven })
    }

    /// Gives a run back, in the state that it is in. An ended run leaves its streams to others.
    ///
    /// # Errors
    /// Another process took the run over; the database is away, full or damaged.
    pub async fn release(
        &self,
        driven: &Driven,
        state: RunState,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let mut transaction = self.writing().await?;
        if !give_lease_back(&mut transaction, driven).await? {
            drop(transaction);
            return Err(self.fenced(&driven.run).await);
        }
        let set = sqlx::query("UPDATE run SET state = $1, ended_ms = $2 WHERE run = $3");
        let ended = state.is_ended().then_some(now.0);
        set.bind(state.as_str()).bind(ended).bind(&driven.run).execute(&mut *transaction).await?;
        if state.is_ended() {
            let free = sqlx::query("DELETE FROM claim WHERE run = $1");
            free.bind(&driven.run).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Returns the runs of a hub that nobody drives: their processes are dead, their leases have passed, or
    /// they have ended. What they left at the hub, such as a lock, keeps nobody out.
    ///
    /// # Errors
    /// The database is away or damaged.
    pub async fn undriven(
        &self,
        hub: &str,
        now: UnixMillis,
    ) -> Result<BTreeSet<String>, StoreError> {
        let rows = sqlx::query(
            "SELECT run.run, host, pid, birth, token, expires_ms, state, hub, streams FROM run \
             JOIN lease ON lease.run = run.run WHERE hub = $1",
        );
        let mut undriven = BTreeSet::new();
        for row in rows.bind(hub).fetch_all(&self.pool).await? {
            if Standing::read(&row)?.driver(now).is_none() {
                undriven.insert(row.try_get("run")?);
            }
        }
        Ok(undriven)
    }

    /// Checks that no run of a hub that somebody drives builds one of some streams, each a `name:stream`.
    ///
    /// # Errors
    /// [`StoreError::Claimed`]; the database is away or damaged.
    pub async fn check_free(
        &self,
        hub: &str,
        streams: &BTreeSet<String>,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let rows = sqlx::query(
            "SELECT stream, claim.run, host, pid, birth, token, expires_ms, state, run.hub, streams \
             FROM claim JOIN run ON run.run = claim.run JOIN lease ON lease.run = claim.run \
             WHERE claim.hub = $1 ORDER BY stream",
        );
        for row in rows.bind(hub).fetch_all(&self.pool).await? {
            let stream: String = row.try_get("stream")?;
            if let Some(holder) = Standing::read(&row)?.driver(now)
                && streams.contains(&stream)
            {
                let (run, holder) = (row.try_get("run")?, holder.to_string());
                return Err(StoreError::Claimed { stream, run, holder });
            }
        }
        Ok(())
    }

    /// Says who has the run that was taken over.
    pub(super) async fn fenced(&self, run: &str) -> StoreError {
        match self.run(run).await {
            Ok(row) => {
                StoreError::Fenced { run: run.to_owned(), holder: named(row.holder.as_ref()) }
            }
            Err(error) => error,
        }
    }
}

/// Gives a process the lease of a run whose token is known; none where somebody else took it meanwhile.
pub(super) async fn take_lease(
    transaction: &mut Transaction<'static, Any>,
    driven: Driven,
    by: &Holder,
    now: UnixMillis,
) -> Result<Option<Driven>, StoreError> {
    let until = UnixMillis(now.0 + driven.lease_ms);
    let taken = sqlx::query(
        "UPDATE lease SET host = $1, pid = $2, birth = $3, token = token + 1, expires_ms = $4 \
         WHERE run = $5 AND token = $6",
    );
    let taken = taken
        .bind(&by.host)
        .bind(i64::from(by.pid))
        .bind(&by.birth)
        .bind(until.0)
        .bind(&driven.run)
        .bind(driven.token)
        .execute(&mut **transaction)
        .await?;
    let token = driven.token + 1;
    Ok((taken.rows_affected() == 1).then_some(Driven { token, until, ..driven }))
}

/// Gives a lease back; returns whether this process had it.
pub(super) async fn give_lease_back(
    transaction: &mut Transaction<'static, Any>,
    driven: &Driven,
) -> Result<bool, StoreError> {
    let mine = sqlx::query(
        "UPDATE lease SET host = NULL, pid = NULL, birth = NULL, token = token + 1, expires_ms = 0 \
         WHERE run = $1 AND token = $2",
    );
    let mine = mine.bind(&driven.run).bind(driven.token).execute(&mut **transaction).await?;
    Ok(mine.rows_affected() == 1)
}

/// Reads how a run stands, and keeps others from changing its lease until the transaction ends.
pub(super) async fn standing(
    transaction: &mut Transaction<'static, Any>,
    run: &str,
) -> Result<Option<Standing>, StoreError> {
    let lock = sqlx::query("UPDATE lease SET token = token WHERE run = $1");
    lock.bind(run).execute(&mut **transaction).await?;
    let row = sqlx::query(
        "SELECT host, pid, birth, token, expires_ms, state, hub, streams FROM run \
         JOIN lease ON lease.run = run.run WHERE run.run = $1",
    );
    let row = row.bind(run).fetch_optional(&mut **transaction).await?;
    row.as_ref().map(Standing::read).transpose()
}

/// Reads how a run stands, which nobody but `by` may drive.
pub(super) async fn free_for(
    transaction: &mut Transaction<'static, Any>,
    run: &str,
    by: &Holder,
    now: UnixMillis,
) -> Result<Standing, StoreError> {
    let standing = standing(transaction, run).await?;
    let standing = standing.ok_or_else(|| StoreError::NoSuchRun { run: run.to_owned() })?;
    match standing.driver(now).filter(|holder| *holder != by) {
        Some(holder) => Err(StoreError::Held { run: run.to_owned(), holder: holder.to_string() }),
        None => Ok(standing),
    }
}

/// Claims a stream of a hub for a run, from a run that nobody drives if need be.
async fn claim(
    transaction: &mut Transaction<'static, Any>,
    hub: &str,
    stream: &str,
    run: &str,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let free = sqlx::query(
        "INSERT INTO claim (hub, stream, run) VALUES ($1, $2, $3) ON CONFLICT (hub, stream) DO NOTHING",
    );
    let free = free.bind(hub).bind(stream).bind(run).execute(&mut **transaction).await?;
    if free.rows_affected() == 1 {
        return Ok(());
    }
    let row = sqlx::query("SELECT run FROM claim WHERE hub = $1 AND stream = $2");
    let row = row.bind(hub).bind(stream).fetch_optional(&mut **transaction).await?;
    let gone = || StoreError::Away { reason: format!("{stream} changes hands; try again") };
    let other: String = row.ok_or_else(gone)?.try_get(0)?;
    if other == run {
        return Ok(());
    }
    let held = standing(transaction, &other).await?;
    if let Some(holder) = held.as_ref().and_then(|held| held.driver(now)) {
        let (stream, holder) = (stream.to_owned(), holder.to_string());
        return Err(StoreError::Claimed { stream, run: other, holder });
    }
    for statement in [
        "UPDATE lease SET host = NULL, pid = NULL, birth = NULL, token = token + 1, expires_ms = 0 \
         WHERE run = $1",
        "UPDATE run SET state = 'interrupted' WHERE run = $1",
    ] {
        sqlx::query(statement).bind(&other).execute(&mut **transaction).await?;
    }
    let moved = sqlx::query("UPDATE claim SET run = $1 WHERE hub = $2 AND stream = $3");
    moved.bind(run).bind(hub).bind(stream).execute(&mut **transaction).await?;
    Ok(())
}

/// Takes note of the index of a stream's dist tags, which must be above every earlier one.
async fn use_index(
    transaction: &mut Transaction<'static, Any>,
    hub: &str,
    stream: &str,
    index: u64,
) -> Result<(), StoreError> {
    let higher = sqlx::query(
        "INSERT INTO dist_index (hub, stream, taken) VALUES ($1, $2, $3) \
         ON CONFLICT (hub, stream) DO UPDATE SET taken = excluded.taken \
         WHERE dist_index.taken < excluded.taken",
    );
    let number = i64::try_from(index).unwrap_or(i64::MAX);
    let higher = higher.bind(hub).bind(stream).bind(number).execute(&mut **transaction).await?;
    if higher.rows_affected() == 0 {
        return Err(StoreError::IndexUsed { stream: stream.to_owned(), index });
    }
    Ok(())
}
