//! What was asked of koji: tasks that build modules, as JSON for programs.

use serde::Serialize;

use crate::koji::{TaskState, Value};
use crate::live::module_tasks::ModuleTask;

#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    hub: &'a str,
    tasks: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    task_id: i64,
    state: Option<TaskState>,
    nvr: Option<&'a str>,
    tag: Option<&'a str>,
    components: Vec<&'a str>,
}

/// Renders the tasks that a hub was asked for.
///
/// # Panics
/// Never: numbers and texts are JSON always.
#[must_use]
pub fn json(hub: &str, tasks: &[ModuleTask]) -> String {
    let document = Document { format: 1, hub, tasks: tasks.iter().map(row).collect() };
    serde_json::to_string_pretty(&document).expect("numbers and texts are JSON")
}

fn row(task: &ModuleTask) -> Row<'_> {
    let member = |name: &str| task.result.as_ref().and_then(|result| result.get(name));
    let components = member("components").and_then(Value::as_list).unwrap_or_default();
    Row {
        id: &task.id,
        task_id: task.task,
        state: task.state,
        nvr: member("nvr").and_then(Value::as_str),
        tag: member("tag").and_then(Value::as_str),
        components: components.iter().filter_map(Value::as_str).collect(),
    }
}
