//! What branches and tags are at.

use std::collections::{BTreeMap, BTreeSet};

use tokio::task::JoinSet;

use super::ScmError;
use super::git::{Git, GitError};
use crate::koji_plan::{Found, GitRef};
use crate::site::Scm;

/// So many servers are asked at a time.
const AT_ONCE: usize = 8;

/// Looks up what refs are at, one after another at each host and several hosts at a time. A host that did not
/// answer in time is not asked again. Only addresses below `scm.allow` are asked at all.
pub(in crate::live) async fn commits(refs: Vec<GitRef>, scm: &Scm) -> Vec<(GitRef, Found)> {
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

/// Returns the full commit that a branch or a tag of a repository is at; of its default branch where none is
/// named. A branch comes before a tag of the same name.
///
/// # Errors
/// The address is not allowed, the server is away or slow, or there is no such branch or tag.
pub async fn resolve(
    scm: &Scm,
    repository: &str,
    reference: Option<&str>,
) -> Result<String, ScmError> {
    let broken = |error| ScmError::of(repository, error);
    let git = Git::at(scm, repository, None).map_err(broken)?;
    let reference = reference.unwrap_or("HEAD");
    let kinds = ["heads", "tags"].map(|kind| format!("refs/{kind}/{reference}"));
    let names: Vec<String> = [reference.to_owned()].into_iter().chain(kinds).collect();
    let mut listed = listed(&git, &names).await.map_err(broken)?;
    let found = names.iter().find_map(|name| listed.remove(name));
    found.ok_or_else(|| ScmError::Missing {
        repository: repository.to_owned(),
        what: format!("branch or tag {reference}"),
    })
}

/// Looks up the refs of one host.
async fn of_host(refs: Vec<GitRef>, scm: Scm) -> Vec<(GitRef, Found)> {
    let mut found = Vec::with_capacity(refs.len());
    let mut silent: Option<String> = None;
    for of in refs {
        let commit = match &silent {
            Some(why) => Err(why.clone()),
            None => commit(&of, &scm).await.map_err(|error| {
                if matches!(error, RefError::Git(GitError::Slow(_))) {
                    silent = Some(format!("{} did not answer in time before", of.host()));
                }
                error.to_string()
            }),
        };
        found.push((of, commit));
    }
    found
}

/// Why a ref is at no commit.
#[derive(Debug, thiserror::Error)]
enum RefError {
    #[error(transparent)]
    Git(#[from] GitError),
    #[error("there is no such branch or tag")]
    Missing,
    #[error("there is a branch and a tag of this name: write refs/heads/{0} or refs/tags/{0}")]
    Ambiguous(String),
}

/// Looks up what one ref is at.
async fn commit(of: &GitRef, scm: &Scm) -> Result<String, RefError> {
    let git = Git::at(scm, of.url(), None)?;
    let listed = listed(&git, &of.full_names()).await?;
    let commits: BTreeSet<String> = listed.into_values().collect();
    let count = commits.len();
    match commits.into_iter().next() {
        None => Err(RefError::Missing),
        Some(commit) if count == 1 => Ok(commit),
        Some(_) => Err(RefError::Ambiguous(of.name().to_owned())),
    }
}

/// Lists what refs are at, by their full names; of an annotated tag, the commit that it names.
async fn listed(git: &Git<'_>, names: &[String]) -> Result<BTreeMap<String, String>, GitError> {
    let peeled: Vec<String> = names.iter().map(|name| format!("{name}^{{}}")).collect();
    let all = names.iter().chain(&peeled).map(String::as_str);
    let arguments: Vec<&str> = ["ls-remote", "--", git.url()].into_iter().chain(all).collect();
    let text = git.text(&arguments).await?;
    let rows = text.lines().filter_map(|line| line.split_once('\t'));
    let rows: BTreeMap<&str, &str> = rows.map(|(commit, name)| (name, commit)).collect();
    let mut found = BTreeMap::new();
    for (name, peeled) in names.iter().zip(&peeled) {
        if let Some(commit) = rows.get(peeled.as_str()).or_else(|| rows.get(name.as_str())) {
            found.insert(name.clone(), full(commit)?);
        }
    }
    Ok(found)
}

/// Returns a full commit; a server may say anything.
fn full(commit: &str) -> Result<String, GitError> {
    let is_full =
        matches!(commit.len(), 40 | 64) && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    match is_full {
        true => Ok(commit.to_ascii_lowercase()),
        false => Err(GitError::Broken("it listed something that is not a commit".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_full_hash_is_a_commit() {
        assert_eq!(full(&"AB".repeat(20)).expect("it is one"), "ab".repeat(20));
        full("--upload-pack=x").expect_err("it is not");
    }
}
