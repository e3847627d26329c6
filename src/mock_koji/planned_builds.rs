//! The course of a requested build: its repo, its reservation, its end.

use super::state::{Build, BuildPlan, Carrier};
use super::{Mock, index};
use crate::koji::calls::Map;
use crate::koji::shapes::Rpm;
use crate::koji::{BuildState, Fault, FaultKind, Ref, TaskState, Value};

impl Mock {
    /// A build begins: by default it uses the newest repo.
    pub(super) fn choose_repo(&mut self, at: usize) {
        let plan = &self.plans[at];
        if plan.repo == 0 {
            self.plans[at].repo = self.ready_repo(plan.build_tag, 0).unwrap_or_default();
        }
    }

    /// The source package is complete: its name is known, and reserved.
    pub(super) fn reserve(&mut self, at: usize) {
        let plan = self.plans[at].clone();
        if plan.is_scratch {
            return;
        }
        if let Err(fault) = self.check_reserve(&plan) {
            self.fail_plan(at, fault);
            return;
        }
        let extra = self.build_extra(&plan);
        let build = self.new_build_row(&plan.name, &plan.version, &plan.release);
        let started = self.moment();
        let row = &mut self.builds[index(build)];
        row.owner = plan.owner;
        row.task = plan.task;
        row.source = Some(plan.source.clone());
        row.extra = Some(extra);
        row.started = Some(started);
        row.state = BuildState::Building;
        self.plans[at].build = Some(build);
    }

    fn check_reserve(&self, plan: &BuildPlan) -> Result<(), Fault> {
        let build_fault = |text: String| Fault::of(FaultKind::Build, text);
        if let Some(dest) = plan.dest_tag {
            self.check_listed(dest, &plan.name).map_err(build_fault)?;
        }
        self.check_free(&plan.nvr())
    }

    /// Checks that a build may use a name: it is free, or belongs to a failed or canceled build.
    pub(super) fn check_free(&self, nvr: &str) -> Result<(), Fault> {
        let Some(old) = self.find_build(&Ref::from(nvr)) else { return Ok(()) };
        let known = self.build(old);
        match known.state {
            BuildState::Building => {
                let task = known.task.unwrap_or_default();
                Err(Fault::generic(format!("Build already in progress (task {task})")))
            }
            BuildState::Complete => Err(Fault::generic(format!(
                "Build already exists (id={old}, state=COMPLETE): {nvr}"
            ))),
            BuildState::Deleted | BuildState::Failed | BuildState::Canceled => Ok(()),
        }
    }

    fn build_extra(&self, plan: &BuildPlan) -> Map {
        let source = Map::from([("original_url".to_owned(), plan.source.as_str().into())]);
        let mut extra = Map::from([("source".to_owned(), Value::Struct(source))]);
        let marker = plan.opts.get("custom_user_metadata");
        if let Some(marker) = marker.filter(|marker| **marker != Value::Struct(Map::new())) {
            extra.insert("custom_user_metadata".to_owned(), marker.clone());
        }
        extra
    }

    /// Returns the row of a build of this name; that of a failed or canceled one is used again.
    pub(super) fn new_build_row(&mut self, name: &str, version: &str, release: &str) -> i64 {
        self.package_id(name);
        let event = i64::from(self.sim.mark().0);
        let created = self.moment();
        let build = Build {
            name: name.to_owned(),
            version: version.to_owned(),
            release: release.to_owned(),
            epoch: None,
            state: BuildState::Building,
            owner: 0,
            task: None,
            source: None,
            extra: None,
            generator: None,
            token: None,
            event,
            created,
            started: Some(created),
            completed: None,
            rpms: Vec::new(),
            archives: Vec::new(),
        };
        let nvr = build.nvr();
        if let Some(&id) = self.nvrs.get(&nvr) {
            self.builds[index(id)] = build;
            return id;
        }
        self.builds.push(build);
        let id = i64::try_from(self.builds.len()).expect("few builds");
        self.nvrs.insert(nvr, id);
        id
    }

    /// Fails a build for a reason found by its handler.
    fn fail_plan(&mut self, at: usize, fault: Fault) {
        let Some(task) = self.plans[at].task else { return };
        self.tasks[index(task)].result = Some(Err(fault));
        if let Carrier::Simulated(sim) = self.tasks[index(task)].carrier {
            self.sim.fail(sim);
        }
    }

    /// All arches are built: the build is complete, and is tagged.
    pub(super) fn complete_build(&mut self, at: usize) {
        self.finish_build(at, BuildState::Complete);
        let dest = self.plans[at].dest_tag;
        if dest.is_some_and(|tag| self.is_locked(tag)) {
            self.fail_plan(at, Fault::of(FaultKind::NotAllowed, "tag is locked"));
        }
    }

    fn finish_build(&mut self, at: usize, state: BuildState) {
        let Some(id) = self.plans[at].build else { return };
        let now = self.moment();
        let arches = self.plans[at].arches.clone();
        let build = &mut self.builds[index(id)];
        if build.state != BuildState::Building {
            return;
        }
        build.state = state;
        build.completed = Some(now);
        if state == BuildState::Complete {
            for arch in std::iter::once("src").chain(arches.iter().map(String::as_str)) {
                self.rpm_count += 1;
                let rpm = rpm_of(&self.builds[index(id)], self.rpm_count, id, arch, now);
                self.builds[index(id)].rpms.push(rpm);
            }
        }
    }

    pub(super) fn plan_tagged(&mut self, at: usize) {
        let plan = &self.plans[at];
        if let (Some(tag), Some(build)) = (plan.dest_tag, plan.build) {
            let owner = plan.owner;
            self.put_into(tag, build, owner);
        }
    }

    pub(super) fn plan_ended(&mut self, at: usize, state: TaskState) {
        self.finish_build(
            at,
            match state {
                TaskState::Closed => BuildState::Complete,
                TaskState::Canceled => BuildState::Canceled,
                _ => BuildState::Failed,
            },
        );
    }
}

pub(super) fn rpm_of(build: &Build, id: i64, build_id: i64, arch: &str, now: i64) -> Rpm {
    Rpm {
        id,
        name: build.name.clone(),
        version: build.version.clone(),
        release: build.release.clone(),
        epoch: build.epoch,
        arch: arch.to_owned(),
        build_id: Some(build_id),
        buildroot_id: Some(build_id),
        buildtime: Some(now / 1000),
        size: Some(4096),
        payloadhash: format!("{id:032x}"),
        metadata_only: Some(false),
        draft: Some(false),
        ..Rpm::default()
    }
}
