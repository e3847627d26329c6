//! What goes wrong in the middle of a run: nothing is lost, nothing is done twice, and each is said.

use std::sync::{Arc, Mutex};

use modplan::koji::calls::{CancelTask, FreeTask, ListTagged};
use modplan::koji::{Call, Fault};

use super::harms::{build_exists, scenario};
use super::limits::mock_with_failures;
use super::*;

/// Does something once a row shows.
struct Watching<F> {
    kept: Kept,
    word: &'static str,
    act: Option<F>,
}

impl<F: FnOnce(&str) + Send> Rows for Watching<F> {
    type Error = Died;

    async fn keep(&mut self, rows: &[String]) -> Result<(), Died> {
        self.kept.keep(rows).await?;
        if let Some(row) = rows.iter().find(|row| row.contains(self.word))
            && let Some(act) = self.act.take()
        {
            // A thread of its own has a runtime of its own.
            std::thread::scope(|scope| scope.spawn(|| act(row)).join().expect("no panic"));
        }
        Ok(())
    }
}

/// A row that says the number of a task.
const TASK: &str = "{\"task\":";

fn task_of(row: &str) -> i64 {
    let (_, rest) = row.split_once(TASK).expect("it is there");
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().expect("a number")
}

/// Drives a run at an address, and does something when the first task of a component is known.
fn drive_and(case: &Case, server: &str, act: impl FnOnce(&str) + Send) -> (Driven, String) {
    let mut rows = Watching { kept: Kept::default(), word: TASK, act: Some(act) };
    let stop = AtomicBool::new(false);
    let (driven, log) = logged(|| case.process(case.found(), server, &mut rows, &stop));
    assert!(rows.act.is_none(), "it was done");
    case.rows.replace(rows.kept.rows);
    (driven.expect("it lives"), log)
}

/// Where a log is kept.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Does something, and returns what it logged too.
fn logged<T>(act: impl FnOnce() -> T) -> (T, String) {
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let done = tracing::subscriber::with_default(subscriber, act);
    let bytes = log.0.lock().expect("no panic").clone();
    (done, String::from_utf8(bytes).expect("UTF-8"))
}

/// A mock hub where a build takes a while.
fn slow() -> Case {
    let tool = Rebuilt { name: "tool", stream: "1", components: &[("lib", 2), ("tool", 3)] };
    Case::of(&[tool], Mock::start(&["--speed", "300"]))
}

fn call<C: Call>(server: &str, call: &C) -> C::Answer {
    block_on(async {
        let mut hub = Hub::connect(options(server), alice()).await.expect("it is there");
        hub.call(call).await.unwrap_or_else(|error| panic!("{}: {error}", C::METHOD))
    })
}

#[test]
fn a_task_that_an_admin_cancels_fails_its_module_and_is_said() {
    let case = slow();
    let server = case.mock.server.clone();
    let (driven, log) = drive_and(&case, &server, |row| {
        call(&server, &CancelTask { task_id: task_of(row), recurse: None });
    });
    assert!(driven.is_over);
    assert_eq!(driven.states()[TOOL], ModuleState::Failed);
    let builds = case.builds();
    let lib = ("lib".to_owned(), TaskState::Canceled);
    assert!(builds.contains(&lib) && builds.len() == 2, "{builds:?}");
    assert!(log.contains("(lib) was canceled, by somebody else"), "{log}");
}

#[test]
fn a_task_that_is_given_to_another_builder_is_waited_for() {
    let case = slow();
    let server = case.mock.server.clone();
    let (driven, _) = drive_and(&case, &server, |row| {
        call(&server, &FreeTask { task_id: task_of(row) });
    });
    case.is_done_once(&driven);
}

#[test]
fn a_task_that_vanishes_fails_its_module_and_is_said() {
    let case = slow();
    let wire = Wire::start(&case.mock.server);
    let (driven, log) = drive_and(&case, &wire.server, |_| {
        wire.instead("getTaskInfo", Ok(Value::List(vec![Value::Nil])));
    });
    assert!(driven.is_over);
    assert_eq!(driven.states()[TOOL], ModuleState::Failed);
    assert!(log.contains("the hub does not know the task any more"), "{log}");
    assert_eq!(case.builds().len(), 2, "nothing more is submitted");
}

