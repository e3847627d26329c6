//! Every call of a module task with everything that can go wrong with it, and a death of the process at
//! every event: enumerated, with both ways back.

use std::collections::VecDeque;

use super::*;
use crate::orchestrate::{
    Answer, CallId, CallKind, CatalogBuilder, ComponentParts, Fault, ModuleParts, Reply,
};

mod koji;
use koji::Koji;

const BUILD: BuildId = BuildId(7);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    Refused,
    Failed,
    RequestLost,
    AnswerLost,
    AnswerDoubled,
    AnswerLate,
}

const TROUBLES: [Trouble; 6] = [
    Trouble::Refused,
    Trouble::Failed,
    Trouble::RequestLost,
    Trouble::AnswerLost,
    Trouble::AnswerDoubled,
    Trouble::AnswerLate,
];

/// When the process dies, around the event of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Death {
    /// Before it read the event.
    Before,
    /// With none, half or all of what it wanted done.
    After { halves: usize },
}

/// How it comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Back {
    Empty,
    FromJournal,
}

#[derive(Clone, Copy, Debug)]
struct Plan {
    trouble: Option<(CallKind, Trouble)>,
    death: Option<(usize, Death, Back)>,
    /// The component whose build fails.
    failing: Option<u32>,
}

struct World {
    plan: Plan,
    catalog: Arc<Catalog>,
    koji: Koji,
    task: ModuleTask,
    events: VecDeque<Event>,
    late: Vec<Event>,
    timers: Vec<(Timestamp, Timer)>,
    now: Timestamp,
    journal: Vec<(Timestamp, Event)>,
    handled: usize,
    /// Whether the trouble came, and with which call.
    met: Option<Call>,
    is_dead: bool,
}

/// Two batches: 0, then 1 and 2.
fn catalog() -> Arc<Catalog> {
    let component = |(name, batch)| ComponentParts::new(name, batch, Vec::new(), Vec::new());
    let components = [("a", 0), ("b", 1), ("c", 1)].map(component).to_vec();
    let mut builder = CatalogBuilder::default();
    builder.push(&ModuleParts { id: "m:1:c".to_owned(), components, ..ModuleParts::default() });
    builder.finish().into()
}

impl World {
    fn new(plan: Plan) -> Self {
        let catalog = catalog();
        Self {
            plan,
            task: ModuleTask::new(Arc::clone(&catalog), BUILD, ModuleIx(0)),
            catalog,
            koji: Koji::default(),
            events: [begin()].into(),
            late: Vec::new(),
            timers: Vec::new(),
            now: Timestamp(0),
            journal: Vec::new(),
            handled: 0,
            met: None,
            is_dead: false,
        }
    }

    fn run(mut self) -> Self {
        for _ in 0..1000 {
            if self.task.is_over() || self.is_dead {
                return self;
            }
            match self.next() {
                Some(event) => self.step(&event),
                None => panic!("it waits for nothing: {:?} {:?}", self.plan, self.task),
            }
        }
        panic!("it never ends: {:?} {:?}", self.plan, self.task);
    }

    /// What is here first, then what takes its time: builds, late answers, timers, the next wake.
    fn next(&mut self) -> Option<Event> {
        if let Some(event) = self.events.pop_front() {
            return Some(event);
        }
        let failing = self.plan.failing;
        let running = self.koji.subtasks.iter_mut().find(|(_, end)| end.is_none());
        if let Some((&at, end)) = running {
            let how =
                if failing == Some(at) { ComponentEnd::Failed } else { ComponentEnd::Complete };
            *end = Some(how);
            let (build, component) = (BUILD, ComponentIx(at));
            return Some(Event::ComponentEnded { build, component, attempt: 1, end: how });
        }
        if self.koji.last_repo == Some(false) {
            self.koji.last_repo = Some(true);
            return Some(Event::RepoEnded { build: BUILD, attempt: 1, is_ok: true });
        }
        if !self.late.is_empty() {
            return Some(self.late.remove(0));
        }
        if !self.timers.is_empty() {
            let (at, timer) = self.timers.remove(0);
            self.now = self.now.max(at);
            return Some(Event::Timer { timer });
        }
        self.events.extend(self.koji.ends());
        self.events.pop_front()
    }

