//! Builders and channels, as listed and changed by people.

use std::collections::BTreeSet;

use super::state::{Caller, Carrier, Channel, Host, User};
use super::{Mock, index};
use crate::koji::calls::*;
use crate::koji::shapes::{
    Channel as ChannelShape, Host as HostShape, HostData, LogMessage, TaskRun,
};
use crate::koji::{Fault, Ref, Value};

impl Mock {
    pub(super) fn host_shape(&self, id: i64) -> HostShape {
        let host = &self.hosts[index(id)];
        let (load, updated) = match host.sim {
            // A simulated builder reports the load of its open tasks.
            Some(_) => (self.load_of(id), self.moment()),
            None => (host.load, host.updated),
        };
        HostShape {
            id,
            user_id: host.user,
            name: host.name.clone(),
            arches: Some(host.arches.join(" ")),
            task_load: load,
            capacity: host.capacity,
            description: host.description.clone(),
            comment: host.comment.clone(),
            ready: host.is_ready && host.is_enabled,
            enabled: host.is_enabled,
            update_ts: Some(self.seconds(updated)),
        }
    }

    /// Returns the weight of the open, running tasks of a builder.
    pub(super) fn load_of(&self, host: i64) -> f64 {
        let standing = self.tasks.iter().map(|task| self.standing(task));
        let open = standing.filter(|at| at.host == Some(host) && !at.state.is_final());
        // Nothing at all adds up to minus zero.
        open.filter(|at| at.waiting != Some(true)).map(|at| at.weight).sum::<f64>() + 0.0
    }

