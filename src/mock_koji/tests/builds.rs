//! Builds, repos, tagging and imports.

use serde_json::json;

use super::{Client, setup};

const BASH: &str = "git+https://src.example.org/rpms/bash#5.2-1.f99";

#[test]
fn a_build_goes_through_its_tree_and_into_its_tag() {
    let mut client = Client::new(setup());
    client.make_target("m", &["bash"]);
    let task = client.call("build", json!([BASH, "m", {}, 5]));
    assert_eq!(client.wait(&task), 2);
    let info = client.call("getTaskInfo", json!([task, true]));
    assert_eq!(info["priority"], 25);
    assert_eq!(info["request"], json!([BASH, "m", {}]));
    let children = client.call("getTaskChildren", json!([task]));
    let of = |key: &str| -> Vec<String> {
        let children = children.as_array().expect("a list").iter();
        children.map(|child| child[key].as_str().unwrap_or("-").to_owned()).collect()
    };
    let methods = ["waitrepo", "buildSRPMFromSCM", "buildArch", "buildArch", "tagBuild"];
    assert_eq!(of("method"), methods);
    assert_eq!(of("label"), ["waitrepo", "srpm", "x86_64", "aarch64", "tag"]);
    assert!(children.as_array().expect("a list").iter().all(|child| child["priority"] == 24));
    let builds = client.call("listBuilds", json!([null, null, task]));
    assert_eq!(builds[0]["nvr"], "bash-5.2-1.f99");
    assert_eq!(builds[0]["state"], 1);
    let tagged = client.call("listTagged", json!(["m"]));
    assert_eq!(tagged[0]["nvr"], "bash-5.2-1.f99");
    assert_eq!(client.call("getTaskResult", json!([task])), json!(null));
    // The same build again is refused, after the source package was made.
    let again = client.call("build", json!([BASH, "m"]));
    assert_eq!(client.wait(&again), 5);
    let (code, text) = client.fault("getTaskResult", json!([again]));
    assert_eq!(code, 1000);
    assert!(text.starts_with("Build already exists (id="), "{text}");
}

#[test]
fn a_failing_arch_cancels_its_sibling_and_fails_the_build() {
    let mut client = Client::new(setup());
    client.make_target("m", &["ftbfs"]);
    let source = "git+https://src.example.org/rpms/ftbfs#1.0-1";
    let task = client.call("build", json!([source, "m"]));
    assert_eq!(client.wait(&task), 5);
    let (code, text) = client.fault("getTaskResult", json!([task]));
    assert_eq!(code, 1005);
    assert!(text.starts_with("error building package (arch x86_64)"), "{text}");
    assert_eq!(client.call("getBuild", json!(["ftbfs-1.0-1"]))["state"], 3);
    let again = client.call("resubmitTask", json!([task]));
    assert_ne!(again, task);
    assert_eq!(client.fault("resubmitTask", json!([again])).0, 1000);
}

#[test]
fn what_is_wrong_with_a_build_shows_in_its_task() {
    let mut client = Client::new(setup());
    client.make_target("m", &["bash"]);
    client.make_target("other", &[]);
    let why = |client: &mut Client, source: &str, target: &str, opts| {
        let task = client.call("build", json!([source, target, opts]));
        assert_eq!(client.wait(&task), 5);
        client.fault("getTaskResult", json!([task]))
    };
    assert_eq!(
        why(&mut client, BASH, "nosuch", json!({})),
        (1000, "unknown build target: nosuch".to_owned())
    );
    assert_eq!(
        why(&mut client, BASH, "m", json!({"repo_id": 99_999})),
        (1005, "No such repo: 99999".to_owned())
    );
    assert_eq!(
        why(&mut client, BASH, "other", json!({})),
        (1005, "package bash not in list for tag other".to_owned())
    );
    client.call("packageListBlock", json!(["m", "bash"]));
    assert_eq!(
        why(&mut client, BASH, "m", json!({})),
        (1005, "package bash is blocked for tag m".to_owned())
    );
    client.call("packageListUnblock", json!(["m", "bash"]));
    client.call("editTag2", json!(["m", {"locked": true, "__starstar": true}]));
    assert_eq!(why(&mut client, BASH, "m", json!({})), (1004, "tag is locked".to_owned()));
    assert_eq!(client.call("getBuild", json!(["bash-5.2-1.f99"]))["state"], 1, "it is built");
}

