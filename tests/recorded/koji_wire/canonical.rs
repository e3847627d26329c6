//! The canonical form of an XML-RPC text, for spellings in which koji's client and ours may differ.
//! Blanks between elements are removed, members of a struct are in order of their names, `i4` is
//! `int` (the same type by the specification), and a double is written as Rust does.

use std::fmt::Write as _;

use roxmltree::{Document, Node};

/// Returns the canonical form.
pub(super) fn canonical(text: &str) -> String {
    let document = Document::parse(text).expect("well-formed XML");
    let mut out = String::new();
    write(document.root_element(), &mut out);
    out
}

fn write(node: Node<'_, '_>, out: &mut String) {
    let name = match node.tag_name().name() {
        "i4" => "int",
        name => name,
    };
    let mut elements: Vec<Node<'_, '_>> = node.children().filter(Node::is_element).collect();
    if name == "struct" {
        elements.sort_by_key(|member| member.children().find(Node::is_element).map(|n| n.text()));
    }
    write!(out, "<{name}>").unwrap();
    if elements.is_empty() {
        let text = node.text().unwrap_or_default();
        match (name, text.trim().parse::<f64>()) {
            ("double", Ok(number)) => write!(out, "{number:?}").unwrap(),
            _ if matches!(name, "nil" | "data" | "params" | "struct") => {}
            _ => out.push_str(&text.replace('&', "&amp;").replace('<', "&lt;")),
        }
    }
    elements.into_iter().for_each(|element| write(element, out));
    write!(out, "</{name}>").unwrap();
}
