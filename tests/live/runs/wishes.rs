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

/// A run of one module that is being driven, and that comes to a component which does not end.
struct Driven {
    site: Site,
    run: String,
    running: Option<Running>,
    _trace: tempfile::NamedTempFile,
}

/// Writes the trace of the fixture with a first build of [`PART`] that takes long.
fn trace() -> tempfile::NamedTempFile {
    let text = std::fs::read_to_string(super::super::mock_koji::TRACE).expect("it is there");
    let first = format!("{PART},buildArch,noarch,");
    let (before, rest) = text.split_once(&first).expect("it is built for no arch");
    let (_, rest) = rest.split_once(',').expect("more columns follow");
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), format!("{before}{first}{LONG},{rest}")).expect("it is writable");
    file
}

impl Driven {
    fn start() -> Option<Self> {
        let trace = trace();
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
                let (ended, mut open): (Vec<Task>, Vec<_>) =
                    own.partition(|task| task.state.is_final());
                let is_part = open.first().is_some_and(|task| component(task) == PART);
                // Its macros package, and the seven other components.
                if ended.len() == 8 && open.len() == 1 && is_part {
                    return open.remove(0);
                }
            }
        })
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
    block_on(async {
        let call = CancelTask { task_id: open.id, ..CancelTask::default() };
        driven.hub().await.call(&call).await.expect("alice may");
    });
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
