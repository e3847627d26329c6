//! Calls of sessions, users and permissions.

use serde_json::json;

use super::{Kind, Row};

pub(super) const ROWS: &[Row] = &[
    Row::read("getAPIVersion", |_| json!([])),
    Row::read("getKojiVersion", |_| json!([])),
    Row::read("_listapi", |_| json!([])),
    // As a call of a session; logging in has a separate test.
    Row::new("login", Kind::Same, |_| json!(["alice", "secret"])),
    // The mock has no TLS, and no client of it can be verified.
    Row::new("sslLogin", Kind::Refused, |_| json!([])),
    Row::new("logout", Kind::Same, |w| {
        let other = w.call("subsession", json!([]));
        json!([{"session_id": other["session-id"], "__starstar": true}])
    }),
    Row::write("logoutChild", |w| {
        let child = w.by_client("subsession", json!([]));
        json!([child["session-id"]])
    }),
    Row::write("subsession", |_| json!([])),
    Row::write("exclusiveSession", |w| {
        w.connect("worker");
        json!([{"force": true, "__starstar": true}])
    }),
    Row::new("showSession", Kind::OwnRead, |_| json!([])),
    Row::new("getSessionInfo", Kind::OwnRead, |_| json!([])),
    Row::read("getLoggedInUser", |_| json!([])),
    Row::read("getUser", |_| json!(["worker"])),
    Row::read("getPerms", |_| json!([])),
    Row::read("getUserPerms", |_| json!(["worker"])),
    Row::read("hasPerm", |_| json!(["tag"])),
    Row::read("getAllPerms", |_| json!([])),
    Row::write("grantPermission", |w| json!([w.user(), "tag"])),
    Row::write("grantCGAccess", |w| json!([w.user(), "module-build-service"])),
    Row::read("mavenEnabled", |_| json!([])),
    Row::write("multiCall", |w| {
        json!([[{"methodName": "createTag", "params": [w.name()]},
                {"methodName": "createTag", "params": [w.name()]}]])
    }),
];
