//! Inputs that hold modules, the graph of them, what is selected, and the plan made of it: what plan,
//! execute and compare share.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use modplan::expand::replatform::replatform;
use modplan::expand::{Loaded, Settings};
use modplan::graph::ModuleGraph;
use modplan::load::{self, Code, Snapshot, SourceUrls};
use modplan::name::{Arch, NameStream, Selector, nearest};
use modplan::plan::reuse::{Reuse, Strategy};
use modplan::plan::schedule::Effort;
use modplan::plan::{self, Given, Plan, Planning, Selection, Submission};
use modplan::report;

use super::args::{ReuseArgs, SelectionArgs, refuse_identities};
use super::console::Console;
use super::documents::Documents;
use super::selecting::{graph_options, refusal, select, warn_of_given};
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
    /// Reads the inputs and prints what is wrong in them; without any module the exit code is 1.
    pub(crate) fn read(
        inputs: &[PathBuf],
        args: &SelectionArgs,
        console: &Console,
    ) -> anyhow::Result<Self> {
        Self::read_after_look(inputs, None, args, console)
    }

    /// The same where standard input was read already.
    pub(crate) fn read_after_look(
        inputs: &[PathBuf],
        standard_input: Option<Arc<[u8]>>,
        args: &SelectionArgs,
        console: &Console,
    ) -> anyhow::Result<Self> {
        refuse_identities(inputs, args)?;
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
        // What is wrong may be why nothing can be selected: it is printed first then, else with the plan.
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

    /// Returns the documents of all modules that a plan may name.
    pub(crate) fn documents(&self) -> Documents<'_> {
        Documents::new(&self.snapshot, &self.graph)
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
        let (on, moved) = replatform(&loaded, &self.graph, &settings, plan, target)
            .map_err(|error| Refusal::usage(error.to_string()).hint("such as platform:el8.6.0"))?;
        tell_unknown(target, &loaded, console);
        let inputs = &self.snapshot.inputs;
        let findings = report::replatform::findings(&on, &moved, &loaded, &settings, inputs);
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

pub(super) fn sources(path: &Path, console: &Console) -> anyhow::Result<SourceUrls> {
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
