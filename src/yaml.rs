//! YAML as modulemd uses it: one small tree per document; scalars keep their text, nodes their
//! place.
//!
//! No type is ever resolved, no tag kept, no alias expanded. A tree is one flat vector in the order
//! of the text, so that reading a document allocates almost nothing and reading the next one reuses
//! the space. [`plain`] fills the tree if a document keeps to the simple forms that build systems
//! write, as nearly all do; otherwise [`full`], the complete parser, does.
//!
//! [`owned`] is for files of settings, which are small and whose readers keep the tree.

mod characters;
mod full;
pub(crate) mod owned;
mod plain;
mod split;

pub(crate) use characters::{end_of, text_of};
pub(crate) use split::{Chunk, Framing, cut_short, split};

use std::borrow::Cow;

/// The maximum depth of collections: the reference accepts 500 and crashes somewhere above 998.
pub(crate) const DEPTH_MAX: usize = 700;

/// Line and column, both from 1, the column in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// A place in the inputs; line and column start at 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Index into [`Snapshot::inputs`](crate::load::Snapshot::inputs).
    pub input: u32,
    /// Line, from 1; for a JSON row, the line of its start.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// The start of every text.
pub(crate) const START: Mark = Mark { line: 1, column: 1 };

/// The kind of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A text; empty if no value was written.
    Scalar,
    /// A list; its items follow.
    List,
    /// A map; keys and values follow in turn.
    Map,
}

/// One node; its subtree ends before the node at `end`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Raw<'t> {
    pub(crate) kind: Kind,
    pub(crate) text: Cow<'t, str>,
    pub(crate) mark: Mark,
    pub(crate) end: usize,
}

/// The nodes of one document, parents before children.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree<'t> {
    pub(crate) nodes: Vec<Raw<'t>>,
}

impl<'t> Tree<'t> {
    /// Returns the root, if any.
    pub(crate) fn root(&self) -> Option<Node<'_, 't>> {
        (!self.nodes.is_empty()).then_some(Node { tree: self, index: 0 })
    }

    /// Returns every map, at any depth.
    pub(crate) fn maps(&self) -> impl Iterator<Item = Node<'_, 't>> {
        let maps = self.nodes.iter().enumerate().filter(|(_, node)| node.kind == Kind::Map);
        maps.map(|(index, _)| Node { tree: self, index })
    }
}

/// The kinds of errors in YAML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The text violates YAML's syntax.
    Syntax,
    /// Collections nest too deeply.
    Nesting,
    /// An anchor is used; modulemd has none.
    Alias,
    /// A character that YAML forbids.
    Characters,
    /// The text is not UTF-8.
    Encoding,
}

/// An error in a text, and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) fault: Fault,
    pub(crate) mark: Mark,
    pub(crate) message: String,
}

/// Reads one document of `text`, which starts at `line` of its file. On an error the tree has the
/// nodes before it.
pub(crate) fn read<'t>(
    text: &'t str,
    line: u32,
    framing: Framing,
    tree: &mut Tree<'t>,
) -> Result<(), Refusal> {
    if plain::read(text, line, framing, tree) {
        return Ok(());
    }
    full::read(text, line, framing, tree)
}

/// One node of a tree, cheap to copy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'a, 't> {
    tree: &'a Tree<'t>,
    index: usize,
}

impl<'a, 't> Node<'a, 't> {
    fn raw(self) -> &'a Raw<'t> {
        &self.tree.nodes[self.index]
    }

    pub(crate) fn kind(self) -> Kind {
        self.raw().kind
    }

    /// Returns the place of the node in its tree.
    pub(crate) fn index(self) -> usize {
        self.index
    }

    /// Returns the indices of a key and of its whole value.
    pub(crate) fn with_value(self) -> std::ops::Range<usize> {
        let value = self.raw().end;
        let end = self.tree.nodes.get(value).map_or(value, |value| value.end);
        self.index..end
    }

    pub(crate) fn mark(self) -> Mark {
        self.raw().mark
    }

    /// Returns the text of a scalar, `None` for a collection.
    pub(crate) fn text(self) -> Option<&'a str> {
        (self.kind() == Kind::Scalar).then_some(self.raw().text.as_ref())
    }

    /// Returns the direct children: items of a list, keys and values of a map in turn.
    pub(crate) fn children(self) -> impl Iterator<Item = Self> {
        let end = self.raw().end;
        let mut index = self.index + 1;
        std::iter::from_fn(move || {
            // In a tree truncated by a syntax error, parents end at its last node.
            let end = end.min(self.tree.nodes.len());
            (index < end).then(|| {
                let child = Self { tree: self.tree, index };
                index = child.raw().end;
                child
            })
        })
    }

    /// Returns the value of a key of a map.
    pub(crate) fn find(self, key: &str) -> Option<Self> {
        if self.kind() != Kind::Map {
            return None;
        }
        self.entries().find(|(name, ..)| *name == key).map(|(.., value)| value)
    }

    /// Returns the entries of a map as key text, key and value.
    pub(crate) fn entries(self) -> impl Iterator<Item = (&'a str, Self, Self)> {
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
