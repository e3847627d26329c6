//! Tasks: their states and rows.

use super::state::{Caller, Carrier, Moment, Task};
use super::{Mock, index};
use crate::koji::calls::*;
use crate::koji::shapes::Task as TaskShape;
use crate::koji::{Fault, OneOrMany, TaskState, Value};

/// The state of a task.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    pub(super) state: TaskState,
    pub(super) host: Option<i64>,
    pub(super) weight: f64,
    pub(super) waiting: Option<bool>,
    pub(super) created: Moment,
    pub(super) started: Option<Moment>,
    pub(super) ended: Option<Moment>,
}

impl Mock {
    pub(super) fn task(&self, id: i64) -> Result<&Task, Fault> {
        let none = || Fault::generic("query returned no rows");
        super::place(id).and_then(|at| self.tasks.get(at)).ok_or_else(none)
    }

    /// Returns the state of a task.
    pub(super) fn standing(&self, task: &Task) -> Standing {
        match &task.carrier {
            Carrier::Own(own) => Standing {
                state: own.state,
                host: own.host,
                weight: own.weight,
                waiting: own.waiting,
                created: own.created,
                started: own.started,
                ended: own.ended,
            },
            Carrier::Simulated(sim) => {
                let info = self.sim.task(*sim);
                let is_open = info.opened.is_some();
                Standing {
                    state: info.state,
                    host: info.builder.map(|at| i64::from(at) + 1),
                    weight: if is_open { info.weight } else { 1.0 },
                    waiting: (!info.is_leaf && is_open).then(|| self.sim.is_waiting(*sim)),
                    created: self.moment_of(info.created),
                    started: info.opened.map(|at| self.moment_of(at)),
                    ended: info.ended.map(|at| self.moment_of(at)),
                }
            }
        }
    }

    pub(super) fn state_of(&self, id: i64) -> TaskState {
        self.standing(&self.tasks[index(id)]).state
    }

    pub(super) fn task_shape(&self, id: i64, with_request: bool) -> TaskShape {
        let task = &self.tasks[index(id)];
        let at = self.standing(task);
        TaskShape {
            id,
            method: task.method.clone(),
            state: at.state,
            arch: task.arch.clone(),
            channel_id: Some(task.channel),
            host_id: at.host,
            owner: Some(task.owner),
            parent: task.parent,
            label: task.label.clone(),
            priority: task.priority,
            weight: at.weight,
            waiting: at.waiting,
            awaited: task.awaited,
            create_time: self.text(at.created),
            create_ts: self.seconds(at.created),
            start_time: at.started.map(|moment| self.text(moment)),
            start_ts: at.started.map(|moment| self.seconds(moment)),
            completion_time: at.ended.map(|moment| self.text(moment)),
            completion_ts: at.ended.map(|moment| self.seconds(moment)),
            request: with_request.then(|| Value::List(task.request.clone())),
            result: None,
            owner_name: None,
            owner_type: None,
        }
    }

    pub(super) fn task_info(
        &mut self,
        _: Caller,
        call: GetTaskInfo,
    ) -> Result<OneOrMany<Option<TaskShape>>, Fault> {
        let with_request = call.request == Some(true);
        let one = |id: i64| match self.task(id) {
            Ok(_) => Ok(Some(self.task_shape(id, with_request))),
            Err(fault) if call.strict == Some(true) => Err(fault),
            Err(_) => Ok(None),
        };
        match call.task_id {
            OneOrMany::One(id) => one(id).map(OneOrMany::One),
            OneOrMany::Many(ids) => {
                ids.into_iter().map(one).collect::<Result<_, _>>().map(OneOrMany::Many)
            }
        }
    }

    pub(super) fn task_request(
        &mut self,
        _: Caller,
        call: GetTaskRequest,
    ) -> Result<Vec<Value>, Fault> {
        self.task(call.task_id).map(|task| task.request.clone())
    }

