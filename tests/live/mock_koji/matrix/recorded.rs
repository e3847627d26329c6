//! The calls of builders, of the repo manager and of owners of side tags, in their usual order: the
//! mock's answers have the shape of recorded answers of a real hub.

use modplan::koji::codec;
use serde_json::{Value as Json, json};

use super::world::World;
use crate::support::shared;

/// Calls that are answered here, with the names of their recordings.
const FILES: [(&str, &str); 12] = [
    ("createSideTag", "113-createSideTag"),
    ("removeSideTag", "114-removeSideTag"),
    ("repo.autoRequests", "210-repo.autoRequests"),
    ("repo.checkQueue", "211-repo.checkQueue"),
    ("repo.updateEndEvents", "213-repo.updateEndEvents"),
    ("host.initBuild", "186-host.initBuild"),
    ("host.completeBuild", "172-host.completeBuild"),
    ("host.failBuild", "175-host.failBuild"),
    ("host.newBuildRoot", "187-host.newBuildRoot"),
    ("host.setBuildRootState", "191-host.setBuildRootState"),
    ("host.repoInit", "190-host.repoInit"),
    ("host.repoDone", "189-host.repoDone"),
];

/// Returns where the shape of an answer differs: other members, or values of another kind. A
/// recorded nil may stand for any kind.
fn differs(own: &Json, recorded: &Json) -> Option<String> {
    match (own, recorded) {
        (Json::Null, _) | (_, Json::Null) => None,
        (Json::Object(own), Json::Object(recorded)) => {
            recorded.iter().find_map(|(name, value)| match own.get(name) {
                None => (!value.is_null()).then(|| format!("no {name}")),
                Some(own) => differs(own, value).map(|why| format!("{name}: {why}")),
            })
        }
        (Json::Array(own), Json::Array(recorded)) => {
            own.iter().zip(recorded).find_map(|(own, recorded)| differs(own, recorded))
        }
        _ if std::mem::discriminant(own) == std::mem::discriminant(recorded) => None,
        _ => Some(format!("{own} for {recorded}")),
    }
}

/// Makes the calls of a builder's build and repo, and of a side tag; returns the answers by method.
fn answers(world: &mut World) -> Vec<(&'static str, Json)> {
    let mut answers = Vec::new();
    let base = world.tag();
    let side = world.call("createSideTag", json!([base]));
    let name = side["name"].clone();
    assert_eq!(name, format!("{base}-side-{}", side["id"]));
    let target = world.call("getBuildTarget", json!([name]));
    assert_eq!((&target["build_tag"], &target["dest_tag"]), (&side["id"], &side["id"]));
    let parents = world.call("getInheritanceData", json!([name]));
    assert_eq!(parents[0]["name"], base.as_str());
    answers.push(("createSideTag", side));
    answers.push(("removeSideTag", world.call("removeSideTag", json!([name]))));
    assert_eq!(world.call("getTag", json!([name])), Json::Null);
    for method in ["repo.autoRequests", "repo.checkQueue", "repo.updateEndEvents"] {
        answers.push((method, world.call(method, json!([]))));
    }

    world.connect_builder();
    let tag = world.tag();
    let begun = world.by_client("host.repoInit", json!([tag, {"opts": {}, "__starstar": true}]));
    let repo = begun[0].clone();
    answers.push(("host.repoInit", begun));
    assert_eq!(world.call("getRepo", json!([tag])), Json::Null, "it is being made");
    let files = json!({"x86_64": ["tasks/1/1", ["repomd.xml"]]});
    answers.push(("host.repoDone", world.by_client("host.repoDone", json!([repo, files]))));
    assert_eq!(world.call("getRepo", json!([tag]))["id"], repo);
    let fields = json!([["id", "=", repo], ["state", "!=", 3]]);
    let rows = world.call("repo.query", json!([fields, ["id", "tag_name", "state"]]));
    assert_eq!(rows, json!([{"id": repo, "tag_name": tag, "state": 1}]));

    let (failing, failed) = world.reserved_build();
    answers.push(("host.failBuild", world.by_client("host.failBuild", json!([failing, failed]))));
    assert_eq!(world.call("getBuild", json!([failed]))["state"], 3);
    let task = world.open_task();
    let data = json!({"name": "nginx", "version": "7", "release": "1", "epoch": null, "task_id": task,
                      "source": "git+https://x/nginx#7-1", "extra": {"source": {"original_url": "x"}}});
    let build = world.by_client("host.initBuild", json!([data]));
    assert_eq!(world.call("getBuild", json!(["nginx-7-1"]))["state"], 0);
    let root = world.by_client(
        "host.newBuildRoot",
        json!([repo, "x86_64", {"task_id": task, "__starstar": true}]),
    );
    answers.push((
        "host.setBuildRootState",
        world.by_client("host.setBuildRootState", json!([root, 3])),
    ));
    let own = world.call("listBuildroots", json!([{"taskID": task, "__starstar": true}]));
    assert_eq!((&own[0]["id"], &own[0]["state"]), (&root, &json!(3)));
    let rpms = json!(["tasks/1/1/nginx-7-1.x86_64.rpm", "tasks/1/1/nginx-7-1.aarch64.rpm"]);
    let roots = json!({"tasks/1/1/nginx-7-1.x86_64.rpm": root});
    let done = world.by_client(
        "host.completeBuild",
        json!([task, build, "tasks/1/1/nginx-7-1.src.rpm", rpms, roots]),
    );
    assert_eq!((&done["state"], &done["id"]), (&json!(1), &build));
    let rpms = world.call("listBuildRPMs", json!([build]));
    let arches: Vec<&str> =
        rpms.as_array().expect("RPMs").iter().filter_map(|rpm| rpm["arch"].as_str()).collect();
    assert_eq!(arches, ["src", "x86_64", "aarch64"]);
    assert_eq!(rpms[1]["buildroot_id"], root);
    answers.extend([
        ("host.completeBuild", done),
        ("host.initBuild", build),
        ("host.newBuildRoot", root),
    ]);
    answers
}

