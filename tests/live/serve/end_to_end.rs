//! The service as a program: from a submission to a module that others can build on.

use serde_json::{Value as Json, json};

use super::client::{Site, document};

fn ids(builds: &Json) -> Vec<u64> {
    let list = builds.as_array().expect("a list of builds").iter();
    list.map(|build| build["id"].as_u64().expect("a number")).collect()
}

#[test]
fn a_submission_is_expanded_built_and_ready_and_others_build_on_it() {
    let Some(site) = Site::new(&[]) else { return };
    let service = site.serve(&[]);
    assert_eq!(service.get("about/")["auth_method"], "none");
    let mut libs = Vec::new();
    for stream in ["1", "2"] {
        let text = document("lib", stream, "", &["lib", "libtool"]);
        let answer = service.post("module-builds/", &json!({"modulemd": text}));
        assert_eq!(answer.status, 201, "{}", answer.body);
        let builds = answer.json();
        assert_eq!(builds[0]["state_name"], "init");
        libs.extend(ids(&builds));
    }
    for id in &libs {
        let build = service.build_in(*id, &["ready"]);
        let rpms = &build["tasks"]["rpms"];
        for package in ["lib", "libtool"] {
            assert_eq!(rpms[package]["state"], 1, "{build}");
            assert!(rpms[package]["task_id"].as_u64() > Some(0), "{build}");
        }
        let states: Vec<&str> = (build["state_trace"].as_array().expect("a list").iter())
            .filter_map(|step| step["state_name"].as_str())
            .collect();
        assert_eq!(states, ["init", "wait", "build", "done", "ready"]);
    }
    let text = document("app", "1", ", lib: []", &["app"]);
    let answer = service.post("module-builds/", &json!({"modulemd": text}));
    assert_eq!(answer.status, 201, "{}", answer.body);
    let apps = ids(&answer.json());
    assert_eq!(apps.len(), 2, "one for each stream of lib");
    let mut streams = Vec::new();
    for id in &apps {
        let build = service.build_in(*id, &["ready"]);
        streams.push(build["buildrequires"]["lib"]["stream"].as_str().expect("text").to_owned());
        assert_eq!(build["base_module_buildrequires"][0]["name"], "platform");
    }
    streams.sort();
    assert_eq!(streams, ["1", "2"]);
    let one = service.get(&format!("module-builds/{}", apps[0]));
    assert_eq!(one["siblings"], json!([apps[1]]));
    let nvr = one["tasks"]["rpms"]["app"]["nvr"].as_str().expect("it is known").to_owned();
    assert!(nvr.starts_with("app-") && nvr.contains(".module+el8+"), "{nvr}");
    let found = service.get(&format!("module-builds/?rpm={nvr}.x86_64.rpm"));
    assert_eq!(ids(&found["items"]), [apps[0]]);
    let messages = service.get(&format!("module-builds/{}/messages", apps[0]));
    assert_eq!(messages["messages"][0]["message"], "ready");
}

#[test]
fn what_cannot_be_built_is_said_with_the_requirement() {
    let Some(site) = Site::new(&[]) else { return };
    let service = site.serve(&[]);
    let refused = |text: String| {
        let answer = service.post("module-builds/", &json!({"modulemd": text}));
        (answer.status, answer.json()["message"].as_str().expect("a text").to_owned())
    };
    let (status, message) = refused(document("app", "1", ", lib: [7]", &["app"]));
    assert_eq!(status, 422);
    assert_eq!(message, "there is no build of lib:7 (required by group 1)");
    let (status, message) = refused(document("app", "1", ", platform: [el7]", &["app"]));
    assert_eq!(status, 422, "{message}");
    let (status, message) = refused("x: [".to_owned());
    assert!(status == 422 && message.starts_with("The modulemd is invalid: "), "{message}");
    let mut text = document("app", "1", "", &["app"]);
    text.push_str("    modules: {lib: {rationale: r, ref: f}}\n");
    let (status, message) = refused(text);
    assert!(status == 422 && message.contains("includes the module lib"), "{message}");
    assert_eq!(service.get("module-builds/?name=app")["meta"]["total"], 0);
}

#[test]
fn a_build_is_canceled_by_its_owner_alone() {
    // A slow hub: the build is under way for as long as the test wants.
    let Some(site) = Site::new(&["--speed", "1"]) else { return };
    let service = site.serve(&[]);
    let submit = |name: &str, owner: Option<&str>| {
        let text = document(name, "1", "", &["app"]);
        let answer = service.post("module-builds/", &json!({"modulemd": text, "owner": owner}));
        assert_eq!(answer.status, 201, "{}", answer.body);
        ids(&answer.json())[0]
    };
    let cancel = |id: u64| {
        let path = format!("/module-build-service/2/module-builds/{id}");
        service.ask("PATCH", &path, Some(&json!({"state": "failed"})))
    };
    let (theirs, own) = (submit("app", Some("kim")), submit("other", None));
    service.build_in(own, &["build"]);
    let answer = cancel(theirs);
    assert_eq!(answer.status, 403, "{}", answer.body);
    assert!(answer.body.contains("You are not owner of this build"), "{}", answer.body);
    let answer = cancel(own);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["state_reason"], "Canceled by anonymous.");
    let answer = cancel(own);
    assert_eq!(answer.status, 403, "{}", answer.body);
    let path = format!("module-builds/{own}");
    loop {
        // Its task at the hub is canceled, too.
        let app = &service.get(&path)["tasks"]["rpms"]["app"];
        if app["state"] == 4 || app["state"] == Json::Null {
            break;
        }
        std::thread::yield_now();
    }
    assert_eq!(service.get(&path)["state_name"], "failed");
    assert_eq!(service.get("module-builds/?state=failed")["meta"]["total"], 1);
}

#[test]
fn a_scratch_build_is_built_and_then_thrown_away() {
    let Some(site) = Site::new(&[]) else { return };
    let service = site.serve(&[]);
    let text = document("app", "1", "", &["app"]);
    let body = json!({"modulemd": text, "scratch": true, "scmurl": null, "branch": null, "module_name": "app"});
    let answer = service.post("module-builds/", &body);
    assert_eq!(answer.status, 201, "{}", answer.body);
    let build = answer.json()[0].clone();
    let id = build["id"].as_u64().expect("a number");
    assert!(build["context"].as_str().is_some_and(|context| context.ends_with("_1")), "{build}");
    let tag = build["koji_tag"].as_str().expect("a tag");
    assert!(tag.starts_with("scrmod-app-1-") && tag.ends_with(&format!("+{id}")), "{tag}");
    let done = service.build_in(id, &["done"]);
    let nvr = loop {
        let build = service.get(&format!("module-builds/{id}"));
        if let Some(nvr) = build["tasks"]["rpms"]["app"]["nvr"].as_str() {
            break nvr.to_owned();
        }
        std::thread::yield_now();
    };
    assert!(nvr.contains(".scrmod+el8+"), "{nvr}");
    assert!(done["time_completed"].is_string(), "{done}");
    let after = document("after", "1", ", app: [1]", &["after"]);
    let answer = service.post("module-builds/", &json!({"modulemd": after}));
    assert_eq!(answer.status, 422, "nothing is built on it: {}", answer.body);
}
