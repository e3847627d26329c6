//! When open tasks end.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::time::Timestamp;

/// The ends of open tasks, the earliest first. A task that ends mostly makes room for one that
/// starts, so the entry of the one is replaced by that of the other: one walk through the heap in
/// place of two.
#[derive(Clone, Debug, Default)]
pub(super) struct Ends {
    heap: BinaryHeap<End>,
    /// Whether the first entry is over and waits to be replaced.
    is_first_over: bool,
}

/// When a task ends: one number, the earliest the greatest, as a heap wants it; equal moments in
/// the order of submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct End(Reverse<u128>);

impl End {
    fn new(at: Timestamp, task: u32) -> Self {
        Self(Reverse(u128::from(at.0) << 32 | u128::from(task)))
    }

    #[expect(clippy::cast_possible_truncation, reason = "the parts that were put in")]
    fn parts(self) -> (Timestamp, u32) {
        let Self(Reverse(key)) = self;
        (Timestamp((key >> 32) as u64), key as u32)
    }
}

impl Ends {
    pub(super) fn clear(&mut self) {
        self.heap.clear();
        self.is_first_over = false;
    }

    /// Returns which task ends next, and when.
    pub(super) fn next(&self) -> Option<(Timestamp, u32)> {
        let next = if self.is_first_over {
            // The second of a heap is one of the two below the first.
            self.heap.as_slice().iter().skip(1).take(2).max()
        } else {
            self.heap.peek()
        };
        next.map(|end| end.parts())
    }

    /// What ends next has ended.
    pub(super) fn pass(&mut self) {
        if self.is_first_over {
            self.heap.pop();
        }
        self.is_first_over = !self.heap.is_empty();
    }

    pub(super) fn push(&mut self, at: Timestamp, task: u32) {
        let end = End::new(at, task);
        if std::mem::take(&mut self.is_first_over)
            && let Some(mut first) = self.heap.peek_mut()
        {
            *first = end;
        } else {
            self.heap.push(end);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// `Some`: a task starts that ends so many milliseconds after the last end; `None`: one ends.
        #[test]
        fn ends_come_as_a_sorted_list_would_give_them(
            steps in prop::collection::vec(prop::option::weighted(0.6, 0_u64..50), 0..300),
        ) {
            let (mut ends, mut list) = (Ends::default(), Vec::new());
            let (mut now, mut tasks) = (Timestamp(0), 0);
            for step in steps {
                if let Some(span) = step {
                    let at = Timestamp(now.0 + span);
                    ends.push(at, tasks);
                    list.push((at, tasks));
                    list.sort_unstable();
                    tasks += 1;
                } else if let Some((at, _)) = ends.next() {
                    now = at;
                    ends.pass();
                    list.remove(0);
                }
                prop_assert_eq!(ends.next(), list.first().copied());
            }
            ends.pass();
            ends.clear();
            prop_assert_eq!(ends.next(), None);
            ends.push(Timestamp(2), 0);
            ends.push(Timestamp(1), 1);
            prop_assert_eq!(ends.next(), Some((Timestamp(1), 1)));
        }
    }
}
