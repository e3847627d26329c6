//! Talks to running servers: the only room with a network and a clock.
//!
//! ```text
//! record ──▶ page by page ──▶ FILE.partial ──▶ one snapshot, handed back whole
//!    ▲            │
//!    └── http ◀───┘  bounded retries, growing delays
//! ```
//!
//! A recording has the server's rows unchanged, and is read by `load` like any other file. `dry_run` answers
//! the questions of `koji_plan`, `execute` carries out what the engine commands, `runs` begins and resumes
//! runs of a store, and `cleanup` deletes what they left at the hub.

pub mod cleanup;
mod clock;
mod dry_run;
pub mod execute;
pub mod final_repo;
mod http;
pub mod hub;
mod koji_record;
mod page;
mod partial;
mod record;
pub mod runs;
mod stored;

pub use dry_run::dry_run;
pub use http::Retry;
pub use koji_record::{KojiRecordError, KojiRecording, KojiRequest, KojiStep, record_koji};
pub use record::{Recording, Request, Step, record};
pub use stored::{StoredRun, stored_journal, stored_run, stored_runs, stored_wish};

use std::path::PathBuf;

/// The protocol of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Product Definition Center: `modules`, or the older `unreleasedvariants`.
    Pdc,
    /// The Module Build Service: `module-builds`.
    Mbs,
}

impl Service {
    /// Returns the name that people use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pdc => "pdc",
            Self::Mbs => "mbs",
        }
    }
}

/// Why nothing could be recorded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LiveError {
    /// The given address of the server is invalid.
    #[error("invalid server address `{url}`: {reason}")]
    BadUrl {
        /// The given address.
        url: String,
        /// The problem.
        reason: String,
    },
    /// The server understood and refused the request.
    #[error("{url} returned {status}: {message}")]
    Refused {
        /// The URL of the request.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The message of the server.
        message: String,
    },
    /// The server was unreachable, or gave no valid answer, in all attempts.
    #[error("{url} gave no valid answer in {attempts} attempts: {reason}")]
    GaveUp {
        /// The URL of the request.
        url: String,
        /// How often.
        attempts: u32,
        /// The result of the last try.
        reason: String,
    },
    /// More bytes than any answer may have.
    #[error("{url} sends more than {bytes_max} bytes")]
    TooLarge {
        /// The URL of the request.
        url: String,
        /// The limit.
        bytes_max: u64,
    },
    /// Rows were added and removed while they were read, in every pass.
    #[error("{url} changed while it was read, {passes} times in a row")]
    Changing {
        /// The URL of the request.
        url: String,
        /// How often all pages were read.
        passes: u32,
    },
    /// There is a partial file of another recording.
    #[error("{path} belongs to a recording of another server or of other rows")]
    OtherPartial {
        /// The file.
        path: PathBuf,
    },
    /// The partial file cannot be read or written.
    #[error("cannot save the recording in {path}: {source}")]
    Partial {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
}
