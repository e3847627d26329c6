//! Changes of tasks from outside: canceling, resubmitting, priorities.

use super::plans::new_task;
use super::state::{Caller, Carrier, Task};
use super::{Mock, index};
use crate::hub::{Method, Request, TaskArch, Work};
use crate::koji::calls::*;
use crate::koji::{Fault, FaultKind, Ref, TaskState, Value};
use crate::time::Millis;

impl Mock {
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

    /// Cancels a task, its children, and their builds.
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
        // The simulated hub reports a cancel at once.
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
                Ok(self.new_build(&source, target.as_ref(), opts(argument(2)), task.clone()))
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

    /// Makes a task of any method: the simulated builders run it if they serve its channel and know
    /// its method, otherwise it waits for a builder that logs in.
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
}
