//! For how long each builder had something to work on, however many tasks at once.

use crate::hub::Settings;
use crate::name::Arch;
use crate::time::{Millis, Timestamp};

/// Spans in which a builder worked.
#[derive(Clone, Debug, Default)]
pub(super) struct Occupied {
    /// By builder: apart from each other, in order.
    spans: Vec<Vec<(Timestamp, Timestamp)>>,
    until: Timestamp,
}

impl Occupied {
    pub(super) fn reset(&mut self, builders: usize) {
        self.spans.iter_mut().for_each(Vec::clear);
        self.spans.resize(builders, Vec::new());
        self.until = Timestamp::START;
    }

    /// Notes a span of work; spans come in the order of their ends.
    pub(super) fn add(&mut self, builder: u32, mut from: Timestamp, to: Timestamp) {
        let spans = &mut self.spans[builder as usize];
        while let Some(&(begin, end)) = spans.last()
            && end >= from
        {
            from = from.min(begin);
            spans.pop();
        }
        spans.push((from, to));
        self.until = self.until.max(to);
    }

    /// Returns the latest end.
    pub(super) fn until(&self) -> Timestamp {
        self.until
    }

    /// Returns for how long builders with each arch worked; those that only make repos are left out.
    pub(super) fn by_arch(&self, settings: &Settings) -> Vec<(Arch, Millis)> {
        let mut all: Vec<(Arch, Millis)> =
            settings.arches.iter().map(|arch| (arch.clone(), Millis::ZERO)).collect();
        for (builder, spans) in settings.builders.iter().zip(&self.spans) {
            if builder.takes_builds() {
                let time: Millis = spans.iter().map(|&(from, to)| to - from).sum();
                builder.arches.iter().for_each(|arch| all[arch as usize].1 += time);
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_that_overlap_count_once() {
        let at = |second: u64| Timestamp(second * 1000);
        let mut occupied = Occupied::default();
        occupied.reset(1);
        for (from, to) in [(0, 10), (20, 30), (25, 40), (5, 50), (60, 61)] {
            occupied.add(0, at(from), at(to));
        }
        assert_eq!(occupied.spans[0], [(at(0), at(50)), (at(60), at(61))]);
        assert_eq!(occupied.until(), at(61));
    }
}
