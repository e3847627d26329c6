//! Builds, and where they are tagged.

use std::collections::BTreeMap;

use super::names::build_ref;
use super::plans::new_task;
use super::state::{Caller, Task};
use super::{Mock, index};
use crate::hub::Request;
use crate::koji::calls::*;
use crate::koji::shapes::{Archive, Build as BuildShape, BuildLog, Rpm, TaggedBuild, TaggedRpms};
use crate::koji::{BuildState, Fault, FaultKind, Ref, Value};
use crate::trace::TAG_BUILD;

impl Mock {
    pub(super) fn build_shape(&self, id: i64) -> BuildShape {
        let build = self.build(id);
        let started = build.started;
        BuildShape {
            build_id: id,
            id: Some(id),
            name: build.name.clone(),
            version: build.version.clone(),
            release: build.release.clone(),
            epoch: build.epoch,
            nvr: build.nvr(),
            state: build.state,
            package_id: self.package_number(&build.name),
            package_name: build.name.clone(),
            owner_id: build.owner,
            owner_name: self.user_name(build.owner),
            task_id: build.task,
            source: build.source.clone(),
            extra: build.extra.clone(),
            creation_event_id: build.event,
            creation_time: self.text(build.created),
            creation_ts: self.seconds(build.created),
            start_time: started.map(|at| self.text(at)),
            start_ts: started.map(|at| self.seconds(at)),
            completion_time: build.completed.map(|at| self.text(at)),
            completion_ts: build.completed.map(|at| self.seconds(at)),
            volume_id: 0,
            volume_name: "DEFAULT".to_owned(),
            cg_id: Some(build.generator),
            cg_name: Some(build.generator.map(|id| self.generators[index(id)].name.clone())),
            ..BuildShape::default()
        }
    }

    pub(super) fn get_build(
        &mut self,
        _: Caller,
        call: GetBuild,
    ) -> Result<Option<BuildShape>, Fault> {
        let build = build_ref(&call.build)?;
        let found = match call.strict {
            Some(true) => Some(self.build_id(&build)?),
            _ => self.find_build(&build),
        };
        Ok(found.map(|id| self.build_shape(id)))
    }

    pub(super) fn list_builds(
        &mut self,
        _: Caller,
        call: ListBuilds,
    ) -> Result<Vec<BuildShape>, Fault> {
        let package = call.package_id.as_ref().map(|p| self.package_name(p)).transpose()?;
        let user = call.user_id.as_ref().map(|user| self.user_id(user)).transpose()?;
        let seconds = |value: &Option<Value>| match value {
            Some(Value::Double(at)) => Some(*at),
            #[expect(clippy::cast_precision_loss, reason = "seconds since 1970")]
            Some(Value::Int(at)) => Some(*at as f64),
            _ => None,
        };
        let (before, after) = (seconds(&call.complete_before), seconds(&call.complete_after));
        let created = seconds(&call.created_after);
        let states: Option<Vec<i64>> = call.state.as_ref().map(|state| match state.as_list() {
            Some(list) => list.iter().filter_map(Value::as_int).collect(),
            None => state.as_int().into_iter().collect(),
        });
        let is_asked = |&id: &i64| {
            let build = self.build(id);
            let done = build.completed.map(|at| self.seconds(at));
            package.as_ref().is_none_or(|name| build.name == *name)
                && user.is_none_or(|user| build.owner == user)
                && call.task_id.is_none_or(|task| build.task == Some(task))
                && call.prefix.as_ref().is_none_or(|prefix| build.name.starts_with(prefix))
                && states.as_ref().is_none_or(|list| list.contains(&i64::from(build.state)))
                && call.source.as_ref().is_none_or(|wanted| {
                    build.source.as_ref().is_some_and(|source| super::glob(wanted, source))
                })
                && call.pattern.as_ref().is_none_or(|wanted| super::glob(wanted, &build.nvr()))
                && call.build_type.as_ref().is_none_or(|wanted| build_type(build) == wanted)
                && before.is_none_or(|limit| done.is_some_and(|at| at < limit))
                && after.is_none_or(|limit| done.is_some_and(|at| at > limit))
                && created.is_none_or(|limit| self.seconds(build.created) > limit)
        };
        let count = i64::try_from(self.builds.len()).expect("few builds");
        let mut ids: Vec<i64> = (1..=count).filter(is_asked).collect();
        let query = call.query_opts.unwrap_or_default();
        let order = query.get("order").and_then(Value::as_str).unwrap_or_default();
        if order.starts_with('-') {
            ids.reverse();
        }
        let number = |name: &str| {
            query.get(name).and_then(Value::as_int).and_then(|number| usize::try_from(number).ok())
        };
        let ids = ids.into_iter().skip(number("offset").unwrap_or(0));
        let ids = ids.take(number("limit").unwrap_or(usize::MAX));
        let plain =
            |id| BuildShape { id: None, cg_id: None, cg_name: None, ..self.build_shape(id) };
        Ok(ids.map(plain).collect())
    }

