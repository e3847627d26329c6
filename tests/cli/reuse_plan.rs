//! Reuse and other platforms in plans, as commands.

use std::collections::{BTreeMap, BTreeSet};
use std::iter;
use std::path::Path;

use crate::support::program::{Program, Said};
use serde_json::Value;

const C1: &str = "1111111111111111111111111111111111111111";
const C2: &str = "2222222222222222222222222222222222222222";
const C3: &str = "3333333333333333333333333333333333333333";

/// A library of two components, the second after the first, and an app that builds with it.
fn modules(version: u32, refs: [&str; 3]) -> String {
    let [base, top, app] = refs;
    let head = |name: &str, needs: &str| {
        format!(
            "---\ndocument: modulemd\nversion: 2\ndata:\n  name: {name}\n  stream: \"1\"\n  version: {version}\n  \
             context: c0\n  arch: x86_64\n  summary: s\n  description: d\n  license: {{module: [MIT]}}\n  \
             dependencies: [{{buildrequires: {{platform: [f40]{needs}}}, requires: {{platform: [f40]}}}}]\n  \
             components:\n    rpms:\n"
        )
    };
    format!(
        "{}      base: {{rationale: r, ref: {base}}}\n      top: {{rationale: r, ref: {top}, buildafter: [base]}}\n\
         {}      app: {{rationale: r, ref: {app}}}\n",
        head("lib", ""),
        head("app", ", lib: [\"1\"]")
    )
}

struct Files(tempfile::TempDir);

impl Files {
    fn new(files: &[(&str, String)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(directory.path().join(name), text).unwrap();
        }
        Self(directory)
    }

    fn plan(&self, arguments: &str) -> Said {
        plan_in(self.0.path(), arguments)
    }

    /// Returns, for each component of the plan, `key: reused` or `key: why it is rebuilt`.
    fn decisions(&self, arguments: &str) -> Vec<String> {
        let Said { code, out: json, err } = self.plan(&format!("{arguments} --format json"));
        assert_eq!(code, 0, "{err}");
        decisions(&serde_json::from_str(&json).expect("JSON"))
    }
}

fn plan_in(directory: &Path, arguments: &str) -> Said {
    Program::new(iter::once("plan").chain(arguments.split(' '))).within(directory).run()
}

fn components(plan: &Value) -> impl Iterator<Item = &Value> {
    plan["modules"].as_array().unwrap().iter().flat_map(|module| {
        let batches = module["batches"].as_array().unwrap().iter();
        batches.flat_map(|batch| batch["components"].as_array().unwrap())
    })
}

fn decisions(plan: &Value) -> Vec<String> {
    let decision = |component: &Value| {
        let key = component["component"].as_str().unwrap();
        if component["reused"] == true {
            assert_eq!(component["tasks"], serde_json::json!([]), "what is reused takes no task");
            return format!("{key}: reused");
        }
        format!("{key}: {}", component["why"].as_str().unwrap())
    };
    components(plan).map(decision).collect()
}

#[test]
fn a_changed_source_reaches_what_is_built_after_it_and_who_builds_with_it() {
    let files = Files::new(&[
        ("old.yaml", modules(1, [C1, C1, C1])),
        ("new.yaml", modules(2, [C1, C2, C1])),
    ]);
    let all = "new.yaml --all --reuse-from old.yaml --rebuild-strategy";
    let changed = format!("its source changed from {C1} to {C2}");
    assert_eq!(
        files.decisions(&format!("{all} dependencies")),
        ["base: reused".to_owned(), format!("top: {changed}"), "app: lib is rebuilt".to_owned()]
    );
    // The service looks at streams of buildrequired modules only.
    assert_eq!(
        files.decisions(&format!("{all} only-changed")),
        ["base: reused".to_owned(), format!("top: {changed}"), "app: reused".to_owned()]
    );
    let files = Files::new(&[
        ("old.yaml", modules(1, [C1, C1, C1])),
        ("new.yaml", modules(2, [C3, C1, C1])),
    ]);
    assert_eq!(
        files.decisions(&format!("{all} changed-and-after"))[1],
        "top: batch 2 before it changed: base was added, removed or rebuilt"
    );
    assert_eq!(
        files.decisions(&format!("{all} dependencies"))[1],
        "top: base before it is rebuilt"
    );
    let Said { out: table, .. } = files.plan(&format!("{all} dependencies"));
    assert!(table.contains("\n  rebuilt  base: its source changed"), "{table}");
    assert!(table.ends_with("reused: 0 of 3 components\n"), "{table}");
}

