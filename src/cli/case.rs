//! What plan, execute and compare share: inputs read, world read, a plan made.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use modplan::farm::Farm;
use modplan::graph::{self, GraphOptions, ModuleGraph};
use modplan::load::{self, Code, Finding, Input, Place, Severity, Snapshot, SourceUrls};
use modplan::name::{Arch, NameStream, Selector, nearest};
use modplan::plan::expand::{Loaded, Settings};
use modplan::plan::replatform::replatform;
use modplan::plan::reuse::{Reuse, Strategy};
use modplan::plan::{self, Given, Plan, Planning, SelectError, Selection, Submission};
use modplan::report;
use modplan::scenario::Scenario;
use modplan::sim::DurationMode;
use modplan::trace::History;

use super::args::{Follow, ReuseArgs, SelectionArgs, Unit, Versions, WorldArgs};
use super::console::Console;
use super::status::Refusal;
use super::vary::{Vary, widest};

/// History, farm and scenario.
pub(crate) struct World {
    pub(crate) history: History,
    pub(crate) farm: Option<Farm>,
    pub(crate) scenario: Scenario,
    /// Every parameter that nobody set, in words.
    pub(crate) assumptions: Vec<String>,
}

impl World {
    /// Reads what the arguments name; what is wrong in a file is told, and then the answer is no.
    pub(crate) fn read(
        (args, durations): (&WorldArgs, DurationMode),
        console: &Console,
    ) -> anyhow::Result<Self> {
        Self::read_to_vary((args, durations), &[], console)
    }

    /// The same with a farm of which numbers are going to be varied.
    pub(crate) fn read_to_vary(
        (args, durations): (&WorldArgs, DurationMode),
        vary: &[Vary],
        console: &Console,
    ) -> anyhow::Result<Self> {
        let history = history(&args.trace, console)?;
        let history = if durations == DurationMode::Fit { history.fitted() } else { history };
        let farm = args.farm.as_deref().map(|path| farm(path, vary, console)).transpose()?;
        let scenario = args.scenario.as_deref().map(|path| scenario(path, console)).transpose()?;
        let mut assumptions = Vec::new();
        if args.trace.is_empty() {
            console.warn(
                "no trace: every build is taken to last 600 s",
                Some("give recorded durations with --trace"),
            );
            assumptions.push("trace: none, every buildArch task takes 600 s".to_owned());
        }
        if farm.is_none() {
            assumptions.push("farm: none, 10 builders for each needed arch".to_owned());
        }
        if scenario.is_none() {
            assumptions.push("scenario: none, outcomes as the trace says, no tests".to_owned());
        }
        Ok(Self { history, farm, scenario: scenario.unwrap_or_default(), assumptions })
    }
}

/// Inputs that hold modules, the graph of them, and what is selected.
pub(crate) struct Case {
    pub(crate) snapshot: Snapshot,
    pub(crate) graph: ModuleGraph,
    selection: Selection,
    arches: Vec<Arch>,
    strategy: Strategy,
    reuse_from: Option<Snapshot>,
    /// The platform that the plan is for, where that is another one than now.
    platform: Option<NameStream>,
    sources: Option<SourceUrls>,
}

impl Case {
    /// Reads the inputs and tells what is wrong in them; no module at all is an answer of no.
    pub(crate) fn read(
        inputs: &[PathBuf],
        args: &SelectionArgs,
        console: &Console,
    ) -> anyhow::Result<Self> {
        Self::read_after_look((inputs, None), args, console)
    }

