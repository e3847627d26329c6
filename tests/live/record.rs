//! `record` against a server that answers with recorded bodies, rightly and wrongly; and the real
//! pdc-client against the same server, as proof that it is faithful.

mod server;

use std::path::{Path, PathBuf};
use std::process::Command;

use modplan::live::{LiveError, Request, Retry, Service, Step, record};
use modplan::load::{self, Options, Snapshot};
use modplan::report::snapshot::snapshot_json;
use serde_json::Value;

use crate::support;
use crate::support::program::{Said, modplan};
use server::{Fault, Server, World};

const LIST: &str = "/rest_api/v1/modules/";
const FIRST_LIST: &str = "/rest_api/v1/unreleasedvariants/";

fn recordings() -> Option<PathBuf> {
    support::shared("data/pdc/recorded-server")
}

fn request(server: &Server, service: Service, directory: &Path) -> Request {
    Request {
        service,
        url: server.base.clone(),
        page_size: 10,
        filters: Vec::new(),
        partial: directory.join("modules.json.partial"),
        retry: Retry { attempts_max: 4, delay_ms_first: 0, delay_ms_max: 0 },
    }
}

/// Returns a path as an argument.
fn path(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// Records and returns the snapshot's text, the notes, and the result.
fn recorded(request: &Request) -> (Result<String, LiveError>, Vec<Step>) {
    let mut steps = Vec::new();
    let result = record(request, &mut |step| steps.push(step)).and_then(|recording| {
        let text = recording.text.clone();
        recording.finish().map(|()| text)
    });
    (result, steps)
}

fn rows(text: &str, key: &str) -> Vec<Value> {
    let json: Value = serde_json::from_str(text).expect("a snapshot is JSON");
    json[key].as_array().expect("rows").clone()
}

fn loaded(path: &Path) -> Snapshot {
    load::load(&[path.to_owned()], &Options::default()).expect("there")
}

#[test]
fn every_row_of_either_generation_comes_once_over_pages_of_any_size() {
    let Some(folder) = recordings() else { return };
    let directory = tempfile::tempdir().unwrap();
    for (path, hidden) in [(LIST, None), (FIRST_LIST, Some(LIST))] {
        for page_max in [3, 100] {
            let mut world = server::pdc(&folder);
            world.page_max = page_max;
            if let Some(hidden) = hidden {
                world.lists.remove(hidden);
                world.recorded.retain(|asked, _| !asked.starts_with(hidden));
            }
            let all = world.lists[path].clone();
            let server = Server::start(world);
            let text = recorded(&request(&server, Service::Pdc, directory.path())).0.unwrap();
            assert_eq!(rows(&text, "results"), all, "{path} {page_max}");
            let pages = server.asked().iter().filter(|asked| asked.contains("page=")).count();
            assert_eq!(pages, all.len().div_ceil(page_max.min(10)), "{path} {page_max}");
        }
    }
}

#[test]
fn the_command_writes_a_snapshot_that_loads_like_any_other() {
    let Some(folder) = recordings() else { return };
    let server = Server::start(server::pdc(&folder));
    let directory = tempfile::tempdir().unwrap();
    let output = directory.path().join("pdc.json");
    let Said { code, out, err: said } =
        modplan(&["record", "pdc", &server.base, "-o", path(&output)]);
    assert_eq!((code, out.as_str()), (0, ""), "{said}");
    assert!(said.contains("35 rows in "), "{said}");
    let (ours, theirs) = (loaded(&output), loaded(&folder.join("snapshot-modules.json")));
    assert_eq!(ours.inputs[0].kind, "pdc");
    assert!(ours.streams.len() > 20, "{}", ours.streams.len());
    assert_eq!(snapshot_json(&ours, None)["modules"], snapshot_json(&theirs, None)["modules"]);
    let left = std::fs::read_dir(directory.path()).unwrap().count();
    assert_eq!(left, 1, "no partial file stays");
}

#[test]
fn what_passes_is_asked_again_and_changes_nothing() {
    let Some(folder) = recordings() else { return };
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(server::pdc(&folder));
    let request = request(&server, Service::Pdc, directory.path());
    let quiet = recorded(&request).0.unwrap();
    let faults = [
        Fault::Status(503, "<html>\n<h1>no</h1>"),
        Fault::Pass,
        Fault::Status(429, "{\"detail\": \"Request was throttled.\"}"),
        Fault::Cut,
        Fault::Status(200, "{}"),
        Fault::Pass,
        Fault::Status(502, ""),
    ];
    server.misbehave(faults);
    let (text, steps) = recorded(&request);
    assert_eq!(text.unwrap(), quiet);
    let notes = steps.iter().filter_map(|step| match step {
        Step::Note(note) => Some(note.as_str()),
        Step::Rows { .. } => None,
    });
    let notes: Vec<&str> = notes.collect();
    assert_eq!(notes.len(), 5, "{notes:?}");
    assert!(notes[0].contains("503: <html> <h1>no</h1>; retrying"), "{notes:?}");
    assert!(notes[1].contains("429: Request was throttled."), "{notes:?}");
    let Some(Step::Rows { rows, rows_all }) = steps.last() else { panic!("{steps:?}") };
    assert_eq!((*rows, *rows_all), (35, 35));
}

#[test]
fn a_recording_that_was_broken_off_goes_on_where_it_was() {
    let Some(folder) = recordings() else { return };
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(server::pdc(&folder));
    let request = request(&server, Service::Pdc, directory.path());
    let whole = recorded(&request).0.unwrap();
    server.asked();
    // The question for the generation, two pages, then nothing but errors.
    let broken = std::iter::repeat_n(Fault::Status(500, "oops"), 4);
    server.misbehave([Fault::Pass, Fault::Pass, Fault::Pass].into_iter().chain(broken));
    let error = recorded(&request).0.unwrap_err();
    assert!(matches!(error, LiveError::GaveUp { attempts: 4, .. }), "{error}");
    assert!(error.to_string().ends_with("in 4 attempts: 500: oops"), "{error}");
    // A line that was being written when the process died.
    let kept = std::fs::read_to_string(&request.partial).unwrap();
    assert_eq!(kept.lines().count(), 3);
    std::fs::write(&request.partial, format!("{kept}{{\"rows_all\": 35, \"is_la")).unwrap();
    server.asked();
    let (text, steps) = recorded(&request);
    assert_eq!(text.unwrap(), whole);
    assert!(matches!(&steps[0], Step::Note(note) if note.contains("after page 2")), "{steps:?}");
    let pages: Vec<String> =
        server.asked().into_iter().filter(|asked| asked.contains("&page=")).collect();
    assert_eq!(pages.len(), 2, "{pages:?}");
    assert!(pages[0].ends_with("&page=3"), "{pages:?}");
}

#[test]
fn a_partial_file_of_another_list_is_not_mixed_in() {
    let Some(folder) = recordings() else { return };
    let directory = tempfile::tempdir().unwrap();
    let output = directory.path().join("pdc.json");
    let server = Server::start(server::pdc(&folder));
    let run = |filters: &[&str]| {
        let fixed = ["record", "pdc", &server.base, "--page-size", "10", "--attempts", "1", "-o"];
        let said = modplan(&[&fixed[..], &[path(&output)], filters].concat());
        (said.code, said.err)
    };
    server.misbehave([Fault::Pass, Fault::Pass, Fault::Status(500, "")]);
    let (code, said) = run(&[]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("hint: the same command continues from"), "{said}");
    assert!(!output.exists());
    let (code, said) = run(&["--filter", "active=true"]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("to start over"), "{said}");
    assert_eq!(run(&[]).0, 0);
}

#[test]
fn a_refusal_is_told_at_once_in_the_servers_words() {
    let Some(folder) = recordings() else { return };
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(server::pdc(&folder));
    let mut request = request(&server, Service::Pdc, directory.path());
    request.filters = vec![("bogus".to_owned(), "1".to_owned())];
    let error = recorded(&request).0.unwrap_err();
    assert!(error.to_string().ends_with("returned 400: Unknown query params: bogus."), "{error}");
    assert_eq!(server.asked().len(), 2, "nothing is asked twice");
    request.url = "pdc.example.org".to_owned();
    assert!(matches!(recorded(&request).0, Err(LiveError::BadUrl { .. })));
    assert_eq!(modplan(&["record", "pdc", "pdc.example.org", "-o", "x.json"]).code, 2);
}

#[test]
fn a_list_that_changes_is_read_again_and_one_that_never_rests_is_given_up() {
    let Some(folder) = recordings() else { return };
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(server::pdc(&folder));
    let request = request(&server, Service::Pdc, directory.path());
    server.misbehave([Fault::Pass, Fault::Pass, Fault::LoseRow]);
    let text = recorded(&request).0.unwrap();
    assert_eq!(rows(&text, "results").len(), 34);
    server.misbehave(std::iter::repeat_n(Fault::LoseRow, 30));
    let error = recorded(&request).0.unwrap_err();
    assert!(matches!(error, LiveError::Changing { passes: 3, .. }), "{error}");
}

#[test]
fn a_server_that_is_not_there_is_outside_trouble() {
    let directory = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (url, output) = (format!("http://{port}/"), directory.path().join("x.json"));
    let said = modplan(&["record", "mbs", &url, "--attempts", "1", "-o", path(&output)]);
    assert_eq!(said.code, 3, "{}", said.err);
}

/// Returns a Module Build Service with many builds like the recorded one, all ready but two.
fn mbs() -> Option<World> {
    const BUILDS: u64 = 23;
    let path = support::shared("cases/mbs/rest.json")?;
    let text = std::fs::read_to_string(path).expect("readable");
    let recorded: Value = serde_json::from_str(&text).expect("JSON");
    let is_build = |one: &&Value| {
        one["request"]["path"] == "/module-build-service/2/module-builds/2?verbose=1"
    };
    let one = recorded.as_array().into_iter().flatten().find(is_build).expect("it is recorded");
    let build = |id: u64| {
        let mut build = one["response"].clone();
        let is_ready = id > 2;
        build["id"] = id.into();
        build["version"] = (20_200_101_000_000 + id).to_string().into();
        build["state"] = if is_ready { 5 } else { 4 }.into();
        build["state_name"] = if is_ready { "ready" } else { "failed" }.into();
        build
    };
    let mut world = World { page_max: 10, ..World::default() };
    let path = "/module-build-service/2/module-builds/".to_owned();
    world.lists.insert(path, (1..=BUILDS).map(build).collect());
    Some(world)
}

#[test]
fn a_module_build_service_is_recorded_page_by_page_and_loads() {
    let Some(world) = mbs() else { return };
    let server = Server::start(world);
    let directory = tempfile::tempdir().unwrap();
    server.misbehave([Fault::Pass, Fault::Status(500, "{\"message\": \"database is locked\"}")]);
    let text = recorded(&request(&server, Service::Mbs, directory.path())).0.unwrap();
    assert_eq!(rows(&text, "items").len(), 21);
    let asked = server.asked();
    assert_eq!(asked.len(), 4, "{asked:?}");
    assert!(asked[0].contains("state=ready") && asked[0].contains("verbose=true"), "{asked:?}");
    let output = directory.path().join("mbs.json");
    std::fs::write(&output, text).unwrap();
    let snapshot = loaded(&output);
    assert_eq!((snapshot.inputs[0].kind, snapshot.streams.len()), ("mbs", 21));
    assert!(snapshot.findings.is_empty(), "{:?}", snapshot.findings);
}

/// The folder into which `tests/run --setup` installs the real client.
const CLIENT: &str = "target/venv/bin/python";

#[test]
fn the_real_pdc_client_reads_the_same_server() {
    let Some(folder) = recordings() else { return };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let client = root.join(CLIENT);
    let has_it = Command::new(&client).args(["-c", "import pdc_client"]).output();
    if !has_it.is_ok_and(|output| output.status.success()) {
        support::left_out(&format!("no pdc-client in {CLIENT} (run tests/run --setup)"));
        return;
    }
    let world = server::pdc(&folder);
    let (modules, first) = (world.lists[LIST].clone(), world.lists[FIRST_LIST].clone());
    let server = Server::start(world);
    let ended = Command::new(client)
        .arg(root.join("tests/peers/read_pdc.py"))
        .arg(format!("{}/rest_api/v1/", server.base))
        .output()
        .expect("it starts");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let told: Value = serde_json::from_slice(&ended.stdout).expect("it tells JSON");
    assert_eq!(told["modules"], Value::from(modules.clone()));
    assert_eq!(told["all_at_once"], Value::from(modules.clone()));
    assert_eq!(told["unreleasedvariants"], Value::from(first));
    assert_eq!(told["past_the_end"], 404);
    assert_eq!(told["unknown_filter"], 400);
    // The client reads the same as modplan records.
    let directory = tempfile::tempdir().unwrap();
    let text = recorded(&request(&server, Service::Pdc, directory.path())).0.unwrap();
    assert_eq!(Value::from(rows(&text, "results")), told["modules"]);
}
