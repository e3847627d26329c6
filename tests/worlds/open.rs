//! Modules that nobody planned: asked for by name, found by the dependency service, defined by an event,
//! or nowhere to be found.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use modplan::drive::{self, Entry, journal};
use modplan::orchestrate::{
    Answer, Approach, BuildId, Call, Cascade, Command, ComponentDefinition, ComponentEnd,
    Definition, Dispatch, Event, Fault, Gates, Orchestrator, Reply, RepoMaker, Row, Standing,
    TaskDefinition, TaskId, Tell,
};
use modplan::time::Timestamp;

fn component(key: &str) -> ComponentDefinition {
    ComponentDefinition {
        component: key.into(),
        package: key.into(),
        source: None,
        reference: None,
        batch: 2,
        after: Vec::new(),
        reused: false,
        tasks: vec![TaskDefinition {
            method: "buildArch".to_owned(),
            arch: "x86_64".into(),
            estimate_ms: 1000,
        }],
    }
}

fn definition(id: &str, components: &[&str]) -> Definition {
    let components = components.iter().map(|key| component(key)).collect();
    Definition { id: id.to_owned(), components, ..Definition::default() }
}

/// A run of which only `m:1:c` is planned.
fn heading(approach: Approach, cascade: Cascade) -> journal::Heading {
    let began = journal::Began {
        approach,
        cascade,
        dispatch: Dispatch::Wave,
        submit_limit: None,
        max_builds: 20,
        builds_before: 0,
        retries: 0,
        gates: Gates::default(),
        repo: RepoMaker::Koji,
        poll_ms: 600_000,
        test_timeout_ms: 86_400_000,
        seed: 1,
        durations: "replay".to_owned(),
    };
    let planned = Definition { wave: Some(1), is_start: true, ..definition("m:1:c", &["p"]) };
    journal::Heading::new(began, Vec::new(), vec![planned])
}

/// Everybody who answers: at once and well, as far as they know the module.
struct Parties {
    orchestrator: Orchestrator,
    entries: Vec<Entry>,
    /// What the sources answer, by module.
    sources: BTreeMap<&'static str, Definition>,
    /// What the dependency service answers, by module.
    rows: BTreeMap<&'static str, Vec<Row>>,
    events: VecDeque<Event>,
    /// What was asked and said, in words.
    heard: Vec<String>,
}

impl Parties {
    fn new(heading: &journal::Heading) -> Self {
        Self::of(heading.orchestrator(&heading.catalog().unwrap().into()))
    }

    fn of(orchestrator: Orchestrator) -> Self {
        let sources = [("x:1:c", definition("x:1:c", &["p", "q"]))].into();
        let (entries, events) = (Vec::new(), VecDeque::new());
        Self { orchestrator, entries, sources, rows: BTreeMap::new(), events, heard: Vec::new() }
    }

    fn requested(mut self, id: &str) -> Self {
        self.events.push_back(Event::Requested { request: 0, module: id.into() });
        self.finish();
        self
    }

    /// Hands events over until none is left.
    fn finish(&mut self) {
        while let Some(event) = self.events.pop_front() {
            let (now, mut out) = (Timestamp(self.entries.len() as u64), Vec::new());
            drive::step(&mut self.orchestrator, &mut self.entries, &event, now, &mut out).unwrap();
            self.orchestrator.check_invariants();
            out.iter().for_each(|command| self.carry_out(command));
        }
    }

