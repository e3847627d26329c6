//! Keys that are repeated in their map.

use rustc_hash::FxHashSet;

use crate::yaml::{Mark, Node};

/// A key that is repeated in its map.
#[derive(Debug)]
pub(super) struct Repeat {
    pub(super) index: usize,
    pub(super) name: String,
    pub(super) mark: Mark,
    pub(super) kind: RepeatKind,
}

/// The effect of a repeated key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RepeatKind {
    /// It has an equal value; the reference library accepts that.
    Equal,
    /// It has a different value.
    Other,
    /// It is `document` at the root: the `---` between two documents is lost.
    Document,
}

/// Returns whether two values have the same texts in the same shape.
fn are_equal(one: Node<'_, '_>, other: Node<'_, '_>) -> bool {
    one.kind() == other.kind()
        && one.text() == other.text()
        && one.children().count() == other.children().count()
        && one.children().zip(other.children()).all(|(one, other)| are_equal(one, other))
}

/// Appends the repeated keys of a map.
pub(super) fn repeated(map: Node<'_, '_>, out: &mut Vec<Repeat>) {
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
                // The reference accepts an equal repeat, except in the head of a document and in
                // the module of defaults.
                (true, _) => RepeatKind::Other,
                (false, "module") if value.text().is_some() => RepeatKind::Other,
                _ if are_equal(first, value) => RepeatKind::Equal,
                _ => RepeatKind::Other,
            };
            out.push(Repeat { index: key.index(), name: name.to_owned(), mark: key.mark(), kind });
        }
    }
    // If a document begins again, all other repeated keys are its content.
    if out[from..].iter().any(|repeat| repeat.kind == RepeatKind::Document) {
        let mut at = 0;
        out.retain(|repeat| {
            at += 1;
            at <= from || repeat.kind == RepeatKind::Document
        });
    }
}
