//! Git repositories of other machines, read by git itself: the commits that branches and tags are at, and documents
//! of modules.

mod git;
mod refs;

use std::path::Path;

use self::git::{Git, GitError};
use crate::site::Scm;

pub(super) use self::refs::commits;
pub use self::refs::resolve;

/// A document has no more bytes.
const DOCUMENT_BYTES_MAX: usize = 1 << 20;

/// A document that was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Its text.
    pub text: String,
    /// Its full commit.
    pub commit: String,
    /// When that was committed, in seconds since 1970.
    pub committed: i64,
}

/// A state of a repository.
#[derive(Clone, Copy, Debug)]
pub struct Revision<'a> {
    /// The address of the repository.
    pub repository: &'a str,
    /// A commit, a branch or a tag of it.
    pub revision: &'a str,
}

/// Why git did not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScmError {
    /// The site does not allow the address.
    #[error("{0} is not below `scm.allow`")]
    NotAllowed(String),
    /// The server took too long.
    #[error("{repository} gave no answer within {seconds} s")]
    Slow {
        /// The repository.
        repository: String,
        /// The time.
        seconds: u64,
    },
    /// git failed.
    #[error("git cannot read {repository}: {said}")]
    Git {
        /// The repository.
        repository: String,
        /// What git said.
        said: String,
    },
    /// Something is not in the repository.
    #[error("{repository} has no {what}")]
    Missing {
        /// The repository.
        repository: String,
        /// What is not there.
        what: String,
    },
    /// The document is too large, or no text.
    #[error("{file} of {repository} is not a text of at most {DOCUMENT_BYTES_MAX} bytes")]
    NotText {
        /// The repository.
        repository: String,
        /// The file.
        file: String,
    },
    /// git cannot be started.
    #[error("cannot run git: {0}")]
    NoGit(String),
}

impl ScmError {
    /// Returns whether the same may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Slow { .. } | Self::NoGit(_))
    }

    /// Says which repository it is about.
    fn of(repository: &str, error: GitError) -> Self {
        let repository = repository.to_owned();
        match error {
            GitError::NotAllowed => Self::NotAllowed(repository),
            GitError::NoGit(why) => Self::NoGit(why),
            GitError::Slow(time) => Self::Slow { repository, seconds: time.as_secs() },
            GitError::Said(said) | GitError::Broken(said) => Self::Git { repository, said },
        }
    }
}

/// Fetches `file` at a revision of a repository, with git's files in an empty directory.
///
/// # Errors
/// The address is not allowed, the server is away or slow, or the revision or the file is not there.
pub async fn document(
    scm: &Scm,
    of: Revision<'_>,
    file: &str,
    directory: &Path,
) -> Result<Fetched, ScmError> {
    let Revision { repository, revision } = of;
    let broken = |error| ScmError::of(repository, error);
    let git = Git::at(scm, repository, Some(directory)).map_err(broken)?;
    git.run(&["init", "--quiet", "--bare"]).await.map_err(broken)?;
    let wanted = fetched(&git, revision).await.map_err(broken)?;
    let missing =
        |what: &str| ScmError::Missing { repository: repository.into(), what: what.into() };
    let commit = format!("{wanted}^{{commit}}");
    let commit = git.text(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]).await;
    let commit = commit.map_err(|_| missing(&format!("revision {revision}")))?.trim().to_owned();
    let blob = format!("{commit}:{file}");
    let size = git.text(&["cat-file", "-s", &blob]).await.map_err(|_| missing(file))?;
    let not_text = || ScmError::NotText { repository: repository.into(), file: file.into() };
    if size.trim().parse::<usize>().map_err(|_| not_text())? > DOCUMENT_BYTES_MAX {
        return Err(not_text());
    }
    let bytes = git.run(&["cat-file", "blob", &blob]).await.map_err(broken)?;
    let text = String::from_utf8(bytes).map_err(|_| not_text())?;
    let seconds = git.text(&["log", "-1", "--format=%ct", &commit]).await.map_err(broken)?;
    let committed = seconds.trim().parse().map_err(|_| not_text())?;
    Ok(Fetched { text, commit, committed })
}

/// Fetches a revision; returns what it is called in the new repository.
async fn fetched(git: &Git<'_>, revision: &str) -> Result<String, GitError> {
    let spec = format!("{revision}:refs/wanted");
    let shallow = ["fetch", "--quiet", "--no-tags", "--depth=1", "--", git.url(), &spec];
    match git.run(&shallow).await {
        Ok(_) => Ok("refs/wanted".to_owned()),
        Err(GitError::Said(_)) => {
            // A server that gives out branches alone, or a short commit.
            let all = "+refs/heads/*:refs/heads/*";
            git.run(&["fetch", "--quiet", "--tags", "--", git.url(), all]).await?;
            Ok(revision.to_owned())
        }
        Err(error) => Err(error),
    }
}

/// Returns the repository of a package, from the template of its sources.
#[must_use]
pub fn repository(scm: &Scm, package: &str) -> Option<String> {
    let template = scm.component.as_ref()?;
    let address = template.split('#').next().unwrap_or_default();
    Some(address.replace("{package}", package))
}
