//! Every recorded request to the Module Build Service, asked of our own API: the same status and the same
//! meaning, with the reason for each that differs.

use std::collections::{BTreeMap, BTreeSet};

use modplan::serve::api::{self, Get, Level, Path, Query, Refusal, Rules, module_json};
use modplan::serve::{
    Basis, Book, Buildrequire, ComponentBuild, Known, ModuleBuild, PackageState, Rights, State,
    Step, User, Written, choose, expand, read_moment,
};
use modplan::site::{Scm, Site};
use modplan::store::BuildNumbers;
use serde_json::{Value as Json, json};

use crate::support::shared;

/// Requests that are answered otherwise, by their place in the file, and why.
const OTHERWISE: &[(usize, &str)] = &[
    (0, "about: the version and the way to log in are our own"),
    (1, "about: the version and the way to log in are our own"),
    (3, "every component is built: the strategy `all` is the only one, and the usual one"),
    (
        8,
        "the recorded state of a component has the name of a module's state, which is a known mistake there",
    ),
    (21, "`all` is the usual strategy here, so that naming it overrides nothing"),
];

/// Where the recorded service had its documents from.
const SCM: &str = "https://src.stg.fedoraproject.org/modules/";

fn site() -> Site {
    let text = format!(
        "platforms:\n  f28: {{tag: module-f28-build, arches: [x86_64], publish_to: f28-candidate}}\n\
         scm: {{allow: [\"{SCM}\"]}}\n"
    );
    Site::read(text.as_bytes(), 0).expect("it is valid")
}

fn rules() -> Rules {
    let rights = Rights { names_owner: true, ..Rights::default() };
    let allow = vec![SCM.to_owned()];
    let scm = Scm { allow, ..Scm::default() };
    Rules { auth_method: "oidc".to_owned(), rights, scm, takes_yaml: true }
}

fn anonymous() -> User {
    User { name: "anonymous".to_owned(), groups: ["packager".to_owned()].into() }
}

fn text(json: &Json) -> Option<String> {
    json.as_str().map(str::to_owned)
}

fn moment(json: &Json) -> Option<i64> {
    json.as_str().and_then(read_moment)
}

/// Makes the build that was recorded with every field.
fn build(row: &Json, numbers: &[(u64, &str, u32)]) -> ModuleBuild {
    let components =
        row["tasks"]["rpms"].as_object().into_iter().flatten().map(|(package, task)| {
            let known = numbers.iter().find(|(_, name, _)| name == package);
            let (id, _, batch) = known.copied().expect("it has a number");
            let state =
                task["state"].as_u64().and_then(|state| PackageState::read(&state.to_string()));
            let time = moment(&row["time_modified"]).expect("a time");
            ComponentBuild {
                id,
                component: package.clone(),
                package: package.clone(),
                batch,
                task_id: task["task_id"].as_i64(),
                state,
                state_reason: None,
                nvr: text(&task["nvr"]),
                trace: state.map(|state| Step { time, state, reason: None }).into_iter().collect(),
            }
        });
    let components = components.collect();
    let buildrequires =
        row["buildrequires"].as_object().into_iter().flatten().map(|(name, one)| {
            let row = Buildrequire {
                stream: text(&one["stream"]).expect("a stream"),
                version: one["version"].as_str().expect("a version").parse().expect("a number"),
                context: text(&one["context"]).expect("a context"),
                koji_tag: text(&one["koji_tag"]),
            };
            (name.clone(), row)
        });
    ModuleBuild {
        id: row["id"].as_u64().expect("a number"),
        submission: 1,
        run: None,
        name: text(&row["name"]).expect("a name"),
        stream: text(&row["stream"]).expect("a stream"),
        version: row["version"].as_str().expect("a version").parse().expect("a number"),
        context: text(&row["context"]).expect("a context"),
        state: State::read(row["state_name"].as_str().expect("a state")).expect("a state"),
        state_reason: None,
        owner: text(&row["owner"]).unwrap_or_default(),
        scmurl: text(&row["scmurl"]),
        scratch: false,
        rebuild_strategy: text(&row["rebuild_strategy"]).unwrap_or_default(),
        submitted: moment(&row["time_submitted"]).unwrap_or_default(),
        modified: moment(&row["time_modified"]).unwrap_or_default(),
        completed: moment(&row["time_completed"]),
        koji_tag: text(&row["koji_tag"]),
        cg_build_koji_tag: None,
        buildrequires: buildrequires.collect(),
        build_context: text(&row["build_context"]),
        build_context_no_bms: text(&row["build_context_no_bms"]),
        runtime_context: text(&row["runtime_context"]),
        virtual_streams: Vec::new(),
        stream_version: row["stream_version"].as_f64(),
        base_modules: row["base_module_buildrequires"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|base| base["id"].as_u64())
            .collect(),
        arches: vec!["x86_64".to_owned()],
        components,
        trace: Vec::new(),
        messages: Vec::new(),
        modulemd: text(&row["modulemd"]).unwrap_or_default(),
    }
}

