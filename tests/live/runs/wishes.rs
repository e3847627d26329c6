//! What an operator asks and wants of a run that another process drives.

use modplan::koji::calls::{CancelTask, ListTasks, Map};
use modplan::koji::shapes::Task;
use modplan::koji::{RowsOrCount, TaskState, Value};
use modplan::live::hub::Hub;

use super::super::execute::component;
use super::super::mock_koji::{alice, block_on, options};
use super::*;

/// The component whose first build takes longer than any test.
const PART: &str = "perl-App-cpanminus";
/// So long, in seconds.
const LONG: &str = "31000000";
/// Components of the first batch.
const FIRST: [&str; 2] = ["perl-String-ShellQuote", "perl-Test-Deep"];
/// Some seconds, at the speed of the mock hub.
const SOME: &str = "300000";

/// A run of one module that is being driven, and that comes to a component which does not end.
struct Driven {
    site: Site,
    run: String,
    running: Option<Running>,
    _trace: tempfile::NamedTempFile,
}

/// Writes the trace of the fixture with first builds of some components that take so many seconds.
fn trace(parts: &[&str], seconds: &str) -> tempfile::NamedTempFile {
    let mut text = std::fs::read_to_string(super::super::mock_koji::TRACE).expect("it is there");
    for part in parts {
        let first = format!("\n{part},buildArch,noarch,");
        let (before, rest) = text.split_once(&first).expect("it is built for no arch");
        let (_, rest) = rest.split_once(',').expect("more columns follow");
        text = format!("{before}{first}{seconds},{rest}");
    }
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), text).expect("it is writable");
    file
}

impl Driven {
    fn start() -> Option<Self> {
        Self::with(&[PART], LONG)
    }

    /// Starts a run where the first builds of some components take so many seconds.
    fn with(slow: &[&str], seconds: &str) -> Option<Self> {
        let trace = trace(slow, seconds);
        let path = trace.path().to_str().expect("UTF-8");
        let site = Site::with((SMALL, SMALL_GIVEN), &[&SPEED[..], &["--trace", path]].concat())?;
        let sum = site.checksum();
        let mut running = Running::start(site.yes(&sum));
        running.line_with("resumes it");
        let run = site.runs()[0]["run"].as_str().expect("a text").to_owned();
        Some(Self { site, run, running: Some(running), _trace: trace })
    }

    /// Returns what its process said, which ends by itself.
    fn said(&mut self) -> Said {
        self.running.take().expect("it runs").said()
    }

    /// Returns what a command about the run says.
    fn runs(&self, words: &[&str]) -> Said {
        let (command, more) = words.split_first().expect("a command");
        modplan(&[&["runs", command, &self.run], more, &["--store", &self.site.store]].concat())
    }

    /// Waits until the component that does not end is all that is under way, and returns its task.
    fn open_task(&self) -> Task {
        // Its macros package, and the seven other components.
        self.open_tasks(&[PART], 8).remove(0)
    }

    /// Waits until some components are all that is under way and so many tasks have ended; returns the open
    /// ones in the order of the components.
    fn open_tasks(&self, parts: &[&str], ended: usize) -> Vec<Task> {
        self.tasks_when(|tasks| {
            let (over, mut open): (Vec<&Task>, Vec<_>) =
                tasks.iter().partition(|task| task.state.is_final());
            open.sort_by_key(|task| component(task));
            let are_they = open.iter().map(|task| component(task)).eq(parts.iter().copied());
            let open = || open.iter().map(|&task| task.clone()).collect();
            (over.len() == ended && are_they).then(open)
        })
    }

    /// Asks for the tasks that build until something shows.
    fn tasks_when<T>(&self, shows: impl Fn(&[Task]) -> Option<T>) -> T {
        let opts = [("method", Value::from("build")), ("decode", Value::Bool(true))];
        let opts: Map = opts.map(|(name, value)| (name.to_owned(), value)).into();
        block_on(async {
            let mut hub = self.hub().await;
            loop {
                let call = ListTasks { opts: Some(opts.clone()), ..ListTasks::default() };
                let RowsOrCount::Rows(rows) = hub.call(&call).await.expect("it answers") else {
                    panic!("rows were asked for")
                };
                let own = rows.into_iter().filter(|t| t.owner_name.as_deref() == Some("alice"));
                if let Some(found) = shows(&own.collect::<Vec<_>>()) {
                    return found;
                }
            }
        })
    }

