//! A plan for people, for spreadsheets, and as a drawing.

mod cycles;
mod remarks;
mod table;
mod why;

pub use remarks::{Remark, RemarkPlace, remarks};
pub use table::table;
pub use why::why;

use crate::graph::export::{self, Cluster, Drawing, DrawnEdge, DrawnNode};
use crate::plan::Plan;
use crate::plan::model::{Because, BecauseKind, PlanModule};

/// Writes one reason, with the place of the requirement.
fn reason(plan: &Plan, because: &Because) -> String {
    let Because { kind, on, path, line } = because;
    let at = file_line(plan, path, *line);
    match kind {
        BecauseKind::Changed => "changed".to_owned(),
        BecauseKind::ChangedPackage => format!("builds {on}"),
        BecauseKind::All => "all".to_owned(),
        BecauseKind::Since => "differs from the older snapshot".to_owned(),
        BecauseKind::Buildrequires => format!("builds on {on} ({at})"),
        BecauseKind::Requires => format!("requires {on} ({at})"),
        BecauseKind::Sibling => format!("same source as {on}"),
    }
}

/// Writes a file and a line in it: of a single input the name alone, which is short.
fn file_line(plan: &Plan, path: &str, line: u32) -> String {
    let name = std::path::Path::new(path).file_name();
    let name = name.filter(|_| plan.inputs.len() == 1).map(|name| name.to_string_lossy());
    let path = name.unwrap_or_else(|| path.into());
    format!("{path}:{line}")
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

/// Names the first few of a list and counts the rest.
fn first_few(names: &[&str], count: usize) -> String {
    let first = names.iter().take(count).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(count) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
