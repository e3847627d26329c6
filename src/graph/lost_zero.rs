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
    let meant = streams.all().iter().find(|loaded| {
        let zeros = loaded.id.stream.as_str().strip_prefix(requires.stream.as_str());
        let is_number = requires.stream.as_str().contains('.');
        loaded.id.name == requires.name
            && is_number
            && zeros.is_some_and(|zeros| !zeros.is_empty() && zeros.bytes().all(|b| b == b'0'))
    })?;
    let others = match count {
        1 => String::new(),
        2 => ", and by one more module".to_owned(),
        more => format!(", and by {} more modules", more - 1),
    };
    let message = format!(
        "{requires} is required{others}; it is not loaded, but {} is: a zero was lost",
        meant.id
    );
    let hint = format!("write the stream in quotes: \"{}\"", meant.id.stream);
    Some(Finding::new(Code::LostZero, first.place, message).hint(hint))
}