#[test]
fn a_module_all_of_which_is_reused_changes_nothing_for_others() {
    let files = Files::new(&[
        ("old.yaml", modules(1, [C1, C1, C1])),
        ("new.yaml", modules(2, [C1, C1, C1])),
    ]);
    let flags = "new.yaml --all --reuse-from old.yaml --rebuild-strategy dependencies";
    assert_eq!(files.decisions(flags), ["base: reused", "top: reused", "app: reused"]);
}

#[test]
fn what_is_named_as_changed_counts_as_changed() {
    let files = Files::new(&[("now.yaml", modules(1, [C1, C1, C1]))]);
    let named = "it was named as changed";
    assert_eq!(
        files.decisions("now.yaml --changed lib --rebuild-strategy dependencies"),
        [format!("base: {named}"), format!("top: {named}"), "app: lib is rebuilt".to_owned()]
    );
    assert_eq!(
        files.decisions("now.yaml --changed-package top --rebuild-strategy only-changed"),
        ["base: reused".to_owned(), format!("top: {named}"), "app: reused".to_owned()]
    );
    assert_eq!(
        files.decisions("now.yaml --changed lib"),
        ["base", "top", "app"].map(|key| format!("{key}: the rebuild strategy is all"))
    );
}

#[test]
fn a_branch_is_never_reused_until_a_source_url_pins_it() {
    let sources = format!(
        "package,stream,name,url\n,,,https://src.example/{{package}}#{C1}\napp,,,https://src.example/app#{{ref}}\n"
    );
    let files = Files::new(&[
        ("old.yaml", modules(1, [C1, C1, C1])),
        ("new.yaml", modules(2, ["main", "main", "main"])),
        ("sources.csv", sources),
        ("wrong.csv", "package,url\n".to_owned()),
    ]);
    let flags = "new.yaml --all --reuse-from old.yaml --rebuild-strategy only-changed";
    let unpinned = "its source is not pinned to a commit";
    assert_eq!(
        files.decisions(flags),
        ["base", "top", "app"].map(|key| format!("{key}: {unpinned}"))
    );
    let pinned = format!("{flags} --sources sources.csv");
    assert_eq!(
        files.decisions(&pinned),
        ["base: reused".to_owned(), "top: reused".to_owned(), format!("app: {unpinned}")]
    );
    let Said { out: json, .. } = files.plan(&format!("{pinned} --format json"));
    let plan: Value = serde_json::from_str(&json).unwrap();
    let base = components(&plan).next().unwrap();
    assert_eq!(base["ref"], C1, "the commit is written into the plan");
    assert_eq!(base["source"], format!("https://src.example/base#{C1}").as_str());
    let Said { code, err, .. } = files.plan(&format!("{flags} --sources wrong.csv"));
    assert_eq!(code, 1);
    assert!(
        err.contains("wrong.csv:1:1: error[source-urls]: columns are missing: stream, name"),
        "{err}"
    );
    let Said { code, err, .. } = files.plan("new.yaml --all --reuse-from old.yaml");
    assert_eq!(code, 2);
    assert!(err.contains("hint: give --rebuild-strategy"), "{err}");
}

