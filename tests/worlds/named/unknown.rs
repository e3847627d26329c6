//! Events for what is unknown, finished, or superseded: they change nothing.

use modplan::orchestrate::{Command, RepoMaker};

use super::*;

type Subject = (BuildId, ComponentIx, ModuleIx);

/// Returns every event that koji, the bus, the tests, the dependency service and the clock can bring
/// about a module build, a component of it and its module: every kind there is, but for requests.
fn about((build, component, module): Subject) -> Vec<Event> {
    let mut events =
        vec![Event::Fetched { build }, Event::FetchFailed { build }, Event::TargetMade { build }];
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
        Event::ComponentTagged { build, component },
        Event::RepoEnded { build, attempt: 1, is_ok: false },
        Event::RepoEnded { build, attempt: 1, is_ok: true },
        Event::Waived { build, module, component: None },
        Event::Waived { build, module, component: Some(component) },
        Event::Dependants { build, module, rows: [].into() },
    ]);
    let calls = calls((build, component, module));
    let refused = |command: &Command| Event::Refused { command: Box::new(command.clone()) };
    events.extend(calls.iter().map(refused));
    let again = calls.into_iter().map(|command| Timer::Again { command: Box::new(command) });
    let timers = [
        Timer::Poll,
        Timer::Hub,
        Timer::TestsDue { build },
        Timer::Repo { build },
        Timer::Digest { to: Owner(0) },
        Timer::Digest { to: Owner(99) },
    ];
    events.extend(timers.into_iter().chain(again).map(|timer| Event::Timer { timer }));
    events
}

/// Returns every call that can be refused.
fn calls((build, component, module): Subject) -> Vec<Command> {
    let cause = Some(build);
    let mut calls = vec![
        Command::BuildModule { module, cause: None, unless_waiting: false, tries: 0 },
        Command::Fetch { build, module },
        Command::CreateTarget { build, module },
        Command::BuildComponent { build, component, attempt: 1, priority: 1 },
        Command::CancelComponent { build, component, attempt: 1 },
        Command::TagComponent { build, component },
        Command::MakeRepo { build, module, attempt: 1, by: RepoMaker::Koji },
        Command::MakeRepo { build, module, attempt: 1, by: RepoMaker::Orchestrator },
        Command::Publish { build, module, attempt: 1 },
        Command::RequestTest { build, component: None, attempt: 1 },
        Command::RequestTest { build, component: Some(component), attempt: 1 },
        Command::Poll,
    ];
    for tries in [0, 1, 21] {
        calls.push(Command::AskDependants { build, module, tries });
        calls.push(Command::BuildModule { module, cause, unless_waiting: true, tries });
    }
    calls
}

/// Asserts that events change nothing and ask for nothing.
#[track_caller]
fn change_nothing(orchestrator: &mut Orchestrator<'_>, events: &[Event], now: Timestamp) {
    let before = format!("{orchestrator:?}");
    for event in events {
        let mut out = Vec::new();
        orchestrator.handle(event, now, &mut out);
        assert_eq!(out, [], "{event:?}");
        assert!(format!("{orchestrator:?}") == before, "the state changes by {event:?}");
    }
    orchestrator.check_invariants();
}

/// Asserts that requests ask for nothing; that they were made is remembered.
#[track_caller]
fn ask_for_nothing(orchestrator: &mut Orchestrator<'_>, requests: &[Event], now: Timestamp) {
    for event in requests {
        let mut out = Vec::new();
        orchestrator.handle(event, now, &mut out);
        assert_eq!(out, [], "{event:?}");
    }
    orchestrator.check_invariants();
}

fn new<'s>(setup: &'s Setup, cascade: Cascade) -> Orchestrator<'s> {
    Orchestrator::new(&setup.catalog, (setup.approach, cascade), setup.limits(9))
}

const CASCADES: [Cascade; 3] = [Cascade::Literal, Cascade::Coalesced, Cascade::Planned];

#[test]
fn an_event_for_what_is_unknown_changes_nothing() {
    let unknown = (BuildId(77), ComponentIx(99), ModuleIx(99));
    let (build, component, module) = unknown;
    let requests = [
        Event::Requested { request: 0, module },
        Event::Resumed { request: 1, build, fixed: [component].into() },
        Event::Canceled { request: 2, build },
    ];
    for approach in BOTH {
        let setup = setup(approach, CHAIN);
        for cascade in CASCADES {
            let mut orchestrator = new(&setup, cascade);
            change_nothing(&mut orchestrator, &about(unknown), Timestamp(5));
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
                if let Log::Event(event) = &row.what {
                    orchestrator.handle(event, row.at, &mut Vec::new());
                    heard.push(event.clone());
                }
            }
            let late = Timestamp(1_000_000_000);
            change_nothing(&mut orchestrator, &heard, late);
            let builds = [(0, 0), (1, 1)]
                .map(|(at, component)| (BuildId(at), ComponentIx(component), ModuleIx(at)));
            for of in builds {
                let mut events = about(of);
                if approach == Approach::KojiOwned {
                    // koji answers a call for a build by building: that one was not refused is all
                    // that koji-owned could know of it, and it remembers nothing of answers.
                    let is_first = |event: &Event| {
                        matches!(event, Event::Refused { command }
                            if matches!(**command, Command::BuildModule { tries: 0, .. }))
                    };
                    events.retain(|event| !is_first(event));
                }
                change_nothing(&mut orchestrator, &events, late);
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
    let end = ComponentEnd::Failed;
    let events = [
        Event::Requested { request: 0, module },
        Event::Fetched { build },
        Event::TargetMade { build },
        Event::ComponentEnded { build, component, attempt: 1, end },
        Event::Requested { request: 1, module },
    ];
    for cascade in [Cascade::Coalesced, Cascade::Planned] {
        let mut orchestrator = new(&setup, cascade);
        let mut out = Vec::new();
        events.iter().for_each(|event| orchestrator.handle(event, Timestamp(5), &mut out));
        let second = Command::OpenModule { build: BuildId(1), module, cause: None };
        assert!(out.contains(&second), "{out:?}");
        let of_first = about(first).into_iter().filter(|event| {
            // A cancel that was refused is made again where the component is given up, as here.
            !matches!(event, Event::Refused { command }
                if matches!(**command, Command::CancelComponent { .. }))
        });
        change_nothing(&mut orchestrator, &of_first.collect::<Vec<_>>(), Timestamp(5));
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
        let ask = |build| Command::AskDependants { build: BuildId(build), module, tries: 0 };
        assert_eq!(asked, [ask(1), ask(0)]);
    }
}
