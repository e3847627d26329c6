//! Repos and requests for them.

use super::{Task, shapes};
use crate::koji::RepoState;
use crate::koji::calls::Map;

shapes! {
    /// A repo.
    Repo {
        id: i64,
        tag_id: i64,
        tag_name: String,
        state: RepoState,
        state_time: Option<String>,
        state_ts: Option<f64>,
        create_event: i64,
        create_ts: f64,
        creation_time: String,
        creation_ts: f64,
        begin_event: Option<i64>,
        begin_ts: Option<f64>,
        end_event: Option<i64>,
        end_ts: Option<f64>,
        dist: bool,
        opts: Option<Map>,
        custom_opts: Option<Map>,
        task_id: Option<i64>,
        task_state: Option<i64>,
    }
    /// A request for a repo.
    RepoRequest {
        id: i64,
        tag_id: i64,
        tag_name: String,
        active: bool,
        priority: i64,
        owner: i64,
        owner_name: String,
        min_event: Option<i64>,
        at_event: Option<i64>,
        opts: Map,
        repo_id: Option<i64>,
        task_id: Option<i64>,
        task_state: Option<i64>,
        tries: Option<i64>,
        create_time: String,
        create_ts: f64,
        update_time: String,
        update_ts: f64,
    }
    /// The state of a request: with a repo it is done; inactive without a repo it was given up.
    RepoAnswer {
        repo: Option<Repo>,
        request: Option<RepoRequest>;
        duplicate: bool,
        task: Task,
    }
}
