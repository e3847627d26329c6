//! Reads one value of a field: a text, a number, a day, a set.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::reader::{Reader, shown};
use crate::load::Minute;
use crate::load::problem::Code;
use crate::yaml::{Kind, Mark, Node};

impl<'s> Reader<'s> {
    /// Reads a text.
    pub(super) fn text<'a>(&mut self, node: Node<'a, '_>, field: &str) -> Option<&'a str> {
        let text = node.text();
        if text.is_none() {
            let message = format!("`{field}` must be a text, not {}", shown(node));
            self.refuse(Code::WrongShape, node.mark(), message);
        }
        text
    }

    /// Reads a text, kept unchanged.
    pub(super) fn owned(&mut self, node: Node<'_, '_>, field: &str) -> Option<Box<str>> {
        self.text(node, field).map(Into::into)
    }

    /// Reads a text that many documents repeat.
    pub(super) fn shared(&mut self, node: Node<'_, '_>, field: &str) -> Option<Arc<str>> {
        self.text(node, field).map(|text| self.names.name(text))
    }

    /// Reads `true` or `false`; nothing else is a boolean.
    pub(super) fn boolean(&mut self, node: Node<'_, '_>, field: &str) -> bool {
        match self.text(node, field) {
            Some("true") => true,
            Some("false") | None => false,
            Some(text) => {
                let message = format!("`{field}` must be `true` or `false`, not `{text}`");
                self.refuse(Code::BadValue, node.mark(), message);
                false
            }
        }
    }

    /// Reads a whole number from 0 to 2^64 - 1, in decimal digits only.
    pub(super) fn unsigned(&mut self, node: Node<'_, '_>, field: &str) -> Option<u64> {
        let text = self.text(node, field)?;
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = if digits { text.parse().ok() } else { None };
        if number.is_none() {
            let message =
                format!("`{field}` must be a whole number of 0 to 2^64 - 1, not `{text}`");
            self.refuse(Code::BadValue, node.mark(), message);
        }
        number
    }

    /// Reads a minute, `YYYY-MM-DDTHH:MMZ`.
    pub(super) fn minute(&mut self, node: Node<'_, '_>, field: &str) -> Option<Minute> {
        let text = self.text(node, field)?;
        text.parse()
            .map_err(|error| {
                let message = format!("`{field}` is not written YYYY-MM-DDTHH:MMZ: {error}");
                self.refuse(Code::BadValue, node.mark(), message);
            })
            .ok()
    }

    /// Reads a day, `YYYY-MM-DD`.
    pub(super) fn date(&mut self, node: Node<'_, '_>, field: &str) -> Option<Box<str>> {
        let text = self.text(node, field)?;
        if text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok() {
            return Some(text.into());
        }
        let message = format!("`{field}` must be a day written YYYY-MM-DD, not `{text}`");
        self.refuse(Code::BadValue, node.mark(), message);
        None
    }

    /// Reads a set of texts: a list of them, a single one, or none if nothing was written.
    pub(super) fn set<T: From<Arc<str>> + Ord>(
        &mut self,
        node: Node<'_, '_>,
        field: &str,
    ) -> BTreeSet<T> {
        // A set collected at once is compact; real ones are already sorted.
        let mut items = Vec::new();
        self.each(node, field, |reader, text, _| items.push(reader.names.name(text)));
        items.into_iter().collect()
    }

    /// Reads a set of texts, kept unchanged.
    pub(super) fn owned_set(&mut self, node: Node<'_, '_>, field: &str) -> BTreeSet<Box<str>> {
        let mut set = BTreeSet::new();
        self.each(node, field, |_, text, _| {
            set.insert(text.into());
        });
        set
    }

    /// Calls `take` with each item of a set.
    pub(super) fn each(
        &mut self,
        node: Node<'_, '_>,
        field: &str,
        mut take: impl FnMut(&mut Self, &str, Mark),
    ) {
        match node.kind() {
            Kind::Scalar => {
                if let Some(text) = node.text().filter(|text| !text.is_empty()) {
                    take(self, text, node.mark());
                }
            }
            Kind::List => {
                for item in node.children() {
                    match item.text() {
                        Some(text) => take(self, text, item.mark()),
                        None => {
                            let what = shown(item);
                            let message =
                                format!("an item of `{field}` must be a text, not {what}");
                            self.refuse(Code::WrongShape, item.mark(), message);
                        }
                    }
                }
            }
            Kind::Map => {
                let message = format!("`{field}` must be a list of texts, not a map");
                self.refuse(Code::WrongShape, node.mark(), message);
            }
        }
    }
}
