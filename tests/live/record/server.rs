//! A server on a free port of this process that answers with recorded bodies, and on demand badly.

use std::collections::{BTreeMap, VecDeque};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::extract::{Query, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The server's name in the recordings.
const RECORDED_HOST: &str = "https://pdc.example.org";

/// One faulty answer.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// None: the answer is correct.
    Pass,
    /// This status with this body.
    Status(u16, &'static str),
    /// The body ends in the middle.
    Cut,
    /// A row is gone from now on.
    LoseRow,
}

/// The content of a server.
#[derive(Clone, Debug, Default)]
pub(super) struct World {
    /// Rows by the path of their list.
    pub(super) lists: BTreeMap<String, Vec<Value>>,
    /// Recorded answers by path and query.
    pub(super) recorded: BTreeMap<String, (u16, Value)>,
    /// The maximum number of rows of a page, regardless of the request.
    pub(super) page_max: usize,
    /// The faults of the next requests, one each.
    pub(super) faults: VecDeque<Fault>,
    /// The requests so far.
    pub(super) asked: Vec<String>,
    /// Its own address, set when it starts.
    pub(super) base: String,
}

/// A server that runs until the process ends.
pub(super) struct Server {
    /// Its address, without a slash at the end.
    pub(super) base: String,
    world: Arc<Mutex<World>>,
}

impl Server {
    pub(super) fn start(mut world: World) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("it can");
        let base = format!("http://{}", listener.local_addr().expect("it has one"));
        world.base.clone_from(&base);
        let world = Arc::new(Mutex::new(world));
        let app = axum::Router::new().fallback(answer).with_state(Arc::clone(&world));
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime starts").block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("it listens");
                axum::serve(listener, app).await.expect("it serves");
            });
        });
        Self { base, world }
    }

    /// Makes the next questions go wrong, one each.
    pub(super) fn misbehave(&self, faults: impl IntoIterator<Item = Fault>) {
        self.world.lock().expect("not poisoned").faults.extend(faults);
    }

    /// Returns the requests since the last time.
    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.world.lock().expect("not poisoned").asked)
    }
}

/// Returns the recorded PDC: both generations' lists, and every recorded answer to a question.
pub(super) fn pdc(folder: &Path) -> World {
    let file = |name: &str| -> Value {
        let text = std::fs::read_to_string(folder.join(name)).expect("a recording is there");
        serde_json::from_str(&text).expect("a recording is JSON")
    };
    let rows = |value: &Value| value.as_array().expect("a list of rows").clone();
    let mut world = World { page_max: 100, ..World::default() };
    let first = &file("uv-page_size-minus1.json")["response"]["body"];
    world.lists.insert("/rest_api/v1/modules/".into(), rows(&file("snapshot-modules.json")));
    world.lists.insert("/rest_api/v1/unreleasedvariants/".into(), rows(first));
    for entry in file("index.json").as_array().expect("a list") {
        if entry["method"] == "GET" {
            let name = format!("{}.json", entry["file"].as_str().expect("a name"));
            let response = &file(&name)["response"];
            let status = response["status"].as_u64().expect("a number");
            let path = entry["path"].as_str().expect("a path").to_owned();
            let status = u16::try_from(status).expect("a status");
            world.recorded.insert(path, (status, response["body"].clone()));
        }
    }
    world
}

async fn answer(State(world): State<Arc<Mutex<World>>>, uri: Uri) -> Response {
    let mut world = world.lock().expect("not poisoned");
    let asked = uri.path_and_query().expect("a path").to_string();
    world.asked.push(asked.clone());
    let fault = world.faults.pop_front().unwrap_or(Fault::Pass);
    if let Fault::LoseRow = fault {
        world.lists.values_mut().for_each(|rows| drop(rows.pop()));
    }
    // A missing slash is added, and the query kept, like on the recorded server.
    let whole = format!("{}/", uri.path());
    if world.lists.contains_key(&whole) {
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        let headers = [(header::LOCATION, format!("{}{whole}{query}", world.base))];
        return (StatusCode::MOVED_PERMANENTLY, headers).into_response();
    }
    let (status, body) = world.recorded.get(&asked).cloned().unwrap_or_else(|| world.list(&uri));
    let body = body.to_string().replace(RECORDED_HOST, &world.base);
    match fault {
        Fault::Status(status, body) => respond(status, body.to_owned()),
        Fault::Cut => respond(status, body[..body.len() / 2].to_owned()),
        Fault::Pass | Fault::LoseRow => respond(status, body),
    }
}

fn respond(status: u16, body: String) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::RETRY_AFTER, "0")];
    (status, headers, body).into_response()
}

impl World {
    /// Answers for a list by the rules that the recordings show.
    fn list(&self, uri: &Uri) -> (u16, Value) {
        let Some(rows) = self.lists.get(uri.path()) else {
            return (404, json!({"detail": "Not found."}));
        };
        let Query(parameters): Query<Vec<(String, String)>> =
            Query::try_from_uri(uri).expect("a query");
        let of = |name: &str| {
            parameters.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
        };
        if uri.path().contains("module-build-service") {
            return self.builds(rows, uri, &of);
        }
        let known = ["page", "page_size", "active"];
        if let Some((key, _)) = parameters.iter().find(|(key, _)| !known.contains(&key.as_str())) {
            return (400, json!({"detail": format!("Unknown query params: {key}.")}));
        }
        let is_wanted = |row: &&Value| of("active").is_none_or(|_| row["active"] == true);
        let rows: Vec<&Value> = rows.iter().filter(is_wanted).collect();
        let size: i64 = of("page_size").and_then(|size| size.parse().ok()).unwrap_or(20);
        if size <= 0 {
            return (200, json!(rows));
        }
        let size = usize::try_from(size).unwrap_or(usize::MAX).min(self.page_max);
        let page: usize = of("page").and_then(|page| page.parse().ok()).unwrap_or(1);
        if page > 1 && (page - 1) * size >= rows.len() {
            return (404, json!({"detail": "Invalid page."}));
        }
        let link =
            |page: usize| format!("{}{}?page={page}&page_size={size}", self.base, uri.path());
        let shown: Vec<&&Value> = rows.iter().skip((page - 1) * size).take(size).collect();
        let next = (page * size < rows.len()).then(|| link(page + 1));
        let previous = (page > 1).then(|| link(page - 1));
        let body =
            json!({"count": rows.len(), "next": next, "previous": previous, "results": shown});
        (200, body)
    }

    /// Answers like a Module Build Service.
    fn builds<'q>(
        &self,
        rows: &[Value],
        uri: &Uri,
        of: &dyn Fn(&str) -> Option<&'q str>,
    ) -> (u16, Value) {
        let number = |name: &str, otherwise: usize| {
            of(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise)
        };
        let (page, size) = (number("page", 1), number("per_page", 10).min(self.page_max));
        let rows: Vec<&Value> = rows
            .iter()
            .filter(|row| of("state").is_none_or(|state| row["state_name"] == state))
            .collect();
        let pages = rows.len().div_ceil(size);
        let link = |page: usize| format!("{}{}?page={page}&per_page={size}", self.base, uri.path());
        let shown: Vec<&&Value> = rows.iter().skip((page - 1) * size).take(size).collect();
        let meta = json!({
            "first": link(1), "last": link(pages), "page": page, "pages": pages, "per_page": size,
            "total": rows.len(),
            "next": (page < pages).then(|| link(page + 1)),
            "prev": (page > 1).then(|| link(page - 1)),
        });
        (200, json!({"items": shown, "meta": meta}))
    }
}
