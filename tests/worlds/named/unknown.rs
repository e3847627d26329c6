//! Events for what is unknown, finished, or superseded: they change nothing.

use modplan::orchestrate::{Answer, Call, CallId, Command, Fault, Party, Reply, TaskId, Tell};

use super::*;

type Subject = (BuildId, ComponentIx, ModuleIx);

/// Returns every event that koji, the bus, the tests, the dependency service and the clock can bring
/// about a module build, a component of it and its module: every kind there is, but for requests.
fn about((build, component, module): Subject) -> Vec<Event> {
    let mut events = Vec::new();
    for attempt in [1, 2] {
        for end in [ComponentEnd::Complete, ComponentEnd::Failed, ComponentEnd::Canceled] {
            events.push(Event::ComponentEnded { build, component, attempt, end });
        }
        for passed in [true, false] {
            events.push(Event::ComponentTested { build, component, attempt, passed });
            events.push(Event::Tested { build, module, attempt, passed });
        }
    }
    events.extend([
        Event::RepoEnded { build, attempt: 1, is_ok: false },
        Event::RepoEnded { build, attempt: 1, is_ok: true },
        Event::Waived { build, module, component: None },
        Event::Waived { build, module, component: Some(component) },
    ]);
    events.extend((0..60).map(CallId).flat_map(answers));
    let parties = Party::ALL
        .into_iter()
        .flat_map(|party| [false, true].map(|is_away| Timer::Party { party, is_away }));
    let timers = [
        Timer::Poll,
        Timer::TestsDue { build },
        Timer::Digest { to: Owner(0) },
        Timer::Digest { to: Owner(99) },
    ];
    let calls = (0..60).map(|id| Timer::Call { id: CallId(id) });
    events
        .extend(timers.into_iter().chain(parties).chain(calls).map(|timer| Event::Timer { timer }));
    events
}

/// Returns every answer to a call.
fn answers(call: CallId) -> impl Iterator<Item = Event> {
    let rows = Reply::Rows([].into());
    let replies = [Reply::Nothing, Reply::Task(TaskId(1)), rows].map(Answer::Done);
    let faults = [Fault::Missing, Fault::Exists, Fault::Denied, Fault::Broken].map(Answer::Failed);
    let others = [Answer::Refused, Answer::Unknown, Answer::Absent];
    let answers = replies.into_iter().chain(faults).chain(others);
    answers.map(move |answer| Event::Answered { call, answer })
}

/// Asserts that events change nothing and ask for nothing.
#[track_caller]
fn change_nothing(orchestrator: &mut Orchestrator, events: &[Event], now: Timestamp) {
    change_nothing_but_say(orchestrator, events, now, &[]);
}

#[track_caller]
fn change_nothing_but_say(
    orchestrator: &mut Orchestrator,
    events: &[Event],
    now: Timestamp,
    said: &[Command],
) {
    let before = format!("{orchestrator:?}");
    for event in events {
        let mut out = Vec::new();
        orchestrator.handle(event, now, &mut out);
        out.retain(|command| !said.contains(command));
        assert_eq!(out, [], "{event:?}");
        assert!(format!("{orchestrator:?}") == before, "the state changes by {event:?}");
    }
    orchestrator.check_invariants();
}

/// Asserts that requests ask for nothing; that they were made is remembered.
#[track_caller]
fn ask_for_nothing(orchestrator: &mut Orchestrator, requests: &[Event], now: Timestamp) {
    for event in requests {
        let mut out = Vec::new();
        orchestrator.handle(event, now, &mut out);
        assert_eq!(out, [], "{event:?}");
    }
    orchestrator.check_invariants();
}

fn new(setup: &Setup, cascade: Cascade) -> Orchestrator {
    Orchestrator::new(&setup.catalog, setup.approach, cascade, setup.limits(9))
}

const CASCADES: [Cascade; 3] = [Cascade::Literal, Cascade::Coalesced, Cascade::Planned];

#[test]
fn an_event_for_what_is_unknown_changes_nothing() {
    let unknown = (BuildId(77), ComponentIx(99), ModuleIx(99));
    let (build, component, _) = unknown;
    let requests = [
        Event::Resumed { request: 1, build, fixed: [component].into() },
        Event::Canceled { request: 2, build },
    ];
    for approach in BOTH {
        let setup = setup(approach, CHAIN);
        for cascade in CASCADES {
            let mut orchestrator = new(&setup, cascade);
            // That is not koji-owned's to act on; the message is done with.
            let said = [Command::Tell(Tell::Acknowledged { build })];
            change_nothing_but_say(&mut orchestrator, &about(unknown), Timestamp(5), &said);
            ask_for_nothing(&mut orchestrator, &requests, Timestamp(5));
        }
    }
}

