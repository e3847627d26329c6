//! Two documents of one identity: equal ones are kept once, others are reported.
//!
//! Within one file the reference looks an identity up as a pattern: no version, context or arch
//! matches any, and a stream may hold `*` or `?`. A file that it refuses for this reason is refused
//! here.

use std::str::Chars;

use rustc_hash::FxHashMap;

use super::problem::{Code, Finding};
use super::stream::Identity;
use super::{Input, Origin, Stream};
use crate::name::{Arch, Context, ModuleName, StreamName, Version};

/// What was read so far, by identity.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Rows of one build from two services are not duplicates; their disagreements are reported
    /// separately.
    exact: FxHashMap<(Origin, Identity), usize>,
    /// Those of the input that is being read, by module.
    here: FxHashMap<ModuleName, Here>,
    input: u32,
}

/// The streams of one module in one input.
#[derive(Debug, Default)]
struct Here {
    all: Vec<usize>,
    /// Those indexed by the open parts of a pattern, built when such a pattern occurs.
    open: FxHashMap<Open, FxHashMap<Key, Matches>>,
}

/// The parts of an identity that a pattern leaves open: any version, context or arch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Open {
    version: bool,
    context: bool,
    arch: bool,
}

/// An identity without the parts that are open.
type Key = (StreamName, Version, Context, Arch);

/// The first of the streams that a pattern matches, and whether it is the only one.
#[derive(Clone, Copy, Debug)]
struct Matches {
    first: usize,
    is_only: bool,
}

impl Known {
    /// Adds a stream, unless it is known; reports a known one if it differs.
    pub(super) fn add(
        &mut self,
        stream: Stream,
        streams: &mut Vec<Stream>,
        inputs: &[Input],
    ) -> Option<Finding> {
        if self.input != stream.place.input {
            self.input = stream.place.input;
            self.here.clear();
        }
        let identity = (stream.origin, stream.identity());
        let known = match self.find_here(&stream, streams) {
            None => self.exact.get(&identity).copied(),
            Some(Matches { first, is_only: true }) => Some(first),
            Some(Matches { first, .. }) => return Some(differs(&stream, &streams[first], inputs)),
        };
        let Some(known) = known else {
            self.here.entry(stream.name.clone()).or_default().add(&stream, streams.len());
            self.exact.insert(identity, streams.len());
            streams.push(stream);
            return None;
        };
        let first = &streams[known];
        (!first.has_same_content(&stream)).then(|| differs(&stream, first, inputs))
    }

    /// Returns the stream of the same input that the identity matches as a pattern.
    fn find_here(&mut self, stream: &Stream, streams: &[Stream]) -> Option<Matches> {
        let here = self.here.get_mut(&stream.name)?;
        let open = Open::of(stream);
        if is_wild(stream) {
            // Nearly all mismatches differ at one of these, which is a quick check.
            let [start, end] = ends_of(stream.stream.as_str());
            let mut all = here.all.iter().copied().filter(|&known| {
                let known = &streams[known];
                let text = known.stream.as_str().as_bytes();
                text.starts_with(start) && text.ends_with(end) && matches(stream, known)
            });
            let first = all.next()?;
            return Some(Matches { first, is_only: all.next().is_none() });
        }
        if open == Open::NOTHING {
            let known = self.exact.get(&(stream.origin, stream.identity())).copied();
            return known
                .filter(|&known| streams[known].place.input == self.input)
                .map(|first| Matches { first, is_only: true });
        }
        let Here { all, open: indexes } = here;
        let index = indexes.entry(open).or_insert_with(|| {
            let mut index = FxHashMap::default();
            all.iter().for_each(|&known| put(&mut index, open.key(&streams[known]), known));
            index
        });
        index.get(&open.key(stream)).copied()
    }
}

impl Here {
    fn add(&mut self, stream: &Stream, at: usize) {
        self.all.push(at);
        self.open.iter_mut().for_each(|(open, index)| put(index, open.key(stream), at));
    }
}

fn put(index: &mut FxHashMap<Key, Matches>, key: Key, at: usize) {
    let fresh = Matches { first: at, is_only: true };
    index.entry(key).and_modify(|known| known.is_only = false).or_insert(fresh);
}

