//! A run that drains: nothing new is asked of koji, and what koji has of the run ends and is kept.
//!
//! Calls that would begin something are held without an answer, as a process that stops leaves them: the next
//! one looks for each, and makes it. Polls, tags of what is built, and mails are still made.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use crate::orchestrate::{Answer, Call, CallId};

/// Whether a run drains, and what may be at koji that nobody has the number of.
#[derive(Debug, Default)]
pub(super) struct Drain {
    is_on: Cell<bool>,
    /// Submissions that were sent and are not answered.
    sent: RefCell<BTreeSet<CallId>>,
}

impl Drain {
    pub(super) fn begin(&self) {
        self.is_on.set(true);
    }

    pub(super) fn is_on(&self) -> bool {
        self.is_on.get()
    }

    /// Returns whether a call would begin something, and waits for the next process.
    pub(super) fn holds(&self, call: &Call) -> bool {
        let begins = match call {
            Call::CreateTarget { .. }
            | Call::BuildComponent { .. }
            | Call::MakeRepo { .. }
            | Call::Publish { .. }
            | Call::RequestTest { .. }
            | Call::BuildModule { .. }
            | Call::WaitRepo { .. }
            | Call::Import { .. }
            | Call::EndTask { .. } => true,
            Call::Fetch { .. }
            | Call::TagComponent { .. }
            | Call::CancelComponent { .. }
            | Call::AskDependants { .. }
            | Call::Mail { .. }
            | Call::Poll { .. } => false,
        };
        begins && self.is_on()
    }

    /// Takes a call that is made, or looked for.
    pub(super) fn begins(&self, id: CallId, call: &Call) {
        if matches!(call, Call::BuildComponent { .. }) {
            self.sent.borrow_mut().insert(id);
        }
    }

    /// Takes an answer. After one that is unknown, koji may have a task that must be looked for.
    pub(super) fn answered(&self, id: CallId, answer: &Answer) {
        if *answer != Answer::Unknown {
            self.sent.borrow_mut().remove(&id);
        }
    }

    /// Returns whether the run drains and every submission is answered.
    pub(super) fn is_over(&self) -> bool {
        self.is_on() && self.sent.borrow().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orchestrate::{Asked, BuildId, ComponentIx, ModuleIx, Reply, TaskId};

    const BUILD: BuildId = BuildId(0);

    fn submission() -> Call {
        let component = ComponentIx(1);
        Call::BuildComponent { build: BUILD, component, attempt: 1, priority: 0 }
    }

    #[test]
    fn what_begins_something_is_held_and_what_keeps_something_is_not() {
        let drain = Drain::default();
        let prepare = Call::CreateTarget { build: BUILD, module: ModuleIx(0) };
        assert!(!drain.holds(&submission()) && !drain.holds(&prepare));
        drain.begin();
        assert!(drain.holds(&submission()) && drain.holds(&prepare));
        let tag = Call::TagComponent { build: BUILD, component: ComponentIx(1), attempt: 1 };
        assert!(
            !drain.holds(&tag)
                && !drain.holds(&Call::Poll { about: Asked::Everything { tasks: 0 } })
        );
    }

    #[test]
    fn a_submission_whose_answer_is_lost_is_looked_for_before_the_drain_is_over() {
        let drain = Drain::default();
        drain.begins(CallId(3), &submission());
        drain.begin();
        assert!(!drain.is_over());
        drain.answered(CallId(3), &Answer::Unknown);
        assert!(!drain.is_over());
        drain.answered(CallId(3), &Answer::Done(Reply::Task(TaskId(9))));
        assert!(drain.is_over());
    }
}
