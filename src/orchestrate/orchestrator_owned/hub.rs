//! Calls that change something at koji: kept back while the hub refuses them, made again later.

use super::{OrchestratorOwned, PartState, Standing, State, To};
use crate::orchestrate::dependants::{TRIES_MAX, pause};
use crate::orchestrate::{BuildId, Command, RepoMaker, Timer};
use crate::time::Timestamp;

/// How the hub answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Hub {
    /// Refusals since the last answer.
    tries: u32,
    /// When it is called again; nothing is called before.
    pub(super) again_at: Option<Timestamp>,
    /// It was called so often in vain that people were told; it is called again with each poll.
    is_told: bool,
    /// Calls that wait for it.
    pub(super) kept: Vec<Command>,
}

impl Hub {
    pub(super) fn is_paused(&self) -> bool {
        self.again_at.is_some() || self.is_told
    }

    /// Notes that the hub did what it was asked.
    pub(super) fn answered(&mut self) {
        self.tries = 0;
    }
}

impl OrchestratorOwned<'_> {
    /// Calls the hub, or keeps the call until it answers again.
    pub(super) fn call_hub(&mut self, command: Command, to: &mut To<'_>) {
        if self.hub.is_paused() {
            self.hub.kept.push(command);
        } else {
            to.out.push(command);
        }
    }

    /// Has the repo of a module made: by koji through its hub, or right here, whatever the hub says.
    pub(super) fn make_repo(&mut self, build: BuildId, to: &mut To<'_>) {
        self.build(build).repo_attempt += 1;
        let command = self.repo_command(build);
        match self.limits.repo {
            RepoMaker::Koji => self.call_hub(command, to),
            RepoMaker::Orchestrator => to.out.push(command),
        }
    }

    pub(super) fn repo_command(&self, build: BuildId) -> Command {
        let entry = &self.builds[build.0 as usize];
        let (module, attempt) = (entry.module, entry.repo_attempt);
        Command::MakeRepo { build, module, attempt, by: self.limits.repo }
    }

    /// A call was refused: nothing of it is done.
    pub(super) fn refused(&mut self, command: &Command, to: &mut To<'_>) {
        match *command {
            Command::AskDependants { .. } => self.dependants_refused(command, to),
            Command::Fetch { .. } | Command::Publish { .. } | Command::RequestTest { .. } => {
                self.other_refused(command, to);
            }
            Command::MakeRepo { build, attempt, by: RepoMaker::Orchestrator, .. } => {
                if !self.limits.repo.is_koji() {
                    self.repo_ended((build, attempt), false, to);
                }
            }
            Command::CreateTarget { .. }
            | Command::MakeRepo { by: RepoMaker::Koji, .. }
            | Command::TagComponent { .. }
            | Command::CancelComponent { .. }
            | Command::BuildComponent { .. } => self.refused_by_hub(command, to),
            // What is said is no call, and whole modules are asked for by the other design.
            Command::BuildModule { .. }
            | Command::OpenModule { .. }
            | Command::JoinModule { .. }
            | Command::Ready { .. }
            | Command::FailModule { .. }
            | Command::ResumeModule { .. }
            | Command::Mail { .. }
            | Command::Poll
            | Command::Timer { .. }
            | Command::Stop { .. } => {}
        }
    }

    fn refused_by_hub(&mut self, command: &Command, to: &mut To<'_>) {
        if !self.take_back(command) || self.hub.is_paused() {
            return;
        }
        self.hub.tries += 1;
        if self.hub.tries > TRIES_MAX {
            self.hub.is_told = true;
            // Once for a hub that is away, however often it is called in vain after that.
            if self.hub.tries == TRIES_MAX + 1
                && let Some(build) = about(command)
            {
                self.tell((build, None), Standing::NoAnswer, to);
            }
            return;
        }
        let at = to.now + pause(self.hub.tries);
        self.hub.again_at = Some(at);
        to.out.push(Command::Timer { at, timer: Timer::Hub });
    }

    /// Takes back what a refused call stands for, so that it is made again; returns whether it was
    /// awaited at all.
    fn take_back(&mut self, command: &Command) -> bool {
        if let Command::BuildComponent { build, component, attempt, .. } = *command {
            if !self.has_part(build, component) {
                return false;
            }
            let part = self.part(build, component);
            if part.state != PartState::Submitted || part.attempt != attempt {
                return false;
            }
            self.under_way -= 1;
            self.queue_one(build, component);
            return true;
        }
        let is_awaited = self.awaits(command) && !self.hub.kept.contains(command);
        if is_awaited {
            self.hub.kept.push(command.clone());
        }
        is_awaited
    }

    /// Returns whether the answer to a call would change something.
    fn awaits(&mut self, command: &Command) -> bool {
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these are calls to the hub")]
        match *command {
            Command::CreateTarget { build, .. } => self.state(build) == Some(State::Preparing),
            Command::MakeRepo { build, attempt, by: RepoMaker::Koji, .. } => {
                self.awaits_repo(build, attempt)
            }
            Command::TagComponent { build, component } => {
                self.has_part(build, component)
                    && self.part(build, component).state == PartState::Tagging
            }
            Command::CancelComponent { build, component, attempt } => {
                // Also where the next attempt is due already: the earlier one still runs at koji, and
                // must end before.
                self.has_part(build, component) && {
                    let part = self.part(build, component);
                    part.state == PartState::Failed || part.attempt > attempt
                }
            }
            _ => false,
        }
    }

    pub(super) fn call_hub_again(&mut self, to: &mut To<'_>) {
        if self.hub.again_at.is_some_and(|at| at <= to.now) {
            self.hub.again_at = None;
            self.make_kept_calls(to);
        }
    }

    fn make_kept_calls(&mut self, to: &mut To<'_>) {
        for command in std::mem::take(&mut self.hub.kept) {
            if self.awaits(&command) {
                to.out.push(command);
            }
        }
    }

    /// Calls again, with a poll, whom people were told of: nothing is given up for good only because
    /// somebody was away for long.
    pub(super) fn try_what_nobody_answered(&mut self, to: &mut To<'_>) {
        if std::mem::replace(&mut self.hub.is_told, false) {
            self.make_kept_calls(to);
        }
        self.others_again(to);
        for (number, entry) in (0..).zip(&self.builds) {
            let module = entry.module;
            if let Some(tries) = entry.asked.filter(|&tries| tries > TRIES_MAX) {
                let build = BuildId(number);
                to.out.push(Command::AskDependants { build, module, tries });
            }
        }
    }
}

fn about(command: &Command) -> Option<BuildId> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "only these are calls to the hub")]
    match *command {
        Command::CreateTarget { build, .. }
        | Command::MakeRepo { build, .. }
        | Command::TagComponent { build, .. }
        | Command::CancelComponent { build, .. }
        | Command::BuildComponent { build, .. } => Some(build),
        _ => None,
    }
}