    fn carry_out(&mut self, command: &Command) {
        let catalog = Arc::clone(self.orchestrator.catalog());
        let id = |module| catalog.module(module).id.to_string();
        let of = |component| id(catalog.component(component).module);
        let said = match command {
            Command::Call { id: number, call } => {
                let (said, answer) = match *call {
                    Call::Fetch { module, .. } => {
                        (format!("fetch {}", id(module)), self.fetched(&id(module)))
                    }
                    Call::BuildComponent { build, component, attempt, .. } => {
                        let end = ComponentEnd::Complete;
                        let ended = Event::ComponentEnded { build, component, attempt, end };
                        self.events.push_back(ended);
                        let key = catalog.key(component);
                        let said = format!("build {}/{key}", of(component));
                        (said, Answer::Done(Reply::Task(TaskId(number.0))))
                    }
                    Call::MakeRepo { build, attempt, .. } => {
                        self.events.push_back(Event::RepoEnded { build, attempt, is_ok: true });
                        (String::new(), Answer::Done(Reply::Nothing))
                    }
                    Call::AskDependants { module, .. } => {
                        let rows = self.rows.get(&*id(module)).cloned().unwrap_or_default();
                        (format!("ask {}", id(module)), Answer::Done(Reply::Rows(rows.into())))
                    }
                    Call::BuildModule { module, .. } => {
                        (format!("koji: {}", id(module)), Answer::Done(Reply::Nothing))
                    }
                    Call::Mail { ref about, .. } => {
                        let what = (id(about[0].module), about[0].standing);
                        (format!("mail {what:?}"), Answer::Done(Reply::Nothing))
                    }
                    Call::CreateTarget { .. }
                    | Call::WaitRepo { .. }
                    | Call::Import { .. }
                    | Call::EndTask { .. }
                    | Call::CancelComponent { .. }
                    | Call::TagComponent { .. }
                    | Call::Publish { .. }
                    | Call::RequestTest { .. }
                    | Call::Poll { .. } => (String::new(), Answer::Done(Reply::Nothing)),
                };
                self.events.push_back(Event::Answered { call: *number, answer });
                said
            }
            Command::Look { id: call, .. } => {
                self.events.push_back(Event::Answered { call: *call, answer: Answer::Absent });
                String::new()
            }
            Command::Tell(Tell::Ready { module, .. }) => format!("ready {}", id(*module)),
            Command::Tell(Tell::Failed { module, .. }) => format!("failed {}", id(*module)),
            Command::Tell(_) | Command::Timer { .. } => String::new(),
        };
        self.heard.extend(Some(said).filter(|said| !said.is_empty()));
    }

    fn fetched(&self, id: &str) -> Answer {
        match self.sources.get(id) {
            Some(definition) => Answer::Done(Reply::Definition(Arc::new(definition.clone()))),
            None if id == "m:1:c" => Answer::Done(Reply::Nothing),
            None => Answer::Failed(Fault::Missing),
        }
    }

    /// Returns what was said of module builds that ended.
    fn ends(&self) -> BTreeSet<&str> {
        let is_end = |said: &&str| said.starts_with("ready") || said.starts_with("failed");
        self.heard.iter().map(String::as_str).filter(is_end).collect()
    }
}

fn row(id: &str, requires: &[&str]) -> Row {
    Row { module: id.into(), version: 2, requires: requires.iter().map(|&id| id.into()).collect() }
}

/// `m:1:c` passes. `x:1:c` was built with it, `y:1:c` was not although the service returns it, and
/// nobody can fetch `z:1:c`.
fn with_dependants(heading: &journal::Heading) -> Parties {
    let mut parties = Parties::new(heading);
    let rows = vec![row("z:1:c", &["m:1:c"]), row("x:1:c", &["m:1:c"]), row("y:1:c", &["m:2:c"])];
    parties.rows.insert("m:1:c", rows);
    parties.requested("m:1:c")
}

const OWNED: Approach = Approach::OrchestratorOwned;

#[test]
fn a_request_for_a_module_that_nobody_planned_fetches_its_definition_and_builds_it() {
    for cascade in [Cascade::Literal, Cascade::Coalesced, Cascade::Planned] {
        let parties = Parties::new(&heading(OWNED, cascade)).requested("x:1:c");
        let asks = (cascade != Cascade::Planned).then_some("ask x:1:c");
        let built = ["fetch x:1:c", "build x:1:c/p", "build x:1:c/q", "ready x:1:c"];
        let wanted: Vec<&str> = built.into_iter().chain(asks).collect();
        assert_eq!(parties.heard, wanted, "{cascade:?}");
    }
}

