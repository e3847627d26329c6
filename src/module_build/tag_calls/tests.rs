use super::*;
use crate::module_build::tag_plan::ExternalSource;

fn plan() -> TagPlan {
    let texts =
        |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<BTreeSet<_>>();
    TagPlan {
        tag: "module-m-1-2-c0".to_owned(),
        build_tag: "module-m-1-2-c0-build".to_owned(),
        target: "module-m-1-2-c0".to_owned(),
        arches: ["aarch64", "x86_64"].map(Into::into).into(),
        permission: Some("admin".to_owned()),
        extra: Map::from([
            ("repo_include_all".to_owned(), Value::Bool(true)),
            ("modplan".to_owned(), Value::Struct(Map::from([("run".to_owned(), "r1".into())]))),
        ]),
        parents: vec!["module-perl".to_owned(), "el8-build".to_owned()],
        groups: BTreeMap::from([
            ("build".to_owned(), texts(&["bash", "gcc"])),
            ("srpm-build".to_owned(), texts(&["bash"])),
        ]),
        packages: ["a", "b"].map(Into::into).into(),
        owner: "packager".to_owned(),
        blocked: ["glibc".into()].into(),
        external: vec![ExternalSource { name: "ext".to_owned(), priority: 5, merge_mode: None }],
    }
}

fn methods(calls: &[HubCall]) -> Vec<&'static str> {
    calls.iter().map(|call| call.method).collect()
}

/// What a hub has once the writes of the plan are done.
fn done(plan: &TagPlan) -> Found {
    let tag = |name: &str, macros: bool| FoundTag {
        info: TagInfo {
            name: name.to_owned(),
            arches: Some("x86_64 aarch64".to_owned()),
            perm: plan.permission.clone(),
            extra: Some(plan.extra.clone()),
            ..TagInfo::default()
        },
        packages: plan
            .packages
            .iter()
            .map(ToString::to_string)
            .chain(macros.then(|| macros::NAME.to_owned()))
            .map(|package_name| Package { package_name, ..Package::default() })
            .collect(),
    };
    let row = |(place, name): (usize, &String)| InheritanceRow {
        name: name.clone(),
        priority: TagPlan::priority(place),
        ..InheritanceRow::default()
    };
    let listed = |rpm: &String| crate::koji::shapes::GroupPackage {
        package: rpm.clone(),
        ..Default::default()
    };
    let group = |(name, rpms): (&String, &BTreeSet<String>)| Group {
        name: name.clone(),
        packagelist: rpms.iter().map(listed).collect(),
        ..Group::default()
    };
    let external = |source: &ExternalSource| TagRepo {
        external_repo_name: source.name.clone(),
        ..TagRepo::default()
    };
    Found {
        tag: Some(tag(&plan.tag, false)),
        build_tag: Some(tag(&plan.build_tag, true)),
        inheritance: plan.parents.iter().enumerate().map(row).collect(),
        groups: plan.groups.iter().map(group).collect(),
        external: plan.external.iter().map(external).collect(),
        target: Some(Target {
            name: plan.target.clone(),
            build_tag_name: plan.build_tag.clone(),
            dest_tag_name: plan.tag.clone(),
            ..Target::default()
        }),
        parents: BTreeMap::new(),
    }
}

#[test]
fn a_hub_without_the_tags_gets_all_of_them_in_order() {
    let plan = plan();
    let parents = BTreeMap::from([("el8-build".to_owned(), 7)]);
    let calls = changes(&plan, &Found { parents, ..Found::default() }).expect("nothing is there");
    let wanted = "createTag createTag setInheritanceData addExternalRepoToTag packageListAdd packageListAdd \
        packageListAdd packageListAdd packageListAdd packageListBlock groupListAdd groupPackageListAdd \
        groupPackageListAdd groupListAdd groupPackageListAdd createBuildTarget";
    assert_eq!(methods(&calls).join(" "), wanted);
    let rows = calls[2].arguments.positional[1].as_list().expect("rows").to_vec();
    let told = |row: &Value| (row.get("parent_id").cloned(), row.get("priority").cloned());
    assert_eq!(told(&rows[0]), (Some("{tag:module-perl}".into()), Some(Value::Int(0))));
    assert_eq!(told(&rows[1]), (Some(Value::Int(7)), Some(Value::Int(10))));
    assert_eq!(calls[0].arguments.named["perm"], "admin".into());
}

#[test]
fn tags_that_are_as_planned_take_no_call() {
    let plan = plan();
    assert_eq!(changes(&plan, &done(&plan)), Ok(Vec::new()));
    assert!(looks(&plan).iter().all(|look| !look.is_write()));
}

#[test]
fn what_somebody_changed_is_repaired_and_nothing_else() {
    let plan = plan();
    let mut found = done(&plan);
    found.inheritance.pop();
    found.groups[0].packagelist.clear();
    let tag = found.build_tag.as_mut().expect("it is there");
    tag.info.arches = Some("x86_64".to_owned());
    tag.info.extra.as_mut().expect("it has some").remove("repo_include_all");
    tag.packages.remove(0);
    let calls = changes(&plan, &found).expect("all is ours");
    let wanted =
        "editTag2 setInheritanceData packageListAdd groupPackageListAdd groupPackageListAdd";
    assert_eq!(methods(&calls).join(" "), wanted);
    let settings = &calls[0].arguments.named;
    assert_eq!(settings.keys().collect::<Vec<_>>(), ["arches", "extra"]);
    assert_eq!(settings["extra"].get("modplan"), None);
}

#[test]
fn what_is_not_ours_is_refused_in_words() {
    let plan = plan();
    let refused = |change: fn(&mut Found)| {
        let mut found = done(&plan);
        change(&mut found);
        changes(&plan, &found).expect_err("it is not ours").to_string()
    };
    let locked = refused(|found| found.tag.as_mut().expect("there").info.locked = true);
    assert_eq!(locked, "the tag module-m-1-2-c0 is locked");
    let foreign = refused(|found| found.tag.as_mut().expect("there").info.extra = None);
    assert!(foreign.starts_with("the tag module-m-1-2-c0 was made by somebody else"), "{foreign}");
    let target = refused(|found| {
        found.target.as_mut().expect("there").build_tag_name = "f99-build".to_owned();
    });
    assert!(target.contains("builds in f99-build for module-m-1-2-c0"), "{target}");
    let parent = refused(|found| found.inheritance[0].name = "f99".to_owned());
    assert_eq!(parent, "the tag module-m-1-2-c0-build inherits f99, which is not planned");
}
