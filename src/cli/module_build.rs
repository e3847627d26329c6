//! `modplan module-build`: what a packager types where koji owns module builds.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::{Args, ValueEnum};
use modplan::expand::{self, Document, Expansion, Loaded};
use modplan::koji::TaskState;
use modplan::live::module_tasks::{AskError, Asking, ModuleTask, Watching, ask};
use modplan::load::{self, SourceUrls};
use modplan::module_build::expanded_requests::ExpandedDocument;
use modplan::module_build::task_check::check;
use modplan::module_build::task_request::TaskRequest;
use modplan::name::{NameStream, Version};
use modplan::plan::batch::{self, Contents};
use modplan::plan::version::version_at;
use modplan::report::expand as report;
use modplan::report::module_tasks;
use modplan::site::Site;
use modplan::time::Millis;

use super::case::sources;
use super::console::Console;
use super::expanding::{RequestArgs, RuleArgs, Source, tell_assumptions};
use super::on_koji::{KojiArgs, Place, StoreArgs, interval, of_hub};
use super::output;
use super::status::{Answer, Refusal};

/// Whether to look no longer.
static STOP: AtomicBool = AtomicBool::new(false);

/// Have koji build a module: one task for each context that its document expands to
///
/// FILE is expanded as `expand` does. Each context is one `moduleBuild` task of a hub that has modplan's plug-in;
/// koji keeps the plan with the task, and a host that runs `modplan worker` builds it. The command ends when the tasks
/// are made; `--watch` follows them to their ends. The answer is no where one of them does not end well.
#[derive(Debug, Args)]
pub(crate) struct ModuleBuild {
    /// The document: a packager or stream document, alone in its file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The builds to expand against: modulemd files, PDC dumps, directories of them, or `-`
    #[arg(long, value_name = "INPUT", required = true, num_args = 1..)]
    against: Vec<PathBuf>,
    #[command(flatten)]
    request: RequestArgs,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    koji: KojiArgs,
    /// Source URLs with full commits, a CSV file: package,stream,name,url
    #[arg(long, value_name = "FILE")]
    sources: Option<PathBuf>,
    /// What is added to koji's priority of tasks; a larger number goes later, and only an admin may give one below 0
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    priority: Option<i64>,
    /// Follow the tasks until they are over, as `koji watch-task` does
    #[arg(long)]
    watch: bool,
    /// The time between two looks at the tasks
    #[arg(long, value_name = "D", default_value = "6s", requires = "watch", value_parser = interval)]
    poll: Millis,
    /// How it is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines for people, as koji's own client writes them
    Text,
    /// Everything, for programs
    Json,
}

impl ModuleBuild {
    pub(crate) fn run(self, console: &Console) -> anyhow::Result<Answer> {
        let place = Place::of(&self.koji, &StoreArgs { store: None }, console)?;
        let requests = self.requests(&place.site, console)?;
        listen();
        let (mut tell, mut created) = (self.teller(console), self.teller(console));
        let watching = self.watch.then_some(Watching {
            poll: Duration::from_millis(self.poll.0),
            stop: &STOP,
            tell: &mut tell,
        });
        let asked = ask(Asking {
            options: place.options(),
            login: place.login.clone(),
            requests: &requests,
            priority: self.priority,
            watching,
            asked: &mut |task, request| {
                created(&format!("Created task: {task} ({})", request.id()));
            },
        });
        let tasks = asked.map_err(|error| explained(&error))?;
        if self.format == Format::Json {
            output::lines(&[module_tasks::json(&place.hub, &tasks)])?;
        }
        Ok(self.answer(&tasks))
    }

    /// Returns who says what happens: on standard output, unless a program reads that.
    fn teller(&self, console: &Console) -> impl FnMut(&str) + use<> {
        let (is_json, console) = (self.format == Format::Json, console.clone());
        move |line| {
            if is_json {
                console.note(line);
            } else if let Err(error) = output::lines(&[line.to_owned()]) {
                tracing::debug!("nobody reads what happens: {error}");
            }
        }
    }

