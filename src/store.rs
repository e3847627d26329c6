//! What survives a crash: runs, their journals, who drives each, and the counters of dist tags.
//!
//! ```text
//!   begin ──▶ run + claims on its streams + lease ──▶ append … append ──▶ release
//!                                    ▲                   │ fenced by the lease's token
//!   take ── dead or lapsed holder ───┘                   ▼
//!                                                journal: heading, then one line an event
//! ```
//!
//! One process drives a run at a time. Whoever drives it holds a lease with a token; another process
//! takes the lease over once the holder is dead or its time has passed, and the token rises. Lines are
//! appended in the transaction that renews the lease by its token, so a holder that comes back after
//! it was replaced writes nothing more. A name:stream is claimed by one run a hub.
//!
//! SQLite (one file, WAL, every commit synced) and PostgreSQL run the same statements. This is the only
//! room with SQL. Times come from the caller, in milliseconds of Unix time; how long a commit takes, the
//! caller measures by [`Store::probe`].
//!
//! The journal is kept when [`Store::append`] returns: in SQLite by `synchronous=FULL`, which syncs the
//! log at every commit, in PostgreSQL by `synchronous_commit`.

mod error;
mod fold;
mod hold;
mod holder;
mod index;
mod lease;
mod open;
mod rows;
mod runs;
mod slow;
mod wish;

pub use error::StoreError;
pub use fold::{Folded, fold, read};
pub use holder::Holder;
pub use lease::Driven;
pub use open::Opening;
pub use runs::{NewRun, RunRow, RunState};
pub use slow::slow_disk;
pub use wish::Wished;

/// A moment in milliseconds of Unix time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixMillis(pub i64);

/// Where runs are kept.
#[derive(Clone, Debug)]
pub struct Store {
    pool: sqlx::AnyPool,
    engine: Engine,
}

/// Which database keeps them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Engine {
    Sqlite,
    Postgres,
}
