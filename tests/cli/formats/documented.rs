//! The shapes of docs/formats.md, held against documents.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

/// One shape: its fields with their types, and whether each may be left out.
type Fields = BTreeMap<String, (String, bool)>;

/// The shapes, section by section, and what was seen of them.
pub(crate) struct Shapes {
    /// By name.
    shapes: BTreeMap<String, Fields>,
    /// The shapes below each `##` heading, itself first.
    sections: BTreeMap<String, Vec<String>>,
    seen: BTreeSet<String>,
}

impl Shapes {
    /// Reads the page.
    pub(crate) fn read() -> Self {
        let text = fs::read_to_string("docs/formats.md").expect("the page is there");
        let (mut shapes, mut sections) = (BTreeMap::new(), BTreeMap::new());
        let (mut section, mut shape) = (String::new(), String::new());
        for line in text.lines() {
            if let Some((marks, name)) = line.split_once(' ').filter(|_| line.starts_with("##")) {
                name.clone_into(&mut shape);
                if marks == "##" {
                    name.clone_into(&mut section);
                }
                let is_new = shapes.insert(shape.clone(), Fields::new()).is_none();
                assert!(is_new, "{shape} stands twice");
                let below: &mut Vec<String> = sections.entry(section.clone()).or_default();
                below.push(shape.clone());
            } else if let Some((field, rest)) =
                line.strip_prefix("| `").and_then(|row| row.split_once('`'))
                && let Some(fields) = shapes.get_mut(&shape)
            {
                let mut cells = rest.split('|').map(str::trim);
                let is_optional = cells.next() == Some("?");
                let kind = cells.next().expect("a type").to_owned();
                let is_new = fields.insert(field.to_owned(), (kind, is_optional)).is_none();
                assert!(is_new, "{shape} has {field} twice");
            }
        }
        Self { shapes, sections, seen: BTreeSet::new() }
    }

    /// Fails unless a document has the fields of a shape, all of them and no others.
    #[track_caller]
    pub(crate) fn hold(&mut self, shape: &str, document: &Value) {
        let mut wrong = Vec::new();
        self.fits(document, shape, shape, &mut wrong);
        assert!(wrong.is_empty(), "docs/formats.md: {wrong:#?}");
    }

    /// The same of every line of a journal.
    #[track_caller]
    pub(super) fn hold_journal(&mut self, text: &str) {
        for (line, number) in text.lines().zip(0..) {
            let shape = if number == 0 { "heading" } else { "row" };
            self.hold(shape, &serde_json::from_str(line).expect("a line is JSON"));
        }
    }

    /// Returns the shapes of a section that no document had.
    pub(crate) fn unseen(&self, section: &str) -> Vec<String> {
        let mut unseen = self.sections[section].clone();
        unseen.retain(|shape| !self.seen.contains(shape));
        unseen.sort_unstable();
        unseen
    }

    fn fits(&mut self, value: &Value, kind: &str, at: &str, wrong: &mut Vec<String>) -> bool {
        if let (Some(of), Value::Array(items)) = (kind.strip_prefix("list of "), value) {
            return items.iter().all(|item| self.fits(item, of, &format!("{at}[]"), wrong));
        }
        if let (Some(of), Value::Object(items)) = (kind.strip_prefix("map of "), value) {
            return items
                .iter()
                .all(|(key, item)| self.fits(item, of, &format!("{at}.{key}"), wrong));
        }
        if kind.starts_with("list of ") || kind.starts_with("map of ") {
            return false;
        }
        if let Some((first, other)) = kind.rsplit_once(" or ") {
            return self.fits(value, other, at, wrong) || self.fits(value, first, at, wrong);
        }
        match kind {
            "any" => true,
            "null" => value.is_null(),
            "text" => value.is_string(),
            "yes-no" => value.is_boolean(),
            "whole" => value.is_u64(),
            "number" => value.is_number(),
            shape => value.is_object() && self.fits_shape(value, shape, at, wrong),
        }
    }

    fn fits_shape(
        &mut self,
        value: &Value,
        shape: &str,
        at: &str,
        wrong: &mut Vec<String>,
    ) -> bool {
        let Some(fields) = self.shapes.get(shape).cloned() else {
            panic!("docs/formats.md has no shape `{shape}`");
        };
        self.seen.insert(shape.to_owned());
        let object = value.as_object().expect("it is one");
        let before = wrong.len();
        for (name, item) in object {
            let place = format!("{at}.{name}");
            match fields.get(name) {
                None => wrong.push(format!("{place} is not a field of {shape}")),
                Some((kind, _)) => {
                    if !self.fits(item, kind, &place, wrong) {
                        wrong.push(format!("{place} is {item}, not {kind}"));
                    }
                }
            }
        }
        for (name, _) in fields.iter().filter(|(_, (_, is_optional))| !is_optional) {
            if !object.contains_key(name) {
                wrong.push(format!("{at} has no {name}, which {shape} always has"));
            }
        }
        wrong.len() == before
    }
}
