//! A plan for people, for spreadsheets, and as a drawing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::graph::export::{self, Cluster, Drawing, DrawnEdge, DrawnNode};
use crate::plan::Plan;
use crate::plan::model::{self, Because, BecauseKind, DanglingRow, PlanModule};
use crate::time::Millis;

/// How many modules of a reason or list are named before the rest is counted.
const NAMED_MAX: usize = 3;

/// Renders a plan as a table by waves, then what it comes to.
#[must_use]
pub fn table(plan: &Plan) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    let mut header = vec!["WAVE", "MODULE", "COMPONENTS", "BATCHES", "PATH", "SLACK", "BECAUSE"];
    let has_versions = plan.modules.iter().any(|module| module.new_version.is_some());
    header.extend(has_versions.then_some("NEW VERSION"));
    table.set_header(header);
    for column in [0, 2, 3, 4, 5] {
        let column = table.column_mut(column).expect("the header has seven columns");
        column.set_cell_alignment(comfy_table::CellAlignment::Right);
    }
    for module in &plan.modules {
        let mut row = vec![
            module.wave.to_string(),
            module.id.clone(),
            components(module),
            module.batches.len().to_string(),
            span(module.earliest_finish_seconds - module.earliest_start_seconds),
            span(module.slack_seconds),
            reasons(plan, &module.because),
        ];
        if has_versions {
            row.push(module.new_version.clone().unwrap_or_else(|| "-".to_owned()));
        }
        table.add_row(row);
    }
    format!("{}\n\n{}", table.trim_fmt(), summary(plan))
}

fn components(module: &PlanModule) -> String {
    if module.pass_through {
        return "passed through".to_owned();
    }
    let components = || module.batches.iter().flat_map(|batch| &batch.components);
    let (all, built) = (components().count(), components().filter(|each| !each.reused).count());
    if built == all { all.to_string() } else { format!("{built} of {all}") }
}

/// Writes seconds for people; a half-way plan has no negative ones.
fn span(seconds: f64) -> String {
    Millis::from_secs_f64(seconds.max(0.0)).map_or_else(|| "?".to_owned(), |ms| ms.to_string())
}

fn reasons(plan: &Plan, because: &[Because]) -> String {
    let at = |reason: &Because| place(plan, reason);
    let mut named: Vec<String> = because
        .iter()
        .take(NAMED_MAX)
        .map(|reason| match reason.kind {
            BecauseKind::Changed => "changed".to_owned(),
            BecauseKind::ChangedPackage => format!("builds {}", reason.on),
            BecauseKind::All => "all".to_owned(),
            BecauseKind::Buildrequires => format!("builds on {} ({})", reason.on, at(reason)),
            BecauseKind::Requires => format!("requires {} ({})", reason.on, at(reason)),
            BecauseKind::Sibling => format!("same source as {}", reason.on),
        })
        .collect();
    if because.len() > NAMED_MAX {
        named.push(format!("{} more", because.len() - NAMED_MAX));
    }
    named.join(", ")
}

/// Writes where a reason stands: the line alone would do for one input, and its name is short then.
fn place(plan: &Plan, reason: &Because) -> String {
    let name = std::path::Path::new(&reason.path).file_name();
    let name = name.filter(|_| plan.inputs.len() == 1).map(|name| name.to_string_lossy());
    let path = name.unwrap_or_else(|| reason.path.as_str().into());
    format!("{path}:{}", reason.line)
}

