//! The first builds of a run, which try the hub's policies before the rest is created.
//!
//! Policies of a hub cannot be read. A canary of N lets the calls for the first N components through, with
//! the tags and targets of their modules, and holds everything else that would change the hub: other
//! components and modules, imports and publications. When what was let through is built and tagged, the run
//! stops. A process that resumes it then lets everything through: that the canary is over follows from the
//! journal.

use std::collections::{BTreeMap, BTreeSet};

use super::memory::Part;
use crate::orchestrate::{
    Answer, BuildId, Call, CallId, Command, ComponentEnd, ComponentIx, Event, Gates, ModuleIx, Tell,
};

/// A fold over the events and commands of a run.
#[derive(Clone, Debug)]
pub(super) struct Canary {
    /// How many components are let through.
    max: usize,
    gates: Gates,
    /// The components that are let through, with whether each is done.
    parts: BTreeMap<(BuildId, ComponentIx), Standing>,
    /// How many components the modules have that are let through.
    room: usize,
    modules: BTreeSet<BuildId>,
    /// Calls without an answer that lead to the first builds.
    open: BTreeMap<CallId, Open>,
    held: BTreeSet<CallId>,
    /// Whether it was over when a process started.
    is_lifted: bool,
}

/// A call that is let through.
#[derive(Clone, Debug)]
struct Open {
    call: Call,
    /// Whether it was refused: then it is made again, or forgotten with its module.
    is_kept: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    UnderWay,
    Done,
    Failed,
}

/// What came of a canary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// How many components are built and tagged.
    pub(super) done: usize,
    /// How many failed, or did not pass their gate.
    pub(super) failed: usize,
}

impl Canary {
    pub(super) fn new(max: u32, gates: Gates) -> Self {
        Self {
            max: max as usize,
            gates,
            parts: BTreeMap::new(),
            room: 0,
            modules: BTreeSet::new(),
            open: BTreeMap::new(),
            held: BTreeSet::new(),
            is_lifted: false,
        }
    }

    /// Takes an event, before the commands that follow from it.
    pub(super) fn event(&mut self, event: &Event) {
        match *event {
            Event::Restarted => self.is_lifted |= self.outcome().is_some(),
            Event::Answered { call, answer: Answer::Done(_) } => self.done(call),
            Event::Answered { call, answer: Answer::Failed(_) } => self.failed(call),
            Event::Answered { call, .. } => {
                if let Some(open) = self.open.get_mut(&call) {
                    open.is_kept = true;
                }
            }
            Event::ComponentEnded { build, component, end, .. } => match end {
                ComponentEnd::Complete if self.gates.component => {}
                ComponentEnd::Complete => self.stands(build, component, Standing::Done),
                // If it is built again, a command says so.
                ComponentEnd::Failed | ComponentEnd::Canceled => {
                    self.stands(build, component, Standing::Failed);
                }
            },
            Event::ComponentTested { build, component, passed: false, .. } => {
                self.stands(build, component, Standing::Failed);
            }
            Event::Requested { .. }
            | Event::Defined { .. }
            | Event::Resumed { .. }
            | Event::Canceled { .. }
            | Event::ComponentTested { passed: true, .. }
            | Event::RepoEnded { .. }
            | Event::Tested { .. }
            | Event::Waived { .. }
            | Event::Timer { .. } => {}
        }
    }

    fn done(&mut self, call: CallId) {
        let settled = self.open.remove(&call).map(|open| open.call);
        if let Some(Call::TagComponent { build, component, .. }) = settled {
            self.stands(build, component, Standing::Done);
        }
    }

    fn failed(&mut self, call: CallId) {
        let settled = self.open.remove(&call).map(|open| open.call);
        if let Some(
            Call::BuildComponent { build, component, .. }
            | Call::TagComponent { build, component, .. },
        ) = settled
        {
            self.stands(build, component, Standing::Failed);
        }
    }

    fn stands(&mut self, build: BuildId, component: ComponentIx, standing: Standing) {
        if let Some(known) = self.parts.get_mut(&(build, component)) {
            *known = standing;
        }
    }

