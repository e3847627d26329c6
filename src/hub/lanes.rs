//! Which builder polls next, of those whose polls may make the scheduler run.

use super::stamp::Stamp;
use crate::time::{Millis, Timestamp};

/// The builders whose polls may make the scheduler run, by the phase of their polls.
#[derive(Clone, Debug)]
pub(super) struct Lanes {
    period: u64,
    sorted: Vec<(u64, u32)>,
}

impl Lanes {
    pub(super) fn new(period: Millis) -> Self {
        Self { period: period.0, sorted: Vec::new() }
    }

    pub(super) fn set(&mut self, anchor: Timestamp, builder: u32, is_in: bool) {
        let lane = (anchor.0 % self.period, builder);
        match (self.sorted.binary_search(&lane), is_in) {
            (Ok(at), false) => drop(self.sorted.remove(at)),
            (Err(at), true) => self.sorted.insert(at, lane),
            (Ok(_), true) | (Err(_), false) => {}
        }
    }

    /// Returns whether polls at both moments of two lattices come at the same phase.
    pub(super) fn is_same(&self, one: Timestamp, other: Timestamp) -> bool {
        one.0 % self.period == other.0 % self.period
    }

    /// Returns the first poll of any builder that comes at `from` or later, and after `passed`.
    pub(super) fn first(&self, from: Timestamp, passed: Stamp) -> Option<(Timestamp, u32)> {
        let least = if from > passed.time { (from, 0) } else { passed.next_poll() };
        let (start, phase) = (least.0.0 - least.0.0 % self.period, least.0.0 % self.period);
        let at = self.sorted.partition_point(|&lane| lane < (phase, least.1));
        match self.sorted.get(at) {
            Some(&(phase, builder)) => Some((Timestamp(start + phase), builder)),
            None => {
                let &(phase, builder) = self.sorted.first()?;
                Some((Timestamp(start + self.period + phase), builder))
            }
        }
    }
}
