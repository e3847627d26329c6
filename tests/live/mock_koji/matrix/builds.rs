//! Calls on builds, on tagging, and on imports.

use serde_json::json;

use super::Row;

pub(super) const ROWS: &[Row] = &[
    Row::read("getBuild", |w| json!([w.build()])),
    Row::read("listBuilds", |_| json!([])),
    Row::read("listTagged", |w| json!([w.tagged().0])),
    Row::read("listTaggedRPMS", |w| json!([w.tagged().0])),
    Row::read("getLatestBuilds", |w| json!([w.tagged().0])),
    Row::write("tagBuild", |w| json!([w.tag(), w.build(), {"force": true, "__starstar": true}])),
    Row::write("tagBuildBypass", |w| json!([w.tag(), w.build()])),
    Row::write("untagBuild", |w| {
        let (tag, build) = w.tagged();
        json!([tag, build])
    }),
    Row::write("cancelBuild", |w| {
        let name = w.name();
        let of = json!({"name": name, "version": "1", "release": "1"});
        w.call("CGInitBuild", json!(["module-build-service", of]));
        json!([format!("{name}-1-1")])
    }),
    Row::read("getBuildLogs", |w| json!([w.build()])),
    Row::read("listBuildRPMs", |w| json!([w.build()])),
    Row::read("getRPMHeaders", |_| json!([1])),
    Row::read("listRPMs", |_| json!([1])),
    Row::read("queryRPMSigs", |_| json!([1])),
    Row::read("listArchives", |_| json!([1])),
    Row::read("getMavenBuild", |w| json!([w.build()])),
    Row::read("getWinBuild", |w| json!([w.build()])),
    Row::read("getBuildType", |w| json!([w.build()])),
    Row::read("getAverageBuildDuration", |_| json!(["perl"])),
    Row::read("queryHistory", |w| {
        let (tag, _) = w.tagged();
        json!([{"tables": ["tag_listing"], "tag": tag, "__starstar": true}])
    }),
    Row::read("listBTypes", |_| json!([])),
    Row::write("addBType", |w| json!([w.name()])),
    Row::read("listCGs", |_| json!([])),
    Row::write(
        "CGInitBuild",
        |w| json!(["module-build-service", {"name": w.name(), "version": "1", "release": "1"}]),
    ),
    Row::write("CGRefundBuild", |w| {
        let of = json!({"name": w.name(), "version": "1", "release": "1"});
        let kept = w.call("CGInitBuild", json!(["module-build-service", of]));
        json!(["module-build-service", kept["build_id"], kept["token"]])
    }),
    Row::write("CGImport", |w| json!([w.metadata(), ""])),
    Row::read("checkUpload", |_| json!(["cli-build/1", "nothing.txt"])),
];
