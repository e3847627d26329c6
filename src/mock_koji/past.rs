//! Events before the start: the recorded history as finished tasks and builds.
//!
//! Consecutive rows of a package are combined into builds: a source package, its arches, its
//! tagging. Rows without a start are placed one after another before the hub's start.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::plans::new_task;
use super::state::{Carrier, Moment, Own, Task};
use super::{Mock, index};
use crate::koji::calls::Map;
use crate::koji::{BuildState, Fault, FaultKind, TaskState, Value};
use crate::trace::{BUILD, BUILD_ARCH, BUILD_SRPM, History, Row, RowOutcome, TAG_BUILD};

/// A row with when it was.
struct Placed<'a> {
    row: &'a Row,
    created: Moment,
    started: Moment,
    ended: Moment,
}

/// A build that rows are gathered for.
#[derive(Clone, Copy)]
struct Gathered {
    task: i64,
    has_srpm: bool,
    has_tag: bool,
}

impl Mock {
    /// Adds the recorded history; `before` is when it ends.
    pub(super) fn add_past(&mut self, before: Moment) {
        let history = Arc::clone(&self.history);
        let mut open: BTreeMap<String, (Gathered, Vec<String>)> = BTreeMap::new();
        for placed in placed(&history, before) {
            let package = placed.row.package.as_str();
            let method = &*placed.row.method;
            let is_step = matches!(method, BUILD_SRPM | BUILD_ARCH | TAG_BUILD);
            if package.is_empty() || !is_step {
                self.past_task(&placed, None);
                continue;
            }
            let arch = placed.row.arch.as_str().to_owned();
            let is_new = open.get(package).is_none_or(|(of, arches)| match method {
                BUILD_SRPM => of.has_srpm || !arches.is_empty() || of.has_tag,
                BUILD_ARCH => arches.contains(&arch) || of.has_tag,
                _ => of.has_tag,
            });
            if is_new {
                let task = self.past_build(&placed);
                let of = Gathered { task, has_srpm: false, has_tag: false };
                open.insert(package.to_owned(), (of, Vec::new()));
            }
            let (of, arches) = open.get_mut(package).expect("it was just added");
            match method {
                BUILD_SRPM => of.has_srpm = true,
                BUILD_ARCH => arches.push(arch),
                _ => of.has_tag = true,
            }
            let parent = of.task;
            self.past_task(&placed, Some(parent));
        }
    }

    /// Begins a past build with its first row.
    fn past_build(&mut self, placed: &Placed<'_>) -> i64 {
        let name = placed.row.package.as_str();
        let nth = self.builds.iter().filter(|build| build.name == name).count() + 1;
        let nvr = placed.row.nvr.as_deref().and_then(|nvr| nvr.strip_prefix(&format!("{name}-")));
        let parts = nvr.and_then(|rest| rest.split_once('-'));
        let (version, release) = parts.map_or_else(
            || ("0".to_owned(), nth.to_string()),
            |(version, release)| (version.to_owned(), release.to_owned()),
        );
        let source = format!("git+https://src.example.org/rpms/{name}#{version}-{release}");
        let request = vec![source.as_str().into(), Value::Nil, Value::Struct(Map::new())];
        let own = Own {
            state: TaskState::Closed,
            started: Some(placed.created),
            ended: Some(placed.ended),
            ..Own::free(placed.created)
        };
        let priority = i64::from(self.settings.hub.priority);
        let task = new_task(BUILD, self.manager, priority, request);
        let task = self.add_task(Task { carrier: Carrier::Own(own), ..task });
        let build = self.new_build_row(name, &version, &release);
        let owner = self.manager;
        let row = &mut self.builds[index(build)];
        row.owner = owner;
        row.task = Some(task);
        row.source = Some(source);
        row.state = BuildState::Complete;
        row.created = placed.created;
        row.started = Some(placed.created);
        row.completed = Some(placed.ended);
        task
    }

