use super::*;
use crate::orchestrate::{
    Answer, BuildId, Call, CallId, Command, ComponentDefinition, ComponentEnd, ComponentIx,
    ModuleIx, Party, Reply, TaskDefinition, TaskId, Timer,
};

fn component(key: &str, estimate_ms: u64) -> ComponentDefinition {
    ComponentDefinition {
        component: key.into(),
        package: key.into(),
        source: None,
        reference: Some("stream-1".to_owned()),
        batch: 2,
        after: Vec::new(),
        reused: false,
        tasks: vec![TaskDefinition {
            method: "buildArch".to_owned(),
            arch: "x86_64".into(),
            estimate_ms,
        }],
    }
}

fn module(id: &str, components: Vec<ComponentDefinition>) -> Definition {
    Definition { id: id.to_owned(), wave: Some(1), components, ..Definition::default() }
}

fn heading_of(modules: Vec<Definition>) -> Heading {
    let began = Began {
        approach: Approach::OrchestratorOwned,
        cascade: Cascade::Planned,
        dispatch: Dispatch::Graph,
        submit_limit: None,
        max_builds: 10,
        builds_before: 0,
        retries: 1,
        gates: Gates { component: false, module: true },
        repo: RepoMaker::Koji,
        poll_ms: 600_000,
        test_timeout_ms: 86_400_000,
        seed: 1,
        durations: "replay".to_owned(),
    };
    let input = |kind: &str, path: &str| InputFile {
        kind: kind.to_owned(),
        path: path.to_owned(),
        sha256: "0".repeat(64),
    };
    Heading::new(began, vec![input("trace", "trace.csv")], modules)
}

/// Two components; the first takes longest.
fn heading() -> Heading {
    heading_of(vec![module("m:1:c", vec![component("p", 200), component("q", 100)])])
}

/// Returns one event of every kind.
fn entries() -> Vec<Entry> {
    let (build, module, component) = (BuildId(0), ModuleIx(0), ComponentIx(1));
    let (attempt, passed) = (1, true);
    let events = vec![
        Event::Requested { request: 0, module: "m:1:c".into() },
        Event::Answered { call: CallId(0), answer: Answer::Done(Reply::Task(TaskId(7))) },
        Event::Answered { call: CallId(1), answer: Answer::Unknown },
        Event::ComponentEnded { build, component, attempt, end: ComponentEnd::Complete },
        Event::ComponentTested { build, component, attempt, passed },
        Event::RepoEnded { build, attempt, is_ok: false },
        Event::Tested { build, module, attempt, passed },
        Event::Waived { build, module, component: Some(component) },
        Event::Waived { build, module, component: None },
        Event::Resumed { request: 1, build, fixed: [component].into() },
        Event::Canceled { request: 2, build },
        Event::Restarted,
        Event::Timer { timer: Timer::Poll },
        Event::Timer { timer: Timer::Party { party: Party::Hub, is_away: false } },
        Event::Timer { timer: Timer::Call { id: CallId(3) } },
        Event::Timer { timer: Timer::TestsDue { build } },
        Event::Timer { timer: Timer::Digest { to: crate::orchestrate::Owner(0) } },
    ];
    events.into_iter().zip(0..).map(|(event, at)| (Timestamp(at * 1500), event)).collect()
}

fn text() -> String {
    let heading = heading();
    write(&heading, &heading.catalog().unwrap().into(), &entries())
}

fn wrong(text: impl AsRef<[u8]>) -> (usize, String) {
    let error = read(text.as_ref()).unwrap_err();
    (error.line, error.what)
}

#[test]
fn every_kind_of_event_reads_back() {
    let journal = read(text().as_bytes()).unwrap().unwrap();
    assert_eq!(journal.heading, heading());
    assert_eq!(journal.entries, entries());
    assert_eq!(journal.whole_bytes, text().len());
}

#[test]
fn a_journal_cut_at_every_byte_of_its_last_line_recovers_all_before_it() {
    let text = text();
    let last = text[..text.len() - 1].rfind('\n').unwrap() + 1;
    let all = entries();
    for end in last..text.len() {
        let journal = read(&text.as_bytes()[..end]).unwrap().unwrap();
        assert_eq!(journal.entries, all[..all.len() - 1], "cut at byte {end}");
        assert_eq!(journal.whole_bytes, last, "cut at byte {end}");
    }
    // A torn heading means that the run did not begin.
    let heading = text.find('\n').unwrap();
    for end in 0..=heading {
        assert!(read(&text.as_bytes()[..end]).unwrap().is_none(), "cut at byte {end}");
    }
    // A file system may leave other bytes in the place of the line.
    let zeros = [&text.as_bytes()[..last], &[0; 40]].concat();
    assert_eq!(read(&zeros).unwrap().unwrap().entries.len(), all.len() - 1);
}

