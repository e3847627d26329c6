//! Finds objects by number or name, with koji's faults if there are none.

use super::state::{Build, Caller, Host, Tag, User};
use super::{Mock, index, place};
use crate::koji::{Fault, FaultKind, Ref, Value};

impl Mock {
    pub(super) fn find_tag(&self, tag: &Ref) -> Option<i64> {
        let is_it = |(id, known): &(i64, &Tag)| match tag {
            Ref::Id(number) => id == number,
            Ref::Name(name) => known.name == *name,
        };
        let mut tags = (1..).zip(&self.tags).filter(|(_, known)| !known.is_deleted);
        match tag {
            Ref::Name(name) => self.tag_names.get(name).copied(),
            Ref::Id(_) => tags.find(is_it).map(|(id, _)| id),
        }
    }

    pub(super) fn tag_id(&self, tag: &Ref) -> Result<i64, Fault> {
        self.find_tag(tag).ok_or_else(|| match tag {
            Ref::Name(name) => Fault::generic(format!("No such tagInfo: '{name}'")),
            Ref::Id(id) => Fault::generic(format!("No such tagInfo: {id}")),
        })
    }

    pub(super) fn tag(&self, id: i64) -> &Tag {
        &self.tags[index(id)]
    }

    pub(super) fn find_user(&self, user: &Ref) -> Option<i64> {
        let mut users = (1..).zip(&self.users);
        let is_it = |(id, known): &(i64, &User)| match user {
            Ref::Id(number) => id == number,
            Ref::Name(name) => known.name == *name,
        };
        users.find(is_it).map(|(id, _)| id)
    }

    pub(super) fn user_id(&self, user: &Ref) -> Result<i64, Fault> {
        self.find_user(user).ok_or_else(|| match user {
            Ref::Name(name) => Fault::generic(format!("No such user: '{name}'")),
            Ref::Id(id) => Fault::generic(format!("No such user: {id}")),
        })
    }

    pub(super) fn user_name(&self, id: i64) -> String {
        let user = place(id).and_then(|at| self.users.get(at));
        user.map_or_else(String::new, |user| user.name.clone())
    }

    pub(super) fn find_build(&self, build: &Ref) -> Option<i64> {
        match build {
            Ref::Id(id) => place(*id).filter(|at| *at < self.builds.len()).map(|_| *id),
            Ref::Name(nvr) => self.nvrs.get(nvr).copied(),
        }
    }

    pub(super) fn build_id(&self, build: &Ref) -> Result<i64, Fault> {
        self.find_build(build).ok_or_else(|| match build {
            Ref::Name(nvr) => Fault::generic(format!("No matching build found: '{nvr}'")),
            Ref::Id(id) => Fault::generic(format!("No matching build found: {id}")),
        })
    }

    pub(super) fn build(&self, id: i64) -> &Build {
        &self.builds[index(id)]
    }

    pub(super) fn find_host(&self, host: &Ref) -> Option<i64> {
        let is_it = |(id, known): &(i64, &Host)| match host {
            Ref::Id(number) => id == number,
            Ref::Name(name) => known.name == *name,
        };
        (1..).zip(&self.hosts).find(is_it).map(|(id, _)| id)
    }

    pub(super) fn host_id(&self, host: &Ref) -> Result<i64, Fault> {
        self.find_host(host).ok_or_else(|| Fault::generic(format!("host does not exist: {host}")))
    }

    pub(super) fn find_channel(&self, channel: &Ref) -> Option<i64> {
        (1..).zip(&self.channels).find_map(|(id, known)| {
            let is_it = match channel {
                Ref::Id(number) => id == *number,
                Ref::Name(name) => known.name == *name,
            };
            is_it.then_some(id)
        })
    }

    pub(super) fn channel_id(&self, channel: &Ref) -> Result<i64, Fault> {
        self.find_channel(channel)
            .ok_or_else(|| Fault::generic(format!("No such channel: {channel}")))
    }

    /// Returns the number of a package; new ones are numbered in order of appearance.
    pub(super) fn package_id(&mut self, name: &str) -> i64 {
        let next = i64::try_from(self.packages.len()).expect("few packages") + 1;
        *self.packages.entry(name.to_owned()).or_insert(next)
    }

    pub(super) fn package_number(&self, name: &str) -> i64 {
        self.packages.get(name).copied().unwrap_or_default()
    }

    pub(super) fn package_name(&self, package: &Ref) -> Result<String, Fault> {
        match package {
            Ref::Name(name) => Ok(name.clone()),
            Ref::Id(id) => {
                let found = self.packages.iter().find(|(_, number)| *number == id);
                found
                    .map(|(name, _)| name.clone())
                    .ok_or_else(|| Fault::generic(format!("No such package: {id}")))
            }
        }
    }

    /// Returns the caller; the fault is koji's for callers that are not logged in.
    pub(super) fn logged_in(&self, caller: Caller) -> Result<i64, Fault> {
        let not = || Fault::of(FaultKind::NotAllowed, "you must be logged in for this operation");
        caller.user.ok_or_else(not)
    }

    pub(super) fn has_permission(&self, user: i64, permission: &str) -> bool {
        let own = &self.users[index(user)].permissions;
        own.contains("admin") || own.contains(permission)
    }

    /// Returns the caller; the fault is koji's for callers without a permission.
    pub(super) fn permitted(&self, caller: Caller, permission: &str) -> Result<i64, Fault> {
        let user = self.logged_in(caller)?;
        if self.has_permission(user, permission) {
            return Ok(user);
        }
        let name = self.user_name(user);
        let text = format!("{permission} permission required (logged in as {name})");
        Err(Fault::of(FaultKind::NotAllowed, text))
    }
}

/// Reads a build as callers name it: by number, by NVR, or by a struct with its parts.
pub(super) fn build_ref(value: &Value) -> Result<Ref, Fault> {
    if let Some(id) = value.as_int() {
        return Ok(Ref::Id(id));
    }
    if let Some(nvr) = value.as_str() {
        return Ok(Ref::from(nvr));
    }
    let part = |name: &str| value.get(name).and_then(Value::as_str);
    match (part("name"), part("version"), part("release")) {
        (Some(name), Some(version), Some(release)) => {
            Ok(Ref::Name(format!("{name}-{version}-{release}")))
        }
        _ => match value.get("id").and_then(Value::as_int) {
            Some(id) => Ok(Ref::Id(id)),
            None => Err(Fault::generic("Invalid type for buildInfo")),
        },
    }
}
