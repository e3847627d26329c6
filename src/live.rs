//! What is read from running servers: the only room with a network, a clock and `async`.
//!
//! ```text
//! record ──▶ page by page ──▶ FILE.partial ──▶ one snapshot, handed back whole
//!    ▲            │
//!    └── http ◀───┘  bounded retries, growing delays
//! ```
//!
//! Nothing here knows what a module is. A recording holds the server's rows as they came, and is
//! read by `load` like any other file.

mod clock;
mod dry_run;
mod http;
pub mod hub;
mod koji_record;
mod page;
mod partial;
mod record;

pub use dry_run::dry_run;
pub use http::Retry;
pub use koji_record::{KojiRecordError, KojiRecording, KojiRequest, KojiStep, record_koji};
pub use record::{Recording, Request, Step, record};

use std::path::PathBuf;

/// What a server speaks.
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
    /// What was given as the server's address is none.
    #[error("`{url}` is no address of a server: {reason}")]
    BadUrl {
        /// What was given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The server understood and said no.
    #[error("{url} answers {status}: {message}")]
    Refused {
        /// What was asked.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What the server says about it.
        message: String,
    },
    /// The server could not be reached, or did not answer properly, again and again.
    #[error("{url} gave no proper answer in {attempts} attempts: {reason}")]
    GaveUp {
        /// What was asked.
        url: String,
        /// How often.
        attempts: u32,
        /// What happened the last time.
        reason: String,
    },
    /// More bytes than any answer may have.
    #[error("{url} sends more than {bytes_max} bytes")]
    TooLarge {
        /// What was asked.
        url: String,
        /// The limit.
        bytes_max: u64,
    },
    /// Rows came and went while they were read, in every pass.
    #[error("{url} changed while it was read, {passes} times over")]
    Changing {
        /// What was asked.
        url: String,
        /// How often all pages were read.
        passes: u32,
    },
    /// A partial file of another recording is in the way.
    #[error("{path} belongs to a recording of another server or of other rows")]
    OtherPartial {
        /// The file.
        path: PathBuf,
    },
    /// The partial file cannot be read or written.
    #[error("cannot keep what was read in {path}: {source}")]
    Partial {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}
