//! git, for documents of modules and for the commits that branches stand at.
//!
//! git runs as a program of its own: without the user's and the system's configuration, without hooks and
//! prompts, by the protocols of servers alone, without following redirects, for a bounded time, and without
//! writing large files. Addresses are those that the site allows; none begins like an option.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::site::Scm;

/// A document has no more bytes.
const DOCUMENT_BYTES_MAX: u64 = 1 << 20;
/// A file that git writes has no more blocks of 1024 bytes.
const FILE_BLOCKS_MAX: u32 = 128 * 1024;
/// So much of what git says is shown.
const SAID_MAX: usize = 300;
/// The protocols by which git may talk: none of them runs a command here.
const PROTOCOLS: &str = "https:http:git:ssh";

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
        /// What git said last.
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
}

/// Fetches `file` at a revision of a repository, with git's files in an empty directory.
///
/// # Errors
/// The address is not allowed, the server is away or slow, or the revision or the file is not there.
pub async fn document(
    scm: &Scm,
    (repository, revision): (&str, &str),
    file: &str,
    directory: &Path,
) -> Result<Fetched, ScmError> {
    let git = Git::at(scm, repository, Some(directory))?;
    git.run(&["init", "--quiet", "--bare"]).await?;
    let spec = format!("{revision}:refs/wanted");
    let shallow = ["fetch", "--quiet", "--no-tags", "--depth=1", "--", git.url, &spec];
    let is_there = git.run(&shallow).await;
    let wanted = match is_there {
        Ok(_) => "refs/wanted".to_owned(),
        Err(ScmError::Git { .. }) => {
            // A server that gives out branches alone, or a short commit.
            let all = "+refs/heads/*:refs/heads/*";
            git.run(&["fetch", "--quiet", "--tags", "--", git.url, all]).await?;
            revision.to_owned()
        }
        Err(error) => return Err(error),
    };
    let missing =
        |what: &str| ScmError::Missing { repository: repository.into(), what: what.into() };
    let commit = format!("{wanted}^{{commit}}");
    let commit = git.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]).await;
    let commit = commit.map_err(|_| missing(&format!("revision {revision}")))?.trim().to_owned();
    let blob = format!("{commit}:{file}");
    let size = git.run(&["cat-file", "-s", &blob]).await.map_err(|_| missing(file))?;
    let not_text = || ScmError::NotText { repository: repository.into(), file: file.into() };
    if size.trim().parse::<u64>().map_err(|_| not_text())? > DOCUMENT_BYTES_MAX {
        return Err(not_text());
    }
    let text = git.run(&["cat-file", "blob", &blob]).await?;
    let seconds = git.run(&["log", "-1", "--format=%ct", &commit]).await?;
    let committed = seconds.trim().parse().map_err(|_| not_text())?;
    Ok(Fetched { text, commit, committed })
}

/// Returns the full commit that a branch or a tag of a repository stands at; of its default branch where none
/// is named.
///
/// # Errors
/// As [`document`].
pub async fn resolve(
    scm: &Scm,
    repository: &str,
    reference: Option<&str>,
) -> Result<String, ScmError> {
    let git = Git::at(scm, repository, None)?;
    let reference = reference.unwrap_or("HEAD");
    let listed = git.run(&["ls-remote", "--quiet", "--", git.url, reference]).await?;
    let names = [
        reference.to_owned(),
        format!("refs/heads/{reference}"),
        format!("refs/tags/{reference}^{{}}"),
        format!("refs/tags/{reference}"),
    ];
    let rows: Vec<(&str, &str)> = listed.lines().filter_map(|row| row.split_once('\t')).collect();
    let found = names.iter().find_map(|name| rows.iter().find(|(_, row)| row == name));
    let missing = || ScmError::Missing {
        repository: repository.into(),
        what: format!("branch or tag {reference}"),
    };
    found.map(|(commit, _)| (*commit).to_owned()).ok_or_else(missing)
}

/// git about one repository.
struct Git<'a> {
    repository: &'a str,
    /// The repository as git takes it.
    url: &'a str,
    directory: Option<&'a Path>,
    timeout: Duration,
}

impl<'a> Git<'a> {
    fn at(scm: &Scm, repository: &'a str, directory: Option<&'a Path>) -> Result<Self, ScmError> {
        let url = repository.strip_prefix("git+").unwrap_or(repository);
        let is_server = PROTOCOLS
            .split(':')
            .any(|scheme| url.strip_prefix(scheme).is_some_and(|rest| rest.starts_with("://")));
        if !is_server || !scm.allows(repository) {
            return Err(ScmError::NotAllowed(repository.to_owned()));
        }
        let timeout = Duration::from_millis(scm.clone_timeout.0);
        Ok(Self { repository, url, directory, timeout })
    }

    /// Runs git and returns what it writes. It is killed where this is dropped or takes too long.
    async fn run(&self, arguments: &[&str]) -> Result<String, ScmError> {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -f {FILE_BLOCKS_MAX}; exec git \"$@\""), "git"]);
        for setting in ["http.followRedirects=false", "core.hooksPath=/dev/null", "gc.auto=0"] {
            command.args(["-c", setting]);
        }
        command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
        command
            .env("GIT_ALLOW_PROTOCOL", PROTOCOLS)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_SSH_COMMAND", "ssh -oBatchMode=yes")
            .env("LC_ALL", "C");
        if let Some(directory) = self.directory {
            command.current_dir(directory).env("GIT_DIR", directory);
        }
        let repository = self.repository.to_owned();
        let output = match tokio::time::timeout(self.timeout, command.output()).await {
            Err(_) => {
                return Err(ScmError::Slow { repository, seconds: self.timeout.as_secs() });
            }
            Ok(Err(error)) => return Err(ScmError::NoGit(error.to_string())),
            Ok(Ok(output)) => output,
        };
        if !output.status.success() {
            return Err(ScmError::Git { repository, said: said(&output.stderr) });
        }
        let not_text = |_| ScmError::NotText { repository, file: "what git wrote".to_owned() };
        String::from_utf8(output.stdout).map_err(not_text)
    }
}

/// Returns the last line of what git said.
fn said(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let last = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("nothing").trim();
    last.chars().filter(|c| !c.is_control()).take(SAID_MAX).collect()
}

/// Returns the repository of a package, from the template of its sources.
#[must_use]
pub fn repository(scm: &Scm, package: &str) -> Option<String> {
    let template = scm.component.as_ref()?;
    let address = template.split('#').next().unwrap_or_default();
    Some(address.replace("{package}", package))
}