impl Open {
    const NOTHING: Self = Self { version: false, context: false, arch: false };

    fn of(stream: &Stream) -> Self {
        Self {
            version: stream.version == Version(0),
            context: stream.context.is_none(),
            arch: stream.arch.is_none(),
        }
    }

    fn key(self, stream: &Stream) -> Key {
        (
            stream.stream.clone(),
            if self.version { Version(0) } else { stream.version },
            stream.context.clone().filter(|_| !self.context).unwrap_or_default(),
            stream.arch.clone().filter(|_| !self.arch).unwrap_or_default(),
        )
    }
}

/// Returns whether the identity matches other texts than itself.
fn is_wild(stream: &Stream) -> bool {
    let context = stream.context.as_ref().map_or("", Context::as_str);
    let arch = stream.arch.as_ref().map_or("", Arch::as_str);
    [stream.stream.as_str(), context, arch].iter().any(|text| text.contains(WILD))
}

const WILD: [char; 2] = ['*', '?'];

/// Returns the text before the first and after the last wildcard of a pattern.
fn ends_of(pattern: &str) -> [&[u8]; 2] {
    let first = pattern.find(WILD).unwrap_or(pattern.len());
    let last = pattern.rfind(WILD).map_or(pattern.len(), |last| last + 1);
    let bytes = pattern.as_bytes();
    [&bytes[..first], &bytes[last..]]
}

fn matches(pattern: &Stream, known: &Stream) -> bool {
    let optional = |pattern: Option<&str>, known: Option<&str>| {
        pattern.is_none_or(|pattern| glob(pattern, known.unwrap_or_default()))
    };
    (pattern.version == Version(0) || pattern.version == known.version)
        && glob(pattern.stream.as_str(), known.stream.as_str())
        && optional(
            pattern.context.as_ref().map(Context::as_str),
            known.context.as_ref().map(Context::as_str),
        )
        && optional(pattern.arch.as_ref().map(Arch::as_str), known.arch.as_ref().map(Arch::as_str))
}

/// Returns whether a text matches a pattern of `*` and `?`; other characters match themselves.
fn glob(pattern: &str, text: &str) -> bool {
    let (mut at, mut read) = (pattern.chars(), text.chars());
    // Where to continue if a guess at the last star was wrong.
    let mut star: Option<(Chars<'_>, Chars<'_>)> = None;
    loop {
        let (mut next, mut rest) = (at.clone(), read.clone());
        match (next.next(), rest.next()) {
            (Some('*'), _) => {
                star = Some((next.clone(), read.clone()));
                at = next;
            }
            (Some(wanted), Some(found)) if wanted == '?' || wanted == found => {
                at = next;
                read = rest;
            }
            (None, None) => return true,
            _ => {
                // The star matches one more character.
                let Some((after, taken)) = &mut star else { return false };
                if taken.next().is_none() {
                    return false;
                }
                at = after.clone();
                read = taken.clone();
            }
        }
    }
}

fn differs(stream: &Stream, first: &Stream, inputs: &[Input]) -> Finding {
    let at = first.place;
    let is_same_input = at.input == stream.place.input;
    let code = if is_same_input { Code::Duplicate } else { Code::DuplicateInput };
    let path = &inputs[at.input as usize].path;
    let (identity, known) = (stream.identity(), first.identity());
    let message = if identity == known {
        format!(
            "{identity} differs from the one at {path}:{}:{}, which is used",
            at.line, at.column
        )
    } else {
        format!(
            "{identity} cannot be distinguished from {known} at {path}:{}:{}, which is used",
            at.line, at.column
        )
    };
    Finding::new(code, stream.place, message)
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn stars_and_question_marks_match_as_in_a_shell() {
        for (pattern, text) in
            [("a*", "abc"), ("*", ""), ("a?c", "abc"), ("*b*", "abc"), ("a", "a"), ("a*a", "aa")]
        {
            assert!(glob(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("a*", "b"), ("a?", "a"), ("", "a"), ("abc", "a*"), ("*a", "ab"), ("a*a", "a")]
        {
            assert!(!glob(pattern, text), "{pattern} {text}");
        }
    }
}
