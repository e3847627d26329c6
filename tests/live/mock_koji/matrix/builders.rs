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
    Row::own("host.initBuild", Kind::Refused, |_| json!([{}])),
    Row::own("host.completeBuild", Kind::Refused, |_| json!([1, 1, "x.src.rpm", []])),
    Row::own("host.failBuild", Kind::Refused, |_| json!([1, 1])),
    write("host.assertPolicy", |_| json!(["channel", {}])),
    Row::own("host.newBuildRoot", Kind::Refused, |_| json!([1, "x86_64"])),
    Row::own("host.setBuildRootState", Kind::Refused, |_| json!([1, "INIT"])),
    Row::own("host.repoInit", Kind::Refused, |w| json!([w.tag()])),
    Row::own("host.repoDone", Kind::Refused, |_| json!([1, {}])),
    Row::own("host.distRepoMove", Kind::Refused, |_| json!([1, "x", "x86_64"])),
    write("host.tagBuild", |w| json!([w.open_task(), w.tag(), w.build()])),
    write("host.tagNotification", |_| json!([true, null, null, 1, 1])),
];