    pub(super) fn task_children(
        &mut self,
        _: Caller,
        call: GetTaskChildren,
    ) -> Result<Vec<TaskShape>, Fault> {
        if call.strict == Some(true) {
            self.task(call.task_id)?;
        }
        let children = self.children.get(&call.task_id).into_iter().flatten();
        Ok(children.map(|&id| self.task_shape(id, call.request == Some(true))).collect())
    }

    /// Returns a task and everything below it.
    pub(super) fn tree(&self, id: i64) -> Vec<i64> {
        let mut all = vec![id];
        let mut at = 0;
        while let Some(id) = all.get(at) {
            all.extend(self.children.get(id).into_iter().flatten());
            at += 1;
        }
        all
    }

    pub(super) fn descendents(
        &mut self,
        caller: Caller,
        call: GetTaskDescendents,
    ) -> Result<std::collections::BTreeMap<String, Vec<TaskShape>>, Fault> {
        self.task(call.task_id)?;
        let mut all = std::collections::BTreeMap::new();
        for id in self.tree(call.task_id) {
            let below = GetTaskChildren { task_id: id, request: call.request, strict: None };
            all.insert(id.to_string(), self.task_children(caller, below)?);
        }
        Ok(all)
    }

    pub(super) fn task_result(&mut self, _: Caller, call: GetTaskResult) -> Result<Value, Fault> {
        let (id, task) = (call.task_id, self.task(call.task_id)?);
        match (self.standing(task).state, &task.result) {
            (TaskState::Canceled, _) => Err(Fault::generic(format!("Task {id} is canceled"))),
            (TaskState::Closed, Some(Ok(value))) => Ok(value.clone()),
            (TaskState::Closed, _) => Ok(Value::Nil),
            (TaskState::Failed, result) => {
                let fault = match result {
                    Some(Err(fault)) => fault.clone(),
                    _ => Fault::generic(format!("Task {id} failed")),
                };
                if call.raise_fault == Some(false) { Ok(fault_value(&fault)) } else { Err(fault) }
            }
            _ => Err(Fault::generic(format!("Task {id} is not finished"))),
        }
    }

    pub(super) fn task_finished(&mut self, _: Caller, call: TaskFinished) -> Result<bool, Fault> {
        self.task(call.task_id).map(|task| self.standing(task).state.is_final())
    }

    pub(super) fn task_output(&mut self, _: Caller, call: ListTaskOutput) -> Result<Value, Fault> {
        let task = self.task(call.task_id)?;
        let names = self.written_by(task);
        if call.stat == Some(true) || call.all_volumes == Some(true) {
            let ts = self.seconds(self.standing(task).started.unwrap_or_default());
            let stat =
                serde_json::json!({"st_size": "0", "st_atime": ts, "st_mtime": ts, "st_ctime": ts});
            let value = if call.stat == Some(true) { stat } else { serde_json::json!(["DEFAULT"]) };
            let entries = names.into_iter().map(|name| (name, value.clone().into()));
            return Ok(Value::Struct(entries.collect()));
        }
        Ok(Value::List(names.into_iter().map(Value::from).collect()))
    }

    /// Returns the names of the files of a task: its log once it runs, and its results once it is
    /// done.
    fn written_by(&self, task: &Task) -> Vec<String> {
        let standing = self.standing(task);
        let log = match task.method.as_str() {
            "buildArch" | "buildSRPMFromSCM" => "build.log",
            "createrepo" => "createrepo.log",
            _ => return Vec::new(),
        };
        let mut names: Vec<String> = standing.started.map(|_| log.to_owned()).into_iter().collect();
        let Some(Ok(result)) = &task.result else { return names };
        let base = |path: &str| file_name(path).to_owned();
        names.extend(result.get("srpm").and_then(Value::as_str).map(base));
        for kind in ["srpms", "rpms"] {
            let paths = result.get(kind).and_then(Value::as_list).unwrap_or_default();
            names.extend(paths.iter().filter_map(Value::as_str).map(base));
        }
        if let Some([_, files]) = result.as_list() {
            let files = files.as_list().unwrap_or_default();
            names.extend(files.iter().filter_map(Value::as_str).map(str::to_owned));
        }
        names
    }

