//! What somebody wants built.

use std::collections::BTreeMap;

use crate::name::{ModuleName, StreamName};

/// A submission that may be carried out: everything in it was checked, but for the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Where its document is.
    pub source: Source,
    /// Who submits it.
    pub owner: String,
    /// Whether it is built to be thrown away.
    pub scratch: bool,
    /// Streams that replace the buildrequired ones, by module.
    pub buildrequires: BTreeMap<ModuleName, Vec<StreamName>>,
    /// Streams that replace those required at run time, by module.
    pub requires: BTreeMap<ModuleName, Vec<StreamName>>,
    /// Commits or branches that replace those of components, by key.
    pub refs: BTreeMap<String, String>,
}

/// Where a document is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// In a git repository: `NAME.yaml` in its root, where the repository is called NAME.
    Scm {
        /// As it was submitted.
        scmurl: String,
        /// The repository, `https://src.example.org/modules/perl`.
        repository: String,
        /// A commit of it.
        revision: String,
        /// The branch, which names the stream of a document that has none.
        branch: String,
    },
    /// It was sent.
    Text {
        /// It.
        document: String,
        /// The module, where the document has no name.
        name: Option<String>,
        /// The stream, where the document has none.
        stream: Option<String>,
        /// Where its sender says that it is from.
        scmurl: Option<String>,
    },
}

impl Source {
    /// Returns the address of the document as it was submitted.
    #[must_use]
    pub fn scmurl(&self) -> Option<&str> {
        match self {
            Self::Scm { scmurl, .. } => Some(scmurl),
            Self::Text { scmurl, .. } => scmurl.as_deref(),
        }
    }

    /// Returns what its repository is called: the last part of the path, without `.git`.
    #[must_use]
    pub fn repository_name(&self) -> Option<&str> {
        let Self::Scm { repository, .. } = self else { return None };
        let last = repository.trim_end_matches('/').rsplit('/').next()?;
        Some(last.strip_suffix(".git").unwrap_or(last))
    }
}
