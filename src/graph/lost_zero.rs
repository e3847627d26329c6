//! Streams that lost their last zero: tools that read `perl: 5.30` without quotes as a number write
//! `5.3`. Real repositories have such requirements and defaults, and nothing else reveals them.

use std::collections::{BTreeMap, BTreeSet};

use super::streams::Streams;
use super::{Dangling, Missing};
use crate::load::{Code, Defaults, Finding, Snapshot};
use crate::name::{NameStream, StreamName};

/// Returns a finding for each stream in defaults that is loaded only with more zeros at its end.
#[must_use]
pub fn lost_zeros_of_defaults(snapshot: &Snapshot) -> Vec<Finding> {
    let loaded: BTreeSet<NameStream> =
        snapshot.streams.iter().map(crate::load::Stream::name_stream).collect();
    let found = |defaults: &Defaults| -> Vec<Finding> {
        let intents = defaults.intents.values();
        let named: BTreeSet<&StreamName> = defaults
            .stream
            .iter()
            .chain(defaults.profiles.keys())
            .chain(intents.flat_map(|intent| intent.stream.iter().chain(intent.profiles.keys())))
            .collect();
        let finding = |stream: &StreamName| {
            let named = NameStream { name: defaults.module.clone(), stream: stream.clone() };
            if loaded.contains(&named) {
                return None;
            }
            let meant = loaded.iter().find(|loaded| has_lost_zero(&named, loaded))?;
            let message = format!(
                "the defaults name {named}; it is not loaded, but {meant} is: a zero was lost"
            );
            let hint = format!("write the stream in quotes: \"{}\"", meant.stream);
            Some(Finding::new(Code::LostZero, defaults.place, message).hint(hint))
        };
        named.into_iter().filter_map(finding).collect()
    };
    snapshot.defaults.iter().flat_map(found).collect()
}

/// Returns whether a stream is another one without zeros at its end: `5.3` of `5.30`, `5` of `5.0`.
fn has_lost_zero(written: &NameStream, meant: &NameStream) -> bool {
    let missing = meant.stream.as_str().strip_prefix(written.stream.as_str());
    // A whole number lost the dot with its zeros.
    let zeros = missing.and_then(|missing| match written.stream.as_str() {
        number if number.contains('.') => Some(missing),
        number if number.bytes().all(|b| b.is_ascii_digit()) => missing.strip_prefix('.'),
        _ => None,
    });
    meant.name == written.name
        && zeros.is_some_and(|zeros| !zeros.is_empty() && zeros.bytes().all(|b| b == b'0'))
}

/// Returns a finding for each stream that is required, not loaded, and loaded with more zeros.
pub(super) fn findings(dangling: &[Dangling], streams: &Streams) -> Vec<Finding> {
    let mut places: BTreeMap<&NameStream, (usize, &Dangling)> = BTreeMap::new();
    for row in dangling.iter().filter(|row| row.missing == Missing::NotLoaded) {
        places.entry(&row.requires).or_insert((0, row)).0 += 1;
    }
    let finding = |(requires, (count, first)): (&NameStream, (usize, &Dangling))| {
        finding(requires, count, first, streams)
    };
    places.into_iter().filter_map(finding).collect()
}

fn finding(
    requires: &NameStream,
    count: usize,
    first: &Dangling,
    streams: &Streams,
) -> Option<Finding> {
    let meant = meant(requires, streams)?;
    let others = match count {
        1 => String::new(),
        2 => ", and by one more module".to_owned(),
        more => format!(", and by {} more modules", more - 1),
    };
    let message = format!(
        "{requires} is required{others}; it is not loaded, but {meant} is: a zero was lost"
    );
    let hint = format!(
        "write the stream in quotes: \"{}\"; or plan with `--alias {requires}={meant}`",
        meant.stream
    );
    Some(Finding::new(Code::LostZero, first.place, message).hint(hint))
}

/// Returns the loaded stream that a requirement means, if only zeros at its end are missing.
pub(super) fn meant<'a>(requires: &NameStream, streams: &'a Streams) -> Option<&'a NameStream> {
    let of_name = streams.of_name(requires.name.as_str()).iter().map(|loaded| &loaded.id);
    of_name.into_iter().find(|loaded| has_lost_zero(requires, loaded))
}