    /// Cancels a task, as its owner may.
    fn cancel_task(&self, task: &Task) {
        block_on(async {
            let call = CancelTask { task_id: task.id, ..CancelTask::default() };
            self.hub().await.call(&call).await.expect("alice may");
        });
    }

    /// Returns how a component stands for all that the journal says.
    fn state_of(&self, part: &str) -> (String, String) {
        let show = self.runs(&["show", "--format", "json"]);
        let show: Json = serde_json::from_str(&show.out).expect("JSON");
        let mut parts = show["modules"][0]["components"].as_array().expect("a list").iter();
        let part = parts.find(|found| found["component"] == part).expect("it is part of it");
        let text = |of: &Json| of["state"].as_str().expect("a text").to_owned();
        (text(&show["modules"][0]), text(part))
    }

    async fn hub(&self) -> Hub {
        let server = &self.site.case.mock.server;
        Hub::connect(options(server), alice()).await.expect("it is there")
    }

    fn resumed(&self) -> Said {
        Program::new(self.site.resume(&self.run, &[])).run()
    }
}

#[test]
fn a_component_that_failed_is_explained_and_tried_again_alone() {
    let Some(mut driven) = Driven::start() else { return };
    let open = driven.open_task();
    let why = driven.runs(&["why", "perl-App-cpanminus"]);
    assert_eq!(why.code, 0, "{}", why.err);
    let lines: Vec<&str> = why.out.lines().collect();
    assert!(lines[0].starts_with(&format!("{SMALL} is building: ")), "{}", why.out);
    let task = format!("  {PART} is building: koji builds it, task {}", open.id);
    assert_eq!(lines[1], task, "{}", why.out);
    driven.cancel_task(&open);
    let said = driven.said();
    assert_eq!(said.code, 1, "{}", said.err);
    let subject = format!("perl-App-cpanminus:1.7044/{PART}");
    let why = driven.runs(&["why", &subject]);
    assert!(why.out.starts_with(&format!("{PART} is canceled: it was canceled")), "{}", why.out);
    let json = driven.runs(&["why", &subject, "--format", "json"]);
    let json: Json = serde_json::from_str(&json.out).expect("JSON");
    Shapes::read().hold("run-why", &json);
    let retry = driven.runs(&["retry", &subject]);
    assert_eq!(retry.code, 0, "{}", retry.err);
    assert!(retry.err.contains("nobody drives the run: it is "), "{}", retry.err);
    let said = driven.resumed();
    assert_eq!(said.code, 0, "{}", said.err);
    let run = answer(&said);
    assert_eq!(run["outcome"], "done");
    let mut wanted = driven.site.wanted(&run);
    wanted.push(format!("{PART} {}", TaskState::Canceled));
    wanted.sort();
    let mut built = driven.site.built();
    built.sort();
    assert_eq!(built, wanted);
}

#[test]
fn a_run_is_paused_and_resumed_and_canceled() {
    let Some(mut driven) = Driven::start() else { return };
    driven.open_task();
    let pause = driven.runs(&["pause"]);
    assert!(pause.err.contains(" drives the run and hears it soon"), "{}", pause.err);
    let said = driven.said();
    assert_eq!(said.code, 3, "{}", said.err);
    assert!(said.err.contains(" is paused; the hub still runs the task "), "{}", said.err);
    assert_eq!(answer(&said)["outcome"], "paused");
    assert_eq!(driven.site.runs()[0]["state"], "paused");
    driven.open_task();
    assert!(driven.runs(&["cancel"]).err.contains("it is paused"));
    let said = driven.resumed();
    assert_eq!(said.code, 1, "{}", said.err);
    assert_eq!(driven.site.runs()[0]["state"], "canceled");
    let built = driven.site.built();
    assert_eq!(built.iter().filter(|task| task.ends_with(" CLOSED")).count(), 8, "{built:?}");
    assert_eq!(built.len(), 9, "{built:?}");
    assert!(built.contains(&format!("{PART} CANCELED")), "{built:?}");
    assert_eq!(driven.resumed().code, 1);
    let late = driven.runs(&["retry", "perl-App-cpanminus"]);
    assert_eq!(late.code, 1, "{}", late.err);
}

