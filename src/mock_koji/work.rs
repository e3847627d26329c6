//! Turns calls into tasks of the simulated hub, and its events into koji's state.

use std::sync::Arc;

use super::state::{Carrier, Own, Task};
use super::{Mock, index};
use crate::farm::Createrepo;
use crate::hub::{Happened, Method, Notice, RepoWork, Request, TaskArch, TaskId, TaskInfo, Work};
use crate::koji::{Fault, FaultKind, TaskState, Value};
use crate::name::{Arch, PackageName};
use crate::sim::{MACROS, macros_build};
use crate::time::{Millis, Timestamp};
use crate::trace::{BUILD_ARCH, CREATEREPO, History, RowOutcome};

impl Mock {
    /// Lets everything up to a moment happen.
    pub(super) fn advance(&mut self, to: Timestamp) {
        loop {
            let next = [self.sim.next_time(), self.faults.next_time(), self.hub_faults.next_time()];
            let next = next.into_iter().flatten().min().filter(|at| *at < to);
            let at = next.unwrap_or(to).max(self.sim.now());
            self.now = at;
            let mut notices = Vec::new();
            self.sim.advance(at, &mut notices);
            self.adopt();
            for notice in notices {
                self.on_notice(notice);
            }
            self.break_things(at);
            self.break_hub(at);
            self.adopt();
            if next.is_none() {
                return;
            }
        }
    }

    /// Draws duration and outcome of a step: the next recorded row of its kind.
    pub(super) fn draw(&mut self, method: &str, package: &str, arch: &str) -> Work {
        let key = (method.to_owned(), package.to_owned(), arch.to_owned());
        let nth = self.luck.entry(key).or_default();
        *nth += 1;
        let nth = *nth;
        let samples = if (method, package) == (BUILD_ARCH, MACROS) {
            macros_build(&self.history, self.settings.hub.macros_build)
        } else {
            let (package, arch) = (PackageName::from(package), Arch::from(arch));
            self.history.samples(method, &package, &arch)
        };
        let draw = samples.replay(nth);
        let is_ok = draw.outcome != RowOutcome::Failed || self.always_passes;
        Work { run: draw.run, is_ok }
    }

    /// Returns the durations of a tag's regenerations.
    pub(super) fn repo_work(&self) -> RepoWork {
        let (history, settings) = (Arc::clone(&self.history), Arc::clone(&self.settings));
        RepoWork::new(move |repo| {
            if settings.repo.createrepo != Createrepo::Trace {
                return Work::ok(settings.createrepo(repo.builds, None));
            }
            createrepo(&history, repo.number)
        })
    }

    /// Passes a request to the simulated hub, as a koji task.
    pub(super) fn submit(&mut self, request: Request, task: Task) -> i64 {
        let base = i64::from(self.settings.hub.priority);
        let priority = i32::try_from(task.priority - base).unwrap_or_default();
        let sim = self.sim.submit(request, priority);
        // Priorities of some methods are not counted from the default.
        self.sim.set_priority(sim, i32::try_from(task.priority).unwrap_or(i32::MAX));
        self.add_task(Task { carrier: Carrier::Simulated(sim), ..task })
    }

    /// Adds a task that no simulated builder can run.
    pub(super) fn add_own(&mut self, task: Task) -> i64 {
        let created = self.moment();
        let carrier = Carrier::Own(Own::free(created));
        self.add_task(Task { carrier, ..task })
    }

    pub(super) fn add_task(&mut self, task: Task) -> i64 {
        let id = i64::try_from(self.tasks.len()).expect("tasks are few") + 1;
        if let Carrier::Simulated(sim) = task.carrier {
            self.task_of_sim.insert(sim, id);
            self.adopted = self.adopted.max(u64::from(sim.0) + 1);
        }
        if let Some(parent) = task.parent {
            self.children.entry(parent).or_default().push(id);
        }
        self.tasks.push(task);
        id
    }