    /// The same where standard input was read already.
    pub(crate) fn read_after_look(
        (inputs, standard_input): (&[PathBuf], Option<Arc<[u8]>>),
        args: &SelectionArgs,
        console: &Console,
    ) -> anyhow::Result<Self> {
        let options = load::Options { standard_input, ..load::Options::default() };
        let snapshot = load::load(inputs, &options)?;
        tracing::info!(
            "read {} inputs: {} module builds, {} findings",
            snapshot.inputs.len(),
            snapshot.streams.len(),
            snapshot.findings.len()
        );
        for input in &snapshot.inputs {
            tracing::debug!("{}: {}, {} documents", input.path, input.kind, input.documents);
        }
        let graph = ModuleGraph::new(&snapshot, &graph_options(args));
        console.findings(&snapshot.findings, &snapshot.inputs);
        console.findings(graph.findings(), &snapshot.inputs);
        if graph.is_empty() {
            return Err(Refusal::no("the inputs hold no module")
                .hint("give modulemd documents (modules.yaml), a PDC dump, or a directory of them")
                .into());
        }
        let arches = args.arches.clone();
        let strategy = args.reuse.rebuild_strategy;
        let reuse_from = reuse_from(&args.reuse, console)?;
        let sources =
            args.reuse.sources.as_deref().map(|path| sources(path, console)).transpose()?;
        let selection = selection(args);
        plan::check_selection(&graph, &selection).map_err(refusal)?;
        warn_of_given(&graph, &selection.given, console);
        Ok(Self {
            snapshot,
            graph,
            selection,
            arches,
            strategy,
            reuse_from,
            platform: None,
            sources,
        })
    }

    /// Plans for another platform: what was built on one that it cannot use is not reused.
    pub(crate) fn for_platform(mut self, platform: Option<NameStream>) -> Self {
        self.platform = platform;
        self
    }

    /// Returns whether a finding says that something in the inputs is wrong or odd.
    pub(crate) fn has_findings(&self) -> bool {
        !self.snapshot.findings.is_empty() || !self.graph.findings().is_empty()
    }

    /// Plans what is selected.
    pub(crate) fn plan(&self, world: &World, console: &Console) -> anyhow::Result<Planning> {
        let planning = self.plan_selection(&self.selection, world)?;
        tracing::info!(
            "planned {} modules in {} waves, {} requirements open",
            planning.plan.modules.len(),
            planning.plan.waves.len(),
            planning.plan.prerequisites.len()
        );
        console.findings(&planning.findings, &self.snapshot.inputs);
        Ok(planning)
    }

    /// Plans everything that a literal cascade may reach; what is left out stays out.
    pub(crate) fn plan_all(&self, world: &World) -> anyhow::Result<Plan> {
        let all = Selection { all: true, ..self.selection.clone() };
        Ok(self.plan_selection(&all, world)?.plan)
    }

    /// Returns the edges that superseded versions had and the newest do not have.
    pub(crate) fn superseded(&self, args: &SelectionArgs) -> Vec<(String, String)> {
        self.graph.superseded_edges(&self.snapshot, &graph_options(args))
    }

    /// Gives the modules of a plan the versions of a submission at a time.
    pub(crate) fn give_versions(&self, at: Timestamp, plan: &mut Plan) {
        let (unit, platform) = (self.selection.unit, self.platform.as_ref());
        plan::give_versions(plan, &self.snapshot, Submission { at, unit, platform });
    }

    /// Tells what a plan's modules become on another platform; returns whether any cannot be built.
    pub(crate) fn move_to(
        &self,
        target: &NameStream,
        plan: &mut Plan,
        console: &Console,
    ) -> anyhow::Result<bool> {
        let settings = Settings::default();
        let loaded = Loaded::new(&self.snapshot, &settings.platforms);
        let (on, moved) = replatform(&loaded, (&self.graph, &settings), plan, target)
            .map_err(|error| Refusal::usage(error.to_string()).hint("such as platform:el8.6.0"))?;
        tell_unknown(target, &loaded, console);
        let inputs = &self.snapshot.inputs;
        let findings = report::replatform::findings((&on, &moved), (&loaded, &settings), inputs);
        console.findings(&findings, inputs);
        plan.on_platform = Some(on);
        Ok(!findings.is_empty())
    }

    fn plan_selection(&self, asked: &Selection, world: &World) -> anyhow::Result<Planning> {
        let given = Given {
            snapshot: &self.snapshot,
            graph: &self.graph,
            history: &world.history,
            farm: world.farm.as_ref(),
            arches: &self.arches,
            reuse: Reuse {
                strategy: self.strategy,
                from: self.reuse_from.as_ref(),
                platform: self.platform.as_ref(),
                sources: self.sources.as_ref(),
            },
        };
        Ok(plan::plan(given, asked).map_err(refusal)?)
    }
}

