//! Runs at the mock hub by the engine that the simulator runs: to the end, cut short at every row, and
//! with a journal that is too old.

mod conflicts;
mod faults;
mod final_repo;
pub(super) mod forge;
mod gates;
mod harms;
mod limits;
mod rebuild;
mod whole;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use modplan::drive::journal::{self, Began, Heading};
use modplan::koji::calls::{GetLoggedInUser, GetTag, ListTagged, ListTasks, Map};
use modplan::koji::shapes::Task;
use modplan::koji::{RowsOrCount, TaskState, Value};
use modplan::live::execute::{Driven, News, Rows, Run, Session, StoreRows, Watch, Work, drive};
use modplan::live::hub::Hub;
use modplan::orchestrate::{Approach, Cascade, Dispatch, Gates, RepoMaker};
use modplan::status::ModuleState;
use modplan::store::{Holder, NewRun, Store, UnixMillis};

use super::mock_koji::wire::{Trouble, Wire};
use super::mock_koji::{Mock, alice, block_on, options};
use rebuild::{Rebuilt, TOOL, USER, definitions, definitions_of, work, work_of};

/// Keeps rows in memory, and no more than some: the next is where the process dies.
#[derive(Default)]
struct Kept {
    rows: Vec<String>,
    left: Option<usize>,
}

/// The process died: what it wanted to keep is lost.
#[derive(Debug, PartialEq, Eq)]
struct Died;

impl Rows for Kept {
    type Error = Died;

    async fn keep(&mut self, rows: &[String]) -> Result<(), Died> {
        let room = self.left.unwrap_or(usize::MAX);
        let kept = rows.len().min(room);
        self.rows.extend_from_slice(&rows[..kept]);
        self.left = self.left.map(|left| left - kept);
        if kept == rows.len() { Ok(()) } else { Err(Died) }
    }
}

/// A run at a hub, with what is kept of it.
struct Case {
    mock: Mock,
    heading: Heading,
    started_ms: i64,
    work: Work,
    rows: RefCell<Vec<String>>,
}

impl Case {
    fn start(retries: u32, arguments: &[&str]) -> Self {
        let mock = Mock::start(&[&["--speed", "20000"], arguments].concat());
        Self::of_stream("1", retries, mock)
    }

    /// Prepares the run of a module's stream.
    fn of_stream(stream: &str, retries: u32, mock: Mock) -> Self {
        show_logs();
        let heading = Heading::new(began(retries), Vec::new(), definitions(stream));
        let started_ms = now_ms();
        let work = work(stream, started_ms / 1000 - 3600);
        Self { mock, heading, started_ms, work, rows: RefCell::default() }
    }

