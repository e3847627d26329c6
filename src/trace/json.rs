//! JSON histories: koji's answers, a hub's own records, bus messages, one per line or in pages.
//!
//! An object is recognised by its fields, not by its file. A broken value is reported, and reading
//! continues with the next line that begins an object.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::value::RawValue;

use super::collect::{BuildState, Collection, PRIMARY, Task};
use super::object::Object;
use super::place::Lines;
use super::request;
use crate::koji::TaskState;
use crate::load::{Code, Finding, Place};

/// The content of one file, by kind.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) tasks: usize,
    pub(super) builds: usize,
    pub(super) messages: usize,
    /// Messages and answers about something else.
    pub(super) others: usize,
    /// Messages of another instance than `primary`.
    pub(super) foreign: usize,
    /// Messages seen before.
    pub(super) repeated: usize,
    /// Builds of modules, images and others that content generators imported.
    pub(super) imported: usize,
}

/// Reads one file into the collection.
pub(super) struct Reader<'a, 't> {
    pub(super) lines: Lines<'t>,
    pub(super) collection: &'a mut Collection,
    pub(super) findings: &'a mut Vec<Finding>,
    pub(super) counts: Counts,
    /// Seconds that times are counted from, in a hub's own records.
    base: Option<f64>,
    /// Messages about times after they were sent: the first, and their number.
    pub(super) from_the_future: Option<(Place, usize)>,
}

/// Returns whether a text begins as JSON does.
pub(super) fn looks_like_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

impl<'a, 't> Reader<'a, 't> {
    pub(super) fn new(
        text: &'t str,
        input: u32,
        collection: &'a mut Collection,
        findings: &'a mut Vec<Finding>,
    ) -> Self {
        let lines = Lines::new(text, input);
        let counts = Counts::default();
        Self { lines, collection, findings, counts, base: None, from_the_future: None }
    }

    /// Reads every value of the text.
    pub(super) fn read(&mut self, text: &'t str) {
        let mut rest = 0;
        while rest < text.len() {
            let mut values =
                serde_json::Deserializer::from_str(&text[rest..]).into_iter::<&RawValue>();
            for value in values.by_ref() {
                match value {
                    Ok(value) => self.value(value, 0),
                    Err(error) => {
                        let message = format!("not valid JSON: {}", bare(&error));
                        let at = rest + offset_of(&text[rest..], &error);
                        let finding = Finding::new(Code::JsonSyntax, self.lines.at(at), message);
                        let is_python = text[rest..]
                            .trim_start_matches(['[', '{', ' ', '\n'])
                            .starts_with('\'');
                        self.findings.push(match is_python {
                            true => finding.hint(super::WANTS_JSON),
                            false => finding,
                        });
                        break;
                    }
                }
            }
            let from = rest + values.byte_offset();
            match text[from..].find("\n{") {
                Some(next) => rest = from + next + 1,
                None => return,
            }
        }
    }

    fn value(&mut self, value: &'t RawValue, depth: u32) {
        // Pages contain messages, messages contain tasks, tasks contain children: nothing nests
        // deeper.
        const DEPTH_MAX: u32 = 12;
        if depth > DEPTH_MAX {
            return;
        }
        if value.get().starts_with('[') {
            for item in serde_json::from_str::<Vec<&RawValue>>(value.get()).unwrap_or_default() {
                self.value(item, depth + 1);
            }
        } else if let Some(object) = Object::of(value, &self.lines) {
            self.object(&object, depth);
        }
    }

    /// Decides the kind of an object.
    fn object(&mut self, object: &Object<'t>, depth: u32) {
        let inner = |key: &str| object.get(key);
        if let Some(page) = inner("raw_messages") {
            self.value(page, depth + 1);
        } else if is_recorded_call(object) {
            match inner("result") {
                Some(result) if speaks_of_tasks(object) => self.value(result, depth + 1),
                _ => self.counts.others += 1,
            }
        } else if let Some(wrapped) = inner("message").filter(|m| m.get().starts_with('{')) {
            self.value(wrapped, depth + 1);
        } else if let (Some(tasks), Some(base)) = (inner("tasks"), inner("t0")) {
            self.base = base.get().parse().ok();
            self.value(tasks, depth + 1);
            self.base = None;
        } else if object.is_keyed_by_number() {
            object.values().for_each(|value| self.value(value, depth + 1));
        } else if self.message(object) {
            self.counts.messages += 1;
        } else if object.has("method") && object.has("id") && object.has("state") {
            self.task_record(object);
        } else if object.has("build_id") && object.has("nvr") && object.has("state") {
            self.build_record(object);
        } else {
            self.counts.others += 1;
        }
    }

