//! What a dry run refuses, and in which words.

use super::*;

#[test]
fn the_index_is_above_what_was_shipped_and_a_release_that_falls_is_refused() {
    let with_perl = |release: &'static str| {
        move |call: &HubCall| match (call.method, named(call, "package")) {
            ("listTagged", Some("perl")) if named(call, "type") == Some("rpm") => Ok(json!([
                tagged("perl", "5.30", "1.module+el8+9+aaaa"),
                tagged("perl", "5.30", release)
            ])),
            _ => hub(call),
        }
    };
    let (run, _) = Case::new().run(with_perl("452.module+el8+646+bbbb"));
    let text = serde_json::to_string(&run.calls).expect("JSON");
    assert!(text.contains("module+el8+647+") && text.contains("module+el8+648+"), "{text}");
    let failures = Case::new().failures(with_perl("452.module+el9+1+bbbb"));
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert!(
        failures[0].starts_with("releases: perl:5.30:c1: perl-0:5.30-452.module+el8+10+"),
        "{}",
        failures[0]
    );
    assert!(
        failures[0].ends_with("the marking of the platform sorts below the shipped one"),
        "{}",
        failures[0]
    );
}

#[test]
fn a_ref_that_is_no_full_commit_and_a_foreign_host_are_named() {
    let none = "package,stream,name,url\n".to_owned();
    let failures = Case { sources: none, ..Case::new() }.failures(hub);
    assert_eq!(failures.len(), 2, "{failures:?}");
    assert_eq!(
        failures[0],
        "full commits: perl:5.30:c1/perl: its document gives no ref: name its source with --sources FILE"
    );
    let branch = Case {
        modules: MODULES.replace("COMMIT", "main"),
        sources: "package,stream,name,url\n".to_owned(),
        ..Case::new()
    };
    let failures = branch.failures(hub);
    assert!(
        failures[2].contains("`main` is not a full commit, and branches are not resolved"),
        "{failures:?}"
    );
    let elsewhere =
        format!("package,stream,name,url\n,,,git+https://evil.example.net/{{package}}#{COMMIT}\n");
    let failures = Case { sources: elsewhere, ..Case::new() }.failures(hub);
    assert_eq!(failures.len(), 3, "{failures:?}");
    assert!(
        failures[0]
            .starts_with("source hosts: perl:5.30:c1/perl: git+https://evil.example.net/perl#")
    );
}

#[test]
fn what_the_user_may_not_is_refused() {
    let case = Case::new();
    let with = |method: &'static str, answer: Json| {
        move |call: &HubCall| if call.method == method { Ok(answer.clone()) } else { hub(call) }
    };
    let one = |method, answer| {
        let failures = case.failures(with(method, answer));
        assert_eq!(failures.len(), 1, "{failures:?}");
        failures[0].clone()
    };
    assert_eq!(
        one("getUserPerms", json!(["tag"])),
        "permission target: kim does not have it: an admin grants it"
    );
    assert_eq!(case.failures(with("getUserPerms", json!(["admin"]))), Vec::<String>::new());
    let other = json!({"module-build-service": {"id": 1, "users": ["mbs"]}});
    assert_eq!(
        one("listCGs", other),
        "content generator module-build-service: kim may not import: an admin grants it"
    );
    assert!(one("listCGs", json!({})).contains("no such content generator"));
    assert!(
        one("listBTypes", json!([])).starts_with("build type module: the hub does not know it")
    );
    assert!(one("getLoggedInUser", Json::Null).starts_with("login: nobody is logged in"));
    let failures = case.failures(with("_listapi", json!([])));
    assert_eq!(failures, ["permission repo: kim does not have it: an admin grants it"]);
}

#[test]
fn what_is_there_and_not_ours_is_refused_and_what_is_ours_is_used() {
    let own = "module-perl-5.30-820260102030405-c1";
    let case = Case::new();
    let with_tag = |name: &'static str, answer: Json| {
        move |call: &HubCall| match call.method {
            "getTag" if first(call) == name => Ok(answer.clone()),
            "listPackages" if named(call, "tagID") == Some(name) => Ok(json!([])),
            _ => hub(call),
        }
    };
    let mine = json!({"modplan": {"run": "r1", "module": "perl:5.30:820260102030405:c1"}});
    let failures = case.failures(with_tag(own, tag(5, own, &json!({}))));
    assert_eq!(
        failures,
        [format!(
            "tags and targets: perl:5.30:c1: the tag {own} was made by somebody else: it has another marker in its extra"
        )]
    );
    let mut locked = tag(5, own, &mine);
    locked["locked"] = json!(true);
    assert_eq!(
        case.failures(with_tag(own, locked)),
        [format!("tags and targets: perl:5.30:c1: the tag {own} is locked")]
    );
    let (run, _) = case.run(with_tag(own, tag(5, own, &mine)));
    assert!(run.checks.iter().all(|check| check.ok), "{:?}", run.checks);
    let made = run
        .calls
        .iter()
        .filter(|call| call.method == "createTag" && call.params[0].as_str() == Some(own));
    assert_eq!(made.count(), 0, "it is there");
    let lock = json!({"modplan": {"run": "r7", "holder": "host:12"}});
    let failures =
        case.failures(with_tag("module-lock-perl-5.30", tag(6, "module-lock-perl-5.30", &lock)));
    assert_eq!(
        failures,
        [
            "locks: perl:5.30 is being rebuilt by the run r7 of host:12: the tag module-lock-perl-5.30 is there"
        ]
    );
    let mut shut = tag(2, "el8-candidate", &json!({}));
    shut["locked"] = json!(true);
    assert_eq!(
        case.failures(with_tag("el8-candidate", shut)),
        ["publish tag el8-candidate: it is locked"]
    );
    let mut narrow = tag(1, "el8-build", &json!({}));
    narrow["arches"] = json!("x86_64");
    let failures = case.failures(with_tag("el8-build", narrow));
    assert_eq!(
        failures,
        ["platform tag el8-build: it has x86_64, and the platform is configured with aarch64"]
    );
}

