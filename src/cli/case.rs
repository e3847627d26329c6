//! Inputs that hold modules, the graph of them, what is selected, and the plan made of it: what plan,
//! execute and compare share.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use modplan::expand::replatform::replatform;
use modplan::expand::{Loaded, Settings};
use modplan::graph::{self, GraphOptions, ModuleGraph};
use modplan::load::{self, Code, Snapshot, SourceUrls, Stream};
use modplan::name::{Arch, ModuleName, NameStream, Selector, StreamName, nearest};
use modplan::plan::model::PlanModule;
use modplan::plan::reuse::{Reuse, Strategy};
use modplan::plan::schedule::Effort;
use modplan::plan::{self, Given, Plan, Planning, SelectError, Selection, Since, Submission};
use modplan::report;

use super::args::{Follow, ReuseArgs, SelectionArgs, Unit, Versions, refuse_identities};
use super::console::Console;
use super::status::Refusal;
use super::world::{World, read, wrong};

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
    /// How much work goes into the schedule: none where only what is rebuilt is asked for.
    effort: Effort,
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
        refuse_identities(inputs)?;
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
        // What is wrong may be why nothing can be selected: it is told first then, else with the plan.
        let selected = select(&snapshot, &graph, args, console).inspect_err(|_| {
            console.findings(&snapshot.findings, &snapshot.inputs);
            console.findings(graph.findings(), &snapshot.inputs);
        })?;
        let arches = args.arches.clone();
        let strategy = args.reuse.rebuild_strategy;
        let reuse_from = reuse_from(&args.reuse, console)?;
        let sources =
            args.reuse.sources.as_deref().map(|path| sources(path, console)).transpose()?;
        warn_of_given(&graph, &selected.given, console);
        Ok(Self {
            snapshot,
            graph,
            selection: selected,
            arches,
            strategy,
            reuse_from,
            platform: None,
            sources,
            effort: Effort::NONE,
        })
    }

    /// Plans for another platform: what was built on one that it cannot use is not reused.
    pub(crate) fn for_platform(mut self, platform: Option<NameStream>) -> Self {
        self.platform = platform;
        self
    }

    /// Improves the schedule with more than no effort.
    pub(crate) fn with_effort(self, effort: Effort) -> Self {
        Self { effort, ..self }
    }

    /// Returns what kinds of findings say that something in the inputs is wrong or odd.
    pub(crate) fn codes(&self) -> impl Iterator<Item = Code> {
        self.snapshot.findings.iter().chain(self.graph.findings()).map(|finding| finding.code)
    }

    /// Returns the documents of a module of a plan, of the arch that comes first.
    pub(crate) fn document(&self, module: &PlanModule) -> Option<&Stream> {
        let ix = self.graph.find(&module.id)?;
        let of = &self.graph[ix];
        let is_of = |stream: &&Stream| {
            stream.name == of.name
                && stream.stream == of.stream
                && stream.version == of.version
                && stream.context == of.context
        };
        let documents = self.snapshot.streams.iter().filter(is_of);
        documents.min_by_key(|stream| (stream.origin, stream.arch.clone()))
    }

    /// Returns the ids of the plan that an identity selects.
    pub(crate) fn ids(&self, id: &Selector) -> Vec<String> {
        self.graph.select(id).into_iter().map(|ix| self.graph[ix].id.to_string()).collect()
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
        let inputs = &self.snapshot.inputs;
        let findings = [&self.snapshot.findings[..], self.graph.findings()].concat();
        let parted = report::outside::part(&findings, &self.snapshot, &planning.plan);
        console.findings_in_short(&parted.inside, inputs);
        console.count_findings(&parted.outside);
        console.findings_in_short(&planning.findings, inputs);
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
            effort: self.effort,
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
        let dangling = graph.dangling().iter().map(|row| (&row.requires, graph.denied(row)));
        dangling.chain(graph.self_requires().iter().map(|row| (&row.requires, Vec::new())))
    };
    for id in given.iter().filter(|id| graph.select(id).is_empty()) {
        if !required().any(|(requires, denied)| id.answers(requires, &denied)) {
            let names: Vec<String> = required().map(|(requires, _)| requires.to_string()).collect();
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
        SelectError::Nothing => Refusal::usage(message).hint(
            "give --changed ID, --built ID, --changed-package NAME, --since SNAPSHOT or --all",
        ),
        SelectError::Unknown { near: Some(near), .. }
        | SelectError::UnknownPlatform { near: Some(near), .. } => {
            Refusal::usage(message).hint(format!("did you mean `{near}`?"))
        }
        SelectError::UnknownPlatform { known, .. } if !known.is_empty() => {
            Refusal::usage(message).hint(format!("the inputs name {}", known.join(", ")))
        }
        SelectError::NotAComponent { near: Some(near), .. } => {
            Refusal::no(message).hint(format!("did you mean `{near}`?"))
        }
        SelectError::NotAComponent { .. } => Refusal::no(message),
        SelectError::Unknown { .. } => {
            Refusal::usage(message).hint("`modplan show` lists what the inputs hold")
        }
        SelectError::NothingLeft { .. } => {
            Refusal::usage(message).hint("see --only, --exclude, --given and --skip-eol")
        }
        SelectError::Unserved { near: Some((written, meant)), .. } => Refusal::no(message)
            .hint(format!("the farm file has `{written}`: did you mean `{meant}`?")),
        SelectError::Unserved { served, .. } => {
            let served: Vec<&str> = served.iter().map(Arch::as_str).collect();
            Refusal::no(message).hint(match served.as_slice() {
                [] => "give the farm builders with a count above 0".to_owned(),
                served => format!("its builders build {}; see --arches", served.join(", ")),
            })
        }
        SelectError::NothingBuilt { near, .. } => {
            let hint = near.map(|near| format!("did you mean `--arches {near}`?"));
            Refusal::no(message).hint(
                hint.unwrap_or_else(|| "`modplan show` lists what the inputs hold".to_owned()),
            )
        }
        SelectError::ChangedAndBuilt { .. } => Refusal::usage(message)
            .hint("--changed rebuilds it, --built takes it as rebuilt already: give one of them"),
        SelectError::Base { id } => {
            Refusal::usage(message).hint(format!("`--built {id}` rebuilds what builds on it"))
        }
        SelectError::UnknownPlatform { .. } | _ => Refusal::usage(message),
    }
}

