//! The source server does not answer, or has no modulemd; and other calls that are refused.

use modplan::orchestrate::{
    Answer, Call, CallId, CallKind, Command, Concern, Fault as CallFault, Limits, Party, Reply,
    RepoMaker, Tell,
};

use super::*;

#[test]
fn a_source_server_that_is_down_for_a_time_is_asked_again() {
    // Refused at 0 s and 60 s later; 120 s after that, at 180 s, it answers, and a is built until
    // 280 s. b is fetched at once: 380 s.
    let mut down = setup(Approach::OrchestratorOwned, CHAIN);
    down.conditions.faults = vec![fault(FaultKind::SourcesDown, 0, Some(90))];
    let run = run(&down);
    ends(&run, Outcome::Done, 380);
    assert_eq!((run.tally.calls_refused, run.figures.mails), (2, 0));
}

#[test]
fn a_source_server_that_is_down_concerns_no_build_of_koji() {
    let mut koji = setup(Approach::KojiOwned, CHAIN);
    koji.conditions.faults = vec![fault(FaultKind::SourcesDown, 0, None)];
    ends(&run(&koji), Outcome::Done, 200);
}

#[test]
fn a_source_server_that_is_away_for_half_a_day_is_told_once_and_found_back_by_a_poll() {
    // As with a hub: after 60, 120, 240, 480, 960 and then every 1800 s, the 21st refusal at 28 860 s
    // is told, and each poll of 600 s asks again: at 43 200 s it answers.
    let mut setup = setup(Approach::OrchestratorOwned, ALONE);
    setup.conditions.faults = vec![fault(FaultKind::SourcesDown, 0, Some(43_200))];
    let run = run(&setup);
    ends(&run, Outcome::Done, 43_300);
    assert_eq!(mails(&run), [(28_860, 1, Standing::NoAnswer), (43_300, 1, Standing::Recovered)]);
    // Polls at 29 400 s to 42 600 s, 23 of them, asked in vain.
    assert_eq!(run.tally.calls_refused, 21 + 23);
}

#[test]
fn a_source_server_that_is_gone_leaves_a_build_stuck_and_people_told() {
    let mut setup = setup(Approach::OrchestratorOwned, CHAIN);
    setup.conditions.faults = vec![fault(FaultKind::SourcesDown, 0, None)];
    let run = run(&setup);
    ends(&run, Outcome::Stuck, 0);
    assert_eq!(states(&run), [ModuleState::Stuck, ModuleState::Blocked]);
    assert_eq!(mails(&run), [(28_860, 1, Standing::NoAnswer)]);
}

#[test]
fn a_crash_while_a_fetch_waits_makes_it_at_its_moment() {
    // The request is the first event, its refusal the second: the third try is still at 180 s.
    for k in [1, 2, 3, 4] {
        let mut setup = setup(Approach::OrchestratorOwned, ALONE);
        setup.conditions.faults = vec![fault(FaultKind::SourcesDown, 0, Some(90))];
        setup.conditions.crash_after = vec![k];
        let run = run(&setup);
        ends(&run, Outcome::Done, 280);
        assert_eq!(run.tally.crashes, 1, "crash after event {k}");
    }
}

const SUBJECT: (BuildId, ModuleIx) = (BuildId(0), ModuleIx(0));

/// An orchestrator whose only module was asked for, with the calls that it made.
struct Asked {
    orchestrator: Orchestrator,
    now: Timestamp,
    made: Vec<(CallId, Call)>,
}

impl Asked {
    fn new(setup: &Setup, limits: impl FnOnce(&mut Limits)) -> Self {
        let mut of_setup = setup.limits(9);
        limits(&mut of_setup);
        let (approach, cascade) = (Approach::OrchestratorOwned, Cascade::Planned);
        let orchestrator = Orchestrator::new(&setup.catalog, approach, cascade, of_setup);
        let mut asked = Self { orchestrator, now: Timestamp(0), made: Vec::new() };
        let module = Arc::clone(&setup.catalog.module(ModuleIx(0)).id);
        asked.hear(Event::Requested { request: 0, module });
        asked
    }

