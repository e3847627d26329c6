//! Graphs as text for Graphviz: clusters, labels, and a stable order.

use std::fmt::Write as _;

/// A drawing: clusters of nodes, and edges between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawing {
    /// Boxes with a title, drawn in this order.
    pub clusters: Vec<Cluster>,
    /// Edges between node ids, drawn in this order.
    pub edges: Vec<DrawnEdge>,
}

/// A box of nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    /// What stands over the box.
    pub title: String,
    /// The nodes in it.
    pub nodes: Vec<DrawnNode>,
}

/// One node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DrawnNode {
    /// What edges call it.
    pub id: String,
    /// The lines of text in it.
    pub label: Vec<String>,
    /// Whether its outline is dashed.
    pub is_dashed: bool,
}

/// One edge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DrawnEdge {
    /// The id it starts at.
    pub from: String,
    /// The id it leads to.
    pub to: String,
    /// Whether it is dashed and does not pull its ends apart.
    pub is_dashed: bool,
}

/// Writes a drawing as a DOT digraph, left to right.
#[must_use]
pub fn dot(drawing: &Drawing) -> String {
    let mut text = String::from(
        "digraph modules {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n",
    );
    for (number, cluster) in drawing.clusters.iter().enumerate() {
        add(&mut text, format_args!("  subgraph cluster_{} {{\n", number + 1));
        add(&mut text, format_args!("    label={};\n", quoted(&[&cluster.title])));
        for node in &cluster.nodes {
            let lines: Vec<&str> = node.label.iter().map(String::as_str).collect();
            let style = if node.is_dashed { ", style=dashed" } else { "" };
            let (id, label) = (quoted(&[&node.id]), quoted(&lines));
            add(&mut text, format_args!("    {id} [label={label}{style}];\n"));
        }
        text.push_str("  }\n");
    }
    for edge in &drawing.edges {
        let style = if edge.is_dashed { " [style=dashed, constraint=false]" } else { "" };
        let (from, to) = (quoted(&[&edge.from]), quoted(&[&edge.to]));
        add(&mut text, format_args!("  {from} -> {to}{style};\n"));
    }
    text.push_str("}\n");
    text
}

fn add(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a string takes all that is written to it");
}

/// Quotes lines as one DOT string.
fn quoted(lines: &[&str]) -> String {
    let escaped: Vec<String> =
        lines.iter().map(|line| line.replace('\\', "\\\\").replace('"', "\\\"")).collect();
    format!("\"{}\"", escaped.join("\\n"))
}