#[test]
fn a_stream_that_somebody_else_builds_is_refused() {
    let task = |id: i64, target: &str| {
        json!({"id": id, "method": "build", "state": 1, "arch": "noarch", "channel_id": 1, "host_id": 1,
               "owner": 2, "owner_name": "mbs", "parent": null, "label": null, "priority": 20, "weight": 0.2,
               "waiting": null, "awaited": null, "create_time": "", "create_ts": 0.0, "start_time": null,
               "start_ts": null, "completion_time": null, "completion_ts": null,
               "request": ["git+https://a/perl#0", target, {}]})
    };
    let with_tasks = |call: &HubCall| match call.method {
        "listTasks" => Ok(json!([
            task(7, "module-perl-5.30-7-c1"),
            task(8, "module-perl-5.3-7-c1"),
            task(9, "el8")
        ])),
        _ => hub(call),
    };
    let failures = Case::new().failures(with_tasks);
    let wanted =
        "open builds: perl:5.30 is being built: the task 7 of mbs builds for module-perl-5.30-7-c1";
    assert_eq!(failures, [wanted]);
}

#[test]
fn names_that_are_taken_and_blocked_packages_are_refused() {
    let case = Case::new();
    let blocked = |call: &HubCall| match (call.method, named(call, "tagID"), named(call, "pkgID")) {
        ("listPackages", Some("el8-build"), Some("perl-DBI")) => {
            Ok(json!([{"package_id": 1, "package_name": "perl-DBI", "blocked": true}]))
        }
        _ => hub(call),
    };
    assert_eq!(case.failures(blocked), ["blocked packages: perl-DBI is blocked in el8-build"]);
    let taken = |call: &HubCall| match call.method {
        "getBuild" if first(call).starts_with("perl-devel-5.30-") => {
            let mut build = tagged("perl-devel", "5.30", "820260102030405.c1");
            for key in ["creation_ts", "start_ts", "completion_ts", "promotion_ts", "source"] {
                build[key] = Json::Null;
            }
            build["creation_ts"] = json!(0.0);
            build["extra"] = Json::Null;
            Ok(build)
        }
        _ => hub(call),
    };
    let failures = case.failures(taken);
    assert_eq!(
        failures,
        [
            "new names: perl-devel-5.30-820260102030405.c1 is there already: a build without module data, owned by kim"
        ]
    );
}

#[test]
fn a_platform_that_the_site_lacks_and_too_many_builds_are_refused() {
    let other = Case { site: SITE.replace("el8:", "el9:"), ..Case::new() };
    let (run, _) = other.run(hub);
    assert_eq!(run.calls, []);
    assert!(run.checks.iter().any(|check| {
        check.detail == "perl:5.30:c1: the configuration has no platform el8, only el9"
    }));
    let few = Case { site: format!("{SITE}limits: {{max_builds: 1}}\n"), ..Case::new() };
    let failures = few.failures(hub);
    let wanted = "builds: plan has 2 builds, limit 1: select fewer modules, or raise `limits.max_builds` in the configuration";
    assert_eq!(failures, [wanted]);
}

#[test]
fn a_gate_that_a_run_cannot_ask_is_refused() {
    let gate = |text: &str| Case { site: format!("{SITE}gate: {text}\n"), ..Case::new() };
    let failures = gate("{kind: resultsdb, url: \"https://r/\", required: [a]}").failures(hub);
    let wanted = "gate: `gate.kind: resultsdb` is not supported yet: use `script` with a command that asks it, or `none`";
    assert_eq!(failures, [wanted]);
    let greenwave = "{kind: greenwave, url: \"https://g/\", context: c, product_version: p}";
    assert!(gate(greenwave).failures(hub)[0].starts_with("gate: `gate.kind: greenwave`"));
    let (run, _) = gate("{kind: script, command: [/usr/bin/judge, -v]}").run(hub);
    let check = run.checks.iter().find(|check| check.check == "gate").expect("it is checked");
    let words = "/usr/bin/judge judges each component and each module";
    assert_eq!((check.ok, check.detail.as_str()), (true, words));
}