#[test]
fn a_chain_builds_level_by_level() {
    let mut client = Client::new(setup());
    client.make_target("m", &["bash", "nginx"]);
    let levels = json!([[BASH], ["git+https://src.example.org/rpms/nginx#2-1"]]);
    let task = client.call("chainBuild", json!([levels, "m"]));
    assert_eq!(client.wait(&task), 2);
    let children = client.call("getTaskChildren", json!([task]));
    let labels: Vec<&str> =
        children.as_array().expect("a list").iter().filter_map(|c| c["label"].as_str()).collect();
    assert_eq!(labels, ["build 0,0", "wait 1", "build 1,0"]);
    assert_eq!(client.call("listTagged", json!(["m"])).as_array().map(Vec::len), Some(2));
}

#[test]
fn a_repo_is_made_on_request_and_serves_all_that_ask_alike() {
    let mut client = Client::new(setup());
    client.make_target("m", &["bash"]);
    let event = client.call("tagLastChangeEvent", json!(["m-build"]));
    let min = json!({"min_event": event, "__starstar": true});
    let first = client.call("repo.request", json!(["m-build", min]));
    assert_eq!(first["repo"], json!(null));
    let second = client.call("repo.request", json!(["m-build", min]));
    assert_eq!(
        (&second["duplicate"], &second["request"]["id"]),
        (&json!(true), &first["request"]["id"])
    );
    let request = first["request"]["id"].clone();
    let mut answer = json!(null);
    for _ in 0..200 {
        client.seconds += 5;
        answer = client.call("repo.checkRequest", json!([request]));
        if answer["repo"] != json!(null) {
            break;
        }
    }
    assert_eq!(answer["repo"]["state"], 1);
    assert!(answer["repo"]["create_event"].as_i64() >= event.as_i64());
    let third = client.call("repo.request", json!(["m-build", min]));
    assert_eq!(third["repo"]["id"], answer["repo"]["id"]);
    // A change of an inherited tag makes it out of date.
    client.call("packageListAdd", json!(["m", "nginx", "alice"]));
    let last = json!({"min_event": "last", "__starstar": true});
    assert_eq!(client.call("repo.request", json!(["m-build", last]))["repo"], json!(null));
}

#[test]
fn a_cancel_takes_the_tree_and_the_build_with_it() {
    let mut client = Client::new(setup());
    client.make_target("m", &["bash"]);
    let task = client.call("build", json!([BASH, "m"]));
    while client.call("getBuild", json!(["bash-5.2-1.f99"])).is_null() {
        client.seconds += 5;
    }
    client.call("cancelTask", json!([task]));
    assert_eq!(client.wait(&task), 3);
    assert_eq!(
        client.fault("getTaskResult", json!([task])),
        (1000, format!("Task {task} is canceled"))
    );
    assert_eq!(client.call("getBuild", json!(["bash-5.2-1.f99"]))["state"], 4);
}

#[test]
fn the_recorded_past_is_there_as_tasks_and_builds() {
    let mut client = Client::new(setup());
    let opts = json!({"method": "buildArch", "state": [2, 5], "decode": true});
    let tasks = client.call("listTasks", json!([opts, {"order": "id"}]));
    let tasks = tasks.as_array().expect("a list");
    assert_eq!(tasks.len(), 4);
    let runs: Vec<f64> = tasks
        .iter()
        .map(|t| t["completion_ts"].as_f64().unwrap() - t["start_ts"].as_f64().unwrap())
        .map(f64::round)
        .collect();
    assert_eq!(runs, [100.0, 200.0, 50.0, 60.0]);
    assert_eq!(tasks[2]["state"], 5);
    let builds = client.call("listBuilds", json!([]));
    assert_eq!(builds[0]["nvr"], "bash-0-1");
    assert_eq!(builds[1]["state"], 3);
}

