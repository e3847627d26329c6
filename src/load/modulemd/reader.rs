//! Reads fields for every kind of document: a value if it is valid, otherwise a finding.

use std::sync::Arc;

use super::repeats::{Repeat, RepeatKind, repeated};
use crate::load::Stream;
use crate::load::names::Names;
use crate::load::problem::{Code, Finding, Place};
use crate::name::{ModuleName, StreamName};
use crate::yaml::{Kind, Mark, Node, Tree};

/// Reads the documents of one input and collects their problems.
#[derive(Debug)]
pub(in crate::load) struct Reader<'s> {
    pub(super) names: &'s mut Names,
    findings: &'s mut Vec<Finding>,
    input: u32,
    is_strict: bool,
    is_packager: bool,
    is_good: bool,
    start: Mark,
    /// Keys that occur a second time in their map, until it is known whether they matter.
    repeats: Vec<Repeat>,
    /// The module and stream of documents that name none, known from their surroundings.
    assumed: Option<(ModuleName, StreamName)>,
}

impl<'s> Reader<'s> {
    pub(in crate::load) fn new(
        names: &'s mut Names,
        findings: &'s mut Vec<Finding>,
        input: u32,
        is_strict: bool,
    ) -> Self {
        Self {
            names,
            findings,
            input,
            is_strict,
            is_packager: false,
            is_good: true,
            start: Mark::default(),
            repeats: Vec::new(),
            assumed: None,
        }
    }

    /// Reads a packager file: fields required in a built module may be missing.
    pub(in crate::load) fn be_packager(&mut self) {
        self.is_packager = true;
    }

    /// Returns whether this is a packager file.
    pub(super) fn is_packager(&self) -> bool {
        self.is_packager
    }

    /// Refuses unknown fields from now on.
    pub(super) fn be_strict(&mut self) {
        self.is_strict = true;
    }

    /// Sets module and stream for documents that name none.
    pub(in crate::load) fn assume(&mut self, module: &str, stream: &str) {
        self.assumed = Some((self.names.name(module), self.names.name(stream)));
    }

    /// Sets module and stream of a stream from the surroundings.
    pub(super) fn name_assumed(&self, stream: &mut Stream) {
        if let Some((module, name)) = &self.assumed {
            stream.name = module.clone();
            stream.stream = name.clone();
        }
    }

    /// Begins a document.
    pub(super) fn start(&mut self, mark: Mark) {
        self.is_good = true;
        self.start = mark;
    }

    /// Returns whether the document has no error so far.
    pub(super) fn is_good(&self) -> bool {
        self.is_good
    }

    /// Returns the start of the document.
    pub(super) fn start_place(&self) -> Place {
        self.place(self.start)
    }

    pub(in crate::load) fn place(&self, mark: Mark) -> Place {
        Place { input: self.input, line: mark.line, column: mark.column }
    }

    /// Returns the shared text as one of the name types.
    pub(super) fn name<T: From<Arc<str>>>(&mut self, text: &str) -> T {
        self.names.name(text)
    }

    /// Records a finding; an error makes the document bad.
    pub(in crate::load) fn refuse(
        &mut self,
        code: Code,
        mark: Mark,
        message: impl Into<String>,
    ) -> &mut Self {
        let finding = Finding::new(code, self.place(mark), message);
        self.is_good &= finding.severity() != crate::load::Severity::Error;
        self.findings.push(finding);
        self
    }

    /// Reports a problem that a built module must not have: an error, but in a packager file, which
    /// may be incomplete, a warning that it cannot be converted.
    pub(super) fn invalid(
        &mut self,
        code: Code,
        mark: Mark,
        message: impl Into<String>,
    ) -> &mut Self {
        let code = if self.is_packager { Code::NotConvertible } else { code };
        self.refuse(code, mark, message)
    }

    /// Reports that a document does not name its module; a packager file need not.
    pub(super) fn unnamed(&mut self, mark: Mark, message: String) {
        if !self.is_packager {
            self.refuse(Code::MissingField, mark, message);
        }
    }

    /// Adds a hint to the last finding.
    pub(in crate::load) fn hint_last(&mut self, hint: impl Into<String>) {
        if let Some(last) = self.findings.last_mut() {
            last.hint = Some(hint.into());
        }
    }

