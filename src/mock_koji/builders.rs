//! Builders that log in: what they are given, what they open, how they wait for other tasks.
//!
//! Tasks of simulated builders are scheduled by the simulated hub. Those that no simulated builder takes
//! are given out here, in a simpler way: most urgent first, to the first builder of the channel with room.

use super::plans::new_task;
use super::state::{Caller, Carrier, Moment, Own, Task};
use super::tasks::fault_value;
use super::{Mock, index};
use crate::hub::Request;
use crate::koji::calls::*;
use crate::koji::shapes::{Host as HostShape, HostTask, Task as TaskShape};
use crate::koji::{Fault, FaultKind, Ref, TaskState, Value, codec};
use crate::time::Millis;

/// A builder that says nothing takes so many tasks.
const JOBS_MAX: i64 = 10;

impl Mock {
    /// Returns the builder that calls.
    fn own_host(&self, caller: Caller) -> Result<i64, Fault> {
        let auth = |text: String| Fault::of(FaultKind::Auth, text);
        let user = self.logged_in(caller)?;
        let session = caller.session.and_then(|id| self.sessions.get(&id));
        let is_exclusive = session.is_some_and(|session| {
            let master = session.master.and_then(|id| self.sessions.get(&id));
            session.is_exclusive || master.is_some_and(|master| master.is_exclusive)
        });
        if !is_exclusive {
            return Err(auth("This method requires an exclusive session".to_owned()));
        }
        let host = self.hosts.iter().position(|host| host.user == user);
        let host = host.ok_or_else(|| auth(format!("User {user} is not a host")))?;
        Ok(i64::try_from(host).expect("few builders") + 1)
    }

    pub(super) fn get_own_id(&mut self, caller: Caller, _: HostGetId) -> Result<i64, Fault> {
        self.own_host(caller)
    }

    pub(super) fn get_own_host(
        &mut self,
        caller: Caller,
        _: HostGetHost,
    ) -> Result<HostShape, Fault> {
        let id = self.own_host(caller)?;
        Ok(self.host_shape(id))
    }

    pub(super) fn update_host(
        &mut self,
        caller: Caller,
        call: HostUpdateHost,
    ) -> Result<(), Fault> {
        let (id, now) = (self.own_host(caller)?, self.moment());
        let host = &mut self.hosts[index(id)];
        host.load = call.task_load;
        host.is_ready = call.ready;
        host.updated = now;
        if let Some(data) = call.data {
            host.data = Value::Struct(data);
        }
        Ok(())
    }

    pub(super) fn host_tasks(
        &mut self,
        caller: Caller,
        _: HostGetHostTasks,
    ) -> Result<Vec<HostTask>, Fault> {
        let host = self.own_host(caller)?;
        let mut rows = Vec::new();
        for (id, task) in (1..).zip(&self.tasks) {
            let Carrier::Own(own) = &task.carrier else { continue };
            if own.host != Some(host) || own.state != TaskState::Open {
                continue;
            }
            let is_waiting = own.waiting == Some(true);
            let children = self.children.get(&id).into_iter().flatten();
            let mut awaited =
                children.filter(|&&child| self.tasks[index(child)].awaited == Some(true));
            let alert = is_waiting && awaited.any(|&child| self.state_of(child).is_final());
            rows.push(HostTask {
                id,
                waiting: own.waiting,
                weight: own.weight,
                alert: alert.then_some(true),
            });
        }
        Ok(rows)
    }

    pub(super) fn get_tasks(&mut self, caller: Caller, _: HostGetTasks) -> Result<Vec<Map>, Fault> {
        let host = self.own_host(caller)?;
        if self.assigned_to(host).is_empty() {
            let (now, interval) = (self.moment(), self.settings.hub.run_interval);
            let interval = i64::try_from(interval.0).unwrap_or(i64::MAX);
            if self.last_run.is_none_or(|last| now - last >= interval) {
                self.last_run = Some(now);
                self.assign();
            }
        }
        let row = |id: i64| {
            let task = &self.tasks[index(id)];
            let created = self.standing(task).created;
            Map::from([
                ("id".to_owned(), Value::Int(id)),
                ("method".to_owned(), task.method.as_str().into()),
                ("arch".to_owned(), task.arch.as_str().into()),
                ("channel_id".to_owned(), Value::Int(task.channel)),
                ("host_id".to_owned(), Value::Int(host)),
                ("priority".to_owned(), Value::Int(task.priority)),
                ("state".to_owned(), Value::Int(TaskState::Assigned as i64)),
                ("create_ts".to_owned(), Value::Double(self.seconds(created))),
            ])
        };
        Ok(self.assigned_to(host).into_iter().map(row).collect())
    }

    fn assigned_to(&self, host: i64) -> Vec<i64> {
        let is_mine = |(_, task): &(i64, &Task)| match &task.carrier {
            Carrier::Own(own) => own.state == TaskState::Assigned && own.host == Some(host),
            Carrier::Simulated(_) => false,
        };
        (1..).zip(&self.tasks).filter(is_mine).map(|(id, _)| id).collect()
    }

