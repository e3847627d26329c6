use super::*;
use crate::yaml::Node;

fn tree(text: &str) -> Result<Tree<'_>, Refusal> {
    let mut tree = Tree::default();
    read(text, 1, Framing::Bare, &mut tree).map(|()| tree)
}

fn shown(node: Node<'_, '_>) -> String {
    match node.kind() {
        Kind::Scalar => node.text().expect("a scalar has a text").to_owned(),
        Kind::List => format!("[{}]", node.children().map(shown).collect::<Vec<_>>().join(",")),
        Kind::Map => format!(
            "{{{}}}",
            node.entries()
                .map(|(k, _, v)| format!("{k}={}", shown(v)))
                .collect::<Vec<_>>()
                .join(",")
        ),
    }
}

fn seen(text: &str) -> String {
    match tree(text) {
        Ok(tree) => tree.root().map(shown).unwrap_or_default(),
        Err(refusal) => format!(
            "{} {}",
            crate::load::problem::Refusal::from(refusal.clone()).code,
            refusal.mark.line
        ),
    }
}

#[test]
fn scalars_keep_their_text_and_an_absent_value_is_empty() {
    assert_eq!(seen("a: 1.10\nb: ~\nc:\nd: !!int 010\n"), "{a=1.10,b=~,c=,d=010}");
    assert_eq!(seen("a: [x, {b: c}, '', \"q\"]"), "{a=[x,{b=c},,q]}");
}

#[test]
fn every_node_knows_line_and_column() {
    let tree = tree("a:\n  - ä: 1\n").expect("valid");
    let list = tree.root().and_then(|root| root.children().nth(1)).expect("a list");
    let (_, key, value) = list.children().next().expect("an item").entries().next().expect("b");
    assert_eq!((key.mark().line, key.mark().column), (2, 5));
    assert_eq!((value.mark().line, value.mark().column), (2, 8));
}

#[test]
fn aliases_odd_keys_and_foreign_breaks_are_refused() {
    assert_eq!(seen("a: &x 1\nb: *x\n"), "alias 2");
    assert_eq!(seen("b: *y\n"), "alias 1");
    assert_eq!(seen("[a]: 1\n"), "yaml-syntax 1");
    assert_eq!(seen(": 1\n"), "yaml-syntax 1");
    assert_eq!(seen("a: b\u{2028}c\n"), "yaml-syntax 1");
    assert_eq!(seen("a: |\n  b\u{2028}  c\n"), "{a=b\u{2028}c\n}");
    assert_eq!(seen("a: >\n  b\u{85}  c\nd: [\n"), "yaml-syntax 3");
    assert_eq!(seen("a: >\n  b\u{85}  c\n"), "{a=b c\n}");
    assert_eq!(seen("a: \"\\0\"\n"), "characters 1");
    assert_eq!(seen("%YAML 2.0\n---\na: 1\n"), "yaml-syntax 1");
    assert_eq!(seen("%YAML 1.1\n---\na: 1\n"), "{a=1}");
}

#[test]
fn deep_nesting_is_refused_at_once() {
    let deep = "[".repeat(100_000);
    assert_eq!(seen(&deep), "nesting 1");
    let fine = format!("a: {}{}", "[".repeat(500), "]".repeat(500));
    assert!(seen(&fine).starts_with("{a=[[["));
}
