//! Events for what is unknown.

use super::*;

#[test]
fn an_event_for_what_is_unknown_or_gone_changes_nothing() {
    let unknown = (BuildId(77), ComponentIx(99), ModuleIx(99));
    let (build, component, module) = unknown;
    let events = [
        Event::Requested { request: 0, module },
        Event::Resumed { request: 1, build, fixed: [component].into() },
        Event::Canceled { request: 2, build },
        Event::Fetched { build },
        Event::TargetMade { build },
        Event::ComponentEnded { build, component, attempt: 1, end: ComponentEnd::Failed },
        Event::ComponentTested { build, component, attempt: 1, passed: true },
        Event::ComponentTagged { build, component },
        Event::RepoEnded { build, is_ok: false },
        Event::Tested { build, module, attempt: 1, passed: true },
        Event::Tested { build, module, attempt: 1, passed: false },
        Event::Waived { build, module, component: None },
        Event::Waived { build, module, component: Some(component) },
        Event::Dependants { build, module, rows: [].into() },
        Event::Timer { timer: Timer::TestsDue { build } },
        Event::Timer { timer: Timer::Repo { build } },
        Event::Timer { timer: Timer::Hub },
        Event::Timer { timer: Timer::Digest { to: Owner(0) } },
        Event::Timer { timer: Timer::Poll },
    ];
    for approach in BOTH {
        let setup = setup(approach, CHAIN);
        for cascade in [Cascade::Literal, Cascade::Coalesced, Cascade::Planned] {
            let limits = setup.limits(9);
            let mut orchestrator = Orchestrator::new(&setup.catalog, (approach, cascade), limits);
            for event in &events {
                let mut out = Vec::new();
                orchestrator.handle(event, Timestamp(5), &mut out);
                assert_eq!(out, [], "{approach:?} {cascade:?} {event:?}");
            }
            orchestrator.check_invariants();
        }
    }
}
