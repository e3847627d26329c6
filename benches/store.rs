//! The store in a file: what journalling an event costs beside a bare synced append to the same disk in
//! the same run, how long a run of 10⁵ events takes to be read from there and folded, and how long a journal
//! of 10⁶ events does.
//!
//! Goals: 1.5 times, 3 s and 5 s. `cargo bench --features live --bench store` prints all three. The files are
//! under `target`: what is measured is the disk of the checkout.

use std::path::Path;
use std::sync::Arc;

use modplan::drive::journal::{self, Began, Heading};
use modplan::live::execute::{Course, take};
use modplan::name::{Arch, ComponentKey, PackageName};
use modplan::orchestrate::{
    Approach, Cascade, ComponentDefinition, Definition, Dispatch, Gates, TaskDefinition,
};
use modplan::sim::{Conditions, DurationMode, Outcomes, Setup, Slots, SlotsGroup, Subjects, World};
use modplan::store::{Holder, NewRun, Store, UnixMillis};
use modplan::time::Millis;
use modplan::trace::{BUILD_ARCH, History, Row, RowOutcome, Samples};

#[path = "store/append.rs"]
mod append;
#[path = "support/clock.rs"]
mod clock;

use clock::{ROUNDS, median, timed};

const NOW: UnixMillis = UnixMillis(1_800_000_000_000);
/// What a run decided that builds nothing.
const WORK: &str = "{\"builds\":[],\"submitted_seconds\":0,\"priority\":5,\"poll_ms\":10,\"spool\":null,\
    \"takes_over\":[],\"gate\":null,\
    \"limits\":{\"repos_in_flight\":4,\"submit_interval_ms\":0,\"failures\":{\"share\":0.2,\"from\":10},\
    \"farm_load_max\":null}}";
const EVENTS: usize = 100_000;
/// So many modules have more than [`EVENTS`].
const MODULES: usize = 120;
/// Of the journal that is folded without a store.
const EVENTS_OF_JOURNAL: usize = 10 * EVENTS;
const COMPONENTS: usize = 400;
/// Of a resume, which takes long.
const RESUMES: usize = ROUNDS / 8;

fn main() {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    append::append(directory.path());
    resume(directory.path());
    fold();
}

/// Reads a journal and folds it.
#[expect(clippy::print_stdout, reason = "a bench prints what it measured")]
fn fold() {
    let text = journal_of_a_large_run(10 * MODULES);
    let lines = text.split_inclusive('\n').take(1 + EVENTS_OF_JOURNAL);
    let bytes: usize = lines.map(str::len).sum();
    let once = |_| {
        let (seconds, events) = timed(|| {
            let read = journal::read(&text.as_bytes()[..bytes]).expect("it is sound");
            let journal = read.expect("it has a heading");
            Course::new(&journal.heading, &journal.entries, |_| {}).rows()
        });
        assert_eq!(events, EVENTS_OF_JOURNAL as u64, "the run is large enough");
        seconds
    };
    let seconds = median((0..RESUMES).map(once).collect());
    println!("fold of {EVENTS_OF_JOURNAL} events: {seconds:.2} s, goal 5 s");
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(work)
}

#[expect(clippy::print_stdout, reason = "a bench prints what it measured")]
fn resume(directory: &Path) {
    let url = format!("sqlite:{}", directory.join("resume.db").display());
    let text = journal_of_a_large_run(MODULES);
    let mut lines = text.split_inclusive('\n').map(str::to_owned);
    let new = NewRun {
        run: "r1".to_owned(),
        hub: "https://koji.example.org/kojihub".to_owned(),
        approach: "orchestrator-owned".to_owned(),
        heading: lines.next().expect("a heading"),
        work: WORK.to_owned(),
        streams: Vec::new(),
        indexes: Vec::new(),
    };
    let lines: Vec<String> = lines.take(EVENTS).collect();
    assert_eq!(lines.len(), EVENTS, "the run is large enough");
    let me = Holder::this_process();
    block_on(async {
        let store = Store::open(&url).await.expect("it opens");
        let mut driven = store.begin(&new, &me, NOW, 60_000).await.expect("it begins");
        store.append(&mut driven, &lines, NOW).await.expect("they are kept");
        store.close().await;
    });
    let once = |_| {
        let (seconds, run) = timed(|| {
            block_on(async {
                let store = Store::open(&url).await.expect("it opens");
                let taken = take(&store, "r1", &me, NOW, 60_000).await.expect("it is ours");
                Course::new(&taken.heading, &taken.entries, |_| {})
            })
        });
        assert_eq!(run.rows(), EVENTS as u64);
        seconds
    };
    let seconds = median((0..RESUMES).map(once).collect());
    println!("resume of {EVENTS} events: {seconds:.2} s, goal 3 s");
}

