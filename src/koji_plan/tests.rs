//! Runs that are worked out against a hub made of one function.

mod calls;
mod refused;
mod requirements;

use serde_json::{Value as Json, json};

use super::*;
use crate::graph::{GraphOptions, ModuleGraph};
use crate::koji::{Fault, Value};
use crate::load::{Snapshot, stream_yaml};
use crate::mini;
use crate::module_build::hub_call::HubCall;
use crate::plan::{self, Given, Selection};
use crate::trace::History;

const COMMIT: &str = "0123456789012345678901234567890123456789";

const MODULES: &str = "perl:5.30:7:c1 -> platform:el8 bison:3 { perl perl-libs#1 }\n\
    perl-DBI:1:7:c2 -> platform:el8 perl:5.30 { perl-DBI!COMMIT }\n";

const SITE: &str = "platforms:\n  el8: {tag: el8-build, arches: [x86_64, aarch64], publish_to: el8-candidate}\n\
    scm: {allow: [\"https://src.example.org/\"], component: \"git+https://src.example.org/rpms/{package}#{commit}\"}\n";

/// A case: modules, a site, sources, and what is given.
pub(super) struct Case {
    earlier: Earlier,
    modules: String,
    site: String,
    sources: String,
    given: Vec<Selector>,
}

impl Case {
    pub(super) fn new() -> Self {
        Self {
            modules: MODULES.replace("COMMIT", COMMIT),
            site: SITE.to_owned(),
            sources: format!(
                "package,stream,name,url\n,,,git+https://src.example.org/rpms/{{package}}#{COMMIT}\n"
            ),
            given: vec!["bison:3".parse().expect("an id")],
            earlier: Earlier::default(),
        }
    }

    /// Works the case out against a hub, and says how many rounds of questions it took.
    pub(super) fn run(&self, hub: impl Fn(&HubCall) -> Result<Json, Fault>) -> (WorkedOut, usize) {
        let plan = planned(&mini::snapshot(&self.modules));
        let site = Site::read(self.site.as_bytes(), 0).expect("a site");
        let (sources, findings) = SourceUrls::read(self.sources.as_bytes(), 0);
        assert_eq!(findings, []);
        let request = Request {
            plan: &plan,
            site: &site,
            sources: Some(&sources),
            given: &self.given,
            submitted: "2026-01-02T03:04:05Z".parse().expect("a time"),
            earlier: &self.earlier,
        };
        let mut known = Knowledge::default();
        for round in 0..20 {
            let run = work_out(request, &mut known);
            let open = known.open();
            if open.is_empty() {
                return (run, round);
            }
            known.learn(open.iter().map(|call| hub(call).map(Value::from)).collect());
        }
        panic!("questions without an end: {:?}", known.open());
    }

    fn failures(&self, hub: impl Fn(&HubCall) -> Result<Json, Fault>) -> Vec<String> {
        let (run, _) = self.run(hub);
        let told = |check: &Check| format!("{}: {}", check.check, check.detail);
        run.checks.iter().filter(|check| !check.ok).map(told).collect()
    }
}

fn planned(snapshot: &Snapshot) -> Plan {
    let mut snapshot = snapshot.clone();
    for stream in &mut snapshot.streams {
        stream.about.format = 2;
        stream.about.summary = Some("s".into());
        stream.about.description = Some("d".into());
        stream.about.module_licenses = ["MIT".into()].into();
    }
    let graph = ModuleGraph::new(&snapshot, &GraphOptions::default());
    let asked = Selection { all: true, ..Selection::default() };
    let history = History::default();
    let mut plan =
        plan::plan(Given::new(&snapshot, &graph, &history), &asked).expect("it is planned").plan;
    for row in &mut plan.modules {
        let of_row = |stream: &&crate::load::Stream| stream.name.as_str() == row.name;
        let stream = snapshot.streams.iter().find(of_row).expect("it is there");
        row.modulemd = Some(stream_yaml(stream));
        row.platform = Some("el8".to_owned());
    }
    plan
}