/// Returns whether an identity names a base module: then it selects what builds on that.
fn is_platform(id: &Selector) -> bool {
    GraphOptions::default().base_modules.contains(&ModuleName::from(id.name()))
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
        only_platforms: args
            .only
            .iter()
            .filter(|id| is_platform(id))
            .filter_map(|id| id.stream().map(Into::into))
            .collect(),
        aliases: args.alias.clone(),
        ..GraphOptions::default()
    }
}

/// Works out what is asked for, and refuses what selects nothing.
fn select(
    snapshot: &Snapshot,
    graph: &ModuleGraph,
    args: &SelectionArgs,
    console: &Console,
) -> anyhow::Result<Selection> {
    check_platforms(snapshot, args)?;
    if graph.is_empty() {
        return Err(Refusal::no("the inputs hold no module")
            .hint("give modulemd documents (modules.yaml), a PDC dump, or a directory of them")
            .into());
    }
    check_aliases(snapshot, graph, args, console)?;
    let selection = Selection {
        since: since(snapshot, graph, args, console)?,
        retired: match args.skip_eol {
            true => plan::retired::retired(snapshot, graph, args.now),
            false => BTreeSet::new(),
        },
        ..selection(args)
    };
    plan::check_selection(graph, &selection).map_err(refusal)?;
    Ok(selection)
}