#[test]
fn an_event_for_what_is_finished_changes_nothing() {
    // Both modules are built, tested and ready, by the events of a whole run; then everything that
    // was heard comes again, and everything that could be said of either build.
    for approach in BOTH {
        let mut setup = setup(approach, CHAIN);
        setup.conditions.gates = Gates { component: true, module: true };
        for cascade in CASCADES {
            setup.cascade = cascade;
            let run = run(&setup);
            assert_eq!(run.figures.outcome, Outcome::Done);
            let mut orchestrator = new(&setup, cascade);
            let mut heard = Vec::new();
            for row in &run.log {
                if let Some(event) = heard_by(&row.what) {
                    orchestrator.handle(&event, row.at, &mut Vec::new());
                    heard.push(event);
                }
            }
            let late = Timestamp(1_000_000_000);
            let acknowledged =
                [0, 1].map(|build| Command::Tell(Tell::Acknowledged { build: BuildId(build) }));
            change_nothing_but_say(&mut orchestrator, &heard, late, &acknowledged);
            let builds = [(0, 0), (1, 1)]
                .map(|(at, component)| (BuildId(at), ComponentIx(component), ModuleIx(at)));
            for of in builds {
                let events = about(of);
                let mut said = Vec::new();
                if approach == Approach::KojiOwned {
                    // A message that comes twice is acknowledged twice.
                    said.push(Command::Tell(Tell::Acknowledged { build: of.0 }));
                }
                change_nothing_but_say(&mut orchestrator, &events, late, &said);
                let (build, component, _) = of;
                let fixed = [component].into();
                let requests = [
                    Event::Canceled { request: 70 + build.0, build },
                    Event::Resumed { request: 80 + build.0, build, fixed },
                ];
                ask_for_nothing(&mut orchestrator, &requests, late);
            }
        }
    }
}

#[test]
fn an_event_for_a_build_that_another_took_the_place_of_changes_nothing() {
    // The only component of a fails, which is told; somebody asks for a again, and another build of it
    // begins. What is said of the first, and a repair of it, comes too late.
    let setup = setup(Approach::OrchestratorOwned, ALONE);
    let first = (BuildId(0), ComponentIx(0), ModuleIx(0));
    let (build, component, module) = first;
    let id = Arc::clone(&setup.catalog.module(module).id);
    let end = ComponentEnd::Failed;
    let done = |call| Event::Answered { call: CallId(call), answer: Answer::Done(Reply::Nothing) };
    // Fetched, its target made, its component submitted, people told.
    let events = [
        Event::Requested { request: 0, module: Arc::clone(&id) },
        done(0),
        done(1),
        done(2),
        Event::ComponentEnded { build, component, attempt: 1, end },
        done(3),
        Event::Requested { request: 1, module: id },
    ];
    for cascade in [Cascade::Coalesced, Cascade::Planned] {
        let mut orchestrator = new(&setup, cascade);
        let mut out = Vec::new();
        events.iter().for_each(|event| orchestrator.handle(event, Timestamp(5), &mut out));
        let second = Command::Tell(Tell::Opened { build: BuildId(1), module, cause: None });
        assert!(out.contains(&second), "{out:?}");
        // The one call that is outstanding fetches the modulemd of the second.
        let is_second = |event: &Event| matches!(event, Event::Answered { call: CallId(4), .. });
        let of_first: Vec<Event> = about(first).into_iter().filter(|e| !is_second(e)).collect();
        change_nothing(&mut orchestrator, &of_first, Timestamp(5));
        let requests = [
            Event::Resumed { request: 2, build, fixed: [component].into() },
            Event::Canceled { request: 3, build },
        ];
        ask_for_nothing(&mut orchestrator, &requests, Timestamp(5));
    }
}

#[test]
fn a_verdict_that_comes_twice_to_koji_owned_is_acted_on_once_whatever_build_is_newer() {
    // koji numbers builds; which one takes the place of another koji-owned does not know: a pass of
    // an older build is a pass. But each counts once, in whatever order they come.
    let setup = setup(Approach::KojiOwned, CHAIN);
    let module = ModuleIx(0);
    let passed = |build| Event::Tested { build: BuildId(build), module, attempt: 1, passed: true };
    for cascade in [Cascade::Literal, Cascade::Coalesced] {
        let mut orchestrator = new(&setup, cascade);
        let mut asked = Vec::new();
        for build in [1, 0, 1, 0] {
            orchestrator.handle(&passed(build), Timestamp(5), &mut asked);
        }
        let ask = |id, build| Command::Call {
            id: CallId(id),
            call: Call::AskDependants { build: BuildId(build), module },
        };
        assert_eq!(asked, [ask(0, 1), ask(1, 0)]);
    }
}