#[test]
fn a_dependant_that_nobody_planned_is_fetched_and_rebuilt_and_other_rows_are_not() {
    let parties = with_dependants(&heading(OWNED, Cascade::Literal));
    let missing = format!("mail {:?}", ("z:1:c", Standing::NotDefined));
    let wanted = [
        "build m:1:c/p",
        "ready m:1:c",
        "ask m:1:c",
        "fetch z:1:c",
        "fetch x:1:c",
        &missing,
        "failed z:1:c",
        "build x:1:c/p",
        "build x:1:c/q",
        "ready x:1:c",
        "ask x:1:c",
    ];
    assert_eq!(parties.heard[1..], wanted);
    assert_eq!(parties.heard[0], "fetch m:1:c");
}

#[test]
fn a_module_that_nobody_can_define_fails_with_its_reason_until_somebody_defines_it() {
    let other = definition("x:2:c", &["p"]);
    let mut contradiction = definition("x:1:c", &["p"]);
    contradiction.components[0].after.push("q".into());
    let answers = [None, Some(other), Some(contradiction)];
    for answer in answers {
        let mut parties = Parties::new(&heading(OWNED, Cascade::Planned));
        parties.sources.clear();
        parties.sources.extend(answer.map(|definition| ("x:1:c", definition)));
        let mut parties = parties.requested("x:1:c");
        let missing = format!("mail {:?}", ("x:1:c", Standing::NotDefined));
        assert_eq!(parties.heard, ["fetch x:1:c", &missing, "failed x:1:c"]);
        // Somebody puts it where it should be.
        parties.sources.insert("x:1:c", definition("x:1:c", &["p"]));
        let fixed = [].into();
        parties.events.push_back(Event::Resumed { request: 1, build: BuildId(0), fixed });
        parties.finish();
        assert_eq!(parties.heard[3..], ["fetch x:1:c", "build x:1:c/p", "ready x:1:c"]);
    }
}

#[test]
fn a_definition_may_come_before_the_request_and_the_first_one_holds() {
    let mut parties = Parties::new(&heading(OWNED, Cascade::Planned));
    for components in [&["a", "b"][..], &["z"]] {
        let definition = Arc::new(definition("x:1:c", components));
        parties.events.push_back(Event::Defined { definition });
    }
    let parties = parties.requested("x:1:c");
    let wanted = ["fetch x:1:c", "build x:1:c/a", "build x:1:c/b", "ready x:1:c"];
    assert_eq!(parties.heard, wanted);
    // One without components is passed through, also where that is known only later.
    let mut parties = Parties::new(&heading(OWNED, Cascade::Planned));
    parties.sources.insert("e:1:c", definition("e:1:c", &[]));
    assert_eq!(parties.requested("e:1:c").heard, ["fetch e:1:c", "ready e:1:c"]);
}

#[test]
fn two_builds_of_a_module_that_nobody_defined_yet_are_both_built() {
    let mut parties = Parties::new(&heading(OWNED, Cascade::Literal));
    parties.events.push_back(Event::Requested { request: 7, module: "x:1:c".into() });
    let parties = parties.requested("x:1:c");
    let count = |what: &str| parties.heard.iter().filter(|heard| *heard == what).count();
    assert_eq!((count("fetch x:1:c"), count("build x:1:c/q"), count("ready x:1:c")), (2, 2, 2));
}

#[test]
fn koji_is_asked_for_a_dependant_that_nobody_planned() {
    let mut parties = Parties::new(&heading(Approach::KojiOwned, Cascade::Literal));
    let rows = vec![row("x:1:c", &["m:1:c"]), row("y:1:c", &["m:2:c"])];
    parties.rows.insert("m:1:c", rows);
    let tested = |build, module| Event::Tested { build, module, attempt: 1, passed: true };
    let planned = parties.orchestrator.catalog().find("m:1:c").unwrap();
    parties.events.push_back(tested(BuildId(0), planned));
    parties.finish();
    assert_eq!(parties.heard, ["ask m:1:c", "koji: x:1:c"]);
    // The bus says that a module passed of which nobody has heard: its message names it first.
    parties.rows.insert("v:1:c", vec![row("w:1:c", &["v:1:c"])]);
    let definition = Arc::new(definition("v:1:c", &[]));
    parties.events.push_back(Event::Defined { definition });
    parties.finish();
    let unplanned = parties.orchestrator.catalog().find("v:1:c").unwrap();
    parties.events.push_back(tested(BuildId(1), unplanned));
    parties.finish();
    assert_eq!(parties.heard[2..], ["ask v:1:c", "koji: w:1:c"]);
}