/// Tells where nothing loaded is a platform or was built on it: it is new, or mistyped.
fn tell_unknown(target: &NameStream, loaded: &Loaded<'_>, console: &Console) {
    if loaded.collection.builds_of(target).next().is_some() {
        return;
    }
    let known = loaded.collection.all_of(&target.name);
    let known: BTreeSet<String> =
        known.map(|build| format!("{}:{}", target.name, build.candidate.nsvc.stream)).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let hint = match nearest(&target.to_string(), known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? the inputs have {}", known.join(", ")),
        None if known.is_empty() => "the inputs have no platform at all".to_owned(),
        None => format!("the inputs have {}", known.join(", ")),
    };
    let message = format!("no input describes {target}, and nothing was built on it: taken as new");
    console.warn(&message, Some(&hint));
}

/// Tells what `--given` names although nothing is loaded of it and nothing requires it.
fn warn_of_given(graph: &ModuleGraph, given: &[Selector], console: &Console) {
    let required = || {
        let dangling = graph.dangling().iter().map(|row| &row.requires);
        dangling.chain(graph.self_requires().iter().map(|row| &row.requires))
    };
    for id in given.iter().filter(|id| graph.select(id).is_empty()) {
        let answers = |requires: &NameStream| {
            requires.name.as_str() == id.name()
                && id.stream().is_none_or(|stream| stream == requires.stream.as_str())
        };
        if !required().any(answers) {
            let names: Vec<String> = required().map(NameStream::to_string).collect();
            let near = nearest(&id.to_string(), names.iter().map(String::as_str))
                .map(|near| format!("did you mean `{near}`?"));
            console.warn(&format!("nothing requires `{id}`, which is given"), near.as_deref());
        }
    }
}

/// Turns a selection that found nothing into a refusal that says what to do.
fn refusal(error: SelectError) -> Refusal {
    let message = error.to_string();
    match error {
        SelectError::Nothing => Refusal::usage(message)
            .hint("give --changed ID, --built ID, --changed-package NAME or --all"),
        SelectError::Unknown { near: Some(near), .. } => {
            Refusal::usage(message).hint(format!("did you mean `{near}`?"))
        }
        SelectError::NotAComponent { near: Some(near), .. } => {
            Refusal::no(message).hint(format!("did you mean `{near}`?"))
        }
        SelectError::NotAComponent { .. } => Refusal::no(message),
        SelectError::Unknown { near: None, .. } => {
            Refusal::usage(message).hint("`modplan show` lists what the inputs hold")
        }
        SelectError::NothingLeft { .. } => {
            Refusal::usage(message).hint("see --only, --exclude and --given")
        }
        SelectError::ChangedAndBuilt { .. } => Refusal::usage(message)
            .hint("--changed rebuilds it, --built takes it as rebuilt already: give one of them"),
        SelectError::Base { .. } | _ => Refusal::usage(message),
    }
}

fn graph_options(args: &SelectionArgs) -> GraphOptions {
    GraphOptions {
        versions: match args.versions {
            Versions::Newest => graph::Versions::Newest,
            Versions::NewestPerContext => graph::Versions::NewestPerContext,
            Versions::All => graph::Versions::All,
        },
        follow: match args.follow {
            Follow::Build => graph::Follow::Build,
            Follow::Runtime => graph::Follow::Runtime,
            Follow::Both => graph::Follow::Both,
        },
        ..GraphOptions::default()
    }
}

fn selection(args: &SelectionArgs) -> Selection {
    Selection {
        changed: args.changed.clone(),
        built: args.built.clone(),
        changed_packages: args.changed_package.clone(),
        all: args.all,
        only: args.only.clone(),
        exclude: args.exclude.clone(),
        given: args.given.clone(),
        unit: match args.unit {
            Unit::Source => plan::Unit::Source,
            Unit::Context => plan::Unit::Context,
        },
    }
}

