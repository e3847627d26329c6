//! Tasks that wait for a builder: the highest priority first, of equals the lowest number.
//!
//! Priorities are dense numbers from 0 (see [`Catalog`](crate::orchestrate::Catalog)), so a set of
//! bits finds the highest that waits in a few steps however many wait: one bit for each priority,
//! and above that, level by level, one for each word of the level below. The tasks of one priority
//! stand in a ring.

/// Which task follows which in the rings of all queues of a run.
pub(super) type Links = Vec<u32>;

/// A task that waits: what is taken first is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Waiting(u64);

impl Waiting {
    fn new(priority: u32, task: u32) -> Self {
        Self(u64::from(priority) << 32 | u64::from(!task))
    }

    #[expect(clippy::cast_possible_truncation, reason = "the part that was put in")]
    pub(super) fn task(self) -> u32 {
        !(self.0 as u32)
    }

    fn priority(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

/// The tasks that wait for one arch.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    /// Which priorities have a task: from single priorities to one word.
    levels: Vec<Vec<u64>>,
    /// Which priorities have more than one; these stand in a ring.
    has_ring: Vec<u64>,
    /// The last task of each priority that has one; in a ring the first follows it.
    last: Vec<u32>,
}

impl Queue {
    /// Makes an empty queue for priorities below `count`.
    pub(super) fn new(count: usize) -> Self {
        let count = count.max(1);
        let mut levels = vec![vec![0; count.div_ceil(64)]];
        while let Some(width) = levels.last().map(Vec::len).filter(|&width| width > 1) {
            levels.push(vec![0; width.div_ceil(64)]);
        }
        Self { has_ring: vec![0; count.div_ceil(64)], levels, last: vec![0; count] }
    }

    pub(super) fn clear(&mut self) {
        self.levels.iter_mut().for_each(|level| level.fill(0));
        self.has_ring.fill(0);
    }

    /// Adds a task.
    pub(super) fn push(&mut self, links: &mut Links, priority: u32, task: u32) {
        let (word, bit) = place(priority);
        let last = &mut self.last[priority as usize];
        if self.levels[0][word] & bit == 0 {
            *last = task;
            self.mark(priority);
            return;
        }
        let mut before = *last;
        *last = task.max(before);
        let longest = before.max(task) as usize;
        if links.len() <= longest {
            links.resize(longest + 1, 0);
        }
        if self.has_ring[word] & bit == 0 {
            self.has_ring[word] |= bit;
            (links[before as usize], links[task as usize]) = (task, before);
            return;
        }
        // One that lost its builder may have to stand before others.
        while *last != task && links[before as usize] < task {
            before = links[before as usize];
        }
        links[task as usize] = links[before as usize];
        links[before as usize] = task;
    }

    /// Returns the first task.
    pub(super) fn first(&self, links: &Links) -> Option<Waiting> {
        let mut at = 0;
        for level in self.levels.iter().rev() {
            let word = level[at];
            if word == 0 {
                return None;
            }
            at = at * 64 + word.ilog2() as usize;
        }
        let last = self.last[at];
        let priority = u32::try_from(at).expect("priorities are such numbers");
        let (word, bit) = place(priority);
        let has_ring = self.has_ring[word] & bit != 0;
        Some(Waiting::new(priority, if has_ring { links[last as usize] } else { last }))
    }

    /// Returns the first task but for those that are gone, which are taken away.
    pub(super) fn first_but(
        &mut self,
        links: &mut Links,
        is_gone: impl Fn(u32) -> bool,
    ) -> Option<Waiting> {
        loop {
            let first = self.first(links)?;
            if !is_gone(first.task()) {
                return Some(first);
            }
            self.take(links, first);
        }
    }

    /// Takes the task that is the first.
    pub(super) fn take(&mut self, links: &mut Links, first: Waiting) {
        let priority = first.priority();
        let (word, bit) = place(priority);
        if self.has_ring[word] & bit == 0 {
            self.unmark(priority);
            return;
        }
        let last = self.last[priority as usize];
        let second = links[links[last as usize] as usize];
        links[last as usize] = second;
        if second == last {
            self.has_ring[word] &= !bit;
        }
    }

    fn mark(&mut self, priority: u32) {
        let mut at = priority as usize;
        for level in &mut self.levels {
            let word = &mut level[at / 64];
            let was_empty = *word == 0;
            *word |= 1 << (at % 64);
            if !was_empty {
                return;
            }
            at /= 64;
        }
    }

    fn unmark(&mut self, priority: u32) {
        let mut at = priority as usize;
        for level in &mut self.levels {
            let word = &mut level[at / 64];
            *word &= !(1 << (at % 64));
            if *word != 0 {
                return;
            }
            at /= 64;
        }
    }
}

/// Returns the word of a priority and its bit there.
fn place(priority: u32) -> (usize, u64) {
    (priority as usize / 64, 1 << (priority % 64))
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// `Some`: a priority to push; `None`: a task is taken. Every third task taken waits again.
        #[test]
        fn tasks_come_as_a_heap_would_give_them(
            count in 1_u32..9000,
            steps in prop::collection::vec(prop::option::weighted(0.6, 0_u32..9000), 0..400),
        ) {
            let (mut queue, mut links) = (Queue::new(count as usize), Links::new());
            let mut heap = BinaryHeap::new();
            let (mut pushed, mut taken) = (0, 0);
            for step in steps {
                if let Some(priority) = step {
                    let priority = priority % count;
                    queue.push(&mut links, priority, pushed);
                    heap.push((priority, Reverse(pushed)));
                    pushed += 1;
                    continue;
                }
                let first = queue.first(&links);
                let expected = heap.pop().map(|(priority, Reverse(task))| (priority, task));
                prop_assert_eq!(first.map(|first| (first.priority(), first.task())), expected);
                let (Some(first), Some((priority, task))) = (first, expected) else { continue };
                queue.take(&mut links, first);
                taken += 1;
                if taken % 3 == 0 {
                    queue.push(&mut links, priority, task);
                    heap.push((priority, Reverse(task)));
                }
            }
            queue.clear();
            prop_assert_eq!(queue.first(&links), None);
        }
    }

    #[test]
    fn a_task_that_lost_its_builder_stands_where_its_number_says() {
        let (mut queue, mut links) = (Queue::new(1), Links::new());
        for task in [1, 3, 5, 4, 0, 2] {
            queue.push(&mut links, 0, task);
        }
        let mut order = Vec::new();
        while let Some(first) = queue.first(&links) {
            queue.take(&mut links, first);
            order.push(first.task());
        }
        assert_eq!(order, [0, 1, 2, 3, 4, 5]);
    }
}