    fn step(&mut self, event: &Event) {
        self.handled += 1;
        let death = self.plan.death.filter(|(at, ..)| *at == self.handled);
        if let Some((_, Death::Before, back)) = death {
            return self.die(back);
        }
        self.journal.push((self.now, event.clone()));
        let mut out = Vec::new();
        self.task.handle(event, self.now, &mut out);
        self.task.check_invariants();
        let share = match death {
            Some((_, Death::After { halves }, _)) => out.len() * halves / 2,
            _ => out.len(),
        };
        out.iter().take(share).for_each(|command| self.carry_out(command));
        if let Some((_, _, back)) = death {
            self.die(back);
        }
    }

    fn die(&mut self, back: Back) {
        self.events.clear();
        self.late.clear();
        self.timers.clear();
        if self.koji.ended.is_some() {
            // koji gives nobody a task that ended.
            self.is_dead = true;
            return;
        }
        let catalog = Arc::clone(&self.catalog);
        match back {
            Back::Empty => {
                self.task = ModuleTask::again(catalog, BUILD, ModuleIx(0));
                self.events.push_back(begin());
            }
            Back::FromJournal => {
                self.task = ModuleTask::new(catalog, BUILD, ModuleIx(0));
                for (at, event) in &self.journal {
                    self.task.handle(event, *at, &mut Vec::new());
                }
                let first = self.journal.is_empty().then(begin);
                self.events.extend(first.into_iter().chain([Event::Restarted]));
            }
        }
    }

    fn carry_out(&mut self, command: &Command) {
        match command {
            Command::Call { id, call } => self.call(*id, call),
            Command::Look { id, call } => {
                let answer = self.koji.look(call);
                self.events.extend(self.koji.ends());
                self.events.push_back(Event::Answered { call: *id, answer });
            }
            Command::Timer { at, timer } => self.timers.push((*at, timer.clone())),
            Command::Tell(_) => unreachable!("a task says nothing"),
        }
    }

    fn call(&mut self, id: CallId, call: &Call) {
        let answered = |answer| Event::Answered { call: id, answer };
        let trouble = match (&self.met, self.plan.trouble) {
            (None, Some((kind, trouble))) if kind == call.kind() => {
                self.met = Some(call.clone());
                Some(trouble)
            }
            // What will never work as asked does not work the second time.
            (Some(met), Some((_, Trouble::Failed))) if met == call => Some(Trouble::Failed),
            _ => None,
        };
        if let Call::Poll { about } = call {
            assert!(matches!(about, Asked::These(tasks) if !tasks.is_empty()));
            self.events.extend(self.koji.ends());
            return self.events.push_back(answered(Answer::Done(Reply::Nothing)));
        }
        match trouble {
            Some(Trouble::Refused) => self.events.push_back(answered(Answer::Refused)),
            Some(Trouble::Failed) => {
                self.events.push_back(answered(Answer::Failed(Fault::Denied)));
            }
            Some(Trouble::RequestLost) => self.events.push_back(answered(Answer::Unknown)),
            Some(Trouble::AnswerLost) => {
                self.koji.write(call);
                self.events.push_back(answered(Answer::Unknown));
            }
            Some(Trouble::AnswerLate) => {
                let reply = self.koji.write(call);
                self.events.push_back(answered(Answer::Unknown));
                self.late.push(answered(Answer::Done(reply)));
            }
            Some(Trouble::AnswerDoubled) => {
                let reply = self.koji.write(call);
                let answer = answered(Answer::Done(reply));
                self.events.extend([answer.clone(), answer]);
            }
            None => {
                let reply = self.koji.write(call);
                self.events.push_back(answered(Answer::Done(reply)));
            }
        }
    }
}

fn begin() -> Event {
    Event::Requested { request: 0, module: "m:1:c".into() }
}