    /// Takes a command; `components` says how many components of a module are built.
    pub(super) fn command(&mut self, command: &Command, components: impl Fn(ModuleIx) -> usize) {
        let (id, call) = match command {
            Command::Call { id, call } | Command::Look { id, call } => (id, call),
            Command::Tell(Tell::Failed { build, .. }) => return self.given_up(*build),
            Command::Tell(_) | Command::Timer { .. } => return,
        };
        let is_through = match *call {
            Call::Fetch { .. } | Call::TagComponent { .. } => true,
            Call::CreateTarget { build, module } => {
                let is_new = !self.modules.contains(&build);
                let has_room = self.room < self.max;
                if is_new && has_room {
                    self.modules.insert(build);
                    self.room += components(module);
                }
                !is_new || has_room
            }
            Call::BuildComponent { build, component, attempt, .. } => {
                self.lets_build(Part { build, component, attempt })
            }
            Call::CancelComponent { build, component, .. } => {
                self.stands(build, component, Standing::Failed);
                return;
            }
            Call::MakeRepo { .. } | Call::Publish { .. } => false,
            Call::BuildModule { .. }
            | Call::WaitRepo { .. }
            | Call::Import { .. }
            | Call::EndTask { .. }
            | Call::RequestTest { .. }
            | Call::AskDependants { .. }
            | Call::Mail { .. }
            | Call::Poll { .. } => return,
        };
        if is_through {
            self.held.remove(id);
            self.open.insert(*id, Open { call: call.clone(), is_kept: false });
        } else {
            self.held.insert(*id);
        }
    }

    /// A module build is given up: what was refused of it is not made again.
    fn given_up(&mut self, build: BuildId) {
        let is_its = |open: &Open| open.is_kept && open.call.build() == Some(build);
        let gone: Vec<CallId> =
            self.open.iter().filter(|(_, open)| is_its(open)).map(|(id, _)| *id).collect();
        gone.into_iter().for_each(|id| self.failed(id));
    }

    fn lets_build(&mut self, part: Part) -> bool {
        let key = (part.build, part.component);
        let is_through = self.parts.contains_key(&key) || self.parts.len() < self.max;
        if is_through {
            self.parts.insert(key, Standing::UnderWay);
        }
        is_through
    }

    /// Returns whether a call waits until the canary is over.
    pub(super) fn holds(&self, call: CallId) -> bool {
        !self.is_lifted && self.held.contains(&call)
    }

