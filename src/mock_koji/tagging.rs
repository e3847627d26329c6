//! Builds in tags: lists, tagging and untagging.

use std::collections::BTreeMap;

use super::builds::build_type;
use super::plans::new_task;
use super::state::{Caller, Task};
use super::{Mock, index};
use crate::hub::Request;
use crate::koji::calls::*;
use crate::koji::shapes::{Rpm, TaggedBuild, TaggedRpms};
use crate::koji::{BuildState, Fault, FaultKind, Ref, Value};
use crate::trace::TAG_BUILD;

impl Mock {
    fn tagged_shape(&self, tag: i64, build: i64, event: i64, extra: bool) -> TaggedBuild {
        let of = self.build_shape(build);
        TaggedBuild {
            build_id: build,
            id: build,
            name: of.name,
            version: of.version,
            release: of.release,
            epoch: of.epoch,
            nvr: of.nvr,
            state: of.state,
            package_id: of.package_id,
            package_name: of.package_name,
            owner_id: of.owner_id,
            owner_name: of.owner_name,
            task_id: of.task_id,
            tag_id: tag,
            tag_name: self.tag(tag).name.clone(),
            create_event: event,
            creation_event_id: of.creation_event_id,
            creation_time: of.creation_time,
            start_time: of.start_time,
            completion_time: of.completion_time,
            volume_id: 0,
            volume_name: of.volume_name,
            extra: extra.then_some(of.extra),
            ..TaggedBuild::default()
        }
    }

    /// Returns builds in a tag, newest first, with the tags that they are in.
    fn tagged(&self, id: i64, inherit: bool, latest: usize) -> Vec<(i64, i64, i64)> {
        let mut tags = vec![id];
        if inherit {
            tags.extend(self.ancestors(id).into_iter().map(|row| row.parent_id));
        }
        let mut rows = Vec::new();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for tag in tags {
            for tagged in self.tag(tag).builds.iter().rev() {
                let build = self.build(tagged.build);
                let is_blocked =
                    inherit && self.listed(id, &build.name).is_some_and(|(_, l)| l.is_blocked);
                let count = counts.entry(&build.name).or_default();
                if *count < latest && !is_blocked {
                    *count += 1;
                    rows.push((tag, tagged.build, tagged.event));
                }
            }
        }
        rows
    }

    pub(super) fn list_tagged(
        &mut self,
        _: Caller,
        call: ListTagged,
    ) -> Result<Vec<TaggedBuild>, Fault> {
        let id = match self.tag_id(&call.tag) {
            Err(_) if call.strict == Some(false) => return Ok(Vec::new()),
            found => found?,
        };
        let owner = call.owner.as_ref().map(|owner| self.user_id(owner)).transpose()?;
        let latest = match call.latest {
            Some(Value::Bool(true)) => 1,
            Some(Value::Int(count)) if count > 0 => usize::try_from(count).unwrap_or(usize::MAX),
            _ => usize::MAX,
        };
        let rows = self.tagged(id, call.inherit == Some(true), latest);
        let is_asked = |&(_, build, _): &(i64, i64, i64)| {
            let build = self.build(build);
            call.package.as_ref().is_none_or(|name| build.name == *name)
                && call.prefix.as_ref().is_none_or(|prefix| build.name.starts_with(prefix))
                && owner.is_none_or(|owner| build.owner == owner)
                && call.build_type.as_ref().is_none_or(|wanted| build_type(build) == wanted)
        };
        let extra = call.extra == Some(true);
        let rows = rows.into_iter().filter(is_asked);
        Ok(rows.map(|(tag, build, event)| self.tagged_shape(tag, build, event, extra)).collect())
    }

    pub(super) fn latest_builds(
        &mut self,
        caller: Caller,
        call: GetLatestBuilds,
    ) -> Result<Vec<TaggedBuild>, Fault> {
        let call = ListTagged {
            tag: call.tag,
            inherit: Some(true),
            latest: Some(Value::Bool(true)),
            package: call.package,
            build_type: call.build_type,
            ..ListTagged::default()
        };
        self.list_tagged(caller, call)
    }

