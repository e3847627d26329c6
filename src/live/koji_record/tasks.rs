//! Ended tasks, with their trees.

use serde_json::json;

use super::progress::Progress;
use super::{KojiRecordError, KojiRequest, KojiStep, pause};
use crate::koji::calls::{GetTaskDescendents, GetTaskInfo, ListTagged, ListTasks, Map};
use crate::koji::shapes::Task;
use crate::koji::{OneOrMany, Ref, RowsOrCount, Value};
use crate::live::hub::{Hub, HubError};

/// The states of tasks that are over: CLOSED, CANCELED, FAILED.
const OVER: [i64; 3] = [2, 3, 5];
/// So many trees are asked for in one request.
const TREES: usize = 20;

/// Reads tasks that are not yet recorded.
pub(super) async fn record(
    hub: &mut Hub,
    request: &KojiRequest,
    progress: &mut Progress,
    tell: &mut dyn FnMut(KojiStep),
) -> Result<(), KojiRecordError> {
    match &request.tag {
        None => pages(hub, request, progress, tell).await,
        Some(tag) => trees(hub, request, tag, progress, tell).await,
    }
}

/// Reads all tasks that ended in the recorded time, in the order of their numbers.
async fn pages(
    hub: &mut Hub,
    request: &KojiRequest,
    progress: &mut Progress,
    tell: &mut dyn FnMut(KojiStep),
) -> Result<(), KojiRecordError> {
    let opts = map(json!({
        "state": OVER,
        "completedAfter": progress.kept.since,
        "completedBefore": progress.kept.until,
        "decode": true,
    }));
    let count =
        ListTasks { opts: Some(opts.clone()), query_opts: Some(map(json!({"countOnly": true}))) };
    let RowsOrCount::Count(total) = hub.call(&count).await? else {
        let reason = "rows in the place of their number".to_owned();
        return Err(HubError::Shape { method: "listTasks".to_owned(), reason }.into());
    };
    let total = u64::try_from(total).unwrap_or_default();
    while progress.kept.offset < total {
        pause(request).await;
        let query =
            json!({"order": "id", "limit": request.page_size, "offset": progress.kept.offset});
        let call = ListTasks { opts: Some(opts.clone()), query_opts: Some(map(query)) };
        let RowsOrCount::Rows(rows) = hub.call(&call).await? else { return Ok(()) };
        if rows.is_empty() {
            break;
        }
        progress.add(&rows.iter().map(line).collect::<Vec<_>>())?;
        tell(KojiStep::Tasks { done: progress.kept.offset, total });
    }
    Ok(())
}

/// Reads the task trees of the builds in a tag.
async fn trees(
    hub: &mut Hub,
    request: &KojiRequest,
    tag: &str,
    progress: &mut Progress,
    tell: &mut dyn FnMut(KojiStep),
) -> Result<(), KojiRecordError> {
    let tagged = ListTagged { tag: Ref::from(tag), inherit: Some(false), ..ListTagged::default() };
    let mut tasks: Vec<i64> =
        hub.call(&tagged).await?.into_iter().filter_map(|build| build.task_id).collect();
    tasks.sort_unstable();
    tasks.dedup();
    let total = tasks.len() as u64;
    let mut seen = std::collections::BTreeSet::new();
    for (at, chunk) in (0_u64..).zip(tasks.chunks(TREES)) {
        pause(request).await;
        let roots = GetTaskInfo {
            task_id: OneOrMany::Many(chunk.to_vec()),
            request: Some(true),
            strict: None,
        };
        let mut rows: Vec<Task> = match hub.call(&roots).await? {
            OneOrMany::Many(tasks) => tasks.into_iter().flatten().collect(),
            OneOrMany::One(task) => task.into_iter().collect(),
        };
        let below: Vec<GetTaskDescendents> = chunk
            .iter()
            .map(|&task_id| GetTaskDescendents { task_id, request: Some(true) })
            .collect();
        for tree in hub.call_all(&below).await? {
            // A deleted tree has no data.
            rows.extend(
                tree.into_iter().flat_map(std::collections::BTreeMap::into_values).flatten(),
            );
        }
        let (since, until) = (progress.kept.since, progress.kept.until);
        #[expect(clippy::cast_precision_loss, reason = "seconds since 1970")]
        let is_asked = |task: &Task| {
            task.state.is_final()
                && task.completion_ts.is_some_and(|at| at > since as f64 && at < until as f64)
        };
        rows.retain(|task| is_asked(task) && seen.insert(task.id));
        progress.add(&rows.iter().map(line).collect::<Vec<_>>())?;
        tell(KojiStep::Tasks { done: (at * TREES as u64 + chunk.len() as u64).min(total), total });
    }
    Ok(())
}

fn line(task: &Task) -> String {
    serde_json::to_string(task).expect("plain data")
}

pub(super) fn map(json: serde_json::Value) -> Map {
    if let Value::Struct(map) = Value::from(json) { map } else { Map::new() }
}