    /// Returns what came of it, once it is over: nothing that was let through is under way.
    pub(super) fn outcome(&self) -> Option<Outcome> {
        let count = |standing| self.parts.values().filter(|one| **one == standing).count();
        let has_begun = !self.modules.is_empty() || !self.held.is_empty();
        let is_over = has_begun && self.open.is_empty() && count(Standing::UnderWay) == 0;
        (is_over && !self.is_lifted)
            .then(|| Outcome { done: count(Standing::Done), failed: count(Standing::Failed) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orchestrate::{Fault, Reply};

    /// A canary with the numbers of its calls.
    struct Case {
        canary: Canary,
        calls: u32,
    }

    impl Case {
        fn new(max: u32, component: bool) -> Self {
            Self { canary: Canary::new(max, Gates { component, module: false }), calls: 0 }
        }

        /// Commands a call about a module with two components.
        fn call(&mut self, call: Call) -> CallId {
            self.calls += 1;
            let id = CallId(self.calls);
            self.canary.command(&Command::Call { id, call }, |_| 2);
            id
        }

        fn target(&mut self, build: u32) -> CallId {
            self.call(Call::CreateTarget { build: BuildId(build), module: ModuleIx(build) })
        }

        fn build(&mut self, build: u32, component: u32) -> CallId {
            let (build, component) = (BuildId(build), ComponentIx(component));
            self.call(Call::BuildComponent { build, component, attempt: 1, priority: 0 })
        }

        fn answer(&mut self, call: CallId, answer: Answer) {
            self.canary.event(&Event::Answered { call, answer });
        }

        fn done(&mut self, call: CallId) {
            self.answer(call, Answer::Done(Reply::Nothing));
        }

        fn end(&mut self, component: u32, end: ComponentEnd) {
            let (build, component) = (BuildId(0), ComponentIx(component));
            self.canary.event(&Event::ComponentEnded { build, component, attempt: 1, end });
        }
    }

    #[test]
    fn the_first_components_and_their_modules_alone_are_let_through() {
        let mut case = Case::new(2, false);
        assert_eq!(case.canary.outcome(), None, "nothing was commanded yet");
        let (first, second) = (case.target(0), case.target(1));
        assert!(!case.canary.holds(first) && case.canary.holds(second), "two components are there");
        case.done(first);
        let builds = [case.build(0, 0), case.build(0, 1), case.build(0, 2)];
        assert_eq!(builds.map(|call| case.canary.holds(call)), [false, false, true]);
        builds[..2].iter().for_each(|&call| case.done(call));
        case.end(0, ComponentEnd::Complete);
        assert_eq!(case.canary.outcome(), None, "the other one is under way");
        case.end(1, ComponentEnd::Failed);
        assert_eq!(case.canary.outcome(), Some(Outcome { done: 1, failed: 1 }));
        // It is built again.
        let again = case.build(0, 1);
        assert!(!case.canary.holds(again));
        assert_eq!(case.canary.outcome(), None);
        case.done(again);
        case.end(1, ComponentEnd::Complete);
        let repo = Call::MakeRepo {
            build: BuildId(0),
            module: ModuleIx(0),
            attempt: 1,
            by: crate::orchestrate::RepoMaker::Orchestrator,
        };
        let repo = case.call(repo);
        assert!(case.canary.holds(repo), "nothing is imported");
        assert_eq!(case.canary.outcome(), Some(Outcome { done: 2, failed: 0 }));
    }

    #[test]
    fn a_process_that_starts_after_it_was_over_lets_everything_through() {
        let mut case = Case::new(1, false);
        let (target, build) = (case.target(0), case.build(0, 0));
        case.done(target);
        case.done(build);
        let held = case.build(0, 1);
        case.canary.event(&Event::Restarted);
        assert!(case.canary.holds(held), "it was not over");
        case.end(0, ComponentEnd::Complete);
        assert!(case.canary.outcome().is_some());
        case.canary.event(&Event::Restarted);
        assert!(!case.canary.holds(held));
        assert_eq!(case.canary.outcome(), None, "it does not stop the run again");
    }

    #[test]
    fn with_a_gate_a_component_is_done_when_it_is_tagged() {
        let mut case = Case::new(1, true);
        let (target, build) = (case.target(0), case.build(0, 0));
        case.done(target);
        case.done(build);
        case.end(0, ComponentEnd::Complete);
        assert_eq!(case.canary.outcome(), None, "it is tested");
        let (build, component) = (BuildId(0), ComponentIx(0));
        let tag = case.call(Call::TagComponent { build, component, attempt: 1 });
        assert!(!case.canary.holds(tag));
        assert_eq!(case.canary.outcome(), None);
        case.done(tag);
        assert_eq!(case.canary.outcome(), Some(Outcome { done: 1, failed: 0 }));
        let mut case = Case::new(1, true);
        let (target, build) = (case.target(0), case.build(0, 0));
        case.done(target);
        case.done(build);
        case.end(0, ComponentEnd::Complete);
        let (build, passed) = (BuildId(0), false);
        case.canary.event(&Event::ComponentTested { build, component, attempt: 1, passed });
        assert_eq!(case.canary.outcome(), Some(Outcome { done: 0, failed: 1 }));
    }

    #[test]
    fn what_is_refused_is_waited_for_until_its_module_is_given_up() {
        let mut case = Case::new(2, false);
        let (target, one, two) = (case.target(0), case.build(0, 0), case.build(0, 1));
        case.done(target);
        case.answer(one, Answer::Refused);
        case.answer(two, Answer::Failed(Fault::Denied));
        assert_eq!(case.canary.outcome(), None);
        let (build, module) = (BuildId(0), ModuleIx(0));
        case.canary.command(&Command::Tell(Tell::Failed { build, module }), |_| 2);
        assert_eq!(case.canary.outcome(), Some(Outcome { done: 0, failed: 2 }));
    }
}
