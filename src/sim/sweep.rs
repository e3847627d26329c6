//! Many replications side by side. The only place where threads are used; results are collected in
//! the order of replications, so they are the same for any number of threads.

use std::ops::Range;

use rayon::prelude::*;

use super::{RunFigures, Runs, Setup, World};

/// How many replications one world runs before it is put together anew: worlds are reused for
/// speed, and pieces this small keep all threads at work.
const CHUNK: usize = 16;

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
        let mut next = replications.start;
        while next < replications.end {
            let block = next..(next + BLOCK).min(replications.end);
            next = block.end;
            runs.extend(self.run_block(setup, block, each));
        }
        runs
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
                .par_chunks(CHUNK)
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