#[test]
fn a_damaged_line_that_is_not_the_last_is_an_error_with_its_number() {
    let text = text();
    let damaged = "the line is damaged: its checksum does not match".to_owned();
    assert_eq!(
        wrong(text.replace("m:1:c/q\",\"attempt\":1,\"end\"", "m:1:c/p\",\"attempt\":1,\"end\"")),
        (5, damaged.clone())
    );
    let lines: Vec<&str> = text.lines().collect();
    let gap = [&lines[..3], &lines[4..]].concat().join("\n") + "\n";
    assert_eq!(wrong(gap), (4, "row 3 is in the place of row 2".to_owned()));
    assert_eq!(wrong(format!("{}\n{}\n", &lines[0][1..], lines[1])), (1, damaged));
    let by_an_editor = text.replace('\n', "\r\n");
    assert_eq!(read(by_an_editor.as_bytes()).unwrap().unwrap().entries, entries());
}

#[test]
fn other_formats_are_refused_in_words() {
    let old =
        r#"{"format":3,"run":"orchestrator-owned/planned/seed 1/ab","inputs":{},"check":"x"}"#;
    let error = read(format!("{old}\n").as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "line 1: format 3 is older than 4 and can no longer be read");
    assert_eq!(error.hint, "run it again with --journal and a new file");
    let newer = text().replace("\"format\":4", "\"format\":5");
    assert!(wrong(newer).1.starts_with("format 5 is newer than this modplan"));
}

#[test]
fn names_that_nothing_before_them_names_are_errors() {
    let heading = heading();
    let other = heading_of(vec![module("n:1:c", vec![component("p", 1), component("r", 1)])]);
    let text = heading.line() + &row(0, Timestamp(0), &entries()[3].1, &other.catalog().unwrap());
    assert_eq!(wrong(text), (2, "it refers to n:1:c/r, which no earlier row names".to_owned()));
    let twice = heading_of(vec![module("m:1:c", vec![]), module("m:1:c", vec![])]);
    assert_eq!(wrong(twice.line()), (1, "m:1:c is defined twice".to_owned()));
}

#[test]
fn estimates_traces_and_modules_that_are_not_rebuilt_change_no_identity_and_break_no_journal() {
    let first = heading();
    let text = text();
    let mut modules = first.modules.clone();
    // q takes longest now, so that components are numbered otherwise; another module is known.
    modules[0].components[1].tasks[0].estimate_ms = 900;
    modules.push(Definition { wave: None, ..module("a:1:c", vec![component("z", 1)]) });
    let mut later = heading_of(modules);
    later.inputs[0].sha256 = "1".repeat(64);
    assert_eq!(later.run(), first.run());
    let named = |heading: &Heading| {
        let catalog = heading.catalog().unwrap();
        catalog.key(ComponentIx(u32::try_from(catalog.components.len()).unwrap() - 1)).clone()
    };
    assert_ne!(named(&later), named(&first), "the numbers differ");
    assert_eq!(read(text.as_bytes()).unwrap().unwrap().entries, entries());
    // The rebuilt modules and the seed do.
    let mut other = first.clone();
    other.began.seed = 2;
    assert_ne!(other.run(), first.run());
    let more = heading_of(vec![module("m:1:c", vec![component("p", 200)])]);
    assert_ne!(more.run(), first.run());
}

#[test]
fn a_journal_gives_its_orchestrator_back_from_every_prefix() {
    let journal = read(text().as_bytes()).unwrap().unwrap();
    let mut lived = journal.heading.orchestrator(&journal.catalog);
    for kept in 0..=journal.entries.len() {
        let mut folded = journal.heading.orchestrator(&journal.catalog);
        super::super::recover(&mut folded, &journal.entries[..kept]);
        assert_eq!(format!("{folded:?}"), format!("{lived:?}"), "{kept} rows");
        if let Some((at, event)) = journal.entries.get(kept) {
            lived.handle(event, *at, &mut Vec::new());
        }
    }
    // The last call is looked up, not repeated.
    let mut folded = journal.heading.orchestrator(&journal.catalog);
    folded.handle(
        &Event::Requested { request: 0, module: "m:1:c".into() },
        Timestamp(0),
        &mut Vec::new(),
    );
    let (mut out, build, module) = (Vec::new(), BuildId(0), ModuleIx(0));
    folded.handle(
        &Event::Answered { call: CallId(0), answer: Answer::Done(Reply::Nothing) },
        Timestamp(0),
        &mut out,
    );
    let target = Call::CreateTarget { build, module };
    assert_eq!(out, [Command::Call { id: CallId(1), call: target.clone() }]);
    out.clear();
    folded.handle(&Event::Restarted, Timestamp(0), &mut out);
    assert_eq!(out[0], Command::Look { id: CallId(1), call: target });
}
