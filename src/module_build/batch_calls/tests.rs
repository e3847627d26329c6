use super::*;

fn plan() -> TagPlan {
    TagPlan {
        tag: "module-m".to_owned(),
        build_tag: "module-m-build".to_owned(),
        target: "module-0123456789abcdef".to_owned(),
        arches: ["x86_64".into()].into(),
        permission: None,
        extra: Map::new(),
        parents: Vec::new(),
        groups: BTreeMap::new(),
        packages: ["a".into()].into(),
        owner: "packager".to_owned(),
        blocked: ["a".into()].into(),
        external: Vec::new(),
    }
}

#[test]
fn a_build_is_tagged_nowhere_and_names_the_real_target() {
    let package = "a".into();
    let marker = Map::from([("run".to_owned(), "r1".into())]);
    let source = "git+https://src.example.org/rpms/a#0123456789012345678901234567890123456789";
    let submission = Submission {
        package: &package,
        source,
        repo_id: Some(7),
        arches: None,
        marker: Some(&marker),
        priority: 5,
    };
    let call = build(&plan(), submission);
    assert_eq!(call.arguments.positional, [source.into(), "module-0123456789abcdef".into()]);
    let opts = &call.arguments.named["opts"];
    assert_eq!(opts.get("skip_tag"), Some(&Value::Bool(true)));
    assert_eq!(opts.get("mbs_module_target"), Some(&"module-0123456789abcdef".into()));
    assert_eq!(opts.get("repo_id"), Some(&Value::Int(7)));
    assert_eq!(opts.get("custom_user_metadata"), Some(&Value::Struct(marker)));
    assert_eq!(opts.get("arch_override"), None);
    assert_eq!(call.arguments.named["priority"], Value::Int(5));
}

#[test]
fn what_is_for_the_build_only_is_tagged_into_the_build_tag_alone() {
    let [a, macros] = ["a", macros::NAME].map(PackageName::from);
    let built = [
        Built { package: &a, nvr: "a-1-1", is_build_only: false },
        Built { package: &macros, nvr: "module-build-macros-0.1-1.d", is_build_only: true },
    ];
    let calls = tag_built(&plan(), &built);
    let told = |call: &HubCall| {
        let texts = call.arguments.positional.iter().filter_map(Value::as_str);
        format!("{} {}", call.method, texts.collect::<Vec<_>>().join(" "))
    };
    let wanted = [
        "packageListUnblock module-m-build a",
        "tagBuild module-m-build a-1-1",
        "tagBuild module-m-build module-build-macros-0.1-1.d",
        "tagBuild module-m a-1-1",
    ];
    assert_eq!(calls.iter().map(told).collect::<Vec<_>>(), wanted);
}

#[test]
fn a_repo_is_asked_for_from_an_event() {
    let call = request_repo(&plan(), 99);
    assert_eq!(
        (call.method, &call.arguments.named["min_event"]),
        ("repo.request", &Value::Int(99))
    );
    assert!(call.is_write());
    let looks = [last_change(&plan()), check_repo(1), builds_of_ours(3, 0)];
    assert!(looks.iter().all(|look| !look.is_write()));
    assert_eq!(install_macros(&plan()).len(), 2);
}
