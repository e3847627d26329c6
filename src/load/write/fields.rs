//! Maps without their empty values, and the frame of a document.

use std::collections::{BTreeMap, BTreeSet};

use super::print::Node;

/// A map without its empty values.
#[derive(Default)]
pub(super) struct Fields(pub(super) Vec<(String, Node)>);

impl Fields {
    pub(super) fn text(&mut self, key: &str, text: Option<impl ToString>) {
        if let Some(text) = text {
            self.0.push((key.to_owned(), Node::Text(text.to_string())));
        }
    }

    pub(super) fn number(&mut self, key: &str, number: Option<impl ToString>) {
        if let Some(number) = number {
            self.0.push((key.to_owned(), Node::Plain(number.to_string())));
        }
    }

    pub(super) fn flag(&mut self, key: &str, is_set: bool) {
        self.number(key, is_set.then_some("true"));
    }

    pub(super) fn set<T: ToString>(&mut self, key: &str, items: &BTreeSet<T>) {
        if !items.is_empty() {
            self.0.push((key.to_owned(), list(items)));
        }
    }

    pub(super) fn map(&mut self, key: &str, fields: Self) {
        if !fields.0.is_empty() {
            self.0.push((key.to_owned(), Node::Map(fields.0)));
        }
    }

    pub(super) fn each<K: ToString, V>(
        &mut self,
        key: &str,
        entries: &BTreeMap<K, V>,
        node: impl Fn(&V) -> Node,
    ) {
        if !entries.is_empty() {
            self.0.push((key.to_owned(), each(entries, node)));
        }
    }

    pub(super) fn list(&mut self, key: &str, items: Vec<Node>) {
        if !items.is_empty() {
            self.0.push((key.to_owned(), Node::List(items)));
        }
    }
}

pub(super) fn list<T: ToString>(items: &BTreeSet<T>) -> Node {
    Node::List(items.iter().map(|item| Node::Text(item.to_string())).collect())
}

pub(super) fn each<K: ToString, V>(entries: &BTreeMap<K, V>, node: impl Fn(&V) -> Node) -> Node {
    Node::Map(entries.iter().map(|(key, value)| (key.to_string(), node(value))).collect())
}

pub(super) fn document_of(kind: &str, version: u8, data: Fields) -> Node {
    Node::Map(vec![
        ("document".to_owned(), Node::Text(kind.to_owned())),
        ("version".to_owned(), Node::Plain(version.to_string())),
        ("data".to_owned(), Node::Map(data.0)),
    ])
}