#[test]
fn another_platform_gives_other_contexts_and_tells_what_is_missing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let flags = "fixtures/el8-perl/modules.yaml --changed perl:5.30 --unit context --platform";
    let Said { code, out: json, err } =
        plan_in(root, &format!("{flags} platform:el8.8.0 --format json"));
    assert_eq!(code, 0, "{err}");
    let plan: Value = serde_json::from_str(&json).unwrap();
    let on = &plan["on_platform"];
    assert_eq!(on["target"], "platform:el8.8.0");
    assert_eq!(on["assumed"][0], "perl-YAML-bootstrap:1.24", "nobody shipped it");
    let of = |id: &str| {
        let modules = on["modules"].as_array().unwrap().iter();
        modules.clone().find(|module| module["id"] == id).unwrap()["contexts"].clone()
    };
    // SHA-1 over {"perl-bootstrap": "5.30", "platform": "el8.8.0"} and {"platform": ["el8"]}, as the
    // service joins them.
    assert_eq!(of("perl:5.30:466ea64f")[0]["context"], "04a8755b");
    // The same with perl 5.30 on both sides.
    assert_eq!(of("perl-DBI:1.641:03d935ed")[0]["context"], "f9c90534");
    assert_eq!(of("perl-DBI:1.641:03d935ed")[0]["buildrequires"]["perl"], "5.30");
    let Said { code, out: table, .. } = plan_in(root, &format!("{flags} platform:el8.8.0"));
    assert_eq!(code, 0);
    let section =
        table.split("\n\n").skip_while(|part| !part.starts_with("MODULE ")).collect::<Vec<_>>();
    insta::assert_snapshot!(section.join("\n\n"));
    // On another major release nothing is built yet: what is rebuilt goes along, postgresql does not.
    let Said { out: table, err, .. } = plan_in(root, &format!("{flags} platform:el9.0.0"));
    let can = "\n9 of 10 modules can be built on platform:el9.0.0, given";
    assert!(table.contains(can), "{table}{err}");
    assert!(err.contains(" on platform:el9.0.0: there is no build of postgresql:10"), "{err}");
    let Said { code, err, .. } = plan_in(root, &format!("{flags} perl:5.30"));
    assert_eq!((code, err.contains("`perl` is not a base module")), (2, true), "{err}");
}

#[test]
fn the_platform_to_build_on_decides_what_may_be_reused() {
    let on = |version: u32, platform: &str| modules(version, [C1, C1, C1]).replace("f40", platform);
    let files = Files::new(&[("old.yaml", on(1, "el8.5.0")), ("new.yaml", on(2, "el8.6.0"))]);
    let flags = "new.yaml --all --reuse-from old.yaml --rebuild-strategy only-changed";
    assert_eq!(files.decisions(flags), ["base: reused", "top: reused", "app: reused"]);
    let flags = "new.yaml --all --rebuild-strategy only-changed --platform platform:el9.0.0";
    let told = &files.decisions(flags)[0];
    assert_eq!(
        told,
        "base: the earlier build lib:1:2:c0 was made on platform:el8.6.0, which platform:el9.0.0 cannot use"
    );
    let Said { code, err, .. } =
        files.plan("new.yaml --all --platform platform:el9.0.0 --format csv");
    assert_eq!(
        (code, err.contains("only a table and JSON show what --platform changes")),
        (2, true),
        "{err}"
    );
    let Said { err, .. } = files.plan("new.yaml --all --platform platform:el8.6.00");
    assert!(err.contains("hint: did you mean `platform:el8.6.0`?"), "{err}");
}

