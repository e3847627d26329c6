//! Builders' calls on their tasks: open, refuse, split, wait, close.

use super::plans::new_task;
use super::state::{Caller, Task};
use super::tasks::fault_value;
use super::{Mock, index};
use crate::hub::Request;
use crate::koji::calls::*;
use crate::koji::shapes::Task as TaskShape;
use crate::koji::{Fault, FaultKind, Ref, TaskState, Value, codec};

impl Mock {
    pub(super) fn open_task(
        &mut self,
        caller: Caller,
        call: HostOpenTask,
    ) -> Result<Option<TaskShape>, Fault> {
        let (host, now) = (self.own_host(caller)?, self.moment());
        self.task(call.task_id)?;
        let Some(own) = self.own_mut(call.task_id) else { return Ok(None) };
        let may_open = match own.state {
            TaskState::Free => {
                // It was not assigned: the scheduler never touches it.
                own.assigned = None;
                true
            }
            TaskState::Assigned => own.host == Some(host),
            TaskState::Open | TaskState::Closed | TaskState::Canceled | TaskState::Failed => false,
        };
        if !may_open {
            return Ok(None);
        }
        own.state = TaskState::Open;
        own.host = Some(host);
        own.started = Some(now);
        let task = &self.tasks[index(call.task_id)];
        let request = codec::write_call(&task.method, task.request.clone());
        let shape = self.task_shape(call.task_id, false);
        Ok(Some(TaskShape { request: Some(request.as_str().into()), ..shape }))
    }

    /// Checks that a builder has a task open, with koji's faults.
    pub(super) fn check_own(&self, caller: Caller, id: i64) -> Result<i64, Fault> {
        let host = self.own_host(caller)?;
        let at = self.standing(self.task(id)?);
        if at.state == TaskState::Open && at.host == Some(host) {
            return Ok(host);
        }
        let text = format!("host {host} does not own task {id}");
        Err(Fault::of(FaultKind::NotAllowed, text))
    }

    pub(super) fn refuse_task(
        &mut self,
        caller: Caller,
        call: HostRefuseTask,
    ) -> Result<(), Fault> {
        let (host, now) = (self.own_host(caller)?, self.moment());
        self.task(call.task_id)?;
        let soft = i64::try_from(self.settings.hub.soft_refusal_timeout.0).unwrap_or(i64::MAX);
        if let Some(own) = self.own_mut(call.task_id)
            && own.state == TaskState::Assigned
            && own.host == Some(host)
        {
            let until = (call.soft != Some(false)).then(|| now.saturating_add(soft));
            own.refusals.insert(host, until);
            own.state = TaskState::Free;
            own.host = None;
        }
        Ok(())
    }

    pub(super) fn free_tasks(&mut self, caller: Caller, call: HostFreeTasks) -> Result<(), Fault> {
        let host = self.own_host(caller)?;
        for id in call.tasks {
            if self.standing(self.task(id)?).host == Some(host) {
                self.set_free(id);
            }
        }
        Ok(())
    }

    pub(super) fn set_weight(
        &mut self,
        caller: Caller,
        call: HostSetTaskWeight,
    ) -> Result<(), Fault> {
        self.check_own(caller, call.task_id)?;
        if let Some(own) = self.own_mut(call.task_id) {
            own.weight = call.weight;
        }
        Ok(())
    }

    pub(super) fn subtask(&mut self, caller: Caller, call: HostSubtask) -> Result<i64, Fault> {
        self.check_own(caller, call.parent)?;
        let text = |name: &str| call.settings.get(name).and_then(Value::as_str).map(str::to_owned);
        if call.settings.contains_key("owner") {
            let text = "The owner option is not allowed here";
            return Err(Fault::of(FaultKind::NotAllowed, text));
        }
        let label = text("label");
        if label.is_some() {
            let children = self.children.get(&call.parent).into_iter().flatten();
            let mut same = children.filter(|&&child| self.tasks[index(child)].label == label);
            if let Some(&old) = same.next() {
                return Ok(old);
            }
        }
        let parent = &self.tasks[index(call.parent)];
        let priority = call.settings.get("priority").and_then(Value::as_int);
        let mut task = new_task(
            &call.method,
            parent.owner,
            priority.unwrap_or(parent.priority.saturating_sub(1)),
            call.arglist.clone(),
        );
        task.arch = text("arch").unwrap_or_else(|| parent.arch.clone());
        task.channel = parent.channel;
        task.parent = Some(call.parent);
        task.label = label;
        if let Some(channel) = call.settings.get("channel") {
            let channel = channel.clone().read().map_err(|e| Fault::generic(e.to_string()))?;
            task.channel = self.channel_id(&channel)?;
        }
        Ok(self.child_task(task))
    }

    /// Makes a child task: simulated builders run it if they serve its channel.
    fn child_task(&mut self, task: Task) -> i64 {
        let argument = |at: usize| task.request.get(at).cloned().unwrap_or_default();
        if !self.simulated_channels.contains(&task.channel) {
            return self.add_own(task);
        }
        match task.method.as_str() {
            "build" => {
                let source = argument(0).as_str().unwrap_or_default().to_owned();
                let target = argument(1).read::<Ref>().ok();
                let opts = if let Value::Struct(opts) = argument(2) { opts } else { Map::new() };
                self.new_build(&source, target.as_ref(), opts, task)
            }
            "waitrepo" => {
                let tag = argument(0).read::<Ref>().ok().and_then(|tag| self.find_tag(&tag));
                match tag {
                    Some(tag) => {
                        let tag = self.tag(tag).sim;
                        self.submit(Request::WaitRepo { tag }, task)
                    }
                    None => self.add_own(task),
                }
            }
            _ => self.any_task(task),
        }
    }

