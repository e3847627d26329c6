//! Everything that a run must not touch, at one hub at once: a dry run names each, and changes nothing.

use modplan::koji::calls::*;
use modplan::koji::{Ref, Value};
use modplan::live::hub::Hub;
use serde_json::{Value as Json, json};

use super::*;
use crate::live::mock_koji::{alice, block_on, options};

/// The hub, and what a dry run of before says that a run would make.
struct Theirs {
    hub: Hub,
    calls: Vec<Json>,
}

impl Theirs {
    /// Returns the n-th call of a method whose first parameter ends like this, among those for a module.
    fn planned(&self, method: &str, module: &str, end: &str) -> &Json {
        let is_it = |call: &&Json| {
            let first = call["params"][0].as_str().unwrap_or_default();
            let id = call["module"].as_str().unwrap_or_default();
            call["method"] == method && id.starts_with(module) && first.ends_with(end)
        };
        self.calls.iter().find(is_it).unwrap_or_else(|| panic!("{method} {module} {end}"))
    }

    fn name(&self, method: &str, module: &str, end: &str) -> String {
        self.planned(method, module, end)["params"][0].as_str().expect("a name").to_owned()
    }

    fn make<C: modplan::koji::Call>(&mut self, call: &C) -> C::Answer {
        block_on(self.hub.call(call)).unwrap_or_else(|error| panic!("{}: {error}", C::METHOD))
    }

    fn tag(&mut self, name: &str, extra: Json) {
        let Value::Struct(extra) = Value::from(extra) else { panic!("a map") };
        let arches = Some("x86_64".to_owned());
        let name = name.to_owned();
        self.make(&CreateTag { name, arches, extra: Some(extra), ..CreateTag::default() });
    }

    fn lock(&mut self, name: &str) {
        let settings = Map::from([("locked".to_owned(), Value::Bool(true))]);
        self.make(&EditTag2 { tag: name.into(), settings });
    }
}

/// Starts a hub where the NVR of one module is taken, and returns a case there.
fn case_with_builds(nvr: &str) -> Case {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("scenario.yaml");
    fs::write(&path, format!("hub_faults: [{{kind: build-exists, nvr: {nvr}}}]\n"))
        .expect("writable");
    Case::new(&["--scenario", path.to_str().expect("UTF-8")])
}

/// Returns the ids of the modules that some calls are for, each once.
fn modules(calls: &[Json]) -> Vec<String> {
    let ids = calls.iter().filter_map(|call| call["module"].as_str()).map(str::to_owned);
    ids.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

/// Returns the tag that is made for a module.
fn tag<'c>(calls: &'c [Json], module: &str) -> &'c str {
    let is_it = |call: &&Json| call["method"] == "createTag" && call["module"] == module;
    let names = calls.iter().filter(is_it).map(|call| call["params"][0].as_str().expect("a name"));
    let mut own = names.filter(|name| !name.ends_with("-build") && !name.contains("lock"));
    own.next_back().expect("a tag")
}

/// Blocks a package, and begins to build perl in a tag of another run.
fn others_are_busy(at: &mut Theirs) {
    at.make(&PackageListBlock {
        tag: Ref::from("el8-build"),
        package: "perl".into(),
        force: Some(true),
    });
    at.make(&MakeTask {
        method: "build".to_owned(),
        arglist: vec![
            "git+https://a/perl#0".into(),
            "module-perl-5.30-1-cafe".into(),
            Value::Struct(Map::new()),
        ],
        settings: Map::from([("channel".to_owned(), "module".into())]),
    });
}

/// Makes a locked tag that is marked as the run marks its own; returns its name.
fn shut_tag(at: &mut Theirs, module: &str) -> String {
    let name = format!("{}-build", tag(&at.calls, module));
    let planned = at.planned("createTag", module, "-build")["params"].clone();
    let mut params = planned.as_array().expect("a list").iter();
    let extra = params.find_map(|one| one.get("extra")).expect("a mark");
    at.tag(&name, extra.clone());
    at.lock(&name);
    name
}

