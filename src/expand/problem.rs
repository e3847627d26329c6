//! Problems of a document, or of expanding a part of it.

use std::collections::BTreeMap;

mod words;

pub use words::Words;

use super::Collection;
use super::pinned::Expanded;
use super::streams::AmbiguousStream;
use crate::expand::resolve::{Refusal, Who};
use crate::name::{Context, ModuleName, NameStream, StreamName};

/// Which of a group's requirements is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `buildrequires`
    Build,
    /// `requires`
    Runtime,
}

/// One problem. Groups are counted from 0, printed from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A module, or streams of one, without a known build.
    UnknownModule {
        /// The group.
        group: usize,
        /// Where in it.
        kind: Kind,
        /// The module.
        name: ModuleName,
        /// The streams, at run time; empty if any is accepted.
        streams: Vec<StreamName>,
    },
    /// `-x` items that leave no stream; the service reads the empty rest as any stream.
    AllStreamsNegated {
        /// The group.
        group: usize,
        /// Where in it.
        kind: Kind,
        /// The module.
        name: ModuleName,
        /// The streams there are.
        streams: Vec<StreamName>,
    },
    /// Several streams are left open although only one is accepted.
    AmbiguousStream {
        /// The group.
        group: usize,
        /// Where in it.
        kind: Kind,
        /// The module.
        name: ModuleName,
    },
    /// A group names no base module to build on, or streams of one that have no build.
    NoBaseModule {
        /// The group.
        group: usize,
        /// The streams asked for that have no build.
        missing: Vec<NameStream>,
        /// Whether other requested streams have one.
        has_others: bool,
    },
    /// A base module with virtual streams whose stream does not have three parts, so compatible
    /// releases are unknown.
    StreamNotXyz {
        /// The group.
        group: usize,
        /// The base module.
        base: NameStream,
    },
    /// A stream without a build against any candidate platform.
    NoBuild {
        /// The stream.
        wanted: NameStream,
        /// The builds that require it.
        by: Vec<Who>,
        /// The groups whose buildrequires name it.
        groups: Vec<usize>,
        /// The streams of the module that have builds.
        streams: Vec<StreamName>,
        /// The platforms with builds of the required stream.
        platforms: Vec<NameStream>,
    },
    /// Every buildrequired module is available, but they conflict.
    Unsolvable {
        /// The group.
        group: usize,
    },
    /// A combination of streams is unavailable; others are available.
    Refused(Refusal),
    /// Buildrequired modules without any build in a wanted stream.
    NoProvider {
        /// The group.
        group: usize,
        /// The modules.
        names: Vec<ModuleName>,
    },
    /// More combinations of streams than can be listed.
    TooManyKeys {
        /// The group.
        group: usize,
        /// How many streams each module offers.
        streams: Vec<(ModuleName, usize)>,
    },
    /// A group that the service ignores, because another one has no buildrequires.
    Dropped {
        /// The group.
        group: usize,
    },
    /// Several documents with the same context and identity: only one of them can be built.
    SameContext {
        /// The context.
        context: Context,
        /// The groups they come from.
        groups: Vec<usize>,
    },
    /// The search for the best buildroot was cut short.
    NotProvenBest {
        /// The context of the document.
        context: Context,
    },
}

impl Problem {
    /// Returns whether something is missing from the answer; otherwise it is a warning.
    #[must_use]
    pub fn is_error(&self) -> bool {
        match self {
            Self::UnknownModule { kind, .. } => *kind == Kind::Build,
            Self::Refused(_) | Self::NotProvenBest { .. } => false,
            Self::AllStreamsNegated { .. }
            | Self::AmbiguousStream { .. }
            | Self::NoBaseModule { .. }
            | Self::StreamNotXyz { .. }
            | Self::NoBuild { .. }
            | Self::Unsolvable { .. }
            | Self::NoProvider { .. }
            | Self::TooManyKeys { .. }
            | Self::Dropped { .. }
            | Self::SameContext { .. } => true,
        }
    }

