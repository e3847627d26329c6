//! A loop hand-written for this case: a heap of waiting tasks for each arch, a heap of running
//! tasks, and plain arrays.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::graph::{Graph, small};

pub(crate) struct Hand {
    arches: usize,
    builders: u32,
    /// By component and arch.
    times: Vec<u64>,
    /// The longest path from the start of each component.
    rank: Vec<u64>,
    waits: Vec<u32>,
    starts: Vec<u32>,
    followers: Vec<u32>,
}

/// A waiting task of an arch: the longest path first, then the order of submission; and its
/// component.
type Ready = BinaryHeap<(u64, Reverse<u32>, u32)>;

impl Hand {
    pub(crate) fn new(graph: &Graph) -> Self {
        let (components, arches) = (graph.components, graph.arches.len());
        let mut lists = vec![Vec::new(); components];
        for (at, after) in graph.after.iter().enumerate() {
            after.iter().for_each(|&before| lists[before as usize].push(small(at)));
        }
        let of = |at| (0..arches).map(move |arch| graph.time(at, arch));
        let times: Vec<u64> = (0..components).flat_map(of).collect();
        let mut rank = vec![0; components];
        for at in (0..components).rev() {
            let longest = lists[at].iter().map(|&next| rank[next as usize]).max().unwrap_or(0);
            rank[at] = of(at).max().unwrap_or(0) + longest;
        }
        let mut starts = vec![0];
        starts.extend(lists.iter().scan(0, |end, list| {
            *end += small(list.len());
            Some(*end)
        }));
        let waits = graph.after.iter().map(|after| small(after.len())).collect();
        let (builders, followers) = (graph.builders, lists.concat());
        Self { arches, builders, times, rank, waits, starts, followers }
    }

    /// Returns the makespan in milliseconds. Among equally long paths the first submitted runs
    /// first; of the tasks that become ready at one end, the longest path is submitted first, then
    /// the earlier component.
    pub(crate) fn run(&self) -> u64 {
        let mut waits = self.waits.clone();
        let mut left = vec![small(self.arches); waits.len()];
        let mut ready = vec![Ready::new(); self.arches];
        let mut free = vec![self.builders; self.arches];
        let mut running: BinaryHeap<Reverse<(u64, u32, u32, u32)>> = BinaryHeap::new();
        let mut fresh: Vec<u32> =
            (0..).zip(&waits).filter(|(_, waits)| **waits == 0).map(|(at, _)| at).collect();
        let (mut now, mut submitted) = (0, 0);
        self.submit(&mut fresh, &mut submitted, &mut ready);
        loop {
            for (arch, (free, ready)) in free.iter_mut().zip(&mut ready).enumerate() {
                while *free > 0
                    && let Some((_, Reverse(number), at)) = ready.pop()
                {
                    *free -= 1;
                    let time = self.times[at as usize * self.arches + arch];
                    running.push(Reverse((now + time, number, small(arch), at)));
                }
            }
            let Some(&Reverse((time, ..))) = running.peek() else { return now };
            now = time;
            while let Some(&Reverse((same, _, arch, at))) = running.peek()
                && same == time
            {
                running.pop();
                free[arch as usize] += 1;
                let at = at as usize;
                left[at] -= 1;
                if left[at] > 0 {
                    continue;
                }
                for &next in &self.followers[self.starts[at] as usize..self.starts[at + 1] as usize]
                {
                    waits[next as usize] -= 1;
                    if waits[next as usize] == 0 {
                        fresh.push(next);
                    }
                }
                self.submit(&mut fresh, &mut submitted, &mut ready);
            }
        }
    }

    fn submit(&self, fresh: &mut Vec<u32>, submitted: &mut u32, ready: &mut [Ready]) {
        fresh.sort_unstable_by_key(|&at| (Reverse(self.rank[at as usize]), at));
        for at in fresh.drain(..) {
            for ready in &mut *ready {
                ready.push((self.rank[at as usize], Reverse(*submitted), at));
            }
            *submitted += 1;
        }
    }
}