    /// Begins a run of some modules.
    fn of(modules: &[Rebuilt<'_>], mock: Mock) -> Self {
        show_logs();
        let started_ms = now_ms();
        let heading = Heading::new(began(0), Vec::new(), definitions_of(modules));
        let work = work_of(started_ms / 1000 - 3600, modules);
        Self { mock, heading, started_ms, work, rows: RefCell::default() }
    }

    /// Returns the run as a process finds it.
    fn found(&self) -> Run {
        let text = self.heading.line() + &self.rows.borrow().concat();
        let read = journal::read(text.as_bytes()).expect("it is whole").expect("it has a heading");
        Run {
            heading: read.heading,
            entries: read.entries,
            started_ms: self.started_ms,
            work: self.work.clone(),
        }
    }

    /// Has a process drive the run from what is kept, which dies after so many rows more.
    fn drive(&self, rows_left: Option<usize>) -> Result<Driven, Died> {
        let run = self.found();
        let mut kept = Kept { rows: self.rows.take(), left: rows_left };
        let stop = AtomicBool::new(false);
        let driven = self.process(run, &self.mock.server, &mut kept, &stop);
        self.rows.replace(kept.rows);
        driven
    }

    /// Has a process drive a run at an address.
    fn process<R: Rows>(
        &self,
        run: Run,
        server: &str,
        rows: &mut R,
        stop: &AtomicBool,
    ) -> Result<Driven, R::Error> {
        block_on(async {
            let mut hub = Hub::connect(options(server), alice()).await.expect("it is there");
            let user = hub.call(&GetLoggedInUser {}).await.expect("it answers").expect("alice");
            let session = Session { hub, user: user.id };
            let driven = drive(run, session, rows, unheard(stop));
            tokio::time::timeout(Duration::from_secs(240), driven).await.expect("it ends")
        })
    }

    /// Has a process drive the run from its beginning to its end at an address, over a wire or a forge.
    fn drive_over(&self, server: &str) -> Driven {
        self.rows.take();
        let (mut kept, stop) = (Kept::default(), AtomicBool::new(false));
        let driven = self.process(self.found(), server, &mut kept, &stop);
        self.rows.replace(kept.rows);
        driven.expect("it lives")
    }

    async fn hub(&self) -> Hub {
        Hub::connect(options(&self.mock.server), alice()).await.expect("it is there")
    }

    /// Returns the tasks of a method at the hub.
    fn tasks(&self, method: &str) -> Vec<Task> {
        let opts = [("method".to_owned(), method.into()), ("decode".to_owned(), true.into())];
        let opts = Some(Map::from(opts.map(|(name, value): (String, Flag)| (name, value.0))));
        let rows = block_on(async {
            let call = ListTasks { opts, ..ListTasks::default() };
            self.hub().await.call(&call).await.expect("it answers")
        });
        let RowsOrCount::Rows(rows) = rows else { panic!("rows were asked for") };
        rows
    }

    /// Returns every `build` task of the user by what it builds and its state.
    fn builds(&self) -> Vec<(String, TaskState)> {
        let rows = self.tasks("build").into_iter();
        let own = rows.filter(|task| task.owner_name.as_deref() == Some(USER));
        let mut builds: Vec<_> = own.map(|task| (component(&task), task.state)).collect();
        builds.sort();
        builds
    }

    /// Returns the packages in a tag.
    fn tagged(&self, tag: &str) -> Vec<String> {
        let call = ListTagged { tag: tag.into(), ..ListTagged::default() };
        let rows = block_on(async { self.hub().await.call(&call).await.expect("it answers") });
        let mut names: Vec<_> = rows.into_iter().map(|build| build.name).collect();
        names.sort();
        names
    }

    /// Asserts that the run ended well, and that nothing was built twice.
    fn is_done_once(&self, driven: &Driven) {
        assert!(driven.is_over);
        let ready = BTreeMap::from([(TOOL.into(), ModuleState::Ready)]);
        assert_eq!(driven.states(), ready, "{:?}", self.builds());
        assert_eq!(driven.figures.component_builds(), 2);
        let nvrs: Vec<&str> = driven.nvrs.values().map(String::as_str).collect();
        assert!(
            matches!(nvrs[..], [lib, tool] if lib.starts_with("lib-") && tool.starts_with("tool-")),
            "{nvrs:?}"
        );
        let wanted = ["lib", "module-build-macros", "tool"].map(str::to_owned);
        let built = wanted.clone().map(|name| (name, TaskState::Closed));
        assert_eq!(self.builds(), built);
        let tags = &self.work.modules[TOOL].tags;
        assert_eq!(self.tagged(&tags.build_tag), wanted);
        assert_eq!(self.tagged(&tags.tag), ["lib", "tool"]);
        assert_eq!(self.tagged("modular-updates-candidate"), ["tool"]);
    }
}

/// Nobody looks on.
fn unheard(stop: &AtomicBool) -> Watch<'_> {
    // A function without a state of its own lives as long as anybody wants.
    Watch { stop, tell: Box::leak(Box::new(|_: News<'_>| {})) }
}

/// Has what runs log shown with the test, if it fails.
fn show_logs() {
    let logs = tracing_subscriber::fmt().with_test_writer().with_ansi(false).without_time();
    // Another test of this process may have asked for it.
    drop(logs.try_init());
}

#[expect(clippy::disallowed_methods, reason = "rows count from when the run began")]
fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(now.as_millis()).expect("before the year 3000")
}

/// A value of an option.
struct Flag(Value);

impl From<&str> for Flag {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<bool> for Flag {
    fn from(is_set: bool) -> Self {
        Self(Value::Bool(is_set))
    }
}

/// Returns what a task is marked with.
pub(super) fn component(task: &Task) -> String {
    let request = task.request.as_ref().and_then(Value::as_list).expect("it is decoded");
    let marker = request[2].get("custom_user_metadata").and_then(|own| own.get("modplan"));
    let component = marker.and_then(|marker| marker.get("component")).and_then(Value::as_str);
    component.expect("it is marked").to_owned()
}

fn began(retries: u32) -> Began {
    Began {
        approach: Approach::OrchestratorOwned,
        cascade: Cascade::Planned,
        dispatch: Dispatch::Graph,
        submit_limit: None,
        max_builds: 10,
        builds_before: 0,
        retries,
        gates: Gates { component: false, module: false },
        repo: RepoMaker::Orchestrator,
        poll_ms: 20,
        test_timeout_ms: 60_000,
        seed: 0,
        durations: "koji".to_owned(),
    }
}

#[test]
fn a_module_is_built_imported_and_published() {
    let case = Case::start(0, &[]);
    let driven = case.drive(None).expect("it lives");
    case.is_done_once(&driven);
    assert!(driven.requests < 100, "{}", driven.requests);
}

#[test]
fn a_process_that_dies_at_any_row_is_replaced_and_nothing_is_done_twice() {
    let whole = Case::start(0, &[]);
    whole.drive(None).expect("it lives");
    // Polls come as often as the clock has it: a process dies at everything else.
    let rows = whole.rows.take();
    let places = rows.iter().enumerate().filter(|(_, row)| !row.contains("poll"));
    let (mut deaths, mut tried) = (0, 0);
    for (at, _) in places {
        tried += 1;
        let case = Case::start(0, &[]);
        let first = case.drive(Some(at));
        deaths += u32::from(first == Err(Died));
        let driven = first.or_else(|Died| case.drive(None)).expect("it lives");
        case.is_done_once(&driven);
    }
    // A run with fewer polls has fewer rows, and may be over before the last places.
    assert!(tried > 8 && deaths * 2 > tried, "{deaths} of {tried}");
}

#[test]
fn a_journal_that_is_too_old_adopts_what_is_at_the_hub() {
    let case = Case::start(0, &[]);
    case.drive(None).expect("it lives");
    let half = case.rows.borrow().len() / 2;
    for kept in [0, 1, half] {
        case.rows.borrow_mut().truncate(kept);
        let driven = case.drive(None).expect("it lives");
        case.is_done_once(&driven);
    }
}

/// Drives a run in a store until its time is up, as far as it comes; the next process takes it over.
async fn drive_in_store(case: &Case, store: &Store, time: Duration) -> Option<Driven> {
    let me = Holder::this_process();
    let now = UnixMillis(case.started_ms);
    let driven = match store.run("r1").await {
        Ok(_) => store.take("r1", &me, now, 60_000).await.expect("this process holds it"),
        Err(_) => {
            let new = NewRun {
                run: "r1".to_owned(),
                hub: case.mock.server.clone(),
                approach: "orchestrator-owned".to_owned(),
                heading: case.heading.line(),
                work: "{}".to_owned(),
                indexes: Vec::new(),
                streams: vec!["tool:1".to_owned()],
            };
            store.begin(&new, &me, now, 60_000).await.expect("it begins")
        }
    };
    let text = store.journal("r1").await.expect("it is kept");
    let read = journal::read(text.as_bytes()).expect("it is whole").expect("it has a heading");
    let run = Run {
        heading: read.heading,
        entries: read.entries,
        started_ms: case.started_ms,
        work: case.work.clone(),
    };
    let mut hub = case.hub().await;
    let user = hub.call(&GetLoggedInUser {}).await.expect("it answers").expect("alice");
    let (mut rows, stop) = (StoreRows::new(store, driven), AtomicBool::new(false));
    let session = Session { hub, user: user.id };
    let driven = drive(run, session, &mut rows, unheard(&stop));
    let driven = tokio::time::timeout(time, driven).await;
    driven.ok().map(|driven| driven.expect("the store is there"))
}

#[test]
fn a_run_in_a_store_ends_well_wherever_its_processes_end() {
    let mut seed = 0x9e37_79b9_u64;
    let mut deaths = 0_u64;
    for _ in 0..5 {
        let case = Case::start(0, &[]);
        let directory = tempfile::tempdir().expect("a directory");
        let url = format!("sqlite:{}", directory.path().join("runs.db").display());
        let driven = block_on(async {
            let store = Store::open(&url).await.expect("it opens");
            // The first process has no time to come to the end; later ones may.
            let mut time = Duration::from_millis(20);
            loop {
                match drive_in_store(&case, &store, time).await {
                    Some(driven) => break driven,
                    None => deaths += 1,
                }
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                // A machine that has much else to do needs longer to come anywhere.
                time = Duration::from_millis((seed >> 33) % (600 + 50 * deaths));
            }
        });
        case.is_done_once(&driven);
    }
    assert!(deaths >= 5, "{deaths}");
}

/// Requests that may be repeated are not worth a run each.
fn is_plain(method: &str) -> bool {
    ["getTaskInfo", "login", "logout", "getLoggedInUser"].contains(&method)
}

#[test]
fn a_request_that_is_lost_or_doubled_anywhere_changes_nothing() {
    let whole = Case::start(0, &[]);
    let wire = Wire::start(&whole.mock.server);
    whole.is_done_once(&whole.drive_over(&wire.server));
    let seen = wire.seen();
    let places: Vec<usize> = (0..seen.len()).filter(|&at| !is_plain(&seen[at])).collect();
    assert!(places.len() > 15, "{seen:?}");
    for (turn, at) in places.into_iter().enumerate() {
        // A lost answer is the worst; the others take turns.
        let other = Trouble::ALL[turn % Trouble::ALL.len()];
        for trouble in [Trouble::AnswerLost, other] {
            let case = Case::start(0, &[]);
            let wire = Wire::start(&case.mock.server);
            wire.trouble_after(at, trouble);
            let driven = case.drive_over(&wire.server);
            assert!(driven.is_over, "{trouble:?} of {}", seen[at]);
            case.is_done_once(&driven);
        }
    }
}

#[test]
fn what_a_module_filters_is_published_as_its_devel() {
    let mut case = Case::start(0, &[]);
    let module = case.work.modules.get_mut(TOOL).expect("it is there");
    module.stored.about.filter.insert("lib".into());
    let driven = case.drive(None).expect("it lives");
    assert_eq!(driven.states(), BTreeMap::from([(TOOL.into(), ModuleState::Ready)]));
    assert_eq!(case.tagged("modular-updates-candidate"), ["tool", "tool-devel"]);
}