#[test]
fn a_tag_that_somebody_makes_between_look_and_write_is_not_ours() {
    let case = Case::start(0, &[]);
    let wire = Wire::start(&case.mock.server);
    let text = "A tag with the name 'module-lock-tool-1' already exists";
    wire.instead("createTag", Err(Fault::generic(text)));
    let (driven, log) = logged(|| case.drive_over(&wire.server));
    assert_eq!((driven.is_over, driven.states()[TOOL]), (true, ModuleState::Failed));
    assert!(log.contains(text), "{log}");
    assert_eq!(case.builds(), []);
}

#[test]
fn a_component_whose_name_somebody_else_built_fails_in_kojis_words() {
    let first = Case::start(0, &[]);
    first.drive(None).expect("it lives");
    let tag = first.work.modules[TOOL].tags.tag.as_str().into();
    let built = call(&first.mock.server, &ListTagged { tag, ..ListTagged::default() });
    let lib = built.into_iter().find(|build| build.name == "lib").expect("it is there").nvr;
    let (path, _directory) = scenario(&build_exists(&lib));
    let case = Case::start(0, &["--scenario", &path]);
    let (driven, log) = logged(|| case.drive(None).expect("it lives"));
    assert_eq!((driven.is_over, driven.states()[TOOL]), (true, ModuleState::Failed));
    assert!(log.contains("(lib) failed: Build already exists"), "{log}");
    let tags = &case.work.modules[TOOL].tags;
    assert_eq!(case.tagged(&tags.tag), [""; 0], "it is not ours");
}

#[test]
fn a_refused_call_of_a_module_that_failed_does_not_keep_the_run_open() {
    let two = Rebuilt { name: "tool", stream: "1", components: &[("bad1", 2), ("fine1", 2)] };
    let mut case = Case::of(&[two], mock_with_failures());
    case.work.limits.submit_interval_ms = 1;
    let wire = Wire::start(&case.mock.server);
    // The macros package and the first component are submitted, the second is refused.
    wire.let_through("multiCall(build)");
    wire.let_through("multiCall(build)");
    let fault = serde_json::json!([{"faultCode": 1014, "faultString": "the hub is offline"}]);
    wire.instead("multiCall(build)", Ok(Value::from(fault)));
    let driven = case.drive_over(&wire.server);
    assert_eq!((driven.is_over, driven.states()[TOOL]), (true, ModuleState::Failed));
    assert_eq!(wire.left("multiCall(build)"), 0);
    let failed = case.builds().into_iter().filter(|(_, state)| *state == TaskState::Failed);
    assert_eq!(failed.map(|(component, _)| component).collect::<Vec<_>>(), ["bad1"]);
}

/// A store that takes its time; meanwhile others run.
struct Away<'w> {
    kept: Kept,
    wire: &'w Wire,
    submitted: usize,
}

impl Away<'_> {
    /// Asserts that nothing was submitted whose reason is not kept: the macros package and the first component
    /// when the module was asked for and fetched, the second component when the first one ended.
    fn is_in_order(&mut self) {
        let seen = self.wire.seen();
        self.submitted += seen.iter().filter(|method| *method == "multiCall(build)").count();
        let rows = &self.kept.rows;
        let ended = rows.iter().filter(|row| row.contains("component-ended")).count();
        let reasons = if rows.len() < 2 { 0 } else { 2 + ended };
        assert!(self.submitted <= reasons, "{} for {rows:?}", self.submitted);
    }
}

impl Rows for Away<'_> {
    type Error = Died;

    async fn keep(&mut self, rows: &[String]) -> Result<(), Died> {
        if !rows.iter().all(|row| row.contains("poll")) {
            let never = std::future::pending::<()>();
            tokio::time::timeout(Duration::from_millis(5), never).await.expect_err("it is away");
        }
        self.is_in_order();
        self.kept.keep(rows).await
    }
}

#[test]
fn nothing_is_submitted_while_the_store_is_away() {
    let case = Case::start(0, &[]);
    let wire = Wire::start(&case.mock.server);
    let mut rows = Away { kept: Kept::default(), wire: &wire, submitted: 0 };
    let stop = AtomicBool::new(false);
    let driven = case.process(case.found(), &wire.server, &mut rows, &stop).expect("it lives");
    case.is_done_once(&driven);
    rows.is_in_order();
    assert_eq!(rows.submitted, 3);
}

#[test]
fn a_clock_that_is_set_back_by_an_hour_does_not_stop_a_run() {
    let mut case = Case::start(0, &[]);
    // A run that begins later than now, and one whose rows are of a later time than now.
    case.started_ms += 3_600_000;
    assert_eq!(case.drive(Some(8)), Err(Died));
    case.started_ms += 3_600_000;
    let driven = case.drive(None).expect("it lives");
    case.is_done_once(&driven);
}
