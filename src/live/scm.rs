//! Git repositories of other machines, read by git itself: what a branch or tag is at.
//!
//! git runs without the configuration, credentials and prompts of whoever runs modplan, in no repository, over
//! plain transports alone, without following a server elsewhere, and with a bound on its time and output.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::task::JoinSet;

use super::child::{self, Bounds, ChildError};
use crate::koji_plan::{Found, GitRef, package_of};
use crate::site::Scm;

/// So many servers are asked at a time.
const AT_ONCE: usize = 8;
/// The answer has a line or two.
const BYTES_MAX: usize = 1 << 20;
/// So many characters of what git says are shown.
const COMPLAINT_MAX: usize = 300;
/// What the user's surroundings would have git do.
const SURROUNDINGS: [&str; 22] = [
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
    "SSH_AUTH_SOCK",
];

/// Looks up what refs are at, one after another at each host and several hosts at a time. A host that did not
/// answer in time is not asked again. Only addresses below `scm.allow` are asked at all.
pub(super) async fn commits(refs: Vec<GitRef>, scm: &Scm) -> Vec<(GitRef, Found)> {
    let mut by_host: BTreeMap<String, Vec<GitRef>> = BTreeMap::new();
    for of in refs {
        by_host.entry(of.host().to_owned()).or_default().push(of);
    }
    let mut hosts = by_host.into_values();
    let mut running = JoinSet::new();
    let mut found = Vec::new();
    loop {
        while running.len() < AT_ONCE
            && let Some(refs) = hosts.next()
        {
            running.spawn(of_host(refs, scm.clone()));
        }
        match running.join_next().await {
            Some(of_one) => found.extend(of_one.expect("nothing panics there")),
            None => return found,
        }
    }
}

/// Looks up the refs of one host.
async fn of_host(refs: Vec<GitRef>, scm: Scm) -> Vec<(GitRef, Found)> {
    let mut found = Vec::with_capacity(refs.len());
    let mut silent: Option<String> = None;
    for of in refs {
        let commit = match &silent {
            Some(why) => Err(why.clone()),
            None => commit(&of, &scm).await.map_err(|error| {
                if matches!(error, ScmError::Slow(_)) {
                    silent = Some(format!("{} did not answer in time before", of.host()));
                }
                error.to_string()
            }),
        };
        found.push((of, commit));
    }
    found
}

/// Why a repository is not read.
#[derive(Debug, thiserror::Error)]
enum ScmError {
    #[error("it is not below `scm.allow`")]
    NotAllowed,
    #[error("git cannot be started: {0}: install {package}", package = package_of("git"))]
    NoGit(std::io::Error),
    #[error("the server did not answer within {} s (`scm.clone_timeout`)", .0.as_secs_f64())]
    Slow(Duration),
    #[error("git {0}")]
    Broken(String),
    #[error("there is no such branch or tag")]
    Missing,
    #[error("there is a branch and a tag of this name: write refs/heads/{0} or refs/tags/{0}")]
    Ambiguous(String),
}

/// Looks up what one ref is at; of an annotated tag, the commit that it names.
async fn commit(of: &GitRef, scm: &Scm) -> Result<String, ScmError> {
    if !scm.allows(of.url()) {
        return Err(ScmError::NotAllowed);
    }
    let names = of.full_names();
    let mut command = git();
    command.args(["ls-remote", "--", of.url()]).args(&names);
    command.args(names.iter().map(|name| format!("{name}^{{}}")));
    let time = Duration::from_millis(scm.clone_timeout.0);
    let text = output(command, time).await?;
    let rows = text.lines().filter_map(|line| line.split_once('\t'));
    let rows: BTreeMap<&str, &str> = rows.map(|(commit, name)| (name, commit)).collect();
    let peeled = |name: &String| {
        rows.get(format!("{name}^{{}}").as_str()).or_else(|| rows.get(name.as_str()))
    };
    let commits: BTreeSet<&str> = names.iter().filter_map(peeled).copied().collect();
    match commits.len() {
        0 => Err(ScmError::Missing),
        1 => full(commits.first().expect("there is one")),
        _ => Err(ScmError::Ambiguous(of.name().to_owned())),
    }
}

/// Returns a full commit; a server may say anything.
fn full(commit: &str) -> Result<String, ScmError> {
    let is_full =
        matches!(commit.len(), 40 | 64) && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    match is_full {
        true => Ok(commit.to_ascii_lowercase()),
        false => Err(ScmError::Broken("listed something that is not a commit".to_owned())),
    }
}

/// Returns git, deaf to everything but its arguments.
fn git() -> Command {
    let mut command = Command::new("git");
    for name in SURROUNDINGS {
        command.env_remove(name);
    }
    command
        .env("GIT_ALLOW_PROTOCOL", "https:http:git")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        // Below it are neither a `.netrc` with passwords nor a configuration.
        .env("HOME", "/dev/null")
        .env("XDG_CONFIG_HOME", "/dev/null")
        .env("LC_ALL", "C")
        .current_dir("/")
        .stdin(Stdio::null())
        .args(["-c", "credential.helper=", "-c", "http.followRedirects=false"])
        .args(["-c", "core.askPass=", "-c", "http.emptyAuth=false"]);
    command
}

/// Runs git to its end.
async fn output(command: Command, time: Duration) -> Result<String, ScmError> {
    let bounds = Bounds { time, bytes_max: BYTES_MAX };
    let finished = child::run(command, bounds).await.map_err(|error| match error {
        ChildError::Start(error) => ScmError::NoGit(error),
        ChildError::Slow(time) => ScmError::Slow(time),
        ChildError::Read(_) | ChildError::Long(_) => ScmError::Broken(format!("failed: {error}")),
    })?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match finished.status.success() {
        true => Ok(text(&finished.stdout)),
        false => Err(ScmError::Broken(format!("says: {}", complaint(&text(&finished.stderr))))),
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

    #[test]
    fn only_a_full_hash_is_a_commit() {
        assert_eq!(full(&"AB".repeat(20)).expect("it is one"), "ab".repeat(20));
        full("--upload-pack=x").expect_err("it is not");
    }
}
