//! Messages about koji: fedora-messaging, fedmsg, koji's own plug-in, and bare bodies.
//!
//! Only messages about durations are read; others are counted. A hub sends after its commit and
//! ignores errors, so any message may be missing: times stated in a message take precedence, and
//! the time of sending fills the gaps.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::collect::{Build, BuildState, PRIMARY, Repo, Source, Task};
use super::json::Reader;
use super::object::Object;
use super::{moment, request};
use crate::koji::TaskState;
use crate::load::{Code, Finding};

/// A hub's clock may be this far ahead of the bus before it counts as wrong.
const AHEAD_MAX: SignedDuration = SignedDuration::from_mins(5);

/// The subject of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    Task,
    Build,
    RepoInit,
    RepoDone,
    Tag,
    Other,
}

/// An envelope opened.
struct Message<'t> {
    subject: Subject,
    body: Object<'t>,
    /// The flat properties of koji's plug-in.
    properties: Option<Object<'t>>,
    sent: Option<Timestamp>,
    id: Option<String>,
}

/// Recognises the subject by the last words of a topic or an address.
fn subject(topic: &str) -> Subject {
    let words: Vec<&str> = topic.rsplit('.').take(3).collect();
    match words.as_slice() {
        ["change", "state", "task"] => Subject::Task,
        ["change", "state", "build"] => Subject::Build,
        ["free" | "assigned" | "open" | "closed" | "failed" | "canceled", "task", ..] => {
            Subject::Task
        }
        ["building" | "complete" | "failed" | "canceled" | "deleted", "build", ..] => {
            Subject::Build
        }
        ["init", "repo", ..] => Subject::RepoInit,
        ["done", "repo", ..] => Subject::RepoDone,
        ["tag", "buildsys" | "build", ..] => Subject::Tag,
        _ => Subject::Other,
    }
}

