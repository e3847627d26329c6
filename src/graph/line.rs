//! Platform lines: the releases of one platform that follow each other.
//!
//! The line is the base module's stream up to its first dot: el8, el8.4.0 and el8.9.0.z are one
//! line, f35 and f36 are two. A module is rebuilt within its lines, so the newest version is chosen
//! per line, and no edge connects two lines.

use std::collections::BTreeSet;

use super::GraphOptions;
use crate::load::Stream;
use crate::name::{ModuleName, StreamName};

/// One platform line, such as `el8`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line(Box<str>);

impl Line {
    /// Returns the line of a base module's stream.
    #[must_use]
    pub fn of(stream: &StreamName) -> Self {
        let text = stream.as_str();
        Self(text.split_once('.').map_or(text, |(line, _)| line).into())
    }

    /// Returns the line as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A set of platform lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// None named: it belongs to every line.
    named: BTreeSet<Line>,
}

impl Lines {
    /// Returns the lines of a document: those of the base modules it names, otherwise of the base
    /// modules it was built with, otherwise every line.
    pub(super) fn of(document: &Stream, options: &GraphOptions) -> Self {
        if options.base_modules.contains(&document.name) {
            return Self::of_streams([&document.stream]);
        }
        let groups = || document.dependencies.iter();
        let build = Self::of_streams(positive(groups().map(|group| &group.buildrequires), options));
        let run = || Self::of_streams(positive(groups().map(|group| &group.requires), options));
        let locks = || {
            let base =
                document.locks.iter().filter(|(name, _)| options.base_modules.contains(*name));
            Self::of_streams(base.map(|(_, lock)| &lock.stream))
        };
        [run(), locks()].into_iter().fold(
            build,
            |found, next| {
                if found.is_every() { next } else { found }
            },
        )
    }

    pub(super) fn of_streams<'a>(streams: impl IntoIterator<Item = &'a StreamName>) -> Self {
        Self { named: streams.into_iter().map(Line::of).collect() }
    }

    /// Returns whether no line is named.
    #[must_use]
    pub fn is_every(&self) -> bool {
        self.named.is_empty()
    }

    /// Returns the named lines; none if it belongs to every line.
    pub fn named(&self) -> impl Iterator<Item = &Line> {
        self.named.iter()
    }

    /// Returns whether the line is one of these.
    #[must_use]
    pub fn fits(&self, line: &Line) -> bool {
        self.is_every() || self.named.contains(line)
    }

    /// Returns whether some line is in both.
    #[must_use]
    pub fn meet(&self, other: &Self) -> bool {
        self.is_every() || other.is_every() || !self.named.is_disjoint(&other.named)
    }

    /// Adds the lines of another document of the same build.
    pub(super) fn add(&mut self, other: Self) {
        self.named.extend(other.named);
    }

    /// Keeps the lines for which `is_kept` holds, after expanding "every line" to `all`. `None` if
    /// no line is left.
    pub(super) fn keep(
        &self,
        all: &BTreeSet<Line>,
        is_kept: impl Fn(&Line) -> bool,
    ) -> Option<Self> {
        let candidates = if self.is_every() { all } else { &self.named };
        let named: BTreeSet<Line> =
            candidates.iter().filter(|line| is_kept(line)).cloned().collect();
        match named.len() {
            0 => None,
            kept if kept == candidates.len() => Some(self.clone()),
            _ => Some(Self { named }),
        }
    }
}

/// Returns the streams of base modules that groups of requirements name, without negated ones.
pub(super) fn positive<'a>(
    groups: impl Iterator<Item = &'a std::collections::BTreeMap<ModuleName, crate::load::Requirement>>,
    options: &GraphOptions,
) -> impl Iterator<Item = &'a StreamName> {
    groups
        .flatten()
        .filter(|(name, _)| options.base_modules.contains(*name))
        .flat_map(|(_, requirement)| &requirement.streams)
        .filter(|stream| !stream.as_str().starts_with('-'))
}
