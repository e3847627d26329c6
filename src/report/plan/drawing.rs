//! A plan as a drawing for Graphviz and for Mermaid: a box for each module, its batches in it, arrows to what
//! waits for it; what is cut is marked.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::counted;
use crate::graph::export::{self, Cluster, Drawing, DrawnEdge, DrawnNode};
use crate::plan::Plan;
use crate::plan::model::{Edge, PlanBatch, PlanModule};

/// How many components of a batch are named.
const NAMED_MAX: usize = 3;

/// Renders a plan as a DOT digraph.
#[must_use]
pub fn dot(plan: &Plan) -> String {
    let clusters: Vec<Cluster> = plan.modules.iter().map(cluster).collect();
    let place: BTreeMap<&str, usize> =
        plan.modules.iter().enumerate().map(|(at, module)| (module.id.as_str(), at)).collect();
    let inside = clusters.iter().flat_map(|cluster| {
        cluster.nodes.windows(2).map(|pair| DrawnEdge {
            from: pair[0].id.clone(),
            to: pair[1].id.clone(),
            ..DrawnEdge::default()
        })
    });
    let cut = cut(plan);
    let across = plan.edges.iter().map(|edge| {
        let (from, to) = (place[edge.from.as_str()], place[edge.to.as_str()]);
        let last = clusters[from].nodes.last().expect("a module has a node");
        let first = clusters[to].nodes.first().expect("a module has a node");
        DrawnEdge {
            from: last.id.clone(),
            to: first.id.clone(),
            between: Some((from, to)),
            is_cut: cut.contains(edge),
        }
    });
    let edges = inside.chain(across).collect();
    export::dot(&Drawing { clusters, edges })
}

fn cluster(module: &PlanModule) -> Cluster {
    let node = |number: u32, label: Vec<String>| DrawnNode {
        id: format!("{} {number}", module.id),
        label,
        is_dashed: module.pass_through,
    };
    let mut nodes: Vec<DrawnNode> =
        module.batches.iter().map(|batch| node(batch.index, batch_label(batch))).collect();
    if nodes.is_empty() {
        nodes.push(node(0, vec![nothing_built(module).to_owned()]));
    }
    Cluster { title: vec![module.id.clone(), format!("wave {}", module.wave)], nodes }
}

fn nothing_built(module: &PlanModule) -> &'static str {
    if module.pass_through { "passed through" } else { "nothing to build" }
}

fn batch_label(batch: &PlanBatch) -> Vec<String> {
    let names =
        batch.components.iter().take(NAMED_MAX).map(|component| component.component.as_str());
    let mut label = vec![format!("batch {}", batch.index)];
    label.extend(names.map(str::to_owned));
    let more = batch.components.len().saturating_sub(NAMED_MAX);
    label.extend((more > 0).then(|| format!("and {more} more")));
    label
}

fn cut(plan: &Plan) -> BTreeSet<&Edge> {
    plan.cycles.iter().flat_map(|cycle| &cycle.cut).collect()
}

/// Renders a plan as a Mermaid flowchart: a box for each wave, a node for each module.
#[must_use]
pub fn mermaid(plan: &Plan) -> String {
    let mut text = "flowchart LR\n".to_owned();
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    for wave in plan.modules.chunk_by(|a, b| a.wave == b.wave) {
        add(&mut text, format_args!("  subgraph wave{0}[\"wave {0}\"]\n", wave[0].wave));
        for module in wave {
            let number = numbers.len() + 1;
            numbers.insert(&module.id, number);
            let built = module.batches.iter().map(|batch| batch.components.len()).sum();
            let what = match built {
                0 => nothing_built(module).to_owned(),
                built => counted(built, "component"),
            };
            let id = escaped(&module.id);
            add(&mut text, format_args!("    m{number}[\"{id}<br/>{what}\"]\n"));
        }
        text.push_str("  end\n");
    }
    let cut = cut(plan);
    for edge in &plan.edges {
        let arrow = if cut.contains(edge) { "-. cut .->" } else { "-->" };
        let [from, to] = [&edge.from, &edge.to].map(|id| numbers[id.as_str()]);
        add(&mut text, format_args!("  m{from} {arrow} m{to}\n"));
    }
    text
}

/// Writes what Mermaid would take for its own syntax by its number.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '"' | '#' | '<' | '>' | '&' | '`') || character.is_control() {
            add(&mut out, format_args!("#{};", u32::from(character)));
        } else {
            out.push(character);
        }
    }
    out
}

fn add(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a string takes all that is written to it");
}