    fn tagged_shape(&self, tag: i64, (build, event): (i64, i64), extra: bool) -> TaggedBuild {
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
        Ok(rows.map(|(tag, build, event)| self.tagged_shape(tag, (build, event), extra)).collect())
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

    /// Says whether a build may be put into a tag, or taken from it.
    fn check_tag(&self, user: i64, tag: i64) -> Result<(), Fault> {
        let entry = self.tag(tag);
        if let Some(permission) = &entry.permission
            && !self.has_permission(user, permission)
        {
            let text = format!("tag requires {permission} permission");
            return Err(Fault::of(FaultKind::NotAllowed, text));
        }
        if entry.is_locked {
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

    /// Makes a task that tags a build when it is carried out.
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

    /// A `tagBuild` task of its own is done.
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

    pub(super) fn cancel_build(
        &mut self,
        caller: Caller,
        call: CancelBuild,
    ) -> Result<bool, Fault> {
        let user = self.logged_in(caller)?;
        let id = self.build_id(&call.build_id)?;
        if self.build(id).owner != user && !self.has_permission(user, "admin") {
            return Err(Fault::of(FaultKind::NotAllowed, "Cannot cancel build, not owner"));
        }
        if self.build(id).state != BuildState::Building {
            return Ok(false);
        }
        let now = self.moment();
        let build = &mut self.builds[index(id)];
        build.state = BuildState::Canceled;
        build.completed = Some(now);
        build.token = None;
        if let Some(task) = build.task {
            self.cancel_tree(task);
        }
        Ok(true)
    }

    pub(super) fn build_logs(
        &mut self,
        _: Caller,
        call: GetBuildLogs,
    ) -> Result<Vec<BuildLog>, Fault> {
        let build = self.build(self.build_id(&call.build)?);
        let log = |rpm: &Rpm| BuildLog {
            name: "build.log".to_owned(),
            dir: rpm.arch.clone(),
            path: format!(
                "packages/{}/{}/{}/data/logs/{}/build.log",
                build.name, build.version, build.release, rpm.arch
            ),
        };
        Ok(build.rpms.iter().filter(|rpm| rpm.arch != "src").map(log).collect())
    }

    pub(super) fn build_rpms(&mut self, _: Caller, call: ListBuildRpms) -> Result<Vec<Rpm>, Fault> {
        let id = self.build_id(&call.build)?;
        Ok(self.rpms_of(id))
    }

    fn rpms_of(&self, id: i64) -> Vec<Rpm> {
        let nvr = self.build(id).nvr();
        let own = |rpm: &Rpm| Rpm {
            nvr: Some(nvr.clone()),
            external_repo_id: Some(0),
            external_repo_name: Some("INTERNAL".to_owned()),
            ..rpm.clone()
        };
        self.build(id).rpms.iter().map(own).collect()
    }

    pub(super) fn list_rpms(&mut self, _: Caller, call: ListRpms) -> Result<Vec<Rpm>, Fault> {
        let Some(build) = &call.build_id else { return Ok(Vec::new()) };
        Ok(self.find_build(build).map(|id| self.rpms_of(id)).unwrap_or_default())
    }

    pub(super) fn rpm_sigs(&mut self, _: Caller, _: QueryRpmSigs) -> Result<Vec<Map>, Fault> {
        Ok(Vec::new())
    }

    pub(super) fn list_archives(
        &mut self,
        _: Caller,
        call: ListArchives,
    ) -> Result<Vec<Archive>, Fault> {
        let builds = self
            .builds
            .iter()
            .zip(1..)
            .filter(|(_, id)| call.build_id.is_none_or(|build| build == *id));
        let archives = builds.flat_map(|(build, _)| build.archives.iter());
        let is_asked = |archive: &&Archive| {
            call.archive_type.as_ref().is_none_or(|wanted| archive.btype == *wanted)
                && call.filename.as_ref().is_none_or(|name| archive.filename == *name)
        };
        Ok(archives.filter(is_asked).cloned().collect())
    }

    pub(super) fn maven_build(
        &mut self,
        _: Caller,
        _: GetMavenBuild,
    ) -> Result<Option<Map>, Fault> {
        Ok(None)
    }

    pub(super) fn win_build(&mut self, _: Caller, _: GetWinBuild) -> Result<Option<Map>, Fault> {
        Ok(None)
    }

    pub(super) fn get_build_type(
        &mut self,
        _: Caller,
        call: GetBuildType,
    ) -> Result<BTreeMap<String, Value>, Fault> {
        let build = self.build(self.build_id(&build_ref(&call.build)?)?);
        let typeinfo = build.extra.as_ref().and_then(|extra| extra.get("typeinfo"));
        Ok(match (typeinfo, build_type(build)) {
            (Some(Value::Struct(types)), _) => types.clone(),
            (_, name) => [(name.to_owned(), Value::Nil)].into(),
        })
    }

    pub(super) fn average(
        &mut self,
        _: Caller,
        call: GetAverageBuildDuration,
    ) -> Result<Option<f64>, Fault> {
        let name = self.package_name(&call.package)?;
        let times: Vec<f64> = self
            .builds
            .iter()
            .filter(|build| build.name == name && build.state == BuildState::Complete)
            .filter_map(|build| Some(self.seconds(build.completed?) - self.seconds(build.created)))
            .collect();
        #[expect(clippy::cast_precision_loss, reason = "few builds")]
        let mean = |times: &[f64]| times.iter().sum::<f64>() / times.len() as f64;
        Ok((!times.is_empty()).then(|| mean(&times)))
    }
}

/// Returns what a build is of: an imported one says it, the others are packages.
pub(super) fn build_type(build: &super::state::Build) -> &str {
    let typeinfo = build.extra.as_ref().and_then(|extra| extra.get("typeinfo"));
    match typeinfo {
        Some(Value::Struct(types)) => types.keys().next().map_or("rpm", String::as_str),
        _ => "rpm",
    }
}
