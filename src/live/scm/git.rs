//! git as a program of its own, about one repository: without the configuration, credentials and prompts of whoever
//! runs modplan, without hooks, by the protocols of servers alone, without following a server elsewhere, and with
//! bounds on its time, its output and the files that it writes. Addresses are those that the site allows; none begins
//! like an option.

use std::path::Path;
use std::time::Duration;

use tokio::process::Command;

use crate::koji_plan::package_of;
use crate::live::child::{self, Bounds, ChildError};
use crate::site::Scm;

/// git writes no more bytes to its output.
const BYTES_MAX: usize = 1 << 20;
/// A file that git writes has no more blocks of 1024 bytes.
const FILE_BLOCKS_MAX: u32 = 128 * 1024;
/// So many characters of what git says are shown.
const COMPLAINT_MAX: usize = 300;
/// The protocols by which git may talk: none of them runs a command here.
const PROTOCOLS: [&str; 4] = ["https", "http", "git", "ssh"];
/// What a shell ends with where it does not find the program.
const NOT_FOUND: i32 = 127;
/// What the user's surroundings would have git do.
const SURROUNDINGS: [&str; 21] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_ASKPASS",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_SYSTEM",
    "GIT_CURL_VERBOSE",
    "GIT_DIR",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PROTOCOL",
    "GIT_PROXY_COMMAND",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSL_NO_VERIFY",
    "GIT_TRACE",
    "GIT_TRACE_CURL",
    "GIT_TRACE_PACKET",
    "GIT_WORK_TREE",
    "SSH_ASKPASS",
];
/// What git is told to do otherwise than by default.
const SETTINGS: [&str; 6] = [
    "http.followRedirects=false",
    "http.emptyAuth=false",
    "credential.helper=",
    "core.askPass=",
    "core.hooksPath=/dev/null",
    "gc.auto=0",
];

/// Why git did not do it.
#[derive(Debug, thiserror::Error)]
pub(super) enum GitError {
    #[error("it is not below `scm.allow`")]
    NotAllowed,
    #[error("git cannot be started: {0}: install {package}", package = package_of("git"))]
    NoGit(String),
    #[error("the server did not answer within {} s (`scm.clone_timeout`)", .0.as_secs_f64())]
    Slow(Duration),
    #[error("git says: {0}")]
    Said(String),
    #[error("git failed: {0}")]
    Broken(String),
}

/// git about one repository.
pub(super) struct Git<'a> {
    /// The repository as git takes it.
    url: &'a str,
    /// Where git keeps its files; `None`: it needs none.
    directory: Option<&'a Path>,
    time: Duration,
}

impl<'a> Git<'a> {
    /// Returns git about a repository of an allowed server; koji's `git+` before its address may be left out.
    pub(super) fn at(
        scm: &Scm,
        repository: &'a str,
        directory: Option<&'a Path>,
    ) -> Result<Self, GitError> {
        let url = repository.strip_prefix("git+").unwrap_or(repository);
        let scheme = url.split_once("://").map(|(scheme, _)| scheme);
        let is_server = scheme.is_some_and(|scheme| PROTOCOLS.contains(&scheme));
        if !is_server || !scm.allows(repository) {
            return Err(GitError::NotAllowed);
        }
        Ok(Self { url, directory, time: Duration::from_millis(scm.clone_timeout.0) })
    }

    /// Returns the repository as git takes it.
    pub(super) fn url(&self) -> &'a str {
        self.url
    }

    /// Runs git to its end and returns what it writes. It is killed where this is dropped, and where it goes beyond
    /// its bounds.
    pub(super) async fn run(&self, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
        let mut command = self.command();
        command.args(arguments);
        let bounds = Bounds { time: self.time, bytes_max: BYTES_MAX };
        let finished = child::run(command, bounds).await.map_err(|error| match error {
            ChildError::Start(error) => GitError::NoGit(error.to_string()),
            ChildError::Slow(time) => GitError::Slow(time),
            error @ (ChildError::Read(_) | ChildError::Long(_)) => {
                GitError::Broken(error.to_string())
            }
        })?;
        let said = complaint(&String::from_utf8_lossy(&finished.stderr));
        match finished.status.code() {
            Some(0) => Ok(finished.stdout),
            Some(NOT_FOUND) => Err(GitError::NoGit(said)),
            Some(_) | None => Err(GitError::Said(said)),
        }
    }

    /// Runs git and returns what it writes as text.
    pub(super) async fn text(&self, arguments: &[&str]) -> Result<String, GitError> {
        let bytes = self.run(arguments).await?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Returns git, deaf to everything but its arguments.
    fn command(&self) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &format!("ulimit -f {FILE_BLOCKS_MAX}; exec git \"$@\""), "git"]);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        for name in SURROUNDINGS {
            command.env_remove(name);
        }
        command
            .env("GIT_ALLOW_PROTOCOL", PROTOCOLS.join(":"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            // Below it are neither a `.netrc` with passwords nor a configuration.
            .env("HOME", "/dev/null")
            .env("XDG_CONFIG_HOME", "/dev/null")
            .env("LC_ALL", "C")
            .current_dir("/");
        match self.url.starts_with("ssh://") {
            true => command.env("GIT_SSH_COMMAND", "ssh -oBatchMode=yes"),
            false => command.env_remove("SSH_AUTH_SOCK"),
        };
        if let Some(directory) = self.directory {
            command.current_dir(directory).env("GIT_DIR", directory);
        }
        command
    }
}

/// Returns the beginning of what git says, in one line and without what would change a terminal.
fn complaint(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines.collect::<Vec<_>>().join("; ");
    line.chars().filter(|c| !c.is_control()).take(COMPLAINT_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_says_is_one_short_line() {
        let long = format!("fatal: no\n\n  \u{1b}[31m{}", "x".repeat(1000));
        let line = complaint(&long);
        assert!(line.starts_with("fatal: no; [31mxxx") && line.len() == COMPLAINT_MAX, "{line}");
    }
}
