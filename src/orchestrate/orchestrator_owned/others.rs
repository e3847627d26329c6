//! Calls to others than the hub and the dependency service: the source server, the bus, the tests.
//! One that is refused is made again later, with a bound; then people are told, and it is made again
//! with each poll.

use super::{OrchestratorOwned, PartState, Standing, State, To};
use crate::orchestrate::dependants::{TRIES_MAX, pause};
use crate::orchestrate::{BuildId, Command, Timer};
use crate::time::Timestamp;

/// A call that was refused and may still be needed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Call {
    command: Command,
    /// Refusals in a row.
    tries: u32,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It is made again at a moment.
    Waits(Timestamp),
    /// People were told; it is made again with the next poll.
    Told,
    /// It was made again. Nobody need say that it was heard: only another refusal counts.
    Made,
}

/// The calls that were refused; nearly always none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Others(Vec<Call>);

impl Others {
    /// Returns whether a poll is due only because of what people were told.
    pub(super) fn need_a_poll(&self) -> bool {
        self.0.iter().any(|call| call.tries > TRIES_MAX)
    }

    /// Returns whether a call is kept back: nothing of it is done, and nothing was asked since.
    pub(super) fn keep_back(&self, command: &Command) -> bool {
        self.0.iter().any(|call| call.command == *command && call.stage != Stage::Made)
    }

    /// Appends the timers that are running.
    pub(super) fn outstanding(&self, out: &mut Vec<Command>) {
        for call in &self.0 {
            if let Stage::Waits(at) = call.stage {
                let timer = Timer::Again { command: Box::new(call.command.clone()) };
                out.push(Command::Timer { at, timer });
            }
        }
    }

    /// Asserts that calls are made again with a bound.
    pub(super) fn check_invariants(&self) {
        for (at, call) in self.0.iter().enumerate() {
            let is_bounded = !matches!(call.stage, Stage::Waits(_)) || call.tries <= TRIES_MAX;
            assert!(is_bounded, "calls are made again with a bound");
            let is_once = self.0[..at].iter().all(|other| other.command != call.command);
            assert!(is_once, "a refused call is kept once");
        }
    }
}

impl OrchestratorOwned<'_> {
    /// A call was refused: nothing of it is done. One that waits already was refused once.
    pub(super) fn other_refused(&mut self, command: &Command, to: &mut To<'_>) {
        let Some(build) = self.needs(command) else { return };
        let calls = &mut self.others.0;
        let known = calls.iter().position(|call| call.command == *command);
        let tries = match known {
            Some(at) if calls[at].stage != Stage::Made => return,
            Some(at) => calls.swap_remove(at).tries + 1,
            None => 1,
        };
        let command = command.clone();
        if tries > TRIES_MAX {
            calls.push(Call { command, tries, stage: Stage::Told });
            self.tell((build, None), Standing::NoAnswer, to);
            return;
        }
        let at = to.now + pause(tries);
        let again = Timer::Again { command: Box::new(command.clone()) };
        to.out.push(Command::Timer { at, timer: again });
        calls.push(Call { command, tries, stage: Stage::Waits(at) });
    }

    /// The moment of a call that was refused is here.
    pub(super) fn other_again(&mut self, command: &Command, to: &mut To<'_>) {
        let is_due = |call: &Call| {
            call.command == *command && matches!(call.stage, Stage::Waits(at) if at <= to.now)
        };
        if let Some(at) = self.others.0.iter().position(is_due) {
            self.make_again(at, to);
        }
    }

    /// Makes, with a poll, the calls that people were told of. What was made with an earlier one and
    /// not refused since was heard.
    pub(super) fn others_again(&mut self, to: &mut To<'_>) {
        let heard = |call: &Call| call.stage == Stage::Made && call.tries > TRIES_MAX;
        self.others.0.retain(|call| !heard(call));
        for at in (0..self.others.0.len()).rev() {
            if self.others.0[at].stage == Stage::Told {
                self.make_again(at, to);
            }
        }
    }

    /// Makes a call again, or forgets it where nobody needs it any more.
    fn make_again(&mut self, at: usize, to: &mut To<'_>) {
        let command = self.others.0[at].command.clone();
        if self.needs(&command).is_none() || self.limits.fuse.is_blown() {
            self.others.0.swap_remove(at);
            return;
        }
        self.others.0[at].stage = Stage::Made;
        to.out.push(command);
    }

    /// Asks the tests for a result anew: earlier refusals count no more.
    pub(super) fn request_test(&mut self, command: Command, to: &mut To<'_>) {
        self.others.0.retain(|call| call.command != command);
        to.out.push(command);
    }

    /// Returns the module build that needs a call, if one still does.
    fn needs(&self, command: &Command) -> Option<BuildId> {
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these are calls to others")]
        match *command {
            Command::Fetch { build, .. } => {
                (self.state(build) == Some(State::Fetching)).then_some(build)
            }
            Command::Publish { build, attempt, .. } => {
                let entry = self.builds.get(build.0 as usize)?;
                let is_newest = entry.published == attempt && entry.round == attempt;
                // A gate that opened says that the tests heard of it.
                let is_unheard = match entry.state {
                    State::Testing | State::Stuck => true,
                    State::Passed => !self.limits.gates.module,
                    State::Fetching
                    | State::Preparing
                    | State::Building
                    | State::Repo
                    | State::Failed => false,
                };
                (is_newest && is_unheard).then_some(build)
            }
            Command::RequestTest { build, component: None, attempt } => {
                let entry = self.builds.get(build.0 as usize)?;
                let is_awaited = entry.state == State::Testing && entry.round == attempt;
                is_awaited.then_some(build)
            }
            Command::RequestTest { build, component: Some(component), attempt } => {
                let part = self.parts[self.find_part(build, component)?];
                let is_awaited = part.state == PartState::Testing && part.attempt == attempt;
                is_awaited.then_some(build)
            }
            _ => None,
        }
    }
}
