//! What a run left, at hubs made of one function.

use serde_json::{Value as Json, json};

use super::*;
use crate::koji::{Fault, Value};
use crate::koji_plan::tests::{Case, first, hub, tag};

const RUN: &str = "r1";
const ID: &str = "perl:5.30:c1";
const TAG: &str = "module-perl-5.30-820260102030405-c1";
const BUILD_TAG: &str = "module-perl-5.30-820260102030405-c1-build";
const LOCK: &str = "module-lock-perl-5.30";

/// What a hub has of the first build of a run.
#[derive(Clone)]
struct Left {
    /// The tags: name, number, run of the marker.
    tags: Vec<(&'static str, i64, Option<&'static str>)>,
    has_target: bool,
    /// Answers that come before those.
    instead: fn(&HubCall) -> Option<Result<Json, Fault>>,
}

impl Left {
    /// Everything that a run makes.
    fn all() -> Self {
        let tags = [(TAG, 5), (BUILD_TAG, 6), (LOCK, 7)].map(|(name, id)| (name, id, Some(RUN)));
        Self { tags: tags.into(), has_target: true, instead: |_| None }
    }

    fn with(instead: fn(&HubCall) -> Option<Result<Json, Fault>>) -> Self {
        Self { instead, ..Self::all() }
    }

    fn target(&self) -> Json {
        let known = |name| self.tags.iter().find(|tag| tag.0 == name).map_or(0, |tag| tag.1);
        json!({"id": 9, "name": TAG, "build_tag": known(BUILD_TAG), "build_tag_name": BUILD_TAG,
               "dest_tag": known(TAG), "dest_tag_name": TAG})
    }

    fn answer(&self, call: &HubCall) -> Result<Json, Fault> {
        if let Some(answer) = (self.instead)(call) {
            return answer;
        }
        Ok(match call.method {
            "getTag" => {
                let found = self.tags.iter().find(|tag| tag.0 == first(call));
                let mark = |run: Option<&str>| match run {
                    Some(run) => json!({"modplan": {"run": run, "module": ID}}),
                    None => json!({}),
                };
                found.map_or(Json::Null, |(name, id, run)| tag(*id, name, &mark(*run)))
            }
            "getBuildTarget" if self.has_target && first(call) == TAG => self.target(),
            "getBuildTargets" if self.has_target => {
                let (target, named) = (self.target(), &call.arguments.named);
                let of = |key: &str, member: &str| {
                    named.get(key) == Some(&target[member].clone().into())
                };
                let is_asked = of("buildTagID", "build_tag") || of("destTagID", "dest_tag");
                if is_asked { json!([target]) } else { json!([]) }
            }
            "getBuild" | "getBuildTarget" => Json::Null,
            "getBuildTargets" | "listTasks" | "getFullInheritance" => json!([]),
            other => panic!("{other} is not asked"),
        })
    }

    fn known<T>(&self, work: impl Fn(&mut Knowledge) -> T) -> T {
        let mut known = Knowledge::default();
        for _ in 0..20 {
            let done = work(&mut known);
            let open = known.open();
            if open.is_empty() {
                return done;
            }
            known.learn(open.iter().map(|call| self.answer(call).map(Value::from)).collect());
        }
        panic!("questions without an end")
    }

    fn leftovers(&self) -> Vec<Leftover> {
        let builds = builds();
        self.known(|known| leftovers(Past { run: RUN, builds: &builds }, known))
    }

    fn again(&self, listed: &Leftover) -> Now {
        let builds = builds();
        self.known(|known| again(Past { run: RUN, builds: &builds }, listed, known))
    }

    /// Returns what is said of each thing, by its kind.
    fn said(&self) -> Vec<String> {
        let said = |found: Leftover| match found.keep {
            Some(why) => format!("{}: {why}", found.kind),
            None => format!("{} {}", found.kind, found.id.expect("a number")),
        };
        self.leftovers().into_iter().map(said).collect()
    }
}

