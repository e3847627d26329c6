//! What is outstanding, and what must always hold.

use super::{BuildId, OrchestratorOwned, PartState, State};
use crate::orchestrate::call::Outstanding;
use crate::orchestrate::{Cascade, Command, Timer};

impl OrchestratorOwned {
    /// Appends everything that is outstanding: each call without an answer, and each timer.
    pub fn outstanding(&self, out: &mut Vec<Command>) {
        self.calls.outstanding(out);
        if let Some(at) = self.poll_at {
            out.push(Command::Timer { at, timer: Timer::Poll });
        }
        for (number, entry) in (0..).zip(&self.builds) {
            if let Some(at) = entry.tests_due_at {
                let timer = Timer::TestsDue { build: BuildId(number) };
                out.push(Command::Timer { at, timer });
            }
        }
        self.calls.timers(out);
        self.mailbox.outstanding(out);
    }

    /// Asserts what must hold between two events.
    ///
    /// # Panics
    /// When it does not: a bug.
    pub fn check_invariants(&self) {
        let submitted = self.parts.iter().filter(|part| part.state == PartState::Submitted).count();
        assert_eq!(submitted, self.under_way as usize, "what is under way is counted");
        let is_task = |one: &&Outstanding| matches!(one, Outstanding::Task { .. });
        let tasks = self.everything().iter().filter(is_task).count();
        assert_eq!(tasks, self.tasks_known as usize, "tasks of koji are counted");
        let open = self.builds.iter().filter(|build| build.state.is_open()).count();
        assert_eq!(open, self.open as usize, "what is open is counted");
        assert!(self.under_way <= self.limits.submit_limit, "the limit holds");
        assert!(self.scratch.is_empty(), "what may start is queued");
        self.unmet.check_invariants(&self.catalog);
        self.calls.check_invariants();
        self.mailbox.check_invariants();
        let mut live = vec![0; self.modules.len()];
        for build in self.builds.iter().filter(|build| build.state.is_live()) {
            live[build.module.index()] += 1;
        }
        for (standings, live) in self.modules.iter().zip(live) {
            assert_eq!(standings.live, live, "live builds are counted");
            assert!(
                standings.live <= 1 || self.cascade == Cascade::Literal,
                "only under the literal rule builds of a module run side by side"
            );
        }
        for (module, builds) in &self.undefined {
            assert!(!self.catalog.module(*module).is_defined, "what is defined has components");
            assert!(!builds.is_empty(), "a module waits for its definition by a build");
        }
        for build in &self.builds {
            let parts = &self.parts[build.first_part as usize..];
            let parts = &parts[..self.catalog.module(build.module).components.len()];
            let is_over =
                matches!(build.state, State::Repo | State::Testing | State::Stuck | State::Passed);
            assert!(
                !is_over || parts.iter().all(|part| part.state == PartState::Done),
                "a repo is made of what is built, validated and tagged"
            );
        }
    }
}