    /// Returns the commands that an event leads to.
    fn hear(&mut self, event: Event) -> Vec<Command> {
        let mut out = Vec::new();
        self.orchestrator.handle(&event, self.now, &mut out);
        self.orchestrator.check_invariants();
        for command in &out {
            if let Command::Call { id, call } = command {
                self.made.retain(|(known, _)| known != id);
                self.made.push((*id, call.clone()));
            }
        }
        out
    }

    /// Returns the number of the last call of a kind.
    fn id(&self, kind: CallKind) -> CallId {
        let mut made = self.made.iter().rev();
        made.find(|(_, call)| call.kind() == kind).expect("it was made").0
    }

    /// Answers the last call of a kind.
    fn answer(&mut self, kind: CallKind, answer: Answer) -> Vec<Command> {
        let call = self.id(kind);
        self.hear(Event::Answered { call, answer })
    }

    fn done(&mut self, kind: CallKind) -> Vec<Command> {
        self.answer(kind, Answer::Done(Reply::Nothing))
    }

    /// Lets the module be built, up to its repo.
    fn built(mut self) -> Self {
        let (build, _) = SUBJECT;
        let end = ComponentEnd::Complete;
        self.done(CallKind::Fetch);
        self.done(CallKind::CreateTarget);
        self.done(CallKind::BuildComponent);
        self.hear(Event::ComponentEnded { build, component: ComponentIx(0), attempt: 1, end });
        self
    }
}

/// Returns the calls among some commands.
fn calls(commands: &[Command]) -> Vec<Call> {
    let call = |command: &Command| match command {
        Command::Call { call, .. } => Some(call.clone()),
        Command::Look { .. } | Command::Tell(_) | Command::Timer { .. } => None,
    };
    commands.iter().filter_map(call).collect()
}

/// Asserts that the last call of a kind, when it is refused, is made again after a minute, and that a
/// refusal which comes twice counts once.
#[track_caller]
fn is_made_again(asked: &mut Asked, kind: CallKind) {
    let id = asked.id(kind);
    let call = asked.made.iter().find(|(known, _)| *known == id).unwrap().1.clone();
    let at = asked.now + Millis::from_secs(60);
    let timer = Timer::Party { party: call.party(), is_away: false };
    let wait = Command::Timer { at, timer: timer.clone() };
    assert_eq!(asked.answer(kind, Answer::Refused), [wait]);
    assert_eq!(asked.answer(kind, Answer::Refused), []);
    assert_eq!(asked.hear(Event::Timer { timer: timer.clone() }), [], "too early");
    asked.now = at;
    let made = asked.hear(Event::Timer { timer: timer.clone() });
    assert_eq!(made, [Command::Call { id, call }]);
    assert_eq!(asked.hear(Event::Timer { timer }), [], "once");
}

#[test]
fn a_publication_that_the_bus_refuses_is_made_again() {
    let setup = setup(Approach::OrchestratorOwned, ALONE);
    let (build, _) = SUBJECT;
    for gated in [true, false] {
        let mut asked = Asked::new(&setup, |limits| limits.gates.module = gated).built();
        asked.done(CallKind::MakeRepo);
        asked.hear(Event::RepoEnded { build, attempt: 1, is_ok: true });
        is_made_again(&mut asked, CallKind::Publish);
    }
}

#[test]
fn a_request_for_a_test_that_is_refused_is_made_again() {
    // The results are overdue after 100 s, and asked for.
    let setup = setup(Approach::OrchestratorOwned, ALONE);
    let (build, module) = SUBJECT;
    let due = Event::Timer { timer: Timer::TestsDue { build } };
    let late = |limits: &mut Limits| limits.test_timeout = Millis::from_secs(100);
    let mut of_module = Asked::new(&setup, |limits| {
        late(limits);
        limits.gates.module = true;
    })
    .built();
    of_module.hear(Event::RepoEnded { build, attempt: 1, is_ok: true });
    let mut of_component = Asked::new(&setup, |limits| {
        late(limits);
        limits.gates.component = true;
    })
    .built();
    let component = Some(ComponentIx(0));
    for (asked, component) in [(&mut of_module, None), (&mut of_component, component)] {
        let request = Call::RequestTest { build, component, attempt: 1 };
        asked.now = Timestamp(100_000);
        assert!(calls(&asked.hear(due.clone())).contains(&request));
        is_made_again(asked, CallKind::RequestTest);
    }
    // A result that comes ends it.
    of_module.answer(CallKind::RequestTest, Answer::Refused);
    of_module.hear(Event::Tested { build, module, attempt: 1, passed: true });
    of_module.now = Timestamp(1_000_000);
    let timer = Timer::Party { party: Party::Tests, is_away: false };
    assert_eq!(of_module.hear(Event::Timer { timer }), []);
}

