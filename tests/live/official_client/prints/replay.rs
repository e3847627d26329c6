//! A hub that replays recorded answers of a real one.
//!
//! A call is answered with the recorded bodies of the very same call, in their order, the last of them again and
//! again. Tasks are known from every body that shows them. Else a body of the same method about the same thing
//! is taken, and then any of the same method where that says the same of all things. What no recording has is
//! answered with what koji-protocol says of it, and remembered.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;

use modplan::koji::{Fault, Value, codec};
use serde_json::json;

type Answered = Result<Value, Fault>;

/// Answers about a single object: those about another object do not replace them.
const OWN: [&str; 10] = [
    "checkUpload",
    "getBuild",
    "getTaskResult",
    "listArchives",
    "listBuilds",
    "listBuildRPMs",
    "listHosts",
    "listTags",
    "listTaskOutput",
    "tagLastChangeEvent",
];

/// The recorded bodies.
#[derive(Default)]
pub(super) struct Replay {
    by_call: BTreeMap<String, Vec<Answered>>,
    by_method: BTreeMap<String, Vec<Value>>,
    tasks: BTreeMap<i64, Vec<Value>>,
    children: BTreeMap<i64, Vec<Value>>,
    /// How often each was answered.
    told: Mutex<BTreeMap<String, usize>>,
    /// Calls that no recording answers.
    unknown: Mutex<BTreeSet<String>>,
    /// How long the uploaded files are.
    uploads: Mutex<BTreeMap<String, usize>>,
}

impl Replay {
    /// Reads the recordings of a directory.
    pub(super) fn read(directory: &Path) -> Self {
        let text = |name: &str| std::fs::read_to_string(directory.join(name)).ok();
        let index = text("index.json").expect("an index");
        let index: serde_json::Value = serde_json::from_str(&index).expect("JSON");
        let mut replay = Self::default();
        for row in index.as_array().expect("rows") {
            let file = |key: &str| row[key].as_str().and_then(text);
            let (Some(asked), Some(answer)) = (file("req_file"), file("resp_file")) else {
                continue;
            };
            if let (Ok((method, params)), Ok(answer)) =
                (codec::read_call(&asked), codec::read_answer(&answer))
            {
                replay.learn(&method, params, answer);
            }
        }
        replay
    }

    fn learn(&mut self, method: &str, params: Vec<Value>, answer: Answered) {
        let key = codec::write_call(method, params.clone());
        let bodies = self.by_call.entry(key).or_default();
        // A successful call was recorded again with a fault of its session.
        if answer.is_ok() || !bodies.iter().any(Result::is_ok) {
            bodies.push(answer.clone());
        }
        let Ok(answer) = answer else { return };
        self.by_method.entry(method.to_owned()).or_default().push(answer.clone());
        match (method, &answer) {
            ("multiCall", Value::List(answers)) => {
                for (call, answer) in calls(&params).into_iter().zip(answers) {
                    if let Some([answer]) = answer.as_list() {
                        self.learn(&call.0, call.1, Ok(answer.clone()));
                    }
                }
            }
            ("getTaskDescendents", Value::Struct(tree)) => {
                tree.iter().for_each(|(parent, rows)| self.learn_children(parent, rows));
            }
            ("getTaskChildren", rows) => {
                let parent = params[0].as_int().unwrap_or_default();
                self.learn_children(&parent.to_string(), rows);
            }
            ("getTaskInfo", row) => self.learn_task(row),
            _ => {}
        }
    }

    fn learn_children(&mut self, parent: &str, rows: &Value) {
        rows.as_list().unwrap_or_default().iter().for_each(|row| self.learn_task(row));
        let parent = parent.parse().expect("a task has a number");
        self.children.entry(parent).or_default().push(rows.clone());
    }

    /// Keeps the state of a task; one body may have the request that another omits.
    fn learn_task(&mut self, row: &Value) {
        let (Some(id), Value::Struct(members)) = (row.get("id").and_then(Value::as_int), row)
        else {
            return;
        };
        let rows = self.tasks.entry(id).or_default();
        let request = |row: &Value| row.get("request").filter(|request| !request.is_nil()).cloned();
        let known = rows.iter().find_map(request).or_else(|| request(row));
        let mut members = members.clone();
        members.extend(known.map(|request| ("request".to_owned(), request)));
        let row = Value::Struct(members);
        if rows.last() != Some(&row) {
            rows.push(row);
        }
    }

