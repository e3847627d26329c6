//! Graphs as text for Graphviz: clusters, labels, and a stable order.

use std::fmt::Write as _;

/// A drawing: clusters of nodes, and edges between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawing {
    /// Boxes with a title, drawn in this order.
    pub clusters: Vec<Cluster>,
    /// Edges between nodes, drawn in this order.
    pub edges: Vec<DrawnEdge>,
}

/// A box of nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    /// The lines above the box.
    pub title: Vec<String>,
    /// The nodes in it.
    pub nodes: Vec<DrawnNode>,
}

/// One node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DrawnNode {
    /// Its name in edges.
    pub id: String,
    /// The lines of text in it.
    pub label: Vec<String>,
    /// Whether its outline is dashed.
    pub is_dashed: bool,
}

/// One edge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DrawnEdge {
    /// The node it starts at.
    pub from: String,
    /// The node it leads to.
    pub to: String,
    /// The clusters, by position, that it joins as a whole.
    pub between: Option<(usize, usize)>,
    /// Whether it is cut: dashed, marked, and not pulling its ends apart.
    pub is_cut: bool,
}

/// Writes a drawing as a DOT digraph, left to right.
#[must_use]
pub fn dot(drawing: &Drawing) -> String {
    let mut text = String::from(
        "digraph modules {\n  rankdir=LR;\n  compound=true;\n  node [shape=box, fontname=\"sans-serif\"];\n  \
         edge [fontname=\"sans-serif\"];\n",
    );
    for (number, cluster) in drawing.clusters.iter().enumerate() {
        add(&mut text, format_args!("  subgraph cluster_{} {{\n", number + 1));
        add(&mut text, format_args!("    label={};\n", quoted(&cluster.title)));
        for node in &cluster.nodes {
            let style = if node.is_dashed { ", style=dashed" } else { "" };
            let (id, label) = (quoted(std::slice::from_ref(&node.id)), quoted(&node.label));
            add(&mut text, format_args!("    {id} [label={label}{style}];\n"));
        }
        text.push_str("  }\n");
    }
    for edge in &drawing.edges {
        let [from, to] = [&edge.from, &edge.to].map(|id| quoted(std::slice::from_ref(id)));
        add(&mut text, format_args!("  {from} -> {to}{};\n", attributes(edge)));
    }
    text.push_str("}\n");
    text
}

fn attributes(edge: &DrawnEdge) -> String {
    let mut all = Vec::new();
    if let Some((from, to)) = edge.between {
        all.push(format!("ltail=cluster_{}, lhead=cluster_{}", from + 1, to + 1));
    }
    if edge.is_cut {
        all.push("style=dashed, color=red, label=cut, constraint=false".to_owned());
    }
    if all.is_empty() { String::new() } else { format!(" [{}]", all.join(", ")) }
}

fn add(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a string takes all that is written to it");
}

/// Quotes lines as one DOT string.
fn quoted(lines: &[String]) -> String {
    let escaped: Vec<String> =
        lines.iter().map(|line| line.replace('\\', "\\\\").replace('"', "\\\"")).collect();
    format!("\"{}\"", escaped.join("\\n"))
}
