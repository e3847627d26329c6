//! Opening a store: the database, its settings, its tables.

use std::path::Path;
use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Executor as _, Row as _};

use super::{Engine, Store, StoreError};

/// The format of the tables.
const FORMAT: i64 = 1;

/// The first SQLite without a known loss of committed data in WAL mode.
const SQLITE_OLDEST: &str = "3.51.3";

/// Connections to PostgreSQL; SQLite has one writer, so one.
const CONNECTIONS: u32 = 4;

/// How often a database is tried to be opened. SQLite waits for other writers, but not while one of them
/// switches a new file to its write-ahead log.
const TRIES_MAX: u32 = 5;

const SCHEMA: &str = include_str!("schema.sql");

/// How a store is opened.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    /// How long a statement waits for a connection, and for another writer.
    pub wait: Duration,
    /// Whether what is missing is made: the file, the tables.
    pub makes: bool,
}

impl Default for Opening {
    fn default() -> Self {
        Self { wait: Duration::from_secs(10), makes: true }
    }
}

impl Store {
    /// Opens the store at an address, `sqlite:FILE` or `postgres://…`, and makes its tables where they
    /// are missing.
    ///
    /// # Errors
    /// The address is not of a supported database; the database is away, damaged, full, of a newer
    /// format, or of an SQLite that is too old.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Self::open_with(url, Opening::default()).await
    }

    /// Opens a store, as `opening` says.
    ///
    /// # Errors
    /// As [`Store::open`]; [`StoreError::Missing`] where nothing is there and nothing shall be made.
    pub async fn open_with(url: &str, opening: Opening) -> Result<Self, StoreError> {
        let engine = Engine::of(url)?;
        if !opening.makes && engine.lacks_file(url) {
            return Err(StoreError::Missing);
        }
        sqlx::any::install_default_drivers();
        let address = engine.address(url);
        let mut tries = 1;
        while let Err(error) = engine.check_first(&address, opening).await {
            if !error.is_transient() || tries == TRIES_MAX {
                return Err(error);
            }
            tries += 1;
            tokio::time::sleep(opening.wait / 20).await;
        }
        let pool = AnyPoolOptions::new()
            .max_connections(if engine == Engine::Sqlite { 1 } else { CONNECTIONS })
            .acquire_timeout(opening.wait)
            .idle_timeout(None)
            .max_lifetime(None)
            .after_connect(move |connection, _| {
                Box::pin(async move { engine.prepare(connection, opening.wait).await })
            });
        Ok(Self { pool: pool.connect(&address).await?, engine })
    }

    /// Closes the store: SQLite then folds its log into the file.
    pub async fn close(self) {
        self.pool.close().await;
    }

    /// Begins a transaction that writes: in SQLite it takes the write lock at once, so that it cannot
    /// fail for another writer halfway.
    pub(super) async fn writing(
        &self,
    ) -> Result<sqlx::Transaction<'static, sqlx::Any>, StoreError> {
        let begin = match self.engine {
            Engine::Sqlite => "BEGIN IMMEDIATE",
            Engine::Postgres => "BEGIN",
        };
        match self.pool.begin_with(begin).await {
            // SQLite rolled the transaction before back by itself when the disk was full, and its
            // connection has not noticed: another one takes its place.
            Err(sqlx::Error::InvalidSavePointStatement) => {
                self.pool.acquire().await?.close().await?;
                Ok(self.pool.begin_with(begin).await?)
            }
            begun => Ok(begun?),
        }
    }
}

impl Engine {
    fn of(url: &str) -> Result<Self, StoreError> {
        let is = |scheme: &str| url.starts_with(scheme);
        match () {
            () if is("sqlite:") && url.len() > "sqlite:".len() => Ok(Self::Sqlite),
            () if is("postgres://") || is("postgresql://") => Ok(Self::Postgres),
            () => Err(StoreError::BadUrl),
        }
    }

    fn lacks_file(self, url: &str) -> bool {
        let path = url.trim_start_matches("sqlite:").trim_start_matches("//");
        self == Self::Sqlite && !Path::new(path.split('?').next().unwrap_or(path)).exists()
    }