    /// Returns the next of several bodies, and the last for ever.
    fn next<T: Clone>(&self, key: &str, bodies: &[T]) -> T {
        let mut told = self.told.lock().expect("no panic");
        let at = told.entry(key.to_owned()).or_default();
        let body = bodies[(*at).min(bodies.len() - 1)].clone();
        *at += 1;
        body
    }

    /// Returns the calls since the last time that no recording answers.
    pub(super) fn unknown(&self) -> BTreeSet<String> {
        std::mem::take(&mut *self.unknown.lock().expect("no panic"))
    }

    /// Answers one call.
    pub(super) fn answer(&self, method: &str, params: &[Value]) -> Answered {
        if method == "multiCall" {
            let answers = calls(params).into_iter().map(|(method, params)| {
                self.answer(&method, &params).map(|answer| Value::List(vec![answer]))
            });
            return answers.collect::<Result<_, _>>().map(Value::List);
        }
        let first = params.first().and_then(Value::as_int);
        let task = first.filter(|id| self.tasks.contains_key(id));
        match (method, task) {
            ("getTaskInfo", Some(id)) => {
                return Ok(self.next(&format!("task {id}"), &self.tasks[&id]));
            }
            ("getTaskRequest", Some(id)) => {
                let row = self.tasks[&id].last().expect("it was recorded");
                return Ok(row.get("request").cloned().unwrap_or_default());
            }
            ("getTaskChildren", Some(id)) => {
                let rows = self.children.get(&id).map(|rows| self.next(&format!("of {id}"), rows));
                return Ok(rows.unwrap_or(Value::List(Vec::new())));
            }
            _ => {}
        }
        let key = codec::write_call(method, params.to_vec());
        if let Some(bodies) = self.by_call.get(&key) {
            return self.next(&key, bodies);
        }
        if let Some(body) = self.about(method, params) {
            return Ok(body);
        }
        let any = self.by_method.get(method).filter(|_| !OWN.contains(&method));
        if let Some(body) = any.and_then(|bodies| bodies.first()) {
            return Ok(body.clone());
        }
        self.unknown.lock().expect("no panic").insert(method.to_owned());
        self.unrecorded(method, params)
    }

    /// Returns the data of another recorded body about the object of a call.
    fn about(&self, method: &str, params: &[Value]) -> Option<Value> {
        let wanted = params.first()?;
        let named = |name: &str| wanted.get(name);
        let rows = |method: &str| self.by_method.get(method).into_iter().flatten();
        let is_it =
            |row: &&Value, keys: &[&str]| keys.iter().any(|key| row.get(key) == Some(wanted));
        match method {
            "getTag" => rows(method).find(|row| is_it(row, &["id", "name"])).cloned(),
            "getUser" => rows("getLoggedInUser").find(|row| is_it(row, &["id", "name"])).cloned(),
            "getHost" => {
                let mut hosts = rows("listHosts").filter_map(Value::as_list).flatten();
                hosts.find(|row| is_it(row, &["id", "name"])).cloned()
            }
            "getBuild" => rows("getBuild").find(|row| is_it(row, &["id", "nvr"])).cloned(),
            "listRPMs" => {
                let of = named("buildID")?;
                let list = rows("listBuildRPMs").filter_map(Value::as_list).flatten();
                Some(Value::List(
                    list.filter(|row| row.get("build_id") == Some(of)).cloned().collect(),
                ))
            }
            "listArchives" => {
                let (of, kind) = (named("buildID")?, named("type"));
                let list = rows(method).filter_map(Value::as_list).flatten();
                let is_own = |row: &&Value| {
                    row.get("build_id") == Some(of)
                        && kind.is_none_or(|kind| row.get("btype") == Some(kind))
                };
                Some(Value::List(list.filter(is_own).cloned().collect()))
            }
            // The tags of a build are those in whose lists it is.
            "listTags" => {
                let list = rows("listTagged").filter_map(Value::as_list).flatten();
                let tag = |row: &Value| Some(json_tag(row.get("tag_id")?, row.get("tag_name")?));
                let mut tags: Vec<Value> =
                    list.filter(|row| row.get("nvr") == Some(wanted)).filter_map(tag).collect();
                tags.dedup();
                Some(Value::List(tags))
            }
            "listBuilds" => {
                let is_module = named("type").and_then(Value::as_str) == Some("module");
                let is_own = |row: &&Value| match (named("taskID"), is_module) {
                    (Some(task), _) => row.get("task_id") == Some(task),
                    (None, true) => {
                        row.get("cg_id").is_some_and(|cg| !cg.is_nil())
                            && row.get("state") == Some(&Value::Int(1))
                    }
                    (None, false) => {
                        named("packageID").is_none_or(|id| row.get("package_id") == Some(id))
                    }
                };
                let row = rows("getBuild").find(is_own).cloned();
                // A build that failed has a row too, which was not recorded.
                let of_failed = named("taskID").is_some_and(|task| self.has_failed(task));
                (!of_failed || row.is_some()).then(|| Value::List(row.into_iter().collect()))
            }
            "listTaskOutput" => self.recorded_files(wanted),
            // The event that the recorded repo was asked for.
            "tagLastChangeEvent" => {
                rows("repo.request").find_map(|row| row.get("request")?.get("min_event").cloned())
            }
            _ => None,
        }
    }

