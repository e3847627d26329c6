//! Calls in transit: refused, lost, doubled or delayed between the orchestrator and a party.

use std::collections::BTreeMap;

use super::requests::Requests;
use super::{Happening, World};
use crate::orchestrate::{Answer, BuildId, Call, CallId, CallKind, Event, Fault, Party};
use crate::sim::conditions::{CallFault, CallTrouble};
use crate::time::Millis;

/// When a caller gives up waiting for an answer.
const TIME_OUT: Millis = Millis::from_secs(60);
/// When an answer comes that is late.
const LATE: Millis = Millis::from_secs(90);

/// The calls of one run.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// How many were made, by kind. Counted only where one goes wrong.
    made: [u32; CallKind::ALL.len()],
    /// Calls that failed: what will never work as asked does not work the second time.
    doomed: Vec<Call>,
    /// Calls by their numbers, kept only for the log.
    pub(super) asked: BTreeMap<CallId, Call>,
    /// What of them the hub was asked.
    pub(super) to_hub: Requests,
}

impl Calls {
    pub(super) fn reset(&mut self) {
        self.made = [0; CallKind::ALL.len()];
        self.doomed.clear();
        self.asked.clear();
        self.to_hub = Requests::default();
    }
}

/// Who makes a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    Orchestrator,
    /// koji's own task of a module build.
    ModuleTask(BuildId),
}

impl World<'_> {
    pub(super) fn make_call(&mut self, id: CallId, call: &Call) {
        if self.reaches_its_party(id, call) {
            self.ask_party(Caller::Orchestrator, id, call);
        }
    }

    /// Asks the party of a call that is there, unless something goes wrong on the way.
    pub(super) fn ask_party(&mut self, caller: Caller, id: CallId, call: &Call) {
        let trouble =
            if self.setup.conditions.call_faults.is_empty() { None } else { self.trouble_of(call) };
        match trouble {
            None => {
                if let Some(answer) = self.do_for(caller, id, call) {
                    self.reply(caller, id, answer);
                }
            }
            Some(trouble) => self.go_wrong(caller, id, call, trouble),
        }
    }

    /// Does what is asked; returns the answer, or none where it is given later.
    fn do_for(&mut self, caller: Caller, id: CallId, call: &Call) -> Option<Answer> {
        match caller {
            Caller::Orchestrator => self.do_it(id, call),
            Caller::ModuleTask(build) => self.do_for_task(build, id, call),
        }
    }

    /// Returns whether a call or a look for it reaches a party that is there; else it is refused. A poll
    /// alone is not activity.
    pub(super) fn reaches_its_party(&mut self, id: CallId, call: &Call) -> bool {
        if self.log.is_some() {
            self.calls.asked.insert(id, call.clone());
        }
        self.count_request(call);
        if self.is_refused(call) {
            self.counts.tally.calls_refused += 1;
            self.give(id, Answer::Refused);
            return false;
        }
        self.counts.activity += u64::from(!call.is_poll());
        true
    }

    /// Counts a call among those of its kind, and returns what goes wrong with it.
    fn trouble_of(&mut self, call: &Call) -> Option<CallTrouble> {
        let kind = call.kind();
        let count = &mut self.calls.made[kind as usize];
        *count += 1;
        let nth = *count;
        if self.calls.doomed.contains(call) {
            return Some(CallTrouble::Failed);
        }
        let is_it = |fault: &&CallFault| fault.call == kind && fault.nth == nth;
        let trouble = self.setup.conditions.call_faults.iter().find(is_it)?.trouble;
        if trouble == CallTrouble::Failed && !call.is_poll() {
            self.calls.doomed.push(call.clone());
        }
        Some(trouble)
    }

    fn go_wrong(&mut self, caller: Caller, id: CallId, call: &Call, trouble: CallTrouble) {
        match trouble {
            CallTrouble::Refused => {
                self.counts.tally.calls_refused += 1;
                self.reply(caller, id, Answer::Refused);
            }
            CallTrouble::Failed => {
                let answer = Answer::Failed(fault_of(call));
                if let Caller::ModuleTask(build) = caller {
                    self.note_refused_for_good(build, call, &answer);
                }
                self.reply(caller, id, answer);
            }
            CallTrouble::RequestLost => self.reply_after(TIME_OUT, caller, id, Answer::Unknown),
            CallTrouble::AnswerLost => {
                // One that is not answered at once is answered by what comes of it.
                if self.do_for(caller, id, call).is_some() {
                    self.reply_after(TIME_OUT, caller, id, Answer::Unknown);
                }
            }
            CallTrouble::AnswerDoubled => {
                if let Some(answer) = self.do_for(caller, id, call) {
                    self.reply(caller, id, answer.clone());
                    self.reply(caller, id, answer);
                }
            }
            CallTrouble::AnswerLate => {
                self.reply_after(TIME_OUT, caller, id, Answer::Unknown);
                if let Some(answer) = self.do_for(caller, id, call) {
                    self.reply_after(LATE, caller, id, answer);
                }
            }
        }
    }

    /// Gives whoever called the answer.
    pub(super) fn reply(&mut self, caller: Caller, call: CallId, answer: Answer) {
        match caller {
            Caller::Orchestrator => self.give(call, answer),
            Caller::ModuleTask(build) => {
                self.answer_module_task(build, Event::Answered { call, answer });
            }
        }
    }

    /// Gives the orchestrator the answer to a call.
    pub(super) fn give(&mut self, call: CallId, answer: Answer) {
        self.inbox.events.extend(std::iter::once_with(|| Event::Answered { call, answer }));
    }

    /// Gives the answer after a time: to the process that called, and to no later one.
    fn reply_after(&mut self, after: Millis, caller: Caller, call: CallId, answer: Answer) {
        let life = match caller {
            Caller::Orchestrator => self.process.life,
            Caller::ModuleTask(build) => self.module_tasks.life(build),
        };
        self.schedule(self.now + after, Happening::Answer { life, caller, call, answer });
    }

    /// Returns whether the party of a call does nothing of it.
    pub(super) fn is_refused(&self, call: &Call) -> bool {
        match call.party() {
            Party::Hub => self.troubles.is_hub_away() && !call.is_poll(),
            Party::Dependencies => self.troubles.is_pdc_down(),
            Party::Sources => self.troubles.are_sources_down(),
            Party::Tests | Party::Bus | Party::Mail | Party::RepoMaker => false,
        }
    }
}

/// Returns why a call of a kind fails for good, as parties say it.
fn fault_of(call: &Call) -> Fault {
    match call {
        Call::Fetch { .. } => Fault::Missing,
        Call::BuildComponent { .. } => Fault::Exists,
        Call::MakeRepo { .. } => Fault::Broken,
        Call::WaitRepo { .. } => Fault::Broken,
        Call::BuildModule { .. }
        | Call::Import { .. }
        | Call::EndTask { .. }
        | Call::CreateTarget { .. }
        | Call::CancelComponent { .. }
        | Call::TagComponent { .. }
        | Call::Publish { .. }
        | Call::RequestTest { .. }
        | Call::AskDependants { .. }
        | Call::Mail { .. }
        | Call::Poll { .. } => Fault::Denied,
    }
}
