//! Two documents of one identity: equal ones are kept once, others are told.
//!
//! Within one file the reference looks an identity up as a pattern: no version, context or arch
//! matches any, and a stream may hold `*` or `?`. A file that it refuses for this is refused here.

use rustc_hash::FxHashMap;

use super::problem::{Code, Finding};
use super::stream::Identity;
use super::{Input, Origin, Stream};
use crate::name::{ModuleName, Version};

/// What was read so far, by identity.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Two services that tell of one build are no duplicates: what they disagree on is told apart.
    exact: FxHashMap<(Origin, Identity), usize>,
    /// Those of the input that is being read, by module.
    here: FxHashMap<ModuleName, Vec<usize>>,
    input: u32,
}

impl Known {
    /// Takes a stream up, unless it is known; then says why it is left out, where it differs.
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
        let same_input = self.find_here(&stream, streams);
        let known = match same_input.as_slice() {
            [] => self.exact.get(&identity).copied(),
            [only] => Some(*only),
            [first, ..] => return Some(differs(&stream, &streams[*first], inputs)),
        };
        let Some(known) = known else {
            self.here.entry(stream.name.clone()).or_default().push(streams.len());
            self.exact.insert(identity, streams.len());
            streams.push(stream);
            return None;
        };
        let first = &streams[known];
        (!first.says_the_same(&stream)).then(|| differs(&stream, first, inputs))
    }

    /// Returns what of the same input the stream's identity matches as a pattern.
    fn find_here(&self, stream: &Stream, streams: &[Stream]) -> Vec<usize> {
        let Some(candidates) = self.here.get(&stream.name) else { return Vec::new() };
        if !is_pattern(stream) {
            let exact = self.exact.get(&(stream.origin, stream.identity())).copied();
            return exact
                .filter(|&known| streams[known].place.input == self.input)
                .into_iter()
                .collect();
        }
        candidates.iter().copied().filter(|&known| matches(stream, &streams[known])).collect()
    }
}

fn is_pattern(stream: &Stream) -> bool {
    const WILD: [char; 4] = ['*', '?', '[', '\\'];
    let context = stream.context.as_ref().map(|context| context.as_str());
    let arch = stream.arch.as_ref().map(|arch| arch.as_str());
    let texts = [Some(stream.stream.as_str()), context, arch];
    stream.version == Version(0)
        || texts.into_iter().any(|text| text.is_none_or(|text| text.contains(WILD)))
}

fn matches(pattern: &Stream, known: &Stream) -> bool {
    let optional = |pattern: Option<&str>, known: Option<&str>| {
        pattern.is_none_or(|pattern| glob(pattern, known.unwrap_or_default()))
    };
    glob(pattern.stream.as_str(), known.stream.as_str())
        && (pattern.version == Version(0) || pattern.version == known.version)
        && optional(
            pattern.context.as_ref().map(|context| context.as_str()),
            known.context.as_ref().map(|context| context.as_str()),
        )
        && optional(
            pattern.arch.as_ref().map(|arch| arch.as_str()),
            known.arch.as_ref().map(|arch| arch.as_str()),
        )
}

/// Returns whether a text matches a pattern of `*` and `?`; anything else stands for itself.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut read) = (0, 0);
    // Where to go on when a guess on the last star was wrong.
    let mut star: Option<(usize, usize)> = None;
    while read < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(&wanted) if wanted == '?' || wanted == text[read] => {
                at += 1;
                read += 1;
            }
            Some(_) | None => {
                let Some((star_at, star_read)) = star else { return false };
                star = Some((star_at, star_read + 1));
                at = star_at + 1;
                read = star_read + 1;
            }
        }
    }
    pattern[at..].iter().all(|&character| character == '*')
}

fn differs(stream: &Stream, first: &Stream, inputs: &[Input]) -> Finding {
    let at = first.place;
    let is_same_input = at.input == stream.place.input;
    let code = if is_same_input { Code::Duplicate } else { Code::DuplicateInput };
    let path = &inputs[at.input as usize].path;
    let (identity, known) = (stream.identity(), first.identity());
    let message = if identity == known {
        format!(
            "{identity} stands here with other content than at {path}:{}:{}, which is taken",
            at.line, at.column
        )
    } else {
        format!(
            "{identity} cannot be told from {known} at {path}:{}:{}, which is taken",
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
            [("a*", "abc"), ("*", ""), ("a?c", "abc"), ("*b*", "abc"), ("a", "a")]
        {
            assert!(glob(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("a*", "b"), ("a?", "a"), ("", "a"), ("abc", "a*"), ("*a", "ab")] {
            assert!(!glob(pattern, text), "{pattern} {text}");
        }
    }
}
