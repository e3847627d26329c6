//! Builders that log in: their identity and their tasks.
//!
//! Tasks of simulated builders are scheduled by the simulated hub. Tasks that no simulated builder
//! can run are assigned here, in a simpler way: most urgent first, to the first builder of the
//! channel with room.

use super::state::{Caller, Carrier, Moment, Own, Task};
use super::{Mock, index};
use crate::koji::calls::*;
use crate::koji::shapes::{Host as HostShape, HostTask};
use crate::koji::{Fault, FaultKind, TaskState, Value};
use crate::time::Millis;

/// The number of tasks of a builder that reports no limit.
const JOBS_MAX: i64 = 10;

impl Mock {
    /// Returns the builder that calls.
    pub(super) fn own_host(&self, caller: Caller) -> Result<i64, Fault> {
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

    /// Assigns free tasks that no simulated builder can run.
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

    /// Frees the tasks of silent builders: those assigned but not opened, and those assigned by the
    /// scheduler and opened. A task that a builder opened while it was free stays with it.
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

    pub(super) fn own_mut(&mut self, id: i64) -> Option<&mut Own> {
        match &mut self.tasks[index(id)].carrier {
            Carrier::Own(own) => Some(own),
            Carrier::Simulated(_) => None,
        }
    }
}