fn named<'c>(call: &'c HubCall, name: &str) -> Option<&'c str> {
    call.arguments.named.get(name).and_then(Value::as_str)
}

pub(super) fn first(call: &HubCall) -> &str {
    call.arguments.positional.first().and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn tag(id: i64, name: &str, extra: &Json) -> Json {
    json!({"id": id, "name": name, "arches": "x86_64 aarch64", "locked": false, "maven_support": false,
           "maven_include_all": false, "perm": null, "extra": extra})
}

/// A hub with what a run needs, and nothing else.
pub(super) fn hub(call: &HubCall) -> Result<Json, Fault> {
    let none = || Err(Fault::generic("No such thing"));
    match call.method {
        "_listapi" => Ok(json!([{"name": "repo.request"}])),
        "getLoggedInUser" => Ok(json!({"id": 3, "name": "kim", "status": 0, "usertype": 0})),
        "getUserPerms" => Ok(json!(["tag", "target"])),
        "listCGs" => Ok(json!({"module-build-service": {"id": 1, "users": ["kim"]}})),
        "listBTypes" => Ok(json!([{"id": 5, "name": "module"}])),
        "getTag" => match first(call) {
            "el8-build" => Ok(tag(1, "el8-build", &json!({}))),
            "el8-candidate" => Ok(tag(2, "el8-candidate", &json!({}))),
            _ => Ok(Json::Null),
        },
        "getBuild" | "getBuildTarget" => Ok(Json::Null),
        "listTagged" if first(call) == "el8-candidate" => Ok(json!([])),
        "listTaggedRPMS" => Ok(json!([[], []])),
        _ => none(),
    }
}

fn methods(run: &WorkedOut, module: &str) -> Vec<String> {
    let of_module = run.calls.iter().filter(|call| call.module.as_deref() == Some(module));
    let told = |call: &PlannedCall| match &call.component {
        Some(component) => format!("{} {component}", call.method),
        None => call.method.to_owned(),
    };
    of_module.map(told).collect()
}

/// A shipped module in the answer of `listTagged`.
fn shipped(name: &str, stream: &str, version: &str, document: &str) -> Json {
    let module = json!({"name": name, "stream": stream, "version": version, "context": "c9",
                        "content_koji_tag": format!("module-{name}-{version}"), "modulemd_str": document});
    let mut row = tagged(name, "1", "1");
    row["extra"] = json!({"typeinfo": {"module": module}});
    row
}

fn tagged(package: &str, version: &str, release: &str) -> Json {
    json!({"build_id": 9, "id": 9, "name": package, "version": version, "release": release, "epoch": null,
           "nvr": format!("{package}-{version}-{release}"), "state": 1, "package_id": 1,
           "package_name": package, "owner_id": 1, "owner_name": "kim", "task_id": null, "tag_id": 2,
           "tag_name": "el8-candidate", "create_event": 1, "creation_event_id": 1, "creation_time": "",
           "start_time": null, "completion_time": null, "volume_id": 0, "volume_name": "DEFAULT",
           "draft": false, "promoter_id": null, "promoter_name": null, "promotion_time": null})
}

/// Returns a document that can be published.
fn bison(text: &str) -> crate::load::Stream {
    let mut bison = mini::snapshot(text).streams.remove(0);
    bison.about.format = 2;
    bison.about.summary = Some("s".into());
    bison.about.description = Some("d".into());
    bison.about.module_licenses = ["MIT".into()].into();
    bison
}

fn rpm(name: &str, version: &str, arch: &str) -> Json {
    json!({"id": 1, "name": name, "version": version, "release": "1", "epoch": null, "arch": arch,
           "build_id": 9, "buildroot_id": null, "buildtime": null, "size": null, "payloadhash": "00",
           "metadata_only": null, "draft": null, "extra": null})
}