impl<'t> Reader<'_, 't> {
    /// Reads an object as a message, if it is one, and returns whether it is.
    pub(super) fn message(&mut self, object: &Object<'t>) -> bool {
        let Some(message) = self.open(object) else { return false };
        let instance = message.body.text("instance").unwrap_or_else(|| PRIMARY.to_owned());
        if instance != PRIMARY {
            self.counts.foreign += 1;
            return true;
        }
        if !self.collection.is_new_message(message.id.clone()) {
            self.counts.repeated += 1;
            return true;
        }
        let instance: Arc<str> = instance.into();
        match message.subject {
            Subject::Task => self.task_changed(&message, &instance),
            Subject::Build => self.build_changed(&message, &instance),
            Subject::RepoInit | Subject::RepoDone => self.repo_changed(&message, &instance),
            Subject::Tag => self.tagged(&message, &instance),
            Subject::Other => self.counts.others += 1,
        }
        true
    }

    fn open(&mut self, object: &Object<'t>) -> Option<Message<'t>> {
        let topic = object.text("topic").or_else(|| object.text("address"));
        let inner =
            object.object("body", &self.lines).or_else(|| object.object("msg", &self.lines));
        match (topic, inner) {
            (Some(topic), Some(body)) => {
                let headers = object.object("headers", &self.lines);
                let properties = object.object("props", &self.lines);
                let sent = headers.as_ref().and_then(|h| h.text("sent-at"));
                let sent = match sent {
                    Some(text) => moment::from_text(&text),
                    None => object.moment(&["timestamp", "ts"], &self.lines, self.findings),
                };
                let id = object.text("id").or_else(|| object.text("msg_id"));
                let properties = properties.or(headers.filter(|h| h.has("type")));
                Some(Message { subject: subject(&topic), body, properties, sent, id })
            }
            // Test suites store bodies only, or bodies with the topic among their fields.
            (topic, None) => {
                let is_task = object.has("id") && object.has("method");
                let is_change = object.has("attribute") && object.has("new");
                let subject = match topic {
                    Some(topic) if is_change => subject(&topic),
                    Some(_) => return None,
                    None if is_change && is_task => Subject::Task,
                    None if is_change && object.has("build_id") => Subject::Build,
                    None => return None,
                };
                let body = object.clone();
                Some(Message { subject, body, properties: None, sent: None, id: None })
            }
            (None, Some(_)) => None,
        }
    }

    fn task_changed(&mut self, message: &Message<'t>, instance: &Arc<str>) {
        let Message { body, properties, sent, .. } = message;
        let info = body.object("info", &self.lines);
        let number = |key: &str| body.number(key).or_else(|| properties.as_ref()?.number(key));
        let id = number("id").or_else(|| info.as_ref()?.number("id"));
        let state = body.text("new").and_then(|name| state_named(&name));
        let (Some(id), Some(state)) = (id, state) else {
            self.skip(body, "a task message without a number or a known state is left out");
            return;
        };
        let mut task = match &info {
            Some(info) => self.task_as(info, id, state),
            None => self.task_as(body, id, state),
        };
        if task.method.is_empty() {
            let named = body.text("method").or_else(|| properties.as_ref()?.text("method"));
            task.method = named.unwrap_or_default().into();
        }
        task.parent = task.parent.or_else(|| properties.as_ref()?.number("parent"));
        let srpm = body.text("srpm").and_then(|srpm| request::of_text(&srpm));
        task.source = srpm.or(task.source);
        match state {
            TaskState::Free => task.created = task.created.or(*sent),
            TaskState::Open => task.started = task.started.or(*sent),
            TaskState::Closed | TaskState::Failed | TaskState::Canceled => {
                task.ended = task.ended.or(*sent);
            }
            TaskState::Assigned => {}
        }
        self.check_clock(message, task.ended.or(task.started).or(task.created));
        self.collection.task(instance, task);
        if let Some(info) = info {
            self.children(&info, instance);
        }
    }

    fn build_changed(&mut self, message: &Message<'t>, instance: &Arc<str>) {
        let info = message.body.object("info", &self.lines);
        let state = message.body.number("new").and_then(BuildState::from_number);
        let about = info.as_ref().unwrap_or(&message.body);
        self.build(about, instance, state, message.sent);
        let ended =
            about.moment(&["completion_ts", "completion_time"], &self.lines, &mut Vec::new());
        self.check_clock(message, ended);
        if let Some(tree) = message.body.object("task", &self.lines) {
            if let Some(mut task) = self.task(&tree) {
                let source = message
                    .body
                    .text("name")
                    .map(|name| Source { package: name.into(), nvr: nvr(&message.body) });
                task.source = task.source.or(source);
                self.collection.task(instance, task);
            }
            self.children(&tree, instance);
        }
    }

    /// Reads a build; missing times are replaced by the time of sending, `sent`.
    pub(super) fn build(
        &mut self,
        object: &Object<'t>,
        instance: &Arc<str>,
        state: Option<BuildState>,
        sent: Option<Timestamp>,
    ) {
        let id = object.number("build_id");
        let package = object.text("name").or_else(|| object.text("package_name"));
        let (Some(id), Some(state), Some(package)) = (id, state, package) else {
            self.skip(object, "a build without a number, a name or a known state is left out");
            return;
        };
        let started = ["start_ts", "start_time", "creation_ts", "creation_time"];
        let started = self.moment(object, &started);
        let ended = self.moment(object, &["completion_ts", "completion_time"]);
        let is_building = state == BuildState::Building;
        let build = Build {
            place: object.place,
            package: package.into(),
            nvr: nvr(object),
            task: object.number("task_id"),
            started: started.or(sent.filter(|_| is_building)),
            ended: ended.or(sent.filter(|_| !is_building)),
            state,
        };
        self.collection.build((instance.clone(), id), build);
    }

    fn repo_changed(&mut self, message: &Message<'t>, instance: &Arc<str>) {
        let about = message.properties.as_ref().unwrap_or(&message.body);
        let (Some(id), Some(tag), Some(sent)) =
            (about.number("repo_id"), about.text("tag"), message.sent)
        else {
            self.skip(
                &message.body,
                "a repo message without a number, a tag or a time is left out",
            );
            return;
        };
        let is_done = message.subject == Subject::RepoDone;
        let repo = Repo {
            place: message.body.place,
            tag: tag.into(),
            began: (!is_done).then_some(sent),
            done: is_done.then_some(sent),
        };
        self.collection.repo((instance.clone(), id), repo);
    }

    fn tagged(&mut self, message: &Message<'t>, instance: &Arc<str>) {
        let about = message.properties.as_ref().unwrap_or(&message.body);
        let (Some(tag), Some(sent)) = (about.text("tag"), message.sent) else {
            self.counts.others += 1;
            return;
        };
        let key = (instance.clone(), Arc::from(tag));
        self.collection.tagged.entry(key).or_default().insert(sent);
    }

    /// Records a message about a time after it was sent.
    fn check_clock(&mut self, message: &Message<'t>, told: Option<Timestamp>) {
        let (Some(told), Some(sent)) = (told, message.sent) else { return };
        if told.duration_since(sent) > AHEAD_MAX {
            self.from_the_future.get_or_insert((message.body.place, 0)).1 += 1;
        }
    }

    fn skip(&mut self, object: &Object<'t>, message: &str) {
        self.findings.push(Finding::new(Code::TraceRow, object.place, message));
    }

    /// Reads koji's data on the task `id`, which is known to be in `state`.
    fn task_as(&mut self, object: &Object<'t>, id: i64, state: TaskState) -> Task {
        let mut task = self.task_fields(object, id, state);
        // A message about an earlier state may still describe that state.
        task.ended = task.ended.filter(|_| state.is_final());
        task
    }
}

fn state_named(name: &str) -> Option<TaskState> {
    (0..=5).filter_map(TaskState::from_number).find(|state| state.as_str() == name)
}

fn nvr(object: &Object<'_>) -> Option<Arc<str>> {
    let part = |key: &str| object.text(key);
    let name = part("name").or_else(|| part("package_name"))?;
    Some(format!("{name}-{}-{}", part("version")?, part("release")?).into())
}
