//! YAML as modulemd uses it: one small tree a document, every scalar its text, every node its place.
//!
//! No type is ever resolved, no tag kept, no alias expanded. A tree lies flat in one vector in
//! the order of the text, so that reading a document allocates next to nothing and reading the
//! next one reuses the space. What fills it is [`plain`] where a document keeps to the simple forms
//! that build systems write, as nearly all do, else [`full`], the complete parser.

mod characters;
mod full;
mod plain;
mod split;

pub(super) use characters::{end_of, text_of};
pub(super) use split::{Chunk, Framing, cut_short, split};

use std::borrow::Cow;

use super::problem::Code;

/// How deep collections may nest: the reference accepts 500 and dies somewhere above 998.
pub(super) const DEPTH_MAX: usize = 700;

/// Line and column, both from 1, the column in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// Where every text starts.
pub(super) const START: Mark = Mark { line: 1, column: 1 };

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A text; the empty one where no value was written.
    Scalar,
    /// A list; its items follow.
    List,
    /// A map; keys and values follow in turn.
    Map,
}

/// One node; its subtree ends before the node at `end`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Raw<'t> {
    pub(super) kind: Kind,
    pub(super) text: Cow<'t, str>,
    pub(super) mark: Mark,
    pub(super) end: usize,
}

/// The nodes of one document, parents before children.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree<'t> {
    pub(super) nodes: Vec<Raw<'t>>,
}

impl<'t> Tree<'t> {
    /// Returns the root, where there is one.
    pub(super) fn root(&self) -> Option<Node<'_, 't>> {
        (!self.nodes.is_empty()).then_some(Node { tree: self, index: 0 })
    }

    /// Returns every map, however deep.
    pub(super) fn maps(&self) -> impl Iterator<Item = Node<'_, 't>> {
        let maps = self.nodes.iter().enumerate().filter(|(_, node)| node.kind == Kind::Map);
        maps.map(|(index, _)| Node { tree: self, index })
    }
}

/// Why the text is no YAML that modplan reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: Code,
    pub(super) mark: Mark,
    pub(super) message: String,
}

/// Reads one document of `text`, which starts at `line` of its file. On a refusal the tree holds
/// what stood before it.
pub(super) fn read<'t>(
    text: &'t str,
    (line, framing): (u32, Framing),
    tree: &mut Tree<'t>,
) -> Result<(), Refusal> {
    if plain::read(text, (line, framing), tree) {
        return Ok(());
    }
    full::read(text, (line, framing), tree)
}

/// One node of a tree, cheap to copy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'a, 't> {
    tree: &'a Tree<'t>,
    index: usize,
}

impl<'a, 't> Node<'a, 't> {
    fn raw(self) -> &'a Raw<'t> {
        &self.tree.nodes[self.index]
    }

    pub(super) fn kind(self) -> Kind {
        self.raw().kind
    }

    /// Returns the place of the node in its tree.
    pub(super) fn index(self) -> usize {
        self.index
    }

    /// Returns the places of a key and of its value, all the way down.
    pub(super) fn with_value(self) -> std::ops::Range<usize> {
        let value = self.raw().end;
        let end = self.tree.nodes.get(value).map_or(value, |value| value.end);
        self.index..end
    }

    pub(super) fn mark(self) -> Mark {
        self.raw().mark
    }

    /// Returns the text of a scalar, `None` for a collection.
    pub(super) fn text(self) -> Option<&'a str> {
        (self.kind() == Kind::Scalar).then_some(self.raw().text.as_ref())
    }

    /// Returns the direct children: items of a list, keys and values of a map in turn.
    pub(super) fn children(self) -> impl Iterator<Item = Self> {
        let end = self.raw().end;
        let mut index = self.index + 1;
        std::iter::from_fn(move || {
            // A tree cut short by a syntax error has parents that end at its last node.
            let end = end.min(self.tree.nodes.len());
            (index < end).then(|| {
                let child = Self { tree: self.tree, index };
                index = child.raw().end;
                child
            })
        })
    }

    /// Returns what stands under a key of a map.
    pub(super) fn find(self, key: &str) -> Option<Self> {
        if self.kind() != Kind::Map {
            return None;
        }
        self.entries().find(|(name, ..)| *name == key).map(|(.., value)| value)
    }

    /// Returns the entries of a map as key text, key and value.
    pub(super) fn entries(self) -> impl Iterator<Item = (&'a str, Self, Self)> {
        let mut children = self.children();
        std::iter::from_fn(move || {
            let key = children.next()?;
            let value = children.next()?;
            Some((key.raw().text.as_ref(), key, value))
        })
    }
}

#[cfg(test)]
mod tests;