/// Returns an open task as a hub lists it.
pub(super) fn open_task(id: i64, method: &str, request: &Json) -> Json {
    json!({"id": id, "method": method, "state": 1, "arch": "noarch", "channel_id": 1, "host_id": 1, "owner": 3,
           "parent": null, "label": null, "priority": 20, "weight": 1.0, "waiting": null, "awaited": null,
           "create_time": "", "create_ts": 0.0, "start_time": null, "start_ts": null,
           "completion_time": null, "completion_ts": null, "request": request})
}

fn builds() -> Vec<PlannedBuild> {
    Case::new().run(hub).0.builds
}

#[test]
fn a_hub_that_has_nothing_of_a_run_has_nothing_left() {
    let none = Left { tags: Vec::new(), has_target: false, instead: |_| None };
    assert_eq!(none.said(), [""; 0]);
    assert_eq!(leftovers_checksum(RUN, "hub", "kim", &none.leftovers()), None);
}

#[test]
fn what_a_failed_run_made_is_deleted_in_an_order_in_which_nothing_needs_the_rest() {
    let all = Left::all().leftovers();
    assert_eq!(Left::all().said(), ["target 9", "build tag 6", "module tag 5", "lock 7"]);
    let calls: Vec<HubCall> = all.iter().filter_map(Leftover::deletion).collect();
    let of = |call: &HubCall| format!("{} {:?}", call.method, call.params());
    assert_eq!(of(&calls[0]), "deleteBuildTarget [Int(9)]");
    assert_eq!(of(&calls[1]), "deleteTag [Int(6)]");
    assert!(calls.iter().zip(&all).all(|(call, thing)| call.method == thing.method()));
    let sum = |run, user, all: &[Leftover]| leftovers_checksum(run, "http://hub", user, all);
    let usual = sum(RUN, "kim", &all).expect("something is deleted");
    assert!(usual.starts_with("sha256:"), "{usual}");
    assert_eq!(sum(RUN, "kim", &all), Some(usual.clone()));
    for other in [sum("r2", "kim", &all), sum(RUN, "bob", &all), sum(RUN, "kim", &all[1..])] {
        assert_ne!(other, Some(usual.clone()));
    }
}

#[test]
fn the_tag_of_a_module_that_was_imported_stays_for_good() {
    let imported = Left::with(|call| {
        let module = json!({"typeinfo": {"module": {"content_koji_tag": TAG}}});
        let build =
            || json!({"build_id": 3, "id": 3, "state": 1, "owner_name": "kim", "extra": module});
        let is_it = call.method == "getBuild" && first(call) == "perl-5.30-820260102030405.c1";
        is_it.then(|| Ok(filled(build())))
    });
    let said = imported.said();
    assert_eq!(said[..2], ["target 9", "build tag 6"]);
    assert_eq!(said[2], "module tag: the module perl-5.30-820260102030405.c1 was imported from it");
    let reserved = Left::with(|call| {
        let build = || json!({"build_id": 3, "id": 3, "state": 0, "owner_name": "kim"});
        let is_it = call.method == "getBuild" && first(call).starts_with("perl-devel-5.30-");
        is_it.then(|| Ok(filled(build())))
    });
    assert!(reserved.said()[2].ends_with(" is being imported"), "{:?}", reserved.said());
    // A module of somebody else's tag that has the name says nothing of this tag.
    let taken = Left::with(|call| {
        let build = || json!({"build_id": 3, "id": 3, "state": 1, "owner_name": "bob"});
        (call.method == "getBuild").then(|| Ok(filled(build())))
    });
    assert_eq!(taken.said()[2], "module tag 5");
}

/// Adds what every build has.
fn filled(mut build: Json) -> Json {
    let mut whole = serde_json::to_value(crate::koji::shapes::Build::default()).expect("JSON");
    let members = build.as_object_mut().expect("a map");
    whole.as_object_mut().expect("a map").append(members);
    whole
}