#[test]
fn calls_of_builders_and_the_repo_manager_are_answered_in_the_recorded_shapes() {
    let Some(directory) = shared("wire/koji") else { return };
    let mut world = World::start();
    let answers = answers(&mut world);
    for (method, name) in FILES {
        let text = std::fs::read_to_string(directory.join(format!("{name}.resp.xml")));
        let recorded = codec::read_answer(&text.expect("it was recorded")).expect("an answer");
        let recorded: Json = recorded.expect("it was answered").into();
        let own = answers.iter().find(|(known, _)| *known == method);
        let (_, own) = own.unwrap_or_else(|| panic!("{method} was not called"));
        assert_eq!(own.is_null(), recorded.is_null(), "{method}");
        assert_eq!(differs(own, &recorded), None, "{method}: {own} for {recorded}");
    }
}

#[test]
fn what_a_builder_may_not_do_is_refused_in_kojis_words() {
    let mut world = World::start();
    world.connect_builder();
    let why = |world: &mut World, method: &str, params: Json| {
        let answer = world.client(method, super::world::values(params));
        let error = answer.expect_err("it is refused");
        let fault = error.fault().expect("the hub says so").clone();
        (fault.code(), fault.text)
    };
    let (task, build) = world.reserved_build();
    let data = world.call("getBuild", json!([build]));
    let again = json!([{"name": data["name"], "version": "1", "release": "1", "task_id": task}]);
    let (code, text) = why(&mut world, "host.initBuild", again);
    assert_eq!((code, text), (1000, format!("Build already in progress (task {task})")));
    let foreign = world.task();
    let (code, text) = why(&mut world, "host.failBuild", json!([foreign, build]));
    assert!(code == 1004 && text.ends_with(&format!("does not own task {foreign}")), "{text}");
    let tag = world.tag();
    world.call("distRepo", json!([tag, []]));
    let repo = world.call("getRepo", json!([tag, {"dist": true, "state": 0, "__starstar": true}]));
    let refused =
        why(&mut world, "host.distRepoMove", json!([repo["id"], "tasks/78/78", "x86_64"]));
    assert_eq!(refused, (1000, "Missing repo manifest".to_owned()));
    assert_eq!(
        why(&mut world, "removeSideTag", json!([tag])),
        (1000, format!("Not a sidetag: {tag}"))
    );
}
