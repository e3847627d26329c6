//! Why the store did not do what it was asked.

use crate::drive::journal::JournalError;

/// What the store says instead of an answer. No variant holds the address of the database, which may
/// hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The address names no database that is supported.
    #[error("invalid store: write sqlite:FILE or postgres://user@host/database")]
    BadUrl,
    /// The database cannot be reached, or is locked by another program: the same call may succeed later.
    #[error("the store is away: {reason}")]
    Away {
        /// What the database or the connection says.
        reason: String,
    },
    /// Nothing was ever kept there.
    #[error("no run was kept in this store: the file or its tables are missing")]
    Missing,
    /// There is no room left.
    #[error("the disk of the store is full; free some space, then resume")]
    Full,
    /// The file is damaged, or holds something else.
    #[error("the store is damaged or is not a database of modplan: {reason}")]
    Corrupt {
        /// What the database says.
        reason: String,
    },
    /// A later modplan wrote it.
    #[error("the store has format {found}; this modplan reads up to {known}: use a newer one")]
    NewerFormat {
        /// Its format.
        found: i64,
        /// The highest format that is read here.
        known: i64,
    },
    /// SQLite is older than the first release without a known loss of data in WAL mode.
    #[error("SQLite {found} is too old; {wanted} or newer is needed")]
    OldSqlite {
        /// The version in this program.
        found: String,
        /// The oldest that is used.
        wanted: &'static str,
    },
    /// There is no such run.
    #[error("no run `{run}` in the store; `modplan runs list` shows those that there are")]
    NoSuchRun {
        /// What was asked for.
        run: String,
    },
    /// There is a run of that name already.
    #[error("run `{run}` exists already; resume it")]
    RunExists {
        /// Its name.
        run: String,
    },
    /// The run has ended: there is nothing to resume.
    #[error("run `{run}` is {state}; there is nothing to resume")]
    Ended {
        /// The run.
        run: String,
        /// `done` or `canceled`.
        state: String,
    },
    /// The run has not ended: it needs what it made.
    #[error("run `{run}` is {state}, and can be resumed: it needs what it made")]
    NotEnded {
        /// The run.
        run: String,
        /// How it stands.
        state: String,
    },
    /// Another process drives the run.
    #[error("run `{run}` is driven by {holder}")]
    Held {
        /// The run.
        run: String,
        /// `host:pid` of the process.
        holder: String,
    },
    /// Another run of the same hub builds the stream.
    #[error("{stream} is being built by run `{run}`, driven by {holder}")]
    Claimed {
        /// `name:stream`.
        stream: String,
        /// The run that builds it.
        run: String,
        /// `host:pid` of the process that drives that run, or `nobody`.
        holder: String,
    },
    /// An earlier run used the index, or a higher one.
    #[error(
        "the index {index} of dist tags of {stream} was used by an earlier run: make the dry run again"
    )]
    IndexUsed {
        /// `name:stream`.
        stream: String,
        /// The index.
        index: u64,
    },
    /// What a run decided before it began cannot be read.
    #[error(
        "what run `{run}` decided before it began cannot be read: {reason}; use the modplan that began it"
    )]
    Work {
        /// The run.
        run: String,
        /// Where it cannot be read.
        reason: String,
    },
    /// Another process took the run over: this one must stop, and nothing was written.
    #[error("run `{run}` was taken over by {holder}")]
    Fenced {
        /// The run.
        run: String,
        /// `host:pid` of the process that drives it now, or `nobody`.
        holder: String,
    },
    /// The journal of a run cannot be read.
    #[error("run `{run}`: {error}; {}", .error.hint)]
    Journal {
        /// The run.
        run: String,
        /// Which line, and why.
        error: JournalError,
    },
    /// The database refuses a statement for another reason.
    #[error("the store refuses: {reason}")]
    Refused {
        /// What the database says.
        reason: String,
    },
}

/// SQLite's primary result codes (<https://sqlite.org/rescode.html>); extended codes hold them in the
/// low byte.
mod sqlite {
    pub(super) const BUSY: i64 = 5;
    pub(super) const LOCKED: i64 = 6;
    pub(super) const READONLY: i64 = 8;
    pub(super) const IOERR: i64 = 10;
    pub(super) const CORRUPT: i64 = 11;
    pub(super) const FULL: i64 = 13;
    pub(super) const CANTOPEN: i64 = 14;
    pub(super) const NOTADB: i64 = 26;
}

impl From<sqlx::Error> for StoreError {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the driver's errors may grow")]
    fn from(error: sqlx::Error) -> Self {
        let reason = error.to_string();
        match &error {
            sqlx::Error::Database(database) => {
                of_code(database.code().as_deref().unwrap_or_default(), reason)
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Away { reason },
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::ColumnNotFound(_) => {
                Self::Corrupt { reason }
            }
            _ => Self::Refused { reason },
        }
    }
}

/// Reads a code of SQLite, a number, or an SQLSTATE of PostgreSQL, five characters.
fn of_code(code: &str, reason: String) -> StoreError {
    let is_state = code.len() == 5;
    match code.parse::<i64>().map(|code| code & 0xff) {
        Ok(sqlite::BUSY | sqlite::LOCKED | sqlite::IOERR | sqlite::CANTOPEN | sqlite::READONLY)
            if !is_state =>
        {
            StoreError::Away { reason }
        }
        Ok(sqlite::FULL) if !is_state => StoreError::Full,
        Ok(sqlite::CORRUPT | sqlite::NOTADB) if !is_state => StoreError::Corrupt { reason },
        // Connection exception, operator intervention, serialization failure, deadlock, too many
        // connections, a lock that was not given in time.
        _ if ["08", "57"].iter().any(|class| code.starts_with(class))
            || ["40001", "40P01", "53300", "55P03"].contains(&code) =>
        {
            StoreError::Away { reason }
        }
        _ if code == "53100" => StoreError::Full,
        _ if code.starts_with("XX") => StoreError::Corrupt { reason },
        _ => StoreError::Refused { reason },
    }
}

impl StoreError {
    /// Returns whether the same call may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Away { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_databases_are_read() {
        let of = |code: &str| of_code(code, String::new());
        let away = StoreError::Away { reason: String::new() };
        for code in
            ["5", "261", "517", "6", "10", "522", "14", "08006", "57P01", "57P03", "40001", "55P03"]
        {
            assert_eq!(of(code), away, "{code}");
        }
        assert_eq!((of("13"), of("53100")), (StoreError::Full, StoreError::Full));
        let corrupt = StoreError::Corrupt { reason: String::new() };
        assert_eq!((of("11"), of("26"), of("XX001")), (corrupt.clone(), corrupt.clone(), corrupt));
        let refused = StoreError::Refused { reason: String::new() };
        assert_eq!(
            (of("42P01"), of("1"), of("10000")),
            (refused.clone(), refused.clone(), refused)
        );
    }
}