    /// Answers a call without a recording according to koji-protocol.
    fn unrecorded(&self, method: &str, params: &[Value]) -> Answered {
        let arch = |id: &Value| {
            Some(self.tasks.get(&id.as_int()?)?.last()?.get("arch")?.as_str()?.to_owned())
        };
        Ok(match method {
            "getMavenBuild" | "getWinBuild" | "packageListBlock" => Value::Nil,
            "mavenEnabled" => Value::Bool(false),
            "hasPerm" => Value::Bool(true),
            "getAllPerms" | "queryRPMSigs" => Value::List(Vec::new()),
            "getPackageID" => Value::Int(1),
            "listTaskOutput" => self.files(params),
            "listBuildroots" => self.buildroot(params),
            "listBuilds" => self.failed_build(params),
            // Both builders serve these channels, and no other.
            "listHosts" => {
                let channel = params.first().and_then(|asked| asked.get("channelID"));
                let serves = channel.and_then(Value::as_int).is_none_or(|id| id <= 2);
                let hosts = self.by_method["listHosts"].last().filter(|_| serves).cloned();
                hosts.unwrap_or(Value::List(Vec::new()))
            }
            "getTaskResult" => {
                let arch = params.first().and_then(arch).unwrap_or_default();
                let text = format!(
                    "error building package (arch {arch}), mock exited with status 1; see build.log \
                     or root.log for more information"
                );
                return Err(Fault::new(1005, text));
            }
            "checkUpload" => {
                let name = params.get(1).and_then(Value::as_str).unwrap_or_default();
                let size = self.uploads.lock().expect("no panic").get(name).copied();
                size.map_or(Value::Nil, |size| json!({"size": size, "mtime": 0.5}).into())
            }
            _ => return Err(Fault::generic(format!("{method} was not recorded"))),
        })
    }

    fn task(&self, id: &Value) -> Option<&Value> {
        self.tasks.get(&id.as_int()?)?.last()
    }

    fn has_failed(&self, task: &Value) -> bool {
        let row = self.task(task);
        let has = |name: &str, value: Value| row.and_then(|row| row.get(name)) == Some(&value);
        has("method", "build".into()) && has("state", Value::Int(5))
    }

    /// The files of a task, as another form of the call was answered, or as its result names them.
    fn recorded_files(&self, task: &Value) -> Option<Value> {
        let with_stat = vec![task.clone(), json!({"stat": true, "__starstar": true}).into()];
        let key = codec::write_call("listTaskOutput", with_stat);
        let names: Vec<String> = match self.by_call.get(&key).and_then(|bodies| bodies.first()) {
            Some(Ok(Value::Struct(files))) => files.keys().cloned().collect(),
            _ => {
                let key = codec::write_call("getTaskResult", vec![task.clone()]);
                let Ok(result) = self.by_call.get(&key)?.first()? else { return None };
                result
                    .get("srpm")
                    .and_then(Value::as_str)
                    .map(base)
                    .into_iter()
                    .chain(logs(result))
                    .collect()
            }
        };
        Some(on_default_volume(names))
    }

