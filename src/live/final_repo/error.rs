//! Why a final repository is not made.

use std::io;
use std::path::{Path, PathBuf};

/// Why a final repository is not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FinalRepoError {
    /// The configuration or the profile does not fit.
    #[error("{0}")]
    Setup(String),
    /// A file of the hub is not there.
    #[error("{path} is not there")]
    Missing {
        /// Its address or path.
        path: String,
    },
    /// The index of a dist-repo cannot be used.
    #[error("{path}: {reason}")]
    Index {
        /// Its address or path.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file of the hub cannot be read now.
    #[error("cannot fetch {path}: {reason}")]
    Away {
        /// Its address or path.
        path: String,
        /// Why.
        reason: String,
    },
    /// A file is not the RPM that koji lists.
    #[error("{path} is not the RPM that koji lists: its payload hash is {found}, not {wanted}")]
    Wrong {
        /// Its address or path.
        path: String,
        /// What koji lists.
        wanted: String,
        /// What the file has.
        found: String,
    },
    /// A program is missing.
    #[error("cannot run {program}, which Debian has in the package createrepo-c: {error}")]
    NoTool {
        /// The program.
        program: &'static str,
        /// What the system says.
        error: io::Error,
    },
    /// A program says no.
    #[error("{program} failed: {text}")]
    Tool {
        /// The program.
        program: &'static str,
        /// What it says.
        text: String,
    },
    /// A file cannot be written or read here.
    #[error("cannot write {}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Something else is where the repositories belong.
    #[error("{} is there already: {by}; move it away to have the repository made", path.display())]
    Taken {
        /// The place.
        path: PathBuf,
        /// What is there.
        by: String,
    },
}

impl FinalRepoError {
    /// Returns what makes an error of the system one about a file.
    pub(super) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::File { path, error }
    }
}