    /// Adds a past task, and ends its build with it.
    fn past_task(&mut self, placed: &Placed<'_>, parent: Option<i64>) {
        let row = placed.row;
        let (state, result) = match row.outcome {
            RowOutcome::Closed => (TaskState::Closed, None),
            RowOutcome::Canceled => (TaskState::Canceled, None),
            RowOutcome::Failed => {
                let text = format!("{} failed", row.method);
                (TaskState::Failed, Some(Err(Fault::of(FaultKind::Build, text))))
            }
        };
        let own = Own {
            state,
            started: Some(placed.started),
            ended: Some(placed.ended),
            ..Own::free(placed.created)
        };
        let build = parent.and_then(|task| {
            let at = self.builds.iter().position(|build| build.task == Some(task));
            at.map(|at| i64::try_from(at).expect("few builds") + 1)
        });
        let (arch, method) = (row.arch.as_str(), &*row.method);
        let request = self.past_request(method, parent, build, row);
        let label = match method {
            BUILD_SRPM => Some("srpm".to_owned()),
            BUILD_ARCH => Some(arch.to_owned()),
            TAG_BUILD => Some("tag".to_owned()),
            _ => None,
        };
        let priority = i64::from(self.settings.hub.priority) - i64::from(parent.is_some());
        self.add_task(Task {
            arch: arch.to_owned(),
            label: label.filter(|_| parent.is_some()),
            parent,
            result: result.clone(),
            carrier: Carrier::Own(own),
            ..new_task(method, self.manager, priority, request)
        });
        if let (Some(task), Some(build)) = (parent, build) {
            self.extend_past(task, build, state, result, placed.ended);
        }
    }

    fn past_request(
        &self,
        method: &str,
        parent: Option<i64>,
        build: Option<i64>,
        row: &Row,
    ) -> Vec<Value> {
        let source = parent.map(|task| self.tasks[index(task)].request[0].clone());
        let package = row.package.as_str();
        match (method, build) {
            (BUILD_ARCH, Some(build)) => {
                let path = format!("tasks/past/{}.src.rpm", self.build(build).nvr());
                vec![path.as_str().into(), Value::Nil, row.arch.as_str().into()]
            }
            (TAG_BUILD, Some(build)) => vec![Value::Nil, Value::Int(build), Value::Bool(false)],
            (BUILD_SRPM, _) => vec![source.unwrap_or_default(), Value::Nil],
            _ if !package.is_empty() => {
                vec![format!("git+https://src.example.org/rpms/{package}#0-1").as_str().into()]
            }
            _ => Vec::new(),
        }
    }

    /// Ends a past build with its last step, failed if any step failed.
    fn extend_past(
        &mut self,
        task: i64,
        build: i64,
        state: TaskState,
        result: Option<Result<Value, Fault>>,
        ended: Moment,
    ) {
        let above = &mut self.tasks[index(task)];
        if let Carrier::Own(own) = &mut above.carrier {
            own.ended = own.ended.max(Some(ended));
            if state != TaskState::Closed && own.state == TaskState::Closed {
                own.state = state;
                above.result = result;
            }
        }
        let row = &mut self.builds[index(build)];
        row.completed = row.completed.max(Some(ended));
        match state {
            TaskState::Failed => row.state = BuildState::Failed,
            TaskState::Canceled => row.state = BuildState::Canceled,
            _ => {}
        }
    }
}

/// Places rows in time, in the order recorded.
fn placed(history: &History, before: Moment) -> Vec<Placed<'_>> {
    let millis = |time: crate::time::Millis| i64::try_from(time.0).unwrap_or(i64::MAX / 4);
    let rows = history.rows();
    let length: i64 =
        rows.iter().map(|row| millis(row.run) + millis(row.queued.unwrap_or_default())).sum();
    let mut next = before - length;
    rows.iter()
        .map(|row| {
            let (queued, run) = (millis(row.queued.unwrap_or_default()), millis(row.run));
            let started = match row.started_at {
                Some(at) => at.as_millisecond(),
                None => next + queued,
            };
            if row.started_at.is_none() {
                next += queued + run;
            }
            Placed { row, created: started - queued, started, ended: started + run }
        })
        .collect()
}