/// The recorded world: a platform, and a module that is being built.
fn book(cases: &[Json]) -> Book {
    let mut book = Book::default();
    let verbose = &cases[6]["response"];
    let numbers = [
        (1, "perl-Tangerine", 2),
        (2, "perl-List-Compare", 2),
        (3, "module-build-macros", 1),
        (4, "tangerine", 2),
    ];
    book.put(build(verbose, &numbers));
    let mut platform = build(&verbose["base_module_buildrequires"][0], &[]);
    platform.koji_tag = Some("module-f28-build".to_owned());
    platform.modulemd =
        "document: modulemd\nversion: 2\ndata: {name: platform, stream: f28, version: 3, \
        context: \"00000000\", summary: s, description: d, license: {module: [MIT]}}\n"
            .to_owned();
    book.put(platform);
    book
}

/// What a request came to.
struct Answered {
    status: u16,
    body: Json,
}

impl From<Refusal> for Answered {
    fn from(refusal: Refusal) -> Self {
        Self { status: refusal.status.number(), body: refusal.json() }
    }
}

fn ask(request: &Json, book: &mut Book, now: i64) -> Answered {
    let (path, query) = {
        let whole = request["path"].as_str().expect("a path");
        whole.split_once('?').unwrap_or((whole, ""))
    };
    let body = &request["body"];
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let (version, path) = match Path::read(path) {
        Ok(found) => found,
        Err(refusal) => return refusal.into(),
    };
    let (rules, query) = (rules(), Query::read(query));
    let answer = |result: Result<Json, Refusal>, status| match result {
        Ok(body) => Answered { status, body },
        Err(refusal) => refusal.into(),
    };
    match (request["method"].as_str().expect("a method"), path) {
        ("GET", path) => {
            let get = Get { version, path, query: &query, host: "http://localhost" };
            answer(api::read(get, book, &rules), 200)
        }
        ("PATCH", Path::Build(id)) => {
            let build = book.get(id).expect("it is there");
            let canceled = api::cancel(&body, build, &anonymous(), &rules);
            answer(canceled.map(|()| Json::Null), 200)
        }
        ("POST", Path::Import) => {
            answer(api::import(&body, &anonymous(), &rules).map(|_| Json::Null), 201)
        }
        ("POST", Path::Builds) => match submit(&body, book, now) {
            Err(refusal) => refusal.into(),
            Ok(ids) => {
                let shown = ids
                    .iter()
                    .filter_map(|id| book.get(*id))
                    .map(|build| module_json(build, book, Level::Extended, version));
                let shown: Vec<Json> = shown.collect();
                let body = match version {
                    api::Version::One => shown.into_iter().next().unwrap_or_default(),
                    api::Version::Two => Json::Array(shown),
                };
                Answered { status: 201, body }
            }
        },
        (method, path) => panic!("{method} {path:?} was not recorded"),
    }
}