    /// Assigns koji's numbers to tasks made by the simulated hub.
    pub(super) fn adopt(&mut self) {
        while self.adopted < self.sim.task_count() {
            let sim = TaskId(u32::try_from(self.adopted).expect("tasks are numbered by u32"));
            let info = self.sim.task(sim);
            if info.method == Method::BuildSrpm
                && let Some(at) = info.subject
            {
                self.choose_repo(at as usize);
            }
            let task = self.describe(sim, &info);
            let id = self.add_task(task);
            self.was_adopted(id, &info);
        }
    }

    /// Describes a task made by the simulated hub in koji's terms.
    fn describe(&self, sim: TaskId, info: &TaskInfo) -> Task {
        let parent = info.parent.map(|parent| self.task_of_sim[&parent]);
        let siblings = parent.and_then(|id| self.children.get(&id)).map_or(0, Vec::len);
        let plan = info.subject.map(|at| &self.plans[at as usize]);
        let arch = info.arch.map_or("noarch", |at| self.settings.arches[at as usize].as_str());
        let (label, request) = match (info.method, plan) {
            (Method::BuildSrpm, Some(plan)) => (Some("srpm".to_owned()), plan.srpm_request()),
            (Method::BuildArch, Some(plan)) => {
                let srpm = parent.and_then(|id| self.child_labelled(id, "srpm"));
                (Some(arch.to_owned()), plan.arch_request(srpm.unwrap_or_default(), arch))
            }
            (Method::TagBuild, Some(plan)) => (Some("tag".to_owned()), plan.tag_request()),
            (Method::Build, Some(plan)) => (
                parent.map(|id| self.chain_label(id, siblings)),
                plan.request(&self.target_of(plan)),
            ),
            (Method::WaitRepo, _) => {
                parent.map_or((None, Vec::new()), |id| self.wait_request(id, siblings))
            }
            (Method::NewRepo, _) => {
                let tag =
                    self.sim.regeneration_of(sim).and_then(|(tag, _)| self.tag_of_sim.get(&tag));
                (None, vec![tag.map_or(Value::Nil, |&id| self.tag(id).name.as_str().into())])
            }
            (Method::Createrepo, _) => {
                let arch = self.createrepo_arch(info.parent, siblings);
                let repo = Value::Int(i64::try_from(self.repos.len()).expect("few repos") + 1);
                (Some(arch.clone()), vec![repo, arch.as_str().into(), Value::Nil])
            }
            _ => (None, Vec::new()),
        };
        let owner = parent.map_or(self.manager, |id| self.tasks[index(id)].owner);
        Task {
            method: info.method.as_str().to_owned(),
            arch: arch.to_owned(),
            channel: self.channel_of(info.method),
            owner,
            parent,
            label,
            priority: i64::from(info.priority),
            request,
            result: None,
            awaited: parent.map(|_| true),
            carrier: Carrier::Simulated(sim),
        }
    }

    fn child_labelled(&self, parent: i64, label: &str) -> Option<i64> {
        let mut children = self.children.get(&parent).into_iter().flatten().copied();
        children.find(|&child| self.tasks[index(child)].label.as_deref() == Some(label))
    }

    /// Returns label and request of a task that waits for the repo of a build, or for the repo of a
    /// chain with the builds of the previous level.
    fn wait_request(&self, parent: i64, siblings: usize) -> (Option<String>, Vec<Value>) {
        let tag = self.build_tag_of(parent);
        let name = tag.map_or(Value::Nil, |tag| self.tag(tag).name.as_str().into());
        if self.tasks[index(parent)].method != "chainbuild" {
            let event =
                tag.map_or(0, |tag| i64::from(self.sim.last_change_of(self.tag(tag).sim).0));
            let request = vec![name, Value::Nil, Value::List(Vec::new()), Value::Int(event)];
            return (Some("waitrepo".to_owned()), request);
        }
        let (level, _) = self.level_of(parent, siblings);
        let before = self.builds_of_level(parent, level.saturating_sub(1));
        (Some(format!("wait {level}")), vec![name, Value::Nil, Value::List(before)])
    }

