//! How tasks are made, and who may take them.

use super::bins::BinKey;
use super::job::{BuildStep, Job, WaitRepo};
use super::task::Task;
use super::{ArchSet, Hub, Method, Request, TaskArch};

/// What a request asks for.
pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) arch: TaskArch,
    pub(super) job: Job,
}

impl From<Request> for Asked {
    fn from(request: Request) -> Self {
        let (method, job) = match request {
            Request::Build(spec) => (Method::Build, Job::Build { spec, step: BuildStep::Start }),
            Request::ChainBuild { tag, levels } => (Method::ChainBuild, Job::chain(tag, levels)),
            Request::ModuleBuild => (Method::ModuleBuild, Job::ModuleBuild),
            Request::DistRepo { arches } => {
                (Method::DistRepo, Job::DistRepo { arches, is_begun: false })
            }
            Request::WaitRepo { tag } => {
                (Method::WaitRepo, Job::WaitRepo(WaitRepo { tag, least: None, request: None }))
            }
            Request::TagBuild { tag, work } => {
                (Method::TagBuild, Job::Leaf { work, tags: Some(tag) })
            }
            Request::Task { method, arch, work } => {
                return Self { method, arch, job: Job::leaf(work) };
            }
        };
        Self { method, arch: TaskArch::Noarch, job }
    }
}

impl Hub {
    /// Makes the task that a request asks for, not yet there to be given out.
    pub(super) fn new_request(&mut self, request: Request, priority: i32) -> u32 {
        let priority = match request {
            Request::DistRepo { .. } => self.settings.repo.priority,
            Request::TagBuild { .. } => self.settings.hub.tag_priority,
            Request::Build(_)
            | Request::ChainBuild { .. }
            | Request::ModuleBuild
            | Request::WaitRepo { .. }
            | Request::Task { .. } => self.settings.hub.priority + priority,
        };
        let Asked { method, arch, job } = request.into();
        let subject = job.spec().and_then(|spec| spec.subject);
        self.new_task(Task { priority, subject, ..Task::new(method, job) }, arch)
    }

    /// Adds a task; its channel follows from its method.
    pub(super) fn new_task(&mut self, task: Task, arch: TaskArch) -> u32 {
        let kept = if task.method.keeps_to_tag_arches() && arch == TaskArch::Noarch {
            let parent = self.tasks.get(task.parent);
            let spec = parent.and_then(|parent| parent.job.spec());
            spec.map(|spec| self.tags.arches_of(spec.tag))
        } else {
            None
        };
        let arches = match arch {
            TaskArch::Noarch => kept,
            TaskArch::Arch(arch) => Some(ArchSet::default().with(arch)),
        };
        let key = BinKey { channel: self.settings.channel(task.method), arches };
        let bin = self.bins.number(key, &self.builders);
        let weight = self.settings.weight(task.method);
        self.tasks.add(Task { bin, arch, weight, ..task })
    }
}