const KINDS: [CallKind; 7] = [
    CallKind::CreateTarget,
    CallKind::WaitRepo,
    CallKind::BuildComponent,
    CallKind::CancelComponent,
    CallKind::MakeRepo,
    CallKind::Import,
    CallKind::EndTask,
];

/// Asserts what holds however a run went.
fn check(world: &World) {
    let World { plan, koji, met, .. } = world;
    let is_given_up = |kind| {
        plan.trouble == Some((kind, Trouble::Failed)) && met.is_some() && koji.ended.is_none()
    };
    if is_given_up(CallKind::EndTask) {
        return;
    }
    let kind =
        plan.trouble.filter(|(_, trouble)| *trouble == Trouble::Failed).map(|(kind, _)| kind);
    let fails = plan.failing.is_some()
        || met.is_some() && kind.is_some_and(|kind| kind != CallKind::CancelComponent);
    assert_eq!(koji.ended, Some(!fails), "{plan:?}: {koji:?}");
    assert_eq!(koji.imports, u32::from(!fails), "{plan:?}: imported once, or not at all");
    let is_left = koji.subtasks.values().any(Option::is_none);
    let may_be_left = kind == Some(CallKind::CancelComponent);
    assert!(!is_left || may_be_left, "{plan:?}: {koji:?}");
}

#[test]
fn every_call_with_every_trouble_and_a_death_at_every_event_builds_and_imports_once() {
    let mut runs = 0;
    let troubles = KINDS.iter().flat_map(|&kind| TROUBLES.map(|trouble| Some((kind, trouble))));
    for trouble in troubles.chain([None]) {
        for failing in [None, Some(1), Some(2)] {
            let alive = World::new(Plan { trouble, death: None, failing }).run();
            check(&alive);
            for at in 1..=alive.handled + 2 {
                let halves = [0, 1, 2].map(|halves| Death::After { halves });
                for death in halves.into_iter().chain([Death::Before]) {
                    for back in [Back::Empty, Back::FromJournal] {
                        let death = Some((at, death, back));
                        check(&World::new(Plan { trouble, death, failing }).run());
                        runs += 1;
                    }
                }
            }
        }
    }
    assert!(runs > 10_000, "{runs}");
}

#[test]
fn a_task_that_is_canceled_asks_for_nothing_more() {
    let mut world = World::new(Plan { trouble: None, death: None, failing: None });
    for _ in 0..6 {
        let event = world.next().unwrap();
        world.step(&event);
    }
    assert!(!world.koji.subtasks.is_empty(), "a batch was begun");
    let mut out = Vec::new();
    let canceled = Event::Canceled { request: 1, build: BUILD };
    world.task.handle(&canceled, Timestamp(0), &mut out);
    assert!(world.task.is_over() && out.is_empty());
    for event in world.koji.ends().into_iter().chain([Event::Restarted, begin()]) {
        world.task.handle(&event, Timestamp(0), &mut out);
        assert!(out.is_empty(), "{event:?}: {out:?}");
    }
}

#[test]
fn a_module_without_components_is_a_repo_and_an_import() {
    let mut builder = CatalogBuilder::default();
    builder.push(&ModuleParts { id: "m:1:c".to_owned(), ..ModuleParts::default() });
    let mut task = ModuleTask::new(builder.finish().into(), BUILD, ModuleIx(0));
    let mut kinds = Vec::new();
    let mut events = VecDeque::from([begin()]);
    while let Some(event) = events.pop_front() {
        let mut out = Vec::new();
        task.handle(&event, Timestamp(0), &mut out);
        for command in out {
            let Command::Call { id, call } = command else { panic!("{command:?}") };
            kinds.push(call.kind());
            events.push_back(Event::Answered { call: id, answer: Answer::Done(Reply::Nothing) });
            if call.kind() == CallKind::MakeRepo {
                events.push_back(Event::RepoEnded { build: BUILD, attempt: 1, is_ok: true });
            }
        }
    }
    let all = [CallKind::CreateTarget, CallKind::MakeRepo, CallKind::Import, CallKind::EndTask];
    assert_eq!(kinds, all);
    assert!(task.is_over());
}
