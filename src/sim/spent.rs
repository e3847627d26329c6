//! Where the time of modules went, up to the end of a run. The end is the makespan: the last moment at
//! which something of a module changed. What builders still have then, and what they did after it,
//! counts up to there.

use std::collections::BTreeMap;

use crate::orchestrate::ModuleIx;
use crate::time::{Millis, Timestamp};

/// Where the time of a module went, over all its builds. A moment counts once: of all that a module
/// was in, the first of building, testing, stuck, queued, waiting. Where none of its builds was
/// under way, as between a build that passed and the next one, it is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Before its first build began.
    pub waiting: Millis,
    /// In a build of it, while no builder worked for it.
    pub queued: Millis,
    /// While at least one builder worked for it.
    pub building: Millis,
    /// Done, while its gate was to decide.
    pub testing: Millis,
    /// While a red gate or a failed build kept it for people.
    pub stuck: Millis,
}

/// What a module can be in, the first before the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Building,
    Testing,
    Stuck,
    Queued,
    Waiting,
}

/// From when to when.
pub(super) type Span = (Timestamp, Timestamp);

/// What modules were in and when; the spans of one may overlap.
#[derive(Clone, Debug, Default)]
pub(super) struct Timeline {
    by_module: BTreeMap<ModuleIx, Vec<(Span, Phase)>>,
}

impl Timeline {
    /// Notes what a module was in; what follows without a gap is one span.
    pub(super) fn add(&mut self, module: ModuleIx, is_in: Phase, (from, to): Span) {
        if from >= to {
            return;
        }
        let spans = self.by_module.entry(module).or_default();
        match spans.last_mut() {
            Some(((_, end), was_in)) if *was_in == is_in && *end == from => *end = to,
            Some(_) | None => spans.push(((from, to), is_in)),
        }
    }

    /// Adds what another timeline has.
    pub(super) fn add_all(&mut self, other: &Self) {
        for (&module, spans) in &other.by_module {
            self.by_module.entry(module).or_default().extend(spans);
        }
    }

    /// Returns where the time of a module went up to the end of the run.
    pub(super) fn spent(&self, module: ModuleIx, end: Timestamp) -> Spent {
        let Some(spans) = self.by_module.get(&module) else { return Spent::default() };
        let mut turns: Vec<(Timestamp, Phase, bool)> = Vec::with_capacity(2 * spans.len());
        for &((from, to), is_in) in spans.iter().filter(|((from, _), _)| *from < end) {
            turns.extend([(from, is_in, true), (to.min(end), is_in, false)]);
        }
        turns.sort_unstable_by_key(|&(at, ..)| at);
        let mut spent = Spent::default();
        let (mut open, mut since) = ([0_i32; 5], Timestamp::START);
        for (at, is_in, begins) in turns {
            if let Some(first) = open.iter().position(|&count| count > 0) {
                *spent.parts()[first] += at - since;
            }
            since = at;
            open[is_in as usize] += if begins { 1 } else { -1 };
        }
        spent
    }
}

impl Spent {
    /// Returns the parts in the order of [`Phase`].
    fn parts(&mut self) -> [&mut Millis; 5] {
        let Self { waiting, queued, building, testing, stuck } = self;
        [building, testing, stuck, queued, waiting]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp(seconds * 1000)
    }

    #[test]
    fn a_moment_counts_once_and_none_after_the_end() {
        // Two builds side by side from 10 s, a builder from 20 to 40 s and one from 30 s on; a test from
        // 35 to 60 s. The run ends at 50 s.
        let module = ModuleIx(0);
        let mut timeline = Timeline::default();
        for (is_in, from, to) in [
            (Phase::Waiting, 0, 10),
            (Phase::Queued, 10, 70),
            (Phase::Queued, 10, 12),
            (Phase::Building, 20, 40),
            (Phase::Building, 30, 45),
            (Phase::Testing, 35, 60),
            (Phase::Stuck, 55, 60),
        ] {
            timeline.add(module, is_in, (at(from), at(to)));
        }
        let mut spent = timeline.spent(module, at(50));
        assert_eq!(spent.parts().map(|part| *part), [25, 5, 0, 10, 10].map(Millis::from_secs));
        assert_eq!(timeline.spent(ModuleIx(1), at(50)), Spent::default());
    }
}
