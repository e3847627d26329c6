//! A site at the real hub: its configuration, its plans and sources, and the commands that a person types there.

use std::time::Duration;

use modplan::koji::calls::{CancelTask, GetLoggedInUser, GetTaskInfo, ListTasks, Map};
use modplan::koji::shapes::Task;
use modplan::koji::{Call, OneOrMany, RowsOrCount, TaskState, Value};
use modplan::live::hub::HubError;
use modplan::site::Site;
use serde_json::Value as Json;

use crate::live::dry_run::{SOURCES, plan};
use crate::live::mock_koji::block_on;
use crate::live::mock_koji::wire::Wire;
use crate::live::real_hub::Real;
use crate::live::runs::{SMALL, SMALL_GIVEN, answer, change};
use crate::support::left_out;
use crate::support::program::{Program, Running, Said, modplan};

/// So often an answer is lost, where the hub is on loopback and `MODPLAN_KOJI_LOST` does not say it.
const LOST_EVERY: usize = 13;
/// How long a process goes on between two looks at the hub.
const LOOK: Duration = Duration::from_millis(500);
/// So often somebody looks at most.
const LOOKS_MAX: usize = 1000;

/// A site at a real hub.
pub(super) struct Case {
    real: Real,
    wire: Option<Wire>,
    server: String,
    directory: tempfile::TempDir,
    began: jiff::Timestamp,
    user: i64,
    /// The file of sources that all exist.
    pub(super) sources: String,
    pub(super) publish_to: String,
    pub(super) tag_prefix: String,
}

#[expect(clippy::disallowed_methods, reason = "tests find the site by these variables")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[expect(clippy::disallowed_methods, reason = "the versions at a real hub must be new")]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

impl Case {
    /// Writes the configuration; none where no site is given.
    pub(super) fn new(real: Real) -> Option<Self> {
        let Some(path) = variable("MODPLAN_KOJI_SITE") else {
            left_out("real hub: left out, no site");
            return None;
        };
        let directory = tempfile::tempdir().expect("a directory");
        let write = |name: &str, text: &str| {
            let path = directory.path().join(name);
            std::fs::write(&path, text).expect("it is writable");
            path
        };
        let password = write("password", real.password.reveal());
        let given = std::fs::read_to_string(&path).expect("the site's configuration is there");
        let access = format!("{{user: {}, password_file: {}}}", real.user, password.display());
        let text = format!("{given}\nkoji: {access}\n");
        let site = Site::read(text.as_bytes(), 0);
        let site = site.unwrap_or_else(|findings| panic!("{path}: {findings:?}"));
        write("config.yaml", &text);
        write("koji.conf", "[koji]\nretry_interval = 0\n");
        let hub = &real.options.server;
        let wire = hub.starts_with("http://127.0.0.1:").then(|| Wire::start(hub));
        let lost = variable("MODPLAN_KOJI_LOST").map(|text| text.parse().expect("a number"));
        wire.iter().for_each(|wire| wire.lose_every(lost.unwrap_or(LOST_EVERY)));
        let server = wire.as_ref().map_or(hub, |wire| &wire.server).clone();
        let user = block_on(async {
            let mut hub = real.hub().await;
            let user = hub.call(&GetLoggedInUser::default()).await.expect("an answer");
            hub.log_out().await;
            user.expect("somebody").id
        });
        let sources = variable("MODPLAN_KOJI_SOURCES");
        Some(Self {
            publish_to: site.platforms["el8"].publish_to.clone(),
            tag_prefix: site.names.tag_prefix.clone(),
            sources: sources.unwrap_or_else(|| SOURCES.to_owned()),
            began: now(),
            real,
            wire,
            server,
            directory,
            user,
        })
    }

    #[expect(clippy::print_stdout, reason = "the log is the evidence")]
    pub(super) fn log(&self, line: &str) {
        let seconds = now().duration_since(self.began).as_secs();
        println!("real hub: {seconds:4} s: {line}");
    }