    /// Returns the builds of a level of a chain, as far as their names are known.
    fn builds_of_level(&self, chain: i64, level: usize) -> Vec<Value> {
        let prefix = format!("build {level},");
        let is_of_level = |child: &i64| {
            let label = self.tasks[index(*child)].label.as_deref();
            label.is_some_and(|label| label.starts_with(&prefix))
        };
        let children = self.children.get(&chain).into_iter().flatten().copied();
        let builds = children.filter(is_of_level).filter_map(|child| {
            let plan = self.plans.iter().find(|plan| plan.task == Some(child))?;
            Some(plan.nvr().as_str().into())
        });
        builds.collect()
    }

    /// Returns the tag that a build or a chain is built in.
    fn build_tag_of(&self, task: i64) -> Option<i64> {
        let target = self.tasks[index(task)].request.get(1)?.clone().read().ok()?;
        self.find_target(&target).map(|(_, target)| target.build_tag)
    }

    fn createrepo_arch(&self, parent: Option<TaskId>, nth: usize) -> String {
        let tag = parent.and_then(|parent| self.sim.regeneration_of(parent)).map(|(tag, _)| tag);
        let tag = tag.and_then(|tag| self.tag_of_sim.get(&tag)).map(|&id| self.tag(id));
        let arches = tag.and_then(|tag| tag.arches.as_deref()).unwrap_or_default();
        let mut known: Vec<&str> = arches
            .split_whitespace()
            .filter(|arch| self.settings.arch(&Arch::from(*arch)).is_some())
            .collect();
        known.sort_unstable();
        known.get(nth).copied().unwrap_or("noarch").to_owned()
    }

    pub(super) fn channel_of(&self, method: Method) -> i64 {
        let is_repo = matches!(
            method,
            Method::NewRepo | Method::Createrepo | Method::DistRepo | Method::CreateDistRepo
        );
        if is_repo { 2 } else { 1 }
    }

    /// Handles the creation of a task.
    fn was_adopted(&mut self, id: i64, info: &TaskInfo) {
        match info.method {
            Method::Build => {
                if let Some(at) = info.subject {
                    self.plans[at as usize].task = Some(id);
                }
            }
            Method::TagBuild => {
                if let Some(at) = info.subject {
                    self.complete_build(at as usize);
                }
            }
            Method::Createrepo => {
                let parent = info.parent.expect("a createrepo has a newRepo above it");
                if self.children[&self.task_of_sim[&parent]].len() == 1 {
                    self.begin_repo(parent);
                }
            }
            _ => {}
        }
    }

    fn on_notice(&mut self, notice: Notice) {
        match notice.what {
            Happened::Ended { task, state } => self.ended(task, state),
            Happened::RepoDone { request } => self.wish_ended(request, true),
            Happened::RepoFailed { request } => self.wish_ended(request, false),
            Happened::Freed { .. } | Happened::Opened { .. } | Happened::Woken { .. } => {}
        }
    }

    fn ended(&mut self, sim: TaskId, state: TaskState) {
        let (info, id) = (self.sim.task(sim), self.task_of_sim[&sim]);
        if state == TaskState::Failed && self.tasks[index(id)].result.is_none() {
            let fault = self.fault_of(id, &info);
            self.tasks[index(id)].result = Some(Err(fault));
        }
        let plan = info.subject.map(|at| at as usize);
        match (info.method, plan, state) {
            (Method::BuildSrpm, Some(at), TaskState::Closed) => self.reserve(at),
            (Method::TagBuild, Some(at), TaskState::Closed) => self.plan_tagged(at),
            (Method::Build, Some(at), _) => self.plan_ended(at, state),
            (Method::TagBuild, None, TaskState::Closed) => self.direct_tag(id),
            (Method::NewRepo, _, _) => self.repo_ended(sim, state),
            _ => {}
        }
        if state == TaskState::Closed && self.tasks[index(id)].result.is_none() {
            let result = self.result_of(id, &info);
            self.tasks[index(id)].result = Some(Ok(result));
        }
    }