/// Simulates a run of many components; returns its journal.
fn journal_of_a_large_run(modules: usize) -> String {
    let definitions: Vec<Definition> = (0..modules).map(|at| module(at, modules)).collect();
    let conditions = Conditions::default();
    let began = Began {
        approach: Approach::OrchestratorOwned,
        cascade: Cascade::Planned,
        dispatch: Dispatch::Graph,
        submit_limit: None,
        max_builds: 1_000_000,
        builds_before: 0,
        retries: conditions.retries,
        gates: Gates { component: true, module: true },
        repo: conditions.repo,
        poll_ms: conditions.poll.0,
        test_timeout_ms: 86_400_000,
        seed: 1,
        durations: DurationMode::Resample.as_str().to_owned(),
    };
    let heading = Heading::new(began, Vec::new(), definitions);
    let catalog = Arc::new(heading.catalog().expect("it is sound"));
    let setup = Setup {
        subjects: Arc::new(Subjects::new(&catalog, std::iter::repeat(0))),
        catalog: Arc::clone(&catalog),
        samples: Arc::new(vec![samples()]),
        slots: Slots {
            groups: vec![SlotsGroup {
                name: "x86".to_owned(),
                count: 200,
                arches: vec!["x86_64".into()],
            }],
        },
        hub: None,
        approach: Approach::OrchestratorOwned,
        cascade: Cascade::Planned,
        dispatch: Dispatch::Graph,
        submit_limit: u32::MAX,
        builds_max: 1_000_000,
        durations: DurationMode::Resample,
        outcomes: Outcomes::History,
        conditions: Conditions { gates: Gates { component: true, module: true }, ..conditions },
        seed: 1,
    };
    let mut entries = Vec::new();
    World::new(&setup).run_through(0, &mut |orchestrator, event, now, out| {
        entries.push((now, event.clone()));
        orchestrator.handle(event, now, out);
    });
    journal::write(&heading, &catalog, &entries)
}

fn module(at: usize, modules: usize) -> Definition {
    let id = |at: usize| format!("module-{at:04}:1:00000000");
    let later = (1..=2).map(|step| at + 5 * step).filter(|&to| to < modules).map(id);
    let component = |number: usize| ComponentDefinition {
        component: ComponentKey::from(&*format!("package-{number:04}")),
        package: PackageName::from(&*format!("package-{number:04}")),
        source: None,
        reference: None,
        batch: 2 + u32::try_from(number % 3).expect("small"),
        after: Vec::new(),
        reused: false,
        tasks: vec![TaskDefinition {
            method: "buildArch".to_owned(),
            arch: Arch::from("x86_64"),
            estimate_ms: 300_000,
        }],
    };
    Definition {
        id: id(at),
        wave: Some(1 + u32::try_from(at / 5).expect("small")),
        is_start: at < 5,
        planned_dependants: later.collect(),
        components: (0..COMPONENTS).map(component).collect(),
        ..Definition::default()
    }
}

fn samples() -> Samples {
    let row = |minutes: u64| Row {
        package: "p".into(),
        method: BUILD_ARCH.into(),
        arch: "x86_64".into(),
        run: Millis(60_000 * minutes),
        outcome: RowOutcome::Closed,
        queued: None,
        started_at: None,
        module: None,
        nvr: None,
        source: None,
    };
    let history = History::from_rows((1..20).map(row).collect());
    history.samples(BUILD_ARCH, &"p".into(), &"x86_64".into())
}
