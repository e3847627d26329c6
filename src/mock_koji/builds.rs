//! Builds: their rows, and the RPMs and archives in them.

use std::collections::BTreeMap;

use super::names::build_ref;
use super::state::Caller;
use super::{Mock, index};
use crate::koji::calls::*;
use crate::koji::shapes::{Archive, Build as BuildShape, BuildLog, Rpm};
use crate::koji::{BuildState, Fault, FaultKind, Value};

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

    /// A package has a license and is for every arch; of a package that is not there nothing is known.
    pub(super) fn rpm_headers(&mut self, _: Caller, call: GetRpmHeaders) -> Result<Map, Fault> {
        let is_it = |rpm: &Rpm| Some(rpm.id) == call.rpm_id;
        if !self.builds.iter().any(|build| build.rpms.iter().any(is_it)) {
            return Ok(Map::new());
        }
        let none = Value::List(Vec::new());
        let all =
            [("license", "MIT".into()), ("exclusivearch", none.clone()), ("excludearch", none)];
        let is_asked = |name: &str| {
            call.headers.as_ref().is_none_or(|names| names.iter().any(|own| own == name))
        };
        let asked = all.into_iter().filter(|(name, _)| is_asked(name));
        Ok(asked.map(|(name, value)| (name.to_owned(), value)).collect())
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

/// Returns the types of a build: imported builds state them, others are packages.
pub(super) fn build_type(build: &super::state::Build) -> &str {
    let typeinfo = build.extra.as_ref().and_then(|extra| extra.get("typeinfo"));
    match typeinfo {
        Some(Value::Struct(types)) => types.keys().next().map_or("rpm", String::as_str),
        _ => "rpm",
    }
}
