//! Many replications side by side. The only place where threads are used; results are collected in
//! the order of replications, so they are the same for any number of threads.

use std::ops::Range;

use rayon::prelude::*;

use super::{RunFigures, Runs, Setup, World};

/// How many replications one world runs at most before it is put together anew: worlds are reused
/// for speed, and pieces this small keep all threads at work.
const PIECE_MAX: usize = 16;

/// Into how many pieces the work of one thread is cut at least, where there is enough of it: threads
/// that are done early take from the others.
const PIECES_A_THREAD: usize = 4;

/// How many replications are made before their figures are put into columns: enough to keep all
/// threads at work, few beside all.
const BLOCK: u64 = 1024;

/// Threads that run replications, started once.
#[derive(Debug)]
pub struct Threads(rayon::ThreadPool);

impl Threads {
    /// Starts threads; 0 means one per processor.
    ///
    /// # Panics
    /// When the operating system refuses to start them.
    #[must_use]
    pub fn start(count: usize) -> Self {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build();
        Self(pool.expect("the operating system starts threads"))
    }

    /// Runs some replications of a setup, numbered from 0 over the whole sweep, and returns their
    /// figures in order; `each` is called from any thread when one is done.
    #[must_use]
    pub fn run(&self, setup: &Setup, replications: Range<u64>, each: &(dyn Fn() + Sync)) -> Runs {
        let mut runs = Runs::default();
        self.run_more(setup, replications, each, &mut runs);
        runs
    }

    /// The same, put after those that were made before.
    pub fn run_more(
        &self,
        setup: &Setup,
        replications: Range<u64>,
        each: &(dyn Fn() + Sync),
        runs: &mut Runs,
    ) {
        let mut next = replications.start;
        while next < replications.end {
            let block = next..(next + BLOCK).min(replications.end);
            next = block.end;
            runs.extend(self.run_block(setup, block, each));
        }
    }

    fn run_block(
        &self,
        setup: &Setup,
        block: Range<u64>,
        each: &(dyn Fn() + Sync),
    ) -> Vec<RunFigures> {
        let numbers: Vec<u64> = block.collect();
        self.0.install(|| {
            numbers
                .par_chunks(piece(numbers.len(), self.0.current_num_threads()))
                .flat_map_iter(|chunk| {
                    let mut world = World::new(setup);
                    chunk.iter().map(move |&replication| {
                        let figures = world.run(replication);
                        each();
                        figures
                    })
                })
                .collect()
        })
    }
}

/// Returns how many replications make one piece, so that a small sweep keeps all threads at work.
fn piece(replications: usize, threads: usize) -> usize {
    (replications / (threads * PIECES_A_THREAD).max(1)).clamp(1, PIECE_MAX)
}

#[cfg(test)]
mod tests {
    use super::piece;

    #[test]
    fn a_small_sweep_keeps_all_threads_at_work() {
        // 16 replications on two threads: eight pieces of two.
        assert_eq!(piece(16, 2), 2);
        assert_eq!(piece(16, 1), 4);
        assert_eq!(piece(100, 4), 6);
        assert_eq!(piece(1024, 2), 16);
        // Fewer than threads: one each.
        assert_eq!(piece(3, 64), 1);
        assert_eq!(piece(0, 0), 1);
    }
}
