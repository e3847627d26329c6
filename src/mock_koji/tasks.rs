//! Tasks: looking at them, canceling, making them again.

use super::plans::new_task;
use super::state::{Caller, Carrier, Moment, Task};
use super::{Mock, index};
use crate::hub::{Method, Request, TaskArch, Work};
use crate::koji::calls::*;
use crate::koji::shapes::Task as TaskShape;
use crate::koji::{Fault, FaultKind, OneOrMany, Ref, RowsOrCount, TaskState, Value};
use crate::time::Millis;

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
        usize::try_from(id - 1).ok().and_then(|at| self.tasks.get(at)).ok_or_else(none)
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

    pub(super) fn list_tasks(
        &mut self,
        _: Caller,
        call: ListTasks,
    ) -> Result<RowsOrCount<TaskShape>, Fault> {
        let (opts, query) = (call.opts.unwrap_or_default(), call.query_opts.unwrap_or_default());
        let filter = Filter::of(self, &opts)?;
        let total = i64::try_from(self.tasks.len()).expect("few tasks");
        let mut ids: Vec<i64> = (1..=total).filter(|&id| filter.takes(self, id)).collect();
        if query.get("countOnly") == Some(&Value::Bool(true)) {
            return Ok(RowsOrCount::Count(i64::try_from(ids.len()).expect("few tasks")));
        }
        self.sort(&mut ids, query.get("order").and_then(Value::as_str).unwrap_or("id"))?;
        let number = |name: &str| {
            query.get(name).and_then(Value::as_int).and_then(|number| usize::try_from(number).ok())
        };
        let window = ids.into_iter().skip(number("offset").unwrap_or(0));
        let window = window.take(number("limit").unwrap_or(usize::MAX));
        let decode = opts.get("decode") == Some(&Value::Bool(true));
        Ok(RowsOrCount::Rows(window.map(|id| self.list_row(id, decode)).collect()))
    }

    fn list_row(&self, id: i64, decode: bool) -> TaskShape {
        let task = &self.tasks[index(id)];
        let request = if decode {
            Value::List(task.request.clone())
        } else {
            crate::koji::codec::write_call(&task.method, task.request.clone()).as_str().into()
        };
        let result = match &task.result {
            Some(Ok(value)) if decode => value.clone(),
            _ => Value::Nil,
        };
        TaskShape {
            request: Some(request),
            result: Some(result),
            owner_name: Some(self.user_name(task.owner)),
            owner_type: Some(i64::from(self.users[index(task.owner)].is_host)),
            ..self.task_shape(id, false)
        }
    }

    fn sort(&self, ids: &mut [i64], order: &str) -> Result<(), Fault> {
        for key in order.split(',').rev() {
            let (name, is_down) = match key.strip_prefix('-') {
                Some(name) => (name, true),
                None => (key, false),
            };
            let rank = |id: i64| -> i64 {
                let task = &self.tasks[index(id)];
                match name {
                    "priority" => task.priority,
                    "create_time" => self.standing(task).created,
                    "completion_time" => self.standing(task).ended.unwrap_or(i64::MAX),
                    "start_time" => self.standing(task).started.unwrap_or(i64::MAX),
                    "state" => self.standing(task).state as i64,
                    _ => id,
                }
            };
            let known = ["id", "priority", "create_time", "completion_time", "start_time", "state"];
            if !known.contains(&name) {
                return Err(Fault::generic(format!("Invalid order: {name}")));
            }
            ids.sort_by_key(|&id| rank(id));
            if is_down {
                ids.reverse();
            }
        }
        Ok(())
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

    pub(super) fn cancel_task(&mut self, caller: Caller, call: CancelTask) -> Result<(), Fault> {
        let user = self.logged_in(caller)?;
        let task = self.task(call.task_id)?;
        let host = self.standing(task).host.map(|host| self.hosts[index(host)].user);
        let may = task.owner == user || host == Some(user) || self.has_permission(user, "admin");
        if !may {
            return Err(Fault::of(FaultKind::NotAllowed, "Cannot cancel task, not owner"));
        }
        self.cancel_tree(call.task_id);
        Ok(())
    }

    pub(super) fn cancel_full(
        &mut self,
        caller: Caller,
        call: CancelTaskFull,
    ) -> Result<(), Fault> {
        self.permitted(caller, "admin")?;
        self.task(call.task_id)?;
        self.cancel_tree(call.task_id);
        Ok(())
    }

    pub(super) fn cancel_children(
        &mut self,
        caller: Caller,
        call: CancelTaskChildren,
    ) -> Result<(), Fault> {
        self.logged_in(caller)?;
        self.task(call.task_id)?;
        for child in self.children.get(&call.task_id).cloned().unwrap_or_default() {
            self.cancel_tree(child);
        }
        Ok(())
    }

    /// Cancels a task, what is below it, and the builds that belong to them.
    pub(super) fn cancel_tree(&mut self, id: i64) {
        let now = self.moment();
        for id in self.tree(id) {
            match &mut self.tasks[index(id)].carrier {
                Carrier::Simulated(sim) => {
                    let sim = *sim;
                    self.sim.cancel(sim);
                }
                Carrier::Own(own) if !own.state.is_final() => {
                    own.state = TaskState::Canceled;
                    own.ended = Some(now);
                }
                Carrier::Own(_) => {}
            }
            for build in &mut self.builds {
                if build.task == Some(id) && build.state == crate::koji::BuildState::Building {
                    build.state = crate::koji::BuildState::Canceled;
                    build.completed = Some(now);
                    build.token = None;
                }
            }
        }
        // What was canceled is told by the simulated hub at once.
        self.settle();
    }

    pub(super) fn resubmit(&mut self, caller: Caller, call: ResubmitTask) -> Result<i64, Fault> {
        let user = self.logged_in(caller)?;
        let task = self.task(call.task_id)?.clone();
        let state = self.standing(&task).state;
        if !matches!(state, TaskState::Canceled | TaskState::Failed) {
            return Err(Fault::generic("only canceled or failed tasks may be resubmitted"));
        }
        if task.parent.is_some() {
            return Err(Fault::generic("only top-level tasks may be resubmitted"));
        }
        if task.owner != user && !self.has_permission(user, "admin") {
            let text = "only the task owner or an admin may resubmit a task";
            return Err(Fault::generic(text));
        }
        let new = Task {
            channel: task.channel,
            ..new_task(&task.method, user, task.priority, task.request.clone())
        };
        self.repeat(new, caller)
    }

    fn repeat(&mut self, task: Task, caller: Caller) -> Result<i64, Fault> {
        let argument = |at: usize| task.request.get(at).cloned().unwrap_or_default();
        let opts = |value: Value| if let Value::Struct(opts) = value { opts } else { Map::new() };
        match task.method.as_str() {
            "build" => {
                let source = argument(0).as_str().unwrap_or_default().to_owned();
                let target = argument(1).read::<Ref>().ok();
                Ok(self.new_build((&source, target.as_ref(), opts(argument(2))), task.clone()))
            }
            "chainbuild" => {
                let srcs = argument(0).read().map_err(|e| Fault::generic(e.to_string()))?;
                let target = argument(1).read().map_err(|e| Fault::generic(e.to_string()))?;
                let relative = task.priority - i64::from(self.settings.hub.priority);
                let call = ChainBuild {
                    srcs,
                    target,
                    opts: Some(opts(argument(2))),
                    priority: Some(relative.max(0)),
                    channel: None,
                };
                self.chain_build(caller, call)
            }
            _ => Ok(self.any_task(task)),
        }
    }

    pub(super) fn make_task(&mut self, caller: Caller, call: MakeTask) -> Result<i64, Fault> {
        let owner = self.permitted(caller, "admin")?;
        let text = |name: &str| call.settings.get(name).and_then(Value::as_str).map(str::to_owned);
        let base = i64::from(self.settings.hub.priority);
        let priority = call.settings.get("priority").and_then(Value::as_int).unwrap_or(base);
        let mut task = new_task(&call.method, owner, priority, call.arglist.clone());
        task.arch = text("arch").unwrap_or(task.arch);
        task.label = text("label");
        if let Some(channel) = text("channel") {
            task.channel = self.channel_id(&Ref::Name(channel))?;
        }
        Ok(self.any_task(task))
    }

    /// Makes a task of any method: the simulated builders carry it out where they serve its channel and
    /// know its method, else it waits for a builder that logs in.
    pub(super) fn any_task(&mut self, task: Task) -> i64 {
        let seconds = |value: Option<&Value>| match value {
            Some(Value::Int(seconds)) => u64::try_from(*seconds).unwrap_or_default(),
            _ => 1,
        };
        let run = match task.method.as_str() {
            "sleep" => Millis::from_secs(seconds(task.request.first())),
            "tagBuild" => return self.tag_task(task),
            _ => Millis::from_secs(1),
        };
        let is_simulated = self.simulated_channels.contains(&task.channel);
        let is_known = crate::koji::weight(&task.method).is_some() && task.method != "moduleBuild";
        if !is_simulated || !is_known {
            return self.add_own(task);
        }
        let method = Method::ALL.into_iter().find(|method| method.as_str() == task.method);
        let arch = if task.arch == "noarch" { TaskArch::Noarch } else { self.sim_arch(&task.arch) };
        let method = method.unwrap_or(Method::Other);
        self.submit(Request::Task { method, arch, work: Work::ok(run) }, task)
    }

    pub(super) fn set_task_priority(
        &mut self,
        caller: Caller,
        call: SetTaskPriority,
    ) -> Result<(), Fault> {
        self.permitted(caller, "admin")?;
        self.task(call.task_id)?;
        let tree =
            if call.recurse == Some(false) { vec![call.task_id] } else { self.tree(call.task_id) };
        for (depth, id) in tree.into_iter().enumerate() {
            let priority = if depth == 0 { call.priority } else { call.priority - 1 };
            let task = &mut self.tasks[index(id)];
            task.priority = priority;
            if let Carrier::Simulated(sim) = task.carrier {
                self.sim.set_priority(sim, i32::try_from(priority).unwrap_or(i32::MAX));
            }
        }
        Ok(())
    }

    pub(super) fn free_task(&mut self, caller: Caller, call: FreeTask) -> Result<(), Fault> {
        self.permitted(caller, "admin")?;
        self.task(call.task_id)?;
        self.set_free(call.task_id);
        Ok(())
    }

    pub(super) fn set_free(&mut self, id: i64) {
        match &mut self.tasks[index(id)].carrier {
            Carrier::Simulated(sim) => {
                let sim = *sim;
                self.sim.free(sim);
            }
            Carrier::Own(own) if !own.state.is_final() => {
                own.state = TaskState::Free;
                own.host = None;
            }
            Carrier::Own(_) => {}
        }
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

/// Which tasks are asked for. As in koji, an option that is not known is ignored.
struct Filter {
    states: Option<Vec<i64>>,
    methods: Option<Vec<String>>,
    owner: Option<Vec<i64>>,
    not_owner: Option<Vec<i64>>,
    arches: Option<Vec<String>>,
    channel: Option<i64>,
    host: Option<i64>,
    /// `Some(None)`: those without a parent.
    parent: Option<Option<i64>>,
    /// For each of creation, start and completion: before, and after.
    spans: [(Option<f64>, Option<f64>); 3],
}

impl Filter {
    fn of(mock: &Mock, opts: &Map) -> Result<Self, Fault> {
        let list = |name: &str| match opts.get(name) {
            None | Some(Value::Nil) => None,
            Some(Value::List(items)) => Some(items.clone()),
            Some(one) => Some(vec![one.clone()]),
        };
        let numbers = |name: &str| {
            list(name).map(|items| items.iter().filter_map(Value::as_int).collect::<Vec<_>>())
        };
        let texts = |name: &str| {
            list(name).map(|items| {
                items.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
            })
        };
        let users = |name: &str| -> Result<Option<Vec<i64>>, Fault> {
            let Some(items) = list(name) else { return Ok(None) };
            let user = |item: Value| {
                let user: Ref = item.read().map_err(|e| Fault::generic(e.to_string()))?;
                mock.user_id(&user)
            };
            items.into_iter().map(user).collect::<Result<_, _>>().map(Some)
        };
        let seconds = |name: &str| match opts.get(name) {
            Some(Value::Double(at)) => Some(*at),
            #[expect(clippy::cast_precision_loss, reason = "seconds since 1970")]
            Some(Value::Int(at)) => Some(*at as f64),
            Some(Value::Text(text)) => {
                let text = text.trim().replacen(' ', "T", 1);
                let text =
                    if text.contains('+') || text.ends_with('Z') { text } else { text + "Z" };
                text.parse::<jiff::Timestamp>().ok().map(|at| at.as_duration().as_secs_f64())
            }
            _ => None,
        };
        let span =
            |name: &str| (seconds(&format!("{name}Before")), seconds(&format!("{name}After")));
        let parent = opts.get("parent").map(|parent| parent.as_int());
        Ok(Self {
            states: numbers("state"),
            methods: texts("method"),
            owner: users("owner")?,
            not_owner: users("not_owner")?,
            arches: texts("arch"),
            channel: opts.get("channel_id").and_then(Value::as_int),
            host: opts.get("host_id").and_then(Value::as_int),
            parent,
            spans: [span("created"), span("started"), span("completed")],
        })
    }

    fn takes(&self, mock: &Mock, id: i64) -> bool {
        let task = &mock.tasks[index(id)];
        let is_in = |list: &Option<Vec<i64>>, value: i64| {
            list.as_ref().is_none_or(|list| list.contains(&value))
        };
        let has = |list: &Option<Vec<String>>, value: &String| {
            list.as_ref().is_none_or(|list| list.contains(value))
        };
        if !has(&self.methods, &task.method)
            || !has(&self.arches, &task.arch)
            || !is_in(&self.owner, task.owner)
            || self.not_owner.as_ref().is_some_and(|list| list.contains(&task.owner))
            || self.channel.is_some_and(|channel| channel != task.channel)
            || self.parent.is_some_and(|parent| parent != task.parent)
        {
            return false;
        }
        let at = mock.standing(task);
        let moments = [Some(at.created), at.started, at.ended];
        is_in(&self.states, at.state as i64)
            && self.host.is_none_or(|host| at.host == Some(host))
            && self.spans.iter().zip(moments).all(|((before, after), moment)| {
                let seconds = moment.map(|moment| mock.seconds(moment));
                before.is_none_or(|limit| seconds.is_some_and(|at| at < limit))
                    && after.is_none_or(|limit| seconds.is_some_and(|at| at > limit))
            })
    }
}