    pub(super) fn list_hosts(
        &mut self,
        _: Caller,
        call: ListHosts,
    ) -> Result<Vec<HostShape>, Fault> {
        let channel = call.channel_id.as_ref().map(|c| self.channel_id(c)).transpose()?;
        let user = call.user_id.as_ref().map(|user| self.user_id(user)).transpose()?;
        let arches: Option<Vec<String>> =
            call.arches.as_ref().map(|arches| match arches.as_list() {
                Some(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
                None => arches.as_str().map(str::to_owned).into_iter().collect(),
            });
        let is_asked = |(_, host): &(i64, &Host)| {
            channel.is_none_or(|channel| host.channels.contains(&channel))
                && user.is_none_or(|user| host.user == user)
                && arches.as_ref().is_none_or(|list| host.arches.iter().any(|a| list.contains(a)))
                && call.enabled.is_none_or(|enabled| host.is_enabled == enabled)
                && call.ready.is_none_or(|ready| (host.is_ready && host.is_enabled) == ready)
        };
        let hosts = (1..).zip(&self.hosts).filter(is_asked);
        Ok(hosts.map(|(id, _)| self.host_shape(id)).collect())
    }

    pub(super) fn get_host(
        &mut self,
        _: Caller,
        call: GetHost,
    ) -> Result<Option<HostShape>, Fault> {
        let found = match call.strict {
            Some(true) => Some(self.host_id(&call.host)?),
            _ => self.find_host(&call.host),
        };
        Ok(found.map(|id| self.host_shape(id)))
    }

    pub(super) fn last_update(
        &mut self,
        _: Caller,
        call: GetLastHostUpdate,
    ) -> Result<Value, Fault> {
        let shape = self.host_shape(self.host_id(&call.host_id)?);
        let moment = shape.update_ts.unwrap_or_default();
        if call.ts == Some(true) {
            return Ok(Value::Double(moment));
        }
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970")]
        Ok(self.text((moment * 1000.0) as i64).as_str().into())
    }

    pub(super) fn add_host(&mut self, caller: Caller, call: AddHost) -> Result<i64, Fault> {
        self.permitted(caller, "host")?;
        if self.find_host(&Ref::Name(call.hostname.clone())).is_some() {
            return Err(Fault::generic(format!("host already exists: {}", call.hostname)));
        }
        let user = match self.find_user(&Ref::Name(call.hostname.clone())) {
            Some(user) => {
                self.users[index(user)].is_host = true;
                user
            }
            None => self.add_user(User {
                name: call.hostname.clone(),
                password: None,
                permissions: BTreeSet::new(),
                is_host: true,
            }),
        };
        let now = self.moment();
        self.hosts.push(Host {
            name: call.hostname,
            user,
            arches: call.arches,
            capacity: 2.0,
            is_enabled: true,
            description: None,
            comment: None,
            channels: [1].into(),
            sim: None,
            is_ready: false,
            load: 0.0,
            data: Value::Nil,
            updated: now,
        });
        Ok(i64::try_from(self.hosts.len()).expect("few builders"))
    }

    pub(super) fn edit_host(&mut self, caller: Caller, call: EditHost) -> Result<bool, Fault> {
        self.permitted(caller, "host")?;
        let id = self.host_id(&call.host)?;
        let host = &mut self.hosts[index(id)];
        let mut has_changed = false;
        for (name, value) in &call.settings {
            match (name.as_str(), value) {
                ("capacity", Value::Double(capacity)) => host.capacity = *capacity,
                #[expect(clippy::cast_precision_loss, reason = "a small number")]
                ("capacity", Value::Int(capacity)) => host.capacity = *capacity as f64,
                ("description", text) => host.description = text.as_str().map(str::to_owned),
                ("comment", text) => host.comment = text.as_str().map(str::to_owned),
                ("arches", Value::Text(arches)) => {
                    host.arches = arches.split_whitespace().map(str::to_owned).collect();
                }
                _ => continue,
            }
            has_changed = true;
        }
        Ok(has_changed)
    }

    fn set_enabled(&mut self, caller: Caller, host: &Ref, is_enabled: bool) -> Result<(), Fault> {
        self.permitted(caller, "host")?;
        let id = self.host_id(host)?;
        let host = &mut self.hosts[index(id)];
        host.is_enabled = is_enabled;
        // A disabled simulated builder stops; koji's would finish its open tasks.
        match (host.sim, is_enabled) {
            (Some(sim), true) => self.sim.recover(sim),
            (Some(sim), false) => self.sim.lose(sim),
            (None, _) => {}
        }
        Ok(())
    }

    pub(super) fn enable_host(&mut self, caller: Caller, call: EnableHost) -> Result<(), Fault> {
        self.set_enabled(caller, &call.hostname, true)
    }

    pub(super) fn disable_host(&mut self, caller: Caller, call: DisableHost) -> Result<(), Fault> {
        self.set_enabled(caller, &call.hostname, false)
    }

    pub(super) fn add_to_channel(
        &mut self,
        caller: Caller,
        call: AddHostToChannel,
    ) -> Result<(), Fault> {
        self.permitted(caller, "host")?;
        let host = self.host_id(&call.hostname)?;
        let channel = match self.find_channel(&Ref::Name(call.channel.clone())) {
            Some(channel) => channel,
            None if call.create == Some(true) => {
                self.channels.push(Channel { name: call.channel, is_enabled: true });
                i64::try_from(self.channels.len()).expect("few channels")
            }
            None => {
                return Err(Fault::generic(format!("channel does not exist: {}", call.channel)));
            }
        };
        let host = &mut self.hosts[index(host)];
        if !host.channels.insert(channel) {
            let (name, of) = (&host.name, &self.channels[index(channel)].name);
            return Err(Fault::generic(format!("host {name} is already subscribed to {of}")));
        }
        Ok(())
    }

    pub(super) fn remove_from_channel(
        &mut self,
        caller: Caller,
        call: RemoveHostFromChannel,
    ) -> Result<(), Fault> {
        self.permitted(caller, "host")?;
        let host = self.host_id(&call.hostname)?;
        let channel = self.channel_id(&Ref::Name(call.channel))?;
        let host = &mut self.hosts[index(host)];
        if !host.channels.remove(&channel) {
            let (name, of) = (&host.name, &self.channels[index(channel)].name);
            return Err(Fault::generic(format!("host {name} is not subscribed to {of}")));
        }
        Ok(())
    }

    fn channel_shape(&self, id: i64) -> ChannelShape {
        let channel = &self.channels[index(id)];
        ChannelShape {
            id,
            name: channel.name.clone(),
            enabled: channel.is_enabled,
            ..ChannelShape::default()
        }
    }

    pub(super) fn list_channels(
        &mut self,
        _: Caller,
        call: ListChannels,
    ) -> Result<Vec<ChannelShape>, Fault> {
        let host = call.host_id.as_ref().map(|host| self.host_id(host)).transpose()?;
        let is_asked = |&(id, channel): &(i64, &Channel)| {
            host.is_none_or(|host| self.hosts[index(host)].channels.contains(&id))
                && call.enabled.is_none_or(|enabled| channel.is_enabled == enabled)
        };
        let channels = (1..).zip(&self.channels).filter(is_asked);
        Ok(channels.map(|(id, _)| self.channel_shape(id)).collect())
    }

    pub(super) fn get_channel(
        &mut self,
        _: Caller,
        call: GetChannel,
    ) -> Result<Option<ChannelShape>, Fault> {
        let found = match call.strict {
            Some(true) => Some(self.channel_id(&call.channel)?),
            _ => self.find_channel(&call.channel),
        };
        Ok(found.map(|id| self.channel_shape(id)))
    }

    pub(super) fn all_arches(&mut self, _: Caller, _: GetAllArches) -> Result<Vec<String>, Fault> {
        let arches: BTreeSet<&String> = self.hosts.iter().flat_map(|host| &host.arches).collect();
        Ok(arches.into_iter().cloned().collect())
    }

    pub(super) fn task_runs(
        &mut self,
        _: Caller,
        call: GetTaskRuns,
    ) -> Result<Vec<TaskRun>, Fault> {
        let wanted = task_of_clauses(call.clauses.as_ref());
        let mut runs = Vec::new();
        for (id, task) in (1..).zip(&self.tasks) {
            let at = self.standing(task);
            let assigned = match &task.carrier {
                Carrier::Simulated(sim) => {
                    self.sim.task(*sim).assigned.map(|time| self.moment_of(time))
                }
                Carrier::Own(own) => own.assigned,
            };
            let (Some(host), Some(assigned)) = (at.host, assigned) else { continue };
            if wanted.is_none_or(|task| task == id) {
                let number = i64::try_from(runs.len()).expect("few runs") + 1;
                runs.push(TaskRun {
                    id: number,
                    task_id: id,
                    host_id: host,
                    active: !at.state.is_final(),
                    create_ts: self.seconds(assigned),
                });
            }
        }
        Ok(runs)
    }

    pub(super) fn refusals(&mut self, _: Caller, call: GetTaskRefusals) -> Result<Vec<Map>, Fault> {
        let wanted = task_of_clauses(call.clauses.as_ref());
        let mut rows = Vec::new();
        for (id, task) in (1..).zip(&self.tasks) {
            let Carrier::Own(own) = &task.carrier else { continue };
            for (&host, until) in &own.refusals {
                if wanted.is_none_or(|task| task == id) {
                    rows.push(Map::from([
                        ("task_id".to_owned(), Value::Int(id)),
                        ("host_id".to_owned(), Value::Int(host)),
                        ("soft".to_owned(), Value::Bool(until.is_some())),
                    ]));
                }
            }
        }
        Ok(rows)
    }

    pub(super) fn host_data(
        &mut self,
        _: Caller,
        call: GetHostData,
    ) -> Result<Vec<HostData>, Fault> {
        let hosts = (1..).zip(&self.hosts);
        let rows = hosts.filter(|(id, _)| call.host_id.is_none_or(|host| host == *id));
        Ok(rows.map(|(id, host)| HostData { host_id: id, data: host.data.clone() }).collect())
    }

    pub(super) fn log_messages(
        &mut self,
        _: Caller,
        _: GetLogMessages,
    ) -> Result<Vec<LogMessage>, Fault> {
        Ok(Vec::new())
    }

    pub(super) fn do_run(&mut self, caller: Caller, _: DoRun) -> Result<bool, Fault> {
        self.permitted(caller, "admin")?;
        self.assign();
        Ok(true)
    }
}

/// Returns the task selected by clauses such as `[["task_id", "=", 46]]`.
fn task_of_clauses(clauses: Option<&Value>) -> Option<i64> {
    let clauses = clauses?.as_list()?;
    clauses.iter().find_map(|clause| match clause.as_list()? {
        [name, _, value] if name.as_str() == Some("task_id") => value.as_int(),
        _ => None,
    })
}
