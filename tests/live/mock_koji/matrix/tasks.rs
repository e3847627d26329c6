//! Calls of tasks, and those that make tasks.

use serde_json::json;

use super::Row;
use super::world::World;

/// A source that nothing was built from.
fn source(world: &mut World) -> String {
    format!("git+https://src.example.org/rpms/{}#1-1", world.name())
}

pub(super) const ROWS: &[Row] = &[
    Row::write("build", |w| json!([source(w), w.target()])),
    Row::write("chainBuild", |w| json!([[[source(w)]], w.target()])),
    Row::write("moduleBuild", |w| {
        json!([{"name": w.name(), "stream": "1", "version": "1", "context": "c0ffee00",
                "arches": ["x86_64"], "platform_tag": "platform-build", "batches": []}])
    }),
    Row::write("makeTask", |w| json!(["sleep", [1], {"label": w.name(), "__starstar": true}])),
    Row::read("getTaskInfo", |w| json!([w.task()])),
    Row::read("getTaskRequest", |w| json!([w.task()])),
    Row::read("getTaskChildren", |w| json!([w.task()])),
    Row::read("getTaskDescendents", |w| json!([w.task()])),
    Row::read("listTasks", |_| json!([{"state": [0]}, {"limit": 5}])),
    Row::read("getTaskResult", |_| json!([1])),
    Row::read("taskFinished", |w| json!([w.task()])),
    Row::write("cancelTask", |w| json!([w.task()])),
    Row::write("cancelTaskFull", |w| json!([w.task()])),
    Row::write("cancelTaskChildren", |w| json!([w.task()])),
    Row::write("resubmitTask", |w| {
        let task = w.task();
        w.call("cancelTask", json!([task]));
        json!([task])
    }),
    Row::write("setTaskPriority", |w| json!([w.task(), 7])),
    Row::write("freeTask", |w| json!([w.task()])),
    Row::read("listTaskOutput", |w| json!([w.task()])),
    Row::read("downloadTaskOutput", |w| {
        let built =
            w.call("listTasks", json!([{"method": "buildArch", "state": [2]}, {"limit": 1}]));
        json!([built[0]["id"], "build.log"])
    }),
    Row::read("listBuildroots", |_| json!([])),
];