    pub(super) fn set_wait(&mut self, caller: Caller, call: HostTaskSetWait) -> Result<(), Fault> {
        self.own_host(caller)?;
        self.task(call.parent)?;
        let children = self.children.get(&call.parent).cloned().unwrap_or_default();
        let wanted = call.tasks.unwrap_or_else(|| children.clone());
        for child in children {
            if wanted.contains(&child) {
                self.tasks[index(child)].awaited = Some(true);
            }
        }
        if let Some(own) = self.own_mut(call.parent) {
            own.waiting = Some(true);
        }
        Ok(())
    }

    pub(super) fn task_wait(
        &mut self,
        caller: Caller,
        call: HostTaskWait,
    ) -> Result<(Vec<i64>, Vec<i64>), Fault> {
        self.own_host(caller)?;
        self.task(call.parent)?;
        let children = self.children.get(&call.parent).cloned().unwrap_or_default();
        let awaited = |mock: &Self, id: i64| mock.tasks[index(id)].awaited == Some(true);
        let awaited: Vec<i64> = children.into_iter().filter(|&id| awaited(self, id)).collect();
        let (over, open): (Vec<i64>, Vec<i64>) =
            awaited.into_iter().partition(|&id| self.state_of(id).is_final());
        for &id in &over {
            self.tasks[index(id)].awaited = Some(false);
        }
        Ok((over, open))
    }

    pub(super) fn wait_results(
        &mut self,
        caller: Caller,
        call: HostTaskWaitResults,
    ) -> Result<Vec<(i64, Value)>, Fault> {
        self.own_host(caller)?;
        self.task(call.parent)?;
        let children = self.children.get(&call.parent).cloned().unwrap_or_default();
        // Taking the results ends the wait: until then, children alert its builder as they end.
        if let Some(own) = self.own_mut(call.parent) {
            own.waiting = Some(false);
        }
        for &child in &children {
            self.tasks[index(child)].awaited = Some(false);
        }
        let over = |id: &i64| self.state_of(*id).is_final();
        let tasks = call.tasks.unwrap_or_else(|| children.into_iter().filter(over).collect());
        let can_fail = call.canfail.unwrap_or_default();
        let mut results = Vec::new();
        for id in tasks {
            let result = self.task_result(
                Caller::default(),
                GetTaskResult { task_id: id, raise_fault: Some(true) },
            );
            match result {
                Ok(value) => results.push((id, value)),
                Err(fault) if can_fail.contains(&id) && self.state_of(id).is_final() => {
                    results.push((id, fault_value(&fault)));
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(results)
    }

    fn end_own(&mut self, id: i64, state: TaskState, result: Result<Value, Fault>) {
        let now = self.moment();
        if let Some(own) = self.own_mut(id) {
            own.state = state;
            own.ended = Some(now);
        }
        self.tasks[index(id)].result = Some(result);
    }

    pub(super) fn close_task(&mut self, caller: Caller, call: HostCloseTask) -> Result<(), Fault> {
        self.check_own(caller, call.task_id)?;
        let result = read_result(&call.response)?;
        self.end_own(call.task_id, TaskState::Closed, result);
        Ok(())
    }

    pub(super) fn fail_task(&mut self, caller: Caller, call: HostFailTask) -> Result<(), Fault> {
        self.check_own(caller, call.task_id)?;
        let result = read_result(&call.response)?;
        let fault = result.err().unwrap_or_else(|| Fault::generic("task failed"));
        self.end_own(call.task_id, TaskState::Failed, Err(fault));
        Ok(())
    }

    pub(super) fn assert_policy(
        &mut self,
        caller: Caller,
        _: HostAssertPolicy,
    ) -> Result<(), Fault> {
        self.own_host(caller).map(drop)
    }

    pub(super) fn host_tag_build(
        &mut self,
        caller: Caller,
        call: HostTagBuild,
    ) -> Result<(), Fault> {
        self.check_own(caller, call.task_id)?;
        let (tag, build) = (self.tag_id(&call.tag)?, self.build_id(&call.build)?);
        if self.tag(tag).builds.iter().any(|tagged| tagged.build == build) {
            let (nvr, name) = (self.build(build).nvr(), &self.tag(tag).name);
            let text = format!("build {nvr} already tagged ({name})");
            return Err(Fault::of(FaultKind::Tag, text));
        }
        let owner = self.tasks[index(call.task_id)].owner;
        self.put_into(tag, build, owner);
        Ok(())
    }

    pub(super) fn tag_notification(
        &mut self,
        caller: Caller,
        _: HostTagNotification,
    ) -> Result<(), Fault> {
        self.own_host(caller).map(drop)
    }
}

/// Reads the XML with which a builder ends a task.
fn read_result(text: &str) -> Result<Result<Value, Fault>, Fault> {
    let bad = |error: codec::Malformed| Fault::of(FaultKind::Unexpected, error.to_string());
    codec::read_answer(text).map_err(bad)
}