    /// Leaves a key and its value out.
    pub(super) fn skip(&mut self, key: Node<'_, '_>) {
        let skipped = key.with_value();
        self.repeats.retain(|repeat| !skipped.contains(&repeat.index));
    }

    /// Refuses an unknown field if requested; skipped fields may be repeated.
    pub(super) fn unknown_field(&mut self, name: &str, key: Node<'_, '_>) {
        self.skip(key);
        if self.is_strict {
            let message = format!("`{name}` is not a field of the format here");
            self.refuse(Code::UnknownField, key.mark(), message);
        }
    }

    /// Returns the node if it is a map, and reports it otherwise.
    pub(super) fn map<'a, 't>(
        &mut self,
        node: Node<'a, 't>,
        field: impl FnOnce() -> String,
    ) -> Option<Node<'a, 't>> {
        if node.kind() != Kind::Map {
            let message = format!("`{}` must be a map, not {}", field(), shown(node));
            self.refuse(Code::WrongShape, node.mark(), message);
            return None;
        }
        Some(node)
    }

    /// Returns the entries of a map; none if it is not a map.
    pub(super) fn entries<'a, 't>(
        &mut self,
        node: Node<'a, 't>,
        field: &str,
    ) -> impl Iterator<Item = (&'a str, Node<'a, 't>, Node<'a, 't>)> + use<'a, 't> {
        self.map(node, || field.to_owned()).into_iter().flat_map(Node::entries)
    }

    /// Returns the entries of a map inside another map.
    pub(super) fn entries_of<'a, 't>(
        &mut self,
        node: Node<'a, 't>,
        field: &str,
        name: &str,
    ) -> impl Iterator<Item = (&'a str, Node<'a, 't>, Node<'a, 't>)> + use<'a, 't> {
        self.map(node, || format!("{field}.{name}")).into_iter().flat_map(Node::entries)
    }

    /// Refuses a map with a missing or empty mandatory field, each at its place. Other problems of
    /// a field were reported when it was read.
    pub(super) fn need(&mut self, map: Node<'_, '_>, field: &str) {
        match map.find(field) {
            None => {
                self.refuse(Code::MissingField, map.mark(), format!("`{field}` is missing"));
            }
            Some(value) if value.text() == Some("") => {
                self.refuse(Code::MissingField, value.mark(), format!("`{field}` is empty"));
            }
            Some(_) => {}
        }
    }

    /// Looks for keys that occur twice in one map.
    pub(super) fn find_repeats(&mut self, tree: &Tree<'_>) {
        self.repeats.clear();
        for map in tree.maps() {
            repeated(map, &mut self.repeats);
        }
    }

    /// Refuses the keys that occur twice, after those of unknown fields were removed.
    pub(super) fn refuse_repeats(&mut self) {
        for Repeat { name, mark, kind, .. } in std::mem::take(&mut self.repeats) {
            match kind {
                RepeatKind::Equal => {
                    let message = format!("`{name}` occurs twice in one map, with equal values");
                    self.refuse(Code::EqualRepeat, mark, message);
                }
                RepeatKind::Other => {
                    let message = format!("`{name}` occurs twice in one map");
                    self.refuse(Code::RepeatedKey, mark, message);
                }
                RepeatKind::Document => {
                    let message = format!(
                        "a second document begins here: `---` is missing before line {}",
                        mark.line
                    );
                    self.refuse(Code::RepeatedKey, mark, message)
                        .hint_last("end each document with `...` and begin the next with `---`");
                }
            }
        }
    }
}

/// Describes a misplaced value in a few words.
pub(super) fn shown(node: Node<'_, '_>) -> String {
    const LENGTH_MAX: usize = 40;
    match (node.kind(), node.text()) {
        (Kind::List, _) => "a list".to_owned(),
        (Kind::Map, _) => "a map".to_owned(),
        (Kind::Scalar, None | Some("")) => "nothing".to_owned(),
        (Kind::Scalar, Some(text)) if text.chars().count() <= LENGTH_MAX => format!("`{text}`"),
        (Kind::Scalar, Some(text)) => {
            format!("`{}…`", text.chars().take(LENGTH_MAX).collect::<String>())
        }
    }
}
