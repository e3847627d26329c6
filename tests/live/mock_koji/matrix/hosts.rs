//! Calls of builders, channels and the scheduler, as people make them.

use serde_json::json;

use super::Row;

pub(super) const ROWS: &[Row] = &[
    Row::read("listHosts", |_| json!([])),
    Row::read("getHost", |_| json!(["worker"])),
    Row::read("getLastHostUpdate", |_| json!(["worker"])),
    Row::write("addHost", |w| json!([w.name(), ["x86_64"]])),
    Row::write("editHost", |w| json!([w.host(), {"capacity": 4.0, "__starstar": true}])),
    Row::write("enableHost", |w| {
        let host = w.host();
        w.call("disableHost", json!([host]));
        json!([host])
    }),
    Row::write("disableHost", |w| json!([w.host()])),
    Row::write("addHostToChannel", |w| json!([w.host(), "module"])),
    Row::write("removeHostFromChannel", |w| json!([w.host(), "default"])),
    Row::read("listChannels", |_| json!([])),
    Row::read("getChannel", |_| json!(["module"])),
    Row::read("getAllArches", |_| json!([])),
    Row::read("scheduler.getTaskRuns", |_| json!([])),
    Row::read("scheduler.getTaskRefusals", |_| json!([])),
    Row::read("scheduler.getHostData", |_| json!([])),
    Row::read("scheduler.getLogMessages", |_| json!([])),
    Row::write("scheduler.doRun", |_| json!([])),
];
