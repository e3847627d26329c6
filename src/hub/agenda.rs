//! What is to come, in the order in which it happens, and how far that has come.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::stamp::{Kind, Stamp};
use crate::time::Timestamp;

/// What is to come, and the place up to which everything has happened.
#[derive(Clone, Debug)]
pub(super) struct Agenda {
    heap: BinaryHeap<Reverse<Stamp>>,
    passed: Stamp,
}

impl Agenda {
    /// Makes an empty one at the start.
    pub(super) fn new() -> Self {
        let passed = Stamp { time: Timestamp::START, kind: Kind::Wake, index: 0 };
        Self { heap: BinaryHeap::new(), passed }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.passed.time
    }

    /// Returns the place up to which everything has happened.
    pub(super) fn passed(&self) -> Stamp {
        self.passed
    }

    pub(super) fn is_past(&self, stamp: Stamp) -> bool {
        stamp <= self.passed
    }

    /// Returns the moment of what comes first.
    pub(super) fn next_time(&self) -> Option<Timestamp> {
        self.heap.peek().map(|Reverse(stamp)| stamp.time.max(self.passed.time))
    }

    pub(super) fn push(&mut self, stamp: Stamp) {
        self.heap.push(Reverse(stamp));
    }

    /// Takes what comes first, if it happens up to and at `to`.
    pub(super) fn pop(&mut self, to: Timestamp) -> Option<Stamp> {
        let &Reverse(stamp) = self.heap.peek()?;
        if stamp.time > to {
            return None;
        }
        self.heap.pop();
        Some(stamp)
    }

    /// Notes that everything up to a place has happened.
    pub(super) fn pass(&mut self, stamp: Stamp) {
        self.passed = self.passed.max(stamp);
    }
}
