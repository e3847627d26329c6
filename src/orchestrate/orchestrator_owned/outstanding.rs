//! What must be asked again after a restart, and what must always hold.

use super::{BuildId, ComponentIx, ModuleBuild, OrchestratorOwned, PartState, State};
use crate::orchestrate::dependants::TRIES_MAX;
use crate::orchestrate::{Cascade, Command, Timer};

impl OrchestratorOwned<'_> {
    /// Appends every command whose answer is missing: after a restart the driver reconciles each
    /// with koji, the tests and the dependency service before it sends it again. The commands of the
    /// last event come before these; see [`Orchestrator`](crate::orchestrate::Orchestrator).
    pub fn outstanding(&self, out: &mut Vec<Command>) {
        if self.limits.fuse.is_blown() {
            return;
        }
        let from = out.len();
        for (number, build) in (0..).zip(&self.builds) {
            self.outstanding_of(BuildId(number), build, out);
        }
        let mut at = from;
        while at < out.len() {
            // What a pause keeps back was not asked since it was refused.
            let is_kept = self.hub.kept.contains(&out[at]) || self.others.keep_back(&out[at]);
            if is_kept { drop(out.remove(at)) } else { at += 1 }
        }
        if let Some(at) = self.poll_at {
            out.push(Command::Timer { at, timer: Timer::Poll });
        }
        if let Some(at) = self.hub.again_at {
            out.push(Command::Timer { at, timer: Timer::Hub });
        }
        self.others.outstanding(out);
        self.mailbox.outstanding(out);
    }

    fn outstanding_of(&self, build: BuildId, entry: &ModuleBuild, out: &mut Vec<Command>) {
        let module = entry.module;
        match entry.state {
            State::Fetching => out.push(Command::Fetch { build, module }),
            State::Preparing => out.push(Command::CreateTarget { build, module }),
            State::Repo => match entry.repo_at {
                Some(at) => out.push(Command::Timer { at, timer: Timer::Repo { build } }),
                None => out.push(self.repo_command(build)),
            },
            State::Testing => {
                let attempt = entry.round;
                out.push(match entry.published == attempt {
                    true => Command::Publish { build, module, attempt },
                    false => Command::RequestTest { build, component: None, attempt },
                });
            }
            State::Building | State::Stuck | State::Passed | State::Failed => {}
        }
        if let Some(tries) = entry.asked {
            out.push(Command::AskDependants { build, module, tries });
        }
        if let Some(at) = entry.tests_due_at {
            out.push(Command::Timer { at, timer: Timer::TestsDue { build } });
        }
        let components = self.catalog.module(module).components.clone();
        for (component, part) in
            components.map(ComponentIx).zip(&self.parts[entry.first_part as usize..])
        {
            let attempt = part.attempt;
            match part.state {
                PartState::Submitted => {
                    let priority = self.priority(component);
                    out.push(Command::BuildComponent { build, component, attempt, priority });
                }
                PartState::Tagging => out.push(Command::TagComponent { build, component }),
                PartState::Testing => {
                    let component = Some(component);
                    out.push(Command::RequestTest { build, component, attempt });
                }
                PartState::Waiting
                | PartState::Ready
                | PartState::Rejected
                | PartState::Done
                | PartState::Failed => {}
            }
        }
    }

    /// Asserts what must hold between two events.
    ///
    /// # Panics
    /// When it does not: a bug.
    pub fn check_invariants(&self) {
        let submitted = self.parts.iter().filter(|part| part.state == PartState::Submitted).count();
        assert_eq!(submitted, self.under_way as usize, "what is under way is counted");
        let open = self.builds.iter().filter(|build| build.state.is_open()).count();
        assert_eq!(open, self.open as usize, "what is open is counted");
        let unanswered = self.builds.iter().filter(|b| b.asked.is_some_and(|n| n > TRIES_MAX));
        assert_eq!(unanswered.count(), self.unanswered as usize, "what nobody answers is counted");
        assert!(self.under_way <= self.limits.submit_limit, "the limit holds");
        assert!(self.scratch.is_empty(), "what may start is queued");
        self.unmet.check_invariants(self.catalog);
        self.others.check_invariants();
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