fn submit(body: &[u8], book: &mut Book, now: i64) -> Result<Vec<u64>, Refusal> {
    let submission = api::submission(body, &anonymous(), &rules())?;
    let modplan::serve::Source::Text { document, .. } = &submission.source else {
        // Only what is sent can be built without a server.
        return Ok(Vec::new());
    };
    let mut known = Known::default();
    known.learn(book);
    let written = Written { text: document, seconds: now, commit: None };
    let site = site();
    let basis = Basis { known: &known, book, site: &site, now };
    let builds = choose(expand(&submission, written, basis)?, book)?.fresh;
    let mut ids = Vec::new();
    for build in builds {
        let id = book.all().next_back().map_or(1, |last| last.id + 1);
        let numbers = BuildNumbers { build: id, first_component: 100 * id, first_build: id };
        book.put(build.numbered(numbers));
        ids.push(id);
    }
    Ok(ids)
}

/// Takes out of a body what follows from when and where it was recorded.
fn plain(mut body: Json) -> Json {
    if let Json::Array(list) = body {
        return Json::Array(list.into_iter().map(plain).collect());
    }
    let Json::Object(fields) = &mut body else { return body };
    // Our own documents are written in another style; that they say the same is tested where they are made.
    fields.remove("modulemd");
    // A submission knows its components, its tag and its arches here at once, and there in the next state.
    if fields.get("state_name") == Some(&json!("init")) {
        for key in ["component_builds", "koji_tag", "arches", "tasks"] {
            fields.remove(key);
        }
    }
    if let Some(Json::Array(ids)) = fields.get_mut("component_builds") {
        ids.sort_by_key(Json::as_u64);
    }
    if let Some(Json::Object(modules)) = fields.get_mut("buildrequires") {
        for module in modules.values_mut() {
            module.as_object_mut().expect("a map").remove("filtered_rpms");
        }
    }
    body
}

#[test]
fn every_recorded_request_has_the_same_status_and_meaning() {
    let Some(path) = shared("cases/mbs/rest.json") else { return };
    let text = std::fs::read_to_string(path).expect("it is readable");
    let cases: Vec<Json> = serde_json::from_str(&text).expect("it is a list");
    let mut book = book(&cases);
    let otherwise: BTreeMap<usize, &str> = OTHERWISE.iter().copied().collect();
    let mut same = BTreeSet::new();
    for (at, case) in cases.iter().enumerate() {
        let (request, wanted) = (&case["request"], &case["response"]);
        let first = if wanted.is_array() { &wanted[0] } else { wanted };
        let now = moment(&first["time_submitted"]).unwrap_or(1_795_350_243);
        let answered = ask(request, &mut book, now);
        let what = format!("case {at}: {request}");
        let is_refused = answered.status >= 400;
        let is_same = u64::from(answered.status) == case["status"].as_u64().expect("a number")
            && match is_refused {
                true => {
                    answered.body["error"] == wanted["error"]
                        && has_meaning(at, &answered.body, wanted)
                }
                false => plain(answered.body.clone()) == plain(wanted.clone()),
            };
        if is_same {
            same.insert(at);
        } else if !otherwise.contains_key(&at) {
            panic!("{what}\n{} {}\nwanted {wanted}", answered.status, answered.body);
        }
    }
    let reasons: Vec<&usize> = otherwise.keys().filter(|at| same.contains(at)).collect();
    assert!(reasons.is_empty(), "these do not differ any more: {reasons:?}");
    assert_eq!((same.len(), otherwise.len()), (25, 5));
}

/// Returns whether two refusals say the same; names of groups are the site's own.
fn has_meaning(at: usize, ours: &Json, theirs: &Json) -> bool {
    match at {
        22 => ours["message"]
            .as_str()
            .is_some_and(|ours| ours.starts_with("anonymous is not in any of")),
        _ => ours["message"] == theirs["message"],
    }
}
