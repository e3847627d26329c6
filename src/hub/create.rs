//! How tasks are made, and who may take them.

use super::builder::Builder;
use super::task::{self, Job, Task};
use super::{ArchSet, BinKey, Hub, Kind, Method, Request, TagId, TaskArch};
use crate::koji::TaskState;

impl Hub {
    /// Makes the task that a request asks for, not yet there to be given out.
    pub(super) fn new_request(&mut self, request: Request, priority: i32) -> u32 {
        let leaf = |work| Job::Leaf { work, tags: None };
        let base = self.settings.hub.priority;
        let (method, job, priority) = match request {
            Request::Build(spec) => {
                let subject = spec.subject;
                let job = Job::Build { spec, step: task::BuildStep::Start };
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
                let job = task::WaitRepo { tag, least: None, request: None };
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
            self.build_tag_of(task.parent).map(|tag| self.repos.arches_of(tag))
        } else {
            None
        };
        let arches = match arch {
            TaskArch::Noarch => kept,
            TaskArch::Arch(arch) => Some(ArchSet::default().with(arch)),
        };
        let bin = self.bin(BinKey { channel: u32::from(of_repo), arches });
        let id = u32::try_from(self.tasks.len()).expect("tasks are numbered by u32");
        let weight = self.settings.weight(task.method);
        self.tasks.push(Task { bin, arch, weight, ..task });
        self.live += 1;
        id
    }

    fn build_tag_of(&self, parent: u32) -> Option<TagId> {
        match &self.tasks.get(parent as usize)?.job {
            Job::Build { spec, .. } => Some(spec.tag),
            Job::Leaf { .. }
            | Job::Levels(_)
            | Job::WaitRepo(_)
            | Job::NewRepo { .. }
            | Job::DistRepo { .. } => None,
        }
    }

    /// Returns the number of a bin.
    fn bin(&mut self, key: BinKey) -> u32 {
        if let Some(&bin) = self.bin_keys.get(&key) {
            return bin;
        }
        let takes = |builder: &Builder| {
            let has = key.arches.is_none_or(|set| set.0 & builder.settings.arches.0 != 0);
            has && builder.settings.channels.contains(&key.channel)
        };
        let bin = (0..).zip(&self.builders).filter(|(_, builder)| takes(builder));
        let bin = bin.map(|(at, _)| at).collect();
        let number = u32::try_from(self.bins.len()).expect("there are few bins");
        self.bins.push(bin);
        self.bin_keys.insert(key, number);
        number
    }

    /// A client's task reaches the hub.
    pub(super) fn arrive(&mut self, task: u32) {
        if self.tasks[task as usize].state != TaskState::Free {
            return;
        }
        if self.is_offline {
            self.hold(Kind::Arrive, task);
        } else {
            self.tasks[task as usize].created = self.now();
            self.release(task);
        }
    }

    /// Lets a task be given out.
    pub(super) fn release(&mut self, task: u32) {
        let entry = &self.tasks[task as usize];
        self.free.insert((entry.priority, entry.created, task));
        self.has_change = true;
        self.events += 1;
    }

    pub(super) fn change_priority(&mut self, task: u32, priority: i32) {
        let entry = &mut self.tasks[task as usize];
        let key = (entry.priority, entry.created, task);
        entry.priority = priority;
        if self.free.remove(&key) {
            self.free.insert((priority, key.1, task));
        }
    }
}
