//! Builds made by builders that log in: reserved, completed and failed, with their buildroots.

use super::planned_builds::rpm_of;
use super::state::{Buildroot, Caller};
use super::tasks::file_name;
use super::{Mock, index, place};
use crate::koji::calls::*;
use crate::koji::shapes::Build as BuildShape;
use crate::koji::{BuildState, Fault, Ref, Value};

/// States of a buildroot: being made, waiting, in use, gone.
const ROOT_STATES: [&str; 4] = ["INIT", "WAITING", "BUILDING", "EXPIRED"];
const EXPIRED: i64 = 3;

impl Mock {
    /// Reserves the name of a build for the task in `data`.
    pub(super) fn init_build(&mut self, caller: Caller, call: HostInitBuild) -> Result<i64, Fault> {
        self.own_host(caller)?;
        let part = |name: &str| {
            let text = call.data.get(name).and_then(Value::as_str).map(str::to_owned);
            text.ok_or_else(|| Fault::generic(format!("No {name} value for build")))
        };
        let (name, version, release) = (part("name")?, part("version")?, part("release")?);
        let task = call.data.get("task_id").and_then(Value::as_int);
        self.check_free(&format!("{name}-{version}-{release}"))?;
        let owner = task.and_then(|id| self.task(id).ok()).map(|task| task.owner);
        let started = self.moment();
        let id = self.new_build_row(&name, &version, &release);
        let build = &mut self.builds[index(id)];
        build.owner = owner.unwrap_or_default();
        build.task = task;
        build.epoch = call.data.get("epoch").and_then(Value::as_int);
        build.source = call.data.get("source").and_then(Value::as_str).map(str::to_owned);
        build.extra = match call.data.get("extra") {
            Some(Value::Struct(extra)) => Some(extra.clone()),
            _ => None,
        };
        build.started = Some(started);
        build.state = BuildState::Building;
        Ok(id)
    }

    /// Checks that a task belongs to the caller and is making a build.
    fn check_building(&self, caller: Caller, task: i64, build: i64) -> Result<(), Fault> {
        self.check_own(caller, task)?;
        let id = self.build_id(&Ref::Id(build))?;
        let known = self.build(id);
        if known.task != Some(task) {
            return Err(Fault::generic(format!("Task {task} does not match build {build}")));
        }
        if known.state != BuildState::Building {
            return Err(Fault::generic(format!("{} is not building", known.nvr())));
        }
        Ok(())
    }

    pub(super) fn host_complete_build(
        &mut self,
        caller: Caller,
        call: HostCompleteBuild,
    ) -> Result<BuildShape, Fault> {
        self.check_building(caller, call.task_id, call.build_id)?;
        let (id, now) = (call.build_id, self.moment());
        for path in std::iter::once(&call.srpm).chain(&call.rpms) {
            let stem = file_name(path).strip_suffix(".rpm");
            let arch = stem.and_then(|stem| stem.rsplit_once('.')).map(|(_, arch)| arch);
            let arch = arch.ok_or_else(|| Fault::generic(format!("not an RPM: {path}")))?;
            self.rpm_count += 1;
            let mut rpm = rpm_of(self.build(id), self.rpm_count, id, arch, now);
            let root = call.brmap.as_ref().and_then(|map| map.get(path)).and_then(Value::as_int);
            rpm.buildroot_id = root.or(rpm.buildroot_id);
            self.builds[index(id)].rpms.push(rpm);
        }
        let build = &mut self.builds[index(id)];
        build.state = BuildState::Complete;
        build.completed = Some(now);
        Ok(self.build_shape(id))
    }

    pub(super) fn host_fail_build(
        &mut self,
        caller: Caller,
        call: HostFailBuild,
    ) -> Result<(), Fault> {
        self.check_building(caller, call.task_id, call.build_id)?;
        let now = self.moment();
        let build = &mut self.builds[index(call.build_id)];
        build.state = BuildState::Failed;
        build.completed = Some(now);
        Ok(())
    }

    pub(super) fn new_buildroot(
        &mut self,
        caller: Caller,
        call: HostNewBuildRoot,
    ) -> Result<i64, Fault> {
        let host = self.own_host(caller)?;
        if let Some(task) = call.task_id {
            self.check_own(caller, task)?;
        }
        if place(call.repo).is_none_or(|at| at >= self.repos.len()) {
            return Err(Fault::generic(format!("No such repo: {}", call.repo)));
        }
        let root =
            Buildroot { repo: call.repo, arch: call.arch, host, task: call.task_id, state: 0 };
        self.buildroots.push(root);
        Ok(i64::try_from(self.buildroots.len()).expect("few buildroots"))
    }

    pub(super) fn set_buildroot_state(
        &mut self,
        caller: Caller,
        call: HostSetBuildRootState,
    ) -> Result<(), Fault> {
        let host = self.own_host(caller)?;
        let (id, named) = (call.buildroot_id, call.state.as_str());
        let by_name = named.and_then(|name| ROOT_STATES.iter().position(|known| *known == name));
        let state = call.state.as_int().or(by_name.and_then(|at| i64::try_from(at).ok()));
        let state = state.filter(|state| (0..=EXPIRED).contains(state));
        let state = state
            .ok_or_else(|| Fault::generic(format!("No such buildroot state: {:?}", call.state)))?;
        let root = place(id).and_then(|at| self.buildroots.get_mut(at));
        let root = root.ok_or_else(|| Fault::generic(format!("No such buildroot: {id}")))?;
        if root.host != host || call.task_id.is_some_and(|task| root.task != Some(task)) {
            return Err(Fault::generic(format!(
                "buildroot {id} belongs to another builder or task"
            )));
        }
        if root.state == EXPIRED {
            return Err(Fault::generic(format!("buildroot {id} is EXPIRED")));
        }
        root.state = state;
        Ok(())
    }
}