/// Reads the builds to take from.
fn reuse_from(args: &ReuseArgs, console: &Console) -> anyhow::Result<Option<Snapshot>> {
    if args.reuse_from.is_empty() {
        return Ok(None);
    }
    if args.rebuild_strategy == Strategy::All {
        return Err(Refusal::usage("--reuse-from reuses nothing while everything is rebuilt")
            .hint("give --rebuild-strategy changed-and-after, only-changed or dependencies")
            .into());
    }
    let snapshot = load::load(&args.reuse_from, &load::Options::default())?;
    console.findings(&snapshot.findings, &snapshot.inputs);
    if snapshot.streams.is_empty() {
        return Err(Refusal::no("the inputs of --reuse-from hold no module").into());
    }
    Ok(Some(snapshot))
}

fn sources(path: &Path, console: &Console) -> anyhow::Result<SourceUrls> {
    let (sources, findings) = SourceUrls::read(&read(path)?, 0);
    if findings.is_empty() {
        return Ok(sources);
    }
    Err(wrong(path, &findings, console).into())
}

/// Reads a file that is no module input.
fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).map_err(|error| {
        if error.kind() == ErrorKind::NotFound {
            return anyhow::anyhow!("cannot find `{}`", path.display());
        }
        anyhow::Error::from(error).context(format!("cannot read `{}`", path.display()))
    })
}

/// Reads recorded builds, and tells what is wrong in them.
pub(crate) fn read_history(paths: &[PathBuf], console: &Console) -> anyhow::Result<History> {
    let files = load::raw_files(paths, &[".csv", ".json", ".jsonl"])?;
    let whole = files.iter().filter(|file| file.broken.is_none());
    let inputs: Vec<(&str, &[u8])> =
        whole.map(|file| (file.path.as_str(), file.content.as_slice())).collect();
    let mut history = History::read(&inputs);
    for file in &files {
        if let Some(broken) = &file.broken {
            history.note_broken(&file.path, broken.clone());
        }
    }
    if history.rows().is_empty() && !paths.is_empty() {
        tell_of_nothing(&mut history, paths)?;
    } else {
        leave_out_others(&mut history, paths, console);
    }
    let paths: Vec<Input> = history.files.iter().map(|file| named(&file.path)).collect();
    console.findings(&history.findings, &paths);
    Ok(history)
}

/// A history without a recorded task is no history: what is wrong in its files is told of each, named
/// or not, and of those in which nothing is wrong that they hold nothing.
fn tell_of_nothing(history: &mut History, named: &[PathBuf]) -> Result<(), Refusal> {
    if history.files.is_empty() {
        let names: Vec<String> = named.iter().map(|path| path.display().to_string()).collect();
        let hint = "histories are files that end in .csv, .json or .jsonl, packed or not";
        let others: Vec<String> = named.iter().flat_map(|path| names_in(path)).collect();
        let left_out = match others.as_slice() {
            [] => String::new(),
            others => format!("; left out: {}", first_few(others.iter().map(String::as_str))),
        };
        return Err(Refusal::no(format!("no history in {}", names.join(", ")))
            .hint(format!("{hint}{left_out}")));
    }
    let is_told = |input: u32| {
        let errors = history.findings.iter().filter(|f| f.severity() == Severity::Error);
        errors.clone().any(|finding| finding.place.input == input)
    };
    let silent: Vec<u32> =
        (0..).take(history.files.len()).filter(|&input| !is_told(input)).collect();
    for input in silent {
        let place = Place { input, line: 1, column: 1 };
        let message = "no recorded task in this file that came to an end";
        history.findings.push(Finding::new(Code::TraceRow, place, message));
    }
    Ok(())
}