    /// Returns why a task failed: the fault of its first failed descendant, or its own.
    fn fault_of(&self, id: i64, info: &TaskInfo) -> Fault {
        let children = self.children.get(&id).into_iter().flatten();
        let mut below = children.filter_map(|&child| match &self.tasks[index(child)].result {
            Some(Err(fault)) => Some(fault.clone()),
            _ => None,
        });
        if let Some(fault) = below.next() {
            return fault;
        }
        let task = &self.tasks[index(id)];
        let text = match info.method {
            Method::BuildArch => format!(
                "error building package (arch {}), mock exited with status 1; see build.log or \
                 root.log for more information",
                task.arch
            ),
            Method::BuildSrpm => {
                "error building srpm, mock exited with status 1; see root.log for more information"
                    .to_owned()
            }
            _ => return Fault::generic(format!("{} failed", task.method)),
        };
        Fault::of(FaultKind::Build, text)
    }

    fn result_of(&self, id: i64, info: &TaskInfo) -> Value {
        let task = &self.tasks[index(id)];
        let plan = info.subject.map(|at| &self.plans[at as usize]);
        match (info.method, plan) {
            (Method::BuildSrpm, Some(plan)) => Value::of(&serde_json::json!({
                "srpm": format!("tasks/{}/{id}/{}.src.rpm", id % 10_000, plan.nvr()),
                "logs": [format!("tasks/{}/{id}/build.log", id % 10_000)],
                "brootid": id,
                "source": {"source": plan.source, "url": plan.source},
            })),
            (Method::BuildArch, Some(plan)) => Value::of(&serde_json::json!({
                "rpms": [format!("tasks/{}/{id}/{}.{}.rpm", id % 10_000, plan.nvr(), task.arch)],
                "srpms": plan.keeps_source(&task.arch).then(|| {
                    format!("tasks/{}/{id}/{}.src.rpm", id % 10_000, plan.nvr())
                }).into_iter().collect::<Vec<String>>(),
                "logs": [format!("tasks/{}/{id}/build.log", id % 10_000)],
                "brootid": id,
            })),
            (Method::NewRepo, _) => {
                let at = self.repos.iter().position(|repo| repo.task == Some(id));
                at.map_or(Value::Nil, |at| {
                    let number = i64::try_from(at).expect("few repos") + 1;
                    Value::List(vec![Value::Int(number), Value::Int(self.repos[at].event)])
                })
            }
            (Method::Createrepo, _) => {
                let path = format!("tasks/{}/{id}", id % 10_000);
                Value::List(vec![path.as_str().into(), Value::List(vec!["repomd.xml".into()])])
            }
            (Method::WaitRepo, plan) => {
                let tag = plan.map(|plan| plan.build_tag);
                let named = || self.find_tag(&task.request.first()?.clone().read().ok()?);
                let repo = tag.or_else(named).and_then(|tag| self.ready_repo(tag, 0));
                repo.map_or(Value::Nil, |repo| Value::of(&self.repo_shape(repo)))
            }
            _ => Value::Nil,
        }
    }

    /// Returns which arch a task at the simulated hub needs.
    pub(super) fn sim_arch(&self, arch: &str) -> TaskArch {
        self.settings.arch(&Arch::from(arch)).unwrap_or(TaskArch::Noarch)
    }
}

impl Own {
    /// Returns an unassigned task.
    pub(super) fn free(created: super::state::Moment) -> Self {
        Self {
            state: TaskState::Free,
            host: None,
            weight: 1.0,
            waiting: None,
            created,
            assigned: None,
            started: None,
            ended: None,
            refusals: Default::default(),
        }
    }
}

fn createrepo(history: &History, number: u32) -> Work {
    let draw =
        history.samples(CREATEREPO, &PackageName::from(""), &Arch::from("noarch")).replay(number);
    Work { run: draw.run.max(Millis(1)), is_ok: draw.outcome != RowOutcome::Failed }
}
