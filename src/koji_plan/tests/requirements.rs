//! What a module is built with: planned, shipped or given modules, and what they keep out.

use super::*;

#[test]
fn a_planned_module_s_tag_is_inherited_and_the_platform_comes_last() {
    let (run, _) = Case::new().run(hub);
    let is_it = |call: &&PlannedCall| {
        call.method == "setInheritanceData" && call.module.as_deref() == Some("perl-DBI:1:c2")
    };
    let call = run.calls.iter().find(is_it).expect("it is there");
    let rows = call.params[1].as_list().expect("rows");
    let parents: Vec<&Value> = rows.iter().filter_map(|row| row.get("parent_id")).collect();
    let perl = Value::from("{tag:module-perl-5.30-820260102030405-c1}");
    assert_eq!(parents, [&perl, &Value::Int(1)]);
}

#[test]
fn what_is_neither_planned_nor_shipped_nor_given_is_named() {
    let case = Case { given: Vec::new(), ..Case::new() };
    let missing = "requirements: perl:5.30:c1 needs bison:3, which is neither planned nor in \
                   el8-candidate; if el8-build has what it brings, say --given bison:3";
    assert_eq!(case.failures(hub), [missing]);
}

#[test]
fn what_required_modules_filter_and_replace_is_kept_out() {
    let mut bison = bison("bison:3:5:c9 -> platform:el8\n");
    bison.about.filter = ["bison-runtime".into()].into();
    let document = stream_yaml(&bison);
    let with_bison = |call: &HubCall| match (call.method, first(call)) {
        ("listTagged", _) if named(call, "package") == Some("bison") => {
            Ok(json!([shipped("bison", "3", "5", &document)]))
        }
        ("getTag", "module-bison-5") => Ok(tag(77, "module-bison-5", &json!({}))),
        ("listTaggedRPMS", "module-bison-5") => {
            let names = ["bison", "bison-runtime"].map(|name| rpm(name, "3", "x86_64"));
            Ok(json!([[names[0], names[1], rpm("bison-runtime", "3", "aarch64")], []]))
        }
        ("listTaggedRPMS", "el8-build") => {
            Ok(json!([[rpm("bison", "2", "x86_64"), rpm("gcc", "8", "x86_64")], []]))
        }
        _ => hub(call),
    };
    let case = Case { given: Vec::new(), ..Case::new() };
    let (run, _) = case.run(with_bison);
    let check = run.checks.iter().find(|check| check.check == "conflicts").expect("it is there");
    let wanted =
        "2 RPMs kept out of buildroots; for 1 build more may follow from modules of this run";
    assert_eq!((check.ok, check.detail.as_str()), (true, wanted));
    let told = |id: &str| {
        let build = run.builds.iter().find(|build| build.id == id).expect("it is planned");
        let conflicts = build.kept_out.with(&[], &[]);
        let conflicts: Vec<String> = conflicts.iter().map(ToString::to_string).collect();
        (conflicts, build.kept_out.planned.iter().cloned().collect::<Vec<_>>())
    };
    let perl = ["bison = 0:2-1", "bison-runtime = 0:3-1"].map(str::to_owned).to_vec();
    assert_eq!(told("perl:5.30:c1"), (perl, Vec::new()));
    assert_eq!(told("perl-DBI:1:c2"), (Vec::new(), vec!["perl:5.30:c1".to_owned()]));
    let failures = case.failures(|call| match (call.method, first(call)) {
        ("listTaggedRPMS", "el8-build") => Err(Fault::generic("database is busy")),
        _ => with_bison(call),
    });
    assert_eq!(failures, ["conflicts: cannot list the RPMs of el8-build: database is busy"]);
}

#[test]
fn a_shipped_module_answers_with_its_tag_and_brings_what_it_requires() {
    let document = stream_yaml(&bison("bison:3:5:c9 -> platform:el8 => m4:1\n"));
    let with_bison = |call: &HubCall| match (call.method, named(call, "package")) {
        ("listTagged", Some("bison")) if named(call, "type") == Some("module") => {
            Ok(json!([shipped("bison", "3", "5", &document), shipped("bison", "4", "6", "")]))
        }
        ("getTag", _) if first(call) == "module-bison-5" => {
            Ok(tag(77, "module-bison-5", &json!({})))
        }
        _ => hub(call),
    };
    let case = Case { given: Vec::new(), ..Case::new() };
    let failures = case.failures(with_bison);
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert!(failures[0].contains("perl:5.30:c1 needs m4:1 through bison"), "{}", failures[0]);
    let case = Case { given: vec!["m4".parse().expect("an id")], ..case };
    let (run, _) = case.run(with_bison);
    assert!(run.checks.iter().all(|check| check.ok), "{:?}", run.checks);
    let call = run.calls.iter().find(|call| call.method == "setInheritanceData").expect("one");
    assert!(serde_json::to_string(&call.params).expect("JSON").contains("\"parent_id\":77"));
}
