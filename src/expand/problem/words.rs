//! Problems in words.

use std::fmt;

use super::{Kind, Problem};
use crate::expand::resolve::{Refusal, Who};
use crate::expand::streams::AmbiguousStream;
use crate::name::ModuleName;

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Build => "buildrequires",
            Self::Runtime => "requires",
        })
    }
}

/// Joins things for people: `a`, `a and b`, `a, b and c`.
fn listed<T: fmt::Display>(items: &[T], word: &str) -> String {
    let items: Vec<String> = items.iter().map(ToString::to_string).collect();
    match items.split_last() {
        None => "none".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} {word} {last}", others.join(", ")),
    }
}

/// The names of groups and places in a problem's sentence.
#[derive(Clone, Copy)]
pub struct Words<'a> {
    /// The name of a group, by its index: `group 1`, or the context it is written for.
    pub group: &'a dyn Fn(usize) -> String,
    /// The place of a requirement, as `path:line:column`.
    pub at: &'a dyn Fn(&Who, &ModuleName) -> Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = |group| format!("group {}", group + 1);
        self.tell(f, Words { group: &group, at: &|_, _| None })
    }
}

impl Problem {
    /// Describes the problem in words.
    #[must_use]
    pub fn told(&self, words: Words<'_>) -> String {
        fmt::from_fn(|f| self.tell(f, words)).to_string()
    }

    #[expect(clippy::too_many_lines, reason = "one flat match, a sentence an arm")]
    fn tell(&self, f: &mut fmt::Formatter<'_>, words: Words<'_>) -> fmt::Result {
        let called = |group: &usize| (words.group)(*group);
        match self {
            Self::UnknownModule { group, kind, name, streams } => {
                let streams: Vec<String> =
                    streams.iter().map(|stream| format!("{name}:{stream}")).collect();
                let wanted = match streams.as_slice() {
                    [] => format!("any stream of {name}"),
                    streams => listed(streams, "or"),
                };
                write!(f, "{kind} of {} ask for {wanted}, which has no build", called(group))
            }
            Self::AllStreamsNegated { group, kind, name, streams } => {
                let (group, streams) = (called(group), listed(streams, "and"));
                write!(f, "{kind} of {group} negate every stream of {name}; it has {streams}")
            }
            Self::AmbiguousStream { group, kind, name } => {
                let ambiguous = AmbiguousStream { name: name.clone() };
                write!(f, "{kind} of {}: {ambiguous}", called(group))
            }
            Self::NoBaseModule { group, missing, .. } if missing.is_empty() => {
                write!(f, "{} buildrequires no base module", called(group))
            }
            Self::NoBaseModule { group, missing, has_others: true } => {
                let missing = listed(missing, "or");
                write!(
                    f,
                    "there is no build of {missing}, which {} should also build on",
                    called(group)
                )
            }
            Self::NoBaseModule { missing, has_others: false, .. } => {
                let missing = listed(missing, "or");
                write!(f, "no base module can be found: there is no build of {missing}")
            }
            Self::StreamNotXyz { base, .. } => write!(
                f,
                "{base} has virtual streams but not the form x.y.z, so compatible releases are \
                 unknown"
            ),
            Self::NoBuild { wanted, by, groups, streams, platforms } => {
                write!(f, "there is no build of {wanted}")?;
                if !platforms.is_empty() {
                    let platforms = listed(platforms, "and");
                    write!(f, " for the platform; it is built for {platforms}")?;
                } else if !streams.is_empty() {
                    write!(f, "; {} has {}", wanted.name, listed(streams, "and"))?;
                }
                let builds = by.iter().filter(|who| **who != Who::Document);
                let builds = builds.map(|who| match (words.at)(who, &wanted.name) {
                    Some(place) => format!("{who} at {place}"),
                    None => who.to_string(),
                });
                let by: Vec<String> = groups.iter().map(called).chain(builds).collect();
                write!(f, " (required by {})", listed(&by, "and"))
            }
            Self::NoProvider { group, names } => {
                let (group, names) = (called(group), listed(names, "or"));
                write!(f, "{group} is dropped: there is no suitable build of {names}")
            }
            Self::Unsolvable { group } => {
                write!(f, "the buildrequires of {} conflict with each other", called(group))
            }
            Self::Refused(Refusal { key, conflict, .. }) if key.is_empty() => {
                write!(f, "{conflict}")
            }
            Self::Refused(Refusal { key, conflict, .. }) => {
                write!(f, "no buildroot has {}: {conflict}", listed(key, "and"))
            }
            Self::TooManyKeys { group, streams } => {
                let offer = |(name, count): &(ModuleName, usize)| format!("{name} ({count})");
                let offers: Vec<String> = streams.iter().map(offer).collect();
                let (group, offers) = (called(group), listed(&offers, "and"));
                write!(f, "{group} leaves too many combinations of streams open: {offers}")
            }
            Self::Dropped { group } => {
                let group = called(group);
                write!(f, "{group} is ignored, because another group has no buildrequires")
            }
            Self::SameContext { context, groups } => {
                let groups: Vec<usize> = groups.iter().map(|group| group + 1).collect();
                let (times, groups) = (groups.len(), listed(&groups, "and"));
                write!(
                    f,
                    "context {context} occurs {times} times (groups {groups}): all would be the \
                     same build"
                )
            }
            Self::NotProvenBest { context } => write!(
                f,
                "context {context}: the search was cut short; there may be a buildroot of newer builds"
            ),
        }
    }
}
