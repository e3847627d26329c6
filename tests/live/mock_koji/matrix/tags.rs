//! Calls of tags, targets, packages, groups, external repositories and repos.

use serde_json::json;

use super::Row;

pub(super) const ROWS: &[Row] = &[
    Row::write("createTag", |w| json!([w.name()])),
    Row::write("editTag2", |w| json!([w.tag(), {"locked": true, "__starstar": true}])),
    Row::write("deleteTag", |w| json!([w.tag()])),
    Row::read("getTag", |w| json!([w.tag()])),
    Row::read("getBuildConfig", |w| json!([w.tag()])),
    Row::read("listTags", |_| json!([])),
    Row::read("getInheritanceData", |w| json!([w.tag()])),
    Row::write("setInheritanceData", |w| {
        let (child, parent) = (w.tag(), w.tag());
        let parent = w.call("getTag", json!([parent]))["id"].clone();
        json!([child, [{"parent_id": parent, "priority": 0}]])
    }),
    Row::read("getFullInheritance", |w| json!([w.tag()])),
    Row::read("tagLastChangeEvent", |w| json!([w.tag()])),
    Row::read("getLastEvent", |_| json!([])),
    Row::read("getEvent", |_| json!([1])),
    Row::write("packageListAdd", |w| json!([w.tag(), w.name()])),
    Row::write("packageListBlock", |w| {
        let (tag, package) = w.listed();
        json!([tag, package])
    }),
    Row::write("packageListUnblock", |w| {
        let (tag, package) = w.listed();
        w.call("packageListBlock", json!([tag, package]));
        json!([tag, package])
    }),
    Row::write("packageListRemove", |w| {
        let (tag, package) = w.listed();
        json!([tag, package])
    }),
    Row::read("listPackages", |_| json!([])),
    Row::read("getPackageID", |w| json!([w.listed().1])),
    Row::read("getPackageConfig", |w| {
        let (tag, package) = w.listed();
        json!([tag, package])
    }),
    Row::write("groupListAdd", |w| json!([w.tag(), "build"])),
    Row::write("groupPackageListAdd", |w| {
        let tag = w.tag();
        w.call("groupListAdd", json!([tag, "build"]));
        json!([tag, "build", "bash"])
    }),
    Row::read("getTagGroups", |w| json!([w.tag()])),
    Row::write("createBuildTarget", |w| {
        let tag = w.tag();
        json!([w.name(), tag, tag])
    }),
    Row::write("editBuildTarget", |w| {
        let target = w.target();
        json!([target, w.name(), target, target])
    }),
    Row::write("deleteBuildTarget", |w| json!([w.target()])),
    Row::read("getBuildTarget", |w| json!([w.target()])),
    Row::read("getBuildTargets", |_| json!([])),
    Row::write("createExternalRepo", |w| json!([w.name(), "https://example.org/repo/"])),
    Row::read("listExternalRepos", |_| json!([])),
    Row::write("addExternalRepoToTag", |w| json!([w.tag(), w.external(), 10])),
    Row::write("removeExternalRepoFromTag", |w| {
        let (tag, repo) = (w.tag(), w.external());
        w.call("addExternalRepoToTag", json!([tag, repo, 10]));
        json!([tag, repo])
    }),
    Row::read("getTagExternalRepos", |_| json!([])),
    Row::read("getExternalRepoList", |w| json!([w.tag()])),
    Row::write("createSideTag", |w| json!([w.tag()])),
    Row::write("removeSideTag", |w| {
        let tag = w.tag();
        json!([w.call("createSideTag", json!([tag]))["name"]])
    }),
    Row::write("repo.request", |w| json!([w.tag()])),
    Row::read("repo.checkRequest", |w| {
        let tag = w.tag();
        let asked = w.call("repo.request", json!([tag]));
        json!([asked["request"]["id"]])
    }),
    Row::read("repo.get", |w| json!([w.tag()])),
    Row::read("repo.queryQueue", |_| json!([])),
    Row::read("repo.query", |_| json!([[["state", "=", 1]]])),
    Row::write("repo.checkQueue", |_| json!([])),
    Row::write("repo.autoRequests", |_| json!([])),
    Row::write("repo.updateEndEvents", |_| json!([])),
    Row::read("getRepo", |w| json!([w.tag()])),
    Row::read("repoInfo", |_| json!([1])),
    Row::write("newRepo", |w| json!([w.tag()])),
    Row::write("distRepo", |w| json!([w.tag(), []])),
];
