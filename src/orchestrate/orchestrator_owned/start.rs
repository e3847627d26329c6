//! From the request for a module to its first components: a build is opened, its modulemd is fetched, and
//! its tag and target are made.

use super::state::{ModuleBuild, State};
use super::{BuildId, ModuleIx, OrchestratorOwned, Outbox};
use crate::orchestrate::spread::{Cause, Taken};
use crate::orchestrate::{Call, Cascade, Command, Dispatch, Order, Progress, StopReason, Tell};

impl OrchestratorOwned {
    pub(super) fn requested(&mut self, request: u32, module: &str, to: &mut Outbox<'_>) {
        if self.requests.insert(request) {
            let module = self.catalog.find(module);
            self.start(module.expect("the names of an event are learned first"), None, to);
        }
    }

    /// Opens a build of a module, or holds it until its wave opens or its live build ends.
    pub(super) fn start(&mut self, module: ModuleIx, cause: Cause, to: &mut Outbox<'_>) {
        if self.waves.is_closed(&self.catalog, module) {
            self.waves.hold(module, cause);
            return;
        }
        if self.modules[module.index()].live > 0 {
            match self.cascade {
                Cascade::Literal => {}
                Cascade::Coalesced => {
                    self.queue_again(module, cause, to);
                    return;
                }
                Cascade::Planned => return,
            }
        }
        match self.limits.budget.take() {
            Taken::One => {}
            Taken::NoneAtLast => {
                let reason = StopReason::Capped;
                return to.out.push(Command::Tell(Tell::Stopped { reason }));
            }
            Taken::None => return,
        }
        let build = BuildId(u32::try_from(self.builds.len()).expect("the budget bounds builds"));
        to.out.push(Command::Tell(Tell::Opened { build, module, cause }));
        self.builds.push(ModuleBuild {
            module,
            state: State::Fetching,
            progress: Progress::default(),
            first_part: 0,
            redone: 0,
            round: 1,
            published: 0,
            since: to.now,
            test_tries: 0,
            repo_tries: 0,
            repo_attempt: 0,
            repo_task: None,
            tests_due_at: None,
        });
        self.add_parts(build);
        self.open += 1;
        let standings = &mut self.modules[module.index()];
        standings.live += 1;
        standings.newest = Some(build);
        if self.is_passed_through(module) {
            // Nothing to fetch, build or test.
            self.passed(build, to);
        } else {
            self.call(Call::Fetch { build, module }, to);
        }
    }

    /// One more build follows the live one, unless that has submitted nothing yet.
    fn queue_again(&mut self, module: ModuleIx, cause: Cause, to: &mut Outbox<'_>) {
        let standings = &mut self.modules[module.index()];
        let build = standings.newest.expect("a live build is known");
        match self.builds[build.0 as usize].state {
            State::Fetching | State::Preparing => {
                to.out.push(Command::Tell(Tell::Caused { build, cause }));
            }
            State::Building
            | State::Repo
            | State::Testing
            | State::Stuck
            | State::Passed
            | State::Failed => standings.again.push(cause),
        }
    }

    pub(super) fn fetched(&mut self, build: BuildId, to: &mut Outbox<'_>) {
        if self.state(build) != Some(State::Fetching) {
            return;
        }
        let module = self.build(build).module;
        if !self.catalog.module(module).is_defined {
            // What was fetched does not say what it is made of.
            self.fail(build, to);
        } else if self.is_passed_through(module) {
            self.passed(build, to);
        } else {
            self.set_state(build, State::Preparing);
            self.call(Call::CreateTarget { build, module }, to);
        }
    }

    pub(super) fn target_made(&mut self, build: BuildId, to: &mut Outbox<'_>) {
        if self.state(build) != Some(State::Preparing) {
            return;
        }
        self.set_state(build, State::Building);
        let order = match self.limits.dispatch {
            Dispatch::Graph | Dispatch::Wave => Order::Graph,
            Dispatch::Batch => Order::Batch,
        };
        let entry = &mut self.builds[build.0 as usize];
        entry.progress.start(&self.catalog, entry.module, order, &mut self.scratch);
        self.queue(build);
        self.finish_if_complete(build, to);
    }
}