/// Reads a journal that has so many of the entries.
fn read(heading: &journal::Heading, entries: &[Entry]) -> journal::Journal {
    let text = journal::write(heading, &heading.catalog().unwrap().into(), entries);
    journal::read(text.as_bytes()).unwrap().unwrap()
}

#[test]
fn a_journal_with_definitions_that_came_in_mid_run_folds_and_is_resumed_from_every_prefix() {
    let heading = heading(OWNED, Cascade::Literal);
    let whole = with_dependants(&heading);
    assert_eq!(whole.ends(), BTreeSet::from(["ready m:1:c", "ready x:1:c", "failed z:1:c"]));
    let mut lived = heading.orchestrator(&heading.catalog().unwrap().into());
    for kept in 0..=whole.entries.len() {
        let journal = read(&heading, &whole.entries[..kept]);
        assert_eq!(journal.entries, whole.entries[..kept]);
        let mut folded = journal.heading.orchestrator(&journal.catalog);
        drive::recover(&mut folded, &journal.entries);
        assert_eq!(format!("{folded:?}"), format!("{lived:?}"), "{kept} rows");
        // Answers are lost with the process that asked. What else was not heard yet comes after all.
        let mut parties = Parties { rows: whole.rows.clone(), ..Parties::of(folded) };
        parties.events.push_back(Event::Restarted);
        let left = whole.entries[kept..].iter().map(|(_, event)| event.clone());
        parties.events.extend(left.filter(|event| !matches!(event, Event::Answered { .. })));
        parties.finish();
        let ends: BTreeSet<String> = said_by(&heading, &whole.entries[..kept])
            .into_iter()
            .chain(parties.ends().into_iter().map(str::to_owned))
            .collect();
        assert_eq!(ends.iter().map(String::as_str).collect::<BTreeSet<_>>(), whole.ends());
        if let Some((at, event)) = whole.entries.get(kept) {
            lived.handle(event, *at, &mut Vec::new());
        }
    }
}

/// Returns what an orchestrator says of module builds that ended, by some entries.
fn said_by(heading: &journal::Heading, entries: &[Entry]) -> BTreeSet<String> {
    let mut orchestrator = heading.orchestrator(&heading.catalog().unwrap().into());
    let mut out = Vec::new();
    for (at, event) in entries {
        orchestrator.handle(event, *at, &mut out);
    }
    let id = |module| &orchestrator.catalog().module(module).id;
    let said = |command| match command {
        Command::Tell(Tell::Ready { module, .. }) => Some(format!("ready {}", id(module))),
        Command::Tell(Tell::Failed { module, .. }) => Some(format!("failed {}", id(module))),
        Command::Tell(_) | Command::Call { .. } | Command::Look { .. } | Command::Timer { .. } => {
            None
        }
    };
    out.into_iter().filter_map(said).collect()
}

#[test]
fn what_else_the_inputs_hold_changes_neither_the_run_nor_the_rows_of_its_journal() {
    let heading = heading(OWNED, Cascade::Literal);
    let whole = with_dependants(&heading);
    let rows = |heading: &journal::Heading, parties: &Parties| {
        let text = journal::write(heading, &heading.catalog().unwrap().into(), &parties.entries);
        text.split_once('\n').unwrap().1.to_owned()
    };
    // Modules before and between those that the run names, and an estimate that moves a component.
    let mut more = heading.clone();
    more.modules.push(definition("a:1:c", &["p", "q"]));
    more.modules.push(definition("w:1:c", &["p"]));
    more.modules[0].components[0].tasks[0].estimate_ms = 5;
    assert_eq!(more.run(), heading.run());
    assert_eq!(rows(&more, &with_dependants(&more)), rows(&heading, &whole));
    // One that is defined with the inputs is not fetched to learn what it is, and built all the same.
    more.modules.push(definition("x:1:c", &["p", "q"]));
    assert_eq!(more.run(), heading.run());
    let sorted = |parties: &Parties| parties.heard.iter().cloned().collect::<BTreeSet<_>>();
    assert_eq!(sorted(&with_dependants(&more)), sorted(&whole));
}