    /// Reads a task as koji describes it, and its children.
    fn task_record(&mut self, object: &Object<'t>) {
        let instance = Arc::from(PRIMARY);
        if let Some(task) = self.task(object) {
            self.counts.tasks += 1;
            self.collection.task(&instance, task);
        }
        self.children(object, &instance);
    }

    /// Reads the children of a task, if it lists any.
    pub(super) fn children(&mut self, object: &Object<'t>, instance: &Arc<str>) {
        for child in object.list("children").unwrap_or_default() {
            let Some(child) = Object::of(child, &self.lines) else { continue };
            if let Some(task) = self.task(&child) {
                self.collection.task(instance, task);
            }
            self.children(&child, instance);
        }
    }

    /// Reads koji's data on a task.
    pub(super) fn task(&mut self, object: &Object<'t>) -> Option<Task> {
        let state = object.number("state").and_then(TaskState::from_number);
        let (Some(state), Some(id)) = (state, object.number("id")) else {
            let message = "a task without a number or a known state is left out";
            self.findings.push(Finding::new(Code::TraceRow, object.place, message));
            return None;
        };
        Some(self.task_fields(object, id, state))
    }

    /// Reads the fields of a task whose number and state are known.
    pub(super) fn task_fields(&mut self, object: &Object<'t>, id: i64, state: TaskState) -> Task {
        let method = object.text("method").unwrap_or_default();
        let label = object.text("label").filter(|_| method == "buildArch");
        // A builder of i386 builds i686: the label has the arch of the build, `arch` that of the
        // builder.
        let arch = label.or_else(|| object.text("arch")).filter(|arch| !arch.is_empty());
        Task {
            place: object.place,
            id,
            parent: object.number("parent"),
            method: method.into(),
            arch: arch.map_or_else(Arc::default, Arc::from),
            source: object.get("request").and_then(|request| request::source(request.get())),
            created: self.moment(object, &["create_ts", "create_time", "create"]),
            started: self.moment(object, &["start_ts", "start_time", "start"]),
            ended: self.moment(object, &["completion_ts", "completion_time", "completion"]),
            state,
        }
    }

    fn build_record(&mut self, object: &Object<'t>) {
        self.counts.builds += 1;
        if is_no_component(object) {
            self.counts.imported += 1;
            return;
        }
        let state = object.number("state").and_then(BuildState::from_number);
        self.build(object, &Arc::from(PRIMARY), state, None);
    }

    /// Reads the first of some moments, relative to the base, if any.
    pub(super) fn moment(&mut self, object: &Object<'t>, keys: &[&str]) -> Option<Timestamp> {
        let Some(base) = self.base else {
            return object.moment(keys, &self.lines, self.findings);
        };
        let seconds = keys.iter().find_map(|key| object.get(key))?.get().parse::<f64>().ok()?;
        super::moment::from_seconds(base + seconds)
    }
}

/// Returns whether a build is not a component build: a content generator imported it, or it is a
/// module or an image.
fn is_no_component(build: &Object<'_>) -> bool {
    let is_imported = build.number("cg_id").is_some()
        || build.text("cg_name").is_some_and(|name| !name.is_empty());
    let extra = build.get("extra").and_then(|extra| serde_json::from_str(extra.get()).ok());
    let extra: serde_json::Value = extra.unwrap_or_default();
    is_imported || ["module", "image"].iter().any(|kind| extra["typeinfo"].get(kind).is_some())
}

/// Returns whether an object is a call and its answer, as recorded at a client.
fn is_recorded_call(object: &Object<'_>) -> bool {
    object.has("method") && object.has("args") && !object.has("id")
}

fn speaks_of_tasks(call: &Object<'_>) -> bool {
    const CALLS: [&str; 6] = [
        "listTasks",
        "getTaskInfo",
        "getTaskChildren",
        "getTaskDescendents",
        "listBuilds",
        "listTagged",
    ];
    call.text("method").is_some_and(|method| CALLS.contains(&method.as_str()))
}

/// Returns an error of serde_json without the place that it appends.
fn bare(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

/// Returns the place of an error in its text.
fn offset_of(text: &str, error: &serde_json::Error) -> usize {
    let start = text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1))
        .map(str::len)
        .sum::<usize>();
    let mut at = (start + error.column().saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