    pub(super) fn tagged_rpms(
        &mut self,
        caller: Caller,
        call: ListTaggedRpms,
    ) -> Result<TaggedRpms, Fault> {
        let arches: Option<Vec<String>> = call.arch.as_ref().map(|arch| match arch.as_list() {
            Some(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            None => arch.as_str().map(str::to_owned).into_iter().collect(),
        });
        let of = ListTagged {
            tag: call.tag,
            inherit: call.inherit,
            latest: call.latest,
            package: call.package,
            owner: call.owner,
            build_type: call.build_type,
            strict: call.strict,
            ..ListTagged::default()
        };
        let builds = self.list_tagged(caller, of)?;
        let rpms = builds.iter().flat_map(|build| self.build(build.build_id).rpms.iter());
        let is_asked = |rpm: &&Rpm| arches.as_ref().is_none_or(|list| list.contains(&rpm.arch));
        Ok((rpms.filter(is_asked).cloned().collect(), builds))
    }

    /// Checks that a build may be tagged or untagged.
    fn check_tag(&self, user: i64, tag: i64) -> Result<(), Fault> {
        let entry = self.tag(tag);
        if let Some(permission) = &entry.permission
            && !self.has_permission(user, permission)
        {
            let text = format!("tag requires {permission} permission");
            return Err(Fault::of(FaultKind::NotAllowed, text));
        }
        if self.is_locked(tag) {
            return Err(Fault::of(FaultKind::NotAllowed, "tag is locked"));
        }
        Ok(())
    }

    fn is_tagged(&self, tag: i64, build: i64) -> bool {
        self.tag(tag).builds.iter().any(|tagged| tagged.build == build)
    }

    pub(super) fn tag_build(&mut self, caller: Caller, call: TagBuild) -> Result<i64, Fault> {
        let user = self.logged_in(caller)?;
        let (tag, build) = (self.tag_id(&call.tag)?, self.build_id(&call.build)?);
        self.check_tag(user, tag)?;
        let (name, of) = (self.build(build).name.clone(), self.tag(tag).name.clone());
        if call.force != Some(true) {
            if self.listed(tag, &name).is_none() {
                let text = format!("Package {name} not in list for {of}");
                return Err(Fault::of(FaultKind::Tag, text));
            }
            if let Err(text) = self.check_listed(tag, &name) {
                return Err(Fault::of(FaultKind::Tag, text));
            }
        }
        let from = call.from_tag.as_ref().map(|tag| self.tag_id(tag)).transpose()?;
        let number = |id: Option<i64>| id.map_or(Value::Nil, Value::Int);
        let request = vec![
            Value::Int(tag),
            Value::Int(build),
            call.force.map_or(Value::Bool(false), Value::Bool),
            number(from),
        ];
        let priority = i64::from(self.settings.hub.tag_priority);
        Ok(self.tag_task(new_task("tagBuild", user, priority, request)))
    }

    /// Makes a task that tags a build.
    pub(super) fn tag_task(&mut self, task: Task) -> i64 {
        let number = |at: usize| task.request.get(at).and_then(Value::as_int);
        let tag = number(0).and_then(|tag| self.find_tag(&Ref::Id(tag)));
        let build = number(1).and_then(|build| self.find_build(&Ref::Id(build)));
        let (Some(tag), Some(build)) = (tag, build) else { return self.add_own(task) };
        let package = self.build(build).name.clone();
        let mut work = self.draw(TAG_BUILD, &package, "noarch");
        let mut task = task;
        if self.is_tagged(tag, build) {
            let (nvr, name) = (self.build(build).nvr(), &self.tag(tag).name);
            let text = format!("build {nvr} already tagged ({name})");
            task.result = Some(Err(Fault::of(FaultKind::Tag, text)));
            work.is_ok = false;
        }
        self.submit(Request::TagBuild { tag: self.tag(tag).sim, work }, task)
    }

    /// A separate `tagBuild` task is done.
    pub(super) fn direct_tag(&mut self, task: i64) {
        let number = |at: usize| self.tasks[index(task)].request.get(at).and_then(Value::as_int);
        if let (Some(tag), Some(build)) = (number(0), number(1)) {
            let owner = self.tasks[index(task)].owner;
            self.put_into(tag, build, owner);
        }
    }

    pub(super) fn tag_bypass(&mut self, caller: Caller, call: TagBuildBypass) -> Result<(), Fault> {
        let user = self.permitted(caller, "tag")?;
        let (tag, build) = (self.tag_id(&call.tag)?, self.build_id(&call.build)?);
        self.check_tag(user, tag)?;
        if self.build(build).state != BuildState::Complete {
            let (nvr, state) = (self.build(build).nvr(), self.build(build).state.as_str());
            let text = format!("build {nvr} not complete: state {state}");
            return Err(Fault::of(FaultKind::Tag, text));
        }
        if self.is_tagged(tag, build) && call.force != Some(true) {
            let (nvr, name) = (self.build(build).nvr(), &self.tag(tag).name);
            let text = format!("build {nvr} already tagged ({name})");
            return Err(Fault::of(FaultKind::Tag, text));
        }
        self.put_into(tag, build, user);
        Ok(())
    }

    pub(super) fn untag(&mut self, caller: Caller, call: UntagBuild) -> Result<(), Fault> {
        let user = self.logged_in(caller)?;
        let (tag, build) = (self.tag_id(&call.tag)?, self.build_id(&call.build)?);
        self.check_tag(user, tag)?;
        if !self.is_tagged(tag, build) {
            if call.strict == Some(false) {
                return Ok(());
            }
            let (nvr, name) = (self.build(build).nvr(), &self.tag(tag).name);
            return Err(Fault::of(FaultKind::Tag, format!("build {nvr} not in tag {name}")));
        }
        self.take_from(tag, build, user);
        Ok(())
    }
}
