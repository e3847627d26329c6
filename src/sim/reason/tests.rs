//! Reasons read off logs written by hand.

use super::*;
use crate::orchestrate::{
    Answer, Approach, Call, CallId, Cascade, CatalogBuilder, Command, ComponentEnd, ComponentIx,
    ComponentParts, Concern, Dispatch, Event, Gates, ModuleParts, Owner, Standing, TaskParts, Tell,
};
use crate::sim::ledger::BuildState;
use crate::sim::log::{Fact, Log};
use crate::sim::{
    Conditions, DurationMode, ModuleRun, ModuleState, Outcomes, Setup, Slots, Subjects,
};
use crate::time::Timestamp;

const BUILD: BuildId = BuildId(0);
const MODULE: ModuleIx = ModuleIx(0);
const P0: ComponentIx = ComponentIx(0);

/// One module of one component.
fn setup(approach: Approach) -> Setup {
    let task = TaskParts { arch: "x86_64".into(), estimate_ms: 1 };
    let mut builder = CatalogBuilder::default();
    builder.push(&ModuleParts {
        id: "a:1:c".to_owned(),
        wave: Some(1),
        is_start: true,
        components: vec![ComponentParts::new("p0", 0, Vec::new(), vec![task])],
        ..ModuleParts::default()
    });
    let catalog = builder.finish();
    Setup {
        subjects: Arc::new(Subjects::new(&catalog, [0])),
        catalog: Arc::new(catalog),
        samples: Arc::default(),
        slots: Slots { groups: Vec::new() },
        hub: None,
        approach,
        cascade: Cascade::Coalesced,
        dispatch: Dispatch::Graph,
        submit_limit: u32::MAX,
        builds_max: 9,
        durations: DurationMode::Replay,
        outcomes: Outcomes::History,
        conditions: Conditions {
            gates: Gates { component: true, module: true },
            ..Conditions::default()
        },
        seed: 1,
    }
}

/// Returns why the module is not ready, given what is left at koji and whether people wait for its
/// hub to ask.
fn why(state: ModuleState, log: Vec<Log>, at_koji: &str, held: &[ModuleIx]) -> Reason {
    why_in(Approach::OrchestratorOwned, state, log, at_koji, held)
}

fn why_in(
    approach: Approach,
    state: ModuleState,
    log: Vec<Log>,
    at_koji: &str,
    held: &[ModuleIx],
) -> Reason {
    let setup = setup(approach);
    let row = |what| LogRow { at: Timestamp::START, what };
    let log: Vec<LogRow> = log.into_iter().map(row).collect();
    let is_opened = log.iter().any(|row| {
        matches!(
            row.what,
            Log::Command(Command::Tell(Tell::Opened { .. })) | Log::Fact(Fact::ModuleBegan { .. })
        )
    });
    let mut ledger = Ledger::default();
    ledger.reset(&setup.catalog, false);
    if is_opened {
        let build = ledger.open(&setup.catalog, MODULE, None, Timestamp::START);
        if state == ModuleState::Failed {
            ledger.close(build, BuildState::Failed, Timestamp::START);
        }
    }
    let late = |_| None;
    let left = Left { log: &log, ledger: &ledger, at_koji, held, late: &late };
    let mut modules = [ModuleRun {
        module: MODULE,
        id: Arc::clone(&setup.catalog.module(MODULE).id),
        state,
        module_builds: 1,
        component_builds: 1,
        ready: None,
        spent: crate::sim::Spent::default(),
        reason: None,
        components: Vec::new(),
        is_given_up: false,
    }];
    give_reasons(&setup, left, &mut modules);
    modules[0].reason.clone().expect("it is not ready")
}

fn opened(build: BuildId) -> Log {
    Log::Command(Command::Tell(Tell::Opened { build, module: MODULE, cause: None }))
}

/// The component is asked for and ends, and the orchestrator hears it.
fn ends(attempt: u32, end: ComponentEnd) -> [Log; 4] {
    let (build, component) = (BUILD, P0);
    [
        called(Call::BuildComponent { build, component, attempt, priority: 0 }),
        Log::Fact(Fact::Submitted { build, component, attempt }),
        Log::Fact(Fact::ComponentEnded { build, component, end }),
        Log::Event(Event::ComponentEnded { build, component, attempt, end }),
    ]
}

fn built(attempt: u32) -> [Log; 4] {
    ends(attempt, ComponentEnd::Complete)
}

fn called(call: Call) -> Log {
    Log::Command(Command::Call { id: CallId(0), call })
}

fn published(attempt: u32) -> Log {
    called(Call::Publish { build: BUILD, module: MODULE, attempt })
}

fn tested(component: Option<ComponentIx>, attempt: u32, passed: Option<bool>) -> Log {
    Log::Fact(Fact::Tested { build: BUILD, component, attempt, passed })
}