    fn answer(&self, tasks: &[ModuleTask]) -> Answer {
        let is_open = |task: &ModuleTask| task.state.is_none();
        if self.watch && tasks.iter().any(is_open) {
            return Answer::Interrupted;
        }
        let is_fine = |task: &ModuleTask| task.state == Some(TaskState::Closed);
        Answer::yes_if(!self.watch || tasks.iter().all(is_fine))
    }

    /// Expands the document, and makes the request for each context. What this site's own worker would not build
    /// is not asked for.
    fn requests(&self, site: &Site, console: &Console) -> anyhow::Result<Vec<TaskRequest>> {
        let urls: Option<SourceUrls> =
            self.sources.as_deref().map(|path| sources(path, console)).transpose()?;
        let source = Source::read(&self.file, console)?;
        let against = load::load(&self.against, &load::Options::default())?;
        console.findings(&against.findings, &against.inputs);
        let settings = self.rules.settings(&self.request.default_stream);
        let loaded = Loaded::new(&against, &settings.platforms);
        tell_assumptions(&loaded, console);
        let mut document = self.request.document(&source, &loaded, &settings, console)?;
        self.date(&mut document);
        let expansion = expand::expand(&document, &loaded.collection, &settings);
        let find = |wanted: &NameStream| Contents::newest(&against.streams, wanted);
        let ordered = batch::order(Contents::from(&source.streams[0]), &find);
        let findings = report::findings(report::ReportInput {
            path: &source.snapshot.inputs[0].path,
            streams: &source.streams,
            document: &document,
            expansion: &expansion,
            loaded: &loaded,
            inputs: &against.inputs,
            settings: &settings,
            ordered: ordered.as_ref(),
            build_id: None,
            is_scratch: false,
            explanations: &[],
        });
        console.findings(&findings, &source.snapshot.inputs);
        self.refuse_incomplete(&expansion)?;
        let path = self.file.display();
        let ordered =
            ordered.map_err(|error| Refusal::no(format!("{path} cannot be built: {error}")))?;
        if let Some(missing) = ordered.missing.first() {
            return Err(Refusal::no(format!("{path} cannot be built: {missing}")).into());
        }
        let expanded = ExpandedDocument {
            streams: &source.streams,
            document: &document,
            ordered: &ordered,
            sources: urls.as_ref(),
            site,
        };
        let requests = expanded.requests(&expansion.documents).map_err(|all| refused(&all))?;
        for request in &requests {
            check(request, site).map_err(|all| refused(&all))?;
        }
        Ok(requests)
    }

    /// Gives the document a version: the time of the commit, else now.
    #[expect(clippy::disallowed_methods, reason = "a version is of the time of submission")]
    fn date(&self, document: &mut Document) {
        if self.request.at.is_none() || document.version == Version(0) {
            document.version = version_at(jiff::Timestamp::now());
        }
    }

    fn refuse_incomplete(&self, expansion: &Expansion) -> Result<(), Refusal> {
        let path = self.file.display();
        if expansion.has_errors() {
            return Err(Refusal::no(format!("{path} does not expand completely"))
                .hint("`modplan expand` with --explain says why, for each requirement"));
        }
        if expansion.documents.is_empty() {
            return Err(Refusal::no(format!("{path} expands to nothing")));
        }
        Ok(())
    }
}

/// Lets the first Ctrl-C end the look-out: the tasks continue.
fn listen() {
    let pressed = || {
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    };
    // Where nobody can listen, Ctrl-C ends the program; the tasks continue then, too.
    if let Err(error) = ctrlc::set_handler(pressed) {
        tracing::warn!("Ctrl-C ends the program at once: {error}");
    }
}

fn refused(problems: &[String]) -> Refusal {
    let more = match problems.len().saturating_sub(1) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let first = problems.first().map_or("", String::as_str);
    Refusal::no(format!("koji is not asked: {first}{more}"))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the library's errors may grow")]
fn explained(error: &AskError) -> Refusal {
    match error {
        AskError::NoMethod => Refusal::no(error.to_string()).hint(
            "its admin installs the plug-in of modplan's `koji-plugin/`, whose README says how",
        ),
        AskError::Hub(error) => of_hub(error),
        _ => Refusal::no(error.to_string()),
    }
}