    /// Checks the database by a first connection, which says what is wrong: a pool tries again and says only
    /// that it took too long.
    async fn check_first(self, address: &str, opening: Opening) -> Result<(), StoreError> {
        let mut first = AnyConnection::connect(address).await?;
        let checked = self.check(&mut first, opening).await;
        let closed = first.close().await;
        checked?;
        Ok(closed?)
    }

    /// Returns the address as the driver takes it: SQLite makes a file that is missing.
    fn address(self, url: &str) -> String {
        match self {
            Self::Sqlite if url.contains('?') => format!("{url}&mode=rwc"),
            Self::Sqlite => format!("{url}?mode=rwc"),
            Self::Postgres => url.to_owned(),
        }
    }

    /// Makes every commit of a connection durable.
    async fn prepare(
        self,
        connection: &mut AnyConnection,
        wait: Duration,
    ) -> Result<(), sqlx::Error> {
        let wait = wait.as_millis();
        let settings = match self {
            Self::Sqlite => format!(
                "PRAGMA busy_timeout = {wait}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            ),
            Self::Postgres => {
                format!("SET synchronous_commit = on; SET lock_timeout = '{wait}ms';")
            }
        };
        sqlx::raw_sql(AssertSqlSafe(settings)).execute(connection).await.map(drop)
    }

    /// Checks the version of SQLite and the format of the tables, and makes tables that are missing.
    async fn check(
        self,
        connection: &mut AnyConnection,
        opening: Opening,
    ) -> Result<(), StoreError> {
        if self == Self::Sqlite {
            let row = sqlx::query("SELECT sqlite_version()").fetch_one(&mut *connection).await?;
            let found: String = row.try_get(0)?;
            if number(&found) < number(SQLITE_OLDEST) {
                return Err(StoreError::OldSqlite { found, wanted: SQLITE_OLDEST });
            }
        }
        if opening.makes {
            self.prepare(connection, opening.wait).await?;
            return self.make_tables(connection).await;
        }
        match format(connection).await {
            Err(sqlx::Error::Database(error)) if self.is_no_table(error.as_ref()) => {
                Err(StoreError::Missing)
            }
            found => known(found?),
        }
    }

    /// Two processes may open a new store at once: the tables are made under one lock.
    async fn make_tables(self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        let begin = match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        };
        let mut transaction = connection.begin_with(begin).await?;
        if self == Self::Postgres {
            // Any number that all processes of modplan agree on.
            transaction.execute("SELECT pg_advisory_xact_lock(7165016) IS NULL").await?;
        }
        sqlx::raw_sql(SCHEMA).execute(&mut *transaction).await?;
        sqlx::query("INSERT INTO modplan_store VALUES (1, $1, 0) ON CONFLICT (one) DO NOTHING")
            .bind(FORMAT)
            .execute(&mut *transaction)
            .await?;
        known(format(&mut transaction).await?)?;
        transaction.commit().await?;
        Ok(())
    }

    /// Returns whether an error says that there is no such table.
    fn is_no_table(self, error: &dyn sqlx::error::DatabaseError) -> bool {
        match self {
            Self::Sqlite => error.message().starts_with("no such table"),
            Self::Postgres => error.code().as_deref() == Some("42P01"),
        }
    }
}

async fn format(connection: &mut AnyConnection) -> Result<i64, sqlx::Error> {
    sqlx::query("SELECT format FROM modplan_store").fetch_one(connection).await?.try_get(0)
}

fn known(found: i64) -> Result<(), StoreError> {
    if found > FORMAT {
        return Err(StoreError::NewerFormat { found, known: FORMAT });
    }
    Ok(())
}

/// Reads a version of SQLite, `3.51.3`.
fn number(version: &str) -> Vec<u32> {
    version.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_sqlite_are_compared_as_numbers() {
        assert!(number("3.9.0") < number(SQLITE_OLDEST));
        assert!(number("3.51.3") >= number(SQLITE_OLDEST));
        assert!(number("3.51.10") > number(SQLITE_OLDEST));
    }

    #[test]
    fn other_databases_are_refused_without_repeating_the_address() {
        for url in ["mysql://root:secret@host/db", "modplan.db", "sqlite:", ""] {
            let error = Engine::of(url).unwrap_err();
            assert_eq!(error, StoreError::BadUrl);
            assert!(!error.to_string().contains("secret"));
        }
    }
}