    /// Returns the refused combination of streams, if it is one.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        let Self::Refused(refusal) = self else { return None };
        Some(refusal)
    }

    /// Shifts the numbers of groups, because the groups of a part are some of the document's.
    pub(super) fn move_groups(&mut self, first: usize) {
        match self {
            Self::UnknownModule { group, .. }
            | Self::AllStreamsNegated { group, .. }
            | Self::AmbiguousStream { group, .. }
            | Self::NoBaseModule { group, .. }
            | Self::StreamNotXyz { group, .. }
            | Self::Unsolvable { group }
            | Self::Refused(Refusal { group, .. })
            | Self::NoProvider { group, .. }
            | Self::TooManyKeys { group, .. }
            | Self::Dropped { group } => *group += first,
            Self::SameContext { groups, .. } | Self::NoBuild { groups, .. } => {
                groups.iter_mut().for_each(|group| *group += first);
            }
            Self::NotProvenBest { .. } => {}
        }
    }

    /// Returns the requirements of the document that it concerns: group, kind and module, if known.
    #[must_use]
    pub fn about(&self) -> (Option<usize>, Option<Kind>, Vec<&ModuleName>) {
        match self {
            Self::UnknownModule { group, kind, name, .. }
            | Self::AllStreamsNegated { group, kind, name, .. }
            | Self::AmbiguousStream { group, kind, name } => {
                (Some(*group), Some(*kind), vec![name])
            }
            Self::NoBaseModule { group, missing, .. } => {
                (Some(*group), Some(Kind::Build), missing.iter().map(|base| &base.name).collect())
            }
            Self::StreamNotXyz { group, base } => {
                (Some(*group), Some(Kind::Build), vec![&base.name])
            }
            Self::NoBuild { wanted, groups, .. } if !groups.is_empty() => {
                (groups.first().copied(), Some(Kind::Build), vec![&wanted.name])
            }
            Self::NoProvider { group, names } => {
                (Some(*group), Some(Kind::Build), names.iter().collect())
            }
            Self::Refused(Refusal { group, key, .. }) => {
                (Some(*group), Some(Kind::Build), key.iter().map(|pin| &pin.name).collect())
            }
            Self::Unsolvable { group }
            | Self::TooManyKeys { group, .. }
            | Self::Dropped { group } => (Some(*group), None, Vec::new()),
            Self::SameContext { groups, .. } => (groups.last().copied(), None, Vec::new()),
            Self::NoBuild { .. } | Self::NotProvenBest { .. } => (None, None, Vec::new()),
        }
    }
}

/// Looks for problems of one stream list.
pub(super) fn check_list(
    group: usize,
    kind: Kind,
    name: &ModuleName,
    written: &[StreamName],
    expanded: &Result<Vec<StreamName>, AmbiguousStream>,
    collection: &Collection,
) -> Option<Problem> {
    let name = name.clone();
    let Ok(expanded) = expanded else {
        return Some(Problem::AmbiguousStream { group, kind, name });
    };
    if !expanded.is_empty() || written.iter().any(|stream| stream.negated().is_none()) {
        // A buildrequired stream is looked up later, against the platforms in question.
        let is_unknown = |stream: &&StreamName| !collection.answers_to(&name, stream);
        let streams: Vec<StreamName> = match kind {
            Kind::Runtime => expanded.iter().filter(is_unknown).cloned().collect(),
            Kind::Build => Vec::new(),
        };
        return (!streams.is_empty()).then_some(Problem::UnknownModule {
            group,
            kind,
            name,
            streams,
        });
    }
    let streams = collection.streams_of(&name);
    if streams.is_empty() {
        return Some(Problem::UnknownModule { group, kind, name, streams });
    }
    (!written.is_empty()).then_some(Problem::AllStreamsNegated { group, kind, name, streams })
}

/// Removes modules whose cause is another problem from "no provider" problems, and drops empty
/// ones, so that each fault is reported once.
pub(super) fn without_echoes(problems: Vec<Problem>) -> Vec<Problem> {
    let is_told = |group: usize, name: &ModuleName| {
        problems.iter().any(|problem| match problem {
            Problem::NoBuild { wanted, groups, .. } => {
                groups.contains(&group) && wanted.name == *name
            }
            Problem::NoBaseModule { group: other, missing, .. } => {
                *other == group && missing.iter().any(|base| base.name == *name)
            }
            Problem::UnknownModule { group: other, kind: Kind::Build, name: unknown, .. }
            | Problem::AllStreamsNegated {
                group: other, kind: Kind::Build, name: unknown, ..
            } => *other == group && unknown == name,
            Problem::StreamNotXyz { group: other, base } => *other == group && base.name == *name,
            Problem::UnknownModule { .. }
            | Problem::AllStreamsNegated { .. }
            | Problem::AmbiguousStream { .. }
            | Problem::Unsolvable { .. }
            | Problem::Refused(_)
            | Problem::NoProvider { .. }
            | Problem::TooManyKeys { .. }
            | Problem::Dropped { .. }
            | Problem::SameContext { .. }
            | Problem::NotProvenBest { .. } => false,
        })
    };
    let left = |problem: &Problem| -> Option<Problem> {
        let Problem::NoProvider { group, names } = problem else { return Some(problem.clone()) };
        let untold = names.iter().filter(|name| !is_told(*group, name));
        let names: Vec<ModuleName> = untold.cloned().collect();
        (!names.is_empty()).then_some(Problem::NoProvider { group: *group, names })
    };
    problems.iter().filter_map(left).collect()
}

/// Finds documents that got the same context.
pub(super) fn same_contexts(documents: &[Expanded]) -> Vec<Problem> {
    let mut by_context: BTreeMap<&Context, Vec<usize>> = BTreeMap::new();
    for document in documents {
        by_context.entry(&document.context).or_default().push(document.group);
    }
    by_context
        .into_iter()
        .filter(|(_, groups)| groups.len() > 1)
        .map(|(context, groups)| Problem::SameContext { context: context.clone(), groups })
        .collect()
}