/// Lets a try of the repo fail, as whoever makes it says so.
fn fail_repo(asked: &mut Asked, by: RepoMaker, attempt: u32) -> Vec<Command> {
    if by == RepoMaker::Orchestrator {
        return asked.answer(CallKind::MakeRepo, Answer::Failed(CallFault::Broken));
    }
    asked.done(CallKind::MakeRepo);
    asked.hear(Event::RepoEnded { build: SUBJECT.0, attempt, is_ok: false })
}

#[test]
fn a_repo_that_cannot_be_made_is_made_again_after_growing_pauses() {
    let setup = setup(Approach::OrchestratorOwned, ALONE);
    let (build, module) = SUBJECT;
    for by in [RepoMaker::Orchestrator, RepoMaker::Koji] {
        let mut asked = Asked::new(&setup, |limits| limits.repo = by).built();
        let make = |attempt| Call::MakeRepo { build, module, attempt, by };
        assert_eq!(asked.made.last().unwrap().1, make(1));
        for (pause, attempt) in [60, 120, 240, 480, 960].into_iter().zip(1..) {
            let at = asked.now + Millis::from_secs(pause);
            let said = fail_repo(&mut asked, by, attempt);
            let [Command::Timer { at: when, timer }] = &said[..] else { panic!("{said:?}") };
            assert_eq!(*when, at);
            asked.now = at;
            assert_eq!(
                calls(&asked.hear(Event::Timer { timer: timer.clone() })),
                [make(attempt + 1)]
            );
            // What is said of an earlier try comes too late.
            assert_eq!(asked.hear(Event::RepoEnded { build, attempt, is_ok: true }), []);
        }
        // The sixth in a row is one too many.
        let said = fail_repo(&mut asked, by, 6);
        assert!(said.contains(&Command::Tell(Tell::Failed { build, module })));
    }
}

/// Returns a source-missing fault of module a.
fn missing(at: u64, lasts: Option<u64>) -> Fault {
    Fault { module: Some("a:1".to_owned()), ..fault(FaultKind::SourceMissing, at, lasts) }
}

#[test]
fn a_modulemd_that_is_missing_fails_its_build_before_anything_is_built() {
    let not_fetched = modplan::sim::Reason::CallFailed(CallKind::Fetch, None, CallFault::Missing);
    // a is asked for at 0 s. That the modulemd would be there at 150 s helps nobody, nor would retries.
    for approach in BOTH {
        for lasts in [None, Some(150)] {
            let mut setup = setup(approach, CHAIN);
            setup.conditions.retries = 3;
            setup.conditions.faults = vec![missing(0, lasts)];
            let run = run(&setup);
            ends(&run, Outcome::Failed, 0);
            assert_eq!(states(&run), [ModuleState::Failed, ModuleState::Blocked]);
            assert_eq!(run.modules[0].reason, Some(not_fetched.clone()));
            assert_eq!((run.figures.component_builds, run.figures.mails), (0, 1), "{approach:?}");
        }
        // One that is gone when it was fetched concerns nobody.
        let mut setup = setup(approach, CHAIN);
        setup.conditions.faults = vec![missing(1, None)];
        ends(&run(&setup), Outcome::Done, 200);
    }
}

#[test]
fn a_modulemd_that_somebody_puts_back_is_fetched_again() {
    // The mail of 0 s is answered after an hour: a is built until 3700 s and b until 3800 s.
    for approach in BOTH {
        let mut setup = setup(approach, CHAIN);
        setup.conditions.people = Some(People { fix: always(3600), waive_share: 0.0 });
        setup.conditions.faults = vec![missing(0, None)];
        let run = run(&setup);
        ends(&run, Outcome::Done, 3800);
        assert_eq!((run.tally.fixes, run.figures.component_builds), (1, 2), "{approach:?}");
        assert_eq!(run.modules[0].spent.stuck, Millis::from_secs(3600));
    }
}