/// Refuses a platform that no document builds on.
fn check_platforms(snapshot: &Snapshot, args: &SelectionArgs) -> Result<(), Refusal> {
    let known = graph::platforms(snapshot, &GraphOptions::default());
    for id in args.only.iter().filter(|id| is_platform(id)) {
        let text = id.to_string();
        let Some(stream) = id.stream() else {
            return Err(Refusal::usage(format!("`--only {text}` names no platform"))
                .hint("write its stream too, such as `--only platform:el8.6.0`"));
        };
        if !known.contains(&StreamName::from(stream)) {
            let known: Vec<String> =
                known.iter().map(|stream| format!("{}:{stream}", id.name())).collect();
            let hint = match nearest(&text, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None if known.is_empty() => "no document names a platform".to_owned(),
                None => format!("the inputs have {}", known.join(", ")),
            };
            return Err(Refusal::usage(format!("no loaded module builds on `{text}`")).hint(hint));
        }
    }
    Ok(())
}

/// Refuses an alias for what is not loaded, and warns of one that nothing needs.
fn check_aliases(
    snapshot: &Snapshot,
    graph: &ModuleGraph,
    args: &SelectionArgs,
    console: &Console,
) -> Result<(), Refusal> {
    for alias in &args.alias {
        let meant = alias.meant();
        let is_loaded = meant.parse().is_ok_and(|id| !graph.select(&id).is_empty());
        if !is_loaded {
            let known: Vec<String> = graph.streams().map(NameStream::to_string).collect();
            let names = graph.streams().map(|stream| stream.name.as_str());
            let known = known.iter().map(String::as_str).chain(names);
            let hint = match nearest(&meant, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`modplan show` lists what the inputs hold".to_owned(),
            };
            let message = format!("`--alias {alias}`: no loaded module is `{meant}`");
            return Err(Refusal::usage(message).hint(hint));
        }
        if !alias.is_needed(snapshot) {
            let hint = "`modplan check` lists requirements that lost a zero";
            let message = format!(
                "nothing requires `{}`: `--alias {alias}` changes nothing",
                alias.written()
            );
            console.warn(&message, Some(hint));
        }
    }
    Ok(())
}

/// Compares with an older snapshot, where one is named.
fn since(
    snapshot: &Snapshot,
    graph: &ModuleGraph,
    args: &SelectionArgs,
    console: &Console,
) -> anyhow::Result<Option<Since>> {
    if args.since.is_empty() {
        return Ok(None);
    }
    let older = load::load(&args.since, &load::Options::default())?;
    let older_graph = ModuleGraph::new(&older, &graph_options(args));
    if older_graph.is_empty() {
        console.findings(&older.findings, &older.inputs);
        return Err(Refusal::no("the snapshot of --since holds no module")
            .hint("give modulemd documents (modules.yaml), a PDC dump, or a directory of them")
            .into());
    }
    console.count_findings_of("the older snapshot", &older.findings);
    let before = plan::since::Loaded { snapshot: &older, graph: &older_graph };
    let changes = plan::since::changes(before, plan::since::Loaded { snapshot, graph });
    let inputs = args.since.iter().map(|path| path.display().to_string()).collect();
    Ok(Some(Since { inputs, changes }))
}

fn selection(args: &SelectionArgs) -> Selection {
    Selection {
        changed: args.changed.clone(),
        built: args.built.clone(),
        changed_packages: args.changed_package.clone(),
        all: args.all,
        only: args.only.iter().filter(|id| !is_platform(id)).cloned().collect(),
        exclude: args.exclude.clone(),
        given: args.given.clone(),
        skips_eol: args.skip_eol,
        unit: match args.unit {
            Unit::Source => plan::Unit::Source,
            Unit::Context => plan::Unit::Context,
        },
        ..Selection::default()
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

/// Refuses a plan of more modules than were allowed.
pub(crate) fn refuse_storm(plan: &Plan, args: &SelectionArgs) -> Result<(), Refusal> {
    let builds = plan.modules.iter().filter(|module| !module.pass_through).count();
    match args.max_builds {
        Some(max) if builds > max.get() => Err(Refusal::no(format!(
            "the plan builds {builds} modules, more than --max-builds {max} allows"
        ))
        .hint("raise --max-builds, or select less with --only or --exclude")),
        _ => Ok(()),
    }
}
