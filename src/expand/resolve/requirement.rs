//! Which candidates meet a requirement, and how requirements and provisions read as text.
//!
//! A requirement on a base module stream of three parts carries a version: a build made against
//! el8.1.0 needs at least el8.1.0, a document to be built needs its platform exactly. For a build
//! that number comes from the platform it was *built against*, not from the one it names.

use std::fmt;

use super::Needs;
use super::candidate::Candidate;
use crate::name::{ModuleName, StreamName};
use crate::plan::platform::{Platforms, StreamVersion};

/// How the number of a base module is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// Equal: for the buildrequires of the document itself.
    Exact,
    /// At least: for the run-time requirements of an earlier build.
    AtLeast,
}

impl Match {
    fn sign(self) -> &'static str {
        match self {
            Self::Exact => "=",
            Self::AtLeast => ">=",
        }
    }
}

/// Alternative requirements of a candidate or a document.
#[derive(Clone, Copy, Debug)]
pub struct Requirements<'a> {
    /// The groups, one of which must be met.
    pub groups: &'a [Needs],
    /// How numbers of base modules compare.
    pub matching: Match,
    /// The base module streams that were built against, by name; empty for a document.
    pub built_against: &'a std::collections::BTreeMap<ModuleName, StreamName>,
    /// The rules for base modules.
    pub platforms: &'a Platforms,
}

impl Requirements<'_> {
    /// Returns the number that a base module must have for `stream`; `None` if any is accepted.
    fn bound(&self, name: &ModuleName, stream: &StreamName) -> Option<StreamVersion> {
        if !self.platforms.is_base(name) {
            return None;
        }
        let stream = self.built_against.get(name).unwrap_or(stream);
        self.platforms.is_xyz(stream).then(|| self.platforms.stream_version(stream))
    }

    /// Returns whether a candidate has one of the required streams; `-x` items exclude `x`, and a
    /// list of only such items accepts every other stream.
    pub(super) fn accepts(
        &self,
        candidate: &Candidate,
        name: &ModuleName,
        streams: &[StreamName],
    ) -> bool {
        if candidate.nsvc.name != *name {
            return false;
        }
        let signs = || streams.iter().filter_map(StreamName::negated);
        if signs().count() == streams.len() {
            return !signs().any(|gone| stands_for(candidate, gone, self.platforms));
        }
        streams.iter().any(|stream| {
            stands_for(candidate, stream.as_str(), self.platforms)
                && self.bound(name, stream).is_none_or(|bound| {
                    let number = provided_number(candidate, self.platforms);
                    match self.matching {
                        Match::Exact => number == bound,
                        Match::AtLeast => number >= bound,
                    }
                })
        })
    }
}

/// Returns whether a candidate is of a stream, by name or, a base module, by virtual stream.
fn stands_for(candidate: &Candidate, stream: &str, platforms: &Platforms) -> bool {
    candidate.nsvc.stream.as_str() == stream
        || platforms.is_base(&candidate.nsvc.name)
            && candidate.virtual_streams.iter().any(|virtual_| virtual_.as_str() == stream)
}

/// Returns the number a base module provides: that of its stream, else its version.
fn provided_number(candidate: &Candidate, platforms: &Platforms) -> StreamVersion {
    let number = platforms.stream_version(&candidate.nsvc.stream);
    if number.is_set() { number } else { StreamVersion::of_version(candidate.nsvc.version) }
}

/// Returns what a candidate provides, in the syntax of RPM, sorted.
#[must_use]
pub fn provides(candidate: &Candidate, platforms: &Platforms) -> Vec<String> {
    let name = &candidate.nsvc.name;
    let number = platforms.stream_version(&candidate.nsvc.stream);
    let base = platforms.is_base(name);
    let version = if base && number.is_set() {
        format!("{:?}", number.value())
    } else {
        candidate.nsvc.version.to_string()
    };
    let virtual_streams = candidate.virtual_streams.iter().filter(|_| base);
    let streams = std::iter::once(&candidate.nsvc.stream).chain(virtual_streams);
    let mut provided: Vec<String> =
        streams.map(|stream| format!("module({name}:{stream}) = {version}")).collect();
    provided.push(format!("module({name})"));
    provided.sort();
    provided.dedup();
    provided
}

impl fmt::Display for Requirements<'_> {
    /// Prints the requirement as a boolean dependency of RPM; `None` if there is none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups: Vec<String> = self
            .groups
            .iter()
            .filter(|needs| !needs.is_empty())
            .map(|needs| {
                joined(needs.iter().map(|(name, streams)| self.need_text(name, streams)), "and")
            })
            .collect();
        if groups.is_empty() {
            return f.write_str("None");
        }
        f.write_str(&joined(groups.into_iter(), "or"))
    }
}

impl Requirements<'_> {
    fn need_text(&self, name: &ModuleName, streams: &[StreamName]) -> String {
        if streams.is_empty() {
            return format!("module({name})");
        }
        let streams = streams.iter().map(|stream| {
            let versioned = self.bound(name, stream).map_or_else(String::new, |bound| {
                format!(" {} {:?}", self.matching.sign(), bound.value())
            });
            format!("module({name}:{stream}){versioned}")
        });
        format!("(module({name}) with {})", joined(streams, "or"))
    }
}

fn joined(parts: impl Iterator<Item = String>, word: &str) -> String {
    let parts: Vec<String> = parts.collect();
    match parts.as_slice() {
        [one] => one.clone(),
        many => format!("({})", many.join(&format!(" {word} "))),
    }
}
