//! What is open in the table of calls: for a dry run, after a restart, and for the checks.

use super::PendingCalls;
use crate::orchestrate::call::entries::Stage;
use crate::orchestrate::call::{Call, CallId};
use crate::orchestrate::{Command, Timer};

impl PendingCalls {
    /// Returns every call that is not settled, in the order in which they were made.
    pub(in crate::orchestrate) fn open(&self) -> impl Iterator<Item = (CallId, &Call)> {
        self.entries.numbered().map(|(id, entry)| (id, &entry.call))
    }

    /// Appends every call without an answer.
    pub(in crate::orchestrate) fn outstanding(&self, out: &mut Vec<Command>) {
        out.extend(self.open().map(|(id, call)| Command::Call { id, call: call.clone() }));
    }

    /// After a restart it is unknown which calls reached their party: each that was sent is looked up,
    /// or repeated if it only reads, and timers are set again.
    pub(in crate::orchestrate) fn restarted(&mut self, out: &mut Vec<Command>) {
        for id in self.entries.ids() {
            let Some(entry) = self.entries.get(id) else { continue };
            let call = entry.call.clone();
            match entry.stage {
                Stage::Sent if call.is_read() => out.push(Command::Call { id, call }),
                Stage::Sent | Stage::Looking => {
                    self.entries.set(id, Stage::Looking);
                    out.push(Command::Look { id, call });
                }
                Stage::Kept { .. } | Stage::Later(_) => {}
            }
        }
        self.timers(out);
    }

    /// Appends the running timers.
    pub(in crate::orchestrate) fn timers(&self, out: &mut Vec<Command>) {
        for (id, entry) in self.entries.numbered() {
            if let Stage::Later(at) = entry.stage {
                out.push(Command::Timer { at, timer: Timer::Call { id } });
            }
        }
        self.parties.timers(out);
    }

    /// Asserts that pauses are bounded and that kept calls wait for a party that is paused.
    pub(in crate::orchestrate) fn check_invariants(&self) {
        for (_, entry) in self.entries.numbered() {
            let is_kept = matches!(entry.stage, Stage::Kept { .. });
            let is_paused = self.parties.is_paused(entry.call.party());
            assert!(!is_kept || is_paused, "a kept call waits for a party that is paused");
        }
        self.parties.check_invariants();
        self.entries.check_invariants();
    }
}