    /// Returns how many requests the program made, where that is known, and how many lost their answers.
    pub(super) fn requests(&self) -> (usize, usize) {
        self.wire.as_ref().map_or((0, 0), |wire| (wire.seen().len(), wire.lost()))
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    /// Plans the module anew, with a version of so many seconds later.
    pub(super) fn plan(&self, name: &str, later: i64) -> String {
        let path = self.path(&format!("{name}.json"));
        let at = self.began + jiff::SignedDuration::from_secs(later);
        plan(&change(SMALL, &at.to_string()), &path);
        path
    }

    /// Writes sources where the commit of one component does not exist.
    pub(super) fn sources_without(&self, component: &str) -> String {
        let text = std::fs::read_to_string(&self.sources).expect("it is there");
        let line = |line: &str| match line.rsplit_once('#') {
            Some((address, _)) if line.starts_with(&format!("{component},")) => {
                format!("{address}#{}\n", "0".repeat(40))
            }
            _ => format!("{line}\n"),
        };
        let path = self.path("sources.csv");
        let text: String = text.lines().map(line).collect();
        std::fs::write(&path, text).expect("it is writable");
        path
    }

    fn store(&self) -> String {
        format!("sqlite:{}", self.path("runs.db"))
    }

    fn site(&self) -> Vec<String> {
        let (store, config, koji) =
            (self.store(), self.path("config.yaml"), self.path("koji.conf"));
        let words = ["--store", &store, "--config", &config, "--koji-config", &koji];
        words.iter().chain(&["--server", &self.server]).map(|&word| word.to_owned()).collect()
    }

    fn execute(&self, plan: &str, sources: &str, more: &[&str]) -> Vec<String> {
        let what = ["execute", plan, "--on", "koji", "--approach", "orchestrator-owned"];
        let inputs = ["--sources", sources, "--given", SMALL_GIVEN, "--format", "json"];
        let words = what.iter().chain(&inputs).chain(more).map(|&word| word.to_owned());
        words.chain(self.site()).collect()
    }

    /// Makes a dry run, which must find nothing wrong; returns its checksum.
    pub(super) fn dry_run(&self, plan: &str, sources: &str) -> String {
        let said = Program::new(self.execute(plan, sources, &[])).run();
        let dry: Json = answer(&said);
        assert_eq!(said.code, 0, "{}\n{}", dry["preflight"], said.err);
        let count = |list: &str| dry[list].as_array().map_or(0, Vec::len);
        let (checks, calls) = (count("preflight"), count("calls"));
        self.log(&format!("dry run: {checks} checks hold, {calls} calls are planned"));
        dry["checksum"].as_str().expect("a text").to_owned()
    }

    /// Returns the arguments that carry out what a dry run showed.
    pub(super) fn yes(&self, plan: &str, sources: &str, sum: &str) -> Vec<String> {
        self.execute(plan, sources, &["--yes", sum])
    }

    /// Returns the arguments that resume a run.
    pub(super) fn resume(&self, run: &str) -> Vec<String> {
        let words = ["runs", "resume", run, "--format", "json"].map(str::to_owned);
        words.into_iter().chain(self.site()).collect()
    }

    pub(super) fn resumed(&self, run: &str) -> Said {
        Program::new(self.resume(run)).run()
    }

    /// Runs a command about a run that needs no hub.
    pub(super) fn runs(&self, command: &str, run: &str, more: &[&str]) -> Said {
        modplan(&[&["runs", command, run], more, &["--store", &self.store()]].concat())
    }

    /// Has a component tried again.
    pub(super) fn retry(&self, run: &str, component: &str) {
        let said = self.runs("retry", run, &[&format!("perl-App-cpanminus/{component}")]);
        assert_eq!(said.code, 0, "{}", said.err);
        self.log(&format!("run {run}: {component} is tried again"));
    }

    /// Lists what a run left, or deletes it.
    pub(super) fn cleanup(&self, run: &str, more: &[&str]) -> Json {
        let words = ["runs", "cleanup", run, "--format", "json"];
        let words = words.iter().chain(more).map(|&word| word.to_owned());
        let said = Program::new(words.chain(self.site())).run();
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
        answer(&said)
    }

    /// Asks the hub itself, past the wire.
    pub(super) fn ask<C: Call>(&self, call: &C) -> C::Answer {
        self.ask_if(call).unwrap_or_else(|error| panic!("{}: {error}", C::METHOD))
    }

    /// Asks about what may not be there.
    pub(super) fn ask_if<C: Call>(&self, call: &C) -> Result<C::Answer, HubError> {
        block_on(async {
            let mut hub = self.real.hub().await;
            let answer = hub.call(call).await;
            hub.log_out().await;
            answer
        })
    }

    /// Returns the `build` tasks of the user since the test began.
    pub(super) fn tasks(&self) -> Vec<Task> {
        // The clocks may differ by a minute.
        let since = self.began.as_second() - 60;
        let opts = Map::from([
            ("method".to_owned(), "build".into()),
            ("owner".to_owned(), Value::Int(self.user)),
            ("createdAfter".to_owned(), Value::Int(since)),
            ("decode".to_owned(), Value::Bool(true)),
        ]);
        match self.ask(&ListTasks { opts: Some(opts), query_opts: None }) {
            RowsOrCount::Rows(tasks) => tasks,
            RowsOrCount::Count(count) => panic!("rows were asked for, not {count}"),
        }
    }

    /// Waits for a task of a run that is not over, by its component, while a process drives the run.
    pub(super) fn open_task(
        &self,
        running: &mut Running,
        run: &str,
        is_it: impl Fn(&str) -> bool,
    ) -> Task {
        let is_wanted = |task: &Task| {
            let of = marker(task);
            let is_its = of.is_some_and(|of| of.run == run && is_it(&of.component));
            is_its && !task.state.is_final()
        };
        for _ in 0..LOOKS_MAX {
            if let Some(found) = self.tasks().into_iter().find(is_wanted) {
                return found;
            }
            assert!(!running.ends_within(LOOK), "it ended before such a task was open");
        }
        panic!("no such task in {LOOKS_MAX} looks");
    }

    /// Cancels a task, as its owner may.
    pub(super) fn cancel(&self, task: &Task) {
        self.ask(&CancelTask { task_id: task.id, ..CancelTask::default() });
        let call = GetTaskInfo { task_id: OneOrMany::One(task.id), request: None, strict: None };
        let OneOrMany::One(Some(task)) = self.ask(&call) else { panic!("it is there") };
        assert_eq!(task.state, TaskState::Canceled);
    }
}

/// What a task is marked with.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Marker {
    pub(super) run: String,
    pub(super) module: String,
    pub(super) component: String,
    pub(super) attempt: i64,
}

pub(super) fn marker(task: &Task) -> Option<Marker> {
    let request = task.request.as_ref()?.as_list()?;
    let marker = request.get(2)?.get("custom_user_metadata")?.get("modplan")?;
    let text = |name: &str| marker.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(Marker {
        run: text("run")?,
        module: text("module")?,
        component: text("component")?,
        attempt: marker.get("attempt").and_then(Value::as_int)?,
    })
}
