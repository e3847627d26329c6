//! Many replications side by side. The only place where threads are used; results are collected in
//! the order of replications, so they are the same for any number of threads.

use rayon::prelude::*;

use super::{RunFigures, Setup, World};

/// How many replications one world runs before it is put together anew: worlds are reused for
/// speed, and pieces this small keep all threads at work.
const CHUNK: usize = 16;

/// How many replications, and on how many threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// Replications, numbered from 0.
    pub replications: usize,
    /// Threads; 0 means one per processor.
    pub threads: usize,
}

/// Runs the replications of a setup and returns their figures in replication order; `each` is
/// called from any thread when one is done.
///
/// # Panics
/// When the operating system refuses to start threads.
#[must_use]
pub fn replications(setup: &Setup, sweep: Sweep, each: &(dyn Fn() + Sync)) -> Vec<RunFigures> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(sweep.threads)
        .build()
        .expect("the operating system starts threads");
    let numbers: Vec<u64> = (0..sweep.replications as u64).collect();
    pool.install(|| {
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