#[test]
fn a_module_is_imported_once() {
    let mut client = Client::new(setup());
    let mut metadata = json!({
        "metadata_version": 0,
        "buildroots": [{"id": 1, "content_generator": {"name": "module-build-service", "version": "0"}}],
        "build": {"name": "perl", "version": "5.30", "release": "1.c0ffee00", "owner": "alice",
                  "start_time": 1_795_348_700, "end_time": 1_795_348_790, "source": "https://x/perl?#a",
                  "extra": {"typeinfo": {"module": {"name": "perl", "stream": "5.30"}}}},
        "output": [{"buildroot_id": 1, "arch": "noarch", "type": "file", "filename": "modulemd.txt",
                    "filesize": 3, "checksum_type": "md5", "checksum": "x"}],
    });
    let (code, text) = client.fault("CGImport", json!([metadata, "modplan/1"]));
    assert_eq!(code, 1);
    assert!(text.contains("FileNotFoundError"), "{text}");
    client.upload("modplan/1", "modulemd.txt", b"abc");
    let md5 = "900150983cd24fb0d6963f7d28e17f72";
    let refused = client.fault("CGImport", json!([metadata, "modplan/1"]));
    assert_eq!(refused, (1000, format!("File checksum mismatch for modulemd.txt: x != {md5}")));
    let file = &mut metadata["output"][0];
    file["checksum"] = json!(md5);
    file["checksum_type"] = json!("sha256");
    let (code, text) = client.fault("CGImport", json!([metadata, "modplan/1"]));
    let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!((code, text.ends_with(&format!("{md5} != {sha256}"))), (1000, true), "{text}");
    metadata["output"][0]["checksum_type"] = json!("sha1");
    let unknown = client.fault("CGImport", json!([metadata, "modplan/1"]));
    assert_eq!(unknown, (1000, "Unsupported verify type: sha1".to_owned()));
    assert!(client.call("getBuild", json!(["perl-5.30-1.c0ffee00"])).is_null());
    metadata["output"][0]["checksum_type"] = json!("md5");
    let build = client.call("CGImport", json!([metadata, "modplan/1"]));
    assert_eq!(build["nvr"], "perl-5.30-1.c0ffee00");
    assert_eq!(build["state"], 1);
    let types = client.call("getBuildType", json!(["perl-5.30-1.c0ffee00"]));
    assert_eq!(types["module"]["stream"], "5.30");
    let (code, text) = client.fault("CGImport", json!([metadata, "modplan/1"]));
    assert_eq!(code, 1000);
    assert!(text.starts_with("Build already exists: perl-5.30-1.c0ffee00"), "{text}");
    client.call("packageListAdd", json!(["f99", "perl", "alice"]));
    client.call("tagBuildBypass", json!(["f99", "perl-5.30-1.c0ffee00"]));
    assert_eq!(
        client.fault("tagBuildBypass", json!(["f99", "perl-5.30-1.c0ffee00"])),
        (1003, "build perl-5.30-1.c0ffee00 already tagged (f99)".to_owned())
    );
    let modules = client.call("listTagged", json!(["f99", {"type": "module", "__starstar": true}]));
    assert_eq!(modules[0]["nvr"], "perl-5.30-1.c0ffee00");
}

#[test]
fn a_reservation_blocks_its_name_until_it_is_given_back() {
    let mut client = Client::new(setup());
    let data = json!({"name": "perl", "version": "5.32", "release": "1.aaaa", "epoch": null});
    let held = client.call("CGInitBuild", json!(["module-build-service", data]));
    let (code, text) = client.fault("CGInitBuild", json!(["module-build-service", data]));
    assert_eq!((code, text.as_str()), (1000, "Build is already reserved: perl-5.32-1.aaaa"));
    let (id, token) = (&held["build_id"], &held["token"]);
    assert_eq!(client.fault("CGRefundBuild", json!(["module-build-service", id, "0"])).0, 1000);
    client.call("CGRefundBuild", json!(["module-build-service", id, token]));
    assert_eq!(client.call("getBuild", json!([id]))["state"], 3);
    let again = client.call("CGInitBuild", json!(["module-build-service", data]));
    assert_eq!(again["build_id"], *id, "its number is used again");
}
