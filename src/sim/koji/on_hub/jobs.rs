//! Jobs from the repo that they wait for to their end, and what a cancel or a fault does to them.

use super::account::Stay;
use super::*;

impl OnHub<'_> {
    pub(super) fn hear(&mut self, notice: crate::hub::Notice) {
        match notice.what {
            Happened::Ended { task, state } => self.task_ended(task, state),
            Happened::Opened { task } => self.module_acts(task, What::ModuleOpened),
            Happened::Woken { task } => self.module_acts(task, What::ModuleWoken),
            Happened::Freed { task, builder, opened } => {
                let stay = Stay { builder, from: opened, to: notice.time, end: None };
                self.count_work(task, stay);
            }
            Happened::RepoDone { request } => self.repo_ended(request, true),
            Happened::RepoFailed { request } => self.repo_ended(request, false),
        }
    }

    fn repo_ended(&mut self, request: RequestId, is_ok: bool) {
        for job in self.jobs.take_waiting(request) {
            if let Order::Step { .. } = self.jobs.order(job) {
                self.step_has_repo(job, is_ok);
            } else if is_ok {
                self.jobs.make_due(job);
            } else {
                self.no_repo(job);
            }
        }
    }

    /// A repo that was waited for could not be made.
    fn no_repo(&mut self, job: Job) {
        match self.jobs.order(job) {
            Order::Target { build, .. } => self.target_broken(job, build),
            Order::Component { build, component, .. } => {
                self.component_failed(job, build, component);
            }
            Order::Module { .. }
            | Order::Step { .. }
            | Order::Unfetched { .. }
            | Order::Repo { .. } => {}
        }
    }

    pub(in crate::sim::koji) fn cancel(&mut self, now: Timestamp, job: Job) {
        self.advance(now);
        let state = self.jobs.state(job);
        self.jobs.close(job);
        match state {
            JobState::Task(task) => {
                self.hub.cancel(task);
                self.advance(now);
            }
            JobState::Own(at) => self.own_repos.lose(job, at),
            JobState::Over | JobState::Repo(_) | JobState::Due => {}
        }
    }

    pub(in crate::sim::koji) fn is_waiting(&self, job: Job) -> bool {
        match self.jobs.state(job) {
            JobState::Task(task) => self.hub.task(task).opened.is_none(),
            JobState::Due | JobState::Repo(_) => true,
            JobState::Over | JobState::Own(_) => false,
        }
    }

    pub(in crate::sim::koji) fn trouble(&mut self, trouble: Trouble, is_on: bool) {
        match (trouble, is_on) {
            (Trouble::Offline, true) => self.hub.go_offline(),
            (Trouble::Offline, false) => self.hub.go_online(),
            (Trouble::NoRepos, _) => {
                self.hub.set_broken(Method::Createrepo, is_on);
                self.own_repos.fail_from_now(is_on);
            }
            (Trouble::BrokenBase, _) => self.hub.set_broken(Method::BuildArch, is_on),
        }
    }

    /// Loses builders: koji notices by their silence, and only then has their tasks run elsewhere.
    pub(in crate::sim::koji) fn take_builders(
        &mut self,
        now: Timestamp,
        group: u32,
        count: Option<u32>,
    ) -> u32 {
        self.advance(now);
        let wanted = count.unwrap_or(u32::MAX) as usize;
        let lost: Vec<u32> = self.hub.builders_of(group, false).take(wanted).collect();
        for &builder in &lost {
            self.hub.lose(builder);
        }
        small(lost.len())
    }

    pub(in crate::sim::koji) fn give_builders(&mut self, group: u32, count: u32) {
        let back: Vec<u32> = self.hub.builders_of(group, true).take(count as usize).collect();
        for builder in back {
            self.hub.recover(builder);
        }
    }
}
