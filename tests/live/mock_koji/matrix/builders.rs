//! Calls of a builder, in its exclusive session.

use serde_json::json;

use super::{Kind, Row};

/// An answer that a task ends with.
const DONE: &str = "<methodResponse><params><param><value><string>done</string></value></param></params>\
                    </methodResponse>";

const fn read(method: &'static str, params: fn(&mut super::World) -> serde_json::Value) -> Row {
    Row::own(method, Kind::OwnRead, params)
}

const fn write(method: &'static str, params: fn(&mut super::World) -> serde_json::Value) -> Row {
    Row::own(method, Kind::Write, params)
}

pub(super) const ROWS: &[Row] = &[
    read("host.getID", |_| json!([])),
    read("host.getHost", |_| json!([])),
    read("host.getHostTasks", |_| json!([])),
    // The scheduler may run in it.
    write("host.getTasks", |_| json!([])),
    Row::own("host.updateHost", Kind::Same, |_| json!([0.5, true])),
    write("host.openTask", |w| json!([w.task()])),
    write("host.refuseTask", |w| json!([w.task()])),
    write("host.freeTasks", |w| json!([[w.open_task()]])),
    write("host.setTaskWeight", |w| json!([w.open_task(), 2.5])),
    write("host.subtask", |w| json!(["sleep", [1], w.open_task()])),
    Row::own("host.taskSetWait", Kind::Same, |w| json!([w.open_task(), null])),
    Row::own("host.taskWait", Kind::Same, |w| json!([w.open_task()])),
    read("host.taskWaitResults", |w| json!([w.open_task(), []])),
    write("host.closeTask", |w| json!([w.open_task(), DONE])),
    write("host.failTask", |w| json!([w.open_task(), DONE])),
    write("host.initBuild", |w| {
        let task = w.open_task();
        json!([{"name": w.name(), "version": "1", "release": "1", "task_id": task}])
    }),
    write("host.completeBuild", |w| {
        let (task, build) = w.reserved_build();
        json!([task, build, "tasks/1/1/x-1-1.src.rpm", []])
    }),
    write("host.failBuild", |w| {
        let (task, build) = w.reserved_build();
        json!([task, build])
    }),
    write("host.assertPolicy", |_| json!(["channel", {}])),
    write("host.newBuildRoot", |w| json!([w.begun_repo(), "x86_64"])),
    // The hub does not keep its number.
    Row::own("host.setBuildRootState", Kind::Same, |w| {
        let repo = w.begun_repo();
        let root = w.by_client("host.newBuildRoot", json!([repo, "x86_64"]));
        json!([root, "BUILDING"])
    }),
    write("host.repoInit", |w| json!([w.tag()])),
    write("host.repoDone", |w| json!([w.begun_repo(), {}])),
    // A repo whose list of packages was not sent.
    Row::own("host.distRepoMove", Kind::Refused, |_| json!([1, "x", "x86_64"])),
    write("host.tagBuild", |w| json!([w.open_task(), w.tag(), w.build()])),
    write("host.tagNotification", |_| json!([true, null, null, 1, 1])),
];