#[test]
fn rebuilds_get_versions_above_all_that_are_known() {
    let late = 8_060_099_990_101_000_000_u64.to_string();
    let two = modules(1, [C1, C1, C1]).replace("f40", "el8.6.0")
        + &modules(1, [C1, C1, C1]).replace("f40", "el8.6.0").replace("context: c0", "context: c1");
    let files = Files::new(&[
        ("now.yaml", two.clone()),
        ("late.yaml", two.replace("version: 1\n", &format!("version: {late}\n"))),
    ]);
    let versions = |flags: &str| -> Vec<(String, String)> {
        let Said { code, out: json, err } = files.plan(&format!("{flags} --all --format json"));
        assert_eq!(code, 0, "{err}");
        let plan: Value = serde_json::from_str(&json).unwrap();
        let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
        let rows = plan["modules"].as_array().unwrap().iter();
        rows.map(|row| (text(&row["id"]), text(&row["new_version"]))).collect()
    };
    assert_eq!(versions("now.yaml")[0].1, "none", "nobody said when");
    let at = "--at 2026-01-02T03:04:05.9Z";
    let all = versions(&format!("now.yaml {at}"));
    assert_eq!(all.len(), 4);
    assert!(all.iter().all(|(_, version)| version == "8060020260102030405"), "{all:?}");
    let apart = versions(&format!("now.yaml {at} --unit context"));
    let own: Vec<&str> = apart.iter().map(|(_, version)| version.as_str()).collect();
    let (first, second) = ("8060020260102030405", "8060020260102030406");
    assert_eq!(own, [first, second, first, second], "{apart:?}");
    let above = versions(&format!("late.yaml {at}"));
    assert_eq!(above[0].1, "8060099990101000001");
    let moved = versions(&format!("now.yaml {at} --platform platform:el8.8.0"));
    assert_eq!(moved[0].1, "8080020260102030405");
    let Said { out: table, .. } = files.plan(&format!("now.yaml --all {at}"));
    assert!(table.lines().next().unwrap().ends_with("NEW VERSION"), "{table}");
    let Said { out: csv, .. } = files.plan(&format!("now.yaml --all {at} --format csv"));
    assert!(csv.lines().nth(1).unwrap().contains(",8060020260102030405,"), "{csv}");
}

/// Returns the contexts of each `name:stream` whose documents say that they were built on a release.
fn built_on(release: &str, text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let snapshot = modplan::load::parse_text("modules.yaml", text);
    let mut built: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for stream in &snapshot.streams {
        let platform = stream.dependencies.last().and_then(|group| {
            let needed = group.buildrequires.get("platform")?;
            needed.streams.first().filter(|_| needed.streams.len() == 1)
        });
        if platform.is_some_and(|platform| platform.as_str() == release) {
            let context = stream.context.as_ref().map(ToString::to_string).unwrap_or_default();
            built.entry(stream.name_stream().to_string()).or_default().insert(context);
        }
    }
    built
}

/// The repository of March 2022 was built on el8.5.0 and before; what was built on el8.6.0 after it is
/// known, so that predicted contexts can be held against those that came. The one that differs, maven:3.5,
/// required any platform before and el8 then.
#[test]
#[expect(clippy::print_stdout, reason = "the agreement is what a run shows")]
fn contexts_predicted_for_el8_6_0_are_those_that_came() {
    let Some(root) = crate::support::shared("data/modulemd") else { return };
    let archive = root.join("eurolinux8-history.tar.zst");
    let snapshots = crate::support::unpacked(&archive);
    let (_, before) = snapshots
        .iter()
        .find(|(name, _)| name.contains("2022-03-17"))
        .expect("the archive holds March 2022");
    let now = std::fs::read_to_string(root.join("eurolinux8/x86_64-appstream.modules.yaml"));
    let came = built_on("el8.6.0", &now.expect("readable"));
    let known = built_on("el8.6.0", before);
    let files = Files::new(&[("then.yaml", before.clone())]);
    let Said { code, out: json, err } =
        files.plan("then.yaml --all --platform platform:el8.6.0 --format json");
    assert_eq!(code, 0, "{err}");
    let plan: Value = serde_json::from_str(&json).unwrap();
    let (mut agree, mut wrong) = (0, Vec::new());
    for module in plan["on_platform"]["modules"].as_array().unwrap() {
        let id = module["id"].as_str().unwrap();
        let (stream, _) = id.rsplit_once(':').unwrap();
        let Some(real) = came.get(stream).filter(|_| !known.contains_key(stream)) else { continue };
        for each in module["contexts"].as_array().unwrap() {
            let context = each["context"].as_str().unwrap();
            if real.contains(context) {
                agree += 1;
            } else {
                wrong.push(format!("{id}: {context} predicted, {real:?} came"));
            }
        }
    }
    let all = agree + wrong.len();
    println!("contexts predicted for el8.6.0 from March 2022: {agree} of {all} came");
    wrong.iter().for_each(|wrong| println!("{wrong}"));
    assert!(all >= 50 && wrong.len() <= 1, "{wrong:#?}");
}