#[test]
fn what_koji_builds_beside_a_failure_is_waited_for() {
    let Some(mut driven) = Driven::with(&FIRST, LONG) else { return };
    // Its macros package, and the four others of the first batch.
    let open = driven.open_tasks(&FIRST, 5);
    driven.cancel_task(&open[0]);
    while driven.state_of(FIRST[0]) != ("failed".to_owned(), "canceled".to_owned()) {}
    assert_eq!(driven.state_of(FIRST[1]).1, "building");
    driven.cancel_task(&open[1]);
    let said = driven.said();
    assert_eq!(said.code, 1, "{}", said.err);
    assert_eq!(driven.state_of(FIRST[1]).1, "canceled", "the process heard of its end");
}

#[test]
fn a_run_that_drains_says_so_and_may_be_stopped_at_once() {
    let Some(mut driven) = Driven::start() else { return };
    driven.open_task();
    let drain = driven.runs(&["drain"]);
    assert!(drain.err.contains(" drives the run and hears it soon"), "{}", drain.err);
    driven.running.as_mut().expect("it runs").line_with("drains: nothing new is submitted");
    assert_eq!(driven.site.runs()[0]["state"], "draining");
    assert_eq!(driven.runs(&["pause"]).code, 0);
    let said = driven.said();
    assert_eq!(said.code, 3, "{}", said.err);
    assert!(said.err.contains(" is paused; the hub still runs the task "), "{}", said.err);
    assert_eq!(driven.site.runs()[0]["state"], "paused");
}

#[test]
fn a_run_that_drains_keeps_what_ends_and_submits_nothing_new() {
    let Some(mut driven) = Driven::with(&FIRST, SOME) else { return };
    let is_first = |task: &Task| component(task) == FIRST[0];
    driven.tasks_when(|tasks| tasks.iter().any(is_first).then_some(()));
    driven.running.take().expect("it runs").signal("KILL");
    let drain = driven.runs(&["drain"]);
    assert!(drain.err.contains("nobody drives the run: it is interrupted"), "{}", drain.err);
    let said = driven.resumed();
    assert_eq!(said.code, 3, "{}", said.err);
    for text in ["drains: nothing new is", "is paused; no task of it is running at the hub"] {
        assert!(said.err.contains(text), "{}", said.err);
    }
    assert_eq!(answer(&said)["outcome"], "paused");
    assert_eq!(driven.site.runs()[0]["state"], "paused");
    let built = driven.site.built();
    assert_eq!(built.iter().filter(|task| task.ends_with(" CLOSED")).count(), 7, "{built:?}");
    assert_eq!(built.len(), 7, "nothing of the second batch: {built:?}");
    assert_eq!(driven.state_of(FIRST[0]), ("building".to_owned(), "done".to_owned()));
    let said = driven.resumed();
    assert_eq!(said.code, 0, "{}", said.err);
    let mut built = driven.site.built();
    built.sort();
    assert_eq!(built, driven.site.wanted(&answer(&said)));
}

#[test]
fn what_is_not_part_of_a_run_is_refused_in_words() {
    let Some(driven) = Driven::start() else { return };
    for (words, text) in [
        (&["why", "httpd"][..], "`httpd` is not part of this run"),
        (&["why", "perl-App-cpanminus/none"], "has no component `none`"),
        (&["retry", "httpd:2.4"], "`httpd:2.4` is not part of this run"),
        (&["cancel", "perl-App"], "`perl-App` is not part of this run"),
    ] {
        let said = driven.runs(words);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{words:?}");
        assert!(said.err.contains(text), "{}", said.err);
    }
}