/// Returns the modules that the longest path runs through, each once.
fn through(plan: &Plan) -> String {
    const NAMED_MAX: usize = 6;
    let mut names: Vec<&str> = plan.critical_path.iter().map(|step| step.module.as_str()).collect();
    names.dedup();
    let more = names.len().saturating_sub(NAMED_MAX);
    names.truncate(NAMED_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    if names.is_empty() { String::new() } else { format!(" through {}{more}", names.join(", ")) }
}

fn summary(plan: &Plan) -> String {
    let built = plan.modules.iter().filter(|module| !module.pass_through).count();
    let mut text = String::new();
    add(
        &mut text,
        format_args!(
            "{} of {} in {}; roots: {}\n",
            counted(built, "module build"),
            counted(plan.components().count(), "component"),
            counted(plan.waves.len(), "wave"),
            plan.roots.join(", "),
        ),
    );
    let bounds = &plan.bounds;
    if !plan.prerequisites.is_empty() {
        add(&mut text, format_args!("needs first    {}\n", plan.prerequisites.join(", ")));
    }
    let path = span(bounds.critical_path_seconds);
    add(&mut text, format_args!("critical path  {path}{}\n", through(plan)));
    add(&mut text, format_args!("lower bound    {}\n", span(bounds.lower_bound_seconds)));
    match (bounds.schedule_seconds, bounds.wave_barrier_seconds) {
        (Some(schedule), Some(barrier)) => {
            add(&mut text, format_args!("schedule       {}\n", span(schedule)));
            let dearer = if schedule > 0.0 { (barrier / schedule - 1.0) * 100.0 } else { 0.0 };
            add(&mut text, format_args!("with barriers  {} (+{dearer:.0} %)\n", span(barrier)));
        }
        _ => {
            let unserved = bounds.capacity_seconds.iter().filter(|(_, seconds)| seconds.is_none());
            let arches: Vec<&str> = unserved.map(|(arch, _)| arch.as_str()).collect();
            add(
                &mut text,
                format_args!("schedule       none: no builder for {}\n", arches.join(", ")),
            );
        }
    }
    if let Some(model::Estimate { seconds_p50: Some(half), seconds_p90: Some(most), .. }) =
        plan.estimate
    {
        let (half, most) = (span(half), span(most));
        add(&mut text, format_args!("on koji        {half}, nine in ten within {most}\n"));
    }
    text
}

/// Renders a plan as CSV, one row a component; modules that are passed through have one row
/// without a component.
#[must_use]
pub fn csv(plan: &Plan) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |row: Vec<String>| writer.write_record(row).expect("memory takes every row");
    let header = "wave,module,version,batch,component,package,ref,arches,estimate_seconds,estimate_from,reused,why,new_version";
    write(header.split(',').map(str::to_owned).collect());
    for module in &plan.modules {
        let start = || vec![module.wave.to_string(), module.id.clone(), module.version.clone()];
        if module.pass_through {
            write(start().into_iter().chain(std::iter::repeat_n(String::new(), 10)).collect());
        }
        for batch in &module.batches {
            for component in &batch.components {
                let arches: Vec<&str> = component.arches.iter().map(|arch| arch.as_str()).collect();
                let rest = [
                    batch.index.to_string(),
                    component.component.to_string(),
                    component.package.to_string(),
                    component.reference.clone().unwrap_or_default(),
                    arches.join(" "),
                    format!("{:.3}", component.estimate_seconds),
                    component.estimate_from.to_string(),
                    component.reused.to_string(),
                    component.why.clone(),
                    module.new_version.clone().unwrap_or_default(),
                ];
                write(start().into_iter().chain(rest).collect());
            }
        }
    }
    let bytes = writer.into_inner().expect("memory takes every row");
    String::from_utf8(bytes).expect("every field is text")
}

/// Renders a plan as a DOT digraph: waves as boxes, cut edges dashed.
#[must_use]
pub fn dot(plan: &Plan) -> String {
    let node = |module: &PlanModule| DrawnNode {
        id: module.id.clone(),
        label: vec![module.id.clone(), components_label(module)],
        is_dashed: module.pass_through,
    };
    let clusters = plan.modules.chunk_by(|a, b| a.wave == b.wave).map(|wave| Cluster {
        title: format!("wave {}", wave[0].wave),
        nodes: wave.iter().map(node).collect(),
    });
    let is_cut =
        |edge: &&crate::plan::model::Edge| plan.cycles.iter().any(|cycle| cycle.cut.contains(edge));
    let edges = plan.edges.iter().map(|edge| DrawnEdge {
        from: edge.from.clone(),
        to: edge.to.clone(),
        is_dashed: is_cut(&edge),
    });
    export::dot(&Drawing { clusters: clusters.collect(), edges: edges.collect() })
}

fn components_label(module: &PlanModule) -> String {
    if module.pass_through {
        return "passed through".to_owned();
    }
    counted(module.batches.iter().map(|batch| batch.components.len()).sum(), "component")
}

/// Writes a count with its noun.
fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Returns what to know before a plan is started: cycles, dangling requirements, more than one
/// platform; each with what to do about it.
#[must_use]
pub fn remarks(plan: &Plan) -> Vec<(String, String)> {
    let mut remarks = Vec::new();
    for cycle in &plan.cycles {
        let cut: Vec<String> =
            cycle.cut.iter().map(|edge| format!("{} -> {}", edge.from, edge.to)).collect();
        let proven = if cycle.cut_proven { "the fewest edges" } else { "the fewest edges found" };
        remarks.push((
            format!("a cycle: {}", cycle.members.join(", ")),
            format!("{proven} that cut it: {}; the plan leaves these out", cut.join(", ")),
        ));
    }
    let mut missing: BTreeMap<(&str, &str), Vec<&DanglingRow>> = BTreeMap::new();
    for row in &plan.dangling {
        missing.entry((&row.requires, &row.reason)).or_default().push(row);
    }
    for ((requires, reason), modules) in missing {
        let more = match modules.len() {
            1 => " requires".to_owned(),
            count => format!(" and {} more require", count - 1),
        };
        let DanglingRow { module, path, line, .. } = modules[0];
        let at = if path.is_empty() { String::new() } else { format!("{path}:{line}: ") };
        remarks.push((
            format!("{at}{module}{more} {requires}: {reason}"),
            format!("load an input that holds it, or say `--given {requires}`"),
        ));
    }
    let platforms: BTreeSet<&str> =
        plan.modules.iter().filter_map(|module| module.platform.as_deref()).collect();
    if platforms.len() > 1 {
        let platforms: Vec<&str> = platforms.into_iter().collect();
        remarks.push((
            format!(
                "the rebuilt modules build on {} platforms: {}",
                platforms.len(),
                platforms.join(", ")
            ),
            "plan one platform at a time if they are not one release".to_owned(),
        ));
    }
    remarks
}

fn add(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a string takes all that is written to it");
}