    /// Gives out what is free and what no simulated builder takes.
    pub(super) fn assign(&mut self) {
        let now = self.moment();
        self.free_silent(now);
        let mut free: Vec<(i64, Moment, i64)> = Vec::new();
        for (id, task) in (1..).zip(&self.tasks) {
            if let Carrier::Own(own) = &task.carrier
                && own.state == TaskState::Free
            {
                free.push((task.priority, own.created, id));
            }
        }
        free.sort_unstable();
        for (_, _, id) in free {
            if let Some(host) = self.host_for(id, now) {
                let own = self.own_mut(id).expect("it is carried by nobody");
                own.state = TaskState::Assigned;
                own.host = Some(host);
                own.assigned = Some(now);
            }
        }
    }

    fn host_for(&self, id: i64, now: Moment) -> Option<i64> {
        let task = &self.tasks[index(id)];
        let Carrier::Own(own) = &task.carrier else { return None };
        let timeout = i64::try_from(self.settings.hub.ready_timeout.0).unwrap_or(i64::MAX);
        (1..).zip(&self.hosts).find_map(|(at, host)| {
            let has_arch = task.arch == "noarch" || host.arches.contains(&task.arch);
            let refused = own.refusals.get(&at).is_some_and(|until| until.is_none_or(|u| now < u));
            let standing = self.tasks.iter().map(|task| self.standing(task));
            let mine = standing.filter(|s| s.host == Some(at) && !s.state.is_final());
            let jobs = i64::try_from(mine.count()).expect("few tasks");
            let jobs_max = host.data.get("maxjobs").and_then(Value::as_int).unwrap_or(JOBS_MAX);
            let fits = host.sim.is_none()
                && host.is_enabled
                && host.is_ready
                && now - host.updated <= timeout
                && host.channels.contains(&task.channel)
                && has_arch
                && !refused
                && jobs < jobs_max
                && host.capacity - self.load_of(at) > 0.0;
            fits.then_some(at)
        })
    }

    /// Frees what silent builders have: what was given to them and not opened, and what the scheduler gave
    /// them and they opened. What a builder opened while it was free is left to it.
    fn free_silent(&mut self, now: Moment) {
        let hub = &self.settings.hub;
        let limit = |millis: Millis| i64::try_from(millis.0).unwrap_or(i64::MAX);
        let (assign, silent) = (limit(hub.assign_timeout), limit(hub.host_timeout));
        let refusal = limit(hub.soft_refusal_timeout);
        for task in &mut self.tasks {
            let Carrier::Own(own) = &mut task.carrier else { continue };
            let (Some(host), Some(assigned)) = (own.host, own.assigned) else { continue };
            let heard = self.hosts[index(host)].updated;
            match own.state {
                TaskState::Assigned if now - assigned > assign => {
                    if heard > assigned {
                        own.refusals.insert(host, Some(now + refusal));
                    }
                    own.state = TaskState::Free;
                    own.host = None;
                }
                TaskState::Open if now - heard > silent => {
                    own.state = TaskState::Free;
                    own.host = None;
                }
                _ => {}
            }
        }
    }

    fn own_mut(&mut self, id: i64) -> Option<&mut Own> {
        match &mut self.tasks[index(id)].carrier {
            Carrier::Own(own) => Some(own),
            Carrier::Simulated(_) => None,
        }
    }

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
                // Nobody gave it: the scheduler leaves it alone for good.
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

    /// Says whether a builder has a task open, in koji's words.
    fn check_own(&self, caller: Caller, id: i64) -> Result<i64, Fault> {
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
            let text = "parameter not allowed: owner";
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
            priority.unwrap_or(parent.priority - 1),
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

    /// Makes a task below another: simulated builders carry it out where they serve its channel.
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
                self.new_build((&source, target.as_ref(), opts), task)
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
        if (!over.is_empty() || open.is_empty())
            && let Some(own) = self.own_mut(call.parent)
        {
            own.waiting = Some(false);
        }
        Ok((over, open))
    }

    pub(super) fn wait_results(
        &mut self,
        caller: Caller,
        call: HostTaskWaitResults,
    ) -> Result<Vec<(i64, Value)>, Fault> {
        self.own_host(caller)?;
        let children = self.children.get(&call.parent).cloned().unwrap_or_default();
        let tasks = call.tasks.unwrap_or(children);
        let can_fail = call.canfail.unwrap_or_default();
        let mut results = Vec::new();
        for id in tasks {
            let result = self.task_result(
                Caller::default(),
                GetTaskResult { task_id: id, raise_fault: Some(true) },
            );
            match result {
                Ok(value) => results.push((id, value)),
                Err(fault) if can_fail.contains(&id) && self.state_of(id) == TaskState::Failed => {
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

/// Reads the XML that a builder ends a task with.
fn read_result(text: &str) -> Result<Result<Value, Fault>, Fault> {
    let bad = |error: codec::Malformed| Fault::of(FaultKind::Unexpected, error.to_string());
    codec::read_answer(text).map_err(bad)
}