/// Makes the target of a module for tags of somebody else; returns its name.
fn aimed_target(at: &mut Theirs, module: &str) -> String {
    at.tag("theirs", json!({}));
    at.tag("theirs-build", json!({}));
    let name = at.name("createBuildTarget", module, "");
    let (build_tag, dest_tag) = ("theirs-build".into(), "theirs".into());
    at.make(&CreateBuildTarget { name: name.clone(), build_tag, dest_tag });
    name
}

#[test]
fn every_harm_is_named_and_the_hub_stays_as_it_is() {
    let given = ["--sources", SOURCES, "--given", GIVEN];
    let clean = Case::new(&[]).json(&given).1;
    let calls = clean["calls"].as_array().expect("a list").clone();
    let (perl, others): (Vec<_>, Vec<_>) =
        modules(&calls).into_iter().partition(|id| id.starts_with("perl:5.30"));
    // koji's name of a module build: its tag without the prefix, and a dot before the context.
    let perl_tag = tag(&calls, &perl[0]).strip_prefix("module-").expect("a prefix");
    let (rest, context) = perl_tag.rsplit_once('-').expect("a context");
    let nvr = format!("{rest}.{context}");
    let case = case_with_builds(&nvr);
    let hub = block_on(Hub::connect(options(&case.mock.server), alice())).expect("it is there");
    let mut at = Theirs { hub, calls: calls.clone() };
    let [foreign, shut, aimed, held, ..] = others.as_slice() else { panic!("{others:?}") };

    let foreign_tag = tag(&calls, foreign).to_owned();
    at.tag(&foreign_tag, json!({}));
    let shut_tag = shut_tag(&mut at, shut);
    let target = aimed_target(&mut at, aimed);
    let stream = held.rsplit_once(':').expect("a context").0.replace(':', "-");
    let lock = format!("module-lock-{stream}");
    at.tag(&lock, json!({"modplan": {"run": "r9", "holder": "elsewhere:1"}}));
    at.lock("el8-modular-updates-candidate");
    others_are_busy(&mut at);

    let before = state::dump(&case.mock.server);
    let (code, run) = case.json(&given);
    assert_eq!(code, 1);
    let failed = failures(&run);
    let wanted = [
        format!("the tag {foreign_tag} was made by somebody else"),
        format!("the tag {shut_tag} is locked"),
        format!("the target {target} builds in theirs-build for theirs"),
        format!("is being rebuilt by the run r9 of elsewhere:1: the tag {lock} is there"),
        "publish tag el8-modular-updates-candidate".to_owned(),
        "perl is blocked in el8-build".to_owned(),
        "perl:5.30 is being built: the task".to_owned(),
        format!("{nvr} is there already"),
    ];
    for words in &wanted {
        let is_said = |one: &String| one.contains(words.as_str());
        assert!(failed.iter().any(is_said), "{words}: {failed:#?}");
    }
    assert_eq!(failed.len(), wanted.len(), "{failed:#?}");
    assert_eq!(state::dump(&case.mock.server), before);
}

#[test]
fn sources_that_are_not_allowed_and_branches_are_named() {
    let case = Case::new(&[]);
    let path = case.path("sources.csv");
    let commit = "0123456789012345678901234567890123456789";
    let rows = format!(
        "package,stream,name,url\nperl,,,git+https://elsewhere.example.net/rpms/perl#{commit}\n\
         ,,,git+https://src.example.org/rpms/{{package}}#main\n"
    );
    fs::write(&path, rows).expect("it is writable");
    let before = state::dump(&case.mock.server);
    let (code, run) = case.json(&["--sources", &path, "--given", GIVEN]);
    assert_eq!(code, 1);
    let failed = failures(&run);
    for words in ["source hosts", "elsewhere.example.net", "full commits"] {
        assert!(failed.iter().any(|one| one.contains(words)), "{words}: {failed:#?}");
    }
    assert_eq!(state::dump(&case.mock.server), before);
}
