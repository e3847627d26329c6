//! One stream list expanded: which streams of a module a requirement speaks of.

use std::collections::BTreeMap;

use crate::name::{ModuleName, StreamName};

/// The context of expanding a stream list.
#[derive(Clone, Copy, Debug)]
pub struct StreamContext<'a> {
    /// Streams of the module that have a ready build, in a stated order.
    pub available: &'a [StreamName],
    /// Streams chosen in advance, by module.
    pub defaults: &'a BTreeMap<ModuleName, StreamName>,
    /// Streams of base modules that "any stream" leaves out; empty for other modules.
    pub exclusions: &'a [StreamName],
    /// Whether a choice among several streams is refused instead of made.
    pub refuse_ambiguous: bool,
}

/// A requirement leaves several streams open, and that is not allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} is required in any of several streams, and no default stream says which")]
pub struct AmbiguousStream {
    /// The module whose stream is open.
    pub name: ModuleName,
}

/// Expands one stream list as the Module Build Service does.
///
/// An empty list, or one of `-x` items only, starts from the default stream or otherwise from every
/// available one, and each `-x` removes `x`. In any other list the `-x` items are ignored;
/// duplicates and unavailable streams stay. If more than one stream is left, a default replaces
/// them.
///
/// # Errors
/// If more than one stream is left, there is no default, and that is not accepted.
pub fn expand_streams(
    name: &ModuleName,
    streams: &[StreamName],
    context: &StreamContext<'_>,
) -> Result<Vec<StreamName>, AmbiguousStream> {
    let default = context.defaults.get(name);
    let ambiguous = || AmbiguousStream { name: name.clone() };
    let expanded = if streams.iter().all(|stream| stream.negated().is_some()) {
        let mut left = match default {
            Some(default) => vec![default.clone()],
            None if context.refuse_ambiguous => return Err(ambiguous()),
            None => context
                .available
                .iter()
                .filter(|stream| !context.exclusions.contains(stream))
                .cloned()
                .collect(),
        };
        for gone in streams.iter().filter_map(StreamName::negated) {
            if let Some(at) = left.iter().position(|stream| stream.as_str() == gone) {
                left.remove(at);
            }
        }
        left
    } else {
        streams.iter().filter(|stream| stream.negated().is_none()).cloned().collect()
    };
    match default {
        _ if expanded.len() <= 1 => Ok(expanded),
        Some(default) => Ok(vec![default.clone()]),
        None if context.refuse_ambiguous => Err(ambiguous()),
        None => Ok(expanded),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(streams: &[&str], default: Option<&str>) -> Vec<String> {
        let available = ["1", "2", "3"].map(StreamName::from);
        let defaults = default.map(|stream| ("gtk".into(), stream.into())).into_iter().collect();
        let context = StreamContext {
            available: &available,
            defaults: &defaults,
            exclusions: &[],
            refuse_ambiguous: false,
        };
        let streams: Vec<StreamName> = streams.iter().map(|&stream| stream.into()).collect();
        let expanded = expand_streams(&"gtk".into(), &streams, &context).unwrap();
        expanded.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_empty_list_means_every_stream_and_a_sign_takes_one_away() {
        assert_eq!(expand(&[], None), ["1", "2", "3"]);
        assert_eq!(expand(&["-2"], None), ["1", "3"]);
        assert!(expand(&["-1", "-2", "-3"], None).is_empty());
    }

    #[test]
    fn a_positive_list_keeps_duplicates_and_unknown_streams_and_drops_signs() {
        assert_eq!(expand(&["2", "-1", "9", "2"], None), ["2", "9", "2"]);
    }

    #[test]
    fn a_default_settles_what_is_open() {
        assert_eq!(expand(&[], Some("2")), ["2"]);
        assert_eq!(expand(&["1", "3"], Some("2")), ["2"]);
        assert_eq!(expand(&["1"], Some("2")), ["1"]);
        assert!(expand(&["-2"], Some("2")).is_empty());
    }
}
