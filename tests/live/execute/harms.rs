//! What a run must not touch: each is at the hub before a process begins, which then makes nothing at all.

use modplan::koji::Fault;
use modplan::koji::calls::{CreateBuildTarget, CreateTag, EditTag2};
use modplan::live::execute::ModuleWork;
use serde_json::Value as Json;

use super::*;
use crate::live::dry_run::state::dump;

/// What somebody else did.
type Harm = fn(&mut Theirs<'_>);

/// A hub where things are made that a run must leave alone.
struct Theirs<'a> {
    hub: Hub,
    module: &'a ModuleWork,
}

impl Theirs<'_> {
    fn tag(&mut self, name: &str, extra: Json) {
        let Value::Struct(extra) = Value::from(extra) else { panic!("a map") };
        let arches = Some("aarch64 x86_64".to_owned());
        let call =
            CreateTag { name: name.to_owned(), arches, extra: Some(extra), ..CreateTag::default() };
        block_on(self.hub.call(&call)).expect("it is made");
    }

    fn lock(&mut self, name: &str) {
        let settings = Map::from([("locked".to_owned(), Value::Bool(true))]);
        let call = EditTag2 { tag: name.into(), settings };
        block_on(self.hub.call(&call)).expect("it is locked");
    }
}

fn own_mark(module: &ModuleWork) -> Json {
    let mark = module.tags.extra["modplan"].clone();
    serde_json::json!({ "modplan": serde_json::to_value(mark).expect("JSON") })
}

const HARMS: [(&str, Harm); 7] = [
    ("a tag with the name of ours, without a marker", |at| {
        at.tag(&at.module.tags.tag.clone(), serde_json::json!({}));
    }),
    ("a build tag of another run", |at| {
        let mark = serde_json::json!({"modplan": {"run": "r0"}});
        at.tag(&at.module.tags.build_tag.clone(), mark);
    }),
    ("our own tag, locked by an admin", |at| {
        let (name, mark) = (at.module.tags.tag.clone(), own_mark(at.module));
        at.tag(&name, mark);
        at.lock(&name);
    }),
    ("a target with the name of ours", |at| {
        for name in ["theirs", "theirs-build"] {
            at.tag(name, serde_json::json!({}));
        }
        let name = at.module.tags.target.clone();
        let call =
            CreateBuildTarget { name, build_tag: "theirs-build".into(), dest_tag: "theirs".into() };
        block_on(at.hub.call(&call)).expect("it is made");
    }),
    ("the lock of another run", |at| {
        let mark = serde_json::json!({"modplan": {"run": "r0", "holder": "elsewhere:1"}});
        at.tag(&at.module.lock.clone(), mark);
    }),
    ("a tag with the name of the lock", |at| {
        at.tag(&at.module.lock.clone(), serde_json::json!({}));
    }),
    ("a build tag that inherits something else", |at| {
        let (name, mark) = (at.module.tags.build_tag.clone(), own_mark(at.module));
        at.tag("theirs", serde_json::json!({}));
        at.tag(&name, mark);
        let parent = block_on(at.hub.call(&GetTag { tag: "theirs".into(), ..GetTag::default() }));
        let parent = parent.expect("it answers").expect("it is there").id;
        let row = serde_json::json!({"parent_id": parent, "priority": 0, "maxdepth": null,
            "intransitive": false, "noconfig": false, "pkg_filter": ""});
        let params = vec![name.as_str().into(), Value::List(vec![Value::from(row)])];
        block_on(at.hub.call_untyped("setInheritanceData", params)).expect("it is set");
    }),
];

/// Drives a run that must be refused, and asserts that the hub is as it was.
fn is_refused_whole(what: &str, case: &Case, wire: Option<&Wire>) {
    let before = dump(&case.mock.server);
    let driven = match wire {
        Some(wire) => case.drive_over(&wire.server),
        None => case.drive(None).expect("it lives"),
    };
    assert!(driven.is_over, "{what}");
    assert_eq!(driven.states()[TOOL], ModuleState::Failed, "{what}");
    assert_eq!(dump(&case.mock.server), before, "{what}: the hub is as it was");
}

#[test]
fn what_somebody_else_made_is_left_alone_and_nothing_is_made() {
    for (what, harm) in HARMS {
        let case = Case::start(0, &[]);
        let hub = block_on(case.hub());
        harm(&mut Theirs { hub, module: &case.work.modules[TOOL] });
        is_refused_whole(what, &case, None);
    }
}

#[test]
fn a_build_of_somebody_else_with_the_name_of_our_macros_package_is_not_ours() {
    let nvr = work("1", 0).modules[TOOL].names.macros_package.clone().expect("it has a dist tag");
    let (path, _directory) = scenario(&build_exists(&nvr));
    let case = Case::start(0, &["--scenario", &path]);
    is_refused_whole(&nvr, &case, None);
}

#[test]
fn a_tag_to_inherit_that_is_missing_and_a_permission_that_is_missing_are_refused() {
    let mut case = Case::start(0, &[]);
    let module = case.work.modules.get_mut(TOOL).expect("it is there");
    module.tags.parents = vec!["no-such-tag".to_owned()];
    is_refused_whole("a missing parent", &case, None);

    let case = Case::start(0, &[]);
    let wire = Wire::start(&case.mock.server);
    wire.instead("createTag", Err(Fault::new(1004, "tag permission required")));
    is_refused_whole("a missing permission", &case, Some(&wire));
    assert_eq!(wire.left("createTag"), 0);
}

pub(super) fn build_exists(nvr: &str) -> String {
    format!("hub_faults: [{{kind: build-exists, nvr: {nvr}}}]\n")
}

/// Writes a scenario; returns its path, and the directory that it is in.
pub(super) fn scenario(text: &str) -> (String, tempfile::TempDir) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("scenario.yaml");
    std::fs::write(&path, text).expect("it is writable");
    (path.display().to_string(), directory)
}
