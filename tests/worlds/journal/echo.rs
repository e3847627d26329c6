//! The smallest driver there is: it answers every call at once and well. With it an orchestrator that
//! was put together from a journal goes on to the end of what it can do by itself.

use std::collections::VecDeque;

use modplan::orchestrate::{Command, ComponentEnd, Event, ModuleIx, Orchestrator, Row, Timer};
use modplan::sim::Setup;
use modplan::time::Timestamp;

pub(super) struct Echo<'s> {
    setup: &'s Setup,
    orchestrator: Orchestrator<'s>,
    now: Timestamp,
    events: VecDeque<Event>,
    timers: Vec<(Timestamp, Timer)>,
}

impl<'s> Echo<'s> {
    pub(super) fn new(setup: &'s Setup, orchestrator: Orchestrator<'s>, now: Timestamp) -> Self {
        Self { setup, orchestrator, now, events: VecDeque::new(), timers: Vec::new() }
    }

    /// Carries commands out, and hands over what follows until nothing does; polls are left out, as
    /// nothing is lost that they would find. Returns what is still to be asked, but for the poll. What
    /// must hold between two events holds where nothing is left out.
    pub(super) fn finish(mut self, commands: &[Command], is_whole: bool) -> Vec<Command> {
        let mut commands = commands.to_vec();
        for _ in 0..100_000 {
            for command in commands.drain(..) {
                self.carry_out(command);
            }
            let event = self.events.pop_front().or_else(|| self.next_timer());
            let Some(event) = event else {
                let mut left = Vec::new();
                self.orchestrator.outstanding(&mut left);
                left.retain(|command| !is_poll(command));
                return left;
            };
            self.orchestrator.handle(&event, self.now, &mut commands);
            if is_whole {
                self.orchestrator.check_invariants();
            }
        }
        panic!("it goes on for ever");
    }

    fn next_timer(&mut self) -> Option<Event> {
        let earliest = (0..self.timers.len()).min_by_key(|&at| self.timers[at].0)?;
        let (at, timer) = self.timers.remove(earliest);
        self.now = self.now.max(at);
        Some(Event::Timer { timer })
    }

    fn carry_out(&mut self, command: Command) {
        let gates = self.setup.conditions.gates;
        match command {
            Command::Fetch { build, .. } => self.events.push_back(Event::Fetched { build }),
            Command::CreateTarget { build, .. } => {
                self.events.push_back(Event::TargetMade { build });
            }
            Command::BuildComponent { build, component, attempt, .. } => {
                let end = ComponentEnd::Complete;
                self.events.push_back(Event::ComponentEnded { build, component, attempt, end });
                if gates.component {
                    let passed = true;
                    let tested = Event::ComponentTested { build, component, attempt, passed };
                    self.events.push_back(tested);
                }
            }
            Command::TagComponent { build, component } => {
                self.events.push_back(Event::ComponentTagged { build, component });
            }
            Command::MakeRepo { build, attempt, .. } => {
                self.events.push_back(Event::RepoEnded { build, attempt, is_ok: true });
            }
            Command::Publish { build, module, attempt } if gates.module => {
                self.events.push_back(Event::Tested { build, module, attempt, passed: true });
            }
            Command::RequestTest { build, component: None, attempt } => {
                // Only the build says what was tested.
                let module = ModuleIx(0);
                self.events.push_back(Event::Tested { build, module, attempt, passed: true });
            }
            Command::RequestTest { build, component: Some(component), attempt } => {
                let passed = true;
                self.events.push_back(Event::ComponentTested { build, component, attempt, passed });
            }
            Command::AskDependants { build, module, .. } => {
                // Nobody else depends on it, so that the run ends soon.
                let rows: [Row; 0] = [];
                self.events.push_back(Event::Dependants { build, module, rows: rows.into() });
            }
            Command::Timer { at, timer } if timer != Timer::Poll => self.timers.push((at, timer)),
            Command::BuildModule { .. }
            | Command::OpenModule { .. }
            | Command::JoinModule { .. }
            | Command::CancelComponent { .. }
            | Command::Publish { .. }
            | Command::Ready { .. }
            | Command::FailModule { .. }
            | Command::ResumeModule { .. }
            | Command::Mail { .. }
            | Command::Poll
            | Command::Timer { .. }
            | Command::Stop { .. } => {}
        }
    }
}

pub(super) fn is_poll(command: &Command) -> bool {
    matches!(command, Command::Timer { timer: Timer::Poll, .. })
}
