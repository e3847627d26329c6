//! Carries out what the machine of a task commands: components that are commanded together go to the hub
//! together.

use std::rc::Rc;

use super::steps::Steps;
use crate::orchestrate::{Answer, Call, CallId, Command, ComponentIx, Event};

/// Components that are built, or looked for, together.
pub(super) type Together = Vec<(CallId, ComponentIx)>;

impl Steps {
    /// Begins to carry out the calls and looks among some commands.
    pub(super) fn carry_out(self: &Rc<Self>, commands: &[Command]) {
        let (mut builds, mut finds) = (Together::new(), Together::new());
        for command in commands {
            let (id, call, is_look) = match command {
                Command::Call { id, call } => (*id, call, false),
                Command::Look { id, call } => (*id, call, true),
                Command::Tell(_) | Command::Timer { .. } => continue,
            };
            if let Call::BuildComponent { component, .. } = *call {
                let together = if is_look { &mut finds } else { &mut builds };
                together.push((id, component));
            } else {
                self.begin_alone(id, call.clone(), is_look);
            }
        }
        for (parts, may_build) in [(builds, true), (finds, false)] {
            if !parts.is_empty() {
                let steps = Rc::clone(self);
                tokio::task::spawn_local(async move { steps.submit(parts, may_build).await });
            }
        }
    }

    fn begin_alone(self: &Rc<Self>, id: CallId, call: Call, is_look: bool) {
        let steps = Rc::clone(self);
        tokio::task::spawn_local(async move {
            let answer = match steps.alone(&call, is_look).await {
                Ok(answer) => answer,
                Err(stop) => steps.stopped(&call, stop),
            };
            steps.answer(id, answer);
        });
    }

    /// Gives the answer to a call.
    pub(super) fn answer(&self, call: CallId, answer: Answer) {
        self.core.say(self.task, Event::Answered { call, answer });
    }
}