    /// Returns a piece of a task's file: the file uploaded by its builder, or a line that describes
    /// the log of a simulated task.
    pub(super) fn download(
        &mut self,
        _: Caller,
        call: DownloadTaskOutput,
    ) -> Result<String, Fault> {
        let (id, name) = (call.task_id, &call.file);
        let task = self.task(id)?;
        let path =
            super::imports::path_of(&["tasks", &(id % 10_000).to_string(), &id.to_string(), name]);
        let bytes = match self.uploads.get(&path) {
            Some(file) => file.bytes.clone(),
            None if self.written_by(task).contains(name) => {
                format!("{name} of task {id}, {}: nothing was built\n", task.method).into_bytes()
            }
            None => return Err(Fault::generic(format!("no file \"{name}\" output by task {id}"))),
        };
        let offset = usize::try_from(call.offset.unwrap_or_default()).unwrap_or_default();
        let size = call.size.and_then(|size| usize::try_from(size).ok()).unwrap_or(usize::MAX);
        let piece: Vec<u8> = bytes.into_iter().skip(offset).take(size).collect();
        Ok(crate::koji::codec::base64(&piece))
    }

    /// Returns the buildroot of a simulated task, once it is used: it has the number that the task's result
    /// names.
    fn simulated_root(&self, id: i64) -> Option<Value> {
        let task = self.task(id).ok()?;
        let is_builder = matches!(task.method.as_str(), "buildArch" | "buildSRPMFromSCM");
        let Carrier::Simulated(sim) = task.carrier else { return None };
        let subject = self.sim.task(sim).subject.filter(|_| is_builder)?;
        self.standing(task).started?;
        let plan = &self.plans[subject as usize];
        Some(Value::of(&serde_json::json!({
            "id": id, "repo_id": plan.repo, "arch": task.arch, "task_id": id,
            "host_id": self.standing(task).host, "state": 3, "tag_id": plan.build_tag,
            "tag_name": self.tag(plan.build_tag).name,
        })))
    }

    /// Lists the buildroots of builders that logged in, and that of a task.
    pub(super) fn list_buildroots(
        &mut self,
        _: Caller,
        call: ListBuildroots,
    ) -> Result<Value, Fault> {
        let host = call.host_id.as_ref().map(|host| self.host_id(host)).transpose()?;
        let roots = (1..).zip(&self.buildroots).filter(|(id, root)| {
            call.task_id.is_none_or(|task| root.task == Some(task))
                && call.repo_id.is_none_or(|repo| root.repo == repo)
                && call.buildroot_id.is_none_or(|wanted| *id == wanted)
                && host.is_none_or(|host| root.host == host)
        });
        let row = |(id, root): (i64, &super::state::Buildroot)| {
            let tag = self.repos[index(root.repo)].tag;
            Value::of(&serde_json::json!({
                "id": id, "repo_id": root.repo, "arch": root.arch, "host_id": root.host,
                "task_id": root.task, "state": root.state, "tag_id": tag,
                "tag_name": self.tag(tag).name,
            }))
        };
        let simulated = call.task_id.and_then(|id| self.simulated_root(id));
        Ok(Value::List(roots.map(row).chain(simulated).collect()))
    }
}

/// Returns the last part of a path.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// Writes a fault as a struct, as used inside answers.
pub(super) fn fault_value(fault: &Fault) -> Value {
    Value::Struct(Map::from([
        ("faultCode".to_owned(), Value::Int(fault.code())),
        ("faultString".to_owned(), fault.text.as_str().into()),
    ]))
}