fn mailed(build: BuildId, standing: Standing) -> Log {
    let concern = Concern { build, module: MODULE, component: None, standing };
    called(Call::Mail { to: Owner(0), about: [concern].into() })
}

/// Joins rows and groups of rows.
fn rows(parts: impl IntoIterator<Item = Vec<Log>>) -> Vec<Log> {
    parts.into_iter().flatten().collect()
}

#[test]
fn the_test_of_a_module_that_is_built_anew_says_nothing_of_it() {
    // The module's first test passes late, when its component is built again and red.
    let log = |late: Vec<Log>| {
        let first = rows([vec![opened(BUILD)], built(1).to_vec(), vec![published(1)]]);
        rows([first, built(2).to_vec(), late])
    };
    let (late, red) = (tested(None, 1, Some(true)), tested(Some(P0), 2, Some(false)));
    let reason = why(ModuleState::Stuck, log(vec![late.clone(), red]), "", &[]);
    assert_eq!(reason, Reason::TestNotPassed(Some("p0".into())));
    // Nor does the first result of the component; that the module passed is what was not heard only
    // where that is the test that counts.
    let red = tested(Some(P0), 1, Some(false));
    let reason = why(ModuleState::Stuck, log(vec![red.clone()]), "builders are down", &[]);
    assert_eq!(reason, Reason::AtKoji("builders are down".to_owned()));
    let passed = vec![red, published(2), late, tested(None, 2, Some(true))];
    assert_eq!(why(ModuleState::Stuck, log(passed), "", &[]), Reason::Unheard);
}

#[test]
fn a_red_component_keeps_nothing_that_koji_builds_as_a_whole() {
    let begun = Fact::ModuleBegan { build: BUILD, module: MODULE, cause: None };
    let (build, end) = (BUILD, ComponentEnd::Complete);
    let log = vec![
        Log::Fact(begun),
        Log::Fact(Fact::ModuleEnded { build, end }),
        tested(Some(P0), 1, Some(false)),
    ];
    let reason = why_in(Approach::KojiOwned, ModuleState::Stuck, log.clone(), "", &[]);
    assert_eq!(reason, Reason::Unheard, "the message that asks for the module's test was lost");
    let red = rows([log, vec![tested(None, 1, Some(false))]]);
    let reason = why_in(Approach::KojiOwned, ModuleState::Stuck, red, "", &[]);
    assert_eq!(reason, Reason::TestNotPassed(None));
}

#[test]
fn a_mail_about_one_build_does_not_end_that_nobody_answers_about_another() {
    let later = BuildId(1);
    let log = vec![
        opened(BUILD),
        mailed(BUILD, Standing::NoAnswer),
        opened(later),
        mailed(later, Standing::BuildFailed),
    ];
    assert_eq!(why(ModuleState::Stuck, log.clone(), "", &[]), Reason::NoAnswer);
    let over = rows([log, vec![mailed(BUILD, Standing::Recovered)]]);
    assert_eq!(why(ModuleState::Stuck, over, "", &[]), Reason::Unheard);
}

#[test]
fn what_people_wait_to_ask_koji_for_is_not_what_nobody_asked_for() {
    let offline = "the hub is offline";
    let asked = why(ModuleState::Waiting, Vec::new(), offline, &[MODULE]);
    assert_eq!(asked, Reason::AtKoji(offline.to_owned()));
    assert_eq!(why(ModuleState::Waiting, Vec::new(), offline, &[]), Reason::NotAsked);
}

#[test]
fn a_failed_module_has_the_reason_of_its_last_trouble() {
    let (build, module) = (BUILD, MODULE);
    let (fetch, resumed) = (
        Call::Fetch { build, module },
        Log::Command(Command::Tell(Tell::Resumed { build, module })),
    );
    let answer = Answer::Failed(Fault::Missing);
    let missing = Log::Answered { id: CallId(0), call: fetch.clone(), answer };
    let mut log = vec![opened(build), called(fetch), missing];
    let missing = Reason::CallFailed(CallKind::Fetch, None, Fault::Missing);
    assert_eq!(why(ModuleState::Failed, log.clone(), "", &[]), missing);
    log.push(resumed.clone());
    log.extend(ends(1, ComponentEnd::Failed));
    let failed = Reason::BuildFailed(vec!["p0".into()]);
    assert_eq!(why(ModuleState::Failed, log.clone(), "", &[]), failed);
    log.push(Log::Event(Event::Canceled { request: 1, build }));
    assert_eq!(why(ModuleState::Failed, log.clone(), "", &[]), Reason::Canceled);
    log.push(resumed);
    log.extend(built(2));
    assert_eq!(why(ModuleState::Failed, log, "", &[]), Reason::RepoFailed);
}
