//! The smallest driver there is: it answers every call at once and well. With it an orchestrator that
//! was put together from a journal goes on to the end of what it can do by itself.

use std::collections::VecDeque;

use modplan::orchestrate::{
    Answer, Call, Command, ComponentEnd, Event, ModuleIx, Orchestrator, Reply, Timer,
};
use modplan::sim::Setup;
use modplan::time::Timestamp;

pub(super) struct Echo<'s> {
    setup: &'s Setup,
    orchestrator: Orchestrator,
    now: Timestamp,
    events: VecDeque<Event>,
    timers: Vec<(Timestamp, Timer)>,
    /// The first poll, until it came.
    poll: Option<Timestamp>,
    is_polled: bool,
}

impl<'s> Echo<'s> {
    pub(super) fn new(setup: &'s Setup, orchestrator: Orchestrator, now: Timestamp) -> Self {
        Self {
            setup,
            orchestrator,
            now,
            events: VecDeque::new(),
            timers: Vec::new(),
            poll: None,
            is_polled: false,
        }
    }

    /// Carries commands out, and hands over what follows until nothing does; of polls only the
    /// first comes, as nothing is lost that they would find. Returns what is still to be asked, but for the poll. What
    /// must hold between two events holds where nothing is left out.
    pub(super) fn finish(mut self, commands: &[Command], is_whole: bool) -> Vec<Command> {
        let mut commands = commands.to_vec();
        for _ in 0..100_000 {
            for command in commands.drain(..) {
                self.carry_out(command);
            }
            let event = self.events.pop_front().or_else(|| self.next_timer());
            // Who was away for long is asked again with a poll: one is enough.
            let event = event.or_else(|| self.poll.take().map(|at| self.reach(at, Timer::Poll)));
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
        Some(self.reach(at, timer))
    }

    fn reach(&mut self, at: Timestamp, timer: Timer) -> Event {
        self.now = self.now.max(at);
        Event::Timer { timer }
    }

    fn carry_out(&mut self, command: Command) {
        let (id, call) = match command {
            // Nothing is there: whatever was asked before is asked again.
            Command::Look { id, .. } => {
                self.events.push_back(Event::Answered { call: id, answer: Answer::Absent });
                return;
            }
            Command::Call { id, call } => (id, call),
            Command::Timer { at, timer } => {
                if timer == Timer::Poll {
                    let is_first = !std::mem::replace(&mut self.is_polled, true);
                    self.poll = self.poll.or(is_first.then_some(at));
                } else {
                    self.timers.push((at, timer));
                }
                return;
            }
            Command::Tell(_) => return,
        };
        let reply = if let Call::AskDependants { .. } = call {
            // Nobody else depends on it, so that the run ends soon.
            Reply::Rows([].into())
        } else {
            Reply::Nothing
        };
        self.events.push_back(Event::Answered { call: id, answer: Answer::Done(reply) });
        self.observe(&call);
    }

    /// What is asked for goes well.
    fn observe(&mut self, call: &Call) {
        let gates = self.setup.conditions.gates;
        let passed = true;
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these are observed")]
        let event = match *call {
            Call::BuildComponent { build, component, attempt, .. } => {
                let end = ComponentEnd::Complete;
                self.events.push_back(Event::ComponentEnded { build, component, attempt, end });
                if !gates.component {
                    return;
                }
                Event::ComponentTested { build, component, attempt, passed }
            }
            Call::MakeRepo { build, attempt, .. } => {
                Event::RepoEnded { build, attempt, is_ok: true }
            }
            Call::Publish { build, module, attempt } if gates.module => {
                Event::Tested { build, module, attempt, passed }
            }
            Call::RequestTest { build, component: None, attempt } => {
                // Only the build says what was tested.
                Event::Tested { build, module: ModuleIx(0), attempt, passed }
            }
            Call::RequestTest { build, component: Some(component), attempt } => {
                Event::ComponentTested { build, component, attempt, passed }
            }
            _ => return,
        };
        self.events.push_back(event);
    }
}

pub(super) fn is_poll(command: &Command) -> bool {
    matches!(
        command,
        Command::Timer { timer: Timer::Poll, .. } | Command::Call { call: Call::Poll { .. }, .. }
    )
}
