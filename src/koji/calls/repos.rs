//! Repos, from which buildroots are made.

use super::{Map, calls};
use crate::koji::shapes::{Repo, RepoAnswer, RepoRequest};
use crate::koji::{Ref, Value};

calls! {
    /// Asks for a repo of a tag.
    RepoRequestCall "repo.request" (tag: Ref; min_event: Value, at_event: i64, opts: Map, priority: i64, force: bool) -> RepoAnswer,
    /// The state of a request for a repo.
    RepoCheckRequest "repo.checkRequest" (request "req_id": i64) -> RepoAnswer,
    /// A suitable ready repo, if any.
    RepoGet "repo.get" (tag: Ref; min_event: Value, at_event: i64, opts: Map) -> Option<Repo>,
    /// Requests for repos.
    RepoQueryQueue "repo.queryQueue" (; clauses: Value, fields: Value, opts: Map) -> Vec<RepoRequest>,
    /// Repos, as rows of the fields asked for.
    RepoQuery "repo.query" (clauses: Value; fields: Value, opts: Map) -> Vec<Map>,
    /// The repo manager checks the queue.
    RepoCheckQueue "repo.checkQueue" () -> (),
    /// The repo manager requests due repos.
    RepoAutoRequests "repo.autoRequests" () -> (),
    /// The repo manager marks outdated repos.
    RepoUpdateEndEvents "repo.updateEndEvents" () -> (),
    /// The newest repo of a tag.
    GetRepo "getRepo" (tag: Ref; state: i64, event: i64, dist: bool, min_event: i64) -> Option<Repo>,
    /// One repo.
    RepoInfo "repoInfo" (repo "repo_id": i64; strict: bool) -> Option<Repo>,
    /// Has a repo made; the task.
    NewRepo "newRepo" (tag: Ref; event: i64, src: bool, debuginfo: bool, separate_src: bool) -> i64,
    /// Has a repo for users made; the task.
    DistRepo "distRepo" (tag: Ref, keys: Vec<String>; ..settings) -> i64,
}
