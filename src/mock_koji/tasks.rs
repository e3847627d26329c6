//! Tasks: their states and rows.

use super::state::{Caller, Carrier, Moment, Task};
use super::{Mock, index};
use crate::koji::calls::*;
use crate::koji::shapes::Task as TaskShape;
use crate::koji::{Fault, OneOrMany, TaskState, Value};

/// How a task stands.
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

    /// Returns how a task stands.
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
        let writes = ["buildArch", "buildSRPMFromSCM", "createrepo"];
        let has_run = self.standing(task).started.is_some();
        let is_writer = writes.contains(&task.method.as_str()) && has_run;
        let names: Vec<&str> = if is_writer { vec!["build.log"] } else { Vec::new() };
        if call.stat == Some(true) || call.all_volumes == Some(true) {
            let ts = self.seconds(self.standing(task).started.unwrap_or_default());
            let stat =
                serde_json::json!({"st_size": "0", "st_atime": ts, "st_mtime": ts, "st_ctime": ts});
            let value = if call.stat == Some(true) { stat } else { serde_json::json!(["DEFAULT"]) };
            let entries = names.into_iter().map(|name| (name.to_owned(), value.clone().into()));
            return Ok(Value::Struct(entries.collect()));
        }
        Ok(Value::List(names.into_iter().map(Value::from).collect()))
    }

    pub(super) fn buildroots(&mut self, _: Caller, _: ListBuildroots) -> Result<Value, Fault> {
        Ok(Value::List(Vec::new()))
    }
}

/// Writes a fault as the struct that stands for it inside answers.
pub(super) fn fault_value(fault: &Fault) -> Value {
    Value::Struct(Map::from([
        ("faultCode".to_owned(), Value::Int(fault.code())),
        ("faultString".to_owned(), fault.text.as_str().into()),
    ]))
}
