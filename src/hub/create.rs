//! How tasks are made, and who may take them.

use super::bins::BinKey;
use super::job::{BuildStep, Job, WaitRepo};
use super::task::Task;
use super::{ArchSet, Hub, Method, Request, TaskArch};

impl Hub {
    /// Makes the task that a request asks for, not yet there to be given out.
    pub(super) fn new_request(&mut self, request: Request, priority: i32) -> u32 {
        let leaf = |work| Job::Leaf { work, tags: None };
        let base = self.settings.hub.priority;
        let (method, job, priority) = match request {
            Request::Build(spec) => {
                let subject = spec.subject;
                let job = Job::Build { spec, step: BuildStep::Start };
                let priority = base + priority;
                let task = Task { priority, subject, ..Task::new(Method::Build, job) };
                return self.new_task(task, TaskArch::Noarch);
            }
            Request::ChainBuild { tag, levels } => {
                (Method::ChainBuild, Job::levels(tag, levels, None), base + priority)
            }
            Request::ModuleBuild { tag, batches, createrepo } => {
                let job = Job::levels(tag, batches, Some(createrepo));
                (Method::ModuleBuild, job, base + priority)
            }
            Request::DistRepo { arches } => {
                let job = Job::DistRepo { arches, is_begun: false };
                (Method::DistRepo, job, self.settings.repo.priority)
            }
            Request::WaitRepo { tag } => {
                let job = WaitRepo { tag, least: None, request: None };
                (Method::WaitRepo, Job::WaitRepo(job), base + priority)
            }
            Request::TagBuild { tag, work } => {
                let job = Job::Leaf { work, tags: Some(tag) };
                (Method::TagBuild, job, self.settings.hub.tag_priority)
            }
            Request::Task { method, arch, work } => {
                let priority = base + priority;
                return self.new_task(Task { priority, ..Task::new(method, leaf(work)) }, arch);
            }
        };
        self.new_task(Task { priority, ..Task::new(method, job) }, TaskArch::Noarch)
    }

    /// Adds a task; its channel follows from its method.
    pub(super) fn new_task(&mut self, task: Task, arch: TaskArch) -> u32 {
        let of_repo = matches!(
            task.method,
            Method::NewRepo | Method::Createrepo | Method::DistRepo | Method::CreateDistRepo
        );
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
        let key = BinKey { channel: u32::from(of_repo), arches };
        let bin = self.bins.number(key, &self.builders);
        let weight = self.settings.weight(task.method);
        self.tasks.add(Task { bin, arch, weight, ..task })
    }
}