#[test]
fn what_is_not_marked_as_the_runs_own_stays() {
    let mut others = Left::all();
    others.tags = vec![(TAG, 5, Some("r0")), (BUILD_TAG, 6, None), (LOCK, 7, Some("r2"))];
    assert_eq!(
        others.said(),
        [
            format!("target: {BUILD_TAG}: it has no marker of modplan"),
            "build tag: it has no marker of modplan".to_owned(),
            "module tag: it is marked as one of the run r0".to_owned(),
            "lock: it is marked as one of the run r2".to_owned(),
        ]
    );
    let joined = Left::with(|call| {
        let target = json!({"id": 9, "name": TAG, "build_tag": 6, "build_tag_name": BUILD_TAG,
                            "dest_tag": 2, "dest_tag_name": "el8-candidate"});
        (call.method == "getBuildTarget" && first(call) == TAG).then_some(Ok(target))
    });
    let why = format!("it joins {BUILD_TAG} and el8-candidate, which is not how this run made it");
    assert_eq!(joined.said()[0], format!("target: {why}"));
    assert_eq!(joined.said()[1], format!("build tag: the target {TAG} builds in it"));
}

#[test]
fn what_somebody_needs_stays_and_so_does_what_the_hub_says_nothing_about() {
    let open = Left::with(|call| {
        let task = open_task(31, "buildArch", &json!(["a.src.rpm", 6, "x86_64"]));
        (call.method == "listTasks").then(|| Ok(json!([task])))
    });
    let said = open.said();
    assert_eq!(said[0], "target: the task 31 (buildArch) is open");
    assert_eq!(said[1], "build tag: the task 31 (buildArch) is open");
    assert_eq!(said[2], format!("module tag: the target {TAG} tags into it"), "it stays too");
    let inherited = Left::with(|call| {
        let row = json!({"parent_id": 5, "name": "bobs-build", "priority": 0, "maxdepth": null, "intransitive": false,
                         "noconfig": false, "pkg_filter": "", "tag_id": 77, "currdepth": 1, "nextdepth": null, "filter": []});
        (call.method == "getFullInheritance").then(|| Ok(json!([row])))
    });
    assert_eq!(
        inherited.said()[1..],
        ["build tag 6", "module tag: the tag bobs-build inherits it", "lock 7"]
    );
    let joined = Left::with(|call| {
        let other = json!({"id": 40, "name": "bobs", "build_tag": 1, "build_tag_name": "el8-build",
                           "dest_tag": 5, "dest_tag_name": TAG});
        let is_it =
            call.method == "getBuildTargets" && call.arguments.named.contains_key("destTagID");
        is_it.then(|| Ok(json!([other])))
    });
    assert!(joined.said().contains(&"module tag: the target bobs tags into it".to_owned()));
    let silent = Left::with(|call| {
        (call.method == "listTasks").then(|| Err(Fault::generic("the database is busy")))
    });
    for said in silent.said() {
        assert!(said.contains(": the hub does not say whether it is needed: "), "{said}");
    }
}

#[test]
fn a_thing_is_looked_at_again_before_it_is_deleted() {
    let all = Left::all().leftovers();
    assert_eq!(Left::all().again(&all[0]), Now::Same);
    // The target is still there: its tags stay.
    let kept = Now::Kept(format!("the target {TAG} builds in it"));
    assert_eq!(Left::all().again(&all[1]), kept);
    let without = Left { has_target: false, ..Left::all() };
    assert_eq!(without.again(&all[0]), Now::Gone);
    assert_eq!(without.again(&all[1]), Now::Same);
    let mut other = Left { has_target: false, ..Left::all() };
    other.tags[1].1 = 60;
    assert_eq!(other.again(&all[1]), Now::Kept("another one has its name by now".to_owned()));
}