#[test]
fn a_repair_of_something_else_puts_no_modulemd_back() {
    // a is fetched at 0 s, its modulemd is gone from 50 s on, and p0 fails at 100 s. It is repaired at
    // 3700 s: koji-owned has koji fetch a anew, in vain, and a second repair at 7300 s puts the modulemd
    // back; the other has it, and goes on.
    let modules: &[Module<'_>] = &[(&[], &[&[(100, false), (100, true)]])];
    for (approach, at, fixes, over) in
        [(Approach::KojiOwned, 7400, 2, 1), (Approach::OrchestratorOwned, 3800, 1, 0)]
    {
        let mut setup = setup(approach, modules);
        setup.conditions.people = Some(People { fix: always(3600), waive_share: 0.0 });
        setup.conditions.faults = vec![missing(50, None)];
        let run = run(&setup);
        ends(&run, Outcome::Done, at);
        assert_eq!((run.tally.fixes, overs(&run).len()), (fixes, over), "{approach:?}");
    }
}

/// Returns the seconds at which a fault was over.
fn overs(run: &Run) -> Vec<u64> {
    let is_over = |row: &&modplan::sim::LogRow| {
        matches!(row.what, Log::Fact(modplan::sim::Fact::FaultEnded { .. }))
    };
    run.log.iter().filter(is_over).map(|row| row.at.0 / 1000).collect()
}

#[test]
fn one_source_is_put_back_for_all_its_contexts() {
    // Both contexts of a:1 are made from it, the second after the first: repaired at 3600 s, they are
    // built until 3700 s and 3800 s. Whatever its time, the fault is over once.
    let part = |id: &str, is_start: bool, dependants: &[u32]| ModuleParts {
        id: id.to_owned(),
        wave: Some(1 + u32::from(!is_start)),
        is_start,
        dependants: dependants.to_vec(),
        planned_dependants: dependants.to_vec(),
        components: vec![ComponentParts::new(
            "p0",
            0,
            Vec::new(),
            vec![TaskParts { arch: "x86_64".into(), estimate_ms: 100_000 }],
        )],
        ..ModuleParts::default()
    };
    let mut builder = CatalogBuilder::default();
    builder.push(&part("a:1:c", true, &[1]));
    builder.push(&part("a:1:d", false, &[]));
    for approach in BOTH {
        for lasts in [None, Some(7200)] {
            let mut setup = with_catalog(builder.clone(), setup(approach, ALONE));
            setup.conditions.people = Some(People { fix: always(3600), waive_share: 0.0 });
            setup.conditions.faults = vec![missing(0, lasts)];
            let run = run(&setup);
            ends(&run, Outcome::Done, 3800);
            assert_eq!((run.tally.fixes, overs(&run)), (1, vec![3600]), "{approach:?}");
        }
    }
    // Nobody puts it back: it is over in its time.
    let mut setup = setup(Approach::KojiOwned, ALONE);
    setup.conditions.faults = vec![missing(0, Some(7200))];
    assert_eq!(overs(&run(&setup)), [7200]);
}

#[test]
fn what_fails_again_and_again_stands_once_in_a_digest() {
    // Mailed at 0 s. Taken up and failed again at 60 s and at 120 s: the digest of 600 s tells it once.
    let setup = setup(Approach::OrchestratorOwned, ALONE);
    let (build, module) = SUBJECT;
    let mut asked = Asked::new(&setup, |_| {});
    let failed = Concern { build, module, component: None, standing: Standing::BuildFailed };
    let to = Owner::of(&setup.catalog, module);
    let mail = Call::Mail { to, about: [failed].into() };
    let fail = Command::Tell(Tell::Failed { build, module });
    let gone = Answer::Failed(CallFault::Missing);
    let said = asked.answer(CallKind::Fetch, gone.clone());
    assert_eq!((calls(&said), said.contains(&fail)), (vec![mail.clone()], true));
    let timer = Timer::Digest { to };
    let at = Timestamp(600_000);
    for (now, request) in [(60_000, 1), (120_000, 2)] {
        asked.now = Timestamp(now);
        asked.hear(Event::Resumed { request, build, fixed: [].into() });
        let said = asked.answer(CallKind::Fetch, gone.clone());
        let armed = (request == 1).then(|| Command::Timer { at, timer: timer.clone() });
        assert_eq!(said, armed.into_iter().chain([fail.clone()]).collect::<Vec<_>>());
    }
    asked.now = at;
    assert_eq!(calls(&asked.hear(Event::Timer { timer })), [mail]);
}

#[test]
fn the_last_word_of_a_digest_is_how_it_stands() {
    // p0 is red, which is mailed at once; what follows waits for a digest. p1 is red, then both are
    // green; the module is red, p1 is repaired and built again, and is red once more.
    let setup = setup(Approach::OrchestratorOwned, &[(&[], &[PLAIN, PLAIN])]);
    let (build, module) = SUBJECT;
    let [p0, p1] = [ComponentIx(0), ComponentIx(1)];
    let gates = Gates { component: true, module: true };
    let mut asked = Asked::new(&setup, |limits| limits.gates = gates);
    let tested =
        |component, attempt, passed| Event::ComponentTested { build, component, attempt, passed };
    let built = |component, attempt| {
        let end = ComponentEnd::Complete;
        Event::ComponentEnded { build, component, attempt, end }
    };
    asked.done(CallKind::Fetch);
    asked.done(CallKind::CreateTarget);
    for event in [
        built(p0, 1),
        built(p1, 1),
        tested(p0, 1, false),
        tested(p1, 1, false),
        tested(p1, 1, true),
        tested(p0, 1, true),
    ] {
        asked.hear(event);
    }
    for (id, call) in asked.made.clone() {
        if call.kind() == CallKind::TagComponent {
            let answer = Answer::Done(Reply::Nothing);
            asked.hear(Event::Answered { call: id, answer });
        }
    }
    for event in [
        Event::RepoEnded { build, attempt: 1, is_ok: true },
        Event::Tested { build, module, attempt: 1, passed: false },
        Event::Resumed { request: 1, build, fixed: [p1].into() },
        built(p1, 2),
        tested(p1, 2, false),
        // Heard twice, it is said once.
        tested(p1, 2, false),
    ] {
        asked.hear(event);
    }
    asked.now = Timestamp(600_000);
    let to = Owner::of(&setup.catalog, module);
    let said = asked.hear(Event::Timer { timer: Timer::Digest { to } });
    let word = |component, standing| Concern { build, module, component, standing };
    let about = [
        word(Some(p1), Standing::NotPassed),
        word(Some(p1), Standing::Recovered),
        word(Some(p0), Standing::Recovered),
        word(None, Standing::NotPassed),
        word(Some(p1), Standing::NotPassed),
    ];
    assert_eq!(calls(&said), [Call::Mail { to, about: about.into() }]);
}

#[test]
fn a_modulemd_that_is_gone_fails_its_build_and_people_are_told() {
    let setup = setup(Approach::OrchestratorOwned, ALONE);
    let (build, module) = SUBJECT;
    let mut asked = Asked::new(&setup, |_| {});
    let gone = Answer::Failed(CallFault::Missing);
    let said = asked.answer(CallKind::Fetch, gone.clone());
    let fail = Command::Tell(Tell::Failed { build, module });
    assert!(said.contains(&fail), "{said:?}");
    let made = calls(&said);
    let [Call::Mail { about, .. }] = &made[..] else { panic!("{made:?}") };
    assert_eq!(about[0].standing, Standing::BuildFailed);
    assert_eq!(asked.answer(CallKind::Fetch, gone), [], "once");
    assert_eq!(asked.done(CallKind::Fetch), [], "too late");
    // Somebody puts it back, and asks to resume the build: it begins where it was.
    let resumed = asked.hear(Event::Resumed { request: 1, build, fixed: [].into() });
    assert_eq!(resumed[0], Command::Tell(Tell::Resumed { build, module }));
    assert_eq!(calls(&resumed), [Call::Fetch { build, module }]);
    assert_eq!(calls(&asked.done(CallKind::Fetch)), [Call::CreateTarget { build, module }]);
}