    /// The one buildroot of tasks that build a package: their results name it by number.
    fn buildroot(&self, params: &[Value]) -> Value {
        let task =
            params.first().and_then(|asked| asked.get("taskID")).cloned().unwrap_or_default();
        let method = self.task(&task).and_then(|row| row.get("method")).and_then(Value::as_str);
        let is_builder = matches!(method, Some("buildArch" | "buildSRPMFromSCM"));
        let row = json!({"id": 16, "repo_id": 5, "tag_name": "m48947-build", "state": 3});
        Value::List(is_builder.then(|| row.into()).into_iter().collect())
    }

    /// A package and its log for tasks that build one, with the source package for the first arch;
    /// nothing for others.
    fn files(&self, params: &[Value]) -> Value {
        let row = params.first().and_then(|id| self.task(id));
        let of = |name: &str| row.and_then(|row| row.get(name)).and_then(Value::as_str);
        let request = row.and_then(|row| row.get("request")).and_then(Value::as_list);
        let source = request.and_then(|request| request.first()).and_then(Value::as_str);
        match (of("method"), of("arch"), source) {
            (Some("buildArch"), Some(arch), Some(source)) => {
                let name = base(source).replace(".src.rpm", &format!(".{arch}.rpm"));
                let source = (arch == "x86_64").then(|| base(source));
                let names = source.into_iter().chain([name, "build.log".to_owned()]);
                on_default_volume(names.collect())
            }
            _ => on_default_volume(Vec::new()),
        }
    }

    /// The row of a failed build: the request of its task names it.
    fn failed_build(&self, params: &[Value]) -> Value {
        let task =
            params.first().and_then(|asked| asked.get("taskID")).cloned().unwrap_or_default();
        let request = self.task(&task).and_then(|row| row.get("request")).and_then(Value::as_list);
        let source = request.and_then(|request| request.first()).and_then(Value::as_str);
        let named = source
            .and_then(|source| base(source).split_once('#').map(|(n, vr)| format!("{n}-{vr}")));
        let row = |nvr: String| {
            Value::from(json!({"build_id": 7, "nvr": nvr, "task_id": 51, "state": 3}))
        };
        let row = named.map(row);
        Value::List(row.into_iter().collect())
    }

    /// Accepts a file, like the recorded upload.
    pub(super) fn upload(&self, name: &str, bytes: &[u8]) -> Value {
        self.uploads.lock().expect("no panic").insert(name.to_owned(), bytes.len());
        let sum = format!("{:08x}", codec::adler32(bytes));
        let size = bytes.len();
        json!({"size": size, "fileverify": "adler32", "offset": 0, "hexdigest": sum}).into()
    }
}

fn base(path: &str) -> String {
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

fn logs(result: &Value) -> Vec<String> {
    let logs = result.get("logs").and_then(Value::as_list).unwrap_or_default();
    logs.iter().filter_map(Value::as_str).map(base).collect()
}

fn on_default_volume(names: Vec<String>) -> Value {
    let volumes = || Value::List(vec!["DEFAULT".into()]);
    Value::Struct(names.into_iter().map(|name| (name, volumes())).collect())
}

fn json_tag(id: &Value, name: &Value) -> Value {
    Value::Struct([("id".to_owned(), id.clone()), ("name".to_owned(), name.clone())].into())
}

/// Splits a multicall.
fn calls(params: &[Value]) -> Vec<(String, Vec<Value>)> {
    let calls = params.first().and_then(Value::as_list).unwrap_or_default().iter();
    let call = |call: &Value| {
        let method = call.get("methodName")?.as_str()?.to_owned();
        Some((method, call.get("params")?.as_list()?.to_vec()))
    };
    calls.filter_map(call).collect()
}
