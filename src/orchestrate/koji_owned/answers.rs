//! The calls that a message leads to, and what their answers mean.

use super::KojiOwned;
use crate::orchestrate::call::{Answer, Call, CallId, Reply, Settled};
use crate::orchestrate::dependants::recheck;
use crate::orchestrate::spread::Taken;
use crate::orchestrate::{
    BuildId, Cascade, Command, ModuleIx, Party, Row, Standing, StopReason, Tell,
};
use crate::time::Timestamp;

impl KojiOwned {
    fn rebuild(&mut self, build: BuildId, module: ModuleIx, rows: &[Row], out: &mut Vec<Command>) {
        for dependant in recheck(&self.catalog, module, rows) {
            self.build(dependant, build, out);
        }
    }

    pub(super) fn build(&mut self, module: ModuleIx, cause: BuildId, out: &mut Vec<Command>) {
        let unless_waiting = self.cascade == Cascade::Coalesced;
        self.calls.find_or_make(Call::BuildModule { module, cause, unless_waiting }, out);
        *self.acting.entry(cause).or_default() += 1;
    }

    /// koji has no build of this module for this cause yet: it is asked for one, as far as the cap
    /// allows.
    fn ask_koji(&mut self, id: CallId, call: &Call, out: &mut Vec<Command>) {
        match self.budget.take() {
            Taken::One => return self.calls.send(id, out),
            Taken::NoneAtLast => {
                let reason = StopReason::Capped;
                out.push(Command::Tell(Tell::Stopped { reason }));
            }
            Taken::None => {}
        }
        self.calls.drop(id);
        self.settled(call, out);
    }

    pub(super) fn answered(
        &mut self,
        id: CallId,
        answer: &Answer,
        now: Timestamp,
        out: &mut Vec<Command>,
    ) {
        match self.calls.answered(id, answer, now, out) {
            Settled::Nothing => {}
            Settled::Done(call, reply) => {
                if let (&Call::AskDependants { build, module }, Reply::Rows(rows)) = (&call, &reply)
                {
                    self.rebuild(build, module, rows, out);
                }
                self.settled(&call, out);
            }
            Settled::Failed(call, _) => {
                self.nobody_answers(&call, now, out);
                self.settled(&call, out);
            }
            Settled::Absent(call @ Call::BuildModule { .. }) => self.ask_koji(id, &call, out),
            Settled::Absent(_) => self.calls.send(id, out),
            Settled::GivenUp(call) => self.nobody_answers(&call, now, out),
        }
    }

    /// A call for a message is over.
    fn settled(&mut self, call: &Call, out: &mut Vec<Command>) {
        let Some(build) = call.build() else { return };
        let left = self.acting.get_mut(&build).expect("calls are counted by their message");
        *left -= 1;
        if *left == 0 {
            self.acting.remove(&build);
            self.acknowledge(build, out);
        }
    }

    fn nobody_answers(&mut self, call: &Call, now: Timestamp, out: &mut Vec<Command>) {
        if let Call::AskDependants { build, module }
        | Call::BuildModule { cause: build, module, .. } = *call
        {
            self.tell(build, module, Standing::NoAnswer, now, out);
        }
    }

    pub(super) fn party_due(&mut self, party: Party, now: Timestamp, out: &mut Vec<Command>) {
        self.calls.party_due(party, now, |_| true, out);
    }
}
