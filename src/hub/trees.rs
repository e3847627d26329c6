//! koji's task trees, step by step: what a handler does from one wait to the next.

use std::sync::Arc;

use super::handler::Next;
use super::ids::EventId;
use super::job::{BuildStep, Chain, ChainStep, Job, Label, WaitRepo};
use super::settings::TaskArch;
use super::{BuildRepo, BuildSpec, Hub, Method, TagId, Tagging, Work};
use crate::koji::TaskState;

impl Hub {
    pub(super) fn build_step(&mut self, task: u32, spec: &BuildSpec, step: &mut BuildStep) -> Next {
        let next = match *step {
            BuildStep::Start => match self.repo_to_wait_for(spec) {
                None => self.begin_srpm(task, spec),
                Some(least) => {
                    let wait = WaitRepo { tag: spec.tag, least: Some(least), request: None };
                    self.wait_repo(task, Label::Repo, wait);
                    BuildStep::Repo
                }
            },
            BuildStep::Repo => {
                if let Some(next) = self.not_closed(task, |label| label == Label::Repo) {
                    return next;
                }
                self.begin_srpm(task, spec)
            }
            BuildStep::Srpm => {
                if let Some(next) = self.not_closed(task, |label| label == Label::Srpm) {
                    return next;
                }
                for (number, &(arch, work)) in (0..).zip(&spec.arches) {
                    let label = Label::Arch(number);
                    let child = self.child(task, label, Method::BuildArch, arch, Job::leaf(work));
                    let weights = &self.settings.weights;
                    let weight = weights.build_arch + weights.of_history(spec.mean_build);
                    self.tasks[child].weight = weight;
                }
                BuildStep::Arches
            }
            BuildStep::Arches => {
                if let Some(next) = self.not_closed(task, |label| matches!(label, Label::Arch(_))) {
                    return next;
                }
                let work = match spec.tagging {
                    Tagging::Task(work) => work,
                    Tagging::Within => {
                        self.tagged(spec.tag, task);
                        return Next::Ends(TaskState::Closed);
                    }
                    Tagging::None => return Next::Ends(TaskState::Closed),
                };
                let job = Job::Leaf { work, tags: Some(spec.tag) };
                self.child(task, Label::Tag, Method::TagBuild, TaskArch::Noarch, job);
                BuildStep::Tag
            }
            BuildStep::Tag => {
                return self
                    .not_closed(task, |label| label == Label::Tag)
                    .unwrap_or(Next::Ends(TaskState::Closed));
            }
        };
        *step = next;
        Next::Again
    }

    fn begin_srpm(&mut self, task: u32, spec: &BuildSpec) -> BuildStep {
        if let Some(work) = spec.srpm {
            self.child(task, Label::Srpm, Method::BuildSrpm, TaskArch::Noarch, Job::leaf(work));
        }
        BuildStep::Srpm
    }

    /// Returns what a build must wait for before it can begin.
    fn repo_to_wait_for(&self, spec: &BuildSpec) -> Option<EventId> {
        let least = match spec.repo {
            BuildRepo::Given => return None,
            BuildRepo::Fresh => self.tags.last_change(spec.tag),
            BuildRepo::Lagging => {
                self.tags.least_lagging(spec.tag, self.now(), &self.settings.repo)
            }
        };
        (!self.tags.has_ready(spec.tag, least)).then_some(least)
    }

    pub(super) fn chain_step(&mut self, task: u32, chain: &mut Chain) -> Next {
        let at = chain.at;
        let next = match chain.step {
            ChainStep::Start if at as usize == chain.levels.len() => {
                return Next::Ends(TaskState::Closed);
            }
            // A chain begins on the repo that is there.
            ChainStep::Start if at == 0 => {
                self.level_builds(task, chain);
                ChainStep::Builds
            }
            ChainStep::Start => {
                let wait = WaitRepo { tag: chain.tag, least: None, request: None };
                self.wait_repo(task, Label::Wait(at), wait);
                ChainStep::Wait
            }
            ChainStep::Wait => {
                if let Some(next) = self.not_closed(task, |label| label == Label::Wait(at)) {
                    return next;
                }
                self.level_builds(task, chain);
                ChainStep::Builds
            }
            ChainStep::Builds => {
                let is_mine = |label| matches!(label, Label::Build(level, _) if level == at);
                if let Some(next) = self.not_closed(task, is_mine) {
                    return next;
                }
                chain.at += 1;
                ChainStep::Start
            }
        };
        chain.step = next;
        Next::Again
    }

    fn level_builds(&mut self, task: u32, chain: &Chain) {
        for (number, spec) in (0..).zip(&chain.levels[chain.at as usize]) {
            let job = Job::Build { spec: Arc::clone(spec), step: BuildStep::Start };
            let label = Label::Build(chain.at, number);
            self.child(task, label, Method::Build, TaskArch::Noarch, job);
        }
    }

    pub(super) fn new_repo_step(
        &mut self,
        task: u32,
        tag: TagId,
        number: u32,
        event: &mut EventId,
        is_begun: &mut bool,
    ) -> Next {
        if !*is_begun {
            *is_begun = true;
            *event = self.tags.new_event(self.now());
            for arch in self.tags.arches_of(tag).iter() {
                let job = Job::leaf(self.tags.createrepo(tag, number, arch));
                self.child(task, Label::Arch(arch), Method::Createrepo, TaskArch::Noarch, job);
            }
            return Next::Again;
        }
        self.not_closed(task, |label| matches!(label, Label::Arch(_)))
            .unwrap_or(Next::Ends(TaskState::Closed))
    }

    fn wait_repo(&mut self, task: u32, label: Label, wait: WaitRepo) {
        self.child(task, label, Method::WaitRepo, TaskArch::Noarch, Job::WaitRepo(wait));
    }

    pub(super) fn dist_repo_step(
        &mut self,
        task: u32,
        arches: &[Work],
        is_begun: &mut bool,
    ) -> Next {
        if !*is_begun {
            *is_begun = true;
            for (number, &work) in (0..).zip(arches) {
                let (label, job) = (Label::Arch(number), Job::leaf(work));
                self.child(task, label, Method::CreateDistRepo, TaskArch::Noarch, job);
            }
        }
        self.not_closed(task, |label| matches!(label, Label::Arch(_)))
            .unwrap_or(Next::Ends(TaskState::Closed))
    }
}
