//! From the selection flags to what is selected, and refusals that say what to do.

use std::collections::BTreeSet;

use super::args::{Follow, SelectionArgs, Unit, Versions};
use super::console::Console;
use super::status::Refusal;
use modplan::graph::{self, GraphOptions, ModuleGraph};
use modplan::load::{self, Snapshot};
use modplan::name::{Arch, ModuleName, NameStream, Selector, StreamName, nearest};
use modplan::plan::{self, SelectError, Selection, Since};

/// Tells what `--given` names although nothing is loaded of it and nothing requires it.
pub(super) fn warn_of_given(graph: &ModuleGraph, given: &[Selector], console: &Console) {
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
pub(super) fn refusal(error: SelectError) -> Refusal {
    let message = error.to_string();
    match error {
        SelectError::Nothing => Refusal::usage(message).hint(
            "give --changed ID, --built ID, --changed-package NAME, --since SNAPSHOT or --all",
        ),
        SelectError::Unknown { near: Some(near), .. } => {
            Refusal::usage(message).hint(format!("did you mean `{near}`?"))
        }
        SelectError::UnknownPlatform { id, known, .. } => {
            Refusal::usage(message).hint(platform_hint(&id, &known))
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
        _ => Refusal::usage(message),
    }
}

/// Says which platform may be meant by one that nothing builds on: those that it is the beginning of, as
/// `el8.6` of `el8.6.0`, else the nearest one.
fn platform_hint(written: &str, known: &[String]) -> String {
    let start = format!("{written}.");
    let longer = known.iter().filter(|platform| platform.starts_with(&start));
    let longer: Vec<String> = longer.map(|platform| format!("`{platform}`")).collect();
    if !longer.is_empty() {
        return format!("did you mean {}?", longer.join(" or "));
    }
    match nearest(written, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "no document names a platform".to_owned(),
        None => format!("the inputs have {}", known.join(", ")),
    }
}

/// Returns whether an identity names a base module: then it selects what builds on that.
fn is_platform(id: &Selector) -> bool {
    GraphOptions::default().base_modules.contains(&ModuleName::from(id.name()))
}

pub(super) fn graph_options(args: &SelectionArgs) -> GraphOptions {
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

/// Returns the refusal of a module that is loaded, and that `--only platform:` leaves out.
fn built_elsewhere(graph: &ModuleGraph, error: &SelectError) -> Option<Refusal> {
    let SelectError::Unknown { id, .. } = error else { return None };
    let is_it = |stream: &&NameStream| {
        let text = stream.to_string();
        id.strip_prefix(&text).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
            || stream.name.as_str() == id
    };
    graph.elsewhere().iter().find(is_it)?;
    let message = format!("`{id}` builds on no platform of `--only`");
    Some(
        Refusal::usage(message)
            .hint("leave `--only platform:` out: the plan says who builds on what"),
    )
}

/// Works out what is asked for, and refuses what selects nothing.
pub(super) fn select(
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
    plan::check_selection(graph, &selection)
        .map_err(|error| built_elsewhere(graph, &error).unwrap_or_else(|| refusal(error)))?;
    warn_of_excluded(graph, &selection, console);
    Ok(selection)
}

/// Warns of what is changed and left out at once: nothing is rebuilt because of it.
fn warn_of_excluded(graph: &ModuleGraph, selection: &Selection, console: &Console) {
    let excluded: BTreeSet<_> = selection.exclude.iter().flat_map(|id| graph.select(id)).collect();
    for id in &selection.changed {
        let changed = graph.select(id);
        if !changed.is_empty() && changed.iter().all(|module| excluded.contains(module)) {
            console.warn(
                &format!(
                    "--exclude leaves out `{id}`, which is changed: nothing is rebuilt for it"
                ),
                Some(&format!("`--built {id}` rebuilds what depends on it, and not itself")),
            );
        }
    }
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
            return Err(Refusal::usage(format!("no loaded module builds on `{text}`"))
                .hint(platform_hint(&text, &known)));
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
