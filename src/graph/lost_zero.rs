//! Streams that lost their last zero: `perl: 5.30` without quotes is written `5.3` by tools that
//! take it for a number. Real repositories hold such requirements, and nothing else tells of them.

use std::collections::BTreeMap;

use super::streams::Streams;
use super::{Dangling, Missing};
use crate::load::{Code, Finding};
use crate::name::NameStream;

/// Returns a finding for each stream that is required, not loaded, and loaded with more zeros.
pub(super) fn findings(dangling: &[Dangling], streams: &Streams) -> Vec<Finding> {
    let mut places: BTreeMap<&NameStream, (usize, &Dangling)> = BTreeMap::new();
    for row in dangling.iter().filter(|row| row.missing == Missing::NotLoaded) {
        places.entry(&row.requires).or_insert((0, row)).0 += 1;
    }
    places.into_iter().filter_map(|(requires, of)| finding(requires, of, streams)).collect()
}

fn finding(
    requires: &NameStream,
    (count, first): (usize, &Dangling),
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

/// Returns the loaded stream that a requirement means, where only zeros at its end are missing.
pub(super) fn meant<'a>(requires: &NameStream, streams: &'a Streams) -> Option<&'a NameStream> {
    let of_name = streams.of_name(requires.name.as_str()).iter().map(|loaded| &loaded.id);
    of_name.into_iter().find(|loaded| {
        let missing = loaded.stream.as_str().strip_prefix(requires.stream.as_str());
        // A whole number lost the dot with its zeros.
        let zeros = missing.and_then(|missing| match requires.stream.as_str() {
            number if number.contains('.') => Some(missing),
            number if number.bytes().all(|b| b.is_ascii_digit()) => missing.strip_prefix('.'),
            _ => None,
        });
        zeros.is_some_and(|zeros| !zeros.is_empty() && zeros.bytes().all(|b| b == b'0'))
    })
}
