//! What every kind of document reads fields with: the value where it is right, a finding where not.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::load::names::Names;
use crate::load::problem::{Code, Finding, Place};
use crate::load::{Minute, Stream};
use crate::name::{ModuleName, StreamName};
use crate::yaml::{Kind, Mark, Node, Tree};

/// Reads the documents of one input and gathers what is wrong with them.
#[derive(Debug)]
pub(in crate::load) struct Reader<'s> {
    names: &'s mut Names,
    findings: &'s mut Vec<Finding>,
    input: u32,
    is_strict: bool,
    is_packager: bool,
    is_good: bool,
    start: Mark,
    /// Keys that stand a second time in their map, until it is known whether they matter.
    repeats: Vec<Repeat>,
    /// The module and stream of documents that name none, known from where they stand.
    assumed: Option<(ModuleName, StreamName)>,
}

impl<'s> Reader<'s> {
    pub(in crate::load) fn new(
        names: &'s mut Names,
        findings: &'s mut Vec<Finding>,
        (input, is_strict): (u32, bool),
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

    /// Reads a packager file: what a built module must have may be missing.
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

    /// Makes module and stream known for documents that name none.
    pub(in crate::load) fn assume(&mut self, module: &str, stream: &str) {
        self.assumed = Some((self.names.name(module), self.names.name(stream)));
    }

    /// Gives a stream the module and stream known from elsewhere.
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

    /// Returns where the document starts.
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

    /// Notes a finding; an error makes the document bad.
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

    /// Notes what a built module may not have: an error, but in a packager file, which may be
    /// half written, a warning that it cannot be converted.
    pub(super) fn invalid(
        &mut self,
        code: Code,
        mark: Mark,
        message: impl Into<String>,
    ) -> &mut Self {
        let code = if self.is_packager { Code::NotConvertible } else { code };
        self.refuse(code, mark, message)
    }

    /// Notes that a document does not say which module it is; a packager file need not.
    pub(super) fn unnamed(&mut self, mark: Mark, message: String) {
        if !self.is_packager {
            self.refuse(Code::MissingField, mark, message);
        }
    }

    /// Adds to the last finding what to do about it.
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

    /// Refuses an unknown field where that is asked for; what is skipped may repeat itself.
    pub(super) fn unknown_field(&mut self, name: &str, key: Node<'_, '_>) {
        self.skip(key);
        if self.is_strict {
            let message = format!("`{name}` is no field of the format here");
            self.refuse(Code::UnknownField, key.mark(), message);
        }
    }

    /// Looks for keys that stand twice in one map.
    pub(super) fn find_repeats(&mut self, tree: &Tree<'_>) {
        self.repeats.clear();
        for map in tree.maps() {
            repeated(map, &mut self.repeats);
        }
    }

    /// Refuses the keys that stand twice, those of unknown fields left out by now.
    pub(super) fn refuse_repeats(&mut self) {
        for Repeat { name, mark, kind, .. } in std::mem::take(&mut self.repeats) {
            match kind {
                RepeatKind::Equal => {
                    let message = format!("`{name}` stands twice in one map, with one value");
                    self.refuse(Code::EqualRepeat, mark, message);
                }
                RepeatKind::Other => {
                    let message = format!("`{name}` stands twice in one map");
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

    /// Reads a text.
    pub(super) fn text<'a>(&mut self, node: Node<'a, '_>, field: &str) -> Option<&'a str> {
        let text = node.text();
        if text.is_none() {
            let message = format!("`{field}` must be a text, not {}", shown(node));
            self.refuse(Code::WrongShape, node.mark(), message);
        }
        text
    }

    /// Reads a text that is kept as it is.
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

    /// Reads a whole number from 0 to 2^64 - 1, decimal digits alone.
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

    /// Returns the node where it is a map; a finding says so where not.
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

    /// Returns the entries of a map, none where it is no map.
    pub(super) fn entries<'a, 't>(
        &mut self,
        node: Node<'a, 't>,
        field: &str,
    ) -> impl Iterator<Item = (&'a str, Node<'a, 't>, Node<'a, 't>)> + use<'a, 't> {
        self.map(node, || field.to_owned()).into_iter().flat_map(Node::entries)
    }

    /// Returns the entries of the map that is one entry of another.
    pub(super) fn entries_of<'a, 't>(
        &mut self,
        node: Node<'a, 't>,
        (field, name): (&str, &str),
    ) -> impl Iterator<Item = (&'a str, Node<'a, 't>, Node<'a, 't>)> + use<'a, 't> {
        self.map(node, || format!("{field}.{name}")).into_iter().flat_map(Node::entries)
    }

    /// Refuses a map without a mandatory field, and one that is empty, each at its place. A field
    /// with something else wrong was told when it was read.
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

    /// Reads a set of texts: a list of them, one alone, or none where nothing was written.
    pub(super) fn set<T: From<Arc<str>> + Ord>(
        &mut self,
        node: Node<'_, '_>,
        field: &str,
    ) -> BTreeSet<T> {
        // Collected at once, a set is packed tightly; real ones are sorted already.
        let mut items = Vec::new();
        self.each(node, field, |reader, text, _| items.push(reader.names.name(text)));
        items.into_iter().collect()
    }

    /// Reads a set of texts that are kept as they are.
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

/// Returns what stands in a wrong place, in a few words.
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

/// A key that stands again in its map.
#[derive(Debug)]
struct Repeat {
    index: usize,
    name: String,
    mark: Mark,
    kind: RepeatKind,
}

/// What it means that a key stands again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RepeatKind {
    /// The same value stands there again; the reference library reads that.
    Equal,
    /// Another value stands there.
    Other,
    /// It is `document` at the root: the `---` between two documents is lost.
    Document,
}

/// Returns whether two values are written with the same texts in the same shape.
fn are_equal(one: Node<'_, '_>, other: Node<'_, '_>) -> bool {
    one.kind() == other.kind()
        && one.text() == other.text()
        && one.children().count() == other.children().count()
        && one.children().zip(other.children()).all(|(one, other)| are_equal(one, other))
}

/// Appends the keys that stand again in a map.
fn repeated(map: Node<'_, '_>, out: &mut Vec<Repeat>) {
    let is_root = map.index() == 0;
    const FEW: usize = 12;
    let mut seen = FxHashSet::default();
    let mut few: [&str; FEW] = [""; FEW];
    let from = out.len();
    for (count, (name, key, value)) in map.entries().enumerate() {
        let is_again = if count < FEW {
            let is_again = few[..count].contains(&name);
            few[count] = name;
            is_again
        } else {
            if count == FEW {
                seen.extend(few);
            }
            !seen.insert(name)
        };
        if is_again {
            let first = map.find(name).expect("it stands there before");
            let kind = match (is_root, name) {
                (true, "document") => RepeatKind::Document,
                // The reference reads an equal repeat, but for the head of a document and the
                // module that defaults are of.
                (true, _) => RepeatKind::Other,
                (false, "module") if value.text().is_some() => RepeatKind::Other,
                _ if are_equal(first, value) => RepeatKind::Equal,
                _ => RepeatKind::Other,
            };
            out.push(Repeat { index: key.index(), name: name.to_owned(), mark: key.mark(), kind });
        }
    }
    // Where a document begins again, all else that stands again is its content.
    if out[from..].iter().any(|repeat| repeat.kind == RepeatKind::Document) {
        let mut at = 0;
        out.retain(|repeat| {
            at += 1;
            at <= from || repeat.kind == RepeatKind::Document
        });
    }
}