/// Returns the names of what a directory holds, sorted; none where it is none or cannot be read.
fn names_in(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Files that were found in a directory, not named, may be about anything: those that hold no
/// history are no error.
fn leave_out_others(history: &mut History, named: &[PathBuf], console: &Console) {
    let is_other = |finding: &Finding| {
        let path = &history.files[finding.place.input as usize].path;
        let is_named = named.iter().any(|named| named.as_os_str() == path.as_str());
        !is_named && matches!(finding.code, Code::TraceShape | Code::TraceColumn)
    };
    let others: BTreeSet<u32> =
        history.findings.iter().filter(|f| is_other(f)).map(|f| f.place.input).collect();
    if !others.is_empty() {
        history.findings.retain(|finding| !others.contains(&finding.place.input));
        let plural = if others.len() == 1 { "" } else { "s" };
        let names = others.iter().map(|&other| history.files[other as usize].path.as_str());
        console.note(&format!(
            "left out {} file{plural} without recorded builds: {}",
            others.len(),
            first_few(names)
        ));
    }
}

/// Returns the first names of a list, and how many there are besides.
fn first_few<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 3;
    let more = names.len().saturating_sub(SHOWN);
    let text = names.take(SHOWN).collect::<Vec<_>>().join(", ");
    if more == 0 { text } else { format!("{text} and {more} more") }
}

fn history(paths: &[PathBuf], console: &Console) -> anyhow::Result<History> {
    let history = read_history(paths, console)?;
    if history.is_wrong() {
        return Err(Refusal::no("the trace has errors").into());
    }
    Ok(history)
}

fn farm(path: &Path, vary: &[Vary], console: &Console) -> anyhow::Result<Farm> {
    let bytes = read(path)?;
    // What cannot be varied is told when it is.
    let widen = |farm: &mut Farm| *farm = widest(farm, vary);
    let farm =
        Farm::read_to_vary(&bytes, 0, widen).map_err(|findings| wrong(path, &findings, console))?;
    for remark in &farm.remarks {
        console.warn_at((path, remark.place), &remark.message);
    }
    Ok(farm)
}

fn scenario(path: &Path, console: &Console) -> anyhow::Result<Scenario> {
    let bytes = read(path)?;
    Scenario::read(&bytes, 0).map_err(|findings| wrong(path, &findings, console).into())
}

fn wrong(path: &Path, findings: &[Finding], console: &Console) -> Refusal {
    let path = path.display().to_string();
    console.findings(findings, &[named(&path)]);
    let errors = findings.iter().filter(|f| f.severity() == Severity::Error).count();
    let plural = if errors == 1 { "" } else { "s" };
    Refusal::no(format!("{path} has {errors} error{plural}"))
}

fn named(path: &str) -> Input {
    Input { path: path.to_owned(), kind: "", documents: 0, sha256: String::new() }
}

/// What a first look at the inputs finds.
pub(crate) enum Look {
    /// A plan that was written before.
    Plan(Box<Plan>),
    /// Inputs to plan from, with what standard input held where it is one of them.
    Inputs(Option<Arc<[u8]>>),
}

/// Reads a plan that was written before, packed or not, where that is what the one input holds.
pub(crate) fn look(inputs: &[PathBuf]) -> anyhow::Result<Look> {
    let [path] = inputs else { return Ok(Look::Inputs(None)) };
    let is_standard_input = path == Path::new("-");
    if !is_standard_input && !path.is_file() {
        return Ok(Look::Inputs(None));
    }
    let file = load::raw_files(inputs, &[])?.into_iter().next();
    let bytes = file.filter(|file| file.broken.is_none()).map(|file| file.content);
    let Some(bytes) = bytes else { return Ok(Look::Inputs(None)) };
    match plan_of(path, &bytes)? {
        Some(plan) => Ok(Look::Plan(Box::new(plan))),
        None => Ok(Look::Inputs(is_standard_input.then(|| bytes.into()))),
    }
}

fn plan_of(path: &Path, bytes: &[u8]) -> Result<Option<Plan>, Refusal> {
    // A plan is told from other JSON by fields that nothing else has.
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(bytes) else { return Ok(None) };
    if value.get("waves").is_none() || value.get("format").is_none() {
        return Ok(None);
    }
    let no = |why: String| Refusal::no(format!("{} is no plan to execute: {why}", path.display()));
    if value["format"] != plan::model::FORMAT {
        return Err(no(format!("its format is {}, not {}", value["format"], plan::model::FORMAT))
            .hint("write it again with `modplan plan --format json`"));
    }
    let plan: Plan = serde_json::from_slice(bytes).map_err(|error| no(error.to_string()))?;
    modplan::sim::check(&plan).map_err(no)?;
    Ok(Some(plan))
}
